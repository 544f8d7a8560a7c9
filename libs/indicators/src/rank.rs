//! Ranks (排名) and percentiles within one type.
//!
//! Source: specification page 1, section 1.7, and page 5, section 5.1.

mod order;

use crate::column::present;
pub(crate) use order::Order;

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
    ranks: Vec<u32>,
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

    /// Ranks `places` among each other by their scores, which lie in a column of all places (NaN: none); other places
    /// keep what they have.
    pub(crate) fn rank(&mut self, order: &mut Order, scores: &[f64], decimals: u32, places: &[usize]) {
        let (ties, count) = order.standings(scores, places, shift_of(decimals));
        let (count, others) = (f64::from(count), f64::from(count.saturating_sub(1)));
        for (&place, tied) in places.iter().zip(ties) {
            let below = count - f64::from(tied.above) - f64::from(tied.count);
            // One score alone divides nothing by nothing, which is no number: it has no percentile.
            let percentile = 100.0 * (below + 0.5 * (f64::from(tied.count) - 1.0)) / others;
            let has_score = tied.count > 0;
            self.ranks[place] = if has_score { tied.above + 1 } else { 0 };
            self.percentiles[place] = if has_score { percentile } else { f64::NAN };
        }
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

fn read(rank: u32, percentile: f64) -> Option<Standing> {
    let rank = usize::try_from(rank).unwrap_or(usize::MAX);
    (rank > 0).then(|| Standing { rank, percentile: present(percentile) })
}

/// Ranks alone, where there are so many of them that percentiles would be a waste: a cell a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RankColumn {
    /// 0 where there is none.
    ranks: Vec<u32>,
}

impl RankColumn {
    /// How many places it has, those without a rank included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// Whether it has no places.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// The competition rank of a place, 1 is the best; `None` where it has no score.
    ///
    /// # Panics
    /// If the place is not in `0..len`.
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize) -> Option<usize> {
        read(self.ranks[place], f64::NAN).map(|standing| standing.rank)
    }

    /// Ranks in the order of their places.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<usize>> + Clone + '_ {
        (0..self.len()).map(|place| self.get(place))
    }

    /// The ranks as numbers, 0 where there is none.
    pub(crate) fn cells(&self) -> &[u32] {
        &self.ranks
    }

    /// Ranks scores (NaN: none) anew.
    pub(crate) fn rank(&mut self, order: &mut Order, scores: &[f64], shift: f64) {
        self.ranks.resize(scores.len(), 0);
        order.ranks(scores, shift, &mut self.ranks);
    }
}

/// Ranks scores of one type, best first; a missing score has no standing and does not count.
///
/// Scores are rounded to `decimals` (halves away from zero) before they are compared, for rank and percentile alike,
/// so that scores equal but for round-off tie.
#[must_use]
pub fn standings(scores: &[Option<f64>], decimals: u32) -> Vec<Option<Standing>> {
    let scores: Vec<f64> = scores.iter().map(|score| score.unwrap_or(f64::NAN)).collect();
    let places: Vec<usize> = (0..scores.len()).collect();
    let mut standings = StandingColumn::missing(scores.len());
    standings.rank(&mut Order::default(), &scores, decimals, &places);
    standings.iter().collect()
}

/// 10 to the power of `decimals`.
pub(crate) fn shift_of(decimals: u32) -> f64 {
    (0..decimals).fold(1.0, |power, _| power * 10.0)
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
