//! DNSSEC validation of zones that dnssec-signzone signed and unbound serves, from a root of their own. R100, R134

use std::{fmt::Write as _, fs, net::SocketAddr, path::Path};

use libtest_mimic::Trial;

use crate::{
    program,
    server::Server,
    unbound::{Unbound, folder, free},
};

pub(crate) fn trials() -> Vec<Trial> {
    trials!("dnssec":
        a_vpc_that_validates_answers_what_is_signed_or_provably_not
        a_vpc_that_validates_answers_nothing_bogus
        a_vpc_that_does_not_validate_answers_everything
        only_the_public_dns_is_validated
        no_bit_of_a_query_changes_it
        the_explanation_says_what_validation_found
        another_root_makes_everything_bogus
    )
}

/// Zones below the root, and how each is served.
const ZONES: [(&str, Served); 6] = [
    ("signed", Served::Signed("")),
    ("hashed", Served::Signed("-3 -")),
    ("tampered", Served::Tampered),
    // long ago
    ("expired", Served::Signed("-s 20200101000000 -e 20200201000000")),
    ("stripped", Served::Stripped),
    ("plain", Served::Unsigned),
];

#[derive(Clone, Copy, PartialEq)]
enum Served {
    /// Signed, with these options, and a DS record above.
    Signed(&'static str),
    /// Signed, and changed afterwards.
    Tampered,
    /// A DS record above, and no signatures.
    Stripped,
    /// No DS record above.
    Unsigned,
}

/// What stands in each zone.
/// `large` is more than fits into a datagram.
const RECORDS: &str = "@ 300 SOA ns hostmaster 1 7200 900 1209600 300
@ 300 NS ns
ns 300 A 127.0.0.1
www 300 A 198.18.0.1
*.wild 300 A 198.18.0.2
host.wild 300 A 198.18.0.3
large 300 TXT LARGE
to-plain 300 CNAME www.plain.
to-signed 300 CNAME www.signed.
to-bogus 300 CNAME www.tampered.
to-nothing 300 CNAME nothing.hashed.
to-private 300 CNAME db.corp.internal.
";

/// Two VPCs that differ in validation alone. `UPSTREAM` and `KEY` are the public DNS's; `COMPANY` is the same server.
const TOPOLOGY: &str = r#"
region: eu-west-1
vpcs:
  strict:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    dnssec_validation: true
    subnets:
      a: { availability_zone: eu-west-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: eu-west-1b, cidr_block: 10.0.2.0/24 }
    resolver_endpoints:
      in: { direction: INBOUND, ip_addresses: [{ subnet: a, listen: "127.0.0.1:0" }, { subnet: b }] }
      out: { direction: OUTBOUND, ip_addresses: [{ subnet: a }, { subnet: b }] }
  lax: { cidr_block: 10.1.0.0/16 }
hosted_zones:
  corp.internal: { vpcs: [strict], records: [{ name: db, type: A, values: [10.0.1.20] }] }
resolver_rules:
  corp: { domain_name: www.tampered, rule_type: FORWARD, resolver_endpoint: strict/out, target_ips: ["UPSTREAM"], vpcs: [RULE] }
clients:
  127.0.0.1/32: { vpc: strict }
  127.0.0.2/32: { vpc: lax }
public_dns: { upstream: ["UPSTREAM"], trust_anchors: ["KEY"] }
"#;

/// The public DNS: a recursive resolver that validates nothing, and all zones.
struct PublicDns {
    address: SocketAddr,
    _unbound: Unbound,
    /// The root's key.
    key: String,
}

/// Makes a zone's key; gives the DNSKEY record and the file's name without ending.
fn key(folder: &Path, zone: &str) -> (String, String) {
    let folder = folder.display().to_string();
    let arguments = ["-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-K", &folder, zone];
    let name = program::run("dnssec-keygen", arguments).trim().to_owned();
    let text = fs::read_to_string(format!("{folder}/{name}.key")).unwrap();
    let record = text.lines().find(|line| !line.starts_with(';')).unwrap();
    (record.to_owned(), format!("{folder}/{name}"))
}

/// Signs a zone and returns it.
fn signed(folder: &Path, zone: &str, records: &str, key: &str, options: &str) -> String {
    let file = folder.join(format!("unsigned-{zone}"));
    let out = folder.join(format!("signed-{zone}"));
    fs::write(&file, records).unwrap();
    let (file, out) = (file.display().to_string(), out.display().to_string());
    let folder = folder.display().to_string();
    let mut arguments = vec!["-S", "-z", "-q", "-P", "-O", "full", "-o", zone, "-f", &out];
    arguments.extend(["-K", &folder, "-d", &folder]);
    arguments.extend(options.split_whitespace());
    arguments.extend([&*file, key]);
    program::run("dnssec-signzone", arguments);
    fs::read_to_string(out).unwrap()
}

impl PublicDns {
    fn start(name: &str) -> Self {
        let keys = folder(&format!("keys-{name}"));
        let mut root = ". 300 IN SOA ns. hostmaster. 1 7200 900 1209600 300\n. 300 IN NS ns.\n\
             ns. 300 IN A 127.0.0.1\n"
            .to_owned();
        let mut zones = Vec::new();
        for (zone, served) in ZONES {
            write!(root, "{zone}. 300 IN NS ns.{zone}.\nns.{zone}. 300 IN A 127.0.0.1\n").unwrap();
            let large = format!("\"{}\" ", "x".repeat(250)).repeat(8);
            let records = RECORDS.replace("LARGE", &large);
            let plain = format!("$ORIGIN {zone}.\n{records}");
            let (_, key) = key(&keys, zone);
            if served != Served::Unsigned {
                root += &program::run("dnssec-dsfromkey", ["-2", "-T", "300", &key]);
            }
            zones.push((
                format!("{zone}."),
                match served {
                    Served::Signed(options) => signed(&keys, zone, &plain, &key, options),
                    Served::Tampered => {
                        let text = signed(&keys, zone, &plain, &key, "");
                        text.replace("198.18.0.1", "198.18.0.66")
                    }
                    Served::Stripped | Served::Unsigned => plain,
                },
            ));
        }
        let (record, key) = key(&keys, ".");
        zones.push((".".to_owned(), signed(&keys, ".", &root, &key, "")));
        fs::remove_dir_all(&keys).unwrap();
        let mut config = String::new();
        for (zone, _) in &zones {
            writeln!(config, "auth-zone:\n  name: \"{zone}\"\n  zonefile: \"zone-{zone}\"")
                .unwrap();
            writeln!(config, "  for-upstream: yes\n  for-downstream: no").unwrap();
        }
        let files: Vec<(String, &str)> =
            zones.iter().map(|(zone, text)| (format!("zone-{zone}"), &**text)).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, *text)).collect();
        let address = free();
        let unbound = Unbound::start(&format!("dnssec-{name}"), address, &config, &files);
        Self { address, _unbound: unbound, key: record }
    }

    fn topology(&self) -> String {
        let upstream = self.address.to_string();
        TOPOLOGY.replace("UPSTREAM", &upstream).replace("KEY", &self.key).replace("RULE", "")
    }
}

