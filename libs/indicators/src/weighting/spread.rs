//! Spread of columns with gaps.

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
