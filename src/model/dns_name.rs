//! Domain names as keys: absolute, lower-case, in wire format, so that a suffix of the name is a suffix of the bytes.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use hickory_proto::rr::Name;

/// A domain name for comparing and looking up: lower-case wire format, root label included.
///
/// It hashes like its bytes, so a map keyed by it is searched with any suffix of a wire-format QNAME
/// without a copy. Cloning shares the bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(Arc<[u8]>);

impl DnsName {
    /// The root, `.`.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from([0_u8]))
    }

    /// The name's wire format: length-prefixed labels, lower case, ending in the root label.
    #[must_use]
    pub fn wire(&self) -> &[u8] {
        &self.0
    }

    /// The name itself and its ancestors, longest first, ending with the root, as wire format.
    pub fn suffixes(&self) -> impl Iterator<Item = &[u8]> {
        suffixes(&self.0)
    }

    /// The labels from the left, without the root.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        self.suffixes().filter_map(|suffix| {
            let (length, rest) = suffix.split_first()?;
            rest.get(..usize::from(*length)).filter(|label| !label.is_empty())
        })
    }

    /// Whether this name is `zone` or lies below it.
    #[must_use]
    pub fn is_within(&self, zone: &DnsName) -> bool {
        self.suffixes().any(|suffix| suffix == zone.wire())
    }

    /// The name one label shorter; the root's parent is none.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.suffixes().nth(1).map(|suffix| Self(suffix.into()))
    }

    /// This name with one more label in front, or none if the result would be too long.
    #[must_use]
    pub fn child(&self, label: &str) -> Option<Self> {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        if 1 + label.len() + self.0.len() > MAX_WIRE_BYTES {
            return None;
        }
        let mut wire = Vec::with_capacity(1 + label.len() + self.0.len());
        wire.push(length);
        wire.extend(label.bytes().map(|byte| byte.to_ascii_lowercase()));
        wire.extend_from_slice(&self.0);
        Some(Self(wire.into()))
    }

    /// The name for a record: lower case, absolute.
    #[must_use]
    pub fn to_name(&self) -> Name {
        let mut name = Name::from_labels(self.labels()).unwrap_or_else(|_| Name::root());
        name.set_fqdn(true);
        name
    }

    /// The key for wire-format bytes that are already known to be a name in lower case.
    #[must_use]
    pub fn from_suffix(wire: &[u8]) -> Self {
        Self(wire.into())
    }
}

/// Longest name in wire format, in octets. Source: RFC 1035 §2.3.4.
pub const MAX_WIRE_BYTES: usize = 255;

/// A wire-format name and its ancestors, longest first, ending with the root.
pub fn suffixes(wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(wire);
    std::iter::from_fn(move || {
        let here = rest.take()?;
        let (length, _) = here.split_first()?;
        if *length > 0 {
            rest = here.get(1 + usize::from(*length)..);
        }
        Some(here)
    })
}

impl Borrow<[u8]> for DnsName {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<&Name> for DnsName {
    fn from(name: &Name) -> Self {
        let mut wire = Vec::with_capacity(name.len() + 1);
        for label in name {
            // a label of `Name` is at most 63 octets
            wire.push(u8::try_from(label.len()).unwrap_or(63));
            wire.extend(label.iter().map(u8::to_ascii_lowercase));
        }
        wire.push(0);
        Self(wire.into())
    }
}

impl FromStr for DnsName {
    type Err = String;

    /// Reads a name in presentation format; it is taken as absolute with or without the final dot.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a domain name is empty".to_owned());
        }
        Name::from_ascii(text)
            .map(|name| Self::from(&name))
            .map_err(|error| format!("`{text}` is not a domain name: {error}"))
    }
}

/// Without the final dot, as AWS prints names; the root is `.`.
impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_name().to_ascii();
        f.write_str(if text == "." { "." } else { text.trim_end_matches('.') })
    }
}

impl fmt::Debug for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DnsName {
        text.parse().unwrap()
    }

    #[test]
    fn suffixes_are_the_ancestors() {
        let name = name("A.Example.com.");
        let all: Vec<String> =
            name.suffixes().map(|wire| DnsName::from_suffix(wire).to_string()).collect();
        assert_eq!(all, ["a.example.com", "example.com", "com", "."]);
    }

    #[test]
    fn names_compare_without_case_and_dot() {
        assert_eq!(name("SNS.us-east-1.amazonaws.com"), name("sns.us-east-1.amazonaws.com."));
        assert!(name("a.b.c").is_within(&name("b.c")));
        assert!(!name("ab.c").is_within(&name("b.c")));
        assert_eq!(name("*.x").to_string(), "*.x");
        assert_eq!(name("b.c").child("A"), Some(name("a.b.c")));
        assert_eq!(name("b.c").parent(), Some(name("c")));
        assert_eq!(DnsName::root().parent(), None);
    }
}
