//! A running server.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use assert_cmd::cargo::CommandCargoExt as _;

use crate::{PATIENCE, run};

/// A running server.
pub(crate) struct Serve {
    pub(crate) process: Child,
    pub(crate) dns: String,
    pub(crate) api: String,
}

impl Serve {
    pub(crate) fn start(topology: &str) -> Self {
        let mut process = Command::cargo_bin("plustwo")
            .unwrap()
            .args([
                "serve",
                topology,
                "--dns",
                "127.0.0.1:0",
                "--api",
                "127.0.0.1:0",
                "--log-format",
                "json",
            ])
            .stdout(Stdio::piped())
            // nobody reads it, and a full pipe would halt the server
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut find =
            |start| lines.find_map(|line| line.strip_prefix(start).map(str::to_owned)).unwrap();
        let (dns, api) = (find("dns udp+tcp "), find("api "));
        Self { process, dns, api }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut all = arguments.to_vec();
        all.extend(["--api", &self.api]);
        run(&all)
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub(crate) fn state(&self, pointer: &str) -> serde_json::Value {
        let (code, out, err) = self.run(&["state", "--output", "json"]);
        assert_eq!(code, 0, "{err}");
        let state: serde_json::Value = serde_json::from_str(&out).unwrap();
        state.pointer(pointer).cloned().unwrap_or_default()
    }

    /// Waits until the API takes no new calls: it is stopping.
    #[expect(clippy::disallowed_methods, reason = "a bound on real waiting")]
    pub(crate) fn refuses_calls(&self, address: &str) {
        let start = Instant::now();
        while TcpStream::connect(address).is_ok() {
            assert!(start.elapsed() < PATIENCE, "{} still takes calls", self.api);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a value of the state is as expected.
    #[expect(clippy::disallowed_methods, reason = "a bound on real waiting")]
    pub(crate) fn wait_for(&self, pointer: &str, expected: u64) {
        let start = Instant::now();
        while self.state(pointer) != expected {
            assert!(
                start.elapsed() < PATIENCE,
                "{pointer} is {}, not {expected}",
                self.state(pointer)
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
