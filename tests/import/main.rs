//! Dumps and states → topologies: what is written, what is said not to be, and that nothing makes it stumble.
//!
//! `UPDATE=1 cargo test --test import` writes what the fixtures beside this file become into `expected/`; read the diff.
//! `calls/` is one Region by the calls' names, `regions/` two in Batfish's layout and in disorder, `moto/` what the
//! emulator moto answers (its source is in `moto/README.md`), `terraform/` a state in both forms. All but moto's were written
//! by hand.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod hostile;
mod mistakes;
mod mutated;

use std::{env, fs, path::Path};

use hickory_proto::rr::{Name, RecordType};
use plustwo::{
    answer::{Outcome, Question},
    config,
    import::{self, Imported},
    model::{Model, Vantage},
    names::EndpointNames,
    state::{Clock, State},
};

const FIXTURES: &[&str] =
    &["calls", "regions", "moto", "terraform/show.json", "terraform/state.tfstate"];

fn imported(fixture: &str) -> Imported {
    let path = Path::new("tests/import").join(fixture);
    let read = if path.is_dir() { import::aws } else { import::terraform };
    read(&path).map_err(|problems| problems.render()).unwrap()
}

#[test]
fn fixtures_become_what_is_expected() {
    for fixture in FIXTURES {
        let Imported { text, notes, .. } = imported(fixture);
        let mut notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
        notes.push(String::new());
        let notes = notes.join("\n");
        let name = fixture.replace('/', "-");
        for (kind, actual) in [("yaml", &text), ("txt", &notes)] {
            let path = format!("tests/import/expected/{name}.{kind}");
            if env::var_os("UPDATE").is_some() {
                fs::create_dir_all("tests/import/expected").unwrap();
                fs::write(&path, actual).unwrap();
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            let diff = similar::TextDiff::from_lines(&expected, actual);
            let diff = diff.unified_diff().to_string();
            assert!(diff.is_empty(), "UPDATE=1 writes {path}:\n{diff}");
        }
    }
}

#[test]
fn what_is_written_is_what_was_imported() {
    for fixture in FIXTURES {
        let Imported { text, topology, .. } = imported(fixture);
        let read = config::parse("written.yaml", &text).map_err(|problems| problems.render());
        let read = read.unwrap().model;
        assert_eq!(format!("{read:?}"), format!("{:?}", topology.model), "{fixture}");
    }
}

/// What the file names themselves say: the real hash, Regional, zonal and private.
#[test]
fn names_of_endpoints_are_those_of_the_dump() {
    let model = imported("calls").topology.model;
    let sqs = model.endpoint_indexes().find(|ix| &*model[*ix].name == "sqs").unwrap();
    let names = EndpointNames::new(&model, sqs);
    let entries: Vec<String> =
        names.dns_entries().into_iter().map(|entry| entry.dns_name).collect();
    let expected = [
        "vpce-0a1b2c3d4e5f60001-0h4w5u94.sqs.us-east-1.vpce.amazonaws.com",
        "vpce-0a1b2c3d4e5f60001-0h4w5u94-us-east-1a.sqs.us-east-1.vpce.amazonaws.com",
        "vpce-0a1b2c3d4e5f60001-0h4w5u94-us-east-1b.sqs.us-east-1.vpce.amazonaws.com",
        "sqs.us-east-1.amazonaws.com",
    ];
    assert_eq!(entries, expected);
}

#[test]
fn imported_topologies_answer() {
    for (fixture, from, name, expected) in [
        ("calls", "prod-app", "sqs.us-east-1.amazonaws.com", "10.0.1.50 10.0.2.50"),
        (
            "calls",
            "internet",
            "vpce-0a1b2c3d4e5f60001-0h4w5u94-us-east-1b.sqs.us-east-1.vpce.amazonaws.com",
            "10.0.2.50",
        ),
        ("calls", "prod-app", "queue-a.corp.internal", "10.0.1.50"),
        ("calls", "prod-app", "billing.partner.example", "10.0.1.51"),
        ("calls", "prod-app", "brand-new.us-east-1.amazonaws.com", "10.0.2.10"),
        ("calls", "prod-app", "www.corp.internal", "10.0.1.20"),
        // the Profile brings the endpoint's name, and the zone of the same name is the spoke's own
        ("calls", "spoke", "sqs.us-east-1.amazonaws.com", "10.0.1.50 10.0.2.50"),
        ("calls", "spoke", "db.corp.internal", "10.2.1.20"),
        ("calls", "prod-app", "bad.example", ""),
        ("moto", "kit", "a.kit.test", "10.0.1.30"),
        ("terraform/show.json", "app", "sqs.us-east-1.amazonaws.com", "10.0.1.50 10.0.2.10"),
        ("terraform/show.json", "app", "queue.corp.internal", "10.0.1.50 10.0.2.10"),
        ("terraform/show.json", "app", "db.corp.internal", "10.0.1.20"),
    ] {
        let model = imported(fixture).topology.model;
        let vantage = config::vantage(&model, from).unwrap();
        assert_eq!(answer(model, vantage, name), expected, "{fixture}: {name} from {from}");
    }
}

/// The addresses that a name has, in order; empty without records.
fn answer(model: Model, vantage: Vantage, name: &str) -> String {
    let state = State::new(model, Clock::stopped());
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    let question = Question { name, rtype: RecordType::A };
    let snapshot = state.snapshot();
    let answer = plustwo::answer::answer(&snapshot.situation(vantage, 0), &question);
    assert!(matches!(answer.outcome, Outcome::Records | Outcome::NoData), "{:?}", answer.outcome);
    let records = answer.records.iter().map(|record| record.data.to_string());
    let mut addresses: Vec<String> =
        records.filter(|data| data.parse::<std::net::IpAddr>().is_ok()).collect();
    addresses.sort();
    addresses.join(" ")
}
