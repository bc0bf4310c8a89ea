//! AWS's host names in the public DNS, and an address for each. R86, R130
//!
//! The addresses are made up: stable, and from the documentation ranges, so that nobody's traffic goes anywhere. Those of services with
//! gateway endpoints are from the blocks that `zones/prefix-lists.tsv` keeps for them (N28).
//! Single names that need another answer stand in `zones/public.zone`.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use super::{
    Partition, Region, entries,
    prefix_list::{address_in, stand_in},
    stable_hash,
    table::rows,
};

/// A host name of an AWS service in the public DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicHost {
    /// The name that exists, which is a zone of its own.
    pub zone: String,
    /// Whether everything below it exists too.
    pub wildcard: bool,
}

/// A number of labels that no service's host name reaches, in any Region.
const MAX_HOST_LABELS: usize = 12;

/// Host names with `{region}` and the suffix as placeholders, to whether they are wildcards.
static TEMPLATES: LazyLock<BTreeMap<Cow<'static, str>, bool>> = LazyLock::new(|| {
    let mut templates = BTreeMap::new();
    let mut add = |name: Cow<'static, str>, wildcard: bool| {
        *templates.entry(name).or_insert(false) |= wildcard;
    };
    let beside = rows(include_str!("../../zones/public-hosts.tsv"));
    let beside = beside.filter_map(|mut row| row.next());
    let catalogued =
        entries().iter().flat_map(|entry| entry.private_dns.iter().chain(&entry.sdk_other_hosts));
    for name in catalogued.copied().chain(beside) {
        match name.strip_prefix("*.") {
            Some(name) => add(name.into(), true),
            None => add(name.into(), false),
        }
    }
    for entry in entries() {
        // a service without private DNS has public hosts all the same, under both suffixes. R61
        let bases = entry.base_dns.iter().filter(|_| entry.private_dns.is_empty());
        for host in bases.filter_map(|base| base.strip_suffix(".vpce.{dns_suffix}")) {
            add(format!("{host}.{{dns_suffix}}").into(), false);
            add(format!("{host}.{{dualstack_suffix}}").into(), false);
        }
    }
    templates
});

/// The AWS service host that `name` (lower case, no final dot) is, or lies below: the longest one.
///
/// Whoever asks chooses the name, so a long one costs no more than `MAX_HOST_LABELS` steps.
#[must_use]
pub fn public_host(name: &str) -> Option<PublicHost> {
    let cuts = name.rmatch_indices('.').map(|(dot, _)| dot + 1).take(MAX_HOST_LABELS - 1);
    let mut starts: Vec<usize> = cuts.collect();
    if starts.len() < MAX_HOST_LABELS - 1 {
        starts.push(0);
    }
    starts.into_iter().rev().filter_map(|start| name.get(start..)).find_map(|zone| {
        service_host(zone).map(|wildcard| PublicHost { zone: zone.to_owned(), wildcard })
    })
}

/// The label that stands for any Region of a partition in a [`HostTemplate`].
pub const ANY_REGION: &str = "{region}";

/// Host names of an AWS service in the public DNS: one, or one for each Region of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostTemplate {
    /// The name, which is a zone of its own; perhaps with a label [`ANY_REGION`].
    pub name: String,
    /// Whether everything below it exists too.
    pub wildcard: bool,
    /// The id of the partition whose Regions are meant, where there is such a label.
    pub partition: Option<&'static str>,
}

/// All that [`public_host`] finds for names without a Region, or with one of these partitions'.
pub fn host_templates(partitions: &[Partition]) -> impl Iterator<Item = HostTemplate> {
    TEMPLATES.iter().flat_map(move |(template, wildcard)| {
        let regional = template.contains(ANY_REGION);
        let of = if regional { partitions } else { Partition::all() };
        let mut hosts: Vec<HostTemplate> = Vec::new();
        for partition in of {
            let name = template
                .replace("{dualstack_suffix}", partition.dualstack_suffix)
                .replace("{dns_suffix}", partition.dns_suffix);
            let partition = regional.then_some(partition.id);
            hosts.push(HostTemplate { name, wildcard: *wildcard, partition });
        }
        hosts
    })
}

