//! Route tables: what their subnets are, and where their routes lead. N320, N323

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value, json};

use super::{Entry, InsertSome as _, Writer, endpoints, with_id};
use crate::{catalog::stable_hash, import::dump::Attributes as _};

/// Targets outside of any VPC, where traces end: the attribute of a route, and what a topology calls it. N16
const OUTER: &[(&str, &str)] = &[
    ("TransitGatewayId", "transit_gateway"),
    ("LocalGatewayId", "local_gateway"),
    ("CarrierGatewayId", "carrier_gateway"),
    ("CoreNetworkArn", "core_network"),
];

/// The origin of a route that a virtual private gateway made. N23
const PROPAGATED: &str = "EnableVgwRoutePropagation";

/// Attributes of a route with a target's id, and what such ids begin with. N22
const TARGETS: &[(&str, &str)] = &[
    ("nat-", "NatGatewayId"),
    ("eigw-", "EgressOnlyInternetGatewayId"),
    ("pcx-", "VpcPeeringConnectionId"),
    ("eni-", "NetworkInterfaceId"),
    ("i-", "InstanceId"),
    ("tgw-", "TransitGatewayId"),
    ("lgw-", "LocalGatewayId"),
    ("cagw-", "CarrierGatewayId"),
    ("igw-", "GatewayId"),
    ("vgw-", "GatewayId"),
    ("vpce-", "GatewayId"),
];

/// Targets that a topology may not have, by the attribute of a route: then a trace ends at their ids. N22
const MAYBE_UNKNOWN: &[&str] = &[
    "NatGatewayId",
    "VpcPeeringConnectionId",
    "InstanceId",
    "NetworkInterfaceId",
    "VpcEndpointId",
    "OdbNetworkArn",
];

