//! The page in a browser: stories by click, what DNS says meanwhile, and how it looks and reads.
//!
//! `browser.mjs` does it, with Chromium. Screenshots are left in target/page/.

use std::{fs, path::Path};

use libtest_mimic::Trial;

use crate::{program, server::Server};

pub(crate) fn trials() -> Vec<Trial> {
    trials!("browser": stories one_click switches asking another_way watching many_addresses events live keyboard phone many_vpcs token looks pictures vendored)
}

/// The embedded example, with an address on this machine for the public subnet too.
fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/embedded.yaml");
    fs::read_to_string(path).unwrap() + "  127.0.0.4/32: { vpc: app, subnet: web-a }\n"
}

/// Runs a part of browser.mjs against a server.
fn browse(part: &str, server: &Server) {
    let tests = env!("CARGO_MANIFEST_DIR");
    let script = program::file("browser.mjs").display().to_string();
    program::run("node", [&*script, tests, part, &server.api, &server.port()]);
}

fn stories() {
    browse("stories", &Server::of(&example()));
}

fn one_click() {
    browse("oneClick", &Server::of(&example()));
}

fn switches() {
    browse("switches", &Server::of(&example()));
}

fn asking() {
    browse("asking", &Server::of(&example()));
}

/// A firewall that only the request passes. N161
fn another_way() {
    let topology = include_str!("../cli/another-way.yaml");
    browse("anotherWay", &Server::of(topology));
}

fn watching() {
    // DNS notices soon, so that the gap can be seen to end
    browse("watching", &Server::of(&format!("{}failover: {{ detection: 3s }}\n", example())));
}

/// A name of six addresses, and a VPC with rules of DNS Firewall.
fn many_addresses() {
    let record = "      - { name: many, type: A, ttl: 60, values: [10.0.9.1, 10.0.9.2, 10.0.9.3, 10.0.9.4, 10.0.9.5, 10.0.9.6] }\n";
    let rules = "firewall_domain_lists: { bad: { domains: [bad.example.com] } }
firewall_rule_groups:
  group:
    vpcs: { app: 101 }
    rules: { bad: { priority: 1, firewall_domain_list: bad, action: BLOCK, block_response: NXDOMAIN } }
";
    let example = example();
    let (head, tail) = example.split_once("    records:\n").unwrap();
    browse("manyAddresses", &Server::of(&format!("{head}    records:\n{record}{tail}{rules}")));
}

fn events() {
    browse("events", &Server::of(&example()));
}

fn live() {
    browse("live", &Server::of(&example()));
}

fn keyboard() {
    browse("keyboard", &Server::of(&example()));
}

fn phone() {
    browse("phone", &Server::of(&example()));
}

fn pictures() {
    browse("pictures", &Server::of(&example()));
}

/// What web/vendor/ has is what npm has, whose lock file names its digest.
fn vendored() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = root.join("target/test-browser/node_modules/uplot");
    for (file, from) in [
        ("LICENSE", "LICENSE"),
        ("uPlot.iife.min.js", "dist/uPlot.iife.min.js"),
        ("uPlot.min.css", "dist/uPlot.min.css"),
    ] {
        let ours = fs::read(root.join("web/vendor/uplot").join(file)).unwrap();
        assert!(ours == fs::read(package.join(from)).unwrap(), "web/vendor/uplot/{file} differs");
    }
}

fn token() {
    browse("token", &Server::with(&example(), &["--api-token", "s3cret"], &[]));
}

fn looks() {
    browse("looks", &Server::of(&example()));
}

/// Fifty VPCs, peered with the first.
fn many_vpcs() {
    let vpcs = (0..50).map(|n| {
        format!(
            "  net-{n}:
    cidr_block: 10.{n}.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: {{ availability_zone: us-east-1a, cidr_block: 10.{n}.1.0/24 }}
      b: {{ availability_zone: us-east-1b, cidr_block: 10.{n}.2.0/24 }}
    instances: {{ app: {{ subnet: a, private_ip: 10.{n}.1.10 }} }}
    vpc_endpoints:
      sqs: {{ service_name: sqs, subnets: {{ a: 10.{n}.1.50, b: 10.{n}.2.50 }}, private_dns_enabled: true }}"
        )
    });
    let peerings = (1..50).map(|n| format!("  to-{n}: {{ vpc: net-0, peer_vpc: net-{n} }}"));
    let head = ["region: us-east-1".to_owned(), "vpcs:".to_owned()].into_iter();
    let lines = head.chain(vpcs).chain(["vpc_peering_connections:".to_owned()]).chain(peerings);
    browse("manyVpcs", &Server::of(&(lines.collect::<Vec<_>>().join("\n") + "\n")));
}
