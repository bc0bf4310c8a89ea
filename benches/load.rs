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

mod topology;

use std::{fs, time::Instant};

use plustwo::{config, names::EndpointNames, view::Views};

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
    let text = topology::text(endpoints);
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

/// This process's resident memory; 0 where the system does not say.
fn resident_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
