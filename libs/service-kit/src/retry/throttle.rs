//! The budget of repeats that all calls to one server share: the retry throttling of gRFC A6.

use std::sync::atomic::{AtomicU32, Ordering};

use super::answer::Verdict;

/// Tokens are counted in thousandths, because A6 allows three decimals and sums of floats would drift.
pub(crate) const TOKEN: u32 = 1_000;

/// A6's `retryThrottling`: repeats stop while too many answers are failures, so that they do not keep a server down
/// that is trying to get up.
#[derive(Debug)]
pub(crate) struct Throttle {
    max: u32,
    ratio: u32,
    tokens: AtomicU32,
}

impl Throttle {
    /// A full budget of `max` tokens, where a success gives back `ratio`; both in thousandths of a token.
    pub(crate) fn new(max: u32, ratio: u32) -> Self {
        Self { max, ratio, tokens: AtomicU32::new(max) }
    }

    /// Counts an answer, and says whether a call may now be repeated: only with more than half of the tokens.
    pub(super) fn count(&self, verdict: Verdict) -> bool {
        let after = |tokens: u32| match verdict {
            Verdict::Succeeded => tokens.saturating_add(self.ratio).min(self.max),
            Verdict::Retryable { .. } | Verdict::NoMore => tokens.saturating_sub(TOKEN),
            // The request's fault and not the server's.
            Verdict::Final => tokens,
        };
        // Nothing else is read by this, so no order with other memory is needed.
        let update = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| Some(after(it)));
        let (Ok(before) | Err(before)) = update;
        after(before) > self.max / 2
    }
}
