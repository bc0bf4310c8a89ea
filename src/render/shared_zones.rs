//! Zones that share a VPC's endpoints with other VPCs: as a topology's `hosted_zones`, for Terraform, as master files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use hickory_proto::rr::RecordType;
use serde_json::{Map, Value, json};

use crate::{
    model::{ENDPOINT_TTL, EndpointIx, Model, VpcIx},
    names::{EndpointNames, SharedZone},
};

/// As JSON that a topology takes.
#[must_use]
pub fn shared_zones_json(model: &Model, zones: &[SharedZone]) -> Value {
    let zones = keyed(model, zones).map(|(key, zone)| {
        let records: Vec<Value> = records(zone)
            .map(|(owner, rtype)| {
                let alias = json!({ "vpc_endpoint": endpoint_text(model, zone.endpoint) });
                json!({ "name": owner, "type": rtype.to_string(), "alias": alias })
            })
            .collect();
        let vpcs: Vec<&str> = zone.vpcs.iter().map(|vpc| &*model[*vpc].name).collect();
        let mut value = json!({ "vpcs": vpcs, "records": records });
        if let Some(value) = value.as_object_mut().filter(|_| key != zone.name.to_string()) {
            value.insert("name".to_owned(), zone.name.to_string().into());
        }
        (key, value)
    });
    json!({ "hosted_zones": zones.collect::<Map<_, _>>() })
}

/// As YAML that a topology takes.
#[must_use]
pub fn shared_zones_yaml(model: &Model, zones: &[SharedZone]) -> String {
    let mut out = String::from("hosted_zones:\n");
    for (key, zone) in keyed(model, zones) {
        let vpcs: Vec<String> = zone.vpcs.iter().map(|vpc| scalar(&model[*vpc].name)).collect();
        // writing to a String cannot fail
        _ = writeln!(out, "  {}:", scalar(&key));
        if key != zone.name.to_string() {
            _ = writeln!(out, "    name: {}", zone.name);
        }
        _ = writeln!(out, "    vpcs: [{}]\n    records:", vpcs.join(", "));
        for (owner, rtype) in records(zone) {
            let endpoint = scalar(&endpoint_text(model, zone.endpoint));
            _ = writeln!(
                out,
                "      - {{ name: \"{owner}\", type: {rtype}, alias: {{ vpc_endpoint: {endpoint} }} }}"
            );
        }
    }
    out
}

/// As Terraform's configuration language.
///
/// What the topology knows of VPCs and endpoints stands in `locals` as literals of the form that `dns_entry` has, so that
/// each can be replaced by a reference to the resource it is in a real account.
#[must_use]
pub fn shared_zones_terraform(model: &Model, zones: &[SharedZone]) -> String {
    let mut out = String::from("locals {\n  vpc_ids = {\n");
    let vpcs: BTreeSet<VpcIx> = zones.iter().flat_map(|zone| zone.vpcs.iter().copied()).collect();
    for vpc in &vpcs {
        // writing to a String cannot fail
        _ = writeln!(out, "    {} = \"{}\"", hcl(&model[*vpc].name), model[*vpc].id);
    }
    out.push_str("  }\n\n");
    out.push_str(
        "  # of aws_vpc_endpoint: dns_entry[0], without the `*.` that S3's has in front\n",
    );
    out.push_str("  vpc_endpoints = {\n");
    let endpoints: BTreeSet<EndpointIx> = zones.iter().map(|zone| zone.endpoint).collect();
    for ix in endpoints {
        _ = writeln!(
            out,
            "    {} = {{\n      dns_name       = \"{}\"\n      hosted_zone_id = \"{}\"\n    }}",
            hcl(&endpoint_text(model, ix)),
            EndpointNames::new(model, ix).regional(),
            model.service_of(ix).region.vpce_hosted_zone_id(),
        );
    }
    out.push_str("  }\n}\n");
    let mut labels = Labels::default();
    for zone in zones {
        terraform_zone(model, zone, &labels.take(&zone.name.to_string()), &mut out);
    }
    out
}

