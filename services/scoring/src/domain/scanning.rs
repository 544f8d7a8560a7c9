//! A scan (扫描) of months: every series looked at with one share of false alarms, findings made into warnings with
//! their reasons and forecasts. Pure; which of them are new is the store's to say.

use std::collections::HashMap;

use xiuhua_indicators::catalog::{Catalog, Direction, Leaf, Measure, Transform, unit_in_chinese};
use xiuhua_indicators::detection::{
    DETECTORS_A_SERIES, Detector, Finding, HISTORY_MONTHS, Limits, Worse, examine,
};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rolling::Take;
use xiuhua_indicators::trend;

use super::id::PlaceId;
use super::period::Period;
use super::warning::{Crossing, Forecast, Found, Shown};

/// Months to come that are shown.
const MONTHS_SHOWN: u32 = 6;
/// Four times of five a value lies in an interval.
const INTERVAL_SHARE: f64 = 0.8;
/// Findings of one scan that become warnings, the rarest by chance first.
pub(crate) const MOST_FOUND: usize = 1_000;

/// Months of many places.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    /// Place ids, by id.
    pub(crate) axis: Vec<PlaceId>,
    /// Type of each place.
    pub(crate) types: Vec<String>,
    /// The months, oldest first; the last is looked at.
    pub(crate) months: Vec<Period>,
    /// By leaf position: `[place][month]`.
    pub(crate) leaves: HashMap<usize, Vec<Vec<Option<f64>>>>,
}

/// What the register knows of a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KnownPlace {
    /// Name.
    pub(crate) name: String,
    /// Sub-district or town.
    pub(crate) town_code: String,
    /// Its name.
    pub(crate) town_name: String,
    /// Households; `None` where unknown.
    pub(crate) households: Option<u64>,
}

/// The ends that a forecast is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ends {
    /// Lower threshold.
    pub(crate) lower: f64,
    /// Upper threshold.
    pub(crate) upper: f64,
    /// Median dimensionless value of the type.
    pub(crate) median_z: Option<f64>,
}

/// Everything one scan looks at.
#[derive(Clone, Debug)]
pub(crate) struct Scan<'a> {
    /// The catalog.
    pub(crate) catalog: &'a Catalog,
    /// The months.
    pub(crate) series: &'a Series,
    /// What is known of places.
    pub(crate) places: &'a HashMap<PlaceId, KnownPlace>,
    /// Thresholds by type and leaf position.
    pub(crate) ends: &'a HashMap<(String, usize), Ends>,
    /// False alarms that the whole scan may be expected to raise.
    pub(crate) expected_false_alarms: f64,
}

/// What a scan found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scanned {
    /// Series with a last month and enough before it.
    pub(crate) series: u64,
    /// Share of months without a change in which one detector reports one series.
    pub(crate) false_alarm_ratio: f64,
    /// Of the whole scan.
    pub(crate) expected_false_alarms: f64,
    /// One a place and leaf, the rarest by chance first.
    pub(crate) found: Vec<Found>,
}

impl Scan<'_> {
    /// Looks at every series.
    ///
    /// The share of false alarms is the wanted number of them divided by series and detectors: chances add up, whether
    /// series depend on one another or not.
    pub(crate) fn run(&self) -> Scanned {
        let outline = Outline::of(self.catalog);
        let mut leaves: Vec<usize> = self.series.leaves.keys().copied().collect();
        leaves.sort_unstable();
        let enough = |months: &[Option<f64>]| {
            let before = months.len().saturating_sub(1);
            months.last().is_some_and(Option::is_some)
                && months[..before].iter().flatten().count()
                    >= xiuhua_indicators::detection::scores::LEAST_BEFORE
        };
        let each = || {
            leaves.iter().flat_map(|&leaf| {
                let places = self.series.leaves[&leaf].iter().enumerate();
                places.filter(|(_, months)| enough(months)).map(move |(place, months)| (leaf, place, months))
            })
        };
        let series = each().count() as u64;
        let tests = (series * u64::from(DETECTORS_A_SERIES)).max(1) as f64;
        let limits = Limits::of(self.expected_false_alarms / tests);
        let mut found: Vec<(f64, Found)> = each()
            .filter_map(|(leaf_at, place, months)| {
                let index = outline.leaf_index(leaf_at);
                let (leaf, measure) = (self.catalog.leaf(index)?, self.catalog.measure_of(index)?);
                let worse = if leaf.direction == Direction::Inverse { Worse::Up } else { Worse::Down };
                let id = &self.series.axis[place];
                let known = self.places.get(id).cloned().unwrap_or_default();
                let findings = examine(months, per_count(measure, known.households), worse, &limits);
                let finding = findings.first()?;
                // Values near the end of what a number can say overflow; nothing sound can be said of them.
                if ![finding.observed, finding.expected, finding.limit].iter().all(|it| it.is_finite()) {
                    return None;
                }
                let chance = finding.chance.unwrap_or(finding.false_alarm_ratio);
                let of = Looked { scan: self, leaf, leaf_at, measure, place, months, worse, known };
                Some((chance, of.found(finding, &findings[1..])))
            })
            .collect();
        found.sort_by(|(one, a), (other, b)| {
            let by_level = b.level.cmp(&a.level).then(one.total_cmp(other));
            by_level.then_with(|| (&a.place, &a.leaf).cmp(&(&b.place, &b.leaf)))
        });
        Scanned {
            series,
            false_alarm_ratio: limits.false_alarm_ratio(),
            expected_false_alarms: limits.false_alarm_ratio() * series as f64 * f64::from(DETECTORS_A_SERIES),
            found: found.into_iter().map(|(_, found)| found).collect(),
        }
    }
}

