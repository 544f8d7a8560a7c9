//! Rolling (滚动): the value of the twelve months that end with a period, from values of months or days.
//!
//! "Counts and rates run over the last twelve months, states are the latest; what follows from them is marked
//! provisional" (specification page 1, section 1.7). Which periods a value is made of is said here; reading them is
//! not.

use crate::period::Period;

/// How the values of the twelve months become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// Their sum, for counts and rates of a year such as `cases/100 households`.
    Sum,
    /// Their arithmetic mean, for shares and scores.
    Mean,
    /// The latest of them, for states such as "an owners' committee exists".
    Latest,
}

/// The length of the periods that values come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A month.
    Month,
    /// A day.
    Day,
}

/// How a measure rolls: part of a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roll {
    /// What is made of the values.
    pub take: Take,
    /// What they come in.
    pub from: Step,
}

/// A value made of others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rolled {
    /// In the measure's own unit, for the whole of the window.
    pub value: f64,
    /// Months (or days) of the window with a value.
    pub on_record: usize,
    /// Months (or days) of the window.
    pub asked: usize,
}

/// Months of the window.
pub const WINDOW_MONTHS: u32 = 12;

/// The values of a window as they come, oldest first: for windows that are never held whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gathered {
    sum: f64,
    latest: f64,
    count: usize,
}

impl Gathered {
    /// Adds the next value of the window; one that is missing is not added.
    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.latest = value;
        self.count += 1;
    }

    /// Puts a later word about the last month (or day) in the place of what it said, which stays one of those on record.
    pub fn replace_latest(&mut self, value: f64) {
        self.sum += value - self.latest;
        self.latest = value;
    }

    /// The value of a window of `asked` months or days; `None` where less than half of it is on record (of
    /// [`Take::Latest`]: where nothing is).
    ///
    /// A sum with gaps is the mean of what is on record times the length of the window: a rate of a year stays a rate of
    /// a year, and [`Rolled::on_record`] says that it is an estimate.
    ///
    /// Source: specification page 1, section 1.7; that half a window must be there is the house's.
    #[must_use]
    pub fn rolled(self, take: Take, asked: usize) -> Option<Rolled> {
        let Self { sum, latest, count } = self;
        if count == 0 || (take != Take::Latest && count * 2 < asked) {
            return None;
        }
        let value = match take {
            // Exact where nothing is missing, whatever the division would do to the last bit.
            Take::Sum if count >= asked => sum,
            Take::Sum => sum / count as f64 * asked as f64,
            Take::Mean => sum / count as f64,
            Take::Latest => latest,
        };
        Some(Rolled { value, on_record: count, asked })
    }
}

/// The periods that make the value of `period`, oldest first: the months of the twelve that end with it, or their
/// days. Empty for a day, which is delivered or missing; shorter at the beginning of the calendar.
#[must_use]
pub fn window(period: &Period, from: Step) -> Vec<Period> {
    let Some(last) = period.last_month() else { return Vec::new() };
    let mut months = last.window_before(WINDOW_MONTHS - 1);
    months.push(last);
    match from {
        Step::Month => months,
        Step::Day => months.iter().flat_map(Period::days).collect(),
    }
}

/// The year that ends with a period: of `2021` and `2021-12` it is `2021`. What is delivered for it is the value of
/// these very twelve months and goes before anything rolled.
#[must_use]
pub fn closed_year(period: &Period) -> Option<Period> {
    period.closing_year()
}

/// The year that ends with a month or day of a window: of `2021-12` and `2021-12-31` it is `2021`. A latest state that is
/// delivered for the year is its state at that end.
#[must_use]
pub fn year_behind(step: &Period) -> Option<Period> {
    let last_day = step.as_str().ends_with("-12-31");
    let year = || Period::parse(step.as_str().get(..4)?).ok();
    closed_year(step).or_else(|| last_day.then(year).flatten())
}

