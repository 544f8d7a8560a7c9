//! Numbers and counts.

use std::borrow::Cow;

use super::decimal::{NoDecimal, decimal};
use super::{BadUnit, CellFault, EXACT, Said, excerpt, folded, is_nothing, shift, truth};
use crate::table::Cell;

/// The number of a cell in `unit`, the measure's own; `exponent` is the power of ten that the column's unit stands for
/// (see [`shift`]), and counts where the cell names no unit of its own.
///
/// Taken are full-width digits, thousands separators, 万 and 亿, brackets of accounting, `%` and `‰` for a measure in per
/// cent, and a unit behind the number that agrees. The result is the `f64` nearest to the decimal: the point is moved in
/// the text.
///
/// # Errors
/// `NOT_A_NUMBER`; `AMBIGUOUS_NUMBER` for `1.234,5`; `PERCENT_UNEXPECTED` for a percentage of a measure with another
/// unit; `UNIT_DIFFERS` for anything else behind the number; `FORMULA_FAILED` and `NOT_TEXT`.
pub fn number(cell: Cell<'_>, unit: &str, exponent: i32) -> Result<Said<f64>, CellFault> {
    match super::seen(cell) {
        Cell::Empty => Ok(Said::Nothing),
        Cell::Text(text) => number_of_text(text, unit, exponent),
        Cell::Number(number) if exponent == 0 => finite(number, || number.to_string()).map(Said::Value),
        Cell::Number(number) => moved(&number.to_string(), exponent).map(Said::Value),
        Cell::Percent(number) if super::unit::is_percent(unit) => {
            finite(number, || format!("{number}%")).map(Said::Value)
        }
        Cell::Percent(number) => Err(percent_unexpected(&format!("{number}%"), unit)),
        Cell::Moment(_) | Cell::Truth(_) => Err(no_number(&super::text(cell)?)),
        Cell::Failure(text) if is_nothing(text) => Ok(Said::NothingInWords),
        Cell::Failure(text) => Err(CellFault::failure(text)),
        Cell::Garbled => Err(CellFault::garbled()),
    }
}

/// The value of a cell for a measure: as [`number`], and words for yes and no where the unit is `yes/no`.
///
/// # Errors
/// As [`number`], and `NOT_YES_OR_NO`.
pub fn value(cell: Cell<'_>, unit: &str, exponent: i32) -> Result<Said<f64>, CellFault> {
    if unit != "yes/no" {
        return number(cell, unit, exponent);
    }
    match cell {
        // Bounds are checked at the door; a number that is neither 1 nor 0 is said there.
        Cell::Number(_) => number(cell, unit, exponent),
        Cell::Text(text) if plain(text).is_some() => number(cell, unit, exponent),
        cell => Ok(truth(cell)?.map(|truth| if truth { 1.0 } else { 0.0 })),
    }
}

/// A whole number of 0 or more; `unit` is what may stand behind it, such as `households`, and `exponent` as in [`number`].
///
/// # Errors
/// `NOT_A_WHOLE_NUMBER`, and as [`number`].
pub fn count(cell: Cell<'_>, unit: &str, exponent: i32) -> Result<Said<u64>, CellFault> {
    if exponent == 0
        && let Cell::Text(text) = cell
        && let Ok(count) = text.parse()
    {
        return Ok(Said::Value(count));
    }
    let number = match number(cell, unit, exponent)? {
        Said::Value(number) => number,
        Said::Nothing => return Ok(Said::Nothing),
        Said::NothingInWords => return Ok(Said::NothingInWords),
    };
    let is_count = (0.0..=EXACT).contains(&number) && number.fract().abs() < f64::MIN_POSITIVE;
    // A whole f64 displays as its digits.
    match number.abs().to_string().parse() {
        Ok(count) if is_count => Ok(Said::Value(count)),
        _ => {
            let shown = super::text(cell)?;
            let shown = excerpt(&shown);
            Err(CellFault::new(
                "NOT_A_WHOLE_NUMBER",
                format!("“{shown}”不是非负整数"),
                format!("`{shown}` is not a whole number of 0 or more"),
            ))
        }
    }
}