/// Whether a name is a service's host, and a wildcard.
fn service_host(name: &str) -> Option<bool> {
    // the Region is one label of the name, or there is none
    let region = name.split('.').find_map(Region::named);
    let templated = |name: &str| match region {
        Some(region) => name.replacen(region.as_str(), "{region}", 1),
        None => name.to_owned(),
    };
    let in_partition = |partition: &Partition| {
        let suffixes = [
            (partition.dualstack_suffix, "{dualstack_suffix}"),
            (partition.dns_suffix, "{dns_suffix}"),
        ];
        suffixes.into_iter().find_map(|(suffix, placeholder)| {
            let host = templated(name.strip_suffix(suffix)?.strip_suffix('.')?);
            TEMPLATES.get(format!("{host}.{placeholder}").as_str()).copied()
        })
    };
    let known = match region {
        Some(region) => in_partition(region.partition()),
        None => Partition::all().iter().find_map(in_partition),
    };
    // under suffixes of their own, such as `on.aws` and `sagemaker.aws`
    known.or_else(|| TEMPLATES.get(templated(name).as_str()).copied())
}

/// The made-up public addresses of a host name: IPv6 only for the names of dual-stack endpoints.
#[must_use]
pub fn public_address(host: &str) -> (Ipv4Addr, Option<Ipv6Addr>) {
    let hash = stable_hash(host).to_be_bytes();
    let [last, net, rest @ ..] = hash;
    // TEST-NET-1 and TEST-NET-2; the third range is left to the elastic addresses of topologies. RFC 5737
    let last = last.clamp(1, 254);
    let stand_in = stand_in(host);
    let v4 = if let Some((block, _)) = stand_in {
        address_in(block, last.into())
    } else if net % 2 == 0 {
        Ipv4Addr::new(192, 0, 2, last)
    } else {
        Ipv4Addr::new(198, 51, 100, last)
    };
    let dual_stack = Partition::all()
        .iter()
        .map(|partition| partition.dualstack_suffix)
        .chain(["on.aws"])
        .any(|suffix| host.strip_suffix(suffix).is_some_and(|host| host.ends_with('.')))
        || host.split('.').any(|label| label == "dualstack");
    let v6 = dual_stack.then(|| {
        // RFC 3849
        let of_others = [0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut address = stand_in.map_or(of_others, |(_, block)| block.network().octets());
        address.iter_mut().skip(10).zip(rest).for_each(|(byte, made_up)| *byte = made_up);
        Ipv6Addr::from(address)
    });
    (v4, v6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_every_partition() {
        for (name, expected) in [
            ("sns.us-east-1.amazonaws.com", Some(("sns.us-east-1.amazonaws.com", false))),
            ("sns.cn-north-1.amazonaws.com.cn", Some(("sns.cn-north-1.amazonaws.com.cn", false))),
            ("x.sns.us-east-1.amazonaws.com", Some(("sns.us-east-1.amazonaws.com", false))),
            ("ssm.eu-west-1.api.aws", Some(("ssm.eu-west-1.api.aws", false))),
            (
                "a.b.execute-api.us-east-1.amazonaws.com",
                Some(("execute-api.us-east-1.amazonaws.com", true)),
            ),
            ("b.s3.us-east-1.amazonaws.com", Some(("s3.us-east-1.amazonaws.com", true))),
            ("dynamodb.us-east-1.amazonaws.com", Some(("dynamodb.us-east-1.amazonaws.com", false))),
            ("dynamodb.us-east-1.api.aws", Some(("dynamodb.us-east-1.api.aws", false))),
            ("dynamodb.us-east-1.vpce.amazonaws.com", None),
            ("eu-west-1.s3.us-east-1.amazonaws.com", Some(("s3.us-east-1.amazonaws.com", true))),
            ("iam.amazonaws.com", Some(("iam.amazonaws.com", false))),
            ("*.dkr-ecr.eu-west-2.on.aws", Some(("dkr-ecr.eu-west-2.on.aws", true))),
            // R59: what the private names of S3 leave out
            (
                "b.s3.dualstack.us-east-1.amazonaws.com",
                Some(("s3.dualstack.us-east-1.amazonaws.com", true)),
            ),
            (
                "s3.dualstack.cn-north-1.amazonaws.com.cn",
                Some(("s3.dualstack.cn-north-1.amazonaws.com.cn", true)),
            ),
            (
                "s3-fips.us-gov-west-1.amazonaws.com",
                Some(("s3-fips.us-gov-west-1.amazonaws.com", true)),
            ),
            (
                "b.s3-website.eu-central-1.amazonaws.com",
                Some(("s3-website.eu-central-1.amazonaws.com", true)),
            ),
            ("b.s3-accelerate.amazonaws.com", Some(("s3-accelerate.amazonaws.com", true))),
            ("ap-south-1.queue.amazonaws.com", Some(("ap-south-1.queue.amazonaws.com", false))),
            ("us-east-9.queue.amazonaws.com", None),
            ("nosuch.us-east-1.amazonaws.com", None),
            ("sns.us-east-9.amazonaws.com", None),
            ("amazonaws.com", None),
            ("example.com", None),
        ] {
            let found = public_host(name);
            let found = found.as_ref().map(|host| (host.zone.as_str(), host.wildcard));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn addresses_are_stable_and_from_documentation_ranges() {
        let (v4, v6) = public_address("ssm.eu-west-1.api.aws");
        assert_eq!((v4, v6), public_address("ssm.eu-west-1.api.aws"));
        assert!(v4.octets().starts_with(&[192, 0, 2]) || v4.octets().starts_with(&[198, 51, 100]));
        assert!(v6.is_some_and(|v6| v6.segments().starts_with(&[0x2001, 0x0db8])));
        assert_eq!(public_address("sns.us-east-1.amazonaws.com").1, None);
        assert!(public_address("b.s3.dualstack.us-east-1.amazonaws.com").1.is_some());
        assert_eq!(public_address("b.s3.us-east-1.amazonaws.com").1, None);
    }

    #[test]
    fn every_host_of_every_region_is_recognised() {
        // R59–R61: a naive list of all names against the templates
        for region in Region::all() {
            for entry in entries() {
                for name in entry.private_dns.iter().chain(&entry.sdk_other_hosts) {
                    let name = super::super::service::fill(name, region);
                    let zone = name.strip_prefix("*.").unwrap_or(&name);
                    assert!(zone.split('.').count() < MAX_HOST_LABELS, "{zone}");
                    let found = public_host(zone).unwrap_or_else(|| panic!("{zone} is unknown"));
                    assert_eq!(found.zone, zone);
                    assert!(found.wildcard || zone.len() == name.len(), "{name}");
                }
            }
        }
    }

    #[test]
    fn every_line_of_the_public_hosts_is_understood() {
        let region = "eu-west-1".parse().unwrap();
        for mut row in rows(include_str!("../../zones/public-hosts.tsv")) {
            let (host, source) = (row.next().unwrap(), row.next());
            let name = super::super::service::fill(host, region);
            assert!(!name.contains('{') && source.is_some(), "{host}");
            let zone = name.strip_prefix("*.").unwrap_or(&name);
            assert_eq!(public_host(zone).map(|host| host.zone).as_deref(), Some(zone));
        }
    }

    #[test]
    fn the_longest_name_is_recognised_too() {
        // 255 octets on the wire
        let deep = format!("{}s3.us-east-1.amazonaws.com", "a.".repeat(113));
        assert_eq!(public_host(&deep).map(|host| host.zone.len()), Some(26));
        assert_eq!(public_host(&"a.".repeat(126)), None);
    }
}
