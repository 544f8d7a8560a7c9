//! Periods (期): a year `2021`, a month `2021-03` or a day `2021-03-09` of the Gregorian calendar.
//!
//! A period is a name and its place in the calendar; instants, time zones and "now" are kept out.

use std::fmt;

/// A period that exists in the calendar, from the year 0001 on; written as it was read.
///
/// Ordered by its text. That is the order of the first days and, where two periods begin on one day, the longer first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    // First, so that the order is that of the text.
    text: String,
    dated: Dated,
}

/// A text that is no period: another shape, a 13th month, 30 February, the year 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period: a year 2021, a month 2021-03 or a day 2021-03-09")]
pub struct BadPeriod(pub String);

impl BadPeriod {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        format!("“{}”不是期次：应为年 2021、月 2021-03 或日 2021-03-09", self.0)
    }
}

impl Period {
    /// Reads a period: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, with leading zeros.
    ///
    /// # Errors
    /// [`BadPeriod`] for any other text, and for a date that the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, BadPeriod> {
        match Dated::read(text) {
            Some(dated) => Ok(Self { text: text.to_owned(), dated }),
            None => Err(BadPeriod(text.to_owned())),
        }
    }

    /// The period as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The year it lies in, 1 to 9999.
    #[must_use]
    pub fn year(&self) -> i32 {
        match self.dated {
            Dated::Year(year) | Dated::Month(year, _) | Dated::Day(year, ..) => i32::from(year),
        }
    }

    /// The period of the same length just before; `None` at the beginning of the calendar.
    #[must_use]
    pub fn before(&self) -> Option<Self> {
        Some(Self::of(self.dated.before()?))
    }

    /// The period of the same length just after; `None` at the end of the calendar, the year 9999.
    #[must_use]
    pub fn after(&self) -> Option<Self> {
        let dated = self.dated.after()?;
        Some(Self { text: dated.to_string(), dated })
    }

    /// The `count` periods of the same length just after, earliest first; fewer at the end of the calendar.
    #[must_use]
    pub fn window_after(&self, count: u32) -> Vec<Self> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        std::iter::successors(self.after(), Self::after).take(count).collect()
    }

    /// The `count` periods of the same length just before, earliest first; fewer at the beginning of the calendar.
    #[must_use]
    pub fn window_before(&self, count: u32) -> Vec<Self> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut window: Vec<Self> = std::iter::successors(self.before(), Self::before).take(count).collect();
        window.reverse();
        window
    }

    /// Whether it is a whole year.
    #[must_use]
    pub fn is_year(&self) -> bool {
        matches!(self.dated, Dated::Year(_))
    }

    /// Whether it is a month.
    #[must_use]
    pub fn is_month(&self) -> bool {
        matches!(self.dated, Dated::Month(..))
    }

    /// Month of the year, 1 to 12; `None` for a year.
    #[must_use]
    pub fn month(&self) -> Option<u16> {
        match self.dated {
            Dated::Year(_) => None,
            Dated::Month(_, month) | Dated::Day(_, month, _) => Some(month),
        }
    }

    /// The month that a year or a month ends with; `None` for a day.
    #[must_use]
    pub fn last_month(&self) -> Option<Self> {
        match self.dated {
            Dated::Year(year) => Some(Self::of(Dated::Month(year, 12))),
            Dated::Month(..) => Some(self.clone()),
            Dated::Day(..) => None,
        }
    }

    /// The year whose end is the end of this period: of a year itself, of a December its year; `None` otherwise.
    #[must_use]
    pub fn closing_year(&self) -> Option<Self> {
        match self.dated {
            Dated::Year(year) | Dated::Month(year, 12) => Some(Self::of(Dated::Year(year))),
            Dated::Month(..) | Dated::Day(..) => None,
        }
    }

    /// The days of a month, in order; none of any other period.
    #[must_use]
    pub fn days(&self) -> Vec<Self> {
        match self.dated {
            Dated::Month(year, month) => {
                (1..=days_in(year, month)).map(|day| Self::of(Dated::Day(year, month, day))).collect()
            }
            Dated::Year(_) | Dated::Day(..) => Vec::new(),
        }
    }

    /// The same period one year before, 28 February for 29 February; `None` at the beginning of the calendar.
    #[must_use]
    pub fn year_before(&self) -> Option<Self> {
        let dated = match self.dated {
            Dated::Year(year) => Dated::Year(year - 1),
            Dated::Month(year, month) => Dated::Month(year - 1, month),
            Dated::Day(year, 2, 29) => Dated::Day(year - 1, 2, 28),
            Dated::Day(year, month, day) => Dated::Day(year - 1, month, day),
        };
        dated.exists().then(|| Self::of(dated))
    }

    /// The `count` months after a month, in order; none of any other period, fewer at the end of the calendar.
    #[must_use]
    pub fn months_after(&self, count: u32) -> Vec<Self> {
        let next = |month: &Dated| match *month {
            Dated::Month(year, 12) if year < 9999 => Some(Dated::Month(year + 1, 1)),
            Dated::Month(year, month) if month < 12 => Some(Dated::Month(year, month + 1)),
            _ => None,
        };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        std::iter::successors(next(&self.dated), next).take(count).map(Self::of).collect()
    }

    fn of(dated: Dated) -> Self {
        Self { text: dated.to_string(), dated }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether [`Period::parse`] would read a text; keeps nothing of it.
#[must_use]
pub fn is_period(text: &str) -> bool {
    Dated::read(text).is_some()
}

/// Where a period lies: year from 1, month from 1, day from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Dated {
    Year(u16),
    Month(u16, u16),
    Day(u16, u16, u16),
}

