//! AWS-managed prefix lists: which public addresses a gateway endpoint's route takes. N24, N26
//!
//! The data is of 2020 where it is known at all; a topology's `prefix_lists` says otherwise where that matters.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Region, table::rows};

/// A row of `zones/prefix-lists.tsv`, or the IPv6 list beside it.
#[derive(Clone, Debug)]
pub struct ManagedPrefixList {
    /// The Region: an id means something in its Region alone. N24
    pub region: Region,
    /// The service, `s3` or `dynamodb`.
    pub service: &'static str,
    /// Whether its blocks are IPv6 ones. N4
    pub is_ipv6: bool,
    /// Its id where it is known.
    pub id: Option<&'static str>,
    /// Where the canned public addresses of the service's hosts are from. N28
    pub stand_in: IpNet,
    /// Its blocks: AWS's, as far as they are known, and the stand-in.
    pub blocks: Vec<IpNet>,
}

/// Every row, by Region in the order of `Region::all`, S3 first; the IPv6 lists behind those of IPv4.
static LISTS: LazyLock<Vec<ManagedPrefixList>> = LazyLock::new(|| {
    let mut lists: Vec<ManagedPrefixList> = rows(include_str!("../../zones/prefix-lists.tsv"))
        .filter_map(|mut row| {
            let region = Region::named(row.next()?)?;
            let service = row.next()?;
            let (id, _source) = (row.next(), row.next());
            let stand_in: Ipv4Net = row.next()?.parse().ok()?;
            let known = row.list().into_iter().filter_map(|block| block.parse().ok());
            let blocks = known.chain([stand_in.into()]).collect();
            let (v4, v6) = (IpNet::V4(stand_in), IpNet::V6(ipv6_stand_in(stand_in)));
            let ipv4 =
                ManagedPrefixList { region, service, is_ipv6: false, id, stand_in: v4, blocks };
            let ipv6 = ManagedPrefixList {
                region,
                service,
                is_ipv6: true,
                id: None,
                stand_in: v6,
                blocks: vec![v6],
            };
            Some([ipv4, ipv6])
        })
        .flatten()
        .collect();
    lists.sort_by(|a, b| (a.region, a.is_ipv6, b.service).cmp(&(b.region, b.is_ipv6, a.service)));
    lists
});

/// The block of `2001:2::/48`, which RFC 5180 keeps for benchmarks, that goes with one of 198.18.0.0/15. A choice: N4
fn ipv6_stand_in(v4: Ipv4Net) -> Ipv6Net {
    let [_, net, third, fourth] = v4.network().octets();
    let subnet = u16::from_be_bytes([third, fourth]);
    let address = Ipv6Addr::new(0x2001, 2, 0, subnet, u16::from(net), 0, 0, 0);
    Ipv6Net::new_assert(address, 80)
}

impl ManagedPrefixList {
    /// Its name, such as `com.amazonaws.us-east-1.s3`, or `com.amazonaws.us-east-1.ipv6.s3`. N4, N24
    #[must_use]
    pub fn name(&self) -> String {
        let family = if self.is_ipv6 { "ipv6." } else { "" };
        format!("com.amazonaws.{}.{family}{}", self.region, self.service)
    }
}

/// What AWS's lists count for in quotas, by the end of their names. N25
/// Source: Amazon VPC User Guide, "Work with AWS-managed prefix lists".
const WEIGHTS: [(&str, u32); 8] = [
    ("cloudfront.origin-facing", 55),
    ("dynamodb", 1),
    ("ec2-instance-connect", 2),
    ("groundstation", 5),
    ("route53-healthchecks", 25),
    ("s3", 1),
    ("s3express", 6),
    ("vpc-lattice", 10),
];

/// How many entries a list of AWS's counts for in quotas, by its name, such as `com.amazonaws.global.cloudfront.origin-facing`;
/// nothing where no such list is known. N25
#[must_use]
pub fn prefix_list_weight(name: &str) -> Option<u32> {
    let (place, service) = name.strip_prefix("com.amazonaws.")?.split_once('.')?;
    let is_place = place == "global" || Region::named(place).is_some();
    let service = service.strip_prefix("ipv6.").unwrap_or(service);
    WEIGHTS.iter().find(|(known, _)| is_place && *known == service).map(|(_, weight)| *weight)
}

