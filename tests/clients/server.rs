//! A server of its own for each test, on free ports of 127.0.0.1.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use crate::program;

/// How long the server may take from its start to the lines with its addresses.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running `plustwo serve`, ended on drop.
pub(crate) struct Server {
    child: Child,
    /// Where it answers DNS over UDP and TCP.
    pub(crate) dns: SocketAddr,
    /// Where its API and its page are.
    pub(crate) api: String,
    /// Where its inbound endpoints are asked: `udp+tcp`, `tls` or `https`, and the address.
    inbound: Vec<(String, SocketAddr)>,
    /// The topology that was written for it. It stays while the server runs, which watches it.
    file: Option<PathBuf>,
}

impl Server {
    /// Starts one with tests/clients/topology.yaml and waits until it has said where it listens.
    pub(crate) fn start() -> Self {
        Self::with_file(&program::file("topology.yaml"), &[], &[])
    }

    /// Starts one with this topology.
    pub(crate) fn of(topology: &str) -> Self {
        Self::with(topology, &[], &[])
    }

    /// Starts one with this topology, further arguments and environment variables.
    pub(crate) fn with(topology: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("clients-{}-{number}.yaml", process::id());
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, topology).unwrap();
        let mut server = Self::with_file(&file, arguments, variables);
        server.file = Some(file);
        server
    }

    fn with_file(topology: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plustwo"))
            .arg("serve")
            .arg(topology)
            .args(["--dns", "127.0.0.1:0", "--api", "127.0.0.1:0"])
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (said, lines) = mpsc::channel();
        // Reads on after the addresses, so that the server never waits for room in the pipe.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                said.send(line).ok();
            }
        });
        let dns = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { child, dns, api: String::new(), inbound: Vec::new(), file: None };
        loop {
            let line = match lines.recv_timeout(START_LIMIT) {
                Ok(line) => line,
                Err(error) => panic!("`plustwo serve` does not say where it listens: {error}"),
            };
            if let Some(address) = line.strip_prefix("dns udp+tcp ") {
                server.dns = address.trim().parse().unwrap();
            } else if let Some(url) = line.strip_prefix("api ") {
                url.trim().clone_into(&mut server.api);
            } else if line.starts_with("inbound:") {
                let what = line.split_once(' ').unwrap().1;
                let (kind, address) = match what.strip_prefix("https://") {
                    Some(url) => ("https", url.split('/').next().unwrap()),
                    None => what.split_once(' ').unwrap(),
                };
                server.inbound.push((kind.to_owned(), address.parse().unwrap()));
            } else if line.starts_with("try: ") {
                return server;
            }
        }
    }

    /// Where its inbound endpoint is asked by a transport.
    pub(crate) fn inbound(&self, kind: &str) -> SocketAddr {
        let of_kind = self.inbound.iter().find(|(known, _)| known == kind);
        of_kind.unwrap_or_else(|| panic!("no inbound endpoint speaks {kind}")).1
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The port of [`Self::dns`], as an argument for a command.
    pub(crate) fn port(&self) -> String {
        self.dns.port().to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if let Some(file) = &self.file {
            fs::remove_file(file).ok();
        }
    }
}
