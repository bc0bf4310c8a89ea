//! Availability Zones: the name an account sees (`us-east-1a`) and AWS's own id (`use1-az1`). R13

use std::{fmt, str::FromStr};

use crate::catalog::Region;

/// An AZ's name in the account of the VPC's owner, such as `us-east-1a`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AvailabilityZone {
    name: Box<str>,
    region: Region,
}

impl AvailabilityZone {
    /// The Region the AZ is in.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// The name, such as `us-east-1a`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The AZ id that an account has when it gives no mapping of its own: letters in order, `us-east-1a` is `use1-az1`.
    #[must_use]
    pub fn default_id(&self) -> AvailabilityZoneId {
        let letter = self.name.bytes().last().unwrap_or(b'a');
        AvailabilityZoneId(
            format!("{}-az{}", short_region(self.region.as_str()), letter.saturating_sub(b'a') + 1)
                .into(),
        )
    }
}

/// `us-east-1` → `use1`, `ap-southeast-2` → `apse2`, `us-gov-west-1` → `usgw1`: how AZ ids spell a Region.
fn short_region(region: &str) -> String {
    let mut parts = region.split('-');
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part {
            "northeast" => short.push_str("ne"),
            "northwest" => short.push_str("nw"),
            "southeast" => short.push_str("se"),
            "southwest" => short.push_str("sw"),
            other => short.extend(other.chars().next()),
        }
    }
    short
}

impl FromStr for AvailabilityZone {
    type Err = String;

    /// Takes a Region's name and one letter; which letters exist differs by account, so any of `a`–`z` is taken.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not an Availability Zone: expected a Region and a letter, such as `us-east-1a`"
            )
        };
        let letter = text.chars().last().filter(char::is_ascii_lowercase).ok_or_else(wrong)?;
        let region = text.strip_suffix(letter).ok_or_else(wrong)?.parse().map_err(|_| wrong())?;
        Ok(Self { name: text.into(), region })
    }
}

impl fmt::Display for AvailabilityZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An AZ's id, the same physical place for every account, such as `use1-az1`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AvailabilityZoneId(pub Box<str>);

impl FromStr for AvailabilityZoneId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let well_formed = text.rsplit_once("-az").is_some_and(|(region, number)| {
            !region.is_empty()
                && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        });
        if well_formed {
            Ok(Self(text.into()))
        } else {
            Err(format!("`{text}` is not an Availability Zone id, such as `use1-az1`"))
        }
    }
}

impl fmt::Display for AvailabilityZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
