//! Terraform's state, as `terraform show -json` prints it or as it is stored, in the shape of AWS's calls. N330, N331
//!
//! One resource of AWS may be spread over several of Terraform's: a route table, its routes, its associations. Those that
//! stand for something come first, then those that add to others.

mod dns;
mod implied;
mod network;
mod parts;
mod resource;
mod whole;

use std::{collections::HashMap, path::Path, sync::Arc};

use serde_json::{Map, Value};

use super::{
    Note, broken, documents,
    dump::{Attributes as _, BUCKET_POLICY, Dump, Item, ZONE_VPCS},
    read_text,
};
use crate::config::Problems;
use resource::Resource;

/// Beginnings of the types whose resources are missed where a topology has no form for them.
const MISSED: &[&str] = &[
    "aws_vpc",
    "aws_default_vpc",
    "aws_subnet",
    "aws_route",
    "aws_network",
    "aws_security_group",
    "aws_ec2_transit_gateway",
    "aws_ec2_carrier_gateway",
    "aws_ec2_local_gateway",
    "aws_vpn",
    "aws_customer_gateway",
    "aws_dx_",
    "aws_nat_gateway",
    "aws_s3_bucket_policy",
    "aws_s3_access_point",
];

/// Types of the same rooms that say nothing of their own.
const NOT_MISSED: &[&str] = &[
    "aws_vpc_dhcp_options",
    "aws_vpc_dhcp_options_association",
    "aws_default_vpc_dhcp_options",
    "aws_vpc_endpoint_service_allowed_principal",
    "aws_vpc_endpoint_connection_accepter",
    "aws_vpc_endpoint_connection_notification",
    "aws_vpc_endpoint_service_private_dns_verification",
    "aws_route53_vpc_association_authorization",
];

/// Types of data sources that describe as much as the resource does.
const DATA: &[&str] = &[
    "aws_vpc",
    "aws_subnet",
    "aws_network_interface",
    "aws_route53_zone",
    "aws_ec2_managed_prefix_list",
    "aws_prefix_list",
];

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Dump, Problems> {
    let source = read_text(path)?;
    let name = path.display().to_string();
    let documents = documents(&source).map_err(|problem| Problems::new(vec![*problem]))?;
    let Some(document) = documents.into_iter().next() else {
        return Err(broken(&name, "the file is empty".to_owned(), Some(EXPECTED)));
    };
    let mut resources = resource::resources(document).map_err(|found| {
        broken(&name, format!("not a state of Terraform's: {found}"), Some(EXPECTED))
    })?;
    // what is managed says more than what is only looked at
    resources.sort_by_key(|resource| resource.is_data);
    let mut shapes = Shapes {
        file: name.as_str().into(),
        made: Vec::new(),
        places: HashMap::new(),
        notes: Vec::new(),
    };
    let (mut adding, mut others) = (Vec::new(), Vec::new());
    for resource in &resources {
        let is_data = resource.is_data && !DATA.contains(&&*resource.kind);
        if is_data {
            continue;
        }
        if !shapes.whole(resource) {
            adding.push(resource);
        }
    }
    shapes.implied(&resources);
    let moved: Vec<&str> = resources
        .iter()
        .filter(|resource| resource.kind == "aws_main_route_table_association")
        .filter_map(|resource| resource.values.text("vpc_id"))
        .collect();
    for resource in &resources {
        let own = resource.values.text("id").unwrap_or_default();
        if moved.contains(&own) {
            continue;
        }
        let main = resource.values.text("main_route_table_id");
        if resource.kind.ends_with("_vpc") && main.is_some() {
            shapes.main_table(resource, main);
        }
    }
    for resource in &resources {
        let is_table = resource.kind.ends_with("_route_table") && !resource.is_data;
        if is_table && resource.values.texts("propagating_vgws").next().is_some() {
            let id = resource.values.text("id").unwrap_or("no id");
            let shown = format!("{} ({id})", resource.address);
            let what =
                "routes that virtual private gateways propagate to it are in no state: left out";
            shapes.notes.push(Note::new(&name, Some(&shown), what));
        }
    }
    for resource in adding {
        if !shapes.part(resource) {
            others.push(resource);
        }
    }
    for resource in others {
        let kind = &*resource.kind;
        if MISSED.iter().any(|beginning| kind.starts_with(beginning)) && !NOT_MISSED.contains(&kind)
        {
            let id = resource.values.text("id").unwrap_or("no id");
            let shown = format!("{} ({id})", resource.address);
            shapes.notes.push(Note::new(&name, Some(&shown), "a topology file has no form for it"));
        }
    }
    Ok(shapes.finish())
}

