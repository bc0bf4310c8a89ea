//! Prefix lists: blocks under one id, for routes and rules of security groups. N24

use std::net::IpAddr;

use ipnet::IpNet;

use super::PrefixListId;
use crate::catalog::Region;

/// A prefix list, a customer's or AWS's.
#[derive(Clone, Debug)]
pub struct PrefixList {
    /// Its id; it means something in its Region alone. N24
    pub id: PrefixListId,
    /// Its name, such as `com.amazonaws.us-east-1.s3`.
    pub name: Box<str>,
    /// Its Region.
    pub region: Region,
    /// How many entries it counts for in quotas of what refers to it. N25
    pub weight: u32,
    /// Its blocks.
    pub entries: Vec<IpNet>,
    /// Of which addresses it may hold blocks that nobody says. N24
    pub unknown: UnknownEntries,
}

/// Addresses that a list may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnknownEntries {
    /// IPv4.
    pub ipv4: bool,
    /// IPv6.
    pub ipv6: bool,
    /// No IPv4 that is private or shared: AWS's own lists are of its services' addresses.
    pub of_aws: bool,
}

impl UnknownEntries {
    /// Whether an address may be in it.
    #[must_use]
    pub fn may_hold(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => {
                let is_private = v4.is_private() || matches!(v4.octets(), [100, 64..=127, ..]);
                self.ipv4 && !(self.of_aws && is_private)
            }
            IpAddr::V6(_) => self.ipv6,
        }
    }
}
