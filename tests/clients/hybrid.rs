//! A hybrid set-up of two servers of ours and unbound: on-premises resolver → inbound endpoint → VPC → outbound endpoint
//! → on-premises zone, and the ways between, asked by dig. R81, R82, R91, R93

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use libtest_mimic::Trial;

use crate::{program, server::Server};

pub(crate) fn trials() -> Vec<Trial> {
    trials!("hybrid":
        names_resolve_both_ways
        a_circle_through_somebody_else_ends
        an_inbound_endpoint_speaks_tls_and_https
    )
}

/// How often it is looked whether unbound listens, and how many times before it counts as failed.
const STEP: Duration = Duration::from_millis(50);
const START_STEPS: usize = 400;

/// The VPC that the company is connected with. `COMPANY` is the company's name server.
const VPC: &str = r#"
region: eu-west-1
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: { availability_zone: eu-west-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: eu-west-1b, cidr_block: 10.0.2.0/24 }
    vpc_endpoints:
      sns: { service_name: sns, subnets: { a: 10.0.1.50, b: 10.0.2.50 }, private_dns_enabled: true }
    resolver_endpoints:
      in:
        direction: INBOUND
        protocols: [Do53, DoT, DoH]
        ip_addresses:
          - { subnet: a, listen: { Do53: "127.0.0.1:0", DoT: "127.0.0.1:0", DoH: "127.0.0.1:0" } }
          - { subnet: b }
      out: { direction: OUTBOUND, ip_addresses: [{ subnet: a }, { subnet: b }] }
hosted_zones:
  app.internal:
    vpcs: [app]
    records:
      - { name: api, type: A, values: [10.0.1.80] }
      - { name: directory, type: CNAME, values: [ldap.corp.example] }
resolver_rules:
  corp: { domain_name: corp.example, rule_type: FORWARD, resolver_endpoint: app/out, target_ips: ["COMPANY"], vpcs: [app] }
  circle: { domain_name: circle.example, rule_type: FORWARD, resolver_endpoint: app/out, target_ips: ["COMPANY"], vpcs: [app] }
"#;

/// A second VPC, which asks the first one for its names. `INBOUND` is that one's inbound endpoint.
const OTHER_VPC: &str = r#"
region: eu-west-1
vpcs:
  other:
    cidr_block: 10.1.0.0/16
    subnets:
      a: { availability_zone: eu-west-1a, cidr_block: 10.1.1.0/24 }
      b: { availability_zone: eu-west-1b, cidr_block: 10.1.2.0/24 }
    resolver_endpoints:
      out: { direction: OUTBOUND, ip_addresses: [{ subnet: a }, { subnet: b }] }
resolver_rules:
  app: { domain_name: app.internal, rule_type: FORWARD, resolver_endpoint: other/out, target_ips: ["INBOUND"], vpcs: [other] }
"#;

/// The company's resolver and name server. `PORT` is its own, `INBOUND` the VPC's inbound endpoint as `address@port`.
const UNBOUND: &str = r#"
server:
  interface: 127.0.0.1@PORT
  do-not-query-localhost: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: ""
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
auth-zone:
  name: "corp.example."
  zonefile: "ZONE"
forward-zone:
  name: "app.internal."
  forward-addr: INBOUND
forward-zone:
  name: "sns.eu-west-1.amazonaws.com."
  forward-addr: INBOUND
forward-zone:
  name: "circle.example."
  forward-addr: INBOUND
"#;

/// The company's zone.
const CORP: &str =
    "corp.example. 300 IN SOA ns.corp.example. hostmaster.corp.example. 1 7200 900 1209600 300
corp.example. 300 IN NS ns.corp.example.
ns.corp.example. 300 IN A 192.168.1.53
ldap.corp.example. 300 IN A 192.168.1.10
";

/// unbound, ended on drop.
struct Unbound {
    child: Child,
    files: [PathBuf; 2],
}

impl Drop for Unbound {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        for file in &self.files {
            fs::remove_file(file).ok();
        }
    }
}

impl Unbound {
    fn start(name: &str, company: SocketAddr, inbound: SocketAddr) -> Self {
        let file = |suffix: &str| {
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("unbound-{name}.{suffix}"))
        };
        let (config, zone) = (file("conf"), file("zone"));
        fs::write(&zone, CORP).unwrap();
        let text = UNBOUND
            .replace("ZONE", &zone.display().to_string())
            .replace("PORT", &company.port().to_string())
            .replace("INBOUND", &format!("{}@{}", inbound.ip(), inbound.port()));
        fs::write(&config, text).unwrap();
        let child = Command::new("unbound")
            .args(["-d", "-c"])
            .arg(&config)
            .env("PATH", program::path_with_sbin())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let unbound = Self { child, files: [config, zone] };
        let listens = || {
            thread::sleep(STEP);
            TcpStream::connect(company).is_ok()
        };
        assert!((0..START_STEPS).any(|_| listens()), "unbound does not start");
        unbound
    }
}

/// An address that is free for UDP and TCP at this moment.
fn free() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// The VPC's server and the company's.
fn set_up(name: &str) -> (Server, Unbound, SocketAddr) {
    let company = free();
    let vpc = Server::of(&VPC.replace("COMPANY", &company.to_string()));
    let unbound = Unbound::start(name, company, vpc.inbound("udp+tcp"));
    (vpc, unbound, company)
}

fn dig(server: SocketAddr, arguments: &[&str]) -> String {
    let (at, port) = (format!("@{}", server.ip()), server.port().to_string());
    program::run("dig", [&[&*at, "-p", &port][..], arguments].concat())
}

fn short(server: SocketAddr, name: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        dig(server, &["+short", name]).lines().map(ToOwned::to_owned).collect();
    lines.sort();
    lines
}

fn names_resolve_both_ways() {
    let (vpc, _unbound, company) = set_up("both-ways");
    // in the VPC: the company's names leave by the outbound endpoint
    assert_eq!(short(vpc.dns, "ldap.corp.example"), ["192.168.1.10"]);
    // in the company: the VPC's hosted zone and private DNS, through the inbound endpoint
    assert_eq!(short(company, "api.app.internal"), ["10.0.1.80"]);
    assert_eq!(short(company, "sns.eu-west-1.amazonaws.com"), ["10.0.1.50", "10.0.2.50"]);
    // from the company into the VPC, and out to the company again
    assert_eq!(short(company, "directory.app.internal"), ["192.168.1.10", "ldap.corp.example."]);
    // from another VPC through the first one to the company
    let inbound = vpc.inbound("udp+tcp").to_string();
    let other = Server::of(&OTHER_VPC.replace("INBOUND", &inbound));
    assert_eq!(short(other.dns, "directory.app.internal"), ["192.168.1.10", "ldap.corp.example."]);
    let denied = dig(other.dns, &["nothing.app.internal"]);
    assert!(denied.contains("status: NXDOMAIN"), "{denied}");
}

fn a_circle_through_somebody_else_ends() {
    let (vpc, _unbound, _) = set_up("circle");
    let reply = dig(vpc.dns, &["+time=20", "+tries=1", "www.circle.example"]);
    assert!(reply.contains("status: SERVFAIL"), "{reply}");
}

fn an_inbound_endpoint_speaks_tls_and_https() {
    let vpc = Server::of(&VPC.replace("COMPANY", "192.0.2.53"));
    for (option, kind) in [("+tls", "tls"), ("+https", "https")] {
        let reply = dig(vpc.inbound(kind), &[option, "+noall", "+answer", "api.app.internal"]);
        assert!(reply.contains("10.0.1.80"), "{option}: {reply}");
    }
}
