//! The VPC Resolver's cache: an answer lives for its TTL and counts down. R40, R87, R88
//!
//! A plain value with time as an argument; whoever owns it decides about locks.

use std::{collections::HashMap, time::Duration};

use hickory_proto::rr::{RData, RecordType};

use super::{Answer, Outcome, addresses::rotate};
use crate::{
    health::Moment,
    model::{DnsName, Vantage},
};

/// Longest time a negative answer is kept.
/// Source: rule R88 (measured for names of private hosted zones).
pub const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(300);

/// Most answers kept; beyond it, expired ones go first, then all of them.
pub const MAX_ENTRIES: usize = 100_000;

/// Answers by asker's place, name and type: the real cache is kept per network interface of the asker. R87
#[derive(Debug, Default)]
pub struct Cache {
    entries: HashMap<(Vantage, DnsName, RecordType), Entry>,
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    stored: Moment,
    expires: Moment,
    hits: u32,
}

impl Cache {
    /// The answer kept for a question, TTLs counted down, addresses rotated once a hit. R32, R33
    pub fn get(
        &mut self,
        vantage: Vantage,
        name: &DnsName,
        rtype: RecordType,
        now: Moment,
    ) -> Option<Answer> {
        let entry = self
            .entries
            .get_mut(&(vantage, name.clone(), rtype))
            .filter(|entry| now < entry.expires)?;
        let age = u32::try_from(now.saturating_sub(entry.stored).as_secs()).unwrap_or(u32::MAX);
        entry.hits = entry.hits.wrapping_add(1);
        let mut answer = entry.answer.clone();
        for record in answer.records.iter_mut().chain(&mut answer.soa) {
            record.ttl = record.ttl.saturating_sub(age);
        }
        let first = answer
            .records
            .iter()
            .position(|record| matches!(record.data, RData::A(_) | RData::AAAA(_)))
            .unwrap_or(answer.records.len());
        rotate(answer.records.get_mut(first..).unwrap_or_default(), entry.hits);
        Some(answer)
    }

    /// Keeps an answer for the shortest TTL in it. What has no TTL, such as SERVFAIL, is not kept.
    pub fn put(
        &mut self,
        vantage: Vantage,
        name: &DnsName,
        rtype: RecordType,
        answer: &Answer,
        now: Moment,
    ) {
        let shortest = answer.records.iter().map(|record| record.ttl).min().map(seconds);
        let negative = answer.soa.as_ref().map(|soa| seconds(soa.ttl).min(MAX_NEGATIVE_TTL));
        let lifetime = match answer.outcome {
            Outcome::Records => shortest,
            Outcome::NoData | Outcome::NameError => shortest.into_iter().chain(negative).min(),
            Outcome::ServFail | Outcome::Silent | Outcome::Ask(..) => None,
        };
        let Some(lifetime) = lifetime.filter(|lifetime| !lifetime.is_zero()) else { return };
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.retain(|_, entry| now < entry.expires);
            if self.entries.len() >= MAX_ENTRIES {
                self.entries.clear();
            }
        }
        let mut answer = answer.clone();
        if let Some(soa) = &mut answer.soa {
            soa.ttl = soa.ttl.min(u32::try_from(MAX_NEGATIVE_TTL.as_secs()).unwrap_or(u32::MAX));
        }
        let entry = Entry { answer, stored: now, expires: now.saturating_add(lifetime), hits: 0 };
        self.entries.insert((vantage, name.clone(), rtype), entry);
    }

    /// Forgets everything, as a change of the topology requires.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

fn seconds(ttl: u32) -> Duration {
    Duration::from_secs(u64::from(ttl))
}
