//! A hybrid set-up of two servers of ours and unbound: on-premises resolver → inbound endpoint → VPC → outbound endpoint
//! → on-premises zone, and the ways between, asked by dig. R81, R82, R91, R93

use std::{fs, net::SocketAddr, path::PathBuf};

use data_encoding::BASE64;
use libtest_mimic::Trial;

use crate::{
    program,
    server::Server,
    unbound::{Unbound, folder, free},
};

pub(crate) fn trials() -> Vec<Trial> {
    trials!("hybrid":
        names_resolve_both_ways
        a_circle_through_somebody_else_ends
        an_inbound_endpoint_speaks_tls_and_https
        a_rule_forwards_over_https
        a_circle_over_https_ends
    )
}

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

/// A VPC that sends questions over HTTPS. `TARGET` is where to.
const OVER_HTTPS: &str = r#"
region: eu-west-1
vpcs:
  other:
    cidr_block: 10.1.0.0/16
    subnets:
      a: { availability_zone: eu-west-1a, cidr_block: 10.1.1.0/24 }
      b: { availability_zone: eu-west-1b, cidr_block: 10.1.2.0/24 }
    resolver_endpoints:
      in: { direction: INBOUND, protocols: [DoH], ip_addresses: [{ subnet: a, listen: { DoH: "OWN" } }, { subnet: b }] }
      out: { direction: OUTBOUND, protocols: [DoH], ip_addresses: [{ subnet: a, source: 127.0.0.21 }, { subnet: b }] }
resolver_rules:
  app: { domain_name: app.internal, rule_type: FORWARD, resolver_endpoint: other/out, target_ips: [{ TARGET }], vpcs: [other] }
"#;

/// The company's resolver and name server. `INBOUND` is the VPC's inbound endpoint as `address@port`.
const UNBOUND: &str = r#"
auth-zone:
  name: "corp.example."
  zonefile: "corp.zone"
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

/// The VPC's server and the company's.
fn set_up(name: &str) -> (Server, Unbound, SocketAddr) {
    let company = free();
    let vpc = Server::of(&VPC.replace("COMPANY", &company.to_string()));
    let inbound = vpc.inbound("udp+tcp");
    let config = UNBOUND.replace("INBOUND", &format!("{}@{}", inbound.ip(), inbound.port()));
    let unbound = Unbound::start(name, company, &config, &[("corp.zone", CORP)]);
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

/// A certificate and key for `dns.app.example` and 127.0.0.1, in files.
struct Identity {
    folder: PathBuf,
    certificate: String,
    key: String,
}

impl Identity {
    fn new(name: &str) -> Self {
        let folder = folder(&format!("certificate-{name}"));
        let names = ["dns.app.example".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let pem = |name: &str, what: &str, octets: &[u8]| {
            let file = folder.join(name);
            let text = BASE64.encode(octets);
            fs::write(&file, format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n"))
                .unwrap();
            file.display().to_string()
        };
        let certificate = pem("certificate.pem", "CERTIFICATE", made.cert.der());
        let key = pem("key.pem", "PRIVATE KEY", &made.signing_key.serialize_der());
        Self { folder, certificate, key }
    }

    fn shown(&self) -> [&str; 4] {
        ["--tls-cert", &self.certificate, "--tls-key", &self.key]
    }

    fn trusted(&self) -> [(&str, &str); 1] {
        [("SSL_CERT_FILE", &self.certificate)]
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}

fn a_rule_forwards_over_https() {
    let (ours, theirs) = (Identity::new("ours"), Identity::new("theirs"));
    let vpc = Server::with(&VPC.replace("COMPANY", "192.0.2.53"), &ours.shown(), &[]);
    let https = vpc.inbound("https");
    let target = format!("ip: {}, port: {}", https.ip(), https.port());
    let named = |name: &str| format!("{target}, server_name_indication: {name}");
    for (target, certificate, expected) in [
        (target.clone(), &ours, "NOERROR"),
        (named("dns.app.example"), &ours, "NOERROR"),
        // it is somebody else, or nobody whom the system trusts
        (named("dns.other.example"), &ours, "SERVFAIL"),
        (target.clone(), &theirs, "SERVFAIL"),
    ] {
        let topology = OVER_HTTPS.replace("TARGET", &target).replace("OWN", "127.0.0.1:0");
        let other = Server::with(&topology, &[], &certificate.trusted());
        let reply = dig(other.dns, &["+time=10", "+tries=1", "api.app.internal"]);
        assert!(reply.contains(&format!("status: {expected}")), "{target}: {reply}");
        assert_eq!(reply.contains("10.0.1.80"), expected == "NOERROR", "{target}: {reply}");
        if expected == "NOERROR" {
            let denied = dig(other.dns, &["nothing.app.internal"]);
            assert!(denied.contains("status: NXDOMAIN"), "{target}: {denied}");
        }
    }
}

fn a_circle_over_https_ends() {
    let certificate = Identity::new("circle");
    let own = free();
    let target = format!("ip: {}, port: {}", own.ip(), own.port());
    let topology = OVER_HTTPS.replace("TARGET", &target).replace("OWN", &own.to_string());
    let server = Server::with(&topology, &certificate.shown(), &certificate.trusted());
    // sooner than by the limit of four seconds: it is seen
    let reply = dig(server.dns, &["+time=3", "+tries=1", "www.app.internal"]);
    assert!(reply.contains("status: SERVFAIL"), "{reply}");
}
