//! Spread and correlation of columns with gaps.

/// Mean of the values there are; `None` without one.
pub(super) fn mean(cells: &[Option<f64>]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in cells.iter().copied().flatten() {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

/// Standard deviation (over `n - 1`) of the values there are; `None` with fewer than two.
pub(super) fn deviation(cells: &[Option<f64>]) -> Option<f64> {
    let mean = mean(cells)?;
    let (mut squares, mut count) = (0.0, 0_usize);
    for value in cells.iter().copied().flatten() {
        squares += (value - mean) * (value - mean);
        count += 1;
    }
    (count > 1).then(|| (squares / (count - 1) as f64).sqrt())
}

/// Pearson's correlation over the rows where both columns have a value, every moment from these rows; in -1..=1. `None`
/// with fewer than two of them, or where one column does not differ there.
pub(super) fn pearson(left: &[Option<f64>], right: &[Option<f64>]) -> Option<f64> {
    let pairs: Vec<(f64, f64)> =
        left.iter().zip(right).filter_map(|(left, right)| left.zip(*right)).collect();
    correlation(&pairs)
}

/// Spearman's correlation: Pearson's of the ranks among the shared rows, ties sharing their mean rank.
pub(super) fn spearman(left: &[Option<f64>], right: &[Option<f64>]) -> Option<f64> {
    let pairs: Vec<(f64, f64)> =
        left.iter().zip(right).filter_map(|(left, right)| left.zip(*right)).collect();
    let ranks = |of: fn(&(f64, f64)) -> f64| mean_ranks(&pairs.iter().map(of).collect::<Vec<f64>>());
    let (left, right) = (ranks(|pair| pair.0), ranks(|pair| pair.1));
    correlation(&left.into_iter().zip(right).collect::<Vec<_>>())
}

fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = pairs.len();
    if count < 2 {
        return None;
    }
    let left_mean = pairs.iter().map(|pair| pair.0).sum::<f64>() / count as f64;
    let right_mean = pairs.iter().map(|pair| pair.1).sum::<f64>() / count as f64;
    let (mut both, mut left, mut right) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        let (x, y) = (x - left_mean, y - right_mean);
        both += x * y;
        left += x * x;
        right += y * y;
    }
    // A column that differs by the round-off of its mean alone does not differ.
    let floor = |mean: f64| 1e-24 * mean * mean * count as f64;
    (left > floor(left_mean) && right > floor(right_mean))
        .then(|| (both / (left.sqrt() * right.sqrt())).clamp(-1.0, 1.0))
}

/// Ranks from 1, least first, ties sharing their mean rank.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|left, right| values[*left].total_cmp(&values[*right]).is_eq()) {
        let rank = below as f64 + (tied.len() + 1) as f64 / 2.0;
        tied.iter().for_each(|at| ranks[*at] = rank);
        below += tied.len();
    }
    ranks
}