/// The lists of a Region.
#[must_use]
pub fn prefix_lists(region: Region) -> &'static [ManagedPrefixList] {
    let from = LISTS.partition_point(|list| list.region < region);
    let to = LISTS.partition_point(|list| list.region <= region);
    LISTS.get(from..to).unwrap_or_default()
}

/// Where the canned addresses of a host are from, if it is one of a service with a gateway endpoint. N28
pub(super) fn stand_in(host: &str) -> Option<(Ipv4Net, Ipv6Net)> {
    // most hosts are of other services, and need no Region looked up
    let maybe = |label: &str| label.starts_with("s3") || label.starts_with("dynamodb");
    if !host.split('.').any(maybe) {
        return None;
    }
    let mut before: [&str; 2] = [""; 2];
    for label in host.split('.') {
        if let Some(region) = Region::named(label) {
            let [above, mut service] = before;
            if service == "dualstack" {
                service = above;
            }
            let service = match service {
                "s3" | "s3-fips" | "s3-accesspoint" | "s3-accesspoint-fips" | "s3-website" => "s3",
                // streams.dynamodb is none of it: the endpoint does not take DynamoDB Streams
                "dynamodb" | "dynamodb-fips" if above != "streams" => "dynamodb",
                _ => return None,
            };
            let mut lists = prefix_lists(region).iter().filter(|list| list.service == service);
            let v4 = lists.find_map(|list| match list.stand_in {
                IpNet::V4(block) => Some(block),
                IpNet::V6(_) => None,
            })?;
            return Some((v4, ipv6_stand_in(v4)));
        }
        let [_, last] = before;
        before = [last, label];
    }
    None
}

/// The address of a block at a made-up place in it; neither the first nor the last.
pub(super) fn address_in(block: Ipv4Net, place: u32) -> Ipv4Addr {
    let (first, last) = (block.network().to_bits(), block.broadcast().to_bits());
    let between = last.saturating_sub(first).saturating_sub(1).max(1);
    Ipv4Addr::from_bits(first.saturating_add(1 + place % between))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::catalog::public_address;

    #[test]
    fn every_region_has_both_lists_and_they_are_apart() {
        for region in Region::all() {
            let lists = prefix_lists(region);
            let services: Vec<&str> = lists.iter().map(|list| list.service).collect();
            assert_eq!(services, ["s3", "dynamodb", "s3", "dynamodb"], "{region}");
            let families: Vec<bool> = lists.iter().map(|list| list.is_ipv6).collect();
            assert_eq!(families, [false, false, true, true], "{region}");
        }
        for (n, list) in LISTS.iter().enumerate() {
            for other in LISTS.iter().take(n) {
                let apart = !list.stand_in.contains(&other.stand_in.network());
                assert!(apart, "{} and {}", list.name(), other.name());
            }
        }
    }

    #[test]
    fn canned_addresses_are_inside_the_list_of_their_service_alone() {
        for (host, expected) in [
            ("s3.us-east-1.amazonaws.com", Some(("us-east-1", "s3"))),
            ("bucket.s3.eu-west-1.amazonaws.com", Some(("eu-west-1", "s3"))),
            ("bucket.s3.dualstack.us-east-2.amazonaws.com", Some(("us-east-2", "s3"))),
            ("dynamodb.us-east-1.amazonaws.com", Some(("us-east-1", "dynamodb"))),
            ("dynamodb.us-east-1.api.aws", Some(("us-east-1", "dynamodb"))),
            ("kms.us-east-1.api.aws", None),
            ("streams.dynamodb.us-east-1.amazonaws.com", None),
            ("s3.sns.us-east-1.amazonaws.com", None),
            ("sqs.us-east-1.amazonaws.com", None),
            ("s3.amazonaws.com", None),
        ] {
            let (v4, v6) = public_address(host);
            for address in [Some(IpAddr::V4(v4)), v6.map(IpAddr::V6)].into_iter().flatten() {
                let inside: Vec<_> = LISTS
                    .iter()
                    .filter(|list| list.blocks.iter().any(|block| block.contains(&address)))
                    .map(|list| (list.region.as_str(), list.service))
                    .collect();
                assert_eq!(inside, Vec::from_iter(expected), "{host} is {address}");
            }
        }
    }
}