impl Dated {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = number(parts.next()?, 4)?;
        let dated = match (parts.next(), parts.next()) {
            (None, _) => Self::Year(year),
            (Some(month), None) => Self::Month(year, number(month, 2)?),
            (Some(month), Some(day)) => Self::Day(year, number(month, 2)?, number(day, 2)?),
        };
        (parts.next().is_none() && dated.exists()).then_some(dated)
    }

    fn exists(self) -> bool {
        match self {
            Self::Year(year) => year >= 1,
            Self::Month(year, month) => year >= 1 && (1..=12).contains(&month),
            Self::Day(year, month, day) => {
                Self::Month(year, month).exists() && (1..=days_in(year, month)).contains(&day)
            }
        }
    }

    fn before(self) -> Option<Self> {
        let before = match self {
            Self::Year(year) => Self::Year(year - 1),
            Self::Month(year, 1) => Self::Month(year - 1, 12),
            Self::Month(year, month) => Self::Month(year, month - 1),
            Self::Day(year, 1, 1) => Self::Day(year - 1, 12, 31),
            Self::Day(year, month, 1) => Self::Day(year, month - 1, days_in(year, month - 1)),
            Self::Day(year, month, day) => Self::Day(year, month, day - 1),
        };
        before.exists().then_some(before)
    }

    fn after(self) -> Option<Self> {
        let after = match self {
            Self::Year(year) => Self::Year(year + 1),
            Self::Month(year, 12) => Self::Month(year + 1, 1),
            Self::Month(year, month) => Self::Month(year, month + 1),
            Self::Day(year, 12, 31) => Self::Day(year + 1, 1, 1),
            Self::Day(year, month, day) if day == days_in(year, month) => Self::Day(year, month + 1, 1),
            Self::Day(year, month, day) => Self::Day(year, month, day + 1),
        };
        // A year has four digits.
        let (Self::Year(year) | Self::Month(year, _) | Self::Day(year, ..)) = after;
        (year <= 9999).then_some(after)
    }
}

impl fmt::Display for Dated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(year, month, day) => write!(f, "{year:04}-{month:02}-{day:02}"),
        }
    }
}

/// The number written with exactly `digits` ASCII digits.
fn number(part: &str, digits: usize) -> Option<u16> {
    // `parse` alone would take a sign.
    let written = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
    if written { part.parse().ok() } else { None }
}

