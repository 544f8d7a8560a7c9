//! Influence (实际影响) of an indicator on an index: the share of the index's variance that goes with the indicator.
//!
//! A weight says what an indicator is meant to count; what it does count also follows from how it varies and from the
//! company it keeps. Two measures are given. The squared correlation sees straight lines only. The correlation ratio
//! `S = V(E(y|x)) / V(y)` sees any curve: it is the first-order sensitivity index of the index `y` to the indicator `x`,
//! here with the mean of `y` given `x` estimated by local linear regression. Indicators of few values need no curve: their
//! means are taken value by value.
//!
//! Source: P. Paruolo, M. Saisana and A. Saltelli, "Ratings and rankings: voodoo or science?" (Journal of the Royal
//! Statistical Society A 176, 2013); K. Pearson, "On the general theory of skew correlation" (1905) for the ratio.

use crate::correlation::{pearson, together};
use crate::spread::Sorted;

/// Different values up to which no curve is fitted.
const FEW_VALUES: usize = 12;
/// Points a curve is fitted at: more are drawn together to as many, so that the work grows with the places alone.
const CELLS: usize = 200;

/// How an index goes with one of its indicators.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Influence {
    /// Squared product-moment correlation, 0..=1.
    pub linear: f64,
    /// Correlation ratio, 0..=1, not below `linear`.
    pub any_curve: f64,
    /// Places that have both.
    pub places: usize,
}

/// Places with (nearly) one value of the indicator.
#[derive(Clone, Copy, Debug)]
struct Cell {
    x: f64,
    /// Mean of the index.
    y: f64,
    count: f64,
}

impl Influence {
    /// The influence of the column `x` on the column `y`, of equal length; `None` with fewer than three places in common,
    /// or where one does not vary over them.
    #[must_use]
    pub fn of(x: &[Option<f64>], y: &[Option<f64>]) -> Option<Self> {
        let (x, y) = together(x, y);
        if x.len() < 3 {
            return None;
        }
        let correlation = pearson(&x, &y)?;
        let linear = correlation * correlation;
        // A straight line is one of the curves.
        let any_curve = correlation_ratio(&x, &y).map_or(linear, |ratio| ratio.max(linear));
        Some(Self { linear, any_curve, places: x.len() })
    }
}

/// `1 - (residual / (n - d)) / (total / (n - 1))` with `d` the degrees of freedom that the curve uses up: unlike the variance
/// of the curve itself it neither grows with the noise that a curve follows nor shrinks with what a curve smooths away.
/// `None` where the curve uses up all there is.
///
/// Source: T. L. Kelley, "An unbiased correlation ratio measure" (Proceedings of the National Academy of Sciences 21, 1935).
fn correlation_ratio(x: &[f64], y: &[f64]) -> Option<f64> {
    let count = x.len() as f64;
    let mean = y.iter().sum::<f64>() / count;
    let total: f64 = y.iter().map(|y| (y - mean) * (y - mean)).sum();
    let cells = cells(x, y);
    let between: f64 = cells.iter().map(|cell| cell.count * (cell.y - mean) * (cell.y - mean)).sum();
    let fits: Vec<Fit> = if cells.len() <= FEW_VALUES {
        cells.iter().map(|cell| Fit { value: cell.y, own: 1.0 }).collect()
    } else {
        smooth(&cells, reference_width(x)?)
    };
    let missed: f64 = cells
        .iter()
        .zip(&fits)
        .map(|(cell, fit)| cell.count * (cell.y - fit.value) * (cell.y - fit.value))
        .sum();
    let left_over = count - fits.iter().map(|fit| fit.own).sum::<f64>();
    if total <= 0.0 || left_over < 1.0 {
        return None;
    }
    let residual = (total - between).max(0.0) + missed;
    Some((1.0 - residual / left_over * (count - 1.0) / total).clamp(0.0, 1.0))
}

