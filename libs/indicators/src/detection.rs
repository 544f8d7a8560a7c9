//! Detection (变化检出): whether the last month of a series is worse than the months before let expect, with the rate of
//! false alarms that this is said at.
//!
//! Two detectors look at a series: of counts a limit for the month itself (Poisson) and a CUSUM for what creeps; of
//! other values an EWMA and a CUSUM. A limit is chosen by the share of months without any change in which it may alarm,
//! and every finding carries that share. Only the worse direction counts. Recording a finding, and telling whether
//! another one has said it before, is kept out.
//!
//! | file | holds |
//! |---|---|
//! | `distribution.rs` | normal, Student, binomial tails |
//! | `scores.rs` | months as standard scores, whatever the unknown mean |
//! | `chart.rs` | CUSUM and EWMA |
//! | `run_length.rs` | how often a chart alarms without a change |

pub mod chart;
pub mod distribution;
pub mod run_length;
pub mod scores;

use self::scores::{LEAST_BEFORE, Moments};

/// Months before the last that are looked at.
pub const HISTORY_MONTHS: usize = 35;
/// The months that set what is expected, before the charts begin; with a shorter history all but the last twelve, or half
/// of it where that is more.
const QUIET_MONTHS: usize = 24;
/// Reference value of the CUSUM: half of the shift it is best at, in standard deviations.
const CUSUM_K: f64 = 0.5;
/// Weight of the newest month in the EWMA.
const EWMA_LAMBDA: f64 = 0.2;
/// So often the largest number there is can be halved; neighbours beyond 2^53 lie further apart than 1.
const MOST_HALVINGS: u32 = 1_100;
/// A warning is this much rarer by chance than a watch.
const WARN_RARER: f64 = 10.0;

/// Which way is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// More is worse: an inverse indicator.
    Up,
    /// Less is worse.
    Down,
}

/// What raised an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Detector {
    /// The count of the month alone lies beyond a Poisson limit.
    Poisson,
    /// A cumulative sum of small excesses.
    Cusum,
    /// A smoothed mean.
    Ewma,
}

/// How rare the alarm would be by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As rare as asked for.
    Watch,
    /// Ten times rarer.
    Warn,
}

/// Limits for one share of false alarms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    watch: Limit,
    warn: Limit,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit {
    level: Level,
    ratio: f64,
    cusum: f64,
    ewma: f64,
}

/// An alarm about the last month of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What raised it.
    pub detector: Detector,
    /// How rare it would be by chance.
    pub level: Level,
    /// Share of months without any change in which a series is so reported by this detector: stated, not observed.
    pub false_alarm_ratio: f64,
    /// The last month, in the series' unit.
    pub observed: f64,
    /// Mean of the months that set what is expected.
    pub expected: f64,
    /// How many they are.
    pub expected_months: usize,
    /// A month at or beyond this is worse than expected: of a Poisson limit the least such count; of a chart one standard
    /// deviation from what is expected, the shift it is made for.
    pub limit: f64,
    /// P(a month as bad or worse | no change), for a Poisson limit: how many months one would wait for such a count.
    pub chance: Option<f64>,
    /// Ratio of variance to mean that widened a limit of counts; 1 for a Poisson process.
    pub dispersion: f64,
    /// Months that raised it, by position in the series, the greatest part first.
    pub months: Vec<usize>,
}

impl Limits {
    /// Limits that alarm in a share `false_alarm_ratio` of months without a change, at most (`Watch`), and in a tenth of it
    /// (`Warn`), for one detector and one series. Brought into 1e-9..=0.1.
    #[must_use]
    pub fn of(false_alarm_ratio: f64) -> Self {
        let limit = |level, ratio: f64| Limit {
            level,
            ratio,
            cusum: run_length::cusum_limit(CUSUM_K, 1.0 / ratio),
            ewma: run_length::ewma_limit(EWMA_LAMBDA, 1.0 / ratio),
        };
        let ratio = false_alarm_ratio.clamp(1e-9, 0.1);
        Self { watch: limit(Level::Watch, ratio), warn: limit(Level::Warn, ratio / WARN_RARER) }
    }