/// What a value is to be multiplied with to be a count: rates "per 100 households" and "per household" with the
/// households of the place, plain counts with 1. `None` for anything else, which is looked at as a measured value.
fn per_count(measure: &Measure, households: Option<u64>) -> Option<f64> {
    if measure.roll.is_none_or(|roll| roll.take != Take::Sum) {
        return None;
    }
    let households = households.map(|households| households as f64);
    match measure.unit.as_str() {
        "count" | "count/year" | "drills/year" | "events/year" | "meetings/year" => Some(1.0),
        unit if unit.ends_with("/100 households") => Some(households? / 100.0),
        unit if unit.ends_with("/household/year") => households,
        _ => None,
    }
}

/// One series that has something to say.
struct Looked<'a> {
    scan: &'a Scan<'a>,
    leaf: &'a Leaf,
    leaf_at: usize,
    measure: &'a Measure,
    place: usize,
    months: &'a [Option<f64>],
    worse: Worse,
    known: KnownPlace,
}

impl Looked<'_> {
    fn found(&self, finding: &Finding, others: &[Finding]) -> Found {
        let outline = Outline::of(self.scan.catalog);
        let item = outline.leaf_item(self.leaf_at);
        let names = &self.scan.series.months;
        let month = names[names.len() - 1].clone();
        let months: Vec<String> = finding.months.iter().map(|&at| names[at].to_string()).collect();
        let name = (item.name.zh.clone(), item.name.en.clone());
        let forecast = self.forecast();
        let reason = self.reason(finding, others, &name, &month, &months, forecast.as_ref());
        Found {
            place: self.scan.series.axis[self.place].clone(),
            leaf: item.code.clone(),
            month,
            detector: finding.detector,
            level: finding.level,
            false_alarm_ratio: finding.false_alarm_ratio,
            limit: finding.limit,
            upward: self.worse == Worse::Up,
            shown: Shown {
                place_name: self.known.name.clone(),
                town_code: self.known.town_code.clone(),
                town_name: self.known.town_name.clone(),
                type_name: self.scan.series.types[self.place].clone(),
                leaf_name: name,
                measure_id: self.measure.id.clone(),
                unit: self.measure.unit.clone(),
                reason,
                observed: finding.observed,
                expected: finding.expected,
                expected_months: u32::try_from(finding.expected_months).unwrap_or(u32::MAX),
                months,
                forecast,
                statements: Vec::new(),
            },
        }
    }

    fn reason(
        &self,
        finding: &Finding,
        others: &[Finding],
        (zh, en): &(String, String),
        month: &Period,
        months: &[String],
        forecast: Option<&Forecast>,
    ) -> (String, String) {
        let Finding { expected, expected_months, observed, limit, .. } = finding;
        let unit = &self.measure.unit;
        let unit_zh = unit_in_chinese(unit);
        let rare = once_in(finding.chance.unwrap_or(finding.false_alarm_ratio));
        let (turn_zh, turn_en) = match self.worse {
            Worse::Up => ("升至", "rose"),
            Worse::Down => ("降至", "fell"),
        };
        let (mut zh, mut en) = match finding.detector {
            Detector::Poisson => (
                format!(
                    "{zh}（{unit_zh}，按月）由 {expected:.2}（此前 {expected_months} 个月平均）{turn_zh} {observed:.2}（{month}）；\
                     若无变化，如此的月份约每 {rare} 个月才有一次，界限为 {limit:.2}"
                ),
                format!(
                    "{en} ({unit}, in a month) {turn_en} from {expected:.2} (mean of {expected_months} months) to \
                     {observed:.2} in {month}; without a change such a month is expected once in {rare} months, the \
                     limit is {limit:.2}"
                ),
            ),
            Detector::Cusum | Detector::Ewma => {
                let since = months.iter().min().map_or_else(|| month.as_str(), String::as_str);
                let (a, chart) =
                    if finding.detector == Detector::Cusum { ("a", "CUSUM") } else { ("an", "EWMA") };
                (
                    format!(
                        "{zh}（{unit_zh}，按月）自 {since} 起持续偏离此前 {expected_months} 个月的平均 {expected:.2}，\
                         {month} 为 {observed:.2}；若无变化，{chart} 控制图约每 {rare} 个月才报警一次"
                    ),
                    format!(
                        "{en} ({unit}, in a month) has been worse than the mean {expected:.2} of {expected_months} months \
                         since {since}, and is {observed:.2} in {month}; without a change {a} {chart} chart says so once \
                         in {rare} months"
                    ),
                )
            }
        };
        // Less would be printed as "1.0 times".
        if finding.dispersion >= 1.05 {
            zh.push_str(&format!("（各月差异较大，界限已按 {:.1} 倍放宽）", finding.dispersion));
            en.push_str(&format!(
                " (its months scatter, the limit is widened for {:.1} times the variance)",
                finding.dispersion
            ));
        }
        for other in others {
            let chart = super::warning::detector_word(other.detector);
            zh.push_str(&format!("；{chart} 亦报警"));
            en.push_str(&format!("; {chart} says so too"));
        }
        match forecast.and_then(|forecast| forecast.crossing) {
            Some(Crossing::WorstThreshold) => {
                zh.push_str("；照此趋势，年末将达到得 0 分的阈值");
                en.push_str("; on this trend the year ends at the threshold that scores 0");
            }
            Some(Crossing::Median) => {
                zh.push_str("；照此趋势，年末将差于本类型中位数");
                en.push_str("; on this trend the year ends worse than the median of the type");
            }
            Some(Crossing::None) | None => {}
        }
        (zh, en)
    }

    fn forecast(&self) -> Option<Forecast> {
        let skipped = self.months.len().saturating_sub(HISTORY_MONTHS + 1);
        let trend = trend::fit(&self.months[skipped..])?;
        let within = |(low, high): (f64, f64), mean: f64| {
            let bound = |value: f64| {
                let value = self.measure.bounds.lower.map_or(value, |lower| value.max(lower));
                match self.measure.roll.map(|roll| roll.take) {
                    // A bound above is that of a year, and no month's.
                    Some(Take::Sum) | None => value,
                    _ => self.measure.bounds.upper.map_or(value, |upper| value.min(upper)),
                }
            };
            (bound(mean), bound(low), bound(high))
        };
        let month = self.scan.series.months.last()?;
        let coming = month.months_after(MONTHS_SHOWN);
        let months = coming.iter().enumerate().map(|(at, month)| {
            let found = trend.ahead(at + 1);
            let (mean, low, high) = within(found.interval(INTERVAL_SHARE), found.mean);
            (month.to_string(), mean, low, high)
        });
        let year_end =
            self.year_end(&trend, month).map(|found| within(found.interval(INTERVAL_SHARE), found.mean));
        let months: Vec<_> = months.collect();
        let figures = months.iter().flat_map(|(_, mean, low, high)| [*mean, *low, *high]);
        let mut figures = figures.chain(year_end.into_iter().flat_map(|(mean, low, high)| [mean, low, high]));
        let is_sound = figures.all(f64::is_finite);
        is_sound.then(|| Forecast {
            months,
            crossing: year_end.and_then(|(mean, ..)| self.crossing(mean)),
            year_end,
            seasonal: trend.has_season(),
        })
    }

    /// The year's value at its end: months on record and months to come.
    fn year_end(&self, trend: &trend::Trend, month: &Period) -> Option<trend::Forecast> {
        let passed = usize::from(month.month()?);
        let coming = 12 - passed;
        let known: Vec<f64> = self.months.iter().rev().take(passed).map_while(|value| *value).collect();
        if known.len() < passed {
            return None;
        }
        // Oldest first, as everything is summed.
        let known: f64 = known.iter().rev().sum();
        let ahead = trend.sum_ahead(coming);
        Some(match self.measure.roll?.take {
            Take::Sum => trend::Forecast { mean: known + ahead.mean, deviation: ahead.deviation },
            Take::Mean => {
                trend::Forecast { mean: (known + ahead.mean) / 12.0, deviation: ahead.deviation / 12.0 }
            }
            Take::Latest if coming == 0 => {
                trend::Forecast { mean: self.months.last().copied()??, deviation: 0.0 }
            }
            Take::Latest => trend.ahead(coming),
        })
    }

    fn crossing(&self, year_end: f64) -> Option<Crossing> {
        let key = (self.scan.series.types[self.place].clone(), self.leaf_at);
        let Ends { lower, upper, median_z } = *self.scan.ends.get(&key)?;
        // A transformed scale bends what lies between its ends; its ends themselves stay comparable.
        let median_z = median_z.filter(|_| self.leaf.transform == Transform::None);
        let worst = match self.worse {
            Worse::Up => year_end >= upper,
            Worse::Down => year_end <= lower,
        };
        let median = median_z.is_some_and(|z| match self.worse {
            Worse::Up => year_end > upper - z * (upper - lower),
            Worse::Down => year_end < lower + z * (upper - lower),
        });
        Some(if worst {
            Crossing::WorstThreshold
        } else if median {
            Crossing::Median
        } else {
            Crossing::None
        })
    }
}

/// Months between two such months, as a text.
fn once_in(chance: f64) -> String {
    let months = 1.0 / chance.max(1e-12);
    if months >= 1e6 { "1,000,000+".to_owned() } else { format!("{months:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_in_so_many_months_is_said_in_whole_months() {
        assert_eq!(once_in(0.005), "200");
        assert_eq!(once_in(0.0), "1,000,000+");
    }
}
