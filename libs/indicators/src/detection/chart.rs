//! Charts (控制图) over standard scores: CUSUM and EWMA, one-sided towards the worse.
//!
//! A chart begins empty, adds a score a month, alarms beyond its limit, and begins again after an alarm. What it says of
//! the last month is all that is asked of it: earlier months had their own day.

/// What a chart says of the last month.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The statistic after the last month.
    pub statistic: f64,
    /// It lies beyond the limit.
    pub alarm: bool,
    /// What each month added to it, by position in the scores, oldest first; only months that still count and added
    /// something.
    pub shares: Vec<(usize, f64)>,
}

/// The one-sided CUSUM `c ← max(0, c + u - k)` with an alarm above `h`. Months without a score change nothing.
///
/// Source: Page 1954 (Biometrika 41, 100-115).
#[must_use]
pub fn cusum(scores: &[Option<f64>], k: f64, h: f64) -> Reading {
    let mut sum = 0.0_f64;
    let mut shares = Vec::new();
    let mut alarm = false;
    for (at, score) in scores.iter().enumerate() {
        if alarm {
            (sum, alarm) = (0.0, false);
            shares.clear();
        }
        let Some(score) = score else { continue };
        sum = (sum + score - k).max(0.0);
        if sum == 0.0 {
            shares.clear();
        } else {
            shares.push((at, score - k));
        }
        alarm = sum > h;
    }
    let shares = shares.into_iter().filter(|(_, share)| *share > 0.0).collect();
    Reading { statistic: sum, alarm: alarm && says_now(scores), shares }
}

/// The one-sided EWMA `z ← max(0, (1 - lambda) z + lambda u)` with an alarm above `limit` asymptotic standard
/// deviations. Months without a score change nothing.
///
/// Source: Roberts 1959 (Technometrics 1, 239-250); the barrier at 0 as in Shu, Jiang & Wu 2007.
#[must_use]
pub fn ewma(scores: &[Option<f64>], lambda: f64, limit: f64) -> Reading {
    let end = limit * libm::sqrt(lambda / (2.0 - lambda));
    let mut smoothed = 0.0_f64;
    let mut shares: Vec<(usize, f64)> = Vec::new();
    let mut alarm = false;
    for (at, score) in scores.iter().enumerate() {
        if alarm {
            (smoothed, alarm) = (0.0, false);
            shares.clear();
        }
        let Some(score) = score else { continue };
        smoothed = ((1.0 - lambda) * smoothed + lambda * score).max(0.0);
        if smoothed == 0.0 {
            shares.clear();
        } else {
            shares.iter_mut().for_each(|(_, share)| *share *= 1.0 - lambda);
            shares.push((at, lambda * score));
        }
        alarm = smoothed > end;
    }
    let shares = shares.into_iter().filter(|(_, share)| *share > 0.0).collect();
    Reading { statistic: smoothed, alarm: alarm && says_now(scores), shares }
}

/// A month without a score raises no alarm of its own.
fn says_now(scores: &[Option<f64>]) -> bool {
    scores.last().is_some_and(Option::is_some)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "a figure that must be exact is compared exactly")]
mod tests {
    use super::*;

    #[test]
    fn a_cusum_adds_what_exceeds_k_and_begins_again_after_an_alarm() {
        let scores = [1.0, -2.0, 2.5, 2.5, 0.5].map(Some);
        let before = cusum(&scores[..4], 0.5, 3.9);
        assert_eq!((before.statistic, before.alarm), (4.0, true));
        assert_eq!(before.shares, [(2, 2.0), (3, 2.0)]);
        let after = cusum(&scores, 0.5, 3.9);
        assert_eq!((after.statistic, after.alarm), (0.0, false));
        assert_eq!(cusum(&scores, 0.5, 4.0).statistic, 4.0);
    }

    #[test]
    fn an_ewma_forgets_and_its_shares_add_up_to_it() {
        let scores = [Some(2.0), Some(3.0), None, Some(1.0)];
        let reading = ewma(&scores, 0.5, 10.0);
        assert_eq!(reading.statistic, 1.5);
        assert_eq!(reading.shares, [(0, 0.25), (1, 0.75), (3, 0.5)]);
        assert!(!reading.alarm);
        assert!(ewma(&scores[..2], 0.5, 1.0).alarm);
    }

    #[test]
    fn a_month_without_a_score_raises_no_alarm() {
        assert!(!cusum(&[Some(9.0), None], 0.5, 4.0).alarm);
        assert!(!ewma(&[Some(9.0), None], 0.5, 1.0).alarm);
        assert!(!cusum(&[], 0.5, 4.0).alarm);
    }
}
