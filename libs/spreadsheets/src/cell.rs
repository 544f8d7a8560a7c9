//! What a cell says: tolerant parsers from a cell, as people fill them, to a value.
//!
//! A parser refuses what is known to have two meanings, such as `3/4/2026` and `2021.1`, and never rounds: a number that
//! it gives is the nearest `f64` of the decimal that was written. Which column a cell is of, and what follows from a
//! fault, is the reader's business.

mod calendar;
mod decimal;
mod number;
mod truth;
mod unit;
mod words;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::table::{Cell, FAILURES, Text};

pub use calendar::{instant, period, period_of};
pub use number::{count, number, value};
pub use truth::truth;
pub(crate) use unit::is_known as unit_is_known;
pub use unit::{BadUnit, shift};
pub use words::is_nothing;

/// Whole numbers up to this are exact in an `f64`: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Longest part of a cell that a message repeats, in characters.
const SHOWN_CHARS: usize = 40;

/// Why a cell cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    /// Header of the column as the file spells it; empty for the row as a whole, and as a parser gives it.
    pub column: String,
    /// What the contracts call the column, such as `place_id`; empty where they have no name for it.
    pub field: &'static str,
    /// What is wrong, stable, such as `NOT_A_NUMBER`.
    pub reason: &'static str,
    /// The same in words.
    pub message: Text,
}

/// What a cell says of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Said<T> {
    /// The value.
    Value(T),
    /// The cell is empty.
    Nothing,
    /// A word such as `-`, `/` or `暂无` says that there is no value: as an empty cell, but worth a remark.
    NothingInWords,
}

/// An id as the file means it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id<'a> {
    /// The id.
    pub text: Cow<'a, str>,
    /// A spreadsheet program had made a number of it, which was turned back: worth a remark.
    pub restored: bool,
    /// It had full-width letters or digits, which became plain ones: worth a remark.
    pub narrowed: bool,
}

impl<T> Said<T> {
    /// The value, if there is one.
    #[must_use]
    pub fn value(self) -> Option<T> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }

    fn map<U>(self, of: impl FnOnce(T) -> U) -> Said<U> {
        match self {
            Self::Value(value) => Said::Value(of(value)),
            Self::Nothing => Said::Nothing,
            Self::NothingInWords => Said::NothingInWords,
        }
    }
}

impl CellFault {
    /// A fault that does not know its column yet.
    pub(crate) fn new(reason: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let message = Text { zh: zh.into(), en: en.into() };
        Self { column: String::new(), field: "", reason, message }
    }

    /// The same fault, of a column.
    pub(crate) fn of(self, column: &str, field: &'static str) -> Self {
        Self { column: column.to_owned(), field, ..self }
    }

    fn garbled() -> Self {
        Self::new(
            "NOT_TEXT",
            "不是该文件编码下的文本",
            "holds bytes that are no text in the encoding of the file",
        )
    }

    fn failure(shown: &str) -> Self {
        let shown = excerpt(shown);
        Self::new(
            "FORMULA_FAILED",
            format!("公式出错，显示为“{shown}”"),
            format!("its formula failed: {shown}"),
        )
    }
}

/// A text that is what a formula failed with is that failure: a text file has no other way to say it, and a workbook
/// keeps it as a text where values were pasted.
fn seen(cell: Cell<'_>) -> Cell<'_> {
    match cell {
        Cell::Text(text) if text.starts_with('#') && FAILURES.contains(&text) => Cell::Failure(text),
        cell => cell,
    }
}

/// The text of a cell: numbers and days as one would write them.
///
/// # Errors
/// `NOT_TEXT` for bytes that are none, `FORMULA_FAILED` for what a formula failed with.
pub fn text<'a>(cell: Cell<'a>) -> Result<Cow<'a, str>, CellFault> {
    Ok(match seen(cell) {
        Cell::Empty => Cow::Borrowed(""),
        Cell::Text(text) => Cow::Borrowed(text),
        // An f64 displays as the shortest decimal that parses back to it, without an exponent.
        Cell::Number(number) => Cow::Owned(number.to_string()),
        Cell::Percent(number) => Cow::Owned(format!("{number}%")),
        Cell::Moment(at) if at.time() == jiff::civil::Time::midnight() => Cow::Owned(at.date().to_string()),
        Cell::Moment(at) => Cow::Owned(at.to_string()),
        Cell::Truth(truth) => Cow::Borrowed(if truth { "是" } else { "否" }),
        Cell::Failure(shown) => return Err(CellFault::failure(shown)),
        Cell::Garbled => return Err(CellFault::garbled()),
    })
}

