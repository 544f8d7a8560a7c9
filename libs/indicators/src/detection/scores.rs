//! Self-starting scores (自启动标准分): each month against all months before it, as a standard normal score.
//!
//! A chart with an estimated mean alarms far more often than its table says, as every later month is compared with the
//! same mistake. These scores take the mistake out: without a change they are independent and standard normal, exactly
//! for normal values, whatever their unknown mean and deviation. So the run lengths of `run_length.rs` hold as they are
//! stated.
//!
//! Source: Hawkins 1987 (The Statistician 36, 299-315) for values; Quesenberry 1991 (Journal of Quality Technology 23,
//! 296-303) for counts, here with the mid-p value, which makes alarms rarer than stated and never more frequent.

use super::distribution::{binomial_tail, normal_quantile, student_tail};

/// Months that a score needs before it.
pub const LEAST_BEFORE: usize = 6;

/// Scores of values, oldest first: positive above what the months before let expect. `None` where the value or too many
/// before it are missing, or where those before do not differ: nothing can be said about a first change.
#[must_use]
pub fn of_values(series: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut before = Moments::default();
    let score = |value: &Option<f64>| {
        let value = (*value)?;
        let score = before.score(value);
        before.add(value);
        score
    };
    series.iter().map(score).collect()
}

/// Scores of counts, oldest first, each month with the same exposure. `dispersion` is 1 for a Poisson process and the
/// ratio of variance to mean above it, for all months alike.
#[must_use]
pub fn of_counts(series: &[Option<f64>], dispersion: f64) -> Vec<Option<f64>> {
    let (mut months, mut total) = (0_usize, 0.0);
    let score = |count: &Option<f64>| {
        let count = (*count)?;
        let score = (months >= LEAST_BEFORE).then(|| {
            let (at_least, more) =
                (tail(count, total, months, dispersion), tail(count + dispersion, total, months, dispersion));
            -normal_quantile(0.5 * (at_least + more))
        });
        months += 1;
        total += count;
        score
    };
    series.iter().map(score).collect()
}

/// P(a month has `count` or more | it and the `months` before had `count + total` together), without a change: a
/// binomial tail, as the months share the total evenly. Exact for a Poisson process, whatever its rate; counts are
/// divided by `dispersion` above 1.
///
/// Source: Przyborowski & Wilenski 1940 (Biometrika 31, 313-323); the division is the quasi-Poisson of McCullagh &
/// Nelder 1989.
#[must_use]
pub fn tail(count: f64, total: f64, months: usize, dispersion: f64) -> f64 {
    let (count, total) = (count / dispersion, total / dispersion);
    binomial_tail(count, count + total, 1.0 / (months as f64 + 1.0))
}

/// Ratio of variance to mean of counts, at least 1; 1 where there are fewer than two or all are zero. Less than Poisson
/// is chance or a mistake, and would only make a limit too narrow.
#[must_use]
pub fn dispersion(counts: &[f64]) -> f64 {
    let months = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / months;
    if counts.len() < 2 || mean <= 0.0 {
        return 1.0;
    }
    let squares: f64 = counts.iter().map(|count| (count - mean) * (count - mean)).sum();
    (squares / (months - 1.0) / mean).max(1.0)
}

/// Running mean and sum of squares (Welford).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    count: f64,
    pub(super) mean: f64,
    squares: f64,
}

impl Moments {
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|value| moments.add(value));
        moments
    }

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let apart = value - self.mean;
        self.mean += apart / self.count;
        self.squares += apart * (value - self.mean);
    }

    /// Standard deviation (n - 1).
    pub(super) fn deviation(self) -> f64 {
        if self.count < 2.0 { 0.0 } else { libm::sqrt(self.squares / (self.count - 1.0)) }
    }

    fn score(self, value: f64) -> Option<f64> {
        let deviation = self.deviation();
        // Round-off of a series that does not move is no movement.
        if self.count < LEAST_BEFORE as f64 || deviation <= 1e-9 * self.mean.abs() || deviation == 0.0 {
            return None;
        }
        let t = libm::sqrt(self.count / (self.count + 1.0)) * (value - self.mean) / deviation;
        let tail = student_tail(t.abs(), self.count - 1.0);
        let score = -normal_quantile(tail);
        Some(if t < 0.0 { -score } else { score })
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "a figure that must be exact is compared exactly")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_score_is_students_t_of_the_next_value_turned_normal() {
        // Mean 3.5 and deviation sqrt(3.5) of 1..6; t = sqrt(6/7) * (8 - 3.5)/sqrt(3.5), 5 degrees of freedom.
        let series: Vec<Option<f64>> = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0].map(Some).to_vec();
        let scores = of_values(&series);
        assert!(scores[..6].iter().all(Option::is_none));
        let t = libm::sqrt(6.0 / 7.0) * 4.5 / libm::sqrt(3.5);
        let expected = -normal_quantile(student_tail(t, 5.0));
        assert!((scores[6].unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_said_of_a_first_movement_and_missing_months_are_passed_over() {
        assert_eq!(of_values(&[Some(2.0); 12]), [None; 12]);
        let with_gap: Vec<Option<f64>> =
            [Some(1.0), None, Some(2.0), Some(3.0), Some(2.0), Some(1.0), Some(2.0), Some(3.0)].to_vec();
        let dense: Vec<Option<f64>> = with_gap.iter().filter(|value| value.is_some()).copied().collect();
        assert_eq!(of_values(&with_gap)[7], of_values(&dense)[6]);
    }

    #[test]
    fn a_tail_of_counts_is_the_sum_of_binomials() {
        // 12 months with 24 cases, then 6: P(Binomial(30, 1/13) >= 6).
        let expected = binomial_tail(6.0, 30.0, 1.0 / 13.0);
        assert_eq!(tail(6.0, 24.0, 12, 1.0), expected);
        assert_eq!(tail(0.0, 24.0, 12, 1.0), 1.0);
        // Twice as scattered: as 3 after 12.
        assert_eq!(tail(6.0, 24.0, 12, 2.0), tail(3.0, 12.0, 12, 1.0));
    }

    #[test]
    fn dispersion_is_variance_over_mean_and_never_below_one() {
        assert_eq!(dispersion(&[2.0, 2.0, 2.0]), 1.0);
        assert_eq!(dispersion(&[0.0, 0.0]), 1.0);
        assert!((dispersion(&[0.0, 4.0, 8.0]) - 4.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn scores_do_not_depend_on_the_unit(
            values in prop::collection::vec(-1e3..1e3_f64, 8..30), scale in 0.01..100.0_f64, offset in -1e3..1e3_f64
        ) {
            let series: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
            let moved: Vec<Option<f64>> = values.iter().map(|value| Some(offset + scale * value)).collect();
            for (one, other) in of_values(&series).iter().zip(of_values(&moved)) {
                if let (Some(one), Some(other)) = (one, other) {
                    prop_assert!((one - other).abs() < 1e-5, "{} {}", one, other);
                }
            }
        }

        #[test]
        fn more_cases_never_score_less(counts in prop::collection::vec(0_u8..20, 6..24), last in 0_u8..30) {
            let mut series: Vec<Option<f64>> = counts.iter().map(|&count| Some(f64::from(count))).collect();
            series.push(Some(f64::from(last)));
            let one = of_counts(&series, 1.0).pop().unwrap().unwrap();
            *series.last_mut().unwrap() = Some(f64::from(last) + 1.0);
            let other = of_counts(&series, 1.0).pop().unwrap().unwrap();
            prop_assert!(other >= one);
        }
    }
}
