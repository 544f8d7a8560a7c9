//! Periods (期): a year `2021`, a month `2021-03` or a day `2021-03-09`.

use std::fmt;

/// A period that exists in the calendar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(String);

impl Period {
    /// Reads a period; `None` where the text is not one (another shape, a 13th month, 30 February).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_period(text).then(|| Self(text.to_owned()))
    }

    /// The text, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text is a year from 0001, a month or a day of the ISO 8601 calendar, written with leading zeros.
#[must_use]
pub fn is_period(text: &str) -> bool {
    let mut parts = text.split('-');
    let year = parts.next().and_then(|part| digits(part, 4));
    let month = parts.next().map(|part| digits(part, 2));
    let day = parts.next().map(|part| digits(part, 2));
    let (Some(year), None) = (year, parts.next()) else { return false };
    // A part that is there must be digits; one that is not there stands for the first month or day.
    let (Some(month), Some(day)) = (month.unwrap_or(Some(1)), day.unwrap_or(Some(1))) else { return false };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    year > 0 && jiff::civil::Date::new(year, month, day).is_ok()
}

fn digits(part: &str, count: usize) -> Option<i16> {
    let all_digits = part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits { part.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::is_period;

    #[test]
    fn years_months_and_days_of_the_calendar_are_periods() {
        for good in ["2021", "0001", "2021-03", "2021-12", "2021-03-09", "2020-02-29"] {
            assert!(is_period(good), "{good}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for bad in [
            "",
            "0000",
            "21",
            "20210",
            "2021-",
            "2021-3",
            "2021-13",
            "2021-00",
            "2021-02-29",
            "2021-04-31",
            "2021-03-09-01",
            "2021/03",
            " 2021",
            "2021 ",
            "+021",
            "２０２１",
            "2021Q1",
            "-2021",
        ] {
            assert!(!is_period(bad), "{bad}");
        }
    }
}