fn terraform_zone(model: &Model, zone: &SharedZone, label: &str, out: &mut String) {
    let name = zone.name.to_string();
    // writing to a String cannot fail
    _ = writeln!(out, "\nresource \"aws_route53_zone\" \"{label}\" {{\n  name = \"{name}\"");
    for vpc in &zone.vpcs {
        let vpc = &model[*vpc];
        _ = write!(out, "\n  vpc {{\n    vpc_id = local.vpc_ids[{}]\n", hcl(&vpc.name));
        if vpc.region != model.region {
            _ = writeln!(out, "    vpc_region = \"{}\"", vpc.region);
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    for (owner, rtype) in records(zone) {
        let (suffix, owner) =
            if owner == "*" { ("_wildcard", format!("*.{name}")) } else { ("", name.clone()) };
        let rtype = rtype.to_string();
        let endpoint = hcl(&endpoint_text(model, zone.endpoint));
        _ = write!(
            out,
            "
resource \"aws_route53_record\" \"{label}{suffix}_{}\" {{
  zone_id = aws_route53_zone.{label}.zone_id
  name    = \"{owner}\"
  type    = \"{rtype}\"

  alias {{
    name                   = local.vpc_endpoints[{endpoint}].dns_name
    zone_id                = local.vpc_endpoints[{endpoint}].hosted_zone_id
    evaluate_target_health = false
  }}
}}
",
            rtype.to_ascii_lowercase(),
        );
    }
}

/// As master files, one after the other, for DNS servers that know no aliases: the addresses as they are, which follow
/// no failover. RFC 1035 §5
#[must_use]
pub fn shared_zones_master(model: &Model, zones: &[SharedZone]) -> String {
    let mut out = String::new();
    for (at, zone) in zones.iter().enumerate() {
        let gap = if at == 0 { "" } else { "\n" };
        // writing to a String cannot fail
        _ = writeln!(out, "{gap}$ORIGIN {}.\n$TTL {ENDPOINT_TTL}", zone.name);
        for (owner, rtype) in records(zone) {
            let interfaces = model.interfaces_of(zone.endpoint);
            let addresses = interfaces.flat_map(|(_, interface)| interface.addresses());
            for address in addresses.filter(|ip| ip.is_ipv4() == (rtype == RecordType::A)) {
                _ = writeln!(out, "{owner} IN {rtype} {address}");
            }
        }
    }
    out
}

/// The records of a zone: owners relative to it, and types.
fn records(zone: &SharedZone) -> impl Iterator<Item = (&'static str, RecordType)> {
    let owners = ["@", "*"].into_iter().take(1 + usize::from(zone.wildcard));
    let rtypes = zone.rtypes;
    owners.flat_map(move |owner| rtypes.iter().map(move |rtype| (owner, *rtype)))
}

/// Zones with their keys: the zone's name, unless a zone of that name is there already, for other VPCs.
fn keyed<'a>(
    model: &'a Model,
    zones: &'a [SharedZone],
) -> impl Iterator<Item = (String, &'a SharedZone)> {
    let mut used: BTreeSet<String> =
        model.hosted_zones.iter().map(|zone| zone.name.to_string()).collect();
    zones.iter().map(move |zone| {
        let name = zone.name.to_string();
        if used.insert(name.clone()) {
            return (name, zone);
        }
        let endpoint = endpoint_text(model, zone.endpoint);
        (format!("{name} of {endpoint}"), zone)
    })
}

/// Labels of Terraform's resources, each used once.
#[derive(Default)]
struct Labels(BTreeMap<String, usize>);

impl Labels {
    fn take(&mut self, name: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let mut label: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        if !label.starts_with(|first: char| first.is_ascii_alphabetic()) {
            label.insert_str(0, "zone_");
        }
        let times = self.0.entry(label.clone()).or_default();
        *times += 1;
        if *times > 1 { format!("{label}_{times}") } else { label }
    }
}

fn endpoint_text(model: &Model, ix: EndpointIx) -> String {
    format!("{}/{}", model[model[ix].vpc].name, model[ix].name)
}

/// A text as YAML's scalar: in quotes unless it is plain, and no number, boolean or null.
fn scalar(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_word = words.contains(&&*text.to_ascii_lowercase());
    if text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(plain)
        && !is_word
    {
        text.to_owned()
    } else {
        // JSON's strings are YAML's
        Value::from(text).to_string()
    }
}

/// A text as Terraform's string, where `${` and `%{` would begin a template.
fn hcl(text: &str) -> String {
    Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}
