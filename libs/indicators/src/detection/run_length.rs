//! Average run lengths (平均链长): how many months a chart without any change runs until its false alarm, and the limit
//! that gives a wanted one.
//!
//! The statistic of a chart is cut into narrow states; how long a walk among them takes to leave is a linear system.
//!
//! Source: Brook & Evans 1972 (Biometrika 59, 539-549) for the Markov chain; Lucas & Saccucci 1990 (Technometrics 32,
//! 1-12) for EWMA; Siegmund 1985 (Sequential Analysis) for the approximation that the tests check it with.

use super::distribution::normal_cdf;

/// States that a chart is cut into. The error falls with their square: at 101 it is below a thousandth.
const STATES: usize = 101;
/// Chords that a limit is looked for with; about ten are needed.
const MOST_CHORDS: u32 = 100;
/// No limit beyond this is looked for: a run length of 10^12 and more.
const LARGEST_LIMIT: f64 = 40.0;

/// Average run length of a one-sided CUSUM (累积和) with reference value `k` and limit `h`, both above 0, over standard
/// normal scores that have moved by `shift` standard deviations; 0 is "no change". From an empty sum.
#[must_use]
pub fn cusum(k: f64, h: f64, shift: f64) -> f64 {
    let width = 2.0 * h / (2.0 * STATES as f64 - 1.0);
    let below = |from: usize, to: f64| normal_cdf(to - from as f64 * width + k - shift);
    expected_steps(STATES, 0, |from, to| {
        let upper = below(from, (to as f64 + 0.5) * width);
        if to == 0 { upper } else { upper - below(from, (to as f64 - 0.5) * width) }
    })
}

/// Average run length of a one-sided EWMA that is held at 0 from below: `z ← max(0, (1 - lambda) z + lambda u)`, alarm
/// above `limit` asymptotic standard deviations. From 0.
///
/// Source: Shu, Jiang & Wu 2007 (Journal of Quality Technology 39, 338-355) for the barrier.
#[must_use]
pub fn ewma(lambda: f64, limit: f64, shift: f64) -> f64 {
    let end = limit * libm::sqrt(lambda / (2.0 - lambda));
    let width = 2.0 * end / (2.0 * STATES as f64 - 1.0);
    let below =
        |from: usize, to: f64| normal_cdf((to - (1.0 - lambda) * from as f64 * width) / lambda - shift);
    expected_steps(STATES, 0, |from, to| {
        let upper = below(from, (to as f64 + 0.5) * width);
        if to == 0 { upper } else { upper - below(from, (to as f64 - 0.5) * width) }
    })
}

/// The limit `h` of a one-sided CUSUM whose average run length without a change is `months`, above 2.
#[must_use]
pub fn cusum_limit(k: f64, months: f64) -> f64 {
    limit_for(months, |h| cusum(k, h, 0.0))
}

/// The limit of a one-sided [`ewma`] whose average run length without a change is `months`, above 2.
#[must_use]
pub fn ewma_limit(lambda: f64, months: f64) -> f64 {
    limit_for(months, |limit| ewma(lambda, limit, 0.0))
}

/// The logarithm of a run length is nearly a line over the limit, so a chord meets it in few steps (the Illinois method:
/// an end that stays counts half, or it would stay for good).
fn limit_for(months: f64, run_length: impl Fn(f64) -> f64) -> f64 {
    let beyond = |limit: f64| libm::log(run_length(limit)) - libm::log(months);
    let (mut low, mut high) = (0.01, 1.0);
    let (mut below, mut above) = (beyond(low), beyond(high));
    while high < LARGEST_LIMIT && above < 0.0 {
        (low, below) = (high, above);
        high *= 1.5;
        above = beyond(high);
    }
    for _ in 0..MOST_CHORDS {
        let limit = (low * above - high * below) / (above - below);
        let found = beyond(limit);
        if found.abs() < 1e-9 {
            return limit;
        }
        if found < 0.0 {
            (low, below, above) = (limit, found, above / 2.0);
        } else {
            (high, above, below) = (limit, found, below / 2.0);
        }
    }
    high
}

