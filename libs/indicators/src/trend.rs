//! Trend (趋势): a damped trend over months, what it lets expect, and how far that can be trusted.
//!
//! The level follows the months, the slope follows the level and fades: a rise of last month does not go on for ever.
//! Of three full years and more a season is taken off first, where there is one. Parameters are those of a fixed grid
//! with the least squared error one month ahead, the first of equals: the same months give the same forecast.
//!
//! Source: Gardner & McKenzie 1985 (Management Science 31, 1237-1246) for the damped trend; Hyndman, Koehler, Ord &
//! Snyder 2008 (Forecasting with Exponential Smoothing, table 6.1) for its variances, model ETS(A,Ad,N).

/// Months with a value that a trend needs.
pub const LEAST_MONTHS: usize = 8;
/// Months with a value that a season needs: with two of each name noise looks like one.
pub const LEAST_SEASON_MONTHS: usize = 36;
/// A season explains at least this share of what varies (Wang, Smith & Hyndman 2006; the cut is that of R's `nsdiffs`).
const SEASON_STRENGTH: f64 = 0.64;

const ALPHAS: [f64; 7] = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9];
const BETAS: [f64; 5] = [0.05, 0.1, 0.2, 0.3, 0.5];
const PHIS: [f64; 4] = [0.8, 0.9, 0.95, 0.98];

/// The weights of a damped trend, each within (0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// Of the newest month in the level.
    pub alpha: f64,
    /// Of the newest step of the level in the slope.
    pub beta: f64,
    /// What is left of the slope from one month to the next.
    pub phi: f64,
}

/// A trend fitted to months.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    weights: Weights,
    level: f64,
    slope: f64,
    deviation: f64,
    /// What each month of the year adds, from the month after the last on; empty without a season.
    season: Vec<f64>,
}

/// A value to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Expected.
    pub mean: f64,
    /// Standard deviation of what will differ.
    pub deviation: f64,
}

impl Forecast {
    /// The interval that holds the value `share` of the time, normal errors taken for granted; `share` within (0, 1).
    #[must_use]
    pub fn interval(self, share: f64) -> (f64, f64) {
        let reach = super::detection::distribution::normal_quantile(0.5 + share / 2.0) * self.deviation;
        (self.mean - reach, self.mean + reach)
    }
}

/// Fits a trend to consecutive months, oldest first; `None` with fewer than [`LEAST_MONTHS`] values. A missing month
/// moves level and slope on as they were expected to.
#[must_use]
pub fn fit(months: &[Option<f64>]) -> Option<Trend> {
    let first = months.iter().position(Option::is_some)?;
    let months = &months[first..];
    if months.iter().flatten().count() < LEAST_MONTHS {
        return None;
    }
    let season = season(months).unwrap_or_default();
    let bare: Vec<Option<f64>> = months
        .iter()
        .enumerate()
        .map(|(at, value)| value.map(|value| value - season.get(at % 12).copied().unwrap_or(0.0)))
        .collect();
    let mut best: Option<Trend> = None;
    for alpha in ALPHAS {
        for beta in BETAS {
            for phi in PHIS {
                let trend = run(&bare, Weights { alpha, beta, phi });
                if best.as_ref().is_none_or(|best| trend.deviation < best.deviation) {
                    best = Some(trend);
                }
            }
        }
    }
    let mut best = best?;
    best.season = (0..season.len()).map(|ahead| season[(months.len() + ahead) % 12]).collect();
    Some(best)
}

/// Runs a damped trend with given weights over months; its deviation is that of the errors one month ahead.
#[must_use]
pub fn run(months: &[Option<f64>], weights: Weights) -> Trend {
    let (mut level, mut slope) =
        line(months.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?))).take(6));
    let Weights { alpha, beta, phi } = weights;
    // The line's value at the first month is what was expected of it.
    level -= phi * slope;
    let (mut squares, mut errors) = (0.0, 0_usize);
    for value in months {
        let expected = level + phi * slope;
        match value {
            Some(value) => {
                let error = value - expected;
                squares += error * error;
                errors += 1;
                slope = phi * slope + alpha * beta * error;
                level = expected + alpha * error;
            }
            None => {
                slope *= phi;
                level = expected;
            }
        }
    }
    // Three weights and two beginnings are fitted to the same months.
    let free = errors.saturating_sub(5).max(1);
    let deviation = libm::sqrt(squares / free as f64);
    Trend { weights, level, slope, deviation, season: Vec::new() }
}