/// What an error says that a file should be.
const EXPECTED: &str =
    "expected what `terraform show -json` prints of a state, or a state file of version 4";

/// A resource in AWS's shape.
struct Made {
    list: &'static str,
    item: Item,
}

/// Resources in AWS's shape, to which others add.
struct Shapes {
    file: Arc<str>,
    made: Vec<Made>,
    places: HashMap<(&'static str, String), usize>,
    notes: Vec<Note>,
}

impl Shapes {
    /// Adds a resource, under the id that others name it by.
    fn add(&mut self, of: &Resource, list: &'static str, id: &str, value: Map<String, Value>) {
        let place = (list, id.to_owned());
        if !id.is_empty() && self.places.contains_key(&place) {
            return;
        }
        self.places.insert(place, self.made.len());
        let item = Item {
            file: Arc::clone(&self.file),
            region: of.region(),
            label: Some(of.address.as_str().into()),
            of: None,
            value: value.into(),
        };
        self.made.push(Made { list, item });
    }

    /// A resource that others add to; a note where it is not there.
    fn of(
        &mut self,
        of: &Resource,
        list: &'static str,
        id: Option<&str>,
    ) -> Option<&mut Map<String, Value>> {
        let id = id.unwrap_or_default();
        let Some(at) = self.places.get(&(list, id.to_owned())).copied() else {
            let what = format!("it adds to `{id}`, which is in no file: left out");
            self.notes.push(Note::new(&self.file, Some(&of.address), what));
            return None;
        };
        self.made.get_mut(at).and_then(|made| made.item.value.as_object_mut())
    }

    /// Appends to a list of another resource.
    fn append(
        &mut self,
        of: &Resource,
        list: &'static str,
        id: Option<&str>,
        key: &str,
        value: Value,
    ) {
        if let Some(object) = self.of(of, list, id)
            && let Value::Array(values) =
                object.entry(key).or_insert_with(|| Value::Array(Vec::new()))
        {
            values.push(value);
        }
    }

    /// Whether something of an id is there.
    fn has(&self, list: &'static str, id: &str) -> bool {
        self.places.contains_key(&(list, id.to_owned()))
    }

    fn finish(mut self) -> Dump {
        let of_subnet: HashMap<String, Value> = self
            .made
            .iter()
            .filter(|made| made.list == "Subnets")
            .filter_map(|made| {
                let id = made.item.value.text("SubnetId")?.to_owned();
                Some((id, made.item.value.attribute("VpcId")?.clone()))
            })
            .collect();
        for made in &mut self.made {
            // Terraform does not say it, the subnet does
            let vpc = made.item.value.text("SubnetId").and_then(|id| of_subnet.get(id)).cloned();
            if let (Some(vpc), Some(object)) = (vpc, made.item.value.as_object_mut()) {
                object.entry("VpcId").or_insert(vpc);
            }
        }
        let mut dump = Dump::default();
        dump.notes = self.notes;
        for Made { list, mut item } in self.made {
            if list == "ResourceRecordSets" {
                item.of = item.value.text("HostedZoneId").map(Into::into);
            }
            if list == "HostedZones" {
                let of = Item {
                    file: Arc::clone(&item.file),
                    region: None,
                    label: None,
                    of: None,
                    value: zone_vpcs(&mut item.value),
                };
                dump.push(ZONE_VPCS, of);
            }
            if list == "Buckets" && item.value.text("Policy").is_some() {
                let value = item.value.clone();
                let (file, label) = (Arc::clone(&item.file), item.label.clone());
                dump.push(BUCKET_POLICY, Item { file, region: None, label, of: None, value });
            }
            dump.push(list, item);
        }
        dump
    }
}

/// What `get-hosted-zone` says of a zone's VPCs; a zone without any is a public one.
fn zone_vpcs(zone: &mut Value) -> Value {
    let vpcs = zone.get_mut("VPCs").map_or(Value::Array(Vec::new()), Value::take);
    let private = vpcs.as_array().is_some_and(|vpcs| !vpcs.is_empty());
    let private = private || zone.flag("PrivateZone") == Some(true);
    let id = zone.get("Id").cloned().unwrap_or_default();
    if let Some(zone) = zone.as_object_mut() {
        zone.remove("VPCs");
        zone.insert("Config".into(), serde_json::json!({ "PrivateZone": private }));
    }
    serde_json::json!({ "HostedZone": { "Id": id }, "VPCs": vpcs })
}