/// Asks from the VPC that validates, or with `-b 127.0.0.2` from the one that does not.
fn dig(server: SocketAddr, arguments: &[&str]) -> String {
    let (at, port) = (format!("@{}", server.ip()), server.port().to_string());
    let always =
        [&*at, "-p", &port, "+time=10", "+tries=1", "+cmd", "+noall", "+comments", "+answer"];
    program::run("dig", [&always[..], arguments].concat())
}

/// RCODE, and records without names and TTLs.
fn seen(reply: &str) -> String {
    let (_, rest) = reply.split_once("status: ").expect(reply);
    let (rcode, _) = rest.split_once(',').unwrap();
    let answers = reply.lines().filter(|line| !line.starts_with(';') && !line.is_empty());
    let data = answers.map(|line| line.split_whitespace().skip(3).collect::<Vec<_>>().join(" "));
    std::iter::once(rcode.to_owned()).chain(data).collect::<Vec<_>>().join(" | ")
}

fn expect(server: SocketAddr, options: &[&str], rows: &[(&str, &str)]) {
    for (question, expected) in rows {
        let words: Vec<&str> = question.split(' ').collect();
        let reply = dig(server, &[options, &words].concat());
        assert_eq!(seen(&reply), *expected, "{question} {options:?}\n{reply}");
        assert!(!reply.contains(" ad"), "{question}: AD is set\n{reply}");
    }
}

