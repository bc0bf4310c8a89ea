//! What was read, whichever door it came in by: resources in the shape of AWS's own `describe` and `list` calls.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde_json::Value;

use super::{Note, types};

/// A list of resources that a topology file has a form for.
pub(super) struct Kind {
    /// The key that AWS's call puts the list under.
    pub(super) list: &'static str,
    /// The attribute that tells one from another; without any, all are kept.
    pub(super) id: Option<&'static str>,
}

const fn kind(list: &'static str, id: &'static str) -> Kind {
    Kind { list, id: Some(id) }
}

const fn without_id(list: &'static str) -> Kind {
    Kind { list, id: None }
}

/// The lists that are read. N320, N321
pub(super) const KINDS: &[Kind] = &[
    kind("Vpcs", "VpcId"),
    kind("Subnets", "SubnetId"),
    kind("RouteTables", "RouteTableId"),
    kind("InternetGateways", "InternetGatewayId"),
    kind("EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
    kind("NatGateways", "NatGatewayId"),
    kind("NetworkAcls", "NetworkAclId"),
    kind("SecurityGroups", "GroupId"),
    kind("NetworkInterfaces", "NetworkInterfaceId"),
    kind("Instances", "InstanceId"),
    kind("VpcEndpoints", "VpcEndpointId"),
    kind("ServiceConfigurations", "ServiceId"),
    kind("VpcPeeringConnections", "VpcPeeringConnectionId"),
    kind("AvailabilityZones", "ZoneName"),
    kind(PREFIX_LISTS, "PrefixListId"),
    without_id("Entries"),
    kind("FlowLogs", "FlowLogId"),
    without_id(BLOCK_PUBLIC_ACCESS),
    kind("VpcBlockPublicAccessExclusions", "ExclusionId"),
    kind("Buckets", "Name"),
    kind("HostedZones", "Id"),
    kind("HealthChecks", "Id"),
    without_id("ResourceRecordSets"),
    without_id("HostedZoneSummaries"),
    kind("ResolverEndpoints", "Id"),
    without_id("IpAddresses"),
    kind("ResolverRules", "Id"),
    without_id("ResolverRuleAssociations"),
    kind("ResolverConfigs", "ResourceId"),
    kind("ResolverQueryLogConfigs", "Id"),
    without_id("ResolverQueryLogConfigAssociations"),
    kind("FirewallDomainLists", "Id"),
    without_id("Domains"),
    kind("FirewallRuleGroups", "Id"),
    without_id("FirewallRules"),
    without_id("FirewallRuleGroupAssociations"),
    kind("FirewallConfigs", "ResourceId"),
    kind("ProfileSummaries", "Id"),
    without_id("ProfileAssociations"),
    without_id("ProfileResourceAssociations"),
];

/// The VPCs of a hosted zone: what `get-hosted-zone` says of it.
pub(super) const ZONE_VPCS: &str = "HostedZone";
/// The policy of a bucket: what `get-bucket-policy` says.
pub(super) const BUCKET_POLICY: &str = "BucketPolicy";
/// Prefix lists, of which two calls tell: `describe-managed-prefix-lists`, and `describe-prefix-lists` what AWS's hold.
const PREFIX_LISTS: &str = "PrefixLists";
/// What is blocked in a Region: what `describe-vpc-block-public-access-options` says.
pub(super) const BLOCK_PUBLIC_ACCESS: &str = "VpcBlockPublicAccessOptions";
/// An attribute of a VPC: what `describe-vpc-attribute` says.
pub(super) const VPC_ATTRIBUTE: &str = "VpcAttribute";

/// A resource as it was found.
#[derive(Debug)]
pub(super) struct Item {
    /// The file it was found in, as messages name it.
    pub(super) file: Arc<str>,
    /// The Region that the file is of, where its path says so.
    pub(super) region: Option<&'static str>,
    /// What the file it came from calls it: Terraform's address.
    pub(super) label: Option<Box<str>>,
    /// An id that the file's name holds: what a list belongs to that does not say it itself.
    pub(super) of: Option<Box<str>>,
    /// Its attributes.
    pub(super) value: Value,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(super) struct Dump {
    items: BTreeMap<&'static str, Vec<Item>>,
    /// The place of each id in its list.
    seen: HashMap<(&'static str, Box<str>), usize>,
    /// Lists that no file has, where that is said once for all VPCs.
    pub(super) lacks: HashSet<&'static str>,
    /// Prefix lists that a call said to hold nothing.
    pub(super) empty_lists: HashSet<Box<str>>,
    /// What could not be read into it.
    pub(super) notes: Vec<Note>,
}

impl Dump {
    /// Takes a resource, unless there is one of its id already.
    pub(super) fn push(&mut self, list: &'static str, item: Item) {
        let id = KINDS.iter().find(|kind| kind.list == list).and_then(|kind| kind.id);
        if let Some(id) = id {
            let Some(found) = item.value.text(id) else {
                let what = format!("an entry of `{list}` without a `{id}`");
                return self.notes.push(Note::new(&item.file, None, what));
            };
            let items = self.items.entry(list).or_default();
            let first = *self.seen.entry((list, bare(found).into())).or_insert(items.len());
            if let Some(first) = items.get_mut(first) {
                if list == PREFIX_LISTS {
                    fill(&mut first.value, &item.value);
                } else if first.value != item.value {
                    let what = format!("it is in {} as well, differently: that counts", first.file);
                    self.notes.push(Note::new(&item.file, Some(found), what));
                }
                return;
            }
        }
        let found = id.and_then(|id| item.value.text(id));
        let shown =
            found.map(|id| item.label.as_ref().map_or(id.to_owned(), |of| format!("{of} ({id})")));
        for what in types::odd(&item.value) {
            self.notes.push(Note::new(&item.file, shown.as_deref(), what));
        }
        self.items.entry(list).or_default().push(item);
    }

    /// Whether a resource is there already.
    pub(super) fn has(&self, list: &'static str, id: &str) -> bool {
        self.seen.contains_key(&(list, bare(id).into()))
    }

    /// The resources of a list, in the order they were found in.
    pub(super) fn all(&self, list: &str) -> &[Item] {
        self.items.get(list).map_or(&[], Vec::as_slice)
    }

    /// Whether there is none at all.
    pub(super) fn is_empty(&self) -> bool {
        self.items.values().all(Vec::is_empty)
    }
}

/// Adds the attributes that a resource has in another call's answer alone.
fn fill(value: &mut Value, other: &Value) {
    let (Some(value), Some(other)) = (value.as_object_mut(), other.as_object()) else { return };
    for (key, of) in other {
        value.entry(key).or_insert_with(|| of.clone());
    }
}

/// Attributes as dumps have them: either casing of the first letter, `""` and `null` for what is absent. N322
pub(super) trait Attributes {
    /// An attribute.
    fn attribute(&self, key: &str) -> Option<&Value>;

    /// An attribute inside of others, `A.B`.
    fn inner(&self, path: &str) -> Option<&Value> {
        let mut keys = path.split('.');
        let first = keys.next().and_then(|key| self.attribute(key))?;
        keys.try_fold(first, |value, key| value.attribute(key))
    }

    /// A text that is not empty.
    fn text(&self, path: &str) -> Option<&str> {
        self.inner(path).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A boolean, bare or as `{"Value": true}`.
    fn flag(&self, path: &str) -> Option<bool> {
        let value = self.inner(path)?;
        value.as_bool().or_else(|| value.attribute("Value").and_then(Value::as_bool))
    }

    /// A whole number, bare or as text.
    fn number(&self, path: &str) -> Option<i64> {
        let value = self.inner(path)?;
        value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
    }

    /// A list; what is none is empty.
    fn list(&self, path: &str) -> &[Value] {
        self.inner(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The texts of a list.
    fn texts(&self, path: &str) -> impl Iterator<Item = &str> {
        self.list(path).iter().filter_map(Value::as_str).filter(|text| !text.is_empty())
    }

    /// The value of a tag. A list of keys and values, or a mapping.
    fn tag(&self, name: &str) -> Option<&str> {
        ["Tags", "TagSet"].into_iter().filter_map(|key| self.attribute(key)).find_map(|tags| {
            match tags {
                Value::Array(tags) => tags
                    .iter()
                    .find(|tag| tag.text("Key") == Some(name))
                    .and_then(|tag| tag.text("Value")),
                _ => tags.get(name).and_then(Value::as_str),
            }
        })
    }
}

impl Attributes for Value {
    fn attribute(&self, key: &str) -> Option<&Value> {
        let object = self.as_object()?;
        let found = object.get(key).or_else(|| {
            let mut chars = key.chars();
            let first = chars.next()?.to_ascii_lowercase();
            object.get(&format!("{first}{}", chars.as_str()))
        });
        found.filter(|value| !value.is_null())
    }
}

/// The last part of an id of Route 53's: `/hostedzone/Z1` is `Z1`.
pub(super) fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
