//! Growth (增长) over periods.
//!
//! A score bounded by 0 and 100 grows in points; percentages mislead near 0 and are for unbounded figures.
//! Source: specification page 1, section 1.7.

/// Growth in points of one node between two periods under one threshold set; `None` unless both scores are there.
#[must_use]
pub fn points_growth(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    Some(after? - before?)
}

/// Compound growth a period, as a fraction: `(last/first)^(1/periods) - 1`.
///
/// `None` where it has no meaning: a first value that is not above 0, a negative last value, no time between them.
#[must_use]
pub fn compound_growth(first: f64, last: f64, periods: u32) -> Option<f64> {
    if first > 0.0 && last >= 0.0 && periods > 0 {
        Some(libm::pow(last / first, 1.0 / f64::from(periods)) - 1.0)
    } else {
        None
    }
}

/// Regression growth a period, as a fraction: slope of the least-squares line divided by its value at the first
/// period on record.
///
/// `series` holds one value a period, consecutive, oldest first. `None` with fewer than two values present, or where
/// the fitted first value is not above 0.
#[must_use]
pub fn regression_growth(series: &[Option<f64>]) -> Option<f64> {
    let points = || series.iter().enumerate().filter_map(|(at, value)| value.map(|value| (at as f64, value)));
    let count = points().count();
    if count < 2 {
        return None;
    }
    let mean_time = points().map(|(time, _)| time).sum::<f64>() / count as f64;
    let mean_value = points().map(|(_, value)| value).sum::<f64>() / count as f64;
    let covariation: f64 = points().map(|(time, value)| (time - mean_time) * (value - mean_value)).sum();
    let variation: f64 = points().map(|(time, _)| (time - mean_time) * (time - mean_time)).sum();
    let slope = covariation / variation;
    let (first_time, _) = points().next()?;
    let fitted_first = mean_value + slope * (first_time - mean_time);
    (fitted_first > 0.0).then(|| slope / fitted_first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() <= 1e-12 * expected.abs())
    }

    #[test]
    fn points_need_both_periods() {
        assert_eq!(points_growth(Some(60.0), Some(62.5)), Some(2.5));
        assert_eq!(points_growth(None, Some(62.5)), None);
        assert_eq!(points_growth(Some(60.0), None), None);
    }

    #[test]
    fn compound_growth_agrees_with_coinr() {
        assert!(compound_growth(100.0, 133.1, 3).is_some_and(|growth| (growth - 0.1).abs() < 1e-12));
    }

    #[test]
    fn compound_growth_from_nothing_is_undefined() {
        assert_eq!(compound_growth(0.0, 5.0, 3), None);
        assert_eq!(compound_growth(-1.0, 5.0, 3), None);
        assert_eq!(compound_growth(1.0, -5.0, 3), None);
        assert_eq!(compound_growth(1.0, 5.0, 0), None);
    }

    #[test]
    fn regression_growth_agrees_with_coinr() {
        let four = [100.0, 110.0, 120.0, 140.0].map(Some);
        assert!(close(regression_growth(&four), 0.132_653_061_224_489_74));
        assert!(close(regression_growth(&[Some(100.0), None, None, Some(140.0)]), 0.133_333_333_333_333_32));
    }

    #[test]
    fn regression_growth_is_fitted_at_the_first_period_on_record() {
        let (late, early) =
            ([None, Some(100.0), Some(120.0), Some(130.0)], [Some(100.0), Some(120.0), Some(130.0)]);
        let early = regression_growth(&early).expect("three points have a slope");
        assert!(close(regression_growth(&late), early));
    }

    #[test]
    fn regression_growth_needs_two_points_and_a_positive_start() {
        assert_eq!(regression_growth(&[Some(1.0), None]), None);
        assert_eq!(regression_growth(&[Some(-1.0), Some(4.0)]), None);
    }
}