fn a_vpc_that_validates_answers_what_is_signed_or_provably_not() {
    let public = PublicDns::start("signed");
    let vpc = Server::of(&public.topology());
    for zone in ["signed", "hashed"] {
        for (question, expected) in [
            ("www", "NOERROR | A 198.18.0.1"),
            ("other.wild", "NOERROR | A 198.18.0.2"),
            ("to-plain", "NOERROR | CNAME www.plain. | A 198.18.0.1"),
            ("to-signed", "NOERROR | CNAME www.signed. | A 198.18.0.1"),
            ("nothing", "NXDOMAIN"),
        ] {
            expect(vpc.dns, &[], &[(&format!("{question}.{zone} A"), expected)]);
        }
        expect(vpc.dns, &[], &[(&format!("www.{zone} AAAA"), "NOERROR")]);
        let large = dig(vpc.dns, &[&format!("large.{zone}"), "TXT"]);
        assert!(seen(&large).starts_with("NOERROR | TXT \"xxx"), "{large}");
        // from the beginning, in the VPC
        let private = "NOERROR | CNAME db.corp.internal. | A 10.0.1.20";
        expect(vpc.dns, &[], &[(&format!("to-private.{zone} A"), private)]);
        // as to those who do not validate
        for from in [&[][..], &["-b", "127.0.0.2"]] {
            expect(vpc.dns, from, &[(&format!("to-nothing.{zone} A"), "NXDOMAIN")]);
        }
    }
    expect(
        vpc.dns,
        &[],
        &[
            // not so in `signed`: unbound gives the wildcard's NSEC record another name, and no proof
            ("other.wild.hashed AAAA", "NOERROR"),
            ("www.plain A", "NOERROR | A 198.18.0.1"),
            ("to-signed.plain A", "NOERROR | CNAME www.signed. | A 198.18.0.1"),
            ("www.plain AAAA", "NOERROR"),
            ("nothing.plain A", "NXDOMAIN"),
            ("nothing A", "NXDOMAIN"),
        ],
    );
}

fn a_vpc_that_validates_answers_nothing_bogus() {
    let public = PublicDns::start("bogus");
    let vpc = Server::of(&public.topology());
    expect(
        vpc.dns,
        &[],
        &[
            ("www.tampered A", "SERVFAIL"),
            // what nobody touched
            ("other.wild.tampered A", "NOERROR | A 198.18.0.2"),
            ("to-bogus.signed A", "SERVFAIL"),
            ("to-bogus.plain A", "SERVFAIL"),
            ("www.expired A", "SERVFAIL"),
            ("www.expired AAAA", "SERVFAIL"),
            ("nothing.expired A", "SERVFAIL"),
            ("www.stripped A", "SERVFAIL"),
            ("nothing.stripped A", "SERVFAIL"),
        ],
    );
}

fn a_vpc_that_does_not_validate_answers_everything() {
    let public = PublicDns::start("lax");
    let vpc = Server::of(&public.topology());
    let rows = [
        ("www.tampered A", "NOERROR | A 198.18.0.66"),
        ("www.expired A", "NOERROR | A 198.18.0.1"),
        ("www.stripped A", "NOERROR | A 198.18.0.1"),
        ("nothing.stripped A", "NXDOMAIN"),
        ("www.signed A", "NOERROR | A 198.18.0.1"),
    ];
    expect(vpc.dns, &["-b", "127.0.0.2"], &rows);
    // what one VPC was answered is not the other's answer
    expect(vpc.dns, &[], &[("www.tampered A", "SERVFAIL"), ("www.expired A", "SERVFAIL")]);
    expect(vpc.dns, &["-b", "127.0.0.2"], &rows);
}