    /// The share of months without a change in which a detector says at least "watch".
    #[must_use]
    pub fn false_alarm_ratio(&self) -> f64 {
        self.watch.ratio
    }
}

/// How many detectors look at one series.
pub const DETECTORS_A_SERIES: u32 = 2;

/// Looks at the last month of a series of consecutive months, oldest first; at most [`HISTORY_MONTHS`] before it count.
///
/// `per_count` is set where values are counts divided by something that is the same in every month (households/100 of
/// a rate "per 100 households", 1 of a plain count): the counts are `value · per_count`, rounded. Findings come with the
/// rarest by chance first; none where the last month is missing, or fewer than [`LEAST_BEFORE`] before it are there.
///
/// Source: see the files below; the split into quiet months and charted ones is the house's.
#[must_use]
pub fn examine(
    series: &[Option<f64>],
    per_count: Option<f64>,
    worse: Worse,
    limits: &Limits,
) -> Vec<Finding> {
    let skipped = series.len().saturating_sub(HISTORY_MONTHS + 1);
    // A record that begins later has its quiet months later too.
    let skipped = skipped + series[skipped..].iter().position(Option::is_some).unwrap_or_default();
    let series = &series[skipped..];
    let Some((Some(_), before)) = series.split_last() else {
        return Vec::new();
    };
    if before.iter().flatten().count() < LEAST_BEFORE {
        return Vec::new();
    }
    let per_count = per_count.filter(|per_count| *per_count > 0.0);
    let mut findings: Vec<Finding> = match per_count {
        Some(per_count) => counts(series, per_count, worse, limits),
        None => values(series, worse, limits),
    };
    for finding in &mut findings {
        finding.months.iter_mut().for_each(|month| *month += skipped);
    }
    // The order of detectors breaks ties.
    findings.sort_by(|one, other| other.level.cmp(&one.level).then(one.detector.cmp(&other.detector)));
    findings
}

fn counts(series: &[Option<f64>], per_count: f64, worse: Worse, limits: &Limits) -> Vec<Finding> {
    let counts: Vec<Option<f64>> =
        series.iter().map(|value| value.map(|value| (value * per_count).max(0.0).round())).collect();
    let last = counts.last().copied().flatten().unwrap_or(0.0);
    let quiet = quiet_months(&counts);
    let dispersion =
        scores::dispersion(&counts[..quiet].iter().filter_map(|count| *count).collect::<Vec<_>>());
    let before: Vec<f64> =
        counts[..counts.len() - 1].iter().rev().take(QUIET_MONTHS).filter_map(|it| *it).collect();
    let total: f64 = before.iter().sum();
    let mut findings = Vec::new();
    let chance = |count: f64| match worse {
        Worse::Up => scores::tail(count, total, before.len(), dispersion),
        // "At most so many" is everything but "more".
        Worse::Down => 1.0 - scores::tail(count + dispersion, total, before.len(), dispersion),
    };
    let found = chance(last);
    if let Some(limit) = [limits.warn, limits.watch].into_iter().find(|limit| found <= limit.ratio) {
        let mean = total / before.len() as f64;
        let edge = first_beyond(limit.ratio, last, mean, worse, chance);
        findings.push(Finding {
            detector: Detector::Poisson,
            level: limit.level,
            false_alarm_ratio: chance(edge).min(limit.ratio),
            observed: last / per_count,
            expected: mean / per_count,
            expected_months: before.len(),
            limit: edge / per_count,
            chance: Some(found),
            dispersion,
            months: vec![series.len() - 1],
        });
    }
    let scores = towards_worse(scores::of_counts(&counts, dispersion), worse);
    let charted = charted(&scores, quiet, Detector::Cusum, limits);
    findings.extend(charted.map(|alarm| alarm.finding(series, quiet, dispersion, worse)));
    findings
}

