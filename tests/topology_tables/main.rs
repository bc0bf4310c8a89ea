//! Topology files: what a whole one becomes, and what is said of wrong ones.
//!
//! `tests/topology_tables/*.txt` are tables: a name, a topology (`BASE` is [`BASE`]), and after `--` every problem as
//! `blamed text | severity: message [rules]`, with its help below it. `UPDATE=1` rewrites them; read the diff.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod quotas;
mod whole;

use std::{env, fmt::Write as _, fs, path::Path};

use plustwo::config::{self, Problem};

/// A VPC with two AZs that cases go on writing.
const BASE: &str = "vpcs:
  v:
    id: vpc-0aaaaaaaaaaaaaaaa
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: { id: subnet-0aaaaaaaaaaaaaaaa, availability_zone: us-east-1a, cidr_block: 10.0.0.0/24 }
      a2: { availability_zone: us-east-1a, cidr_block: 10.0.2.0/24 }
      b: { availability_zone: us-east-1b, cidr_block: 10.0.1.0/24 }";

/// What is said of a topology.
fn said(text: &str) -> String {
    let mut text = text.replace("BASE", BASE);
    if !text.contains("region: ") {
        text.insert_str(0, "region: us-east-1\n");
    }
    match config::parse("topology.yaml", &text) {
        Ok(topology) => format!("valid\n{}", shown(topology.warnings.iter())),
        Err(problems) => shown(problems.iter()),
    }
}

fn shown<'a>(problems: impl Iterator<Item = &'a Problem>) -> String {
    let mut out = String::new();
    for problem in problems {
        let blamed = problem.source.slice(problem.span).trim();
        write!(out, "{blamed} | {}: {}", problem.severity_word(), problem.message).unwrap();
        if !problem.rules.is_empty() {
            write!(out, " [{}]", problem.rules.join(", ")).unwrap();
        }
        out.push('\n');
        if let Some(help) = &problem.help {
            writeln!(out, "    {help}").unwrap();
        }
    }
    out
}

/// Plays a table.
fn play(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/topology_tables").join(table);
    let wanted = fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    for case in wanted.split("== ").skip(1) {
        let (name, case) = case.split_once('\n').unwrap();
        let topology = case.split_once("--\n").map_or(case, |(topology, _)| topology);
        write!(found, "== {name}\n{topology}--\n{}", said(topology)).unwrap();
    }
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let diff = similar::TextDiff::from_lines(&wanted, &found);
    assert!(wanted == found, "{table}\n{}", diff.unified_diff().context_radius(3));
}

#[test]
fn vpcs() {
    play("vpcs.txt");
}

#[test]
fn flow_logs() {
    play("flow_logs.txt");
}

#[test]
fn routing() {
    play("routing.txt");
}

#[test]
fn network() {
    play("network.txt");
}

#[test]
fn firewall() {
    play("firewall.txt");
}

#[test]
fn resolver() {
    play("resolver.txt");
}

#[test]
fn endpoints() {
    play("endpoints.txt");
}

#[test]
fn endpoint_services() {
    play("endpoint_services.txt");
}

#[test]
fn lattice() {
    play("lattice.txt");
}

#[test]
fn policies() {
    play("policies.txt");
}

#[test]
fn zones() {
    play("zones.txt");
}

#[test]
fn quotas() {
    play("quotas.txt");
}

#[test]
fn settings() {
    play("settings.txt");
}
