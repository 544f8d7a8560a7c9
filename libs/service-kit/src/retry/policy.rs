//! When a failed call is sent again, and after what wait: the retry policy of gRFC A6.

use std::time::Duration;

use super::answer::Verdict;

/// Most attempts of one call, whatever a configuration says: the cap that A6 gives to clients.
pub(crate) const MOST_ATTEMPTS: u32 = 5;

/// A6's `retryPolicy`, without its list of codes: which answers may be asked for again is for [`Verdict`] to say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RetryPolicy {
    /// Attempts of one call, the first included; more than [`MOST_ATTEMPTS`] counts as that many.
    pub(crate) max_attempts: u32,
    /// Longest wait before the first repeat.
    pub(crate) initial_backoff: Duration,
    /// Longest wait before any repeat.
    pub(crate) max_backoff: Duration,
    /// What the longest wait grows by from one repeat to the next.
    pub(crate) multiplier: f64,
}

impl RetryPolicy {
    /// The wait before the `n`-th repeat, from 1: `share` of `min(initial · multiplier^(n-1), max)`, where a random
    /// `share` within 0..1 spreads the callers that failed together.
    pub(super) fn backoff(&self, n: u32, share: f64) -> Duration {
        let before = i32::try_from(n.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.initial_backoff.as_secs_f64() * self.multiplier.powi(before);
        // Beyond every Duration after enough repeats, and then simply more than the maximum.
        let longest = grown.min(self.max_backoff.as_secs_f64());
        Duration::from_secs_f64(longest * share)
    }
}

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts {
    made: u32,
    /// Repeats that waited a backoff since the server last named the wait itself.
    backed_off: u32,
}

impl Attempts {
    /// The first one is on its way.
    pub(super) fn first() -> Self {
        Self { made: 1, backed_off: 0 }
    }

    /// Attempts before the one that is on its way: `grpc-previous-rpc-attempts`.
    pub(super) fn previous(&self) -> u32 {
        self.made - 1
    }

    /// The wait before the next attempt, which this counts; `None` if there is none after such an answer.
    pub(super) fn next(&mut self, policy: &RetryPolicy, verdict: Verdict, share: f64) -> Option<Duration> {
        let Verdict::Retryable { pushback } = verdict else { return None };
        if self.made >= policy.max_attempts.min(MOST_ATTEMPTS) {
            return None;
        }
        self.made += 1;
        if let Some(wait) = pushback {
            // The waits after one that the server named begin anew.
            self.backed_off = 0;
            return Some(wait);
        }
        self.backed_off += 1;
        Some(policy.backoff(self.backed_off, share))
    }
}
