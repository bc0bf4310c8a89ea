//! `/metrics`: counters and the health of AZs in Prometheus' text format.
//!
//! Nothing is counted for it that is not counted anyway: what others have counted is read and written down.

use std::{fmt, sync::Arc};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_client::{
    collector::Collector,
    encoding::{
        DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet,
        prometheus_text::{CONTENT_TYPE, encode},
    },
    metrics::{MetricType, gauge::ConstGauge, info::Info},
    registry::Registry,
};

use super::{Api, Problem};
use crate::{
    health::{State as HealthState, Target},
    state::{Counts, Histogram, State as Emulation},
};

/// Its media type.
pub(super) const MEDIA: &str = CONTENT_TYPE;

pub(super) async fn get(State(api): State<Api>) -> Result<Response, Problem> {
    let mut registry = Registry::with_prefix("plustwo");
    let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The program that runs", build);
    registry.register_collector(Box::new(Metrics(Arc::clone(&api.state))));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written")
    })?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

/// Reads what is counted.
struct Metrics(Arc<Emulation>);

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let state = &*self.0;
        replies(state, &mut encoder)?;
        durations(state, &mut encoder)?;
        counters(&state.counters().counts(), &mut encoder)?;
        availability_zones(state, &mut encoder)?;
        gauges(state, &mut encoder)
    }
}

fn replies(state: &Emulation, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "Replies to DNS questions";
    let mut family = encoder.encode_descriptor("dns_responses", help, None, MetricType::Counter)?;
    for found in state.counters().replies.counts() {
        let labels = [("path", found.way.as_str()), ("type", found.rtype), ("rcode", found.rcode)];
        counter(&mut family, &labels, found.count)?;
    }
    Ok(())
}

fn durations(state: &Emulation, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let replies = &state.counters().replies;
    let help = "From the arrival of a message to its reply on the full path, in seconds";
    let name = "dns_response_duration_seconds";
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    for (way, found) in [("full", &replies.full), ("forwarded", &replies.forwarded)] {
        histogram(family.encode_family(&[("path", way)])?, found)?;
    }
    let help = "From the arrival of a batch of the fast path to its last reply, in seconds, of one batch in 64";
    let name = "dns_fast_batch_duration_seconds";
    let family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    histogram(family, &replies.batches)
}

fn histogram(mut encoder: MetricEncoder<'_>, found: &Histogram) -> fmt::Result {
    let (sum, buckets) = found.buckets();
    let count = buckets.iter().map(|(_, count)| count).sum();
    // the format writes the last bound as +Inf from the largest number
    let buckets: Vec<(f64, u64)> = buckets
        .into_iter()
        .map(|(bound, count)| (if bound.is_finite() { bound } else { f64::MAX }, count))
        .collect();
    encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}

fn counters(counts: &Counts, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    type Rows<'a> = &'a [(&'static str, u64)];
    let families: [(&str, &str, &str, Rows<'_>); 5] = [
        (
            "dns_requests",
            "DNS messages that arrived",
            "transport",
            &[("udp", counts.udp), ("tcp", counts.tcp)],
        ),
        (
            "dns_unanswered",
            "DNS messages without a reply",
            "reason",
            &[("silent", counts.dropped), ("limited", counts.limited)],
        ),
        (
            "topology_loads",
            "Topologies that were to replace the running one",
            "result",
            &[("success", counts.reloads), ("failure", counts.failed_reloads)],
        ),
        (
            "query_log_lines",
            "Lines of query logs",
            "result",
            &[("written", counts.query_log_lines), ("dropped", counts.query_log_dropped)],
        ),
        (
            "dns_negative_responses",
            "Replies without records",
            "kind",
            &[("nodata", counts.nodata), ("nxdomain", counts.nxdomain)],
        ),
    ];
    for (name, help, label, rows) in families {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (value, count) in rows {
            counter(&mut family, &[(label, *value)], *count)?;
        }
    }
    for (name, help, count) in [
        ("dns_malformed", "FORMERR, NOTIMP and BADVERS replies", counts.malformed),
        ("dns_overloaded", "UDP messages that the full path had no room for", counts.overloaded),
        ("dns_truncated_responses", "UDP replies that were cut", counts.truncated),
        ("dns_forwarded", "Questions passed on to others", counts.forwarded),
        ("dns_upstream_failures", "Answers that others failed to give", counts.upstream_failures),
        ("query_log_missed_lines", "Lines that readers were too slow for", counts.query_log_missed),
    ] {
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, u64, f64>(&count, None)?;
    }
    Ok(())
}

fn counter(
    family: &mut MetricEncoder<'_>,
    labels: &[(&'static str, &'static str)],
    count: u64,
) -> fmt::Result {
    family.encode_family(&labels)?.encode_counter::<NoLabelSet, u64, f64>(&count, None)
}

/// Whether each AZ is available: as it is, as DNS has noticed, and as DNS acts. R36
fn availability_zones(state: &Emulation, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let snapshot = state.snapshot();
    let help = "Whether an Availability Zone is available (1) or impaired (0)";
    let name = "availability_zone_available";
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (az, zone) in (0..).map(crate::model::AzIx).zip(&snapshot.model.availability_zones) {
        let found = snapshot.target(Target::AvailabilityZone(az), state.clock().now());
        let (name, id) = (zone.name.to_string(), zone.id.to_string());
        for (seen, health) in [
            ("observed", found.observed),
            ("noticed", found.noticed),
            ("effective", found.effective),
        ] {
            let labels = [
                ("availability_zone", name.as_str()),
                ("availability_zone_id", id.as_str()),
                ("state", seen),
            ];
            let value = i64::from(health == HealthState::Healthy);
            family.encode_family(&labels)?.encode_gauge(&value)?;
        }
    }
    Ok(())
}

fn gauges(state: &Emulation, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let snapshot = state.snapshot();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    for (name, help, value) in [
        (
            "generation",
            "Changes since the start, from 1",
            i64::try_from(snapshot.generation).unwrap_or(i64::MAX),
        ),
        ("event_readers", "Readers of events", count(state.changes().readers())),
        ("query_log_readers", "Readers of the query log", count(state.query_log().readers())),
    ] {
        let gauge = ConstGauge::new(value);
        gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
    }
    Ok(())
}
