//! The period (期): a year `2021`, a month `2021-03` or a day `2021-03-09`.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

/// A calendar period; written as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Period {
    text: String,
    first_day: Date,
    length: Length,
}

/// A text that is no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period: a year 2021, a month 2021-03 or a day 2021-03-09")]
pub(crate) struct BadPeriod(pub(crate) String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Length {
    Year,
    Month,
    Day,
}

impl Period {
    /// Reads a period.
    ///
    /// # Errors
    /// [`BadPeriod`] unless the text is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, names real dates, and lies after the year 0.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPeriod> {
        let bad = || BadPeriod(text.to_owned());
        if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Err(bad());
        }
        let (length, day) = match text.len() {
            4 => (Length::Year, format!("{text}-01-01")),
            7 => (Length::Month, format!("{text}-01")),
            10 => (Length::Day, text.to_owned()),
            _ => return Err(bad()),
        };
        let first_day: Date = day.parse().map_err(|_| bad())?;
        if first_day.year() < 1 {
            return Err(bad());
        }
        Ok(Self { text: text.to_owned(), first_day, length })
    }

    /// The period as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The `count` periods of the same length just before, earliest first; fewer at the beginning of the calendar.
    pub(crate) fn window_before(&self, count: u32) -> Vec<Self> {
        let mut window: Vec<Self> = (1..=i64::from(count)).map_while(|back| self.back(back)).collect();
        window.reverse();
        window
    }

    fn back(&self, periods: i64) -> Option<Self> {
        let span = match self.length {
            Length::Year => periods.years(),
            Length::Month => periods.months(),
            Length::Day => periods.days(),
        };
        let first_day = self.first_day.checked_sub(span).ok()?;
        let text = match self.length {
            Length::Year => format!("{:04}", first_day.year()),
            Length::Month => format!("{:04}-{:02}", first_day.year(), first_day.month()),
            Length::Day => first_day.to_string(),
        };
        Self::parse(&text).ok()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str, count: u32) -> Vec<String> {
        let period = Period::parse(text).unwrap();
        period.window_before(count).iter().map(Period::to_string).collect()
    }

    #[test]
    fn the_window_holds_periods_of_the_same_length_earliest_first() {
        assert_eq!(window("2021", 3), ["2018", "2019", "2020"]);
        assert_eq!(window("2021-02", 3), ["2020-11", "2020-12", "2021-01"]);
        assert_eq!(window("2024-03-01", 2), ["2024-02-28", "2024-02-29"]);
    }

    #[test]
    fn the_window_ends_at_the_beginning_of_the_calendar() {
        assert_eq!(window("0002", 3), ["0001"]);
        assert_eq!(window("0001-01-01", 3), [""; 0]);
    }

    #[test]
    fn only_real_dates_are_periods() {
        for text in
            ["", "21", "0000", "2021-13", "2021-02-30", "2021-3", "20210", "二〇二一", "2021/03", "-021"]
        {
            assert_eq!(Period::parse(text), Err(BadPeriod(text.to_owned())), "{text}");
        }
    }
}
