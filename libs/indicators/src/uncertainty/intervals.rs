//! Rank intervals (排名区间): where a place stands in nine of ten draws.

use crate::spread::Between;

/// Where a place stands in the draws that gave it a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankInterval {
    /// Draws with a score, at least 1.
    pub scored: usize,
    /// The 5 % quantile of its ranks: nineteen of twenty draws are no better.
    pub low: f64,
    /// The median of its ranks.
    pub median: f64,
    /// The 95 % quantile of its ranks.
    pub high: f64,
    /// The share of all draws, 0..=1, in which it stands among the best tenth of the scored places of its type, the tenth
    /// rounded up.
    pub top_tenth: f64,
}

/// How often a place had each rank, from its best to its worst: counted, not sorted, as ranks are whole numbers that lie
/// close together.
#[derive(Clone, Debug, Default)]
pub(crate) struct RankCounts {
    counts: Vec<u32>,
}

impl RankCounts {
    /// The interval of a place from its rank in each draw (0 where it has none), beside the last rank of the best tenth in
    /// each; `None` where it has a rank in none.
    pub(crate) fn interval(&mut self, ranks: &[u32], tenths: &[u32]) -> Option<RankInterval> {
        let (mut best, mut worst, mut scored, mut top) = (u32::MAX, 0, 0_u32, 0_u32);
        for (&rank, &tenth) in ranks.iter().zip(tenths) {
            // No rank is 0, which here is the number behind all others.
            let behind = rank.wrapping_sub(1);
            best = best.min(behind);
            worst = worst.max(rank);
            scored += u32::from(rank > 0);
            top += u32::from(behind < tenth);
        }
        if scored == 0 {
            return None;
        }
        let best = best + 1;
        // The last one takes what is no rank.
        let none = index(worst - best) + 1;
        self.counts.clear();
        self.counts.resize(none + 1, 0);
        for &rank in ranks {
            self.counts[index(rank.wrapping_sub(best)).min(none)] += 1;
        }
        let scored = index(scored);
        let mut walk = Walk { counts: &self.counts, best, at: 0, passed: 0 };
        Some(RankInterval {
            scored,
            low: walk.quantile(scored, 0.05),
            median: walk.quantile(scored, 0.5),
            high: walk.quantile(scored, 0.95),
            top_tenth: f64::from(top) / ranks.len() as f64,
        })
    }
}

/// A walk over counted ranks, from the best on.
#[derive(Clone, Copy)]
struct Walk<'a> {
    counts: &'a [u32],
    best: u32,
    at: usize,
    /// Ranks before `at`.
    passed: usize,
}

impl Walk<'_> {
    /// A quantile of so many ranks, which is not below the one asked for before.
    fn quantile(&mut self, ranks: usize, share: f64) -> f64 {
        let Some(between) = Between::of(ranks, share) else { return 0.0 };
        let below = self.nth(between.below);
        // The one after may lie behind the beginning of the next quantile: the walk itself stays.
        between.on_the_line(below, { *self }.nth(between.above))
    }

    /// The n-th rank, counted from 0, which is not below the one asked for before.
    fn nth(&mut self, n: usize) -> f64 {
        while self.passed + index(self.counts[self.at]) <= n {
            self.passed += index(self.counts[self.at]);
            self.at += 1;
        }
        f64::from(self.best) + self.at as f64
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::spread::Sorted;

    fn interval(ranks: &[u32], tenths: &[u32]) -> Option<RankInterval> {
        RankCounts::default().interval(ranks, tenths)
    }

    #[test]
    fn quantiles_are_those_of_type_7() {
        // R: quantile(c(1,2,4,8,16), c(.05,.5,.95), type = 7)
        let found = interval(&[8, 1, 16, 2, 4], &[0; 5]).unwrap();
        let expected = [1.2, 4.0, 14.4];
        let found = [found.low, found.median, found.high];
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12));
        assert!((interval(&[7], &[0]).unwrap().low - 7.0).abs() < 1e-12);
    }

    #[test]
    fn the_best_tenth_is_counted_over_all_draws() {
        let first = interval(&[1, 1, 2, 0], &[1; 4]).unwrap();
        assert_eq!((first.scored, first.top_tenth.to_bits()), (3, 0.5_f64.to_bits()));
        assert_eq!(interval(&[2, 0, 1, 0], &[1; 4]).unwrap().scored, 2);
        assert_eq!(interval(&[0, 0], &[1; 2]), None);
        assert_eq!(interval(&[], &[]), None);
    }

    proptest! {
        #[test]
        fn counting_finds_what_sorting_does(
            ranks in vec(prop_oneof![1 => Just(0_u32), 4 => 1..9_u32, 4 => 1_000..1_200_u32], 1..300),
        ) {
            let sorted = Sorted::of(ranks.iter().filter(|&&rank| rank > 0).map(|&rank| f64::from(rank)));
            let found = interval(&ranks, &vec![3; ranks.len()]);
            let figures = found.map(|found| [found.low, found.median, found.high].map(f64::to_bits));
            let expected = [0.05, 0.5, 0.95].map(|share| sorted.quantile(share).map(f64::to_bits));
            prop_assert_eq!(figures.map_or([None; 3], |figures| figures.map(Some)), expected);
            prop_assert_eq!(found.map_or(0, |found| found.scored), sorted.values().len());
        }
    }
}
