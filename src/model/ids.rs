//! Ids in AWS's form, one type a resource: `vpce-` and 17 hexadecimal digits (old ids have 8). R10

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::fold;
use crate::catalog::{stable_hash, stable_hash_of};

/// Why a text is not an id of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected `{prefix}` and 17 (or 8) lower-case hexadecimal digits, found `{found}`")]
pub struct BadId {
    /// The prefix this kind of id has, such as `vpce-`.
    pub prefix: &'static str,
    /// What was there.
    pub found: String,
}

/// The hexadecimal part of an id: 68 bits, or 32 for ids of the old form.
///
/// Nine bytes, most significant first, so that it takes no more room than it needs in hundreds of thousands of ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HexDigits([u8; 9]);

/// Marks an id of the old form, in the first byte; above the 68 bits of the digits.
const SHORT: u8 = 0x80;
/// The digits' own bits of the first byte.
const FIRST_DIGIT: u8 = 0x0f;
/// How many digits an id has, and had in the old form.
const LONG_DIGITS: usize = 17;
const SHORT_DIGITS: usize = 8;

impl HexDigits {
    /// The digits of a made-up id: the same for the same seed, in every run and on every machine.
    #[must_use]
    pub fn derive(seed: &str) -> Self {
        Self::derive_from([seed])
    }

    /// The digits that [`HexDigits::derive`] makes of these parts put together.
    #[must_use]
    pub fn derive_from<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let [_, _, _, _, _, _, _, mut bytes @ ..] = stable_hash_of(parts).to_be_bytes();
        bytes[0] &= FIRST_DIGIT;
        Self(bytes)
    }

    /// Reads 17 or 8 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(digits: &[u8]) -> Option<Self> {
        match digits.try_into() {
            Ok(digits) => Self::parse_long(digits),
            Err(_) => Self::parse_short(digits.try_into().ok()?),
        }
    }

    /// Reads lower-case hexadecimal digits.
    #[must_use]
    #[inline(always)]
    pub fn parse_long(digits: &[u8; LONG_DIGITS]) -> Option<Self> {
        let (first, rest) = digits.split_first()?;
        let ([high, low], []) = rest.as_chunks::<8>() else { return None };
        let first = nibble(*first);
        let (high, low) = (eight_digits(*high), eight_digits(*low));
        if first & NO_DIGIT != 0 || high.wrong | low.wrong != 0 {
            return None;
        }
        Some(Self::of(first, high.value() << 32 | low.value()))
    }

    /// Reads the lower-case hexadecimal digits of an id of the old form.
    #[must_use]
    #[inline(always)]
    pub fn parse_short(digits: &[u8; SHORT_DIGITS]) -> Option<Self> {
        let digits = eight_digits(*digits);
        if digits.wrong != 0 {
            return None;
        }
        Some(Self::of(SHORT, digits.value()))
    }

    /// Of the first byte and the others.
    #[inline(always)]
    fn of(first: u8, rest: u64) -> Self {
        let mut bytes = [first; 9];
        bytes[1..].copy_from_slice(&rest.to_be_bytes());
        Self(bytes)
    }

    /// A number that is spread evenly over ids, for finding them.
    #[must_use]
    pub fn spread(self) -> u64 {
        let Self([_, rest @ ..]) = self;
        fold(u64::from_be_bytes(rest))
    }
}

/// Marks what is no digit among the values of [`nibble`].
const NO_DIGIT: u8 = 0xf0;

/// The value of a lower-case hexadecimal digit.
fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => NO_DIGIT,
    }
}

/// Eight hexadecimal digits.
#[derive(Clone, Copy)]
struct EightDigits {
    /// A byte each.
    values: u64,
    /// 0 if all of them are lower-case hexadecimal digits.
    wrong: u64,
}

/// Reads eight lower-case hexadecimal digits, all at once: each is a byte of one number, and no step carries from one
/// byte into the next.
#[inline(always)]
fn eight_digits(digits: [u8; 8]) -> EightDigits {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let text = u64::from_be_bytes(digits);
    // `a` to `f` end in 1 to 6 and have bit 6 set, which `0` to `9` have not
    let values = (text & (EACH * 0x0f)) + (text >> 6 & EACH) * 9;
    let above_nine = (values + EACH * 6) >> 4 & EACH;
    let spelt = values + EACH * u64::from(b'0') + above_nine * u64::from(b'a' - b'0' - 10);
    EightDigits { values, wrong: spelt ^ text | values & (EACH * 0xf0) }
}

impl EightDigits {
    /// The number of 32 bits that they spell.
    #[inline(always)]
    fn value(self) -> u64 {
        let pairs = (self.values | self.values >> 4) & 0x00ff_00ff_00ff_00ff;
        let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
        (quads | quads >> 16) & 0xffff_ffff
    }
}

impl fmt::Display for HexDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nibbles = self.0.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).skip(1);
        let mut digits = [0; LONG_DIGITS];
        for (digit, nibble) in digits.iter_mut().zip(nibbles) {
            *digit = b"0123456789abcdef".get(usize::from(nibble)).copied().unwrap_or(b'0');
        }
        let count = if self.0[0] & SHORT == 0 { LONG_DIGITS } else { SHORT_DIGITS };
        let shown = digits.get(LONG_DIGITS - count..).unwrap_or_default();
        f.write_str(std::str::from_utf8(shown).unwrap_or_default())
    }
}

