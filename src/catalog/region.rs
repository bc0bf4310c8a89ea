//! Regions and the partitions they are in. R17, R18

use std::{fmt, str::FromStr, sync::LazyLock};

use thiserror::Error;

use super::{HostedZoneId, table::rows};

/// A part of AWS with suffixes of its own. R17
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name, such as `aws-cn`.
    pub id: &'static str,
    /// What service names end in, such as `amazonaws.com.cn`.
    pub dns_suffix: &'static str,
    /// What names of dual-stack endpoints end in, such as `api.aws`.
    pub dualstack_suffix: &'static str,
}

impl Partition {
    /// Every partition, in the file's order.
    pub(super) fn all() -> &'static [Self] {
        &PARTITIONS
    }
}

/// A Region that exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(u8);

struct RegionFacts {
    name: &'static str,
    partition: Partition,
    vpce_hosted_zone_id: Option<&'static str>,
}

static PARTITIONS: LazyLock<Vec<Partition>> = LazyLock::new(|| {
    rows(include_str!("../../zones/partitions.tsv"))
        .filter_map(|mut row| {
            let (id, dns_suffix, dualstack_suffix) = (row.next()?, row.next()?, row.next()?);
            Some(Partition { id, dns_suffix, dualstack_suffix })
        })
        .collect()
});

/// By name, so that a `Region` orders like its name.
static REGIONS: LazyLock<Vec<RegionFacts>> = LazyLock::new(|| {
    let mut regions: Vec<RegionFacts> = rows(include_str!("../../zones/regions.tsv"))
        .filter_map(|mut row| {
            let (name, partition) = (row.next()?, row.next()?);
            let partition = *PARTITIONS.iter().find(|known| known.id == partition)?;
            Some(RegionFacts { name, partition, vpce_hosted_zone_id: row.next() })
        })
        .collect();
    regions.sort_unstable_by_key(|region| region.name);
    regions
});

/// Stands in where a `Region` has no facts, which cannot happen: only this module makes Regions.
static NOWHERE: RegionFacts = RegionFacts {
    name: "us-east-1",
    partition: Partition { id: "aws", dns_suffix: "amazonaws.com", dualstack_suffix: "api.aws" },
    vpce_hosted_zone_id: None,
};

/// Longest text that an error still suggests a name for, in octets; a DNS name has at most 255.
pub(super) const MAX_SUGGESTED_FOR_BYTES: usize = 255;

impl Region {
    /// The Region of this name. Cheap: a query's labels are looked up with it.
    pub(super) fn named(name: &str) -> Option<Self> {
        let at = REGIONS.binary_search_by(|region| region.name.cmp(name)).ok()?;
        u8::try_from(at).ok().map(Self)
    }

    /// Every Region of every partition, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u8::try_from(REGIONS.len()).unwrap_or(u8::MAX)).map(Self)
    }

    /// Its place among [`Region::all`].
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    fn facts(self) -> &'static RegionFacts {
        REGIONS.get(self.index()).unwrap_or(&NOWHERE)
    }

    /// Its name, such as `us-east-1`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// The partition it is in.
    #[must_use]
    pub fn partition(self) -> &'static Partition {
        &self.facts().partition
    }

    /// The hosted zone id that every Regional and zonal endpoint name carries. R18
    ///
    /// A few Regions' ids are not known: theirs is made up, and [`Region::vpce_hosted_zone_id_is_known`] says so.
    #[must_use]
    pub fn vpce_hosted_zone_id(self) -> HostedZoneId {
        self.facts()
            .vpce_hosted_zone_id
            .and_then(|id| id.parse().ok())
            .unwrap_or_else(|| HostedZoneId::derive(&format!("vpce/{}", self.as_str())))
    }

    /// Whether [`Region::vpce_hosted_zone_id`] is AWS's own.
    #[must_use]
    pub fn vpce_hosted_zone_id_is_known(self) -> bool {
        self.facts().vpce_hosted_zone_id.is_some()
    }
}

/// There is no such Region.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no Region `{found}`")]
pub struct UnknownRegion {
    /// What was there.
    pub found: String,
    /// The Region whose name is nearest.
    pub nearest: Option<&'static str>,
}

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        Self::named(text).ok_or_else(|| {
            let near = text.len() <= MAX_SUGGESTED_FOR_BYTES;
            let names = REGIONS.iter().map(|region| region.name).filter(|_| near);
            let nearest = names.min_by_key(|name| strsim::damerau_levenshtein(name, text));
            UnknownRegion { found: text.to_owned(), nearest }
        })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_understood() {
        let lines = |text: &'static str| rows(text).count();
        assert_eq!(REGIONS.len(), lines(include_str!("../../zones/regions.tsv")));
        for region in Region::all() {
            assert_eq!(region.as_str().parse(), Ok(region));
            assert_ne!(region.vpce_hosted_zone_id().to_string(), "");
        }
        assert_eq!(PARTITIONS.len(), lines(include_str!("../../zones/partitions.tsv")));
        assert_eq!(PARTITIONS.len(), 8);
    }

    #[test]
    fn partitions_and_zone_ids() {
        // R17, R18
        for (region, partition, suffix, zone) in [
            ("us-east-1", "aws", "amazonaws.com", Some("Z7HUB22UULQXV")),
            ("eu-west-2", "aws", "amazonaws.com", Some("Z7K1066E3PUKB")),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com", Some("Z12529ZODG2B6H")),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn", None),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu", None),
            ("us-iso-east-1", "aws-iso", "c2s.ic.gov", None),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov", None),
        ] {
            let region: Region = region.parse().unwrap();
            assert_eq!(region.partition().id, partition);
            assert_eq!(region.partition().dns_suffix, suffix);
            assert_eq!(region.vpce_hosted_zone_id_is_known(), zone.is_some());
            if let Some(zone) = zone {
                assert_eq!(region.vpce_hosted_zone_id().to_string(), zone);
            }
        }
        assert_eq!("us-esat-1".parse::<Region>().unwrap_err().nearest, Some("us-east-1"));
        assert_eq!("x".repeat(100_000).parse::<Region>().unwrap_err().nearest, None);
    }
}
