//! How often each RRset was handed out: what rotates it. R32

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::atomic::{AtomicU32, Ordering},
};

use hickory_proto::rr::RecordType;

use crate::model::DnsName;

/// How many counters there are; names share one when their hashes meet.
const SLOTS: usize = 1 << 14;

/// A counter for each name and type, without a lock.
#[derive(Debug)]
pub(super) struct Turns {
    counters: Box<[AtomicU32]>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { counters: (0..SLOTS).map(|_| AtomicU32::new(0)).collect() }
    }
}

impl Turns {
    /// The turn of a name and type. Types count apart: a stub resolver that asks for A and AAAA at once would
    /// otherwise see every second rotation only.
    pub(super) fn next(&self, name: &DnsName, rtype: RecordType) -> u32 {
        let hash =
            BuildHasherDefault::<DefaultHasher>::default().hash_one((name, u16::from(rtype)));
        let slot = usize::try_from(hash).unwrap_or_default() % SLOTS;
        self.counters.get(slot).map_or(0, |counter| counter.fetch_add(1, Ordering::Relaxed))
    }
}
