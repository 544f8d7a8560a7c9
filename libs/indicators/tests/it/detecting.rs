//! What detectors promise, measured: alarms on simulated series without a change come as often as is stated, and real
//! changes are found. Seeded, so every run sees the same series.

use xiuhua_indicators::detection::distribution::normal_quantile;
use xiuhua_indicators::detection::scores::{of_counts, of_values};
use xiuhua_indicators::detection::{Detector, Finding, Level, Limits, Worse, chart, examine, run_length};

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // 53 bits, never 0.
        ((mixed >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// A Poisson count by multiplication (Knuth).
    fn poisson(&mut self, mean: f64) -> f64 {
        let (end, mut product, mut count) = (libm::exp(-mean), self.uniform(), 0.0);
        while product > end {
            product *= self.uniform();
            count += 1.0;
        }
        count
    }

    /// A Poisson count whose mean is itself exponential times 2 plus 2 times it: variance above the mean.
    fn scattered(&mut self, mean: f64, dispersion: f64) -> f64 {
        // A negative binomial as a Poisson mixed by a gamma of whole shape, a sum of exponentials.
        let shape = (mean / (dispersion - 1.0)).round().max(1.0);
        let scale = mean / shape;
        let mut mixed = 0.0;
        let mut left = shape;
        while left > 0.0 {
            mixed -= scale * libm::log(self.uniform());
            left -= 1.0;
        }
        self.poisson(mixed)
    }
}

/// Share of series of 36 months in which each detector reports the last.
fn measured(
    series: u32,
    limits: &Limits,
    per_count: Option<f64>,
    mut month: impl FnMut(usize) -> f64,
) -> [f64; 3] {
    let mut alarms = [0.0; 3];
    for _ in 0..series {
        let months: Vec<Option<f64>> = (0..36).map(|at| Some(month(at))).collect();
        for finding in examine(&months, per_count, Worse::Up, limits) {
            let at = match finding.detector {
                Detector::Poisson => 0,
                Detector::Cusum => 1,
                Detector::Ewma => 2,
            };
            alarms[at] += 1.0;
        }
    }
    alarms.map(|alarms| alarms / f64::from(series))
}

const RATIO: f64 = 0.05;

#[test]
fn charts_of_values_alarm_as_often_as_is_stated_whatever_the_unknown_mean_and_deviation() {
    let mut chance = Chance(1);
    let limits = Limits::of(RATIO);
    let [poisson, cusum, ewma] = measured(5_000, &limits, None, |_| 300.0 + 40.0 * chance.normal());
    assert_eq!(poisson, 0.0);
    // 250 alarms are expected, give or take 15.
    for found in [cusum, ewma] {
        assert!((0.8..=1.2).contains(&(found / RATIO)), "{found} where {RATIO} is stated");
    }
}

#[test]
fn a_poisson_limit_and_a_chart_of_counts_never_alarm_more_often_than_is_stated() {
    for (seed, mean) in [(2, 0.5), (3, 3.0), (4, 20.0)] {
        let mut chance = Chance(seed);
        let limits = Limits::of(RATIO);
        let [poisson, cusum, _] = measured(3_000, &limits, Some(1.0), |_| chance.poisson(mean));
        for found in [poisson, cusum] {
            assert!(found <= 1.15 * RATIO, "mean {mean}: {found} where at most {RATIO} is stated");
        }
        // Counts come in steps and a limit lies on one; where there are many it comes near to what is stated.
        assert!(mean < 10.0 || (poisson >= 0.4 * RATIO && cusum >= 0.4 * RATIO), "{poisson} {cusum}");
    }
}

#[test]
fn counts_that_scatter_twice_as_much_as_poisson_do_not_alarm_twice_as_often() {
    let mut chance = Chance(5);
    let limits = Limits::of(RATIO);
    let [poisson, cusum, _] = measured(3_000, &limits, Some(1.0), |_| chance.scattered(8.0, 2.0));
    assert!(poisson <= 1.4 * RATIO && cusum <= 1.4 * RATIO, "{poisson} {cusum}");
}

#[test]
fn self_starting_scores_run_as_long_as_the_markov_chain_says() {
    let h = run_length::cusum_limit(0.5, 40.0);
    let limit = run_length::ewma_limit(0.2, 40.0);
    let mut chance = Chance(6);
    let (mut cusum, mut ewma) = (0.0, 0.0);
    const RUNS: u32 = 400;
    for _ in 0..RUNS {
        // Long enough: a run of 400 months without an alarm has a chance of one in some ten thousand.
        let series: Vec<Option<f64>> = (0..424).map(|_| Some(5.0 + 3.0 * chance.normal())).collect();
        let scores = &of_values(&series)[24..];
        let first = |alarm: &dyn Fn(&[Option<f64>]) -> bool| {
            (1..=scores.len()).find(|&end| alarm(&scores[..end])).unwrap_or(scores.len()) as f64
        };
        cusum += first(&|scores| chart::cusum(scores, 0.5, h).alarm);
        ewma += first(&|scores| chart::ewma(scores, 0.2, limit).alarm);
    }
    for total in [cusum, ewma] {
        let mean = total / f64::from(RUNS);
        // Run lengths scatter like their mean: 2 months of standard error here.
        assert!((34.0..=46.0).contains(&mean), "{mean} months, 40 are stated");
    }
}

fn first(findings: &[Finding]) -> &Finding {
    findings.first().expect("a finding")
}

#[test]
fn a_rise_of_complaints_is_warned_of_in_its_first_month_and_its_month_is_named() {
    let calm: Vec<Option<f64>> = [6.0, 8.0, 7.0, 9.0, 8.0, 10.0, 7.0, 8.0, 9.0, 6.0, 8.0, 7.0]
        .repeat(3)
        .into_iter()
        .map(Some)
        .collect();
    let limits = Limits::of(1e-3);
    assert_eq!(examine(&calm, Some(1.0), Worse::Up, &limits), []);
    let mut risen = calm.clone();
    risen.push(Some(29.0));
    let findings = examine(&risen, Some(1.0), Worse::Up, &limits);
    let found = first(&findings);
    assert_eq!(
        (found.detector, found.level, found.months.as_slice()),
        (Detector::Poisson, Level::Warn, &[36][..])
    );
    assert!(found.limit > 12.0 && found.limit <= 29.0, "{found:?}");
    assert!(found.false_alarm_ratio <= 1e-4 && found.chance.unwrap() < 1e-6, "{found:?}");
    assert!((found.expected - 7.75).abs() < 1e-9, "{found:?}");
    // Fewer complaints are good news.
    assert_eq!(examine(&risen, Some(1.0), Worse::Down, &limits), []);
}

#[test]
fn a_limit_is_the_least_count_beyond_it_and_a_count_of_any_size_is_looked_at_at_once() {
    let limits = Limits::of(1e-3);
    let series = |last: f64| [vec![Some(8.0); 30], vec![Some(last)]].concat();
    let limit = |last| first(&examine(&series(last), Some(1.0), Worse::Up, &limits)).limit;
    // Every count beyond a limit has the same one, and the count before it is within.
    let least = limit(29.0);
    assert_eq!([limit(30.0), limit(1e12)], [least; 2]);
    let alarms = |last: f64| {
        let found = examine(&series(last), Some(1.0), Worse::Up, &limits);
        found.iter().any(|found| found.detector == Detector::Poisson && found.level == Level::Warn)
    };
    assert!(alarms(least) && !alarms(least - 1.0), "{least}");
    let fewer = |last: f64| examine(&series(last), Some(1.0), Worse::Down, &limits);
    let least = first(&fewer(0.0)).limit;
    assert!(
        !fewer(least).is_empty()
            && fewer(least + 1.0)
                .iter()
                .all(|it| it.detector != Detector::Poisson || it.level == Level::Watch),
        "{least}"
    );
}

#[test]
fn a_small_lasting_shift_is_found_by_a_chart_within_months_and_a_single_month_is_not_enough() {
    let mut chance = Chance(7);
    let limits = Limits::of(1e-3);
    let (mut found_early, mut found_late) = (0, 0);
    for _ in 0..200 {
        let months: Vec<Option<f64>> =
            (0..36).map(|at| Some(chance.normal() + if at >= 28 { 2.0 } else { 0.0 })).collect();
        found_early += u32::from(!examine(&months[..29], None, Worse::Up, &limits).is_empty());
        let found = (29..=36).any(|end| !examine(&months[..end], None, Worse::Up, &limits).is_empty());
        found_late += u32::from(found);
    }
    assert!(found_early <= 20, "{found_early} of 200 after one month");
    assert!(found_late >= 150, "{found_late} of 200 after eight");
}

#[test]
fn a_fall_of_visits_is_found_downward_only_and_half_a_year_of_history_is_too_little() {
    let mut visits: Vec<Option<f64>> =
        [40.0, 44.0, 38.0, 42.0, 41.0, 39.0].repeat(5).into_iter().map(Some).collect();
    visits.extend([Some(20.0), Some(18.0)]);
    let limits = Limits::of(1e-3);
    assert_eq!(first(&examine(&visits, Some(1.0), Worse::Down, &limits)).detector, Detector::Poisson);
    assert_eq!(first(&examine(&visits, None, Worse::Down, &limits)).level, Level::Warn);
    assert_eq!(examine(&visits, None, Worse::Up, &limits), []);
    assert_eq!(examine(&visits[26..], None, Worse::Down, &limits), []);
    *visits.last_mut().unwrap() = None;
    assert_eq!(examine(&visits, Some(1.0), Worse::Down, &limits), []);
}

#[test]
fn only_the_last_three_years_count() {
    let mut long: Vec<Option<f64>> = vec![Some(1e6); 30];
    let recent: Vec<Option<f64>> = (0..36).map(|at| Some(f64::from(at % 5))).chain([Some(30.0)]).collect();
    long.extend(&recent);
    let limits = Limits::of(1e-3);
    let (one, other) = (examine(&long, None, Worse::Up, &limits), examine(&recent, None, Worse::Up, &limits));
    assert_eq!(one.len(), other.len());
    assert_eq!(one[0].months.iter().map(|month| month - 30).collect::<Vec<_>>(), other[0].months);
    assert_eq!(one[0].limit, other[0].limit);
}

#[test]
fn counts_that_never_varied_and_stay_are_silent() {
    assert_eq!(of_counts(&[Some(0.0); 30], 1.0)[29].map(|score| score < 0.1), Some(true));
    let silent = vec![Some(0.0); 36];
    assert_eq!(examine(&silent, Some(12.0), Worse::Up, &Limits::of(0.05)), []);
    assert_eq!(examine(&silent, None, Worse::Up, &Limits::of(0.05)), []);
}

#[test]
fn months_before_a_record_begins_change_nothing() {
    let scattered = [3.0, 14.0, 2.0, 16.0, 5.0, 13.0, 4.0, 15.0, 3.0, 12.0, 6.0, 30.0].map(Some);
    let limits = Limits::of(0.05);
    let alone = examine(&scattered, Some(1.0), Worse::Up, &limits);
    assert!(!alone.is_empty() && alone.iter().all(|it| it.expected_months > 0 && it.dispersion > 1.0));
    let mut padded = examine(&[vec![None; 24], scattered.to_vec()].concat(), Some(1.0), Worse::Up, &limits);
    padded.iter_mut().for_each(|it| it.months.iter_mut().for_each(|month| *month -= 24));
    assert_eq!(padded, alone);
}
