//! Principal components (主成分): an indicator weighs more, the more of it the common components carry.
//!
//! Source: OECD/JRC, *Handbook on Constructing Composite Indicators* (2008), section 6.1, after Nicoletti, Scarpetta and
//! Boylaud (2000): squared loadings of the components with eigenvalues of 1 and more (Kaiser's rule). There each
//! indicator is given to the one rotated component that it loads on most; here nothing is rotated and an indicator keeps
//! its squared loadings on all retained components, which does not depend on signs or on a choice of axes.

use super::{Objective, ValueFault, check_values, in_proportion, silent_columns};
use crate::correlation::{pearson, together};

/// Eigenvalues that differ by less are one: their components are kept or dropped together, as only the space they span
/// is defined.
const TIE: f64 = 1e-9;
/// Rounds of Jacobi's method at most; it converges quadratically, and 35 indicators need fewer than ten.
const MAX_ROUNDS: usize = 60;

/// Which components count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Components {
    /// Those with an eigenvalue of 1 and more; the first where none has.
    #[default]
    Kaiser,
    /// The first alone.
    First,
}

/// What was found beside the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    /// The weights.
    pub found: Objective,
    /// Eigenvalues of the correlation matrix, greatest first; one a column that differs.
    pub eigenvalues: Vec<f64>,
    /// How many components were retained.
    pub retained: usize,
}

/// Weights in proportion to the squared loadings `λ v²` of columns of dimensionless values on the retained components of
/// their correlation matrix.
///
/// Correlations are taken pair by pair over the places where both columns have a value (0 where there are no two
/// differing ones). With gaps the matrix may have slightly negative eigenvalues; such components are never retained. A
/// constant column gets 0 and takes no part.
///
/// # Errors
/// [`ValueFault`] for a value that is no finite number.
pub fn pca(columns: &[Vec<Option<f64>>], components: Components) -> Result<Pca, ValueFault> {
    check_values(columns, false)?;
    let silent = silent_columns(columns);
    let speaking: Vec<usize> = (0..columns.len()).filter(|&at| silent[at].is_none()).collect();
    let count = speaking.len();
    let mut matrix = vec![0.0; count * count];
    for left in 0..count {
        matrix[left * count + left] = 1.0;
        for right in left + 1..count {
            let (one, other) = together(&columns[speaking[left]], &columns[speaking[right]]);
            let alike = pearson(&one, &other).unwrap_or(0.0);
            matrix[left * count + right] = alike;
            matrix[right * count + left] = alike;
        }
    }
    let found = eigen(matrix, count);
    let retained = retained(&found, components);
    let mut scores = vec![0.0; columns.len()];
    for (at, &column) in speaking.iter().enumerate() {
        let loadings = found[..retained].iter().map(|(value, vector)| value * vector[at] * vector[at]);
        scores[column] = loadings.sum();
    }
    let eigenvalues = found.iter().map(|(value, _)| *value).collect();
    Ok(Pca { found: in_proportion(&scores, &silent), eigenvalues, retained })
}

fn retained(found: &[(f64, Vec<f64>)], components: Components) -> usize {
    let Some((first, _)) = found.first() else { return 0 };
    let least = match components {
        Components::Kaiser => first.min(1.0) - TIE,
        Components::First => first - TIE,
    };
    found.iter().take_while(|(value, _)| *value >= least).count()
}

/// Eigenvalues and unit eigenvectors of a symmetric matrix, greatest value first, by Jacobi's cyclic rotations.
///
/// Source: Golub and Van Loan, *Matrix Computations*, section 8.5.
fn eigen(mut matrix: Vec<f64>, size: usize) -> Vec<(f64, Vec<f64>)> {
    let mut vectors = vec![0.0; size * size];
    (0..size).for_each(|at| vectors[at * size + at] = 1.0);
    for _ in 0..MAX_ROUNDS {
        let off: f64 = off_diagonal(size).map(|(row, column)| matrix[row * size + column].abs()).sum();
        if off <= f64::EPSILON * size as f64 {
            break;
        }
        for (row, column) in off_diagonal(size) {
            rotate(&mut matrix, &mut vectors, size, row, column);
        }
    }
    let vector = |at: usize| (0..size).map(|row| vectors[row * size + at]).collect();
    let mut found: Vec<(f64, Vec<f64>)> = (0..size).map(|at| (matrix[at * size + at], vector(at))).collect();
    // The sort is stable: equal values keep the order of their columns.
    found.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    found
}

/// One rotation: makes the cell at `row`, `column` zero.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], size: usize, row: usize, column: usize) {
    let off = matrix[row * size + column];
    if off.abs() <= f64::MIN_POSITIVE {
        return;
    }
    let slope = (matrix[column * size + column] - matrix[row * size + row]) / (2.0 * off);
    let tangent = 1.0_f64.copysign(slope) / (slope.abs() + (slope * slope + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for at in 0..size {
        let (left, right) = (matrix[at * size + row], matrix[at * size + column]);
        matrix[at * size + row] = cosine * left - sine * right;
        matrix[at * size + column] = sine * left + cosine * right;
    }
    for at in 0..size {
        let (left, right) = (matrix[row * size + at], matrix[column * size + at]);
        matrix[row * size + at] = cosine * left - sine * right;
        matrix[column * size + at] = sine * left + cosine * right;
    }
    for at in 0..size {
        let (left, right) = (vectors[at * size + row], vectors[at * size + column]);
        vectors[at * size + row] = cosine * left - sine * right;
        vectors[at * size + column] = sine * left + cosine * right;
    }
}

fn off_diagonal(size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..size).flat_map(move |row| (row + 1..size).map(move |column| (row, column)))
}