fn number_of_text(text: &str, unit: &str, exponent: i32) -> Result<Said<f64>, CellFault> {
    if exponent == 0
        && let Some(number) = plain(text)
    {
        return Ok(Said::Value(number));
    }
    let folded: Cow<'_, str> = folded(text);
    if folded.is_empty() {
        return Ok(Said::Nothing);
    }
    if is_nothing(&folded) {
        return Ok(Said::NothingInWords);
    }
    let (body, before) = ["百分之", "¥"]
        .iter()
        .find_map(|sign| Some((folded.strip_prefix(sign)?.trim_start(), *sign)))
        .unwrap_or((&*folded, ""));
    let decimal = decimal(body).map_err(|why| match why {
        NoDecimal::NotANumber => no_number(text),
        NoDecimal::Ambiguous => {
            let shown = excerpt(text);
            CellFault::new(
                "AMBIGUOUS_NUMBER",
                format!("“{shown}”可以读成不同的数；请去掉分隔符，小数点用“.”"),
                format!("`{shown}` can be read as different numbers; leave out separators and use `.` as the point"),
            )
        }
    })?;
    let written = match before {
        // 百分之85至90 is no number, and nothing can stand behind.
        "百分之" if !decimal.rest.is_empty() => return Err(unit_differs(text, decimal.rest, unit)),
        "百分之" => "%",
        "¥" if shift("元", unit).is_err() => return Err(unit_differs(text, before, unit)),
        _ => decimal.rest,
    };
    let own = shift(written, unit).map_err(|why| match why {
        BadUnit::Percent => percent_unexpected(text, unit),
        BadUnit::Other => unit_differs(text, written, unit),
    })?;
    let exponent = if written.is_empty() { exponent } else { own };
    moved(&decimal.digits, decimal.exponent.saturating_add(exponent)).map(Said::Value)
}

