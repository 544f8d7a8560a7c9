//! The tally of ranks (排名计数): what became of each place in many runs.

use std::ops::Range;

use crate::rank::RankColumn;

/// Members counted side by side.
const TILE: usize = 16;

/// The ranks of some places in many runs, four bytes each.
#[derive(Clone, Debug)]
pub struct RankTally {
    members: usize,
    /// `[run][tile]`, 0 where there is none and behind the last member.
    ranks: Vec<[u32; TILE]>,
    /// The last rank that is in the top tenth, by run.
    top: Vec<u32>,
}

/// Where a place stood in many runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankSummary {
    /// 5 % of the ranks lie below it.
    pub lower: f64,
    /// The median rank.
    pub median: f64,
    /// 95 % of the ranks lie below it.
    pub upper: f64,
    /// Share of these runs in which the rank was among the best tenth of those ranked (a tenth rounded up), in 0..=1.
    pub top_tenth: f64,
    /// In how many runs the place had a rank: what the other figures rest on.
    pub draws: usize,
}

/// A stretch of a tally's runs.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    tiles: usize,
    members: usize,
    ranks: &'a mut [[u32; TILE]],
    top: &'a mut [u32],
}

impl RankTally {
    /// No ranks yet of so many members in so many runs.
    #[must_use]
    pub fn new(members: usize, runs: usize) -> Self {
        Self { members, ranks: vec![[0; TILE]; runs * members.div_ceil(TILE)], top: vec![0; runs] }
    }

    /// Keeps the ranks of one run, a rank a member; an earlier record of the same run is gone.
    ///
    /// # Panics
    /// If the run is not one of those announced, or there is not one rank for each member.
    pub fn record(&mut self, run: usize, ranks: &RankColumn) {
        assert_eq!(ranks.len(), self.members, "a rank for each member");
        let runs = self.top.len();
        self.rows(runs).for_each(|mut rows| rows.record(run, ranks, 0));
    }

    /// Stretches of so many runs.
    pub(super) fn rows(&mut self, runs: usize) -> impl Iterator<Item = Rows<'_>> {
        let (tiles, members) = (self.members.div_ceil(TILE), self.members);
        let ranks = self.ranks.chunks_mut((tiles * runs).max(1));
        ranks.zip(self.top.chunks_mut(runs.max(1))).map(move |(ranks, top)| Rows {
            tiles,
            members,
            ranks,
            top,
        })
    }

    /// Where each member stood; `None` where it had no rank in any run.
    ///
    /// Quantiles are of type 7: between the two ranks next to `p·(n - 1)`, counted from 0, on the straight line.
    #[must_use]
    pub fn summaries(&self) -> Vec<Option<RankSummary>> {
        let tiles = self.members.div_ceil(TILE);
        let mut counts = Vec::new();
        let mut found = Vec::with_capacity(tiles * TILE);
        for tile in 0..tiles {
            let rows = || self.ranks.iter().skip(tile).step_by(tiles);
            let reach = Reach::of(rows().zip(&self.top));
            let lists = reach.count(&mut counts, rows());
            for (lane, list) in lists.into_iter().enumerate() {
                found.push(reach.summarise(lane, &counts[list]));
            }
        }
        found.truncate(self.members);
        found
    }
}

impl Rows<'_> {
    /// Keeps the ranks of the members from `first` on.
    pub(super) fn record(&mut self, run: usize, ranks: &RankColumn, first: usize) {
        let kept = &ranks.cells()[first..first + self.members];
        let tiles = &mut self.ranks[run * self.tiles..(run + 1) * self.tiles];
        for (tile, ranks) in tiles.iter_mut().zip(kept.chunks(TILE)) {
            tile[..ranks.len()].copy_from_slice(ranks);
        }
        let ranked = u32::try_from(ranks.ranked()).unwrap_or(u32::MAX);
        self.top[run] = ranked.div_ceil(10);
    }
}

/// How far the ranks of a tile reach.
struct Reach {
    /// The best rank, `u32::MAX` where there is none.
    best: [u32; TILE],
    /// The worst rank.
    worst: [u32; TILE],
    /// Ranks there are.
    ranked: [u32; TILE],
    /// Ranks in the top tenth.
    top: [u32; TILE],
}

