//! Correlation (相关) of two lists of equal length.
//!
//! Source: K. Pearson (1895); C. Spearman (American Journal of Psychology 15, 1904).

/// The cells of two columns where both have a value.
pub(crate) fn together(left: &[Option<f64>], right: &[Option<f64>]) -> (Vec<f64>, Vec<f64>) {
    // Adding 0 turns -0 into 0, which the total order would otherwise tell apart.
    let both = |(left, right): (&Option<f64>, &Option<f64>)| Some(((*left)? + 0.0, (*right)? + 0.0));
    left.iter().zip(right).filter_map(both).unzip()
}

/// The product-moment correlation, in -1..=1; `None` where a list does not vary.
pub(crate) fn pearson(left: &[f64], right: &[f64]) -> Option<f64> {
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

/// The product-moment correlation of the ranks, which is right with ties where the shortcut `1 - 6Σd²/(n³-n)` is not.
pub(crate) fn spearman(left: &[f64], right: &[f64]) -> Option<f64> {
    pearson(&mean_ranks(left), &mean_ranks(right))
}

/// Whether a sum of squared deviations is more than the round-off around its mean.
pub(crate) fn varies(squares: f64, mean: f64, count: f64) -> bool {
    let round_off = 1e-12 * mean.abs();
    squares > count * round_off * round_off && squares > 0.0
}

/// Ranks from 1 for the least; tied values share the mean of their ranks.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_does_not_vary_or_is_too_short_correlates_with_nothing() {
        for short in [&[] as &[f64], &[1.0], &[0.3, 0.3, 0.3]] {
            assert_eq!((pearson(short, short), spearman(short, short)), (None, None));
        }
        assert_eq!(spearman(&[1.0, 2.0], &[5.0, 3.0]).map(f64::round), Some(-1.0));
    }
}
