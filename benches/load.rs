//! How long a large topology takes to load, and how much memory it needs.
//!
//! `cargo bench --bench load -- [ENDPOINTS]…` (default 1,000 and 100,000) writes a topology of that many interface
//! endpoints, 200 a VPC with three network interfaces each, reads it back step by step, and prints seconds, names and
//! resident memory. The figures are of this machine and moment: compare them within one run.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints, and reads the clock"
)]

use std::{fmt::Write as _, fs, time::Instant};

use plustwo::{catalog, config, names::EndpointNames, view::Views};

/// Interface endpoints in a VPC: about as many as there are services.
const A_VPC: usize = 200;

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 100_000] } else { sizes };
    println!(
        "| endpoints | names | file MB | read, check, build s | compile views s | memory MB |"
    );
    println!("|---|---|---|---|---|---|");
    for size in sizes {
        measure(size);
    }
}

fn measure(endpoints: usize) {
    let path =
        std::env::temp_dir().join(format!("plustwo-load-{}-{endpoints}.yaml", std::process::id()));
    let text = topology(endpoints);
    fs::write(&path, &text).unwrap();
    let megabytes = text.len() / 1_000_000;
    drop(text);
    let before = resident_kilobytes();
    let start = Instant::now();
    let topology = config::load(&path).map_err(|problems| problems.render()).unwrap();
    let loaded = start.elapsed();
    let start = Instant::now();
    let views = Views::compile(&topology.model);
    let compiled = start.elapsed();
    let model = topology.model;
    let after = resident_kilobytes();
    let names: usize =
        model.endpoint_indexes().map(|ix| EndpointNames::new(&model, ix).dns_entries().len()).sum();
    println!(
        "| {} | {names} | {megabytes} | {:.2} | {:.2} | {} |",
        model.endpoints.len(),
        loaded.as_secs_f64(),
        compiled.as_secs_f64(),
        after.saturating_sub(before) / 1000,
    );
    drop(views);
    fs::remove_file(path).unwrap();
}

/// VPCs of 200 endpoints, each for another service.
fn topology(endpoints: usize) -> String {
    let region: catalog::Region = "us-east-1".parse().unwrap();
    let is_here = |service: &catalog::Service| catalog::find(&service.service_name, region).is_ok();
    let services: Vec<catalog::Service> = catalog::services(region)
        .filter(|service| !service.private_names.is_empty() && is_here(service))
        .collect();
    let mut text = String::from("region: us-east-1\nvpcs:\n");
    for at in 0..endpoints {
        let (vpc, place) = (at / A_VPC, at % A_VPC);
        if place == 0 {
            writeln!(
                text,
                "  v{vpc}:\n    cidr_block: 10.{}.0.0/16\n    enable_dns_hostnames: true\n    subnets:\n      \
                 a: {{ availability_zone: us-east-1a, cidr_block: 10.{0}.0.0/20 }}\n      \
                 b: {{ availability_zone: us-east-1b, cidr_block: 10.{0}.16.0/20 }}\n      \
                 c: {{ availability_zone: us-east-1c, cidr_block: 10.{0}.32.0/20 }}\n    vpc_endpoints:",
                vpc % 256
            )
            .unwrap();
        }
        let service = &services[place % services.len()];
        // S3 keeps its private names to inbound Resolver endpoints, and several entries share their names
        let private_dns = !service.gateway && !service.id.contains("freetier");
        writeln!(
            text,
            "      e{place}: {{ service_name: {}, subnets: [a, b, c], private_dns_enabled: {private_dns} }}",
            service.service_name
        )
        .unwrap();
    }
    text
}

/// This process's resident memory; 0 where the system does not say.
fn resident_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
