//! The months of the sample district: what `pudong-monthly` reads of every estate, 2018-01 to 2021-12.
//!
//! Each series goes on for four years as it began, with a mild season and chance: counts are Poisson counts around a level
//! of the estate's own, the waste sorting score scatters around one. Twelve series get worse within 2021 and stay so
//! ([`Step`]): what early warning is to find, and all that it is to find. Every series is drawn from a stream of its own,
//! so that the yearly files hold the same bytes with the months and without. Kept out: mistakes, which the yearly files
//! have enough of, and missing months.

use std::io::Write;

use super::draws::{Stream, log_odds, logistic, rounded};
use super::estates::Estate;
use super::files::OBSERVATION_COLUMNS;
use super::governance::{Governance, YEARS};
use super::indicators::{LEAVES, Leaf, Shape};

/// Series that get worse.
pub const STEPS: usize = 12;

/// Decimals of a rate: with two, a case in an estate of ten thousand households would be rounded by half.
const RATE_DECIMALS: u8 = 3;
/// The first and the last month of 2021 in which a series may begin to be worse: a month alone is no lasting change, and
/// the charts keep twelve.
const STEP_MONTHS: (u8, u8) = (4, 9);
/// The least cases a month that a series has which gets worse: among one or two a year nobody sees a step.
const LEAST_CASES: f64 = 3.0;
/// How many times the level it is that a series steps to.
const STEP_FACTORS: (f64, f64) = (2.2, 3.0);

/// What comes by the month: the code of the leaf, how far a year swings to each side of its mean, and the month of its
/// peak, 1-12.
const MONTHLY: [(&str, f64, f64); 6] = [
    ("A2.2", 0.0, 1.0),
    ("A2.4", 0.08, 7.0),
    ("A2.7", 0.06, 8.0),
    ("C2.1", 0.05, 3.0),
    ("C2.2", 0.05, 10.0),
    ("C2.3", 0.08, 7.0),
];

/// A series that gets worse and stays so.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The estate.
    pub place_id: String,
    /// Code of a leaf of the catalog `pudong-monthly`, one that counts cases.
    pub leaf: &'static str,
    /// The first month at the new level, such as 2021-06.
    pub month: String,
    /// How many times the level before it is.
    pub factor: f64,
}

/// One series before a month is drawn.
struct Monthly<'a> {
    estate: &'a Estate,
    leaf: &'static Leaf,
    /// Of the season: its swing and the month of its peak.
    season: (f64, f64),
    /// Cases a month, or the log-odds of a score.
    level: f64,
}

/// Every series of the district: by estate, then in the order of [`MONTHLY`].
fn all<'a>(
    seed: u64,
    estates: &'a [Estate],
    governances: &'a [Governance],
) -> impl Iterator<Item = Monthly<'a>> {
    estates.iter().zip(governances).flat_map(move |(estate, governance)| {
        MONTHLY.iter().map(move |&(code, swing, peak)| {
            let leaf = LEAVES.iter().find(|leaf| leaf.code == code).expect("an observed leaf");
            let level = level(seed, estate, governance, leaf);
            Monthly { estate, leaf, season: (swing, peak), level }
        })
    })
}

/// Where a series stays: the level of the type moved by the mean quality of the four years and by what is the estate's own.
fn level(seed: u64, estate: &Estate, governance: &Governance, leaf: &Leaf) -> f64 {
    let mut stream = Stream::named(seed, &format!("months/level/{}/{}", estate.place_id, leaf.code));
    let years = YEARS.len();
    let quality = (0..years).map(|at| governance.quality(leaf.dimension, at)).sum::<f64>() / years as f64;
    let own = leaf.lasting * stream.normal();
    let of_type = estate.housing.pick(leaf.level);
    match leaf.shape {
        Shape::Share => log_odds(of_type / 100.0) + leaf.load * quality + own,
        _ => {
            let cases_a_year = of_type / 100.0 * f64::from(estate.households);
            cases_a_year / 12.0 * libm::exp(own - leaf.load * quality)
        }
    }
}

