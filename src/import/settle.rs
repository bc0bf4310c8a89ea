//! A written topology → one that is valid: `config` reads it, and what it refuses is taken out, until nothing is.
//!
//! AWS's rules are in `config` alone. What they refuse in a dump is either broken there or beyond what is emulated; the
//! note about it has the words of the refusal.

use serde_json::{Value, json};

use super::{
    Imported, Note,
    dump::Attributes as _,
    write::{Targets, Written},
};
use crate::config::{self, Examined, Finding, Path, Problems, Segment};

/// Most times that the topology is read. Ours: what is taken out lets other things dangle, a few steps deep.
const MAX_ROUNDS: usize = 24;

/// Attributes without which a resource is still what it is; of all others the resource goes, or its place in a list.
const SEPARABLE: &[&str] = &[
    "id",
    "public_ip",
    "private_ip",
    "ip",
    "ipv6_address",
    "ipv6_cidr_block",
    "route_table",
    "network_acl",
    "security_groups",
    "dns_name_hash",
    "dns_record_ip_type",
    "ip_address_type",
    "policy",
    "private_dns_enabled",
    "private_dns_only_for_inbound_resolver_endpoint",
    "private_dns_name",
    "private_dns_name_configuration",
    "private_dns_name_verification_state",
    "private_dns_name_options",
    "enable_dns64",
    "protocols",
    "account_id",
    "q_type",
    "requester",
    "accepter",
];

/// Mappings whose entries have no keys that must be there.
const MAPPINGS: &[&str] = &[
    "availability_zone_ids",
    "vpcs",
    "firewall_rule_groups",
    "rules",
    "subnets",
    "private_dns_hosted_zone_ids",
];

/// Reads it until nothing is refused.
pub(super) fn settle(name: &str, written: Written) -> Result<Imported, Problems> {
    let Written { mut value, origins, targets: of_routes, mut notes } = written;
    let mut last = Problems::default();
    for _ in 0..MAX_ROUNDS {
        let text = config::to_yaml(&value);
        let findings = match config::examine(name, &text) {
            Examined::Valid(topology) => {
                return Ok(Imported { text, value, topology: *topology, notes });
            }
            Examined::Refused { findings, problems } => {
                last = problems;
                findings
            }
        };
        let mut targets: Vec<(Vec<Segment>, Finding)> = findings
            .into_iter()
            .filter_map(|finding| Some((target(&finding.path)?, finding)))
            .collect();
        // from behind, so that places in lists stay what they are; of one part, the first finding
        targets.sort_by(|a, b| b.0.cmp(&a.0));
        targets.dedup_by(|a, b| a.0 == b.0);
        let mut changed = false;
        for (path, finding) in targets {
            let message = &finding.message;
            let what = if let Some(to) = end_route(&mut value, &of_routes, &path, &finding) {
                format!("its route to {to}: {message}")
            } else if let Some(taken) = remove(&mut value, &path) {
                format!("{} is left out: {message}", describe(&path, &taken))
            } else {
                continue;
            };
            changed = true;
            let keys: Vec<String> = path
                .iter()
                .map_while(|segment| match segment {
                    Segment::Key(key) => Some(key.to_string()),
                    Segment::Index(_) => None,
                })
                .collect();
            let origin = (1..=keys.len()).rev().find_map(|depth| origins.get(keys.get(..depth)?));
            let (file, id) = origin.map_or(("", None), |(file, id)| (&**file, Some(id.as_str())));
            notes.push(Note::new(file, id, what));
        }
        if !changed {
            break;
        }
    }
    Err(last)
}

