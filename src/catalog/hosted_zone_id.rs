//! Ids of hosted zones, and the hash that made-up ids and names come from.

use std::{fmt, str::FromStr};

/// A hosted zone's id, such as `Z7HUB22UULQXV`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostedZoneId(Box<str>);

/// Longest id that Route 53's API takes, in characters.
const MAX_LENGTH: usize = 32;

impl HostedZoneId {
    /// A stable made-up id: the same for the same seed, in every run and on every machine.
    #[must_use]
    pub fn derive(seed: &str) -> Self {
        const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let mut rest = stable_hash(seed);
        // today's ids are `Z`, eight digits, and twelve characters
        let tail = (0..20).map(|at| {
            let base = if at < 8 { 10 } else { 36 };
            let digit = usize::try_from(rest % base).unwrap_or_default();
            rest /= base;
            ALPHABET.get(digit).copied().map_or('0', char::from)
        });
        Self(std::iter::once('Z').chain(tail).collect())
    }
}

impl FromStr for HostedZoneId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
        let well_formed = id.starts_with('Z')
            && id.len() <= MAX_LENGTH
            && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if well_formed {
            Ok(Self(id.into()))
        } else {
            Err(format!("expected `Z` and upper-case letters and digits, found `{text}`"))
        }
    }
}

impl fmt::Display for HostedZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// FNV-1a over 128 bits with a final mix: what is derived from it stays the same from run to run.
#[must_use]
pub fn stable_hash(seed: &str) -> u128 {
    stable_hash_of([seed])
}

/// The hash of a seed that is given in parts, which need not be put together for it.
#[must_use]
pub fn stable_hash_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = parts.into_iter().flat_map(str::bytes);
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    let mixed = (hash ^ (hash >> 67)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    mixed ^ (mixed >> 59)
}
