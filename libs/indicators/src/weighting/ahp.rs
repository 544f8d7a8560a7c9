//! The analytic hierarchy process (层次分析法, AHP): weights and consistency of one matrix of judgements.
//!
//! Source: Saaty, *The Analytic Hierarchy Process* (1980); geometric-mean weights and their consistency index: Crawford
//! and Williams (1985), Aguarón and Moreno-Jiménez (2003).

use super::matrix::{MAX_ITEMS, PairwiseMatrix};

/// Greatest consistency ratio (一致性比例) that is accepted.
pub const GREATEST_RATIO: f64 = 0.10;
/// Round-off that a ratio may exceed [`GREATEST_RATIO`] by: exactly 0.10 passes.
const RATIO_TOLERANCE: f64 = 1e-12;
/// The iteration ends once no step moves the weights by more than this in sum.
const STILL: f64 = 1e-14;
/// Most steps. A positive matrix converges geometrically; ten judged items need some thirty.
const MAX_STEPS: usize = 1_000;
/// Fewest items that judgements can contradict each other about.
const FEWEST_ITEMS: usize = 3;

/// A table of random indices (随机一致性指标): the mean consistency index of matrices filled at random.
///
/// There is no single table, and at three items the choice moves the consistency ratio by 10 %. So the name of the table
/// is kept beside every result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RandomIndex {
    /// Saaty (1980): the most cited, also in Chinese texts.
    #[default]
    Saaty1980,
    /// Saaty's later table.
    SaatyLater,
    /// Tummala and Ling (1998).
    TummalaLing1998,
    /// Alonso and Lamata (2006).
    AlonsoLamata2006,
}

/// What a matrix of judgements says.
#[derive(Clone, Debug, PartialEq)]
pub struct Ahp {
    /// Principal eigenvector: one weight an item, above 0, in sum 1.
    pub weights: Vec<f64>,
    /// The normalised geometric means of the rows, beside it: for up to three items the same.
    pub geometric_weights: Vec<f64>,
    /// Principal eigenvalue; the number of items where the judgements are consistent, else greater.
    pub lambda_max: f64,
    /// Consistency index `(λ - n) / (n - 1)`; 0 for up to two items.
    pub consistency_index: f64,
    /// The table behind the ratio.
    pub random_index: RandomIndex,
    /// Consistency ratio: the index over the random index; 0 for up to two items.
    pub consistency_ratio: f64,
    /// Geometric consistency index of the geometric-mean weights; 0 for up to two items. Usual limits: 0.31 for three
    /// items, 0.35 for four, 0.37 for more.
    pub geometric_consistency_index: f64,
    /// The judgement that fits the weights least; `None` for a single item.
    pub worst: Option<WorstJudgement>,
}

/// The judgement with the greatest `|ln a_ij - ln (v_i / v_j)|`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorstJudgement {
    /// Position of the item that was judged.
    pub row: usize,
    /// Position of the item it was judged against, after `row`.
    pub column: usize,
    /// The judgement.
    pub judged: f64,
    /// What the weights would have it be.
    pub fitting: f64,
    /// How far apart the two are, as a natural logarithm.
    pub deviation: f64,
}

/// Judgements that contradict one another too much to be weights.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "the consistency ratio is {ratio:.4}, above {GREATEST_RATIO}; the judgement of item {} against item {} is {:.4} where {:.4} would fit",
    worst.row, worst.column, worst.judged, worst.fitting
)]
pub struct Inconsistent {
    /// The consistency ratio.
    pub ratio: f64,
    /// The table behind it.
    pub random_index: RandomIndex,
    /// Where to begin mending.
    pub worst: WorstJudgement,
}

impl RandomIndex {
    /// Every table.
    pub const ALL: [Self; 4] =
        [Self::Saaty1980, Self::SaatyLater, Self::TummalaLing1998, Self::AlonsoLamata2006];

    /// Its name, such as `saaty-1980`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Saaty1980 => "saaty-1980",
            Self::SaatyLater => "saaty-later",
            Self::TummalaLing1998 => "tummala-ling-1998",
            Self::AlonsoLamata2006 => "alonso-lamata-2006",
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The random index of three to [`MAX_ITEMS`] items; `None` of fewer, of which no ratio is taken, and of more.
    #[must_use]
    pub fn of(self, items: usize) -> Option<f64> {
        let table: [f64; MAX_ITEMS + 1 - FEWEST_ITEMS] = match self {
            Self::Saaty1980 => [0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49],
            Self::SaatyLater => [0.52, 0.89, 1.12, 1.26, 1.36, 1.41, 1.46, 1.49],
            Self::TummalaLing1998 => [0.5799, 0.8921, 1.1159, 1.2358, 1.3322, 1.3952, 1.4537, 1.4882],
            Self::AlonsoLamata2006 => [0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499, 1.4854],
        };
        table.get(items.checked_sub(FEWEST_ITEMS)?).copied()
    }
}

