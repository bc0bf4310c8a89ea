//! `/v1/state` and `/v1/topology`: everything at a glance, and everything replaced at once.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Api, Problem, health::target_json, health_checks, problem::Text};
use crate::{
    config::{self, Topology},
    model::{CacheMode, ImpairedAnswer, Model, QueryLogDestination, Vpc},
    render,
    state::Counters,
};

pub(super) async fn get_state(State(api): State<Api>) -> Json<Value> {
    let snapshot = api.state.snapshot();
    let model = &snapshot.model;
    let faults: Vec<Value> =
        snapshot.health.faults().map(|(target, _)| target_json(&api.state, target)).collect();
    Json(json!({
        "generation": snapshot.generation,
        "region": model.region.as_str(),
        "account_id": model.account_id.to_string(),
        "counts": {
            "vpcs": model.vpcs.len(),
            "subnets": model.subnets.len(),
            "instances": model.instances.len(),
            "interface_endpoints": model.endpoints.len(),
            "gateway_endpoints": model.vpcs.iter().map(|vpc| vpc.gateway_endpoints.len()).sum::<usize>(),
            "network_interfaces": model.interfaces.len(),
            "hosted_zones": model.hosted_zones.len(),
        },
        "availability_zones": model.availability_zones.iter().map(|az| json!({
            "name": az.name.to_string(),
            "id": az.id.to_string(),
        })).collect::<Vec<_>>(),
        "vpcs": model.vpcs.iter().map(|vpc| vpc_json(model, vpc)).collect::<Vec<_>>(),
        "clients": model.clients.iter().map(|client| json!({
            "prefix": client.prefix.to_string(),
            "vantage": render::vantage_text(model, client.vantage),
        })).collect::<Vec<_>>(),
        "listen": model.listen.iter().map(|listen| json!({
            "address": listen.address.to_string(),
            "vantage": listen.vantage.map(|vantage| render::vantage_text(model, vantage)),
        })).collect::<Vec<_>>(),
        "resolver_query_log_configs": model.resolver_query_log_configs.iter().map(|config| json!({
            "name": config.name,
            "id": config.id.to_string(),
            "destination": config.destination.kind(),
        })).collect::<Vec<_>>(),
        "faults": faults,
        "health_checks": health_checks::all(&snapshot),
        "failover": failover_json(model),
        "cache": match model.cache {
            CacheMode::Off => "off",
            CacheMode::Aws => "aws",
        },
        "public_dns": {
            "upstream": model.public_dns.upstream.iter().map(ToString::to_string).collect::<Vec<_>>(),
        },
        "counters": api.state.counters().counts(),
    }))
}

/// A query log that goes to a file which none goes to so far: whoever may call the API may not write where they like.
fn new_file<'m>(new: &'m Model, old: &Model) -> Option<&'m str> {
    let file = |destination: &QueryLogDestination| match destination {
        QueryLogDestination::File(file) => Some(file.path.clone()),
        QueryLogDestination::Stdout | QueryLogDestination::Events => None,
    };
    let written: Vec<_> = old
        .resolver_query_log_configs
        .iter()
        .filter_map(|config| file(&config.destination))
        .collect();
    let mut configs = new.resolver_query_log_configs.iter();
    let found = configs
        .find(|config| file(&config.destination).is_some_and(|path| !written.contains(&path)));
    found.map(|config| &*config.name)
}

fn vpc_json(model: &Model, vpc: &Vpc) -> Value {
    let subnets = vpc.subnets.iter().map(|ix| {
        let subnet = &model[*ix];
        let az = &model[subnet.availability_zone];
        json!({
            "name": subnet.name,
            "id": subnet.id.to_string(),
            "availability_zone": az.name.to_string(),
            "availability_zone_id": az.id.to_string(),
            "cidr_block": subnet.cidr_block.map(|block| block.to_string()),
            "ipv6_cidr_block": subnet.ipv6_cidr_block.map(|block| block.to_string()),
        })
    });
    json!({
        "name": vpc.name,
        "id": vpc.id.to_string(),
        "region": vpc.region.as_str(),
        "cidr_blocks": vpc.blocks().map(|block| block.to_string()).collect::<Vec<_>>(),
        "enable_dns_support": vpc.enable_dns_support,
        "enable_dns_hostnames": vpc.enable_dns_hostnames,
        "dnssec_validation": vpc.dnssec_validation,
        "subnets": subnets.collect::<Vec<_>>(),
    })
}

fn failover_json(model: &Model) -> Value {
    let failover = &model.failover;
    let word = |switch, answer| match switch {
        ImpairedAnswer::Answer => answer,
        ImpairedAnswer::Nodata => "nodata",
        ImpairedAnswer::Servfail => "servfail",
    };
    json!({
        "detection_secs": failover.detection.as_secs_f64(),
        "recovery_secs": failover.recovery.as_secs_f64(),
        "zonal": word(failover.zonal, "answer"),
        "all_impaired": word(failover.all_impaired, "fail_open"),
    })
}

/// Replaces the whole topology, or nothing.
pub(super) async fn put_topology(
    State(api): State<Api>,
    Text(text): Text,
) -> Result<Json<Value>, Problem> {
    let counters = api.state.counters();
    let parsed = tokio::task::block_in_place(|| config::parse("topology", &text));
    let topology = parsed.map_err(|problems| {
        Counters::add(&counters.failed_reloads);
        Problem::topology(&problems)
    })?;
    let Topology { model, warnings: problems, .. } = topology;
    if let Some(name) = new_file(&model, &api.state.snapshot().model) {
        Counters::add(&counters.failed_reloads);
        return Err(Problem::bad_request(format!(
            "the query log `{name}` goes to a file: a topology that comes by the API can log to `stdout` and `events`, \
             and to the files that are written already"
        )));
    }
    let warnings = serde_json::to_value(&problems).unwrap_or_default();
    // they hold the text
    drop(problems);
    let replaced = tokio::task::block_in_place(|| api.state.replace(model));
    replaced.inspect_err(|_| Counters::add(&counters.failed_reloads))?;
    Counters::add(&counters.reloads);
    Ok(Json(json!({ "generation": api.state.snapshot().generation, "warnings": warnings })))
}