/// The places by value of the indicator, ascending; neighbours drawn together where there are very many values.
fn cells(x: &[f64], y: &[f64]) -> Vec<Cell> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_unstable_by(|&left, &right| x[left].total_cmp(&x[right]).then(left.cmp(&right)));
    let most = if distinct(&order, x) <= CELLS { 1 } else { x.len().div_ceil(CELLS) };
    let mut cells: Vec<Cell> = Vec::new();
    for tied in order.chunk_by(|&left, &right| x[left].total_cmp(&x[right]).is_eq()) {
        let count = tied.len() as f64;
        let y = tied.iter().map(|&at| y[at]).sum::<f64>() / count;
        let next = Cell { x: x[tied[0]], y, count };
        match cells.last_mut() {
            Some(last) if last.count + count <= most as f64 => {
                let both = last.count + count;
                last.x = (last.x * last.count + next.x * count) / both;
                last.y = (last.y * last.count + next.y * count) / both;
                last.count = both;
            }
            _ => cells.push(next),
        }
    }
    cells
}

fn distinct(order: &[usize], x: &[f64]) -> usize {
    order.chunk_by(|&left, &right| x[left].total_cmp(&x[right]).is_eq()).count()
}

/// Widths that are tried, as parts of the reference width.
const WIDTHS: [f64; 4] = [1.0, 0.5, 0.25, 0.125];

/// Half the reference width of the window: the normal reference rule for Epanechnikov's kernel, `2.34 · σ · n^(-1/5)`, with
/// the interquartile range for σ where that is smaller, so that a few extremes do not widen it.
///
/// Source: B. W. Silverman, "Density Estimation for Statistics and Data Analysis" (1986), section 3.4.
fn reference_width(x: &[f64]) -> Option<f64> {
    let count = x.len() as f64;
    let mean = x.iter().sum::<f64>() / count;
    let deviation = (x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (count - 1.0)).sqrt();
    let middle = Sorted::of(x.iter().copied()).interquartile_range().map(|width| width / 1.349);
    let spread = middle.filter(|width| *width > 0.0).map_or(deviation, |width| width.min(deviation));
    (spread > 0.0).then(|| 2.34 * spread * libm::pow(count, -0.2))
}

/// Local linear regression at each cell, under the width that foretells best what it has not seen: the least sum of squared
/// residuals that leave the cell itself out (cross-validation). Of equals the wider, smoother one.
fn smooth(cells: &[Cell], reference: f64) -> Vec<Fit> {
    let mut best: Option<(f64, Vec<Fit>)> = None;
    for width in WIDTHS {
        let fits: Vec<Fit> = (0..cells.len()).map(|at| fit(cells, at, reference * width)).collect();
        let foretold: Option<f64> = cells
            .iter()
            .zip(&fits)
            .map(|(cell, fit)| fit.foretold(cell))
            .try_fold(0.0, |sum, one| Some(sum + one?));
        // A cell alone in its window foretells itself: the width is too narrow to be judged.
        let is_better = match (&best, foretold) {
            (None, _) => true,
            (Some((least, _)), Some(foretold)) => foretold < *least,
            (Some(_), None) => false,
        };
        if is_better {
            best = Some((foretold.unwrap_or(f64::INFINITY), fits));
        }
    }
    best.map(|(_, fits)| fits).unwrap_or_default()
}

/// The curve at one cell.
struct Fit {
    value: f64,
    /// How much of it is the cell's own value, 0..=1.
    own: f64,
}

impl Fit {
    /// The squared residual of the cell had it not been seen; `None` where nothing else was.
    fn foretold(&self, cell: &Cell) -> Option<f64> {
        let unseen = 1.0 - self.own;
        let residual = (cell.y - self.value) / unseen;
        (unseen > 1e-9).then_some(cell.count * residual * residual)
    }
}

fn fit(cells: &[Cell], at: usize, half_width: f64) -> Fit {
    let centre = cells[at].x;
    let from = cells.partition_point(|cell| cell.x <= centre - half_width).min(at);
    let to = cells.partition_point(|cell| cell.x < centre + half_width).max(at + 1);
    let (mut weights, mut first, mut second, mut values, mut products) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for cell in &cells[from..to] {
        let away = cell.x - centre;
        let weight = cell.count * (1.0 - (away / half_width) * (away / half_width));
        weights += weight;
        first += weight * away;
        second += weight * away * away;
        values += weight * cell.y;
        products += weight * away * cell.y;
    }
    let determinant = weights * second - first * first;
    // Alone in its window, a line has no slope.
    if determinant <= 1e-12 * weights * second || second <= 0.0 {
        return Fit { value: values / weights, own: cells[at].count / weights };
    }
    Fit {
        value: (second * values - first * products) / determinant,
        own: second * cells[at].count / determinant,
    }
}
