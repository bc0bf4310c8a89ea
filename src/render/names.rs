//! The names of endpoints: a table, and `CloudFormation`'s list.

use comfy_table::{Table, presets};

use crate::{
    model::{AssociationKind, EndpointIx, EndpointKind, Model},
    names::{DnsEntry, EndpointNames, association_entries},
};

/// One line a name: endpoint, kind, AZ, name, addresses, hosted zone id. R10–R20
#[must_use]
pub fn names_table(model: &Model) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["ENDPOINT", "KIND", "AZ", "DNS NAME", "ADDRESSES", "HOSTED ZONE"]);
    for ix in model.endpoint_indexes() {
        rows(model, ix, &mut table);
    }
    for vpc in &model.vpcs {
        for name in vpc.gateway_endpoints.keys() {
            let endpoint = format!("{}/{name}", vpc.name);
            table.add_row([
                &*endpoint,
                "gateway",
                "-",
                "(none: the service's name stays public)",
                "-",
                "-",
            ]);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

fn rows(model: &Model, ix: EndpointIx, table: &mut Table) {
    let endpoint = format!("{}/{}", model[model[ix].vpc].name, model[ix].name);
    if model[ix].kind == EndpointKind::GatewayLoadBalancer {
        let none = "(none: route tables lead to it)";
        table.add_row([&*endpoint, "gateway load balancer", "-", none, "-", "-"]);
        return;
    }
    let interfaces: Vec<_> = model.interfaces_of(ix).collect();
    let addresses = |only: Option<usize>| {
        let chosen =
            interfaces.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at));
        let texts: Vec<String> = chosen
            .flat_map(|(_, (_, interface))| {
                interface.addresses().map(|address| address.to_string())
            })
            .collect();
        texts.join(" ")
    };
    let cross_region = model.service_of(ix).cross_region;
    for entry in association_entries(model, ix) {
        let kind = match entry.association.kind {
            AssociationKind::Resource => "resource",
            AssociationKind::Service => "service",
        };
        let private = entry.private_dns_entry.map(|private| ("private", private));
        for (kind, entry) in [(kind, entry.dns_entry)].into_iter().chain(private) {
            let DnsEntry { dns_name, hosted_zone_id } = entry;
            table.add_row([&*endpoint, kind, "-", &dns_name, &addresses(None), &hosted_zone_id]);
        }
    }
    for (at, entry) in EndpointNames::new(model, ix).dns_entries().into_iter().enumerate() {
        let zonal = at
            .checked_sub(1)
            .filter(|_| !cross_region)
            .and_then(|at| interfaces.get(at).map(|(eni, _)| (at, *eni)));
        let (kind, az, addresses) = match (at, zonal) {
            (0, _) => ("Regional", "-".to_owned(), addresses(None)),
            (_, Some((at, eni))) => {
                let az = &model[model.az_of(eni)];
                ("zonal", format!("{} ({})", az.name, az.id), addresses(Some(at)))
            }
            (_, None) => ("private", "-".to_owned(), addresses(None)),
        };
        table.add_row([&*endpoint, kind, &az, &entry.dns_name, &addresses, &entry.hosted_zone_id]);
    }
}

/// What `Fn::GetAtt: [Endpoint, DnsEntries]` gives: `hosted zone id:name`, by endpoint. R25
#[must_use]
pub fn cloudformation(model: &Model) -> serde_json::Value {
    let lists = model.endpoint_indexes().map(|ix| {
        let name = format!("{}/{}", model[model[ix].vpc].name, model[ix].name);
        let entries = EndpointNames::new(model, ix).dns_entries();
        let list: Vec<String> = entries
            .iter()
            .map(|entry| format!("{}:{}", entry.hosted_zone_id, entry.dns_name))
            .collect();
        (name, list.into())
    });
    serde_json::Value::Object(lists.collect())
}