fn only_the_public_dns_is_validated() {
    let public = PublicDns::start("forwarded");
    let vpc = Server::of(&public.topology().replace("vpcs: []", "vpcs: [strict]"));
    expect(
        vpc.dns,
        &[],
        &[
            ("www.tampered A", "NOERROR | A 198.18.0.66"),
            ("to-bogus.signed A", "SERVFAIL"),
            ("db.corp.internal A", "NOERROR | A 10.0.1.20"),
            ("www.expired A", "SERVFAIL"),
        ],
    );
    // who asks through an inbound endpoint asks in its VPC
    expect(vpc.inbound("udp+tcp"), &[], &[("www.expired A", "SERVFAIL")]);
}

fn no_bit_of_a_query_changes_it() {
    let public = PublicDns::start("bits");
    let vpc = Server::of(&public.topology());
    for bits in [&["+dnssec"][..], &["+cdflag"], &["+adflag"], &["+dnssec", "+cdflag", "+adflag"]] {
        for from in [&[][..], &["-b", "127.0.0.2"]] {
            let options = [bits, from].concat();
            let bogus = if from.is_empty() { "SERVFAIL" } else { "NOERROR | A 198.18.0.66" };
            expect(
                vpc.dns,
                &options,
                &[
                    ("www.signed A", "NOERROR | A 198.18.0.1"),
                    ("www.signed AAAA", "NOERROR"),
                    ("www.tampered A", bogus),
                ],
            );
        }
    }
    // records of DNSSEC come where they are asked for by their type
    for from in [&[][..], &["-b", "127.0.0.2"]] {
        let reply = dig(vpc.dns, &[from, &["signed", "DNSKEY"]].concat());
        assert!(seen(&reply).starts_with("NOERROR | DNSKEY 257 3 13 "), "{reply}");
        assert!(!reply.contains("RRSIG"), "{reply}");
        let reply = dig(vpc.dns, &[from, &["signed", "DS"]].concat());
        assert!(seen(&reply).starts_with("NOERROR | DS "), "{reply}");
    }
}

fn the_explanation_says_what_validation_found() {
    let public = PublicDns::start("explained");
    let folder = folder("dnssec-explained");
    let file = folder.join("topology.yaml");
    fs::write(&file, public.topology()).unwrap();
    let file = file.display().to_string();
    for (name, said) in [
        ("www.signed", Some("the answer is signed, from the root down (R100)")),
        ("nothing.hashed", Some("the answer is signed, from the root down (R100)")),
        ("www.plain", Some("the name is in an unsigned zone")),
        ("nothing.plain", Some("the name is in an unsigned zone")),
        ("www.tampered", Some("its signatures are not of these records")),
        ("www.expired", Some("a signature in it has ended or not begun")),
        ("nothing.expired", Some("a signature in it has ended or not begun")),
        ("www.stripped", Some("it has no signature, and nothing proves")),
    ] {
        for (from, said) in [("strict", said), ("lax", None)] {
            let arguments = ["resolve", name, "--topology", &file, "--from", from, "--explain"];
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_plustwo"))
                .args(arguments)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            match said {
                Some(said) => assert!(text.contains(said), "{name} from {from}: {text}"),
                None => assert!(!text.contains("DNSSEC"), "{name} from {from}: {text}"),
            }
            let bogus = said.is_some_and(|said| !said.contains("zone") && !said.contains("signed"));
            assert_eq!(text.contains("R134"), bogus, "{name} from {from}: {text}");
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

fn another_root_makes_everything_bogus() {
    let public = PublicDns::start("root");
    let (other, _) = key(&folder("keys-other-root"), ".");
    let other = public.topology().replace(&public.key, &other);
    // and so do the keys of IANA
    let iana = public.topology().replace(&public.key, "").replace("[\"\"]", "[]");
    for topology in [other, iana] {
        let vpc = Server::of(&topology);
        let rows = [("www.signed A", "SERVFAIL"), ("www.plain A", "SERVFAIL")];
        expect(vpc.dns, &[], &rows);
        expect(vpc.dns, &["-b", "127.0.0.2"], &[("www.signed A", "NOERROR | A 198.18.0.1")]);
    }
}
