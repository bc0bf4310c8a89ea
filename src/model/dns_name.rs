//! Domain names as keys: absolute, lower-case, in wire format, so that a suffix of the name is a suffix of the bytes.

use std::{
    borrow::Borrow,
    collections::HashMap,
    fmt,
    ops::{Deref, Range},
    str::FromStr,
    sync::Arc,
};

use foldhash::fast::FixedState;
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

/// A map that is searched once a query or more often. Who asks cannot choose its keys, so the hash need not be secret.
pub type QuickMap<K, V> = HashMap<K, V, FixedState>;

/// Something for each of a set of names, found by the longest suffix of a QNAME.
///
/// The lengths of the names in the set stand beside it: most suffixes of most QNAMEs have a length that no name of
/// the set has, and are passed over without being looked up.
#[derive(Clone, Debug)]
pub struct NameMap<V> {
    names: QuickMap<DnsName, V>,
    /// Bit *n* of the whole is set if a name of *n* octets is there.
    lengths: [u64; 4],
}

impl<V> Default for NameMap<V> {
    fn default() -> Self {
        Self { names: QuickMap::default(), lengths: [0; 4] }
    }
}

impl<V> NameMap<V> {
    /// An empty map with room for so many names.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let names = QuickMap::with_capacity_and_hasher(capacity, FixedState::default());
        Self { names, lengths: [0; 4] }
    }

    /// What stands for a name; made where nothing does.
    pub fn entry_or(&mut self, name: &DnsName, otherwise: impl FnOnce() -> V) -> &mut V {
        self.note_length(name);
        self.names.entry(name.clone()).or_insert_with(otherwise)
    }

    /// Puts something in place for a name.
    pub fn insert(&mut self, name: &DnsName, value: V) {
        self.note_length(name);
        self.names.insert(name.clone(), value);
    }

    fn note_length(&mut self, name: &DnsName) {
        let length = name.wire().len();
        if let Some(bits) = self.lengths.get_mut(length / 64) {
            *bits |= 1 << (length % 64);
        }
    }

    /// What stands for exactly this lower-case wire-format name.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&V> {
        let bits = self.lengths.get(name.len() / 64)?;
        if bits >> (name.len() % 64) & 1 == 0 {
            return None;
        }
        self.names.get(name)
    }

    /// Whether no name is in the map.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The longest suffix of a lower-case wire-format name that is in the map, and what stands for it.
    #[must_use]
    pub fn longest_suffix<'a>(&self, name: &'a [u8]) -> Option<(&'a [u8], &V)> {
        suffixes(name).find_map(|suffix| self.get(suffix).map(|value| (suffix, value)))
    }
}

/// Room for the longest name, in whole words.
const BUFFER_BYTES: usize = MAX_WIRE_BYTES.next_multiple_of(WORD_BYTES);

/// Octets of a name that are looked at at once.
const WORD_BYTES: usize = 8;

/// Room for a name in lower case, to be used again and again.
#[derive(Clone, Debug)]
pub struct NameBuffer([u8; BUFFER_BYTES]);

impl Default for NameBuffer {
    fn default() -> Self {
        Self([0; BUFFER_BYTES])
    }
}

impl NameBuffer {
    /// A wire-format name of at most [`MAX_WIRE_BYTES`] in lower case.
    #[must_use]
    #[inline(always)]
    pub fn lower(&mut self, wire: &[u8]) -> Option<&[u8]> {
        self.0.get_mut(..wire.len())?.copy_from_slice(wire);
        // nearly all names are in lower case. What an earlier name left behind this one is, too
        let (words, _) = self.0.as_chunks::<WORD_BYTES>();
        let words = words.get(..wire.len().div_ceil(WORD_BYTES))?;
        // upper-case letters have the bit of value 64, and not the one of value 32
        let found = words.iter().map(|word| u64::from_ne_bytes(*word));
        let found = found.fold(0, |found, word| found | word & !(word << 1));
        let name = self.0.get_mut(..wire.len())?;
        if found & 0x4040_4040_4040_4040 != 0 {
            // the lengths of labels are below every letter
            name.make_ascii_lowercase();
        }
        Some(name)
    }
}

/// A hash of a lower-case wire-format name; the same in every run. Of a name of an endpoint, what tells the endpoint from
/// nearly all others is enough.
#[must_use]
#[inline(always)]
pub fn name_hash(name: &[u8]) -> u64 {
    let mix = |hash: u64, word: &[u8; WORD_BYTES]| hash.rotate_left(27) ^ u64::from_le_bytes(*word);
    if let [_, b'v', b'p', b'c', b'e', b'-', ..] = name
        && let Some(([digits, hash], [])) = name.get(ENDPOINT_TELLING).map(<[u8]>::as_chunks)
    {
        return fold(mix(mix(name.len() as u64, digits), hash));
    }
    let (words, _) = name.as_chunks();
    let hash = words.iter().fold(name.len() as u64, mix);
    // what is behind the last whole word, together with octets before it
    fold(match name.last_chunk() {
        Some(tail) => mix(hash, tail),
        None => name.iter().fold(hash, |hash, octet| hash << 8 | u64::from(*octet)),
    })
}

/// Where in a name of an endpoint its last digits and its hash stand, if its id is of the new form.
const ENDPOINT_TELLING: Range<usize> = 16..32;

/// Spreads a number over all bits: a product of twice the width, its halves folded.
#[must_use]
pub fn fold(number: u64) -> u64 {
    // the golden ratio: a number without a pattern
    let product = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let folded = product as u64 ^ (product >> 64) as u64;
    folded
}

/// The text of a name on the stack, without the final dot: for names whose labels are `*`, or of lower-case letters,
/// digits, `_` and inner `-` alone, so that their presentation format has nothing to escape.
#[derive(Clone, Copy, Debug)]
pub struct PlainText {
    octets: [u8; MAX_WIRE_BYTES],
    length: usize,
}

impl PlainText {
    /// The text of a lower-case wire-format name; none if it is the root, or has other characters.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        let mut octets = [0; MAX_WIRE_BYTES];
        let mut length = 0;
        for suffix in suffixes(name) {
            let (label_length, rest) = suffix.split_first()?;
            let label = rest.get(..usize::from(*label_length))?;
            if label.is_empty() {
                break;
            }
            if length > 0 {
                *octets.get_mut(length)? = b'.';
                length += 1;
            }
            let is_plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
            if label != b"*" && (label.starts_with(b"-") || !label.iter().all(is_plain)) {
                return None;
            }
            octets.get_mut(length..length + label.len())?.copy_from_slice(label);
            length += label.len();
        }
        (length > 0).then_some(Self { octets, length })
    }
}

impl Deref for PlainText {
    type Target = str;

    fn deref(&self) -> &str {
        let octets = self.octets.get(..self.length).unwrap_or_default();
        str::from_utf8(octets).unwrap_or_default()
    }
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
