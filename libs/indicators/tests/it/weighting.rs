//! Weights against published numbers, laws, and the edges where peers break.

mod judging;
mod laws;
mod schemes;
mod vectors;

/// Columns of rows: a published table as its paper prints it.
fn columns_of(rows: &[&[f64]]) -> Vec<Vec<Option<f64>>> {
    (0..rows[0].len()).map(|column| rows.iter().map(|row| Some(row[column])).collect()).collect()
}

/// Rescales columns between their own extremes.
fn min_max(columns: &[Vec<Option<f64>>]) -> Vec<Vec<Option<f64>>> {
    let rescale = |cells: &Vec<Option<f64>>| {
        let values = || cells.iter().copied().flatten();
        let (lowest, highest) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
        cells.iter().map(|cell| cell.map(|value| (value - lowest) / (highest - lowest))).collect()
    };
    columns.iter().map(rescale).collect()
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }
}
