//! Names in a topology: from `Name` tags, each used once, the same whatever order the dump has.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};

use super::{Found, Writer, is_gone, state};
use crate::import::{
    dump::{Attributes as _, Item},
    region_in,
};

/// Longest name. Ours: a tag has up to 256 characters.
const MAX_NAME: usize = 64;

/// A name for each of some resources. One that several want goes to none of them: each has its id behind it.
pub(super) fn unique(wishes: &[(&str, Option<&str>)], reserved: &[&str]) -> Vec<String> {
    let wished: Vec<String> = wishes
        .iter()
        .map(|(id, name)| {
            let plain = plain(name.unwrap_or_default());
            if plain.is_empty() { self::plain(id) } else { plain }
        })
        .collect();
    let mut count: HashMap<&str, usize> = HashMap::new();
    for name in &wished {
        *count.entry(name).or_default() += 1;
    }
    // names that nobody else wants are kept, and nobody may get one of them
    let is_kept =
        |name: &str| count.get(name).is_some_and(|count| *count == 1) && !reserved.contains(&name);
    let mut taken: BTreeSet<String> = wished.iter().filter(|name| is_kept(name)).cloned().collect();
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|at| wishes.get(*at).map(|(id, _)| *id));
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    for at in order {
        let (Some(name), Some((id, _))) = (wished.get(at), wishes.get(at)) else { continue };
        if is_kept(name) {
            names.insert(at, name.clone());
            continue;
        }
        let digits = plain(id.rsplit(['-', '/']).next().unwrap_or(id));
        let mut made = format!("{name}-{digits}");
        let mut times = 1;
        while !taken.insert(made.clone()) {
            times += 1;
            made = format!("{name}-{digits}-{times}");
        }
        names.insert(at, made);
    }
    names.into_values().collect()
}

