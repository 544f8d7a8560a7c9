//! Entropy weights (熵权法): an indicator weighs more, the more unevenly its values are spread over the places.
//!
//! Source: Shannon (1948); as a method of weighting: Zeleny (1982), Hwang and Yoon (1981). Nothing is added to a zero:
//! `0 · ln 0` is 0, and a shift would decide the result.

use super::{LeftOut, Objective, ValueFault, check_values, in_proportion, silent_columns};

/// Entropies beside the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Entropy {
    /// The weights.
    pub found: Objective,
    /// Entropy of each column, in 0..=1; `None` where it has none: fewer than two values, or only zeros.
    pub entropies: Vec<Option<f64>>,
}

/// Entropy weights of columns of dimensionless values.
///
/// `e = -(1 / ln n) Σ p ln p` with `p = z / Σ z`, over the `n` values that a column has; a missing cell is passed over,
/// so a column is judged by its own places alone. A constant column gets 0, so does one of zeros; where every column
/// does, all are equal.
///
/// # Errors
/// [`ValueFault`] for a value that is negative or no finite number.
pub fn entropy(columns: &[Vec<Option<f64>>]) -> Result<Entropy, ValueFault> {
    check_values(columns, true)?;
    let silent = silent_columns(columns);
    let entropies: Vec<Option<f64>> = columns
        .iter()
        .zip(&silent)
        .map(|(cells, silent)| match silent {
            Some(LeftOut::TooFew | LeftOut::AllZero) => None,
            // Exactly 1, and not what round-off makes of it.
            Some(LeftOut::Constant) => Some(1.0),
            None => Some(entropy_of(cells)),
        })
        .collect();
    let scores: Vec<f64> =
        entropies.iter().map(|entropy| entropy.map_or(0.0, |entropy| 1.0 - entropy)).collect();
    Ok(Entropy { found: in_proportion(&scores, &silent), entropies })
}

/// Entropy of a column with two values or more, not all of them 0.
fn entropy_of(cells: &[Option<f64>]) -> f64 {
    let values = || cells.iter().copied().flatten();
    let total: f64 = values().sum();
    let terms = values().filter(|value| *value > 0.0).map(|value| {
        let share = value / total;
        share * libm::log(share)
    });
    let count = values().count() as f64;
    (-terms.sum::<f64>() / libm::log(count)).clamp(0.0, 1.0)
}
