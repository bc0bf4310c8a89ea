//! Steps that change nothing and show what the topology has.

use std::fmt::Write as _;

use plustwo::{
    catalog, config,
    model::Model,
    names::{EndpointNames, association_entries},
};

/// What a step shows that changes nothing: names of an endpoint in either shape, a service as its consumers see it.
pub(crate) fn shown(model: &Model, step: &[&str]) -> Result<String, String> {
    let mut out = String::new();
    match step {
        ["cloudformation", endpoint] => {
            let all = plustwo::render::cloudformation(model);
            let entries = all.get(endpoint).ok_or_else(|| format!("no endpoint `{endpoint}`"))?;
            write_json(&mut out, entries);
        }
        ["hosted_zones", vpc] => {
            let vpc = config::find_vpc(model, vpc).map_err(|error| error.to_string())?;
            let zones = plustwo::render::hosted_zones_by_vpc(model, vpc);
            write_json(&mut out, &serde_json::to_value(zones).unwrap());
        }
        ["service", name] => {
            let own = model.endpoint_services.iter().map(|own| &model[own.service]);
            let service = match own.clone().find(|own| *own.id == **name) {
                Some(own) => own.clone(),
                None => catalog::find(name, model.region).map_err(|error| error.to_string())?,
            };
            write_json(&mut out, &plustwo::render::vpc_endpoint_service(model, &service));
        }
        [_, endpoint] => {
            let ix = config::find_endpoint(model, endpoint).map_err(|error| error.to_string())?;
            let own = EndpointNames::new(model, ix).dns_entries();
            let associations = association_entries(model, ix).into_iter();
            let associations = associations
                .flat_map(|entry| std::iter::once(entry.dns_entry).chain(entry.private_dns_entry));
            for entry in own.into_iter().chain(associations) {
                writeln!(out, "    {} {}", entry.dns_name, entry.hosted_zone_id).unwrap();
            }
        }
        _ => return Err("unknown step".to_owned()),
    }
    Ok(out)
}

/// JSON as the indented lines of a step.
fn write_json(out: &mut String, value: &serde_json::Value) {
    for line in serde_json::to_string_pretty(value).unwrap().lines() {
        writeln!(out, "    {line}").unwrap();
    }
}
