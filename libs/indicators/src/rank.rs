//! Ranks (排名) and percentiles within one type.
//!
//! Source: specification page 1, section 1.7, and page 5, section 5.1.

use crate::column::present;

/// Where a score stands among its peers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Competition rank: 1 is the best, ties share the better rank.
    pub rank: usize,
    /// `100 · (below + 0.5 · (ties - 1)) / (n - 1)`, in 0..=100; `None` where there is a single score.
    pub percentile: Option<f64>,
}

/// Standings at one node: a cell a place.
#[derive(Clone, Debug)]
pub struct StandingColumn {
    /// 0 where there is none.
    ranks: Vec<usize>,
    /// NaN where there is none.
    percentiles: Vec<f64>,
}

impl StandingColumn {
    /// A column of `len` places without a standing.
    #[must_use]
    pub fn missing(len: usize) -> Self {
        Self { ranks: vec![0; len], percentiles: vec![f64::NAN; len] }
    }

    /// How many places it has, those without a standing included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// Whether it has no places.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// The standing of a place.
    ///
    /// # Panics
    /// If the place is not in `0..len`.
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Standing> {
        read(self.ranks[place], self.percentiles[place])
    }

    /// Puts a standing in its place.
    pub(crate) fn set(&mut self, place: usize, standing: Option<Standing>) {
        self.ranks[place] = standing.map_or(0, |standing| standing.rank);
        self.percentiles[place] = standing.and_then(|standing| standing.percentile).unwrap_or(f64::NAN);
    }

    /// Standings in the order of their places.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<Standing>> + Clone + '_ {
        self.ranks.iter().zip(&self.percentiles).map(|(&rank, &percentile)| read(rank, percentile))
    }
}

impl PartialEq for StandingColumn {
    /// The same standings of the same places.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

fn read(rank: usize, percentile: f64) -> Option<Standing> {
    (rank > 0).then(|| Standing { rank, percentile: present(percentile) })
}

/// Ranks scores of one type, best first; a missing score has no standing and does not count.
///
/// Scores are rounded to `decimals` (halves away from zero) before they are compared, for rank and percentile alike,
/// so that scores equal but for round-off tie.
#[must_use]
pub fn standings(scores: &[Option<f64>], decimals: u32) -> Vec<Option<Standing>> {
    let shift = (0..decimals).fold(1.0, |power, _| power * 10.0);
    let mut order: Vec<(f64, usize)> = scores
        .iter()
        .enumerate()
        // Adding 0 turns -0 into 0, which the total order would otherwise tell apart.
        .filter_map(|(at, score)| score.map(|score| ((score * shift).round() + 0.0, at)))
        .collect();
    order.sort_unstable_by(|(left, _), (right, _)| right.total_cmp(left));

    let count = order.len();
    let mut standings = vec![None; scores.len()];
    let mut above = 0;
    for tied in order.chunk_by(|(left, _), (right, _)| left.total_cmp(right).is_eq()) {
        let below = count - above - tied.len();
        let others_tied = tied.len() - 1;
        let percentile =
            (count > 1).then(|| 100.0 * (below as f64 + 0.5 * others_tied as f64) / (count - 1) as f64);
        for &(_, at) in tied {
            standings[at] = Some(Standing { rank: above + 1, percentile });
        }
        above += tied.len();
    }
    standings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranks(scores: &[Option<f64>], decimals: u32) -> Vec<Option<usize>> {
        standings(scores, decimals)
            .into_iter()
            .map(|standing| standing.map(|standing| standing.rank))
            .collect()
    }

    fn percentiles(scores: &[f64]) -> Vec<Option<f64>> {
        let scores: Vec<Option<f64>> = scores.iter().copied().map(Some).collect();
        standings(&scores, 9)
            .into_iter()
            .map(|standing| standing.and_then(|standing| standing.percentile))
            .collect()
    }

    #[test]
    fn ties_share_the_better_rank_and_a_missing_score_has_none() {
        let scores = [Some(10.0), Some(20.0), Some(20.0), Some(40.0), None];
        assert_eq!(ranks(&scores, 9), [Some(4), Some(2), Some(2), Some(1), None]);
    }

    #[test]
    fn the_worked_example_of_the_specification_comes_out() {
        let scores = [80.0, 70.0, 70.0, 60.0];
        assert_eq!(ranks(&scores.map(Some), 9), [Some(1), Some(2), Some(2), Some(4)]);
        assert_eq!(percentiles(&scores), [Some(100.0), Some(50.0), Some(50.0), Some(0.0)]);
    }

    #[test]
    fn a_single_score_has_a_rank_and_no_percentile() {
        assert_eq!(standings(&[Some(3.0), None], 9), [Some(Standing { rank: 1, percentile: None }), None]);
    }

    #[test]
    fn all_tied_stand_in_the_middle() {
        assert_eq!(percentiles(&[5.0, 5.0, 5.0]), [Some(50.0); 3]);
    }

    #[test]
    fn scores_equal_but_for_round_off_tie() {
        assert_eq!(ranks(&[Some(70.0), Some(70.0 - 1e-12), Some(70.1)], 9), [Some(2), Some(2), Some(1)]);
        assert_eq!(ranks(&[Some(0.0), Some(-0.0)], 9), [Some(1), Some(1)]);
    }

    #[test]
    fn rounding_before_ranking_is_declared_in_decimals_and_halves_go_away_from_zero() {
        assert_eq!(ranks(&[Some(0.9424), Some(0.9421), Some(0.943)], 3), [Some(2), Some(2), Some(1)]);
        assert_eq!(
            ranks(&[Some(0.5), Some(1.0), Some(-0.5), Some(-1.0)], 0),
            [Some(1), Some(1), Some(3), Some(3)]
        );
    }
}