impl Writer<'_> {
    pub(super) fn route_tables(&mut self) {
        let gateways = endpoints::gateways(self.dump);
        for entry in self.entries("route_tables").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            if of.list("Associations").iter().any(|set| set.flag("Main") == Some(true)) {
                value.insert("main".into(), true.into());
            }
            if self.associations(entry) {
                value.insert("gateway".into(), "internet_gateway".into());
            }
            let mut routes: Vec<Map<String, Value>> = Vec::new();
            for route in of.list("Routes") {
                if self.is_installed(entry, route) {
                    routes.extend(self.route(entry, &by_prefix(route), &gateways));
                }
            }
            routes.sort_by_cached_key(|route| Value::from(route.clone()).to_string());
            routes.dedup();
            value.insert_list("routes", routes);
            self.put("route_tables", entry, value);
        }
    }

    /// The subnets of a table; whether the VPC's internet gateway has it. N20
    fn associations(&mut self, entry: &Entry<'_>) -> bool {
        let mut of_gateway = false;
        for set in entry.item.value.list("Associations") {
            let gone = set.text("AssociationState.State");
            if gone.is_some_and(|state| !state.eq_ignore_ascii_case("associated")) {
                continue;
            }
            if let Some(gateway) = set.text("GatewayId") {
                if gateway.starts_with("igw-") {
                    of_gateway = true;
                    continue;
                }
                self.note_on(
                    entry,
                    format!("its association with the gateway `{gateway}` is left out"),
                );
            }
            let Some(subnet) = set.text("SubnetId") else { continue };
            if let Some(subnet) = self.refer(entry, subnet, "subnet") {
                self.set_in_subnet(entry, &subnet, "route_table");
            }
        }
        of_gateway
    }

    /// Lets a subnet name an entry of its VPC's.
    pub(super) fn set_in_subnet(&mut self, entry: &Entry<'_>, subnet: &str, key: &str) {
        let subnets =
            self.vpcs.get_mut(&*entry.vpc).and_then(|vpc| vpc.sections.get_mut("subnets"));
        let subnet = subnets.and_then(|subnets| subnets.get_mut(subnet));
        if let Some(subnet) = subnet.and_then(Value::as_object_mut) {
            subnet.insert(key.to_owned(), entry.key.clone().into());
        }
    }

    /// Whether a route is in use: it is not filtered. N18
    fn is_installed(&mut self, entry: &Entry<'_>, route: &Value) -> bool {
        let to = destination(route).unwrap_or_default();
        if route.text("State").is_some_and(|state| state.eq_ignore_ascii_case("filtered")) {
            self.note_on(entry, format!("its route to {to} is filtered: left out"));
            return false;
        }
        true
    }

    fn route(
        &mut self,
        entry: &Entry<'_>,
        route: &Value,
        gateways: &HashSet<&str>,
    ) -> Option<Map<String, Value>> {
        let destination = destination(route)?;
        // the `local` routes are implied, and so are those to gateway endpoints
        let gateway = route.text("GatewayId").unwrap_or_default();
        let endpoint = route.text("VpcEndpointId").unwrap_or(gateway);
        if gateway == "local" {
            return None;
        }
        if destination.starts_with("pl-") && gateways.contains(endpoint) {
            let tables = self.gateway_routes.entry(endpoint.to_owned()).or_default();
            tables.push(entry.id.to_owned());
            return None;
        }
        let target =
            if route.text("State").is_some_and(|state| state.eq_ignore_ascii_case("blackhole")) {
                json!("blackhole")
            } else {
                self.target(entry, route, destination)?
            };
        let mut value = Map::new();
        let destination = self.prefix_list(destination).to_owned();
        if let Some(id) = unknown(route) {
            let place = (entry.vpc.to_string(), entry.key.clone(), destination.clone());
            self.targets.insert(place, of_aws(id).into_owned());
        }
        value.insert("destination".into(), destination.into());
        value.insert("target".into(), target);
        value.insert_some("origin", is_propagated(route).then_some(PROPAGATED));
        Some(value)
    }

    /// A gateway that is in no file is attached all the same, for a route that is in use leads to it. N323
    fn has_gateway(&mut self, entry: &Entry<'_>, list: &'static str, key: &str, id: &str) {
        let fields = self.vpcs.get(&*entry.vpc).map(|vpc| &vpc.fields);
        let known = fields.is_some_and(|fields| fields.contains_key(key));
        if !known && !self.dump.has(list, id) {
            self.note_on(
                entry,
                format!("`{id}` is in no file: taken as the VPC's, since a route leads there"),
            );
            self.set(&entry.vpc, key, true);
        }
    }

    /// Whether a gateway or connection that has a name was written, and not left out.
    fn has_written(&self, key: &str, vpc: &str, name: &str) -> bool {
        let of_vpc = |section| self.vpcs.get(vpc).and_then(|vpc| vpc.sections.get(section));
        match key {
            "nat_gateway" => of_vpc("nat_gateways").is_some_and(|all| all.contains_key(name)),
            "vpc_peering_connection" => {
                self.beside.get("vpc_peering_connections").is_some_and(|all| all.contains_key(name))
            }
            // they are written later
            _ => true,
        }
    }

    fn target(&mut self, entry: &Entry<'_>, route: &Value, destination: &str) -> Option<Value> {
        let gateway = route.text("GatewayId").unwrap_or_default();
        if gateway.starts_with("igw-") {
            self.has_gateway(entry, "InternetGateways", "internet_gateway", gateway);
            return Some("internet_gateway".into());
        }
        if let Some(gateway) = route.text("EgressOnlyInternetGatewayId") {
            let key = "egress_only_internet_gateway";
            self.has_gateway(entry, "EgressOnlyInternetGateways", key, gateway);
            return Some(key.into());
        }
        let endpoint = Some(gateway).filter(|gateway| gateway.starts_with("vpce-"));
        let instance = route.text("InstanceId").or_else(|| {
            let interface = route.text("NetworkInterfaceId")?;
            self.interfaces.by_id(interface)?.value.text("Attachment.InstanceId")
        });
        let named = [
            ("nat_gateway", route.text("NatGatewayId")),
            ("vpc_peering_connection", route.text("VpcPeeringConnectionId")),
            ("instance", instance),
            ("vpc_endpoint", endpoint.or(route.text("VpcEndpointId"))),
        ];
        for (key, id) in named {
            let Some(id) = id else { continue };
            let Some((vpc, name)) = self.by_id.get(id) else { break };
            if !self.has_written(key, vpc, name) {
                break;
            }
            return Some(json!({ key: name }));
        }
        let outer = OUTER.iter().find_map(|(theirs, ours)| Some((*ours, route.text(theirs)?)));
        let of_vpn = gateway.starts_with("vgw-").then_some(("virtual_private_gateway", gateway));
        if let Some((key, id)) = of_vpn.or(outer) {
            return Some(json!({ key: self.id_of_aws(entry, destination, id) }));
        }
        let Some(id) = unknown(route) else {
            self.note_on(entry, format!("its route to {destination} by `{gateway}` is left out"));
            return None;
        };
        let what =
            format!("its route to {destination} ends at `{id}`, which the topology does not have");
        self.note_on(entry, what);
        Some(json!({ "unknown": self.id_of_aws(entry, destination, id) }))
    }

    /// The id that a route's target is written with; another than it has is said.
    fn id_of_aws<'t>(&mut self, entry: &Entry<'_>, destination: &str, id: &'t str) -> Cow<'t, str> {
        let written = of_aws(id);
        if written != id {
            let what = format!(
                "its route to {destination} ends at `{id}`, which is no id of AWS's: it is written `{written}`"
            );
            self.note_on(entry, what);
        }
        written
    }
}

