//! Names of instances, both ways: made of an address, and taken apart.
//!
//! ```text
//!  ip-10-0-0-15 . ec2.internal                     the IP name of an address          R111
//!  i-0123456789abcdef0 . eu-west-1.compute.internal  the resource name of an instance   R111
//!  ec2-203-0-113-25 . compute-1.amazonaws.com      the name of a public address       R116
//!  15.0.0.10 . in-addr.arpa                        what an address is looked up by    R115
//! ```

use std::net::Ipv4Addr;

use super::parse;
use crate::{
    catalog::Region,
    model::{DnsName, HexDigits, InstanceId, MAX_WIRE_BYTES, suffixes},
};

/// The Region whose names are older than Regions. R83
const FIRST_REGION: &str = "us-east-1";

/// The zone of IPv4 addresses looked up backwards, in wire format.
const IN_ADDR_ARPA: &[u8] = b"\x07in-addr\x04arpa\0";

/// The domain of private names in a Region: `ec2.internal`, or `{region}.compute.internal`. R83, R111
#[must_use]
pub fn internal_domain(region: Region) -> DnsName {
    if region.as_str() == FIRST_REGION {
        parse("ec2.internal")
    } else {
        parse(&format!("{region}.compute.internal"))
    }
}

/// The domain of public names in a Region: `compute-1.amazonaws.com`, or `{region}.compute.{dns_suffix}`. R83, R116
#[must_use]
pub fn public_domain(region: Region) -> DnsName {
    let suffix = region.partition().dns_suffix;
    if region.as_str() == FIRST_REGION {
        parse(&format!("compute-1.{suffix}"))
    } else {
        parse(&format!("{region}.compute.{suffix}"))
    }
}

/// A domain of private names that holds nothing, and that one Region alone has. R83
#[must_use]
pub fn second_internal_domain(region: Region) -> Option<DnsName> {
    (region.as_str() == FIRST_REGION).then(|| parse("compute-1.internal"))
}

/// Domains that private names of instances are in, whatever their Region, in wire format. R83, R111
const INTERNAL: [&[u8]; 3] =
    [b"\x07compute\x08internal\0", b"\x03ec2\x08internal\0", b"\x09compute-1\x08internal\0"];

/// Whether a lower-case wire-format name is in the domain of some Region's private names of instances. R114
#[must_use]
pub fn is_internal(qname: &[u8]) -> bool {
    qname.ends_with(b"\x08internal\0") && suffixes(qname).any(|suffix| INTERNAL.contains(&suffix))
}

/// What the label of an instance's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceLabel {
    /// `ip-10-0-0-15`
    Ip(Ipv4Addr),
    /// `i-0123456789abcdef0`
    Resource(InstanceId),
    /// `ec2-203-0-113-25`
    Public(Ipv4Addr),
}

/// Reads the first label of a lower-case wire-format name; also returns the name behind it.
#[must_use]
pub fn instance_label(qname: &[u8]) -> Option<(InstanceLabel, &[u8])> {
    let (length, rest) = qname.split_first()?;
    let (label, domain) = rest.split_at_checked(usize::from(*length))?;
    let found = if let Some(address) = label.strip_prefix(b"ip-") {
        InstanceLabel::Ip(dashed(address)?)
    } else if let Some(address) = label.strip_prefix(b"ec2-") {
        InstanceLabel::Public(dashed(address)?)
    } else {
        let digits = label.strip_prefix(InstanceId::PREFIX.as_bytes())?;
        InstanceLabel::Resource(InstanceId(HexDigits::parse(digits)?))
    };
    Some((found, domain))
}

/// Reads `10-0-0-15`.
fn dashed(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = text.split(|byte| *byte == b'-');
    let mut next = || number(octets.next()?);
    let address = Ipv4Addr::new(next()?, next()?, next()?, next()?);
    octets.next().is_none().then_some(address)
}

/// Reads a decimal number below 256, without leading zeros.
fn number(digits: &[u8]) -> Option<u8> {
    if digits.len() > 3 || digits.len() > 1 && digits.starts_with(b"0") || digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u8, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A name below `in-addr.arpa`: how many of an address's octets it says, and those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReverseName<'a> {
    /// The octets it says, from the first; the others are 0.
    pub address: Ipv4Addr,
    /// How many it says: 1 to 4.
    pub octets: usize,
    /// Whether there are labels in front that are no octets.
    pub more: bool,
    name: &'a [u8],
}

impl<'a> ReverseName<'a> {
    /// Reads a lower-case wire-format name.
    #[must_use]
    pub fn read(qname: &'a [u8]) -> Option<Self> {
        if !qname.ends_with(IN_ADDR_ARPA) {
            return None;
        }
        let mut labels = [&[][..]; 4];
        let mut count = 0_usize;
        // the last four labels in front, the nearest to the zone first
        for suffix in suffixes(qname).take_while(|suffix| suffix.len() > IN_ADDR_ARPA.len()) {
            labels.rotate_right(1);
            *labels.first_mut()? = suffix.get(1..1 + usize::from(*suffix.first()?))?;
            count += 1;
        }
        if !suffixes(qname).any(|suffix| suffix == IN_ADDR_ARPA) {
            return None;
        }
        let mut address = [0; 4];
        let mut octets = 0;
        for (place, label) in address.iter_mut().zip(labels).take(count) {
            let Some(octet) = number(label) else { break };
            *place = octet;
            octets += 1;
        }
        (octets > 0).then_some(Self {
            address: address.into(),
            octets,
            more: count > octets,
            name: qname,
        })
    }

    /// The name of the block that the first so many octets are: a suffix of the name.
    #[must_use]
    pub fn block(&self, octets: usize) -> Option<&'a [u8]> {
        let above = suffixes(IN_ADDR_ARPA).count();
        let labels = suffixes(self.name).count();
        suffixes(self.name).nth(labels.checked_sub(above + octets)?)
    }
}