/// Lets a route whose target is refused end at the target's id: left out, it would let a wider route take its place. N18, N22
///
/// What it leads to, in a few words; none where the finding is of something else.
fn end_route(
    value: &mut Value,
    targets: &Targets,
    path: &[Segment],
    finding: &Finding,
) -> Option<String> {
    let of_target = finding.path.0.get(path.len());
    let (
        Some(Segment::Key(key)),
        [_, Segment::Key(vpc), _, Segment::Key(table), _, Segment::Index(_)],
    ) = (of_target, path)
    else {
        return None;
    };
    let inside = path.iter().try_fold(value, |inside, segment| match segment {
        Segment::Key(key) => inside.get_mut(&**key),
        Segment::Index(at) => inside.get_mut(*at),
    })?;
    let destination = inside.text("destination")?.to_owned();
    let target = inside.get_mut("target").filter(|_| &**key == "target")?;
    if target.get("unknown").is_some() {
        return None;
    }
    let id = targets.get(&(vpc.to_string(), table.to_string(), destination.clone()))?;
    *target = json!({ "unknown": id });
    Some(format!("{destination} ends at `{id}`"))
}

/// What is taken out for a finding about a path; nothing where that would be everything.
fn target(path: &Path) -> Option<Vec<Segment>> {
    let segments = &path.0;
    let key = |at: usize| match segments.get(at) {
        Some(Segment::Key(key)) => Some(&**key),
        _ => None,
    };
    // vpcs.app.subnets.a, hosted_zones.z, availability_zone_ids.us-east-1a
    let resource = match (key(0)?, key(2)) {
        ("vpcs", Some(section)) if is_section(section) && segments.len() > 3 => 4,
        ("account_id", _) => 1,
        _ => 2,
    };
    if segments.len() < resource {
        return None;
    }
    let rest = segments.get(resource..).unwrap_or_default();
    // the innermost place in a list, unless something separable is inside of it
    for (at, segment) in rest.iter().enumerate().rev() {
        let of = resource + at;
        let separable = match segment {
            Segment::Index(_) => true,
            Segment::Key(key) => SEPARABLE.contains(&&**key),
        };
        let in_mapping = at > 0 && key(of - 1).is_some_and(|above| MAPPINGS.contains(&above));
        if separable || in_mapping {
            return segments.get(..=of).map(<[Segment]>::to_vec);
        }
    }
    segments.get(..resource).map(<[Segment]>::to_vec)
}

/// Whether a key of a VPC holds resources by name.
fn is_section(key: &str) -> bool {
    matches!(
        key,
        "subnets"
            | "nat_gateways"
            | "route_tables"
            | "security_groups"
            | "network_acls"
            | "instances"
            | "vpc_endpoints"
            | "resolver_endpoints"
    )
}

fn remove(value: &mut Value, path: &[Segment]) -> Option<Value> {
    let (last, above) = path.split_last()?;
    let mut inside = value;
    for segment in above {
        inside = match segment {
            Segment::Key(key) => inside.get_mut(&**key)?,
            Segment::Index(at) => inside.get_mut(*at)?,
        };
    }
    match (last, inside) {
        (Segment::Key(key), Value::Object(object)) => object.shift_remove(&**key),
        (Segment::Index(at), Value::Array(list)) if *at < list.len() => Some(list.remove(*at)),
        _ => None,
    }
}

/// What was taken out, in a few words.
fn describe(path: &[Segment], taken: &Value) -> String {
    /// Longest value that is shown, in characters.
    const MAX_SHOWN: usize = 80;
    let place = path.iter().rev().find_map(|segment| match segment {
        Segment::Key(key) => Some(&**key),
        Segment::Index(_) => None,
    });
    let place = place.unwrap_or_default();
    let scalar = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let of = |key: &str| taken.get(key).map(scalar);
    let shown = match (of("name"), of("type"), of("destination"), of("rule_no")) {
        (Some(name), Some(kind), ..) => format!("{name} {kind}"),
        (_, _, Some(destination), _) => destination,
        (_, _, _, Some(number)) => number,
        _ if taken.is_object() && matches!(path.last(), Some(Segment::Key(_))) => {
            let is_vpc = path.len() == 2
                && matches!(path.first(), Some(Segment::Key(key)) if &**key == "vpcs");
            let inside = if is_vpc { " with all that is in it" } else { "" };
            return format!("`{place}`{inside}");
        }
        _ => scalar(taken),
    };
    let cut: String = shown.chars().take(MAX_SHOWN).collect();
    if cut == place { format!("`{place}`") } else { format!("`{place}` {cut}") }
}
