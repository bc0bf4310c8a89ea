//! unbound as somebody else's resolver and name server, on a port of 127.0.0.1.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::program;

/// How often it is looked whether unbound listens, and how many times before it counts as failed.
const STEP: Duration = Duration::from_millis(50);
const START_STEPS: usize = 400;

/// What every test's unbound has. It validates nothing.
const SERVER: &str = r#"
server:
  interface: 127.0.0.1@PORT
  do-not-query-localhost: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "FOLDER"
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
"#;

/// unbound, ended on drop.
pub(crate) struct Unbound {
    child: Child,
    folder: PathBuf,
}

impl Drop for Unbound {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

impl Unbound {
    /// Starts one at an address with its zones and forwarders in `config`, whose files are named as in `files`.
    pub(crate) fn start(
        name: &str,
        address: SocketAddr,
        config: &str,
        files: &[(&str, &str)],
    ) -> Self {
        let folder = folder(&format!("unbound-{name}"));
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
        let server = SERVER
            .replace("PORT", &address.port().to_string())
            .replace("FOLDER", &folder.display().to_string());
        let file = folder.join("unbound.conf");
        fs::write(&file, server + config).unwrap();
        let child = Command::new("unbound")
            .args(["-d", "-c"])
            .arg(&file)
            .env("PATH", program::path_with_sbin())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let unbound = Self { child, folder };
        let listens = || {
            thread::sleep(STEP);
            TcpStream::connect(address).is_ok()
        };
        assert!((0..START_STEPS).any(|_| listens()), "unbound does not start");
        unbound
    }
}

/// An empty folder for a test's files.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", process::id()));
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// An address that is free for UDP and TCP at this moment.
pub(crate) fn free() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
