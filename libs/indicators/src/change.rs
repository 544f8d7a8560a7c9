//! Derived indicators (派生指标): the change of a node's score since the period before.
//!
//! Source: specification page 1, section 1.7, second point.

use crate::base::{BaseValue, base_value};

/// A change smaller than this share of the catalog's scale is round-off and counts as none: otherwise places whose
/// index did not move would seem to differ, and the thresholds would measure nothing but the noise between them.
const ROUND_OFF: f64 = 1e-12;

/// The change of a score on a scale of 100 or 1; `None` unless both scores are there.
#[must_use]
pub fn change(before: Option<f64>, after: Option<f64>, scale: f64) -> Option<f64> {
    Some(without_round_off(after? - before?, scale))
}

/// The base value of a change: the mean of the changes between consecutive periods that both lie in the base periods.
///
/// `scores` are one place's scores in the base periods: consecutive, oldest first, `None` where there is no score.
#[must_use]
pub fn base_change(scores: &[Option<f64>], scale: f64) -> Option<BaseValue> {
    let base = base_value(scores.windows(2).map(|pair| change(pair[0], pair[1], scale)))?;
    // Changes that cancel each other leave round-off behind as well.
    Some(BaseValue { mean: without_round_off(base.mean, scale), ..base })
}

fn without_round_off(change: f64, scale: f64) -> f64 {
    if change.abs() <= ROUND_OFF * scale { 0.0 } else { change }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_needs_both_scores() {
        assert_eq!(change(Some(60.0), Some(57.5), 100.0), Some(-2.5));
        assert_eq!(change(None, Some(57.5), 100.0), None);
        assert_eq!(change(Some(60.0), None, 100.0), None);
    }

    #[test]
    fn round_off_is_no_change() {
        assert_eq!(change(Some(60.0), Some(60.0 + 1e-13), 100.0), Some(0.0));
        let there_and_back = base_change(&[Some(60.0), Some(63.3), Some(60.0 + 1e-13)], 100.0);
        assert_eq!(there_and_back, Some(BaseValue { mean: 0.0, periods: 2 }));
    }

    #[test]
    fn a_base_change_averages_consecutive_pairs_only() {
        let base = |scores: &[Option<f64>]| base_change(scores, 100.0).map(|base| (base.mean, base.periods));
        assert_eq!(base(&[Some(50.0), Some(52.0), Some(56.0)]), Some((3.0, 2)));
        assert_eq!(base(&[None, Some(52.0), Some(56.0)]), Some((4.0, 1)));
        assert_eq!(base(&[Some(50.0), None, Some(56.0)]), None);
        assert_eq!(base(&[Some(50.0)]), None);
    }
}
