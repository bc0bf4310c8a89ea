//! Emulated time: the machine's, or one that tests and simulations move by hand.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::health::Moment;

/// Where moments come from.
#[derive(Debug)]
pub enum Clock {
    /// The machine's monotonic clock, since this instant.
    Real(Instant),
    /// Nanoseconds since the start, moved by `State::advance`.
    Virtual(AtomicU64),
}

impl Clock {
    /// The machine's clock, from now on.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock for emulated time"
    )]
    pub fn real() -> Self {
        Self::Real(Instant::now())
    }

    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn stopped() -> Self {
        Self::Virtual(AtomicU64::new(0))
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Moment {
        match self {
            Self::Real(start) => start.elapsed(),
            Self::Virtual(nanos) => Duration::from_nanos(nanos.load(Ordering::Acquire)),
        }
    }

    /// The date of a moment that is now or was not long ago, in milliseconds since 1970. A stopped clock begins there.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock for dates")]
    pub fn unix_millis(&self, at: Moment) -> u64 {
        let since = match self {
            Self::Real(_) => {
                let age = self.now().saturating_sub(at);
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                since.saturating_sub(age)
            }
            Self::Virtual(_) => at,
        };
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// The same in seconds.
    #[must_use]
    pub fn unix_secs(&self, at: Moment) -> u64 {
        self.unix_millis(at) / 1000
    }

    /// Moves a virtual clock on; the machine's goes by itself.
    pub(super) fn advance(&self, by: Duration) {
        if let Self::Virtual(nanos) = self {
            nanos.fetch_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX), Ordering::AcqRel);
        }
    }
}
