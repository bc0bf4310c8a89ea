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
    /// Of which families it may hold blocks that nobody says. N24
    pub unknown: Families,
}

/// Families of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Families {
    /// IPv4.
    pub ipv4: bool,
    /// IPv6.
    pub ipv6: bool,
}

impl Families {
    /// Whether an address is of one of them.
    #[must_use]
    pub fn has(self, address: IpAddr) -> bool {
        if address.is_ipv4() { self.ipv4 } else { self.ipv6 }
    }
}
