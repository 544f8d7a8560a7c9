//! Periods and instants, in the many ways to write a date.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::{CellFault, Said, excerpt, folded, is_nothing};
use crate::table::Cell;

/// Day numbers of a spreadsheet program that are taken for days: 1954 to 2119.
const SERIALS: std::ops::RangeInclusive<f64> = 20_000.0..=80_000.0;

/// A date as far as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dated {
    Year(i16),
    Month(i16, i8),
    Day(Date),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoDate {
    /// Two-digit years and `3/4/2026`.
    Ambiguous,
    /// 2021.1, which a spreadsheet program also makes of 2021.10.
    LostZero,
    Other,
}

impl Dated {
    fn text(self) -> String {
        match self {
            Self::Year(year) => format!("{year:04}"),
            Self::Month(year, month) => format!("{year:04}-{month:02}"),
            Self::Day(date) => date.to_string(),
        }
    }
}

/// The period of a cell, as the contracts spell it: `2021`, `2021-03` or `2021-03-09`.
///
/// Taken are `2021年`, `2021年度`, `2021年3月`, `202103`, `2021.3.9` and their like. A day that a workbook shows as one is
/// that day; what it shows as a month or a year is a text already. A bare day number is a day, unless it is the first
/// of a month: it may have been the month, of which programs make that day by themselves.
///
/// # Errors
/// `BAD_PERIOD` for anything else, also where it could mean two; `NOT_TEXT`, `FORMULA_FAILED`.
pub fn period<'a>(cell: Cell<'a>) -> Result<Said<Cow<'a, str>>, CellFault> {
    match super::seen(cell) {
        Cell::Empty => Ok(Said::Nothing),
        Cell::Text(text) if is_canonical(text) => Ok(Said::Value(Cow::Borrowed(text))),
        Cell::Text(text) if is_nothing(text) => Ok(Said::NothingInWords),
        Cell::Text(text) => match dated(&folded(text)) {
            Ok(dated) => Ok(Said::Value(Cow::Owned(dated.text()))),
            Err(why) => match day_number(text) {
                Some(number) => period_of_number(number),
                None => Err(bad_period(text, why)),
            },
        },
        Cell::Number(number) => period_of_number(number),
        // A year in a cell for dates is shown as a day of 1905.
        Cell::Moment(at) if !(1954..2120).contains(&at.year()) => {
            Err(bad_period(&super::text(cell)?, NoDate::Other))
        }
        Cell::Moment(at) => Ok(Said::Value(Cow::Owned(Dated::Day(at.date()).text()))),
        Cell::Percent(_) | Cell::Truth(_) => Err(bad_period(&super::text(cell)?, NoDate::Other)),
        Cell::Failure(_) | Cell::Garbled => super::text(cell).map(Said::Value),
    }
}

fn period_of_number<'a>(number: f64) -> Result<Said<Cow<'a, str>>, CellFault> {
    let why = match dated_number(number) {
        Ok(Dated::Day(date)) if date.day() == 1 && SERIALS.contains(&number) => NoDate::Ambiguous,
        Ok(dated) => return Ok(Said::Value(Cow::Owned(dated.text()))),
        Err(why) => why,
    };
    Err(bad_period(&number.to_string(), why))
}

/// The period that a text begins with, as the contracts spell it, and the rest; `2021年A1.1`.
#[must_use]
pub fn period_of(text: &str) -> Option<(String, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits != 4 {
        return None;
    }
    let year = text[..4].parse().ok().filter(|year| (1900..=2200).contains(year))?;
    let rest = &text[4..];
    if let Some(behind) = rest.strip_prefix('年') {
        let end = behind.bytes().take_while(u8::is_ascii_digit).count();
        if let Some(after) = behind[end..].strip_prefix('月')
            && let Some(month) = behind[..end].parse().ok().filter(|month| (1..=12).contains(month))
        {
            return Some((Dated::Month(year, month).text(), after));
        }
        return Some((Dated::Year(year).text(), behind.strip_prefix('度').unwrap_or(behind)));
    }
    let rest = rest.strip_prefix('度').unwrap_or(rest);
    Some((Dated::Year(year).text(), rest))
}

