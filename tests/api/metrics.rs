//! `/metrics`: every line is one that Prometheus reads, and says what happened.

use std::{collections::BTreeMap, time::Duration};

use plustwo::{
    answer::Ending,
    state::{Tally, Way},
};

use crate::{http::Request, server::Server};

/// Samples by name and labels, as they are written.
type Samples = BTreeMap<String, f64>;

/// Reads the text format, and everything that it asks of names and order.
fn parse(text: &str) -> Samples {
    let mut samples = Samples::new();
    let mut family: Option<(String, String)> = None;
    let mut seen = Vec::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(words.len() > 5, "{line}");
            assert!(!seen.contains(&name.to_owned()), "{name} comes twice");
            seen.push(name.to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(seen.last().map(String::as_str), Some(name), "help comes first");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            family = Some((name.to_owned(), kind.to_owned()));
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let (of, kind) = family.as_ref().unwrap();
            assert!(name.starts_with("plustwo_"), "{line}");
            let ends: &[&str] =
                if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(ends.iter().any(|end| name == format!("{of}{end}")), "{line} in {of}");
            let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(samples.insert(series.to_owned(), value).is_none(), "{series} comes twice");
        }
    }
    samples
}

fn scrape(server: &Server) -> Samples {
    let reply = server.call("GET", "/metrics", "");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    parse(&reply.body)
}

#[test]
fn what_happened_is_counted() {
    let server = Server::start();
    let counters = server.state.counters();
    let mut tally = Tally::default();
    for (qtype, ending) in
        [(1, Ending::Records), (1, Ending::NoData), (28, Ending::NameError), (1, Ending::Silent)]
    {
        tally.count(qtype, ending);
    }
    counters.collect(&mut tally);
    counters.replies.count(Way::Full, 16, 5, false, Duration::from_micros(700));
    counters.replies.count(Way::Forwarded, 1, 0, true, Duration::from_millis(20));
    server.call("PUT", "/v1/topology", "region: nowhere");
    server.call("PUT", "/v1/availability-zones/us-east-1a", r#"{"state": "impaired"}"#);
    let samples = scrape(&server);
    let replies = |path, rtype, rcode| {
        format!(r#"plustwo_dns_responses_total{{path="{path}",type="{rtype}",rcode="{rcode}"}}"#)
    };
    let az = |name, id, state| {
        format!(
            r#"plustwo_availability_zone_available{{availability_zone="{name}",availability_zone_id="{id}",state="{state}"}}"#
        )
    };
    let bucket = |path, le| {
        format!(r#"plustwo_dns_response_duration_seconds_bucket{{path="{path}",le="{le}"}}"#)
    };
    for (series, expected) in [
        (replies("fast", "A", "NOERROR"), 2.0),
        (replies("fast", "AAAA", "NXDOMAIN"), 1.0),
        (replies("full", "TXT", "REFUSED"), 1.0),
        (replies("forwarded", "A", "NOERROR"), 1.0),
        (r#"plustwo_dns_unanswered_total{reason="silent"}"#.to_owned(), 1.0),
        (r#"plustwo_dns_negative_responses_total{kind="nodata"}"#.to_owned(), 1.0),
        (r#"plustwo_topology_loads_total{result="failure"}"#.to_owned(), 1.0),
        (r#"plustwo_topology_loads_total{result="success"}"#.to_owned(), 0.0),
        (az("us-east-1a", "use1-az1", "observed"), 0.0),
        (az("us-east-1a", "use1-az1", "noticed"), 1.0),
        (az("us-east-1a", "use1-az1", "effective"), 1.0),
        (az("us-east-1b", "use1-az2", "observed"), 1.0),
        (bucket("full", "0.0005"), 0.0),
        (bucket("full", "0.001"), 1.0),
        (bucket("full", "+Inf"), 1.0),
        (bucket("forwarded", "0.01"), 0.0),
        (bucket("forwarded", "0.025"), 1.0),
        (r#"plustwo_dns_response_duration_seconds_sum{path="forwarded"}"#.to_owned(), 0.02),
        (r#"plustwo_dns_response_duration_seconds_count{path="forwarded"}"#.to_owned(), 1.0),
        (r#"plustwo_build_info{version="0.1.0"}"#.to_owned(), 1.0),
        ("plustwo_generation".to_owned(), 2.0),
        ("plustwo_event_readers".to_owned(), 0.0),
    ] {
        let found = samples.get(&series);
        assert_eq!(found, Some(&expected), "{series} in {samples:#?}");
    }
}

#[test]
fn a_token_is_asked_for() {
    let server = Server::with_token(Some("s3cret"));
    let get = |headers| {
        Request { method: "GET", path: "/metrics", headers, body: b"" }.send(server.address).status
    };
    assert_eq!((get(&[]), get(&[("Authorization", "Bearer s3cret")])), (401, 200));
}