impl Ahp {
    /// Reads weights and consistency off a matrix, however consistent: for looking. Whoever computes with the weights
    /// takes [`Ahp::accepted`].
    #[must_use]
    pub fn inspect(matrix: &PairwiseMatrix, random_index: RandomIndex) -> Self {
        let size = matrix.size();
        let geometric_weights = geometric_weights(matrix);
        let weights =
            if size <= 2 { geometric_weights.clone() } else { eigenvector(matrix, &geometric_weights) };
        let ratios = (0..size).map(|row| times(matrix, row, &weights) / weights[row]);
        let lambda_max = ratios.sum::<f64>() / size as f64;
        let spare = size.saturating_sub(1) as f64;
        // Round-off must not show as a negative inconsistency.
        let consistency_index = if size <= 2 { 0.0 } else { ((lambda_max - size as f64) / spare).max(0.0) };
        Self {
            consistency_ratio: random_index.of(size).map_or(0.0, |random| consistency_index / random),
            geometric_consistency_index: geometric_index(matrix, &geometric_weights),
            worst: worst_judgement(matrix, &weights),
            weights,
            geometric_weights,
            lambda_max,
            consistency_index,
            random_index,
        }
    }

    /// The same, refused where the judgements contradict one another.
    ///
    /// # Errors
    /// [`Inconsistent`] if the consistency ratio is above [`GREATEST_RATIO`].
    pub fn accepted(matrix: &PairwiseMatrix, random_index: RandomIndex) -> Result<Self, Inconsistent> {
        let found = Self::inspect(matrix, random_index);
        match found.worst {
            Some(worst) if !found.is_consistent() => {
                Err(Inconsistent { ratio: found.consistency_ratio, random_index, worst })
            }
            _ => Ok(found),
        }
    }

    /// Whether the consistency ratio is at most [`GREATEST_RATIO`].
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.consistency_ratio <= GREATEST_RATIO + RATIO_TOLERANCE
    }
}

/// Power iteration from the geometric means.
fn eigenvector(matrix: &PairwiseMatrix, start: &[f64]) -> Vec<f64> {
    let mut weights = start.to_vec();
    for _ in 0..MAX_STEPS {
        let products: Vec<f64> = (0..weights.len()).map(|row| times(matrix, row, &weights)).collect();
        let total: f64 = products.iter().sum();
        let next: Vec<f64> = products.iter().map(|product| product / total).collect();
        let moved: f64 = next.iter().zip(&weights).map(|(next, weight)| (next - weight).abs()).sum();
        weights = next;
        if moved < STILL {
            break;
        }
    }
    weights
}

fn times(matrix: &PairwiseMatrix, row: usize, weights: &[f64]) -> f64 {
    matrix.row(row).iter().zip(weights).map(|(judgement, weight)| judgement * weight).sum()
}

fn geometric_weights(matrix: &PairwiseMatrix) -> Vec<f64> {
    let size = matrix.size();
    let mean = |row: usize| {
        let logarithms = matrix.row(row).iter().map(|judgement| libm::log(*judgement));
        libm::exp(logarithms.sum::<f64>() / size as f64)
    };
    let means: Vec<f64> = (0..size).map(mean).collect();
    let total: f64 = means.iter().sum();
    means.iter().map(|mean| mean / total).collect()
}

/// `2 / ((n - 1)(n - 2)) · Σ (ln a_ij - ln (w_i / w_j))²` over the pairs.
fn geometric_index(matrix: &PairwiseMatrix, weights: &[f64]) -> f64 {
    let size = matrix.size();
    if size <= 2 {
        return 0.0;
    }
    let squares = pairs(size).map(|(row, column)| {
        let deviation = deviation(matrix, weights, row, column);
        deviation * deviation
    });
    2.0 / ((size - 1) * (size - 2)) as f64 * squares.sum::<f64>()
}

fn worst_judgement(matrix: &PairwiseMatrix, weights: &[f64]) -> Option<WorstJudgement> {
    let mut worst: Option<WorstJudgement> = None;
    for (row, column) in pairs(matrix.size()) {
        let deviation = deviation(matrix, weights, row, column).abs();
        // Of equals the first, whatever comes after.
        if worst.is_none_or(|worst| deviation > worst.deviation) {
            let (judged, fitting) = (matrix.at(row, column), weights[row] / weights[column]);
            worst = Some(WorstJudgement { row, column, judged, fitting, deviation });
        }
    }
    worst
}

fn deviation(matrix: &PairwiseMatrix, weights: &[f64], row: usize, column: usize) -> f64 {
    libm::log(matrix.at(row, column)) - libm::log(weights[row] / weights[column])
}

fn pairs(size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..size).flat_map(move |row| (row + 1..size).map(move |column| (row, column)))
}