/// An id in AWS's form. What a route leads to may have one that somebody made up, and without its route a wider one would count. Of two such
/// ids each becomes another.
fn of_aws(id: &str) -> Cow<'_, str> {
    let Some((prefix, digits)) = id.split_once('-') else { return id.into() };
    let is_hex = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if id.starts_with("arn:") || (is_hex && matches!(digits.len(), 8 | 17)) {
        return id.into();
    }
    // 17 digits of four bits
    format!("{prefix}-{:017x}", stable_hash(id) >> 60).into()
}

/// A route with its target under the attribute that the id tells: AWS takes a NAT gateway as `GatewayId` too, and Terraform's states keep it
/// so. N22, N331
fn by_prefix(route: &Value) -> Cow<'_, Value> {
    let given = TARGETS.iter().find_map(|(_, key)| {
        let id = route.text(key)?;
        let (_, meant) = TARGETS.iter().find(|(prefix, _)| id.starts_with(prefix))?;
        (meant != key).then(|| (*key, *meant, id.to_owned()))
    });
    let Some((key, meant, id)) = given else { return Cow::Borrowed(route) };
    let mut route = route.clone();
    if let Some(route) = route.as_object_mut() {
        route.retain(|name, _| !name.eq_ignore_ascii_case(key));
        route.entry(meant).or_insert_with(|| id.into());
    }
    Cow::Owned(route)
}

/// What a route takes: a block, or a prefix list by its id.
fn destination(route: &Value) -> Option<&str> {
    let keys = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
    keys.into_iter().find_map(|key| route.text(key))
}

/// The id of a target that the topology may not have.
fn unknown(route: &Value) -> Option<&str> {
    let gateway = route.text("GatewayId").filter(|gateway| gateway.starts_with("vpce-"));
    MAYBE_UNKNOWN.iter().find_map(|key| route.text(key)).or(gateway)
}

/// Whether a virtual private gateway made a route. N23
fn is_propagated(route: &Value) -> bool {
    route.text("Origin") == Some(PROPAGATED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_somebody_made_up_become_one_each() {
        for id in ["tgw-01234567", "tgw-0123456789abcdef0", "arn:aws:networkmanager::1:x/y-z"] {
            assert_eq!(of_aws(id), id);
        }
        let made_up = ["tgw-dx01", "tgw-dx02", "vgw-dx01", "tgw-012345678", "tgw-0123456A"];
        let written: HashSet<_> = made_up.map(of_aws).into_iter().collect();
        assert_eq!(written.len(), made_up.len(), "{written:?}");
        for id in written {
            assert_eq!(of_aws(&id), id, "it is in AWS's form");
        }
    }
}
