//! Correlation (相关) of two columns, over the places that have both.

use super::together;

/// How two columns go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correlation {
    /// Product-moment correlation (Pearson), -1..=1: how well a straight line through them fits.
    pub pearson: f64,
    /// Rank correlation (Spearman), -1..=1: whether one rises when the other does, in whatever curve.
    pub spearman: f64,
    /// Places that have both.
    pub places: usize,
}

impl Correlation {
    /// The correlation of two columns of equal length; `None` with fewer than three places in common, or where one of the
    /// columns does not vary over them.
    ///
    /// Tied values share the mean of their ranks, and the rank correlation is the product-moment correlation of the
    /// ranks, which is right with ties where the shortcut `1 - 6Σd²/(n³-n)` is not.
    ///
    /// Source: K. Pearson (1895); C. Spearman (American Journal of Psychology 15, 1904).
    #[must_use]
    pub fn of(left: &[Option<f64>], right: &[Option<f64>]) -> Option<Self> {
        let (left, right) = together(left, right);
        if left.len() < 3 {
            return None;
        }
        let pearson = pearson(&left, &right)?;
        let spearman = self::pearson(&ranks(&left), &ranks(&right))?;
        Some(Self { pearson, spearman, places: left.len() })
    }

    /// Whether it differs from 0 by more than chance: beyond two standard errors, `2/√n`, of a correlation that is 0.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.pearson * self.pearson * self.places as f64 > 4.0
    }
}

/// The product-moment correlation; `None` where a list does not vary.
pub(super) fn pearson(left: &[f64], right: &[f64]) -> Option<f64> {
    let count = left.len() as f64;
    let means = [left, right].map(|list| list.iter().sum::<f64>() / count);
    let (mut products, mut squares) = (0.0, [0.0, 0.0]);
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left - means[0], right - means[1]);
        products += left * right;
        squares[0] += left * left;
        squares[1] += right * right;
    }
    if !varies(squares[0], means[0], count) || !varies(squares[1], means[1], count) {
        return None;
    }
    Some((products / (squares[0].sqrt() * squares[1].sqrt())).clamp(-1.0, 1.0))
}

/// Whether a sum of squared deviations is more than the round-off around its mean.
pub(super) fn varies(squares: f64, mean: f64, count: f64) -> bool {
    let round_off = 1e-12 * mean.abs();
    squares > count * round_off * round_off && squares > 0.0
}

/// Ranks from 1 for the least; tied values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&left, &right| values[left].total_cmp(&values[right]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0_usize;
    for tied in order.chunk_by(|&left, &right| values[left].total_cmp(&values[right]).is_eq()) {
        let shared = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&at| ranks[at] = shared);
        before += tied.len();
    }
    ranks
}