/// A text as a name that can be typed: letters, digits, `-`, `_` and `.`; everything else becomes a hyphen.
pub(super) fn plain(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(MAX_NAME) {
        if c.is_alphanumeric() || "-_.".contains(c) {
            name.push(c);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    name.trim_matches(['-', '.']).to_owned()
}

/// Where a resource of a VPC is listed, and which of its attributes are what.
struct Listed {
    list: &'static str,
    section: &'static str,
    id: &'static str,
    vpc: &'static str,
    /// What it is called where it has no `Name` tag.
    name: &'static str,
}

const fn listed(list: &'static str, section: &'static str, id: &'static str) -> Listed {
    Listed { list, section, id, vpc: "VpcId", name: "Name" }
}

const LISTED: &[Listed] = &[
    listed("Subnets", "subnets", "SubnetId"),
    listed("NatGateways", "nat_gateways", "NatGatewayId"),
    listed("RouteTables", "route_tables", "RouteTableId"),
    Listed { name: "GroupName", ..listed("SecurityGroups", "security_groups", "GroupId") },
    listed("NetworkAcls", "network_acls", "NetworkAclId"),
    listed("Instances", "instances", "InstanceId"),
    listed("VpcEndpoints", "vpc_endpoints", "VpcEndpointId"),
    Listed { vpc: "HostVPCId", ..listed("ResolverEndpoints", "resolver_endpoints", "Id") },
];

/// What stands beside VPCs: its list and section, its id, and where its name is.
const BESIDE: &[(&str, &str, &str, &str)] = &[
    ("VpcPeeringConnections", "vpc_peering_connections", "VpcPeeringConnectionId", "Name"),
    ("ServiceConfigurations", "vpc_endpoint_services", "ServiceId", "Name"),
    ("HostedZones", "hosted_zones", "Id", "Name"),
    ("HealthChecks", "health_checks", "Id", "Name"),
    ("ResolverRules", "resolver_rules", "Id", "Name"),
    ("ResolverQueryLogConfigs", "resolver_query_log_configs", "Id", "Name"),
    ("FirewallDomainLists", "firewall_domain_lists", "Id", "Name"),
    ("FirewallRuleGroups", "firewall_rule_groups", "Id", "Name"),
    ("ProfileSummaries", "route53_profiles", "Id", "Name"),
    ("FlowLogs", "flow_logs", "FlowLogId", "Name"),
    ("VpcBlockPublicAccessExclusions", "vpc_block_public_access_exclusions", "ExclusionId", "Name"),
];

impl<'a> Writer<'a> {
    /// Gives everything its name.
    pub(super) fn names(&mut self) {
        let dump = self.dump;
        let nowhere: Rc<str> = "".into();
        let vpcs = dump.all("Vpcs").iter().filter(|item| !is_gone(&item.value));
        let vpcs = vpcs.filter_map(|item| {
            let id = item.value.text("VpcId")?;
            Some((item, id, wish(item, "Name"), Rc::clone(&nowhere)))
        });
        self.name("vpcs", vpcs.collect(), &["internet"]);
        let owners = dump.all("Vpcs").iter();
        let owners: HashMap<&str, &str> = owners
            .filter_map(|item| Some((item.value.text("VpcId")?, item.value.text("OwnerId")?)))
            .collect();
        for Listed { list, section, id, vpc, name } in LISTED {
            let mut found: Vec<Found<'a>> = Vec::new();
            for item in dump.all(list) {
                let Some(id) = item.value.text(id) else { continue };
                // a failed NAT gateway is kept for an hour and does nothing
                let failed = *section == "nat_gateways" && state(&item.value) == "failed";
                let kept = *section == "vpc_endpoints" && state(&item.value) == "deleting";
                if failed || is_gone(&item.value) && !kept {
                    continue;
                }
                let Some(vpc) = self.vpc_of(item, id, item.value.text(vpc)) else { continue };
                found.push((item, id, wish(item, name), vpc));
            }
            let has_default = matches!(*section, "security_groups" | "network_acls");
            // whom a VPC is shared with has a `default` group there too; of what says no owner the lowest id is it
            found.sort_by_key(|(item, id, ..)| {
                let owner = item.value.text("OwnerId");
                let of_vpc = item.value.text(vpc).and_then(|vpc| owners.get(vpc).copied());
                (owner.is_some() && of_vpc.is_some() && owner != of_vpc, *id)
            });
            let mut with_default: BTreeSet<Rc<str>> = BTreeSet::new();
            let (default, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| {
                has_default && is_default(found.0) && with_default.insert(Rc::clone(&found.3))
            });
            if has_default {
                self.second_defaults(&others);
            }
            let reserved: &[&str] = if has_default { &["default"] } else { &[] };
            self.name(section, others, reserved);
            self.name_defaults(section, default);
        }
        for (list, section, id, name) in BESIDE {
            let found = dump.all(list).iter().filter(|item| is_ours(section, item));
            let found = found.filter_map(|item| {
                let id = crate::import::dump::bare(item.value.text(id)?);
                Some((item, id, wish(item, name), Rc::clone(&nowhere)))
            });
            self.name(section, found.collect(), &[]);
        }
        self.name_prefix_lists();
    }

    /// Further ones that call themselves `default`, which AWS has one of, are taken as any other.
    fn second_defaults(&mut self, others: &[Found<'a>]) {
        for (item, id, ..) in others.iter().filter(|(item, ..)| is_default(item)) {
            self.note(item, id, "the VPC has a `default` one already: taken as another");
        }
    }

    /// The `default` group or ACL of each VPC keeps its name.
    fn name_defaults(&mut self, section: &'static str, found: Vec<Found<'a>>) {
        let mut entries: Vec<super::Entry<'a>> = Vec::new();
        for (item, id, _, vpc) in found {
            entries.push(super::Entry { item, id, key: "default".to_owned(), vpc });
        }
        self.add_named(section, entries);
    }
}

/// What a resource wishes to be called: by its tag, else by an attribute, else as Terraform calls it.
fn wish<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    let address = item.label.as_deref().map(|label| {
        // `module.net["a"].aws_subnet.private[0]` is `private[0]`
        let dot = label.rmatch_indices('.').find(|(at, _)| {
            label
                .get(..*at)
                .is_some_and(|before| before.matches('[').count() == before.matches(']').count())
        });
        dot.and_then(|(at, _)| label.get(at + 1..)).unwrap_or(label)
    });
    let wish = item.value.tag("Name").or_else(|| item.value.text(name)).or(address);
    // an endpoint is called after its service
    let service = item.value.text("ServiceName").filter(|name| !name.contains("vpce-svc-"));
    wish.or_else(|| {
        let place = region_in(service?)?;
        service?.split_once(place)?.1.strip_prefix('.')
    })
}

fn is_default(item: &Item) -> bool {
    item.value.flag("IsDefault") == Some(true) || item.value.text("GroupName") == Some("default")
}

/// Whether something beside the VPCs is of ours: no public zone, and nothing that AWS makes by itself.
fn is_ours(section: &str, item: &Item) -> bool {
    let value = &item.value;
    match section {
        _ if is_gone(value) => false,
        "hosted_zones" => {
            value.flag("Config.PrivateZone") != Some(false)
                && value.attribute("LinkedService").is_none()
        }
        "resolver_rules" => {
            let autodefined = |id: &str| id.starts_with("rslvr-autodefined");
            value.text("RuleType") != Some("RECURSIVE")
                && !value.text("Id").is_some_and(autodefined)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_independent_of_the_order() {
        let wishes = [
            ("vpc-1", Some("prod")),
            ("vpc-2", Some("prod")),
            ("vpc-3", None),
            ("vpc-4", Some("My VPC / (eu)")),
            ("vpc-5", Some("internet")),
            ("vpc-6", Some("prod-1")),
        ];
        let names = unique(&wishes, &["internet"]);
        let expected = ["prod-1-2", "prod-2", "vpc-3", "My-VPC-eu", "internet-5", "prod-1"];
        assert_eq!(names, expected);
        let mut reversed = wishes;
        reversed.reverse();
        let mut names = unique(&reversed, &["internet"]);
        names.reverse();
        assert_eq!(names, expected);
    }
}
