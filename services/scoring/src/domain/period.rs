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
    /// [`BadPeriod`] unless the text is `YYYY`, `YYYY-MM` or `YYYY-MM-DD` and names real dates.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPeriod> {
        let bad = || BadPeriod(text.to_owned());
        let digits = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
        if !text.as_bytes().iter().all(digits) {
            return Err(bad());
        }
        let (length, day) = match text.len() {
            4 => (Length::Year, format!("{text}-01-01")),
            7 => (Length::Month, format!("{text}-01")),
            10 => (Length::Day, text.to_owned()),
            _ => return Err(bad()),
        };
        let first_day: Date = day.parse().map_err(|_| bad())?;
        Ok(Self { text: text.to_owned(), first_day, length })
    }

    /// The period as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The period of the same length just before; `None` at the beginning of the calendar.
    pub(crate) fn before(&self) -> Option<Self> {
        let span = match self.length {
            Length::Year => 1.year(),
            Length::Month => 1.month(),
            Length::Day => 1.day(),
        };
        let first_day = self.first_day.checked_sub(span).ok()?;
        let text = match self.length {
            Length::Year => format!("{:04}", first_day.year()),
            Length::Month => format!("{:04}-{:02}", first_day.year(), first_day.month()),
            Length::Day => first_day.to_string(),
        };
        // Years before 0 have no four-digit form; `parse` refuses them.
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

    fn before(text: &str) -> Option<String> {
        Period::parse(text).unwrap().before().map(|period| period.to_string())
    }

    #[test]
    fn the_period_before_has_the_same_length() {
        assert_eq!(before("2021").as_deref(), Some("2020"));
        assert_eq!(before("2021-01").as_deref(), Some("2020-12"));
        assert_eq!(before("2021-03-01").as_deref(), Some("2021-02-28"));
        assert_eq!(before("2024-03-01").as_deref(), Some("2024-02-29"));
        assert_eq!(before("0000"), None);
    }

    #[test]
    fn only_real_dates_are_periods() {
        for text in ["", "21", "2021-13", "2021-02-30", "2021-3", "20210", "二〇二一", "2021/03"] {
            assert_eq!(Period::parse(text), Err(BadPeriod(text.to_owned())), "{text}");
        }
    }
}
