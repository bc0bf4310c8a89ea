//! How often each RRset was handed out: what rotates it. R32

use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::name_hash;

/// How many counters there are; names share one when their hashes meet.
const SLOTS: usize = 1 << 14;

/// A counter for each name and type, without a lock.
#[derive(Debug)]
pub(super) struct Turns {
    counters: Box<[AtomicU32]>,
}

/// The turn of a name and type.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a>(&'a AtomicU32);

impl Turn<'_> {
    /// How often it was taken before.
    #[must_use]
    pub fn value(self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes it: the next one has another. Of two that look at once both may have the same.
    pub fn take(self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self { counters: (0..SLOTS).map(|_| AtomicU32::new(0)).collect() }
    }
}

impl Turns {
    /// The turn of a lower-case wire-format name and the number of a type. Types count apart: a stub resolver that asks for A and
    /// AAAA at once would otherwise see every second rotation only.
    #[inline(always)]
    pub(super) fn of(&self, name: &[u8], rtype: u16) -> Turn<'_> {
        static SPARE: AtomicU32 = AtomicU32::new(0);
        let hash = name_hash(name) ^ u64::from(rtype);
        let slot = usize::try_from(hash % SLOTS as u64).unwrap_or_default();
        Turn(self.counters.get(slot).unwrap_or(&SPARE))
    }
}
