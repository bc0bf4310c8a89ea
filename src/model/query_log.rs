//! Query logging of Resolver: where it goes, and for which VPCs. R110

use std::{fmt, path::PathBuf, str::FromStr};

use super::{HexDigits, VpcIx};

/// A file of a query log that is given no size ends at this many octets, ten MiB. No source: AWS has no files.
pub const QUERY_LOG_FILE_BYTES: u64 = 10 << 20;

/// So many files of a query log are kept behind the one that is written, where the topology gives no number.
pub const QUERY_LOG_FILES_KEPT: u16 = 5;

/// A query logging configuration: one destination, and the VPCs whose queries go there. R110
#[derive(Clone, Debug)]
pub struct ResolverQueryLogConfig {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: QueryLogConfigId,
    /// Where its lines go.
    pub destination: QueryLogDestination,
    /// The VPCs it is associated with; those of its Profiles are in [`super::Vpc::query_logs`] too. R104
    pub vpcs: Vec<VpcIx>,
}

/// Where the lines of a query log go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryLogDestination {
    /// To a file, and when that is full to the next.
    File(QueryLogFile),
    /// To the standard output.
    Stdout,
    /// To those who listen at the API.
    Events,
}

impl QueryLogDestination {
    /// The topology's word for its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Stdout => "stdout",
            Self::Events => "events",
        }
    }
}

/// A file of lines that is rotated by its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLogFile {
    /// Where it is; older ones have `.1`, `.2` and so on behind their names.
    pub path: PathBuf,
    /// What it may hold, in octets; a line that does not fit begins the next one.
    pub max_bytes: u64,
    /// How many older ones are kept.
    pub keep: u16,
}

/// The id of a query logging configuration: `rqlc-` and up to 17 hexadecimal digits, as many as Resolver gave it; seen are
/// 14 and 16.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryLogConfigId {
    digits: [u8; Self::MAX_DIGITS],
    length: usize,
}

impl QueryLogConfigId {
    /// What such ids begin with.
    pub const PREFIX: &'static str = "rqlc-";
    /// Fewest and most digits that are taken.
    const MIN_DIGITS: usize = 8;
    const MAX_DIGITS: usize = 17;

    /// A stable made-up id.
    #[must_use]
    pub fn derive(seed: &str) -> Self {
        let digits = HexDigits::derive_from([Self::PREFIX, seed]).to_string();
        // 16 of the 17, as most have
        let digits = digits.get(1..).unwrap_or_default();
        Self::of(digits).unwrap_or(Self { digits: [b'0'; Self::MAX_DIGITS], length: 16 })
    }

    fn of(text: &str) -> Option<Self> {
        let mut digits = [b'0'; Self::MAX_DIGITS];
        let length = text.len();
        let hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if length < Self::MIN_DIGITS || !hexadecimal {
            return None;
        }
        digits.get_mut(..length)?.copy_from_slice(text.as_bytes());
        Some(Self { digits, length })
    }
}

impl FromStr for QueryLogConfigId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix(Self::PREFIX).and_then(Self::of).ok_or_else(|| {
            format!(
                "expected `{}` and {} to {} lower-case hexadecimal digits, found `{text}`",
                Self::PREFIX,
                Self::MIN_DIGITS,
                Self::MAX_DIGITS
            )
        })
    }
}

impl fmt::Display for QueryLogConfigId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.get(..self.length).unwrap_or_default();
        write!(f, "{}{}", Self::PREFIX, std::str::from_utf8(digits).unwrap_or_default())
    }
}

impl fmt::Debug for QueryLogConfigId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_as_many_digits_as_they_were_given() {
        for id in ["rqlc-3b7e17a8ec45d4", "rqlc-c16d367ca46944b8", "rqlc-0123456789abcdef0"] {
            assert_eq!(id.parse::<QueryLogConfigId>().unwrap().to_string(), id);
        }
        for id in
            ["rqlc-1", "rqlc-0123456789abcdef01", "rqlc-0123456789ABCDEF", "rslvr-0123456789ab"]
        {
            assert!(id.parse::<QueryLogConfigId>().is_err(), "{id}");
        }
        assert_eq!(QueryLogConfigId::derive("central").to_string().len(), "rqlc-".len() + 16);
    }
}
