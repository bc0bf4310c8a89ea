//! A server of its own for each test, on free ports of 127.0.0.1.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::program;

/// How long the server may take from its start to the lines with its addresses.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running `plustwo serve` with tests/clients/topology.yaml, ended on drop.
pub(crate) struct Server {
    child: Child,
    /// Where it answers DNS over UDP and TCP.
    pub(crate) dns: SocketAddr,
}

impl Server {
    /// Starts one and waits until it has said where it listens.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plustwo"))
            .arg("serve")
            .arg(program::file("topology.yaml"))
            .args(["--dns", "127.0.0.1:0", "--api", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (found, dns) = mpsc::channel();
        // Reads on after the address, so that the server never waits for room in the pipe.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("dns udp+tcp ") {
                    found.send(address.trim().parse()).ok();
                }
            }
        });
        let mut server = Self { child, dns: SocketAddr::from(([127, 0, 0, 1], 0)) };
        server.dns = match dns.recv_timeout(START_LIMIT) {
            Ok(Ok(address)) => address,
            other => panic!("no line `dns udp+tcp ADDRESS:PORT` from `plustwo serve`: {other:?}"),
        };
        server
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
    }
}
