//! Inner consistency (内部一致性) of a node: Cronbach's alpha of its indicators.

use crate::correlation::varies;

/// Share of the places that must have an indicator for it to be counted: one that few have would leave hardly a place with
/// all of them.
const LEAST_OBSERVED: f64 = 2.0 / 3.0;

/// How far the indicators of a node measure one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reliability {
    /// Cronbach's alpha: at most 1; below 0 where the indicators work against each other.
    pub alpha: f64,
    /// Indicators behind it.
    pub items: usize,
    /// Places behind it: those that have all of these indicators (listwise).
    pub places: usize,
}

impl Reliability {
    /// The alpha of some columns of equal length.
    ///
    /// Counted are columns that two thirds of the places have and that vary, over the places that have all of them: with
    /// covariances of different places for different pairs (pairwise) an alpha could leave its range. `None` with fewer
    /// than two such columns or three such places.
    #[must_use]
    pub fn of(columns: &[&[Option<f64>]]) -> Option<Self> {
        let observed = |column: &&&[Option<f64>]| {
            let known = column.iter().filter(|value| value.is_some()).count();
            known > 0 && known as f64 >= LEAST_OBSERVED * column.len() as f64 - 1e-9
        };
        let columns: Vec<&[Option<f64>]> = columns.iter().filter(observed).copied().collect();
        let length = columns.first()?.len();
        let complete: Vec<usize> =
            (0..length).filter(|&place| columns.iter().all(|column| column[place].is_some())).collect();
        if complete.len() < 3 {
            return None;
        }
        let of_complete = |column: &[Option<f64>]| -> Vec<f64> {
            complete.iter().filter_map(|&place| column[place]).collect()
        };
        let centred = columns.iter().map(|column| of_complete(column)).filter_map(centre);
        let centred: Vec<Vec<f64>> = centred.collect();
        let covariance = |left: &Vec<f64>, right: &Vec<f64>| {
            left.iter().zip(right).map(|(left, right)| left * right).sum::<f64>() / (left.len() - 1) as f64
        };
        let covariances: Vec<Vec<f64>> = centred
            .iter()
            .map(|left| centred.iter().map(|right| covariance(left, right)).collect())
            .collect();
        Some(Self { alpha: alpha(&covariances)?, items: centred.len(), places: complete.len() })
    }
}

/// Deviations from the mean; `None` of what does not vary.
fn centre(values: Vec<f64>) -> Option<Vec<f64>> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let centred: Vec<f64> = values.into_iter().map(|value| value - mean).collect();
    varies(centred.iter().map(|value| value * value).sum(), mean, count).then_some(centred)
}

/// Cronbach's alpha of a covariance matrix of `k` items: `k² · mean off-diagonal covariance / sum of all`, which is the
/// same as `k/(k-1) · (1 - Σ variances / sum of all)`. `None` with fewer than two items or where the sum of the items does
/// not vary.
///
/// Source: L. J. Cronbach, "Coefficient alpha and the internal structure of tests" (Psychometrika 16, 1951).
#[must_use]
pub fn alpha(covariances: &[Vec<f64>]) -> Option<f64> {
    let items = covariances.len();
    let total: f64 = covariances.iter().flatten().sum();
    let own: f64 = covariances.iter().enumerate().filter_map(|(at, row)| row.get(at)).sum();
    if items < 2 || total.abs() <= 1e-12 * own.abs() || own <= 0.0 {
        return None;
    }
    let count = items as f64;
    let mean_off_diagonal = (total - own) / (count * (count - 1.0));
    Some(count * count * mean_off_diagonal / total)
}
