//! Damage done to honest inputs, the same for the same seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::Target;

/// Longest input.
const LONGEST: usize = 64 * 1024;
/// Most damages of one input.
const DAMAGES: usize = 6;

/// Inputs for a target, without end.
pub struct Mutations {
    target: Target,
    seeds: Vec<Vec<u8>>,
    random: ChaCha8Rng,
}

impl Mutations {
    /// Those of a seed.
    #[must_use]
    pub fn of(target: Target, seed: u64) -> Self {
        Self { target, seeds: target.seeds(), random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// A number below `limit`, 0 if that is 0.
    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).expect("64 bits");
        usize::try_from(self.random.next_u64() % limit).expect("below a length")
    }

    /// A range of an input, short ones more often.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let bits = self.below(10);
        let most = (length - start).min(1 << bits);
        start..start + self.below(most + 1)
    }

    fn damage(&mut self, input: &mut Vec<u8>) {
        let length = input.len();
        let at = self.below(length + 1);
        match self.below(8) {
            0 => input.truncate(at),
            1 => drop(input.drain(self.range(length))),
            2 => {
                let again = input[self.range(length)].to_vec();
                input.splice(at..at, again);
            }
            3 => {
                let words = self.target.words();
                let word = words[self.below(words.len())];
                input.splice(at..at, word.iter().copied());
            }
            4 => {
                let other = self.below(self.seeds.len());
                let range = self.range(self.seeds[other].len());
                input.splice(at..at, self.seeds[other][range].to_vec());
            }
            5 if length > 0 => input[at.min(length - 1)] ^= 1 << self.below(8),
            6 if length > 0 => {
                let extremes = [0, 1, 0x7f, 0x80, 0xfe, 0xff, b'0', b'9', b'\n', b' '];
                input[at.min(length - 1)] = extremes[self.below(extremes.len())];
            }
            _ => input.insert(at, u8::try_from(self.below(256)).expect("a byte")),
        }
    }
}

impl Iterator for Mutations {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let seed = self.below(self.seeds.len());
        let mut input = self.seeds[seed].clone();
        for _ in 0..=self.below(DAMAGES) {
            self.damage(&mut input);
        }
        input.truncate(LONGEST);
        Some(input)
    }
}
