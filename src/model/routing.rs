//! Routing policies of records in private hosted zones, and the health checks they go by. R71–R73

use std::{fmt, str::FromStr};

use super::{HealthCheckIx, RrSetData};
use crate::catalog::{Coordinates, Region, stable_hash};

/// Most healthy records that a multivalue answer holds, and most that it holds where none is healthy.
/// Source: rule R73.
pub const MAX_MULTIVALUE_RECORDS: usize = 8;

/// Through how many aliases in a row an answer is looked for within a zone. No source gives a limit of Route 53's.
pub const MAX_ALIAS_CHAIN: usize = 16;

/// One of several records of one owner name and type, which a policy chooses from. R71
#[derive(Clone, Debug, PartialEq)]
pub struct RoutedRecords {
    /// What tells it from the others.
    pub set_identifier: Box<str>,
    /// How the choice is made; all of a name and type have the same kind.
    pub policy: RoutingPolicy,
    /// What says whether it is healthy; without one it always is. R72, R73
    pub health_check: Option<HealthCheckIx>,
    /// What it holds: values, or an alias.
    pub data: RrSetData,
}

/// How Route 53 chooses among the records of a name and type, with what it has to know of each. R71
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoutingPolicy {
    /// By chance, in proportion to this.
    Weighted(u8),
    /// The primary while it is healthy, else the secondary.
    Failover(FailoverRole),
    /// Up to eight healthy ones.
    Multivalue,
    /// The one whose Region is nearest to the asker's. R73
    Latency(Region),
    /// The one whose place the asker's Region is in; the smallest place counts.
    Geolocation(Geolocation),
    /// The one that is nearest to the asker's Region, with a bias.
    Geoproximity(Geoproximity),
}

impl RoutingPolicy {
    /// As AWS's console names it, in lower case.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Weighted(_) => "weighted",
            Self::Failover(_) => "failover",
            Self::Multivalue => "multivalue",
            Self::Latency(_) => "latency",
            Self::Geolocation(_) => "geolocation",
            Self::Geoproximity(_) => "geoproximity",
        }
    }
}

/// Which of the two records of a failover pair it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverRole {
    /// Answered while it is healthy, and where neither is.
    Primary,
    /// Answered while only it is healthy.
    Secondary,
}

/// The askers that a geolocation record is for, from the largest place to the smallest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Geolocation {
    /// `*`: those whom no other record is for.
    Default,
    /// A continent by its two letters.
    Continent(Box<str>),
    /// A country by ISO 3166-1.
    Country(Box<str>),
    /// A state of the United States, by its two letters.
    Subdivision(Box<str>),
}

/// Where the resource of a geoproximity record is, and how much its surroundings are made larger or smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geoproximity {
    /// The place.
    pub location: Coordinates,
    /// −99 to 99.
    pub bias: i8,
}

impl Geoproximity {
    /// How far an asker is taken to be, in kilometres: a positive bias brings it nearer, a negative one puts it further.
    /// Source: Route 53 Developer Guide, "Geoproximity routing".
    #[must_use]
    pub fn biased_distance_km(&self, asker: Coordinates) -> f64 {
        let (distance, bias) = (self.location.distance_km(asker), f64::from(self.bias) / 100.0);
        if self.bias < 0 { distance / (1.0 + bias) } else { distance * (1.0 - bias) }
    }
}

/// A health check of Route 53's, as a switch. R72
#[derive(Clone, Debug)]
pub struct HealthCheck {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: HealthCheckId,
    /// Whether it begins unhealthy.
    pub unhealthy: bool,
}

/// Id of a health check: a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HealthCheckId(u128);

/// Where a UUID has its hyphens.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl HealthCheckId {
    /// A stable made-up id for a health check that the topology gives none.
    #[must_use]
    pub fn derive(seed: &str) -> Self {
        Self(stable_hash(&format!("health_checks/{seed}")))
    }
}

impl FromStr for HealthCheckId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a UUID in lower case, found `{text}`");
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let well_formed = text.len() == 36
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| if HYPHENS.contains(&at) { byte == b'-' } else { digit(byte) });
        if !well_formed {
            return Err(wrong());
        }
        u128::from_str_radix(&text.replace('-', ""), 16).map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for HealthCheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, digit) in format!("{:032x}", self.0).chars().enumerate() {
            if [8, 12, 16, 20].contains(&at) {
                f.write_str("-")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for HealthCheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_what_they_print() {
        let text = "abcdef11-2222-3333-4444-555555fedcba";
        assert_eq!(text.parse::<HealthCheckId>().unwrap().to_string(), text);
        let made_up = HealthCheckId::derive("blue");
        assert_eq!(made_up.to_string().parse(), Ok(made_up));
        for text in ["", "abcdef11-2222-3333-4444-555555fedcbG", "abcdef1122223333444455555fedcba"]
        {
            assert!(text.parse::<HealthCheckId>().is_err(), "{text}");
        }
    }

    #[test]
    fn bias_makes_nearer_and_further() {
        let (here, there) = (
            Coordinates { latitude: 0, longitude: 0 },
            Coordinates { latitude: 0, longitude: 9000 },
        );
        let quarter = here.distance_km(there);
        for (bias, expected) in [(0, 1.0), (50, 0.5), (-50, 2.0), (99, 0.01)] {
            let found = Geoproximity { location: there, bias }.biased_distance_km(here) / quarter;
            assert!((found - expected).abs() < 1e-9, "{bias}: {found}");
        }
    }
}
