//! The coefficient of variation (变异系数法): an indicator weighs more, the more its values differ against their mean.
//!
//! Source: the usual one of Chinese texts on comprehensive evaluation; the coefficient is Pearson's (1896).

use super::spread::{deviation, mean};
use super::{Objective, ValueFault, check_values, in_proportion, silent_columns};

/// Weights in proportion to `s / mean` of columns of dimensionless values, `s` over `n - 1`, both over the values that a
/// column has.
///
/// A constant column gets 0, so does one of zeros; where every column does, all are equal. Choosing a place as the zero
/// of a scale decides this coefficient: it belongs on values in 0..=1 whose 0 means "worst", and nowhere else.
///
/// # Errors
/// [`ValueFault`] for a value that is negative or no finite number.
pub fn variation(columns: &[Vec<Option<f64>>]) -> Result<Objective, ValueFault> {
    check_values(columns, true)?;
    let silent = silent_columns(columns);
    let of_column =
        |(at, cells): (usize, &Vec<Option<f64>>)| match (silent[at], deviation(cells), mean(cells)) {
            (None, Some(deviation), Some(mean)) => deviation / mean,
            _ => 0.0,
        };
    let scores: Vec<f64> = columns.iter().enumerate().map(of_column).collect();
    Ok(in_proportion(&scores, &silent))
}