impl fmt::Debug for HexDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! resource_ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub HexDigits);

        impl $name {
            /// What ids of this kind begin with.
            pub const PREFIX: &'static str = $prefix;

            /// A stable made-up id for a resource that the topology gives none.
            #[must_use]
            pub fn derive(seed: &str) -> Self {
                Self::derive_from(&[seed])
            }

            /// The id that `derive` makes of these parts put together.
            #[must_use]
            pub fn derive_from(parts: &[&str]) -> Self {
                let parts = parts.iter().copied();
                Self(HexDigits::derive_from(std::iter::once(Self::PREFIX).chain(parts)))
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(Self::PREFIX)
                    .and_then(|digits| HexDigits::parse(digits.as_bytes()))
                    .map(Self)
                    .ok_or_else(|| BadId { prefix: Self::PREFIX, found: text.to_owned() })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

resource_ids! {
    /// Id of a VPC.
    VpcId "vpc-";
    /// Id of a subnet.
    SubnetId "subnet-";
    /// Id of a VPC endpoint of either type.
    VpcEndpointId "vpce-";
    /// Id of a network interface.
    NetworkInterfaceId "eni-";
    /// Id of an EC2 instance.
    InstanceId "i-";
    /// Id of a route table.
    RouteTableId "rtb-";
    /// Id of a security group.
    SecurityGroupId "sg-";
    /// Id of a network ACL.
    NetworkAclId "acl-";
    /// Id of a NAT gateway.
    NatGatewayId "nat-";
    /// Id of an internet gateway.
    InternetGatewayId "igw-";
    /// Id of an egress-only internet gateway.
    EgressOnlyInternetGatewayId "eigw-";
    /// Id of a flow log.
    FlowLogId "fl-";
    /// Id of a prefix list.
    PrefixListId "pl-";
    /// Id of a resource configuration.
    ResourceConfigurationId "rcfg-";
    /// Id of a service network.
    ServiceNetworkId "sn-";
    /// Id of a VPC Lattice service.
    LatticeServiceId "svc-";
    /// Id of an endpoint service.
    EndpointServiceId "vpce-svc-";
    /// Id of a VPC peering connection.
    VpcPeeringConnectionId "pcx-";
    /// Id of a Route 53 Profile.
    ProfileId "rp-";
    /// Id of a resolver rule.
    ResolverRuleId "rslvr-rr-";
    /// Id that Resolver gives to a network interface of a resolver endpoint.
    ResolverNetworkInterfaceId "rni-";
    /// Id of a DNS Firewall domain list.
    FirewallDomainListId "rslvr-fdl-";
    /// Id of a DNS Firewall rule group.
    FirewallRuleGroupId "rslvr-frg-";
}

/// An AWS account: twelve decimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(Box<str>);

impl FromStr for AccountId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.into()))
        } else {
            Err(format!("expected twelve digits (in quotes), found `{text}`"))
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The eight characters `[a-z0-9]` that every DNS name of one endpoint carries after its id. R11
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsNameHash([u8; 8]);

impl DnsNameHash {
    /// A stable made-up hash for an endpoint that the topology gives none.
    #[must_use]
    pub fn derive(seed: &str) -> Self {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        // eight digits of base 36 fit into 64 bits, which are quicker to divide
        let mut rest = u64::try_from(stable_hash(seed) % 36_u128.pow(8)).unwrap_or_default();
        Self(std::array::from_fn(|_| {
            let digit = usize::try_from(rest % 36).unwrap_or_default();
            rest /= 36;
            ALPHABET.get(digit).copied().unwrap_or(b'a')
        }))
    }

    /// Reads exactly eight characters of `[a-z0-9]`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let bytes: [u8; 8] = text.try_into().ok()?;
        bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()).then_some(Self(bytes))
    }

    /// Its letters and digits.
    #[must_use]
    pub fn octets(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Display for DnsNameHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for DnsNameHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_what_they_print() {
        for text in ["vpce-0e44d14a27a369e43", "vpce-12345678", "vpce-00000000000000000"] {
            assert_eq!(text.parse::<VpcEndpointId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn eight_digits_are_read_as_one_by_one() {
        for at in 0..8 {
            for octet in 0..=u8::MAX {
                let mut digits = *b"0123cdef";
                digits[at] = octet;
                let expected = str::from_utf8(&digits)
                    .ok()
                    .filter(|text| text.bytes().all(|b| nibble(b) != NO_DIGIT))
                    .and_then(|text| u32::from_str_radix(text, 16).ok());
                let read = eight_digits(digits);
                let found = (read.wrong == 0).then(|| read.value());
                assert_eq!(found, expected.map(u64::from), "{digits:?}");
            }
        }
    }

    #[test]
    fn ids_of_the_wrong_form_are_refused() {
        for text in ["vpc-12345678", "vpce-1234567", "vpce-1234567G", "vpce-0E44D14A27A369E43", ""]
        {
            assert!(text.parse::<VpcEndpointId>().is_err(), "{text}");
        }
    }

    #[test]
    fn derived_ids_are_stable_and_differ_by_kind_and_seed() {
        assert_eq!(VpcId::derive("app").to_string(), VpcId::derive("app").to_string());
        assert_ne!(VpcId::derive("app"), VpcId::derive("app2"));
        assert_ne!(VpcId::derive("app").0, SubnetId::derive("app").0);
        assert_eq!(VpcId::derive_from(&["a", "", "/b"]), VpcId::derive("a/b"));
        // what a topology without ids shows from release to release
        assert_eq!(VpcId::derive("app").to_string(), "vpc-46d27fa0b88b539c0");
        assert_eq!(DnsNameHash::derive("app/sns").to_string(), "cwqyqgq3");
    }
}