/// An id or a code: a text, kept as it stands, but for full-width letters, digits and marks (`１`), which are the plain
/// ones typed with another keyboard setting: `Ｇ１` and `G1` are one id.
///
/// A whole number below 2^53 that a spreadsheet program made of an id (`310115004000.0`, `3.10115E+11` in a cell that
/// still holds all digits) is written out in full.
///
/// # Errors
/// `LOST_DIGITS` for a number too large to have kept its digits, for a fraction, and for a text such as `3.1E+11`: what
/// the id was can no longer be known. Else as [`text`].
pub fn id<'a>(cell: Cell<'a>) -> Result<Id<'a>, CellFault> {
    match seen(cell) {
        Cell::Number(number) => match whole(number) {
            Some(digits) => Ok(Id { text: Cow::Owned(digits), restored: true, narrowed: false }),
            None => Err(lost_digits(&number.to_string())),
        },
        Cell::Text(written) => match narrow(written) {
            Some(narrow) => {
                let Id { text, restored, .. } = id_of_text(&narrow)?;
                Ok(Id { text: Cow::Owned(text.into_owned()), restored, narrowed: true })
            }
            None => id_of_text(written),
        },
        Cell::Percent(_) | Cell::Moment(_) | Cell::Truth(_) => Err(lost_digits(&text(cell)?)),
        Cell::Empty | Cell::Failure(_) | Cell::Garbled => {
            Ok(Id { text: text(cell)?, restored: false, narrowed: false })
        }
    }
}

/// Digits of a whole number that an `f64` holds exactly, and at most fifteen of them: a spreadsheet program keeps no
/// more, and shows zeros for the others.
fn whole(number: f64) -> Option<String> {
    let kept = number.abs() < EXACT.min(1e15) && number.fract().abs() < f64::MIN_POSITIVE;
    kept.then(|| number.to_string())
}

/// A text with its full-width ASCII (U+FF01 to U+FF5E) made plain; `None` if it has none.
fn narrow(written: &str) -> Option<String> {
    let plain = |c: char| match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0),
        _ => None,
    };
    let is_wide = !written.is_ascii() && written.chars().any(|c| plain(c).is_some());
    is_wide.then(|| written.chars().map(|c| plain(c).unwrap_or(c)).collect())
}

fn id_of_text(written: &str) -> Result<Id<'_>, CellFault> {
    let as_it_stands = Ok(Id { text: Cow::Borrowed(written), restored: false, narrowed: false });
    let bytes = written.as_bytes();
    let starts_like_a_number = bytes.first().is_some_and(u8::is_ascii_digit);
    if !starts_like_a_number || bytes.iter().all(u8::is_ascii_digit) {
        return as_it_stands;
    }
    let (mantissa, exponent) = match written.split_once(['E', 'e']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (written, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return as_it_stands;
    }
    match exponent {
        // 310115004000.0 of a program that reads ids as numbers; 12.5 may be an id of somebody's own.
        None if fraction.bytes().all(|byte| byte == b'0') && whole.len() <= 15 && !fraction.is_empty() => {
            Ok(Id { text: Cow::Borrowed(whole), restored: true, narrowed: false })
        }
        // Only Excel writes a plus there: `12E3` may be a house number.
        Some(exponent) if exponent.starts_with('+') && digits(&exponent[1..]) && exponent.len() > 1 => {
            Err(lost_digits(written))
        }
        _ => as_it_stands,
    }
}

fn lost_digits(shown: &str) -> CellFault {
    let shown = excerpt(shown);
    CellFault::new(
        "LOST_DIGITS",
        format!("编号“{shown}”已被表格软件改成数字，无法还原；请把该列设为“文本”格式后重新填写"),
        format!(
            "the spreadsheet program made the number {shown} of this id, which cannot be undone; set the column to \
             text and fill it in again"
        ),
    )
}

/// A text as it is compared: full-width forms and their like folded (NFKC), blanks gone from both ends.
fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text.trim());
    }
    let folded: String = text.nfkc().collect();
    Cow::Owned(folded.trim().to_owned())
}