/// The instant of a cell, in microseconds since the epoch. A time without an offset is China Standard Time, a day its
/// midnight.
///
/// # Errors
/// `NOT_A_TIME` for anything else, also where it could mean two, or names no day; `NOT_TEXT`, `FORMULA_FAILED`.
pub fn instant(cell: Cell<'_>) -> Result<Said<i64>, CellFault> {
    let told = super::text(cell)?;
    let at = match cell {
        Cell::Empty => return Ok(Said::Nothing),
        Cell::Moment(at) => Some(at),
        Cell::Number(number) => match dated_number(number) {
            Ok(Dated::Day(date)) => Some(date.to_datetime(time_of(number))),
            _ => None,
        },
        Cell::Text(text) => {
            if let Ok(at) = text.parse::<Timestamp>() {
                return Ok(Said::Value(at.as_microsecond()));
            }
            if is_nothing(text) {
                return Ok(Said::NothingInWords);
            }
            civil(text).or_else(|| serial(text))
        }
        _ => None,
    };
    let shanghai = TimeZone::fixed(Offset::constant(8));
    match at.and_then(|at| shanghai.to_timestamp(at).ok()) {
        Some(at) => Ok(Said::Value(at.as_microsecond())),
        None => {
            let shown = excerpt(&told);
            Err(CellFault::new(
                "NOT_A_TIME",
                format!("“{shown}”不是时间，应如 2021-12-31T08:00:00+08:00 或 2021-12-31"),
                format!("`{shown}` is not a time such as 2021-12-31T08:00:00+08:00 or 2021-12-31"),
            ))
        }
    }
}

/// The day number of a spreadsheet program, in a text file that it saved without the format of a date.
fn serial(text: &str) -> Option<DateTime> {
    let number = day_number(text)?;
    match dated_number(number) {
        Ok(Dated::Day(date)) => Some(date.to_datetime(time_of(number))),
        _ => None,
    }
}

fn day_number(text: &str) -> Option<f64> {
    folded(text).parse().ok().filter(|number| SERIALS.contains(number))
}

/// A day, perhaps with a time of the day.
fn civil(text: &str) -> Option<DateTime> {
    if let Ok(at) = text.parse::<DateTime>() {
        return Some(at);
    }
    let text = folded(text);
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, Some(time.trim())),
        None => (&*text, None),
    };
    let Ok(Dated::Day(date)) = dated(day) else { return None };
    let time = match time {
        None => Time::midnight(),
        Some(time) => time_of_day(time)?,
    };
    Some(date.to_datetime(time))
}

/// `8:05` or `08:05:30`.
fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(|part| {
        let is_short = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i8>().ok().filter(|_| is_short)
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() { None } else { Time::new(hour, minute, second, 0).ok() }
}

/// A period as the contracts spell it. Nothing else is allocated for.
fn is_canonical(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| text.as_bytes()[range].iter().all(u8::is_ascii_digit);
    match text.len() {
        4 => digits(0..4) && &text[..2] >= "10",
        7 => digits(0..4) && text.as_bytes()[4] == b'-' && matches!(dated(text), Ok(Dated::Month(..))),
        10 => {
            digits(0..4)
                && text.as_bytes()[4] == b'-'
                && text.as_bytes()[7] == b'-'
                && text.parse::<Date>().is_ok()
        }
        _ => false,
    }
}

/// A number as a date: a year, digits without separators, or the day number of a spreadsheet program.
fn dated_number(number: f64) -> Result<Dated, NoDate> {
    if SERIALS.contains(&number) {
        let days: i32 = number.trunc().to_string().parse().map_err(|_| NoDate::Other)?;
        let epoch = jiff::civil::date(1899, 12, 30);
        let date = epoch.checked_add(jiff::Span::new().days(days)).map_err(|_| NoDate::Other)?;
        return Ok(Dated::Day(date));
    }
    dated(&number.to_string())
}

/// The time of the day that the fraction of a day number stands for, to the second.
fn time_of(number: f64) -> Time {
    let seconds = (number.fract() * 86_400.0).round();
    let seconds: i32 = seconds.to_string().parse().unwrap_or(0).min(86_399);
    let part = |number: i32| i8::try_from(number).unwrap_or(0);
    Time::new(part(seconds / 3600), part(seconds / 60 % 60), part(seconds % 60), 0)
        .unwrap_or(Time::midnight())
}

/// A folded text as a date: `2021`, `2021年度`, `2021-3`, `2021.3.9`, `2021年3月9日`, `202103`, `20210309`.
fn dated(text: &str) -> Result<Dated, NoDate> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let trimmed = compact.strip_suffix("年度").or_else(|| compact.strip_suffix('年')).unwrap_or(&compact);
    let trimmed = trimmed.strip_suffix(['月', '日', '号']).unwrap_or(trimmed);
    if trimmed.bytes().all(|byte| byte.is_ascii_digit()) {
        return undivided(trimmed);
    }
    let mut parts = Vec::with_capacity(3);
    for part in trimmed.split(['-', '/', '.', '年', '月']) {
        if parts.len() == 3
            || part.is_empty()
            || part.len() > 4
            || !part.bytes().all(|byte| byte.is_ascii_digit())
        {
            return Err(NoDate::Other);
        }
        parts.push(part);
    }
    let last_is_year = parts.last().is_some_and(|part| part.len() == 4);
    if parts[0].len() != 4 {
        return Err(if parts.len() > 1 || last_is_year { NoDate::Ambiguous } else { NoDate::Other });
    }
    let year = year(parts[0])?;
    let part =
        |at: usize| parts.get(at).map(|part| part.parse::<i8>().map_err(|_| NoDate::Other)).transpose();
    match (part(1)?, part(2)?) {
        // A program that takes 2021.10 for a number writes this; `2021.01` and `2021.1月` are texts.
        (Some(1), None) if trimmed == compact && trimmed.ends_with(".1") => Err(NoDate::LostZero),
        // A year that a program made a decimal of.
        (Some(0), None) => Ok(Dated::Year(year)),
        (Some(month), None) if (1..=12).contains(&month) => Ok(Dated::Month(year, month)),
        (Some(month), Some(day)) => Date::new(year, month, day).map(Dated::Day).map_err(|_| NoDate::Other),
        _ => Err(NoDate::Other),
    }
}