/// Whether what is assessed in `period` under thresholds of `base` periods is provisional: the year has not closed.
///
/// A catalog that is measured by the month throughout is not provisional by that alone.
#[must_use]
pub fn is_before_the_close(period: &Period, base: &[Period]) -> bool {
    !period.is_year() && base.iter().all(Period::is_year)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "a figure that must be exact is compared exactly")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn period(text: &str) -> Period {
        Period::parse(text).unwrap()
    }

    fn rolled(take: Take, window: &[Option<f64>]) -> Option<Rolled> {
        let mut gathered = Gathered::default();
        window.iter().flatten().for_each(|value| gathered.add(*value));
        gathered.rolled(take, window.len())
    }

    #[test]
    fn counts_are_summed_shares_averaged_and_states_the_latest() {
        let full: Vec<Option<f64>> = (1..=12).map(|month| Some(f64::from(month))).collect();
        let value = |take| rolled(take, &full).unwrap();
        assert_eq!(value(Take::Sum), Rolled { value: 78.0, on_record: 12, asked: 12 });
        assert_eq!(value(Take::Mean).value, 6.5);
        assert_eq!(value(Take::Latest).value, 12.0);
    }

    #[test]
    fn a_window_with_gaps_says_so_and_less_than_half_of_one_is_missing() {
        let mut window = vec![None; 12];
        window[..6].fill(Some(2.0));
        assert_eq!(rolled(Take::Sum, &window), Some(Rolled { value: 24.0, on_record: 6, asked: 12 }));
        assert_eq!(rolled(Take::Mean, &window).map(|found| found.value), Some(2.0));
        window[0] = None;
        assert_eq!(rolled(Take::Sum, &window), None);
        assert_eq!(rolled(Take::Mean, &window), None);
        assert_eq!(rolled(Take::Latest, &window).map(|found| found.value), Some(2.0));
        assert_eq!(rolled(Take::Latest, &[None; 12]), None);
        assert_eq!(rolled(Take::Sum, &[]), None);
    }

    #[test]
    fn the_window_of_a_month_and_of_the_year_it_closes_are_one() {
        let months = window(&period("2021-06"), Step::Month);
        let ends = (months[0].as_str(), months[11].as_str());
        assert_eq!((months.len(), ends), (12, ("2020-07", "2021-06")));
        assert_eq!(window(&period("2021"), Step::Month), window(&period("2021-12"), Step::Month));
        assert_eq!(closed_year(&period("2021-12")), Some(period("2021")));
        assert_eq!(closed_year(&period("2021")), Some(period("2021")));
        assert_eq!(closed_year(&period("2021-11")), None);
        for (step, year) in [("2021-12", Some("2021")), ("2021-12-31", Some("2021")), ("2021-12-30", None)] {
            assert_eq!(year_behind(&period(step)), year.map(period));
        }
        assert_eq!(window(&period("2021-06-01"), Step::Month), []);
    }

    #[test]
    fn the_days_of_twelve_months_are_a_year_with_its_leap_day() {
        assert_eq!(window(&period("2021-02"), Step::Day).len(), 365);
        let leap = window(&period("2020"), Step::Day);
        assert_eq!((leap.len(), leap[0].as_str(), leap[365].as_str()), (366, "2020-01-01", "2020-12-31"));
    }

    #[test]
    fn a_month_under_yearly_thresholds_is_before_the_close() {
        let years = [period("2019"), period("2020")];
        assert!(is_before_the_close(&period("2021-06"), &years));
        assert!(!is_before_the_close(&period("2021"), &years));
        assert!(!is_before_the_close(&period("2021-06"), &[period("2021-05")]));
    }

    proptest! {
        #[test]
        fn a_sum_is_twelve_means_and_lies_within_the_extremes(
            window in prop::collection::vec(prop::option::weighted(0.8, 0.0..1e6_f64), 12)
        ) {
            let (sum, mean) = (rolled(Take::Sum, &window), rolled(Take::Mean, &window));
            prop_assert_eq!(sum.is_some(), mean.is_some());
            if let (Some(sum), Some(mean)) = (sum, mean) {
                prop_assert!((sum.value - 12.0 * mean.value).abs() <= 1e-9 * sum.value.max(1.0));
                let present = || window.iter().flatten().copied();
                let (least, most) = (present().fold(f64::MAX, f64::min), present().fold(0.0, f64::max));
                prop_assert!(mean.value >= least - 1e-6 && mean.value <= most + 1e-6);
            }
        }
    }
}