/// A number as programs write it.
fn plain(text: &str) -> Option<f64> {
    let is_plain = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    if !text.as_bytes().iter().all(is_plain) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The decimal with its point moved, as the nearest `f64`.
fn moved(digits: &str, exponent: i32) -> Result<f64, CellFault> {
    let written = format!("{digits}e{exponent}");
    let number = written.parse().map_err(|_| no_number(digits))?;
    finite(number, || written.clone())
}

fn finite(number: f64, shown: impl FnOnce() -> String) -> Result<f64, CellFault> {
    if number.is_finite() { Ok(number) } else { Err(no_number(&shown())) }
}

fn no_number(shown: &str) -> CellFault {
    let shown = excerpt(shown);
    CellFault::new("NOT_A_NUMBER", format!("“{shown}”不是数字"), format!("`{shown}` is not a number"))
}

fn percent_unexpected(shown: &str, unit: &str) -> CellFault {
    let shown = excerpt(shown);
    CellFault::new(
        "PERCENT_UNEXPECTED",
        format!("“{shown}”是百分数，而该指标的单位是 {unit}"),
        format!("`{shown}` is a percentage, and the unit of the measure is {unit}"),
    )
}

fn unit_differs(shown: &str, written: &str, unit: &str) -> CellFault {
    let (shown, written) = (excerpt(shown), excerpt(written));
    if unit.is_empty() {
        return CellFault::new(
            "NOT_A_NUMBER",
            format!("“{shown}”不是数字：后面的“{written}”不是单位"),
            format!("`{shown}` is not a number: `{written}` behind it is no unit"),
        );
    }
    CellFault::new(
        "UNIT_DIFFERS",
        format!("“{shown}”中的“{written}”与单位 {unit} 不符"),
        format!("`{written}` in `{shown}` does not agree with the unit {unit}"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, unit: &str) -> Result<Said<f64>, &'static str> {
        number(Cell::Text(text), unit, 0).map_err(|fault| fault.reason)
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, unit, expected) in [
            ("80", "", 80.0),
            ("1e-3", "", 1e-3),
            ("１２３．５", "", 123.5),
            ("1,234.50元", "yuan", 1234.5),
            ("１，２３４", "", 1234.0),
            ("1 234 567", "", 1_234_567.0),
            ("3.5万", "yuan", 35_000.0),
            ("3.5 万元", "yuan", 35_000.0),
            ("1.2亿", "", 120_000_000.0),
            ("0.3万", "", 3000.0),
            ("(1,234)", "", -1234.0),
            ("（5）", "", -5.0),
            ("－3", "", -3.0),
            ("+7", "", 7.0),
            ("−0.5", "percentage points", -0.5),
            ("¥1,200", "yuan", 1200.0),
            ("￥3.5万", "yuan/household", 35_000.0),
            ("85%", "%", 85.0),
            ("８５．５％", "%", 85.5),
            ("12‰", "%", 1.2),
            ("百分之85", "%", 85.0),
            ("3个百分点", "percentage points", 3.0),
            ("1200户", "households", 1200.0),
            ("56㎡", "m2", 56.0),
            ("12.5 人次", "visits/actual resident/year", 12.5),
        ] {
            assert_eq!(read(text, unit), Ok(Said::Value(expected)), "{text} in {unit}");
        }
    }

    #[test]
    fn what_is_no_number_or_more_than_one_is_a_fault_and_never_zero() {
        for (text, unit, reason) in [
            ("八十", "%", "NOT_A_NUMBER"),
            ("约90", "%", "NOT_A_NUMBER"),
            ("inf", "", "NOT_A_NUMBER"),
            ("1e999", "", "NOT_A_NUMBER"),
            ("(-5)", "", "NOT_A_NUMBER"),
            ("1.234,5", "", "AMBIGUOUS_NUMBER"),
            ("1,5", "", "AMBIGUOUS_NUMBER"),
            ("1,23,456", "", "AMBIGUOUS_NUMBER"),
            ("1.2.3", "", "AMBIGUOUS_NUMBER"),
            ("1,234 567", "", "AMBIGUOUS_NUMBER"),
            ("85%", "days", "PERCENT_UNEXPECTED"),
            ("85左右", "%", "UNIT_DIFFERS"),
            ("百分之85至90", "%", "UNIT_DIFFERS"),
            ("百分之85%", "%", "UNIT_DIFFERS"),
            ("$100", "yuan", "NOT_A_NUMBER"),
            ("¥85", "%", "UNIT_DIFFERS"),
            ("￥3", "days", "UNIT_DIFFERS"),
            ("85元", "days", "UNIT_DIFFERS"),
            ("1万2千", "yuan", "UNIT_DIFFERS"),
            ("85元", "", "NOT_A_NUMBER"),
            ("2021-03", "", "NOT_A_NUMBER"),
        ] {
            assert_eq!(read(text, unit), Err(reason), "{text} in {unit}");
        }
        assert_eq!(number(Cell::Number(f64::NAN), "", 0).unwrap_err().reason, "NOT_A_NUMBER");
        assert_eq!(number(Cell::Truth(true), "", 0).unwrap_err().reason, "NOT_A_NUMBER");
        assert_eq!(number(Cell::Percent(85.0), "days", 0).unwrap_err().reason, "PERCENT_UNEXPECTED");
        assert_eq!(number(Cell::Failure("#REF!"), "", 0).unwrap_err().reason, "FORMULA_FAILED");
    }

    #[test]
    fn words_for_nothing_are_missing_and_no_zero() {
        for text in ["-", "—", "/", "无", "N/A", "暂无"] {
            assert_eq!(read(text, ""), Ok(Said::NothingInWords), "{text}");
        }
        assert_eq!(number(Cell::Empty, "", 0), Ok(Said::Nothing));
        assert_eq!(read("　", ""), Ok(Said::Nothing));
        assert_eq!(number(Cell::Failure("#N/A"), "", 0), Ok(Said::NothingInWords));
    }

    #[test]
    fn the_unit_of_a_column_counts_where_the_cell_names_none() {
        assert_eq!(number(Cell::Text("3.57"), "yuan", 4), Ok(Said::Value(35_700.0)));
        assert_eq!(number(Cell::Number(3.57), "yuan", 4), Ok(Said::Value(35_700.0)));
        assert_eq!(number(Cell::Text("200元"), "yuan", 4), Ok(Said::Value(200.0)));
        assert_eq!(number(Cell::Percent(85.0), "%", 2), Ok(Said::Value(85.0)));
        assert_eq!(number(Cell::Number(0.29), "%", 2), Ok(Said::Value(29.0)));
    }

    #[test]
    fn yes_and_no_are_numbers_of_a_measure_that_asks_for_them() {
        let read = |text| value(Cell::Text(text), "yes/no", 0).map_err(|fault| fault.reason);
        assert_eq!(read("是"), Ok(Said::Value(1.0)));
        assert_eq!(read("无"), Ok(Said::Value(0.0)));
        assert_eq!(read("1"), Ok(Said::Value(1.0)));
        assert_eq!(read("2"), Ok(Said::Value(2.0)));
        assert_eq!(read("大概"), Err("NOT_YES_OR_NO"));
        assert_eq!(value(Cell::Text("是"), "%", 0).unwrap_err().reason, "NOT_A_NUMBER");
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        let read = |text| count(Cell::Text(text), "households", 0).map_err(|fault| fault.reason);
        for (text, expected) in
            [("0", 0), ("1,234", 1234), ("1234.0", 1234), ("1.2万户", 12_000), ("８００", 800)]
        {
            assert_eq!(read(text), Ok(Said::Value(expected)), "{text}");
        }
        assert_eq!(count(Cell::Number(832.0), "", 0), Ok(Said::Value(832)));
        for text in ["-1", "1.5", "1e300"] {
            assert_eq!(read(text), Err("NOT_A_WHOLE_NUMBER"), "{text}");
        }
        assert_eq!(read("约300"), Err("NOT_A_NUMBER"));
        assert_eq!(count(Cell::Text("1.2"), "persons", 4), Ok(Said::Value(12_000)));
        assert_eq!(count(Cell::Number(-0.5), "", 0).unwrap_err().reason, "NOT_A_WHOLE_NUMBER");
    }

    proptest! {
        #[test]
        fn a_number_is_read_back_from_every_way_to_write_it(whole in 0_u64..1_000_000_000, cents in 0_u32..100) {
            let plain = format!("{whole}.{cents:02}");
            let expected: f64 = plain.parse().unwrap();
            let digits = whole.to_string();
            let grouped: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
            let full_width: String = plain.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
            for text in [plain.clone(), format!("{}.{cents:02}", grouped.join(",")), format!("{}.{cents:02}", grouped.join("，")), full_width, format!("{plain}元")] {
                prop_assert_eq!(read(&text, "yuan"), Ok(Said::Value(expected)), "{}", text);
            }
        }

        #[test]
        fn ten_thousands_move_the_point_without_drift(thousandths in 0_u32..10_000_000) {
            let text = format!("{}.{:03}万", thousandths / 1000, thousandths % 1000);
            prop_assert_eq!(read(&text, ""), Ok(Said::Value(f64::from(thousandths) * 10.0)));
        }

        #[test]
        fn no_text_at_all_breaks_a_parser(text in "\\PC{0,24}", unit in "[%a-z/]{0,6}") {
            let _ = (value(Cell::Text(&text), &unit, 4), count(Cell::Text(&text), &unit, 0), value(Cell::Text(&text), "yes/no", 0));
        }
    }
}
