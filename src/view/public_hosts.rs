//! Host names of AWS's services in the public DNS, found without putting text together. R130
//!
//! A host name for each Region stands there once, with `_region` in the Region's place: a QNAME is looked up with the
//! name of its Region put aside.

use std::collections::BTreeSet;

use crate::{
    catalog::{ANY_REGION, HostTemplate, Partition, Region, host_templates},
    model::{DnsName, MAX_WIRE_BYTES, NameMap, suffixes},
};

/// A host name of an AWS service in the public DNS, or one that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicHost<'a> {
    /// It is one, or lies below one.
    Listed {
        /// The host name, which is a zone: a suffix of the QNAME.
        apex: &'a [u8],
        /// Whether everything below it exists too.
        wildcard: bool,
    },
    /// It has a Region of a partition that the model does not use: the catalogue knows.
    Unlisted,
}

/// The label that stands for a Region, with its length in front. No label of a service's begins so.
const PLACEHOLDER: &[u8] = b"\x07_region";

#[derive(Clone, Debug)]
pub(super) struct PublicHosts {
    templates: NameMap<Template>,
    /// Names of Regions, as labels with their length in front, to the ids of their partitions where these are listed.
    regions: NameMap<Option<&'static str>>,
}

#[derive(Clone, Debug, Default)]
struct Template {
    wildcard: bool,
    /// The ids of the partitions whose Regions are meant; none where no Region is.
    partitions: Vec<&'static str>,
}

impl PublicHosts {
    /// Compiles the host names in the partitions of these Regions, and those that have no Region.
    pub(super) fn compile(modelled: &BTreeSet<Region>) -> Self {
        let mut partitions: Vec<Partition> = Vec::new();
        for region in modelled {
            if !partitions.contains(region.partition()) {
                partitions.push(*region.partition());
            }
        }
        let mut templates = NameMap::default();
        for HostTemplate { name, wildcard, partition } in host_templates(&partitions) {
            if let Ok(name) = name.replace(ANY_REGION, "_region").parse() {
                // partitions may have suffixes in common
                let template = templates.entry_or(&name, Template::default);
                template.wildcard |= wildcard;
                template.partitions.extend(partition);
            }
        }
        let mut regions = NameMap::default();
        for region in Region::all() {
            let partition = region.partition();
            let listed = partitions.contains(partition).then_some(partition.id);
            regions.insert(&label(region.as_str()), listed);
        }
        Self { templates, regions }
    }

    /// The longest host name that a lower-case wire-format QNAME is, or lies below.
    pub(super) fn find<'a>(&self, qname: &'a [u8]) -> Option<PublicHost<'a>> {
        let mut name = qname;
        // of several labels that are Regions, the first one in a host name is its Region
        loop {
            let Some((from, region, partition)) = self.region_in(name) else {
                let (apex, template) = self.templates.longest_suffix(name)?;
                // somebody asks for `_region` itself
                let literally = !template.partitions.is_empty();
                return Some(if literally {
                    PublicHost::Unlisted
                } else {
                    PublicHost::Listed { apex, wildcard: template.wildcard }
                });
            };
            let Some(partition) = partition else { return Some(PublicHost::Unlisted) };
            let behind = name.get(from + region.len()..)?;
            let mut buffer = [0; MAX_WIRE_BYTES];
            let aside = put_aside(&mut buffer, name.get(..from)?, behind)?;
            if let Some((apex, template)) = self.templates.longest_suffix(aside)
                && apex.len() > behind.len()
                && template.partitions.contains(&partition)
            {
                let shorter = aside.len() - apex.len();
                let apex = name.get(shorter..)?;
                return Some(PublicHost::Listed { apex, wildcard: template.wildcard });
            }
            name = behind;
        }
    }

    /// The first label that is a Region: where it is, the label with its length, and its partition if that is listed.
    fn region_in<'a>(&self, name: &'a [u8]) -> Option<(usize, &'a [u8], Option<&'static str>)> {
        suffixes(name).find_map(|suffix| {
            let label = suffix.get(..1 + usize::from(*suffix.first()?))?;
            let partition = self.regions.get(label)?;
            Some((name.len() - suffix.len(), label, *partition))
        })
    }
}

/// A name with the placeholder of Regions between two parts.
fn put_aside<'b>(
    buffer: &'b mut [u8; MAX_WIRE_BYTES],
    before: &[u8],
    behind: &[u8],
) -> Option<&'b [u8]> {
    let mut at = 0;
    for part in [before, PLACEHOLDER, behind] {
        buffer.get_mut(at..at + part.len())?.copy_from_slice(part);
        at += part.len();
    }
    buffer.get(..at)
}

/// A label as a key: its length in front, no root behind.
fn label(text: &str) -> DnsName {
    let mut label = vec![u8::try_from(text.len()).unwrap_or(0)];
    label.extend(text.bytes());
    DnsName::from_suffix(&label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{entries, public_host};

    #[test]
    fn what_the_catalogue_finds_is_found() {
        let modelled = ["us-east-1", "us-gov-west-1"].map(|region| region.parse().unwrap());
        let hosts = PublicHosts::compile(&BTreeSet::from(modelled));
        let mut names: BTreeSet<String> = BTreeSet::new();
        for region in ["us-east-1", "eu-west-2", "cn-north-1", "us-gov-west-1", "nowhere"] {
            for entry in entries() {
                for name in entry.private_dns.iter().chain(&entry.sdk_other_hosts) {
                    for suffix in ["amazonaws.com", "amazonaws.com.cn"] {
                        let name = name.trim_start_matches("*.").replace("{region}", region);
                        let name = name.replace("{dns_suffix}", suffix);
                        names.insert(name.replace("{dualstack_suffix}", "api.aws"));
                    }
                }
            }
        }
        names.insert("iam.amazonaws.com".to_owned());
        names.insert("amazonaws.com".to_owned());
        for name in names.iter().flat_map(|name| {
            [
                name.clone(),
                format!("x.{name}"),
                format!("eu-west-1.{name}"),
                format!("x.eu-west-1.{name}"),
            ]
        }) {
            let key: DnsName = name.parse().unwrap();
            let expected = public_host(&name)
                .map(|host| (host.zone.parse::<DnsName>().unwrap(), host.wildcard));
            match hosts.find(key.wire()) {
                None => assert_eq!(expected, None, "{name}"),
                Some(PublicHost::Listed { apex, wildcard }) => {
                    assert_eq!(Some((DnsName::from_suffix(apex), wildcard)), expected, "{name}");
                }
                Some(PublicHost::Unlisted) => {
                    assert!(name.contains("cn-north-1"), "{name}");
                }
            }
        }
    }
}
