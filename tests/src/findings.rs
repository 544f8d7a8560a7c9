//! What rounds under fire find: how often was killed, what was acknowledged, and every promise that was broken.

use std::fmt;

/// Findings that are kept word for word; of the rest only the number.
const KEPT: usize = 20;

/// A promise that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// Acknowledged and not on record.
    Lost,
    /// On record more often than asked for.
    Doubled,
    /// On record and never asked for.
    Ghost,
    /// Half of something can be read, or what is read is not what was computed from what was said.
    Torn,
}

/// The sum of one round or of many.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Processes killed.
    pub kills: u64,
    /// Answers that promised something: chunks, batches, results.
    pub acknowledged: u64,
    /// Streams taken up behind something already on record, and runs begun again.
    pub resumed: u64,
    counts: [u64; 4],
    words: Vec<String>,
}

impl Findings {
    /// Those of a round that broke no promise yet.
    #[must_use]
    pub fn after(kills: u64, acknowledged: u64) -> Self {
        Self { kills, acknowledged, ..Self::default() }
    }

    /// Writes a breach down.
    pub fn breach(&mut self, breach: Breach, words: impl Into<String>) {
        self.counts[breach as usize] += 1;
        if self.words.len() < KEPT {
            self.words.push(format!("{breach:?}: {}", words.into()));
        }
    }

    /// How often a promise was broken.
    #[must_use]
    pub fn count(&self, breach: Breach) -> u64 {
        self.counts[breach as usize]
    }

    /// Adds those of another round.
    pub fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.acknowledged += other.acknowledged;
        self.resumed += other.resumed;
        for (sum, count) in self.counts.iter_mut().zip(other.counts) {
            *sum += count;
        }
        self.words.extend(other.words);
        self.words.truncate(KEPT);
    }

    /// Whether every promise was kept.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.counts == [0; 4]
    }

    /// With 95 % confidence, at most this share of kills does harm, if none was seen to: 1 - 0.05^(1/n). `None` if harm
    /// was seen, or nothing was killed.
    #[must_use]
    pub fn bound(&self) -> Option<f64> {
        (self.kills > 0 && self.is_clean()).then(|| bound(self.kills))
    }
}

/// The exact binomial upper bound for no failure in `trials`.
fn bound(trials: u64) -> f64 {
    1.0 - libm::pow(0.05, 1.0 / trials as f64)
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lost, doubled, ghosts, torn] = self.counts;
        let Self { kills, acknowledged, resumed, .. } = self;
        write!(f, "{kills} kills, {acknowledged} acknowledged, {resumed} resumed: ")?;
        write!(f, "{lost} lost, {doubled} doubled, {ghosts} ghosts, {torn} torn")?;
        if let Some(bound) = self.bound() {
            write!(f, "; at most {:.2} % of kills do harm (95 % confidence)", bound * 100.0)?;
        }
        self.words.iter().try_for_each(|words| write!(f, "\n  {words}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_kills_without_harm_bound_it_by_one_and_a_half_per_cent() {
        let clean = Findings::after(200, 0);
        assert!((clean.bound().unwrap() - 0.0149).abs() < 0.000_05);
        let mut harmed = clean.clone();
        harmed.breach(Breach::Torn, "half a run");
        assert_eq!((harmed.bound(), harmed.count(Breach::Torn), harmed.is_clean()), (None, 1, false));
        let mut sum = Findings::default();
        assert_eq!(sum.bound(), None);
        sum.add(harmed);
        assert!(sum.to_string().contains("1 torn\n  Torn: half a run"), "{sum}");
    }
}
