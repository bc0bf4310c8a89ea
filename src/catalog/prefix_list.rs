//! AWS-managed prefix lists: which public addresses a gateway endpoint's route takes. N24, N26
//!
//! The data is of 2020 where it is known at all; a topology's `prefix_lists` says otherwise where that matters.

use std::{net::Ipv4Addr, sync::LazyLock};

use ipnet::Ipv4Net;

use super::{Region, table::rows};

/// A row of `zones/prefix-lists.tsv`.
#[derive(Clone, Debug)]
pub struct ManagedPrefixList {
    /// The Region: an id means something in its Region alone. N24
    pub region: Region,
    /// The service, `s3` or `dynamodb`.
    pub service: &'static str,
    /// Its id where it is known.
    pub id: Option<&'static str>,
    /// Where the canned public addresses of the service's hosts are from. N28
    pub stand_in: Ipv4Net,
    /// Its blocks: AWS's, as far as they are known, and the stand-in.
    pub blocks: Vec<Ipv4Net>,
}

/// Every row, by Region in the order of `Region::all`, S3 first.
static LISTS: LazyLock<Vec<ManagedPrefixList>> = LazyLock::new(|| {
    let mut lists: Vec<ManagedPrefixList> = rows(include_str!("../../zones/prefix-lists.tsv"))
        .filter_map(|mut row| {
            let region = Region::named(row.next()?)?;
            let service = row.next()?;
            let (id, _source) = (row.next(), row.next());
            let stand_in = row.next()?.parse().ok()?;
            let known = row.list().into_iter().filter_map(|block| block.parse().ok());
            let blocks = known.chain([stand_in]).collect();
            Some(ManagedPrefixList { region, service, id, stand_in, blocks })
        })
        .collect();
    lists.sort_by(|a, b| (a.region, b.service).cmp(&(b.region, a.service)));
    lists
});

impl ManagedPrefixList {
    /// Its name, such as `com.amazonaws.us-east-1.s3`. N24
    #[must_use]
    pub fn name(&self) -> String {
        format!("com.amazonaws.{}.{}", self.region, self.service)
    }
}

/// The lists of a Region.
#[must_use]
pub fn prefix_lists(region: Region) -> &'static [ManagedPrefixList] {
    let from = LISTS.partition_point(|list| list.region < region);
    let to = LISTS.partition_point(|list| list.region <= region);
    LISTS.get(from..to).unwrap_or_default()
}

/// Where the canned address of a host is from, if it is one of a service with a gateway endpoint. N28
pub(super) fn stand_in(host: &str) -> Option<Ipv4Net> {
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
            let list = prefix_lists(region).iter().find(|list| list.service == service)?;
            return Some(list.stand_in);
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
    use super::*;
    use crate::catalog::public_address;

    #[test]
    fn every_region_has_both_lists_and_they_are_apart() {
        for region in Region::all() {
            let lists = prefix_lists(region);
            let services: Vec<&str> = lists.iter().map(|list| list.service).collect();
            assert_eq!(services, ["s3", "dynamodb"], "{region}");
        }
        for (n, list) in LISTS.iter().enumerate() {
            for other in LISTS.iter().take(n) {
                let apart = list.stand_in.network() != other.stand_in.network();
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
            ("streams.dynamodb.us-east-1.amazonaws.com", None),
            ("s3.sns.us-east-1.amazonaws.com", None),
            ("sqs.us-east-1.amazonaws.com", None),
            ("s3.amazonaws.com", None),
        ] {
            let (address, _) = public_address(host);
            let inside: Vec<_> = LISTS
                .iter()
                .filter(|list| list.blocks.iter().any(|block| block.contains(&address)))
                .map(|list| (list.region.as_str(), list.service))
                .collect();
            assert_eq!(inside, Vec::from_iter(expected), "{host} is {address}");
        }
    }
}