impl Reach {
    fn of<'a>(rows: impl Iterator<Item = (&'a [u32; TILE], &'a u32)>) -> Self {
        let mut reach = Self { best: [u32::MAX; TILE], worst: [0; TILE], ranked: [0; TILE], top: [0; TILE] };
        for (ranks, &top) in rows {
            for (lane, &rank) in ranks.iter().enumerate() {
                // No rank is 0, which here is the number behind all others.
                let behind = rank.wrapping_sub(1);
                reach.best[lane] = reach.best[lane].min(behind);
                reach.worst[lane] = reach.worst[lane].max(rank);
                reach.ranked[lane] += u32::from(rank > 0);
                reach.top[lane] += u32::from(behind < top);
            }
        }
        reach.best.iter_mut().for_each(|best| *best = best.saturating_add(1));
        reach
    }

    /// Counts each lane's ranks from its best to its worst; the ranges of `counts` that hold them.
    fn count<'a>(
        &self,
        counts: &mut Vec<u32>,
        rows: impl Iterator<Item = &'a [u32; TILE]>,
    ) -> [Range<usize>; TILE] {
        let mut end = 0;
        let lists = std::array::from_fn(|lane| {
            let start = end;
            end += index((self.worst[lane] + 1).saturating_sub(self.best[lane]));
            start..end
        });
        counts.clear();
        // The last one takes what is no rank.
        counts.resize(end + 1, 0);
        for ranks in rows {
            for (lane, &rank) in ranks.iter().enumerate() {
                let at = if rank == 0 { end } else { lists[lane].start + index(rank - self.best[lane]) };
                counts[at] += 1;
            }
        }
        lists
    }

    fn summarise(&self, lane: usize, counts: &[u32]) -> Option<RankSummary> {
        let ranked = self.ranked[lane];
        if ranked == 0 {
            return None;
        }
        let mut walk = Walk { counts, at: 0, passed: 0, first: f64::from(self.best[lane]) };
        Some(RankSummary {
            lower: walk.quantile(ranked, 1, 20),
            median: walk.quantile(ranked, 1, 2),
            upper: walk.quantile(ranked, 19, 20),
            top_tenth: f64::from(self.top[lane]) / f64::from(ranked),
            draws: index(ranked),
        })
    }
}

/// A walk over counted ranks, from the best on.
struct Walk<'a> {
    counts: &'a [u32],
    at: usize,
    /// Ranks before `at`.
    passed: u32,
    first: f64,
}

impl Walk<'_> {
    /// The quantile `numerator/denominator`, which is not below the one asked for before.
    fn quantile(&mut self, ranked: u32, numerator: u32, denominator: u32) -> f64 {
        let place = u64::from(ranked - 1) * u64::from(numerator);
        let whole = u32::try_from(place / u64::from(denominator)).unwrap_or(u32::MAX);
        let part = u32::try_from(place % u64::from(denominator)).unwrap_or(0);
        let below = self.nth(whole);
        if part == 0 {
            return below;
        }
        // The one after may lie behind the next quantile's beginning: the walk itself stays.
        let next = Walk { counts: self.counts, ..*self }.nth(whole + 1);
        below + (next - below) * f64::from(part) / f64::from(denominator)
    }

    /// The n-th rank, counted from 0, which is not below the one asked for before.
    fn nth(&mut self, n: u32) -> f64 {
        while self.at + 1 < self.counts.len() && self.passed + self.counts[self.at] <= n {
            self.passed += self.counts[self.at];
            self.at += 1;
        }
        self.first + self.at as f64
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::Order;

    #[test]
    fn quantiles_lie_on_the_line_between_two_ranks_and_rest_on_the_runs_with_a_rank() {
        // Twenty places beside the first one, which stands at these ranks and has no score in the last run.
        let ranks = [4, 1, 3, 2, 5, 9, 0];
        let mut tally = RankTally::new(21, ranks.len());
        let (mut order, mut found) = (Order::default(), RankColumn::default());
        for (run, rank) in ranks.into_iter().enumerate() {
            let own = if rank == 0 { f64::NAN } else { 20.5 - f64::from(rank) };
            let scores: Vec<f64> = std::iter::once(own).chain((0..20).rev().map(f64::from)).collect();
            found.rank(&mut order, &scores, 10.0);
            assert_eq!(found.get(0), (rank > 0).then_some(index(rank)), "{run}");
            tally.record(run, &found);
        }
        // numpy.percentile([4, 1, 3, 2, 5, 9], [5, 50, 95]); the top tenth of 21 are three.
        let summary = tally.summaries()[0].unwrap();
        let close = |one: f64, other: f64| (one - other).abs() < 1e-12;
        assert!(close(summary.lower, 1.25) && close(summary.median, 3.5) && close(summary.upper, 8.0));
        assert!(close(summary.top_tenth, 0.5) && summary.draws == 6);
    }

    #[test]
    fn without_runs_nothing_is_known() {
        assert_eq!(RankTally::new(3, 0).summaries(), [None; 3]);
        assert!(RankTally::new(0, 5).summaries().is_empty());
    }
}