/// A name on the stack, in wire format.
#[derive(Clone, Copy, Debug)]
pub struct WireName {
    octets: [u8; MAX_WIRE_BYTES],
    length: usize,
}

impl WireName {
    /// `{prefix}10-0-0-15.{domain}`.
    fn of_address(prefix: &[u8], address: Ipv4Addr, domain: &DnsName) -> Option<Self> {
        let mut name = Self { octets: [0; MAX_WIRE_BYTES], length: 1 };
        name.put(prefix)?;
        for (at, octet) in address.octets().into_iter().enumerate() {
            if at > 0 {
                name.put(b"-")?;
            }
            let digits = [octet / 100, octet / 10 % 10, octet % 10].map(|digit| b'0' + digit);
            let first = if octet > 99 {
                0
            } else if octet > 9 {
                1
            } else {
                2
            };
            name.put(digits.get(first..)?)?;
        }
        *name.octets.first_mut()? = u8::try_from(name.length - 1).ok()?;
        name.put(domain.wire())?;
        Some(name)
    }

    /// The IP name of an address. R111
    #[must_use]
    pub fn ip_name(address: Ipv4Addr, domain: &DnsName) -> Option<Self> {
        Self::of_address(b"ip-", address, domain)
    }

    /// The name of a public address. R116
    #[must_use]
    pub fn public_name(address: Ipv4Addr, domain: &DnsName) -> Option<Self> {
        Self::of_address(b"ec2-", address, domain)
    }

    /// Its octets, root label included.
    #[must_use]
    pub fn wire(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }

    fn put(&mut self, octets: &[u8]) -> Option<()> {
        let end = self.length + octets.len();
        self.octets.get_mut(self.length..end)?.copy_from_slice(octets);
        self.length = end;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DnsName {
        text.parse().unwrap()
    }

    #[test]
    fn labels_of_instances() {
        let ip = |a, b, c, d| InstanceLabel::Ip(Ipv4Addr::new(a, b, c, d));
        for (text, expected) in [
            ("ip-10-0-0-15.ec2.internal", Some(ip(10, 0, 0, 15))),
            ("ip-255-255-255-255.ec2.internal", Some(ip(255, 255, 255, 255))),
            ("ip-10-0-0.ec2.internal", None),
            ("ip-10-0-0-15-1.ec2.internal", None),
            ("ip-10-0-0-015.ec2.internal", None),
            ("ip-10-0-0-256.ec2.internal", None),
            ("ip-10-0--1.ec2.internal", None),
            ("ip-10-0-0-a.ec2.internal", None),
            ("ip.ec2.internal", None),
            (
                "ec2-203-0-113-25.compute-1.amazonaws.com",
                Some(InstanceLabel::Public(Ipv4Addr::new(203, 0, 113, 25))),
            ),
            (
                "i-0123456789abcdef0.ec2.internal",
                Some(InstanceLabel::Resource("i-0123456789abcdef0".parse().unwrap())),
            ),
            ("i-0123.ec2.internal", None),
            ("x.ip-10-0-0-15.ec2.internal", None),
        ] {
            let key = name(text);
            assert_eq!(instance_label(key.wire()).map(|(found, _)| found), expected, "{text}");
        }
    }

    #[test]
    fn what_is_built_is_read_back() {
        let domain = name("eu-west-1.compute.internal");
        for octets in [[10, 0, 0, 15], [0, 9, 10, 99], [100, 255, 200, 1]] {
            let address = Ipv4Addr::from(octets);
            let built = WireName::ip_name(address, &domain).unwrap();
            let (label, rest) = instance_label(built.wire()).unwrap();
            assert_eq!((label, rest), (InstanceLabel::Ip(address), domain.wire()));
        }
    }

    #[test]
    fn names_of_addresses_backwards() {
        for (text, expected) in [
            ("15.0.0.10.in-addr.arpa", Some(([10, 0, 0, 15], 4, false))),
            ("x.15.0.0.10.in-addr.arpa", Some(([10, 0, 0, 15], 4, true))),
            ("0.10.in-addr.arpa", Some(([10, 0, 0, 0], 2, false))),
            ("x.0.10.in-addr.arpa", Some(([10, 0, 0, 0], 2, true))),
            ("015.0.0.10.in-addr.arpa", Some(([10, 0, 0, 0], 3, true))),
            ("in-addr.arpa", None),
            ("x.in-addr.arpa", None),
            ("10.xin-addr.arpa", None),
        ] {
            let key = name(text);
            let found = ReverseName::read(key.wire());
            let found = found.map(|found| (found.address.octets(), found.octets, found.more));
            assert_eq!(found, expected, "{text}");
        }
        let key = name("x.15.0.0.10.in-addr.arpa");
        let read = ReverseName::read(key.wire()).unwrap();
        assert_eq!(read.block(3), Some(name("0.0.10.in-addr.arpa").wire()));
        assert_eq!(read.block(1), Some(name("10.in-addr.arpa").wire()));
    }
}
