//! CRITIC (criteria importance through intercriteria correlation): an indicator weighs more, the more its values differ
//! and the less the others say the same.
//!
//! Source: Diakoulaki, Mavrotas and Papayannakis, *Computers & Operations Research* 22(7), 1995.

use super::spread::deviation;
use super::{Objective, ValueFault, check_values, in_proportion, silent_columns};
use crate::correlation::{pearson, spearman, together};

/// Which correlation says that two indicators say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correlation {
    /// Pearson's, of the values.
    #[default]
    Pearson,
    /// Spearman's, of their ranks: for indicators whose steps mean little.
    Spearman,
}

/// CRITIC weights of columns of dimensionless values, inverse indicators already turned (a cost left as it is would be
/// correlated with the wrong sign).
///
/// `C_j = s_j Σ_k (1 - r_jk)`. A correlation is taken over the places where both columns have a value, each spread over
/// the places of its column. A constant column gets 0 and takes no part in the sums of the others: with it or without
/// it, they weigh the same. Two columns that share no two differing places correlate with 0. Where all columns say the same,
/// no one is worth more: they weigh the same.
///
/// # Errors
/// [`ValueFault`] for a value that is no finite number.
pub fn critic(columns: &[Vec<Option<f64>>], correlation: Correlation) -> Result<Objective, ValueFault> {
    check_values(columns, false)?;
    let silent = silent_columns(columns);
    let speaking: Vec<usize> = (0..columns.len()).filter(|&at| silent[at].is_none()).collect();
    let correlate = match correlation {
        Correlation::Pearson => pearson,
        Correlation::Spearman => spearman,
    };
    let count = speaking.len();
    let mut unlike = vec![0.0; count * count];
    for left in 0..count {
        for right in left + 1..count {
            let (one, other) = together(&columns[speaking[left]], &columns[speaking[right]]);
            let alike = correlate(&one, &other).unwrap_or(0.0);
            // Two columns that say the same differ by round-off at most, which must not become a weight.
            let apart = if 1.0 - alike > 1e-12 { 1.0 - alike } else { 0.0 };
            unlike[left * count + right] = apart;
            unlike[right * count + left] = apart;
        }
    }
    let mut scores = vec![0.0; columns.len()];
    for (at, &column) in speaking.iter().enumerate() {
        let conflict: f64 = unlike[at * count..(at + 1) * count].iter().sum();
        // A column alone conflicts with nothing, and weighs all there is.
        let conflict = if count == 1 { 1.0 } else { conflict };
        scores[column] = deviation(&columns[column]).unwrap_or(0.0) * conflict;
    }
    Ok(in_proportion(&scores, &silent))
}
