//! Time is injected: whoever needs "now" is given a [`Clock`], so a test decides what time it is.
//! Durations (timeouts, backoff) come from the runtime's monotonic clock and not from here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// The time of day, as one thing that can be replaced.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant (UTC).
    fn now(&self) -> Timestamp;
}

/// A clock handed to many rooms.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The machine's clock, ready to be handed around.
    #[must_use]
    pub fn shared() -> SharedClock {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time comes in")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved; clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: Arc<Mutex<Timestamp>>,
}

impl ManualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self { now: Arc::new(Mutex::new(start)) }
    }

    /// Moves the clock forward by `step`; it stops at the latest instant a timestamp can hold.
    pub fn advance(&self, step: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(step).unwrap_or(Timestamp::MAX);
    }

    /// Sets the clock, backwards too: a machine's clock can jump both ways.
    pub fn set(&self, instant: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = instant;
    }

    /// This clock as the services take it; it still moves with `self`.
    #[must_use]
    pub fn shared(&self) -> SharedClock {
        Arc::new(self.clone())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_manual_clock_moves_with_the_one_that_was_kept() {
        let start: Timestamp = "2021-12-31T16:00:00Z".parse().unwrap();
        let kept = ManualClock::starting_at(start);
        let shared = kept.shared();
        kept.advance(Duration::from_secs(90));
        assert_eq!(shared.now().duration_since(start).as_secs(), 90);
        kept.set(start);
        assert_eq!(shared.now(), start);
    }
}
