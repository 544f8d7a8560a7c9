//! Rejected rows: everything needed to mend one, in the words of the two languages.

use serde::{Deserialize, Serialize};

use super::ids::IdFault;
use super::measure::Bounds;
use super::text::{Text, excerpt};

/// Longest excerpt of a cell in a message, in characters.
const SHOWN_CHARS: usize = 40;

/// How many contradicting rows a conflict's message names.
pub const ROWS_NAMED: usize = 4;

/// Why a row was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Column at fault; empty for the row as a whole.
    pub column: String,
    /// Stable code.
    pub code: String,
    /// A sentence for a person.
    pub message: Text,
}

impl Reason {
    /// A fault of `column`.
    pub fn new(column: &str, code: &str, message: Text) -> Self {
        Self { column: column.to_owned(), code: code.to_owned(), message }
    }

    pub(crate) fn bad_id(column: &str, missing: &str, bad: &str, fault: IdFault, id: &str) -> Self {
        let code = if fault == IdFault::Empty { missing } else { bad };
        Self::new(column, code, fault.message(id))
    }

    pub(crate) fn unknown_place(place_id: &str) -> Self {
        let shown = excerpt(place_id, SHOWN_CHARS);
        let message = Text::new(
            format!("地点“{shown}”尚未登记"),
            format!("the place \"{shown}\" is not in the register"),
        );
        Self::new(super::observation::PLACE_COLUMN, "UNKNOWN_PLACE", message)
    }

    pub(crate) fn unknown_measure(measure_id: &str) -> Self {
        let shown = excerpt(measure_id, SHOWN_CHARS).escape_debug().to_string();
        let message = Text::new(
            format!("“{shown}”不是已登记的计量或指标"),
            format!("\"{shown}\" is no registered measure or indicator"),
        );
        Self::new(super::observation::MEASURE_COLUMN, "UNKNOWN_MEASURE", message)
    }

    /// Code of [`Self::unknown_correction`].
    pub(crate) const UNKNOWN_CORRECTION: &str = "UNKNOWN_CORRECTION";

    /// A row that claims to bring a rejected row again where there is none.
    pub(crate) fn unknown_correction(row: u64) -> Self {
        let message = Text::new(
            format!("所更正的批次没有被拒绝的第 {row} 行"),
            format!("the corrected batch has no rejected row {row}"),
        );
        Self::new("", Self::UNKNOWN_CORRECTION, message)
    }

    pub(crate) fn bad_period(period: &str) -> Self {
        let shown = excerpt(period, SHOWN_CHARS).escape_debug().to_string();
        let message = Text::new(
            format!("“{shown}”不是有效的期，应为 2021、2021-03 或 2021-03-09"),
            format!("\"{shown}\" is no period; write 2021, 2021-03 or 2021-03-09"),
        );
        Self::new(super::observation::PERIOD_COLUMN, "BAD_PERIOD", message)
    }

    pub(crate) fn not_finite(value: f64) -> Self {
        let message = Text::new(format!("{value} 不是有限的数"), format!("{value} is not a finite number"));
        Self::new(super::observation::VALUE_COLUMN, "NOT_FINITE", message)
    }

    pub(crate) fn out_of_bounds(value: f64, bounds: &Bounds, unit: &str) -> Self {
        let message = Text::new(
            format!("数值 {value} 超出界限 {bounds}（单位：{unit}）"),
            format!("the value {value} lies outside {bounds} (unit: {unit})"),
        );
        Self::new(super::observation::VALUE_COLUMN, "OUT_OF_BOUNDS", message)
    }

    /// A conflict between the values of one observation; `told` holds row and value of the first rows that differ.
    pub(crate) fn conflicting_values(told: &[(u64, f64)], untold: u64) -> Self {
        let list: Vec<String> = told.iter().map(|(row, value)| format!("{row}: {value}")).collect();
        let (list, (more_zh, more_en)) = (list.join("; "), and_more(untold));
        let message = Text::new(
            format!("同一批次中同一观测值互相矛盾（行: 值）{list}{more_zh}"),
            format!("the delivery gives this observation different values (row: value) {list}{more_en}"),
        );
        Self::new(super::observation::VALUE_COLUMN, CONFLICT, message)
    }

    /// A conflict between the descriptions of one place; `told` holds the first rows that differ.
    pub(crate) fn conflicting_places(told: &[u64], untold: u64) -> Self {
        let list: Vec<String> = told.iter().map(u64::to_string).collect();
        let (list, (more_zh, more_en)) = (list.join(", "), and_more(untold));
        let message = Text::new(
            format!("同一批次中同一地点的内容互相矛盾：第 {list} 行{more_zh}"),
            format!("the delivery describes this place differently in rows {list}{more_en}"),
        );
        Self::new(super::place::ID_COLUMN, CONFLICT, message)
    }
}

const CONFLICT: &str = "CONFLICT";

fn and_more(untold: u64) -> (String, String) {
    match untold {
        0 => (String::new(), String::new()),
        n => (format!(" 等，另有 {n} 种"), format!(" and {n} more")),
    }
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// Row in the file; the header is row 1.
    pub row: u64,
    /// Place in the delivery, from 0: tells rows apart that claim the same row number.
    pub ordinal: u64,
    /// Every fault found.
    pub reasons: Vec<Reason>,
    /// The row as it stood in the file.
    pub original: String,
}

impl RejectedRow {
    /// About how much of a message it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let texts = |reason: &Reason| {
            let Reason { column, code, message: Text { zh, en } } = reason;
            column.len() + code.len() + zh.len() + en.len()
        };
        self.original.len() + self.reasons.iter().map(texts).sum::<usize>()
    }

    /// Columns at fault, without repeats: the known columns of a file in their order, then others as they were
    /// reported.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        for reason in &self.reasons {
            if !reason.column.is_empty() && !columns.contains(&reason.column.as_str()) {
                columns.push(&reason.column);
            }
        }
        columns.sort_by_key(|column| rank(column));
        columns
    }
}

/// Where a column stands in the files of specification page 5, section 5.2.
fn rank(column: &str) -> usize {
    let known = super::place::COLUMNS.iter().chain(super::observation::COLUMNS);
    known.clone().position(|known| *known == column).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_file_order_without_repeats() {
        let reason = |column: &str| Reason::new(column, "X", Text::default());
        let reasons = vec![reason("备注"), reason("value"), reason("place_id"), reason("value"), reason("")];
        let row = RejectedRow { row: 2, ordinal: 0, reasons, original: String::new() };
        assert_eq!(row.columns(), ["place_id", "value", "备注"]);
    }

    #[test]
    fn a_value_out_of_bounds_names_the_bounds_and_the_unit() {
        let bounds = Bounds::new(Some(0.0), Some(100.0), false, false).unwrap();
        let reason = Reason::out_of_bounds(120.5, &bounds, "%");
        assert_eq!(reason.message.en, "the value 120.5 lies outside [0, 100] (unit: %)");
        assert!(reason.message.zh.contains("[0, 100]") && reason.message.zh.contains('%'));
    }
}