/// The series that get worse, one an estate, by place.
pub(super) fn steps(seed: u64, estates: &[Estate], governances: &[Governance]) -> Vec<Step> {
    let is_seen = |it: &Monthly<'_>| matches!(it.leaf.shape, Shape::Cases) && it.level >= LEAST_CASES;
    let mut candidates: Vec<Monthly<'_>> = all(seed, estates, governances).filter(is_seen).collect();
    let mut stream = Stream::named(seed, "months/steps");
    stream.shuffle(&mut candidates);
    let mut steps: Vec<Step> = Vec::with_capacity(STEPS);
    for series in candidates {
        if steps.len() == STEPS {
            break;
        }
        if steps.iter().any(|step| step.place_id == series.estate.place_id) {
            continue;
        }
        let (first, last) = STEP_MONTHS;
        let month = usize::from(first) + stream.index(usize::from(last - first) + 1);
        steps.push(Step {
            place_id: series.estate.place_id.clone(),
            leaf: series.leaf.code,
            month: format!("{}-{month:02}", YEARS[YEARS.len() - 1]),
            factor: rounded(stream.between(STEP_FACTORS.0, STEP_FACTORS.1), 1),
        });
    }
    steps.sort_by(|one, other| one.place_id.cmp(&other.place_id));
    steps
}

/// Writes the months of every series, one after the other, and says how many rows they are.
pub(super) fn write_months(
    seed: u64,
    estates: &[Estate],
    governances: &[Governance],
    steps: &[Step],
    to: impl Write,
) -> csv::Result<usize> {
    let mut file = csv::Writer::from_writer(to);
    file.write_record(OBSERVATION_COLUMNS)?;
    let mut rows = 0;
    for series in all(seed, estates, governances) {
        let place_id = &series.estate.place_id;
        let step = steps.iter().find(|step| step.place_id == *place_id && step.leaf == series.leaf.code);
        let mut stream = Stream::named(seed, &format!("months/{place_id}/{}", series.leaf.code));
        for year in YEARS {
            for month in 1..=12_u8 {
                let period = format!("{year}-{month:02}");
                let factor = step.filter(|step| step.month <= period).map_or(1.0, |step| step.factor);
                let value = series.value(&mut stream, month, factor).to_string();
                let source = series.leaf.source.as_str();
                file.write_record([place_id.as_str(), series.leaf.code, &period, &value, source])?;
                rows += 1;
            }
        }
    }
    file.flush()?;
    Ok(rows)
}

