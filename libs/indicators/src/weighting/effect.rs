//! What other weights do to a ranking (排名影响).
//!
//! Source: the mean shift is `R_S` of OECD/JRC, *Handbook on Constructing Composite Indicators* (2008), section 7.

use crate::correlation::spearman;

/// How one ranking differs from another of the same places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankShift {
    /// Places with a rank in both.
    pub places: usize,
    /// Mean of the absolute differences of rank; `None` without places.
    pub mean: Option<f64>,
    /// Greatest absolute difference of rank.
    pub greatest: usize,
    /// Spearman's correlation of the two; `None` for fewer than two places, or where all places tie in one of them.
    pub spearman: Option<f64>,
    /// Places that are among the best tenth of the second alone.
    pub entering: usize,
    /// Places that are among the best tenth of the first alone.
    pub leaving: usize,
}

/// Compares two rankings: a rank a place from 1, `None` where it has none.
///
/// The best tenth are the ranks up to a tenth of the places ranked, rounded up; with ties there may be more places.
///
/// # Panics
/// If the rankings are not of one length.
#[must_use]
pub fn rank_shift(first: &[Option<usize>], second: &[Option<usize>]) -> RankShift {
    assert_eq!(first.len(), second.len(), "two rankings of the same places");
    let both: Vec<(usize, usize)> =
        first.iter().zip(second).filter_map(|(first, second)| first.zip(*second)).collect();
    let shifts = || both.iter().map(|(first, second)| first.abs_diff(*second));
    let best = both.len().div_ceil(10);
    let count = |is: fn(bool, bool) -> bool| {
        both.iter().filter(|(first, second)| is(*first <= best, *second <= best)).count()
    };
    let cells =
        |of: fn(&(usize, usize)) -> usize| -> Vec<f64> { both.iter().map(|pair| of(pair) as f64).collect() };
    RankShift {
        places: both.len(),
        mean: (!both.is_empty()).then(|| shifts().sum::<usize>() as f64 / both.len() as f64),
        greatest: shifts().max().unwrap_or(0),
        spearman: spearman(&cells(|pair| pair.0), &cells(|pair| pair.1)),
        entering: count(|before, after| !before && after),
        leaving: count(|before, after| before && !after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rankings_are_compared_over_the_places_that_both_rank() {
        let first: Vec<Option<usize>> = (1..=10).map(Some).chain([None, Some(11)]).collect();
        let mut second = first.clone();
        second.swap(0, 9);
        second[11] = None;
        let found = rank_shift(&first, &second);
        assert_eq!((found.places, found.greatest, found.entering, found.leaving), (10, 9, 1, 1));
        assert_eq!(found.mean, Some(1.8));
        // 1 - 6 Σd² / (n (n² - 1)) with Σd² = 2 · 81.
        assert!((found.spearman.unwrap() - (1.0 - 6.0 * 162.0 / 990.0)).abs() < 1e-12);
    }

    #[test]
    fn where_nothing_is_ranked_there_is_no_shift() {
        let found = rank_shift(&[None, Some(1)], &[Some(1), None]);
        assert_eq!((found.places, found.mean, found.spearman), (0, None, None));
        assert_eq!(rank_shift(&[Some(1), Some(1)], &[Some(1), Some(2)]).spearman, None);
    }
}
