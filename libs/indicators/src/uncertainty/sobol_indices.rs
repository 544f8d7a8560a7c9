//! Sobol indices: which share of the variance of a result each input accounts for.
//!
//! With matrices A and B of points, and A_B^(i) which is A with column i of B, f0 the mean and V the variance of both
//! y_A and y_B:
//!
//! - first order `S_i = mean((y_B - f0) · (y_ABi - y_A)) / V` (Saltelli 2010, centred): what knowing factor i alone would
//!   take away of the variance;
//! - total `S_Ti = mean((y_A - y_ABi)²) / (2V)` (Jansen): what would be left if all others were known. The difference of
//!   the two is what i does together with others.
//!
//! Where V is 0 nothing varies, and all indices are 0. They are estimates and can fall a little outside 0..=1.
//!
//! Source: Saltelli, Annoni, Azzini, Campolongo, Ratto and Tarantola (2010), *Variance based sensitivity analysis of model
//! output*, Computer Physics Communications 181(2), table 2 (b) and (f); Jansen (1999).

use super::chance::{Purpose, Stream};
use super::sobol_points::SobolPoints;
use crate::spread::Sorted;

/// Points at which a function is to be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Rows of A.
    pub a: Vec<Vec<f64>>,
    /// Rows of B.
    pub b: Vec<Vec<f64>>,
}

/// What the function gives there.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// At the rows of A.
    pub a: Vec<f64>,
    /// At the rows of B.
    pub b: Vec<f64>,
    /// `ab[i]` at the rows of A with column i of B.
    pub ab: Vec<Vec<f64>>,
}

/// The indices of one input, each with a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SobolIndex {
    /// First order.
    pub first: Estimate,
    /// Total.
    pub total: Estimate,
}

/// An estimate and its 95 % interval by bootstrap.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// 2.5 % quantile of the resampled estimates.
    pub low: f64,
    /// 97.5 % quantile.
    pub high: f64,
}

impl Design {
    /// The most inputs there can be.
    pub const INPUTS: usize = SobolPoints::DIMENSIONS / 2;

    /// `2^log2` rows of scrambled Sobol points for some inputs: the first half of each point's coordinates is a row of A,
    /// the second a row of B.
    #[must_use]
    pub fn scrambled(inputs: usize, log2: u32, seed: u64) -> Self {
        let points = SobolPoints::scrambled(2 * inputs, seed);
        let rows = (0..1_u32 << log2.min(31)).map(|number| points.point(number));
        let (a, b) = rows.map(|point| (point[..inputs].to_vec(), point[inputs..].to_vec())).unzip();
        Self { a, b }
    }

    /// A row of A with one coordinate of B.
    #[must_use]
    pub fn mixed(&self, row: usize, input: usize) -> Vec<f64> {
        let mut point = self.a[row].clone();
        point[input] = self.b[row][input];
        point
    }

    /// Evaluates a function at all points, one after another.
    pub fn evaluate(&self, function: impl Fn(&[f64]) -> f64) -> Responses {
        let inputs = self.a.first().map_or(0, Vec::len);
        let at = |rows: &[Vec<f64>]| rows.iter().map(|point| function(point)).collect();
        let mixed = |input| (0..self.a.len()).map(|row| function(&self.mixed(row, input))).collect();
        Responses { a: at(&self.a), b: at(&self.b), ab: (0..inputs).map(mixed).collect() }
    }
}

/// Mean and variance of a result over the rows of A and B.
#[must_use]
pub fn mean_and_variance(responses: &Responses) -> (f64, f64) {
    let rows: Vec<usize> = (0..responses.a.len()).collect();
    moments(responses, &rows)
}

/// The indices of every input, with intervals from `resamples` bootstraps of the rows: one choice of rows serves all terms
/// of all inputs.
#[must_use]
pub fn indices(responses: &Responses, seed: u64, resamples: u32) -> Vec<SobolIndex> {
    let count = responses.a.len();
    let rows: Vec<usize> = (0..count).collect();
    let estimates = estimate(responses, &rows);
    let resampled: Vec<Vec<(f64, f64)>> = (0..resamples)
        .map(|number| {
            let mut stream = Stream::of(seed, Purpose::Bootstrap, u64::from(number), 0);
            let rows: Vec<usize> = (0..count).map(|_| stream.below(count)).collect();
            estimate(responses, &rows)
        })
        .collect();
    let with_interval = |value: f64, values: Vec<f64>| {
        let values = Sorted::of(values);
        let quantile = |share| values.quantile(share).unwrap_or(0.0);
        Estimate { value, low: quantile(0.025), high: quantile(0.975) }
    };
    let index = |(input, &(first, total)): (usize, &(f64, f64))| SobolIndex {
        first: with_interval(first, resampled.iter().map(|of_inputs| of_inputs[input].0).collect()),
        total: with_interval(total, resampled.iter().map(|of_inputs| of_inputs[input].1).collect()),
    };
    estimates.iter().enumerate().map(index).collect()
}

/// First-order and total index of every input over some rows.
fn estimate(responses: &Responses, rows: &[usize]) -> Vec<(f64, f64)> {
    let (mean, variance) = moments(responses, rows);
    let of_input = |ab: &Vec<f64>| {
        if variance <= 0.0 {
            return (0.0, 0.0);
        }
        let (mut first, mut total) = (0.0, 0.0);
        for &row in rows {
            let (a, b, ab) = (responses.a[row], responses.b[row], ab[row]);
            first += (b - mean) * (ab - a);
            total += (a - ab) * (a - ab);
        }
        let count = rows.len() as f64;
        (first / count / variance, total / (2.0 * count) / variance)
    };
    responses.ab.iter().map(of_input).collect()
}

fn moments(responses: &Responses, rows: &[usize]) -> (f64, f64) {
    if rows.is_empty() {
        return (0.0, 0.0);
    }
    let count = 2.0 * rows.len() as f64;
    let both = || rows.iter().flat_map(|&row| [responses.a[row], responses.b[row]]);
    let mean = both().sum::<f64>() / count;
    let variance = both().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean, variance)
}