impl Monthly<'_> {
    /// The value of a month, 1-12, in the leaf's own unit.
    fn value(&self, stream: &mut Stream, month: u8, factor: f64) -> f64 {
        match self.leaf.shape {
            Shape::Share => {
                let share = logistic(self.level + self.leaf.passing * stream.normal());
                rounded(100.0 * share, self.leaf.decimals)
            }
            _ => {
                let (swing, peak) = self.season;
                let turn = std::f64::consts::TAU * (f64::from(month) - peak) / 12.0;
                let cases = stream.poisson(self.level * (1.0 + swing * libm::cos(turn)) * factor);
                rounded(f64::from(cases) * 100.0 / f64::from(self.estate.households), RATE_DECIMALS)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::LazyLock;

    use sha2::{Digest, Sha256};
    use xiuhua_indicators::catalog::Catalog;
    use xiuhua_indicators::shipped::shipped;

    use super::super::{ESTATES, WrittenMonths, write, write_months};
    use super::*;

    /// The files of seed 1 by name, and what was said of the months.
    static WRITTEN: LazyLock<(BTreeMap<&str, Vec<u8>>, WrittenMonths)> = LazyLock::new(|| {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let written = write_months(dir.path(), 1).expect("the directory is ours");
        write(dir.path(), 1).expect("the directory is ours");
        let read = |name| (name, std::fs::read(dir.path().join(name)).expect("it was just written"));
        (["places.csv", "observations.csv", "months.csv"].map(read).into(), written)
    });

    /// Values by place and leaf, in the order of the months.
    fn series() -> BTreeMap<(String, String), Vec<(String, f64)>> {
        let mut series: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in csv::Reader::from_reader(&*WRITTEN.0["months.csv"]).records() {
            let row = row.expect("a row of the width of the header");
            let value: f64 = row[3].parse().expect("a value");
            let key = (row[0].to_owned(), row[1].to_owned());
            series.entry(key).or_default().push((row[2].to_owned(), value));
        }
        series
    }

    fn mean<'a>(values: impl Iterator<Item = &'a (String, f64)> + Clone) -> f64 {
        values.clone().map(|(_, value)| value).sum::<f64>() / values.count() as f64
    }

    #[test]
    fn every_estate_has_48_months_of_every_leaf_of_the_monthly_catalog_from_its_yearly_source() {
        let catalog = Catalog::parse(shipped("pudong-monthly").unwrap()).unwrap();
        let leaves: BTreeSet<&str> = catalog.leaves().map(|at| catalog.item(at).code.as_str()).collect();
        let series = series();
        assert_eq!(series.keys().map(|(_, leaf)| leaf.as_str()).collect::<BTreeSet<_>>(), leaves);
        assert_eq!(series.len(), ESTATES as usize * leaves.len());
        for ((_, leaf), months) in &series {
            assert!(months.is_sorted_by(|(one, _), (other, _)| one < other));
            assert_eq!((months.len(), &*months[0].0, &*months[47].0), (48, "2018-01", "2021-12"));
            let most = if leaf == "A2.2" { 100.0 } else { f64::INFINITY };
            assert!(months.iter().all(|(_, value)| (0.0..=most).contains(value)));
        }
        assert_eq!(WRITTEN.1.rows, 48 * series.len());
        assert!(WRITTEN.0["months.csv"].len() < 40_000_000, "{}", WRITTEN.0["months.csv"].len());
    }

    #[test]
    fn twelve_series_get_worse_within_2021_and_the_others_stay_what_they_were() {
        let (all, steps) = (series(), &WRITTEN.1.steps);
        assert_eq!(steps.iter().map(|step| &step.place_id).collect::<BTreeSet<_>>().len(), STEPS);
        for step in steps {
            let months = &all[&(step.place_id.clone(), step.leaf.to_owned())];
            let (before, after) = months.split_at(months.partition_point(|(month, _)| *month < step.month));
            assert!((3..=9).contains(&after.len()), "{step:?}");
            let rise = mean(after.iter()) / mean(before.iter());
            assert!((rise / step.factor - 1.0).abs() < 0.5, "{step:?} rises {rise:.2} times");
        }
        let year = |months: &[(String, f64)], year: &str| {
            months.iter().filter(|(month, _)| month.starts_with(year)).map(|(_, value)| value).sum::<f64>()
        };
        let steps_up = |(place, leaf): &(String, String)| {
            steps.iter().any(|it| it.place_id == *place && it.leaf == leaf)
        };
        for (code, _, _) in MONTHLY {
            let others =
                || all.iter().filter(|(key, _)| key.1 == code && !steps_up(key)).map(|(_, months)| months);
            let total = |asked: &str| others().map(|months| year(months, asked)).sum::<f64>();
            let change = total("2021") / total("2018") - 1.0;
            assert!(change.abs() < 0.05, "{code} changes by {change:.3}");
        }
    }

    #[test]
    fn counts_are_whole_and_have_a_mild_season() {
        let all = series();
        let of_hotline = all.iter().filter(|((_, leaf), _)| leaf == "C2.3").map(|(_, months)| months);
        let of_hotline: Vec<_> = of_hotline.flatten().collect();
        let by_month = |month| mean(of_hotline.iter().copied().filter(|(period, _)| period.ends_with(month)));
        let swing = by_month("-07") / by_month("-01");
        assert!((1.1..1.25).contains(&swing), "{swing}");
        // The number of cases behind a rate is whole.
        let cases = |(place, leaf): &(String, String), value: f64| {
            let places = csv::Reader::from_reader(&*WRITTEN.0["places.csv"]).into_records();
            let row = places.flatten().find(|row| row[0] == **place).expect(leaf);
            value * row[6].parse::<f64>().expect("households") / 100.0
        };
        let (key, months) = all.iter().find(|((_, leaf), _)| leaf == "C2.2").unwrap();
        let off = months.iter().map(|(_, value)| cases(key, *value)).map(|it| (it - it.round()).abs());
        assert!(off.fold(0.0, f64::max) < 0.1);
    }

    /// Changes on purpose only, with whoever changes the sample.
    #[test]
    fn the_months_of_seed_1_are_these_bytes_and_leave_the_yearly_files_what_they_are() {
        let digest = |name: &str| {
            let bytes = Sha256::digest(&WRITTEN.0[name]);
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_eq!(digest("places.csv"), "40e220dc939deba422c6748213c5c3ca85130e513d8fc1bf5e8061dea29b208d");
        assert_eq!(
            digest("observations.csv"),
            "f2e24c71ff7251555bca70e711a2c5eb06b7fba1eba8bfc4fc3fbea462d29278"
        );
        assert_eq!(digest("months.csv"), "e2b6abbfba6d2434fe817f4eef426be076b7e4636a7f39de0fbb59338cc49570");
    }
}
