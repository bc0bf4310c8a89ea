//! The command line as people and scripts use it: what it prints, how it exits, how a running server reloads and stops.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod check;
mod client;
mod deliver;
mod flows;
mod import;
mod names;
mod policy;
mod resolve;
mod schema;
mod serve;
mod server;
mod services;
mod trace;
mod watch;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use assert_cmd::cargo::CommandCargoExt as _;

/// How long a change may take to show on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("cli-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Exit code, stdout, stderr.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("plustwo")
        .unwrap()
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const VALID: &str = "region: us-east-1
health_checks:
  main: { id: 01234567-89ab-cdef-0123-456789abcdef }
hosted_zones:
  corp.internal:
    vpcs: [app]
    records:
      - { name: db, type: A, values: [10.0.1.9], set_identifier: a, failover_routing_policy: { type: PRIMARY }, health_check_id: main }
      - { name: db, type: A, values: [10.0.2.9], set_identifier: b, failover_routing_policy: { type: SECONDARY } }
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: us-east-1b, cidr_block: 10.0.2.0/24 }
    vpc_endpoints:
      sns:
        id: vpce-0123456789abcdef0
        dns_name_hash: lj2wisx3
        service_name: sns
        subnets: { a: 10.0.1.50, b: 10.0.2.50 }
        private_dns_enabled: true
failover: instant
";
