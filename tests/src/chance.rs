//! Chance with a seed: what a failing round did can be done again.
//!
//! The seed fixes every decision (whom to kill, after how long, what to deliver); when the machine gets to it is its own.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A stream of decisions.
#[derive(Debug, Clone)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A stream of its own for another actor, so that the order in which actors run changes nobody's decisions.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self::seeded(self.0.next_u64())
    }

    /// Any of 64 bits.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 to below `end`, which is at least 1. The bias of the remainder is below 2⁻³² for what tests ask for.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// From 0 to `longest`, in microseconds.
    pub fn within(&mut self, longest: Duration) -> Duration {
        let longest = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX - 1);
        Duration::from_micros(self.below(longest + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_decisions_and_forks_are_streams_of_their_own() {
        let draw = |mut chance: Chance| [chance.number(), chance.below(10), chance.number()];
        assert_eq!(draw(Chance::seeded(7)), draw(Chance::seeded(7)));
        assert_ne!(draw(Chance::seeded(7)), draw(Chance::seeded(8)));
        let mut parent = Chance::seeded(7);
        assert_ne!(draw(parent.fork()), draw(parent.fork()));
        assert!(parent.within(Duration::from_millis(3)) <= Duration::from_millis(3));
    }
}