/// Digits alone.
fn undivided(digits: &str) -> Result<Dated, NoDate> {
    let part = |range: std::ops::Range<usize>| digits[range].parse::<i8>().map_err(|_| NoDate::Other);
    match digits.len() {
        4 => year(digits).map(Dated::Year),
        6 => match (year(&digits[..4]), part(4..6)?) {
            (Ok(year), month) if (1..=12).contains(&month) => Ok(Dated::Month(year, month)),
            _ => Err(NoDate::Ambiguous),
        },
        8 => Date::new(year(&digits[..4])?, part(4..6)?, part(6..8)?)
            .map(Dated::Day)
            .map_err(|_| NoDate::Other),
        2 => Err(NoDate::Ambiguous),
        _ => Err(NoDate::Other),
    }
}

fn year(digits: &str) -> Result<i16, NoDate> {
    digits.parse().ok().filter(|year| *year >= 1000).ok_or(NoDate::Other)
}

fn bad_period(shown: &str, why: NoDate) -> CellFault {
    let shown = excerpt(shown);
    let (zh, en) = match why {
        NoDate::Ambiguous => ("可以读成不同的日期；", " can be read as different dates;"),
        NoDate::LostZero => ("是 1 月还是 10 月无法分辨；", " may be January or October;"),
        NoDate::Other => ("不是期次；", " is not a period;"),
    };
    CellFault::new(
        "BAD_PERIOD",
        format!("“{shown}”{zh}应为年 2021、月 2021-03 或日 2021-03-09"),
        format!("`{shown}`{en} write a year 2021, a month 2021-03 or a day 2021-03-09"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(cell: Cell<'_>) -> Result<String, &'static str> {
        let said = period(cell).map_err(|fault| fault.reason)?;
        Ok(said.value().map_or_else(String::new, Cow::into_owned))
    }

    #[test]
    fn periods_are_read_as_people_write_them() {
        for (text, expected) in [
            ("2021", "2021"),
            ("２０２１", "2021"),
            ("2021年", "2021"),
            ("2021年度", "2021"),
            ("2021.0", "2021"),
            ("2021-03", "2021-03"),
            ("2021-3", "2021-03"),
            ("2021/3", "2021-03"),
            ("2021年3月", "2021-03"),
            ("2021 年 12 月", "2021-12"),
            ("202103", "2021-03"),
            ("2021.10", "2021-10"),
            ("2021.01", "2021-01"),
            ("2021.2", "2021-02"),
            ("2021-1", "2021-01"),
            ("2021.1月", "2021-01"),
            ("2026.3.1", "2026-03-01"),
            ("2026-03-01", "2026-03-01"),
            ("2026/3/1", "2026-03-01"),
            ("2026年3月1日", "2026-03-01"),
            ("20260301", "2026-03-01"),
        ] {
            assert_eq!(read(Cell::Text(text)).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(read(Cell::Number(2021.0)).as_deref(), Ok("2021"));
        assert_eq!(read(Cell::Number(202_103.0)).as_deref(), Ok("2021-03"));
        assert_eq!(read(Cell::Number(44_561.0)).as_deref(), Ok("2021-12-31"));
        assert_eq!(read(Cell::Text("44561")).as_deref(), Ok("2021-12-31"));
        let moment = |month, day| Cell::Moment(jiff::civil::date(2021, month, day).at(0, 0, 0, 0));
        assert_eq!(read(moment(3, 1)).as_deref(), Ok("2021-03-01"));
        assert_eq!(read(moment(3, 9)).as_deref(), Ok("2021-03-09"));
        assert_eq!(period(Cell::Text("-")), Ok(Said::NothingInWords));
    }

    #[test]
    fn what_is_no_period_or_more_than_one_is_a_fault() {
        for text in [
            "21",
            "21.3.1",
            "3/4/2026",
            "民国110年",
            "2021-13",
            "2021-02-30",
            "202113",
            "2021年上半年",
            "0021",
            "去年",
            "2021.1",
            "２０２１．１",
            "2021-",
            "1-2-3-4",
        ] {
            assert_eq!(read(Cell::Text(text)), Err("BAD_PERIOD"), "{text}");
        }
        // 1 March 2021, or March 2021; and 2021 in a cell for dates.
        assert_eq!(read(Cell::Number(44_256.0)), Err("BAD_PERIOD"));
        assert_eq!(read(Cell::Text("44256")), Err("BAD_PERIOD"));
        assert_eq!(read(Cell::Moment(jiff::civil::date(1905, 7, 13).at(0, 0, 0, 0))), Err("BAD_PERIOD"));
        for cell in [Cell::Number(2021.1), Cell::Text("2021.1")] {
            let fault = period(cell).unwrap_err();
            assert!(fault.message.zh.contains("10 月") && fault.message.en.contains("October"), "{fault:?}");
        }
        assert!(period(Cell::Text("3/4/2026")).unwrap_err().message.en.contains("different dates"));
    }

    #[test]
    fn a_period_in_front_of_a_header_is_split_off() {
        let split = |text| period_of(text).map(|(period, rest)| (period, rest.to_owned()));
        assert_eq!(split("2021年a1.1"), Some(("2021".to_owned(), "a1.1".to_owned())));
        assert_eq!(split("2021年度a1.1"), Some(("2021".to_owned(), "a1.1".to_owned())));
        assert_eq!(split("2021年3月a1.1"), Some(("2021-03".to_owned(), "a1.1".to_owned())));
        assert_eq!(split("2021a1.1"), Some(("2021".to_owned(), "a1.1".to_owned())));
        assert_eq!(split("12345投诉"), None);
        assert_eq!(split("a1.1"), None);
    }

    #[test]
    fn times_without_an_offset_are_china_standard_time() {
        let at = |text| instant(Cell::Text(text)).map_err(|fault| fault.reason);
        let midnight = at("2021-12-30T16:00:00Z");
        assert!(matches!(midnight, Ok(Said::Value(_))));
        for text in [
            "2021-12-31",
            "2021-12-31 00:00:00",
            "2021.12.31",
            "2021年12月31日",
            "20211231",
            "2021/12/31 0:00",
        ] {
            assert_eq!(at(text), midnight, "{text}");
        }
        assert_eq!(instant(Cell::Number(44_561.0)).map_err(|fault| fault.reason), midnight);
        assert_eq!(
            instant(Cell::Number(44_561.5)).map_err(|fault| fault.reason),
            at("2021-12-31T12:00:00+08:00")
        );
        for text in ["31.12.2021", "2021", "2021年3月", "昨天", "2021-12-31 25:00"] {
            assert_eq!(at(text), Err("NOT_A_TIME"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_back_from_every_way_to_write_it(days in 0_i32..80_000) {
            let date = jiff::civil::date(1900, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let (y, m, d) = (date.year(), date.month(), date.day());
            for text in [format!("{y}.{m}.{d}"), format!("{y}/{m}/{d}"), format!("{y}年{m}月{d}日"), format!("{y}{m:02}{d:02}"), date.to_string()] {
                prop_assert_eq!(read(Cell::Text(&text)), Ok(date.to_string()), "{}", text);
            }
        }

        #[test]
        fn no_text_at_all_breaks_a_parser(text in "\\PC{0,16}", number in any::<f64>()) {
            let _ = (period(Cell::Text(&text)), instant(Cell::Text(&text)), period_of(&text));
            let _ = (period(Cell::Number(number)), instant(Cell::Number(number)));
        }
    }
}