fn values(series: &[Option<f64>], worse: Worse, limits: &Limits) -> Vec<Finding> {
    let quiet = quiet_months(series);
    let scores = towards_worse(scores::of_values(series), worse);
    let alarms = [Detector::Ewma, Detector::Cusum].into_iter();
    let alarms = alarms.filter_map(|detector| charted(&scores, quiet, detector, limits));
    alarms.map(|alarm| alarm.finding(series, quiet, 1.0, worse)).collect()
}

/// The count nearest to what is expected that lies beyond a limit, which `observed` does. Found by halving: a count may
/// have any size.
fn first_beyond(ratio: f64, observed: f64, mean: f64, worse: Worse, chance: impl Fn(f64) -> f64) -> f64 {
    let mut beyond = observed;
    let mut within = match worse {
        Worse::Up => 0.0,
        Worse::Down => mean.ceil().max(observed) + 1.0,
    };
    for _ in 0..MOST_HALVINGS {
        if (beyond - within).abs() <= 1.0 {
            break;
        }
        let middle = f64::midpoint(beyond, within).floor();
        if chance(middle) <= ratio {
            beyond = middle;
        } else {
            within = middle;
        }
    }
    beyond
}

/// Months that set what is expected, of a series with its last month; at least [`LEAST_BEFORE`] of them are on record
/// where there are so many before the last.
fn quiet_months(series: &[Option<f64>]) -> usize {
    let months = series.len();
    let known = series.iter().enumerate().filter(|(_, value)| value.is_some());
    let enough = known.map(|(at, _)| at + 1).nth(LEAST_BEFORE - 1).unwrap_or(months);
    QUIET_MONTHS
        .min((months / 2).max(LEAST_BEFORE).max(months.saturating_sub(12)))
        .max(enough)
        .min(months.saturating_sub(1))
}

fn towards_worse(mut scores: Vec<Option<f64>>, worse: Worse) -> Vec<Option<f64>> {
    if worse == Worse::Down {
        scores.iter_mut().for_each(|score| *score = score.map(|score| -score));
    }
    scores
}

/// An alarm of a chart.
struct Alarm {
    detector: Detector,
    limit: Limit,
    shares: Vec<(usize, f64)>,
}

fn charted(scores: &[Option<f64>], quiet: usize, detector: Detector, limits: &Limits) -> Option<Alarm> {
    let reading = |limit: &Limit| match detector {
        Detector::Ewma => chart::ewma(&scores[quiet..], EWMA_LAMBDA, limit.ewma),
        Detector::Cusum | Detector::Poisson => chart::cusum(&scores[quiet..], CUSUM_K, limit.cusum),
    };
    [limits.warn, limits.watch].into_iter().find_map(|limit| {
        let reading = reading(&limit);
        reading.alarm.then_some(Alarm { detector, limit, shares: reading.shares })
    })
}

impl Alarm {
    fn finding(mut self, series: &[Option<f64>], quiet: usize, dispersion: f64, worse: Worse) -> Finding {
        // Ties in the order of time: the sort is stable.
        self.shares.sort_by(|one, other| other.1.total_cmp(&one.1));
        let before = || series[..quiet].iter().filter_map(|value| *value);
        let moments = Moments::of(before());
        let apart = match worse {
            Worse::Up => moments.deviation(),
            Worse::Down => -moments.deviation(),
        };
        Finding {
            detector: self.detector,
            level: self.limit.level,
            false_alarm_ratio: self.limit.ratio,
            observed: series.last().copied().flatten().unwrap_or(moments.mean),
            expected: moments.mean,
            expected_months: before().count(),
            limit: moments.mean + apart,
            chance: None,
            dispersion,
            months: self.shares.into_iter().map(|(at, _)| quiet + at).collect(),
        }
    }
}
