//! How many packets an asker may send: a token bucket for each address, without a lock, in bounded memory. R101

use std::{
    hash::BuildHasher,
    net::IpAddr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::fast::FixedState;

use crate::health::Moment;

/// How many buckets there are. Two addresses that meet in one take it from each other, in favour of both.
const BUCKETS: usize = 1 << 16;

/// Bits of a bucket that tell whose it is; the others are a time in nanoseconds, which comes round in 78 hours.
const OWNER_BITS: u32 = 16;
const TIME_BITS: u32 = 64 - OWNER_BITS;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

/// One second.
const SECOND: u64 = 1_000_000_000;

/// The buckets of all askers; none are made before somebody is limited.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    buckets: OnceLock<Box<[AtomicU64]>>,
}

impl Limiter {
    /// Takes a token of an address, if it has one left. A bucket holds as many as flow into it in a second.
    ///
    /// A bucket is the time at which it will be full again: each packet moves that on.
    pub(super) fn admits(&self, asker: IpAddr, per_second: u32, now: Moment) -> bool {
        let buckets =
            self.buckets.get_or_init(|| (0..BUCKETS).map(|_| AtomicU64::new(0)).collect());
        let hash = FixedState::default().hash_one(asker);
        let place = usize::try_from(hash % BUCKETS as u64).unwrap_or_default();
        let Some(bucket) = buckets.get(place) else { return true };
        let owner = hash >> TIME_BITS << TIME_BITS;
        // from one second on, so that an empty bucket is one that was full long ago
        let now =
            (u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).wrapping_add(SECOND)) & TIME_MASK;
        let step = SECOND / u64::from(per_second.max(1));
        let took = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |found| {
            let full_at = found & TIME_MASK;
            let ahead = full_at.wrapping_sub(now) & TIME_MASK;
            // what is full already, is another's, or lies further ahead than any token can
            let fresh = found & !TIME_MASK != owner || ahead > SECOND + step;
            let ahead = if fresh { 0 } else { ahead };
            let after = ahead + step;
            (after <= SECOND).then_some(owner | (now.wrapping_add(after) & TIME_MASK))
        });
        took.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn as_many_as_a_second_has_and_then_as_they_flow_in() {
        let limiter = Limiter::default();
        let (one, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let at = Duration::from_millis;
        let passed = |asker, tries: usize, now| {
            (0..tries).filter(|_| limiter.admits(asker, 1024, now)).count()
        };
        assert_eq!(passed(one, 3000, at(0)), 1024);
        assert_eq!(passed(other, 3000, at(0)), 1024, "each has its own");
        assert_eq!(passed(one, 3000, at(500)), 512);
        assert_eq!(passed(one, 3000, at(500)), 0);
        assert_eq!(passed(one, 3000, at(60_000)), 1024, "no more than a second's");
        assert_eq!(passed(one, 3000, at(80 * 3_600_000)), 1024, "after the time has come round");
    }
}