/// The beginning of a text, for messages.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: Cell<'_>) -> Result<(String, bool), &'static str> {
        id(cell).map(|id| (id.text.into_owned(), id.restored)).map_err(|fault| fault.reason)
    }

    #[test]
    fn an_id_stays_as_it_is_written() {
        for written in
            ["", "GJ00009", "0012", "12E3", "1-2", "12.5", "3弄", "张.E+1", "E+11", "1234567890123456789"]
        {
            assert_eq!(read(Cell::Text(written)), Ok((written.to_owned(), false)), "{written}");
        }
    }

    #[test]
    fn an_id_that_became_a_number_is_turned_back_while_its_digits_are_there() {
        let restored = |digits: &str| Ok((digits.to_owned(), true));
        assert_eq!(read(Cell::Number(310_115_004_000.0)), restored("310115004000"));
        assert_eq!(read(Cell::Text("310115004000.0")), restored("310115004000"));
        assert_eq!(read(Cell::Text("310115004000.00")), restored("310115004000"));
        assert_eq!(read(Cell::Number(3.101_15e11)), restored("310115000000"));
    }

    #[test]
    fn an_id_in_full_width_characters_is_the_plain_one() {
        for (wide, plain) in
            [("Ｇ１", "G1"), ("３１０１１５004000", "310115004000"), ("梅园（一）", "梅园(一)")]
        {
            let id = id(Cell::Text(wide)).unwrap();
            assert_eq!((&*id.text, id.narrowed, id.restored), (plain, true, false));
        }
        assert_eq!(read(Cell::Text("３１０．０")), Ok(("310".to_owned(), true)));
        assert_eq!(read(Cell::Text("３.１Ｅ＋１１")), Err("LOST_DIGITS"));
        assert!(!id(Cell::Text("甲-1")).unwrap().narrowed);
    }

    #[test]
    fn an_id_that_lost_digits_is_refused_with_the_way_out() {
        for cell in [
            Cell::Text("3.10115E+11"),
            Cell::Text("1e+17"),
            Cell::Number(1e17),
            Cell::Number(1_234_567_890_123_456.0),
            Cell::Number(0.5),
            Cell::Percent(5.0),
            Cell::Truth(true),
        ] {
            assert_eq!(read(cell), Err("LOST_DIGITS"), "{cell:?}");
        }
        let fault = id(Cell::Text("3.1E+11")).unwrap_err();
        assert!(fault.message.zh.contains("文本") && fault.message.en.contains("text"));
    }

    #[test]
    fn what_a_formula_failed_with_is_no_text_and_no_id_however_it_is_kept() {
        for shown in FAILURES {
            let cell = Cell::Text(shown);
            assert_eq!(read(cell), Err("FORMULA_FAILED"), "{shown}");
            assert_eq!(text(cell).unwrap_err().reason, "FORMULA_FAILED", "{shown}");
            assert_eq!(period(cell).unwrap_err().reason, "FORMULA_FAILED", "{shown}");
            assert_eq!(instant(cell).unwrap_err().reason, "FORMULA_FAILED", "{shown}");
            assert_eq!(number(cell, "", 0), number(Cell::Failure(shown), "", 0), "{shown}");
            assert_eq!(truth(cell), truth(Cell::Failure(shown)), "{shown}");
        }
        assert_eq!(read(Cell::Text("#12")), Ok(("#12".to_owned(), false)));
    }

    #[test]
    fn a_text_shows_numbers_and_days_as_one_writes_them() {
        let day = jiff::civil::date(2021, 3, 1);
        let shown = [
            (Cell::Number(1996.0), "1996"),
            (Cell::Number(0.1), "0.1"),
            (Cell::Percent(35.0), "35%"),
            (Cell::Moment(day.at(0, 0, 0, 0)), "2021-03-01"),
            (Cell::Moment(day.at(8, 30, 0, 0)), "2021-03-01T08:30:00"),
            (Cell::Truth(false), "否"),
            (Cell::Empty, ""),
        ];
        for (cell, expected) in shown {
            assert_eq!(text(cell).unwrap(), expected);
        }
        assert_eq!(text(Cell::Garbled).unwrap_err().reason, "NOT_TEXT");
        assert_eq!(text(Cell::Failure("#DIV/0!")).unwrap_err().reason, "FORMULA_FAILED");
    }
}