/// Expected steps of a walk from `start` until it leaves `states`, of which `probability(from, to)` is the chance of a
/// step: `(I - R) steps = 1`, by elimination. Rows of `I - R` are dominated by their diagonal, so no pivot is looked for.
fn expected_steps(states: usize, start: usize, probability: impl Fn(usize, usize) -> f64) -> f64 {
    let mut rows: Vec<Vec<f64>> = (0..states)
        .map(|from| {
            let cell = |to: usize| f64::from(u8::from(from == to)) - probability(from, to);
            (0..states).map(cell).chain([1.0]).collect()
        })
        .collect();
    for pivot in 0..states {
        let (above, below) = rows.split_at_mut(pivot + 1);
        let head = &above[pivot];
        for row in below {
            let factor = row[pivot] / head[pivot];
            if factor != 0.0 {
                for (cell, over) in row[pivot..].iter_mut().zip(&head[pivot..]) {
                    *cell -= factor * over;
                }
            }
        }
    }
    let mut steps = vec![0.0; states];
    for at in (0..states).rev() {
        let known: f64 = (at + 1..states).map(|after| rows[at][after] * steps[after]).sum();
        steps[at] = (rows[at][states] - known) / rows[at][at];
    }
    steps[start]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, share: f64) -> bool {
        (found - expected).abs() <= share * expected
    }

    /// Average run length of a two-sided EWMA (指数加权移动平均) with weight `lambda` in (0, 1] and limits of ±`limit`
    /// asymptotic standard deviations, over standard normal scores moved by `shift`.
    fn ewma_two_sided(lambda: f64, limit: f64, shift: f64) -> f64 {
        let end = limit * libm::sqrt(lambda / (2.0 - lambda));
        let width = 2.0 * end / STATES as f64;
        let centre = |state: usize| -end + (state as f64 + 0.5) * width;
        let below = |from: usize, to: f64| normal_cdf((to - (1.0 - lambda) * centre(from)) / lambda - shift);
        expected_steps(STATES, STATES / 2, |from, to| {
            below(from, centre(to) + width / 2.0) - below(from, centre(to) - width / 2.0)
        })
    }

    /// Siegmund's approximation of [`cusum`]: a second opinion.
    fn cusum_by_siegmund(k: f64, h: f64, shift: f64) -> f64 {
        let (drift, height) = (shift - k, h + 1.166);
        if drift == 0.0 {
            return height * height;
        }
        let reach = -2.0 * drift * height;
        (libm::exp(reach) - reach - 1.0) / (2.0 * drift * drift)
    }

    /// Of two one-sided charts together, without a change: they never alarm at once for k of half a deviation and more.
    fn two_sided_cusum(k: f64, h: f64) -> f64 {
        cusum(k, h, 0.0) / 2.0
    }

    #[test]
    fn cusum_run_lengths_are_those_of_lucas_and_crosier_and_of_montgomery() {
        // Montgomery, Introduction to Statistical Quality Control, table of two-sided CUSUMs with k = 0.5.
        assert!(close(two_sided_cusum(0.5, 4.0), 168.0, 0.005), "{}", two_sided_cusum(0.5, 4.0));
        assert!(close(two_sided_cusum(0.5, 5.0), 465.0, 0.005), "{}", two_sided_cusum(0.5, 5.0));
        // Detecting a shift: the side against it hardly counts.
        for (h, shift, expected) in [(4.0, 1.0, 8.38), (5.0, 1.0, 10.4), (4.0, 2.0, 3.34), (5.0, 2.0, 4.01)] {
            assert!(close(cusum(0.5, h, shift), expected, 0.005), "{h} {shift}: {}", cusum(0.5, h, shift));
        }
    }

    #[test]
    fn cusum_limits_are_those_of_hawkins_for_a_run_length_of_370() {
        // Hawkins 1993, two-sided run length of 370: twice that for one side.
        for (k, h) in [(0.25, 8.01), (0.5, 4.77), (0.75, 3.34), (1.0, 2.52)] {
            assert!(close(cusum_limit(k, 740.0), h, 0.006), "{k}: {}", cusum_limit(k, 740.0));
        }
    }

    #[test]
    fn siegmunds_approximation_agrees_within_some_percent() {
        for (k, h, shift) in
            [(0.5, 4.0, 0.0), (0.5, 5.0, 0.0), (0.25, 8.0, 0.0), (0.5, 5.0, 0.5), (0.5, 5.0, 1.0)]
        {
            let (chain, quick) = (cusum(k, h, shift), cusum_by_siegmund(k, h, shift));
            assert!(close(quick, chain, 0.05), "{k} {h} {shift}: {chain} {quick}");
        }
    }

    #[test]
    fn ewma_run_lengths_are_those_of_lucas_and_saccucci() {
        // Their table of two-sided charts with a run length of about 500.
        for (lambda, limit) in [(0.05, 2.615), (0.1, 2.814), (0.2, 2.962), (0.25, 2.998), (0.4, 3.054)] {
            let found = ewma_two_sided(lambda, limit, 0.0);
            assert!(close(found, 500.0, 0.01), "{lambda}: {found}");
        }
        for (lambda, limit, shift, expected) in [
            (0.1, 2.814, 1.0, 10.3),
            (0.2, 2.962, 1.0, 10.5),
            (0.1, 2.814, 2.0, 4.36),
            (0.2, 2.962, 2.0, 3.7),
        ] {
            let found = ewma_two_sided(lambda, limit, shift);
            assert!(close(found, expected, 0.02), "{lambda} {shift}: {found}");
        }
    }

    #[test]
    fn a_shewhart_chart_is_an_ewma_that_forgets_everything() {
        // P(|Z| > 3) = 0.0027.
        assert!(close(ewma_two_sided(1.0, 3.0, 0.0), 370.398, 1e-4));
        assert!(close(ewma(1.0, 3.0, 0.0), 740.797, 1e-4));
    }

    #[test]
    fn limits_give_the_run_lengths_that_they_were_asked_for() {
        for months in [20.0, 200.0, 2_000.0, 50_000.0] {
            assert!(close(cusum(0.5, cusum_limit(0.5, months), 0.0), months, 1e-6), "{months}");
            assert!(close(ewma(0.2, ewma_limit(0.2, months), 0.0), months, 1e-6), "{months}");
        }
    }
}