impl Trend {
    /// The weights.
    #[must_use]
    pub fn weights(&self) -> Weights {
        self.weights
    }

    /// Whether a season was taken off.
    #[must_use]
    pub fn has_season(&self) -> bool {
        !self.season.is_empty()
    }

    /// The month `ahead` months after the last, from 1.
    #[must_use]
    pub fn ahead(&self, ahead: usize) -> Forecast {
        let seasonal = if self.season.is_empty() { 0.0 } else { self.season[(ahead.max(1) - 1) % 12] };
        let mean = self.level + self.fading(ahead) * self.slope + seasonal;
        let squares: f64 = (0..ahead).map(|at| self.carried(at) * self.carried(at)).sum();
        Forecast { mean, deviation: self.deviation * libm::sqrt(squares) }
    }

    /// The sum of the `count` months after the last. Errors of one month are carried into those after it, so this is
    /// less certain than a sum of independent months.
    #[must_use]
    pub fn sum_ahead(&self, count: usize) -> Forecast {
        let mean = (1..=count).map(|ahead| self.ahead(ahead).mean).sum();
        let (mut reach, mut squares) = (0.0, 0.0);
        for at in 0..count {
            reach += self.carried(at);
            squares += reach * reach;
        }
        Forecast { mean, deviation: self.deviation * libm::sqrt(squares) }
    }

    /// φ + … + φ^`ahead`.
    fn fading(&self, ahead: usize) -> f64 {
        let mut power = 1.0;
        (0..ahead)
            .map(|_| {
                power *= self.weights.phi;
                power
            })
            .sum()
    }

    /// What an error of one month does to the month `later` months after it; 1 for the month itself.
    fn carried(&self, later: usize) -> f64 {
        let Weights { alpha, beta, .. } = self.weights;
        if later == 0 { 1.0 } else { alpha + alpha * beta * self.fading(later) }
    }
}

/// What each month of the year adds, by position from the first; `None` where there is no season to speak of.
fn season(months: &[Option<f64>]) -> Option<Vec<f64>> {
    let present = || months.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?)));
    if present().count() < LEAST_SEASON_MONTHS {
        return None;
    }
    let (start, step) = line(present());
    let mut sums = [(0.0, 0_usize); 12];
    for (at, value) in present() {
        let (sum, count) = &mut sums[at % 12];
        *sum += value - start - step * at as f64;
        *count += 1;
    }
    if sums.iter().any(|(_, count)| *count < 2) {
        return None;
    }
    let means = sums.map(|(sum, count)| sum / count as f64);
    let centre = means.iter().sum::<f64>() / 12.0;
    let season: Vec<f64> = means.iter().map(|mean| mean - centre).collect();
    let (mut left, mut all) = (0.0, 0.0);
    for (at, value) in present() {
        let straight = value - start - step * at as f64;
        all += straight * straight;
        left += (straight - season[at % 12]) * (straight - season[at % 12]);
    }
    (all > 0.0 && 1.0 - left / all >= SEASON_STRENGTH).then_some(season)
}