/// Days of a month, 1 to 12.
fn days_in(year: u16, month: u16) -> u16 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn period(text: &str) -> Period {
        Period::parse(text).unwrap()
    }

    fn window(text: &str, count: u32) -> Vec<String> {
        period(text).window_before(count).iter().map(Period::to_string).collect()
    }

    #[test]
    fn years_months_and_days_of_the_calendar_are_periods() {
        for good in ["2021", "0001", "9999", "2021-03", "2021-12", "2021-03-09", "2020-02-29", "2000-02-29"] {
            assert_eq!(Period::parse(good).unwrap().as_str(), good);
            assert!(is_period(good), "{good}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for bad in [
            "",
            "0000",
            "0000-12-31",
            "21",
            "20210",
            "2021-",
            "2021-3",
            "2021-13",
            "2021-00",
            "2021-03-00",
            "2021-02-29",
            "1900-02-29",
            "2021-04-31",
            "2021-03-09-01",
            "2021-03-09-",
            "2021/03",
            " 2021",
            "2021 ",
            "+021",
            "-021",
            "-2021",
            "２０２１",
            "二〇二一",
            "2021Q1",
        ] {
            assert_eq!(Period::parse(bad), Err(BadPeriod(bad.to_owned())), "{bad}");
            assert!(!is_period(bad), "{bad}");
        }
    }

    #[test]
    fn the_year_of_a_period_is_the_one_it_lies_in() {
        assert_eq!(["0987", "2021-12", "2024-02-29"].map(|text| period(text).year()), [987, 2021, 2024]);
    }

    #[test]
    fn the_window_holds_periods_of_the_same_length_earliest_first() {
        assert_eq!(window("2021", 3), ["2018", "2019", "2020"]);
        assert_eq!(window("2021-02", 3), ["2020-11", "2020-12", "2021-01"]);
        assert_eq!(window("2021-03-01", 1), ["2021-02-28"]);
        assert_eq!(window("2024-03-01", 2), ["2024-02-28", "2024-02-29"]);
        assert_eq!(window("2021-01-01", 1), ["2020-12-31"]);
        assert_eq!(window("2021", 0), [""; 0]);
    }

    #[test]
    fn the_window_ends_at_the_beginning_of_the_calendar() {
        assert_eq!(window("0002", 3), ["0001"]);
        assert_eq!(window("0001-02", 3), ["0001-01"]);
        assert_eq!(window("0001-01-01", 3), [""; 0]);
    }

    #[test]
    fn what_lies_after_lies_before_and_the_calendar_ends() {
        for text in ["2021", "2021-12", "2021-01", "2024-02-29", "2023-02-28", "2021-12-31", "2021-04-30"] {
            let next = period(text).after().unwrap();
            assert_eq!(next.before().unwrap().as_str(), text);
        }
        let after =
            |text: &str| period(text).window_after(2).iter().map(Period::to_string).collect::<Vec<_>>();
        assert_eq!(after("2023-02-27"), ["2023-02-28", "2023-03-01"]);
        assert_eq!(after("9998"), ["9999"]);
        assert_eq!([after("9999"), after("9999-12"), after("9999-12-31")], [[""; 0]; 3]);
    }

    #[test]
    fn months_go_on_over_the_turn_of_the_year_and_know_their_days() {
        let texts = |periods: Vec<Period>| periods.iter().map(Period::to_string).collect::<Vec<_>>();
        assert_eq!(texts(period("2020-11").months_after(3)), ["2020-12", "2021-01", "2021-02"]);
        assert_eq!(texts(period("9999-12").months_after(3)), [""; 0]);
        assert_eq!(texts(period("2020").months_after(3)), [""; 0]);
        assert_eq!(period("2020-02").days().len(), 29);
        assert_eq!(period("2021-12").closing_year(), Some(period("2021")));
        assert_eq!(period("2021-12-31").closing_year(), None);
        assert_eq!(period("2021").last_month(), Some(period("2021-12")));
        assert_eq!(period("2020-02-29").year_before(), Some(period("2019-02-28")));
        assert_eq!(period("0001-03").year_before(), None);
        assert_eq!((period("2021-03").month(), period("2021").month()), (Some(3), None));
    }

    #[test]
    fn four_centuries_have_146_097_days() {
        let days = window("2401-01-01", 146_097);
        assert_eq!((days.len(), days[0].as_str()), (146_097, "2001-01-01"));
        assert!(days.is_sorted() && days.iter().all(|day| is_period(day)));
    }

    #[test]
    fn of_two_periods_that_begin_together_the_longer_comes_first() {
        let texts = ["2020-12-31", "2021", "2021-01", "2021-01-01", "2021-01-31", "2021-02", "2022"];
        let mut periods = texts.map(period);
        periods.reverse();
        periods.sort();
        assert_eq!(periods.map(|period| period.to_string()), texts);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic_and_what_is_read_stays_as_written(text in "[0-9-]{0,11}|.*") {
            if let Ok(period) = Period::parse(&text) {
                prop_assert_eq!(period.dated.to_string(), text);
            }
        }
    }
}
