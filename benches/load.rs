//! How long a large topology takes to load, and how much memory it needs.
//!
//! `cargo bench --bench load -- [ENDPOINTS]…` (default 1,000 and 100,000) writes a topology of that many interface
//! endpoints, 200 a VPC with three network interfaces each, as YAML and as JSON, and loads each in a process of its own.
//! Seconds are those of one load, its reading alone measured before; memory is the process's own (PSS) beyond what it had
//! before, with what the allocator holds without need given back. The figures are of this machine and moment: compare
//! them within one run.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints, and reads the clock"
)]

mod topology;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use plustwo::{config, names::EndpointNames, sys::release_free_memory, view::Views};
use serde_json::{Map, Value, json};

/// What makes this program measure one file, in a process that has done nothing before.
const ONE: &str = "PLUSTWO_LOAD_ONE";

fn main() {
    if let Some(path) = std::env::var_os(ONE) {
        return measure(Path::new(&path));
    }
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 100_000] } else { sizes };
    println!(
        "| form | endpoints | names | file MB | load s | of it read s | check, build s | compile views s | model MB | with \
         views MB | at most MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for size in sizes {
        for (form, text) in [("yaml", topology::text(size)), ("json", json(size))] {
            let name = format!("plustwo-load-{}-{size}.{form}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::write(&path, text).unwrap();
            let program = std::env::current_exe().unwrap();
            assert!(Command::new(program).env(ONE, &path).status().unwrap().success());
            fs::remove_file(path).unwrap();
        }
    }
}

fn measure(path: &Path) {
    let before = memory("Pss:");
    let start = Instant::now();
    let topology = config::load(path).map_err(|problems| problems.render()).unwrap();
    let loaded = start.elapsed();
    let model = topology.model;
    drop(topology.warnings);
    release_free_memory();
    let of_model = memory("Pss:").saturating_sub(before);
    let start = Instant::now();
    let views = Views::compile(&model);
    let compiled = start.elapsed();
    release_free_memory();
    let with_views = memory("Pss:").saturating_sub(before);
    let most = memory("VmHWM:");
    let names: usize =
        model.endpoint_indexes().map(|ix| EndpointNames::new(&model, ix).dns_entries().len()).sum();
    let read = reading(path);
    println!(
        "| {} | {} | {names} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} | {} |",
        path.extension().unwrap().display(),
        model.endpoints.len(),
        fs::metadata(path).unwrap().len().div_ceil(1_000_000),
        loaded.as_secs_f64(),
        read.as_secs_f64(),
        loaded.saturating_sub(read).as_secs_f64(),
        compiled.as_secs_f64(),
        of_model / 1000,
        with_views / 1000,
        most / 1000,
    );
    drop(views);
}

/// How long it takes to read a file, without checking what it describes.
fn reading(path: &Path) -> Duration {
    let start = Instant::now();
    let source = config::Source::from_bytes("topology", &fs::read(path).unwrap()).unwrap();
    assert!(config::has_form(&source));
    start.elapsed()
}

/// The same as JSON, laid out as programs do.
fn json(endpoints: usize) -> String {
    let services = topology::services();
    let mut vpcs = Map::new();
    for vpc in 0..endpoints.div_ceil(topology::A_VPC) {
        let block = vpc % 256;
        let subnet = |az: &str, third: usize| json!({ "availability_zone": format!("us-east-1{az}"), "cidr_block": format!("10.{block}.{third}.0/20") });
        let of_vpc: Map<String, Value> = (0..topology::A_VPC.min(endpoints - vpc * topology::A_VPC))
            .map(|place| {
                let (service, private_dns) = &services[place % services.len()];
                let endpoint = json!({
                    "service_name": service, "subnets": ["a", "b", "c"], "private_dns_enabled": private_dns,
                });
                (format!("e{place}"), endpoint)
            })
            .collect();
        vpcs.insert(
            format!("v{vpc}"),
            json!({
                "cidr_block": format!("10.{block}.0.0/16"),
                "enable_dns_hostnames": true,
                "subnets": { "a": subnet("a", 0), "b": subnet("b", 16), "c": subnet("c", 32) },
                "vpc_endpoints": of_vpc,
            }),
        );
    }
    serde_json::to_string_pretty(&json!({ "region": "us-east-1", "vpcs": vpcs })).unwrap()
}

/// This process's memory in kilobytes; 0 where the system does not say.
fn memory(which: &str) -> u64 {
    let files = ["/proc/self/smaps_rollup", "/proc/self/status"];
    let text: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let line = text.lines().find(|line| line.starts_with(which)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