/// Value at position 0 and slope of the least-squares line; a single point has no slope.
fn line(points: impl Iterator<Item = (usize, f64)>) -> (f64, f64) {
    let points: Vec<(f64, f64)> = points.map(|(at, value)| (at as f64, value)).collect();
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (time, value) = (mean(|point| point.0), mean(|point| point.1));
    let together: f64 = points.iter().map(|point| (point.0 - time) * (point.1 - value)).sum();
    let alone: f64 = points.iter().map(|point| (point.0 - time) * (point.0 - time)).sum();
    let slope = if alone > 0.0 { together / alone } else { 0.0 };
    (value - slope * time, slope)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WEIGHTS: Weights = Weights { alpha: 0.3, beta: 0.2, phi: 0.9 };

    fn values(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    /// The recursions of Gardner and McKenzie in their component form, as they are printed.
    fn as_printed(months: &[f64], weights: Weights) -> (f64, f64) {
        let (start, step) = line(months.iter().copied().enumerate().take(6));
        let (mut level, mut slope) = (start - weights.phi * step, step);
        for &value in months {
            let before = level;
            level = weights.alpha * value + (1.0 - weights.alpha) * (before + weights.phi * slope);
            slope = weights.beta * (level - before) + (1.0 - weights.beta) * weights.phi * slope;
        }
        (level, slope)
    }

    #[test]
    fn the_recursions_are_those_that_are_printed() {
        let months = [3.0, 4.0, 2.5, 5.0, 6.0, 5.5, 7.0, 8.0, 6.5, 9.0];
        let trend = run(&values(&months), WEIGHTS);
        let (level, slope) = as_printed(&months, WEIGHTS);
        assert!((trend.level - level).abs() < 1e-12 && (trend.slope - slope).abs() < 1e-12);
    }

    #[test]
    fn variances_are_those_of_the_closed_form() {
        let trend = Trend { weights: WEIGHTS, level: 0.0, slope: 0.0, deviation: 2.0, season: Vec::new() };
        let Weights { alpha, phi, .. } = WEIGHTS;
        let beta = alpha * WEIGHTS.beta;
        for ahead in 1..=24_usize {
            // Hyndman et al. 2008, table 6.1, class 1, (A, Ad, N).
            let (h, power) = (ahead as f64, libm::pow(phi, ahead as f64));
            let closed = 1.0
                + alpha * alpha * (h - 1.0)
                + beta * phi * h / ((1.0 - phi) * (1.0 - phi)) * (2.0 * alpha * (1.0 - phi) + beta * phi)
                - beta * phi * (1.0 - power) / ((1.0 - phi) * (1.0 - phi) * (1.0 - phi * phi))
                    * (2.0 * alpha * (1.0 - phi * phi) + beta * phi * (1.0 + 2.0 * phi - power));
            let found = trend.ahead(ahead).deviation;
            assert!((found * found - 4.0 * closed).abs() < 1e-9, "{ahead}: {found} {closed}");
        }
    }

    #[test]
    fn a_rise_goes_on_and_fades() {
        let months: Vec<Option<f64>> = (0..24).map(|month| Some(10.0 + f64::from(month))).collect();
        let trend = fit(&months).unwrap();
        let steps: Vec<f64> =
            (1..12).map(|ahead| trend.ahead(ahead + 1).mean - trend.ahead(ahead).mean).collect();
        assert!(steps.iter().all(|step| *step > 0.0), "{steps:?}");
        assert!(steps.windows(2).all(|pair| pair[1] < pair[0]), "{steps:?}");
    }

    #[test]
    fn a_season_of_three_years_comes_back_and_noise_is_none() {
        let month = |at: u32| 20.0 + 5.0 * libm::sin(f64::from(at) * std::f64::consts::TAU / 12.0);
        let months: Vec<Option<f64>> = (0..36).map(|at| Some(month(at))).collect();
        let trend = fit(&months).unwrap();
        assert!(trend.has_season());
        for ahead in 1..=12 {
            assert!(
                (trend.ahead(ahead).mean - month(35 + u32::try_from(ahead).unwrap())).abs() < 1.0,
                "{ahead}"
            );
        }
        assert!(!fit(&months[..35]).unwrap().has_season());
        let noise: Vec<Option<f64>> = (0..36).map(|at: u32| Some(f64::from(at * 7919 % 101))).collect();
        assert!(!fit(&noise).unwrap().has_season());
    }

    #[test]
    fn seven_months_are_too_few_and_gaps_are_none() {
        assert_eq!(fit(&values(&[1.0; 7])), None);
        assert_eq!(fit(&[None; 12]), None);
        let mut months = values(&[4.0; 12]);
        months[5] = None;
        let trend = fit(&months).unwrap();
        assert_eq!((trend.ahead(3).mean, trend.ahead(3).deviation), (4.0, 0.0));
    }

    proptest! {
        #[test]
        fn intervals_widen_and_a_sum_is_the_sum_of_its_months(
            months in prop::collection::vec(0.0..100.0_f64, 8..40), count in 1_usize..12
        ) {
            let trend = fit(&values(&months)).unwrap();
            let deviations: Vec<f64> = (1..=count).map(|ahead| trend.ahead(ahead).deviation).collect();
            prop_assert!(deviations.is_sorted());
            let sum = trend.sum_ahead(count);
            let means: f64 = (1..=count).map(|ahead| trend.ahead(ahead).mean).sum();
            prop_assert!((sum.mean - means).abs() < 1e-9 * means.abs().max(1.0));
            let independent: f64 = deviations.iter().map(|it| it * it).sum();
            prop_assert!(sum.deviation * sum.deviation >= independent * (1.0 - 1e-9));
            prop_assert!(sum.deviation <= deviations.iter().sum::<f64>() * (1.0 + 1e-9));
            let (low, high) = trend.ahead(1).interval(0.8);
            prop_assert!(low <= trend.ahead(1).mean && trend.ahead(1).mean <= high);
        }
    }
}
