//! A bound on real waiting.

use std::time::{Duration, Instant};

/// When something began that must not take for ever.
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// From now on.
    #[expect(clippy::disallowed_methods, reason = "a bound on real waiting")]
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    /// How long ago that was.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
