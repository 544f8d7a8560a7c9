//! Rows of a returned sheet beside what they were when they were rejected. A fault that the text of a row does not show
//! stands until its cells are mended; and of a wide row only that is brought again which was rejected or is changed, for
//! the rest may have been corrected since.

use std::collections::HashMap;

use csv::StringRecord;

use crate::table::standard;

use super::{Fault, Positions, RejectedRow, cells};

/// Reasons whose evidence is lost when a row is written as texts: a number has no kind any more, a missing cell is an
/// empty one.
const UNSEEN: [&str; 6] =
    ["WRONG_CELL_COUNT", "LOST_DIGITS", "NOT_TEXT", "FORMULA_FAILED", "BAD_PERIOD", "MERGED_NUMBER"];

/// The rejected rows that a returned sheet brings again.
pub struct Corrections {
    rows: HashMap<u64, RejectedRow>,
    /// Columns that say what a wide row speaks of, and in which of these it is wide.
    keys: Option<Vec<usize>>,
    delimiter: u8,
    /// Where each column of the file stands in the sheet.
    places: Vec<Option<usize>>,
}

/// One row beside what it was.
pub struct Correction<'a> {
    before: &'a RejectedRow,
    /// By column of the file: whether its cell says something else now.
    changed: Vec<bool>,
    keys: Option<&'a [usize]>,
    places: &'a [Option<usize>],
}

impl Corrections {
    /// No rows yet: of a file with these columns and this between its cells, that came back under these headers.
    #[must_use]
    pub fn new(columns: &[String], delimiter: u8, headers: &[String], positions: &Positions) -> Self {
        let place = |(at, column): (usize, &String)| {
            if headers.get(at) == Some(column) {
                return Some(at);
            }
            headers.iter().position(|header| header == column)
        };
        let places = columns.iter().enumerate().map(place).collect();
        Self { rows: HashMap::new(), keys: positions.keys(), delimiter, places }
    }

    /// Adds a rejected row, or further faults of one.
    pub fn push(&mut self, row: RejectedRow) {
        match self.rows.get_mut(&row.row) {
            Some(known) => known.faults.extend(row.faults),
            None => {
                self.rows.insert(row.row, row);
            }
        }
    }

    /// What the row was that is brought again by a row that reads `text` in the sheet; `None` if it was never rejected.
    #[must_use]
    pub fn of(&self, row: u64, text: &str) -> Option<Correction<'_>> {
        let before = self.rows.get(&row)?;
        let (then, now) = (cells(&standard(&before.original), self.delimiter), cells(text, b','));
        let differs = |(column, place): (usize, &Option<usize>)| {
            let then = told(&then, Some(column));
            !then.eq(told(&now, *place))
        };
        let changed = self.places.iter().enumerate().map(differs).collect();
        Some(Correction { before, changed, keys: self.keys.as_deref(), places: &self.places })
    }
}

/// The characters of a cell that a workbook keeps.
fn told(cells: &StringRecord, column: Option<usize>) -> impl Iterator<Item = char> {
    let cell = column.and_then(|column| cells.get(column)).unwrap_or("");
    cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}').chars().filter(|c| !c.is_control())
}

impl Correction<'_> {
    /// The faults that nobody has mended, and that the texts do not show, of the statement in a column of the sheet.
    pub fn unmended(&self, column: usize) -> impl Iterator<Item = &Fault> {
        let stands = move |fault: &&Fault| {
            let is_same = if fault.cells.is_empty() {
                !self.changed.contains(&true)
            } else {
                !fault.cells.iter().any(|cell| self.changed[*cell])
            };
            UNSEEN.contains(&fault.reason.as_str()) && is_same && self.concerns(fault, self.column(column))
        };
        self.before.faults.iter().filter(stands)
    }

    /// Whether the statement in a column of the sheet, with this value, is brought again.
    #[must_use]
    pub fn brings(&self, column: usize, value: f64) -> bool {
        let Some(keys) = self.keys else { return true };
        let Some(column) = self.column(column) else { return true };
        self.changed[column]
            || keys.iter().any(|key| self.changed[*key])
            || self.before.faults.iter().any(|fault| {
                self.concerns(fault, Some(column))
                    && (!fault.cells.is_empty() || may_mean(fault, self.before.row, value))
            })
    }

    /// Column of the file that stands in a column of the sheet.
    fn column(&self, place: usize) -> Option<usize> {
        self.places.iter().position(|known| *known == Some(place))
    }

    fn concerns(&self, fault: &Fault, column: Option<usize>) -> bool {
        let Some(keys) = self.keys else { return true };
        fault.cells.is_empty() || fault.cells.iter().any(|cell| Some(*cell) == column || keys.contains(cell))
    }
}

/// Whether a fault that names no cell may be one of this value: a conflict says rows and values.
fn may_mean(fault: &Fault, row: u64, value: f64) -> bool {
    let Some((_, list)) = fault.message.en.split_once("(row: value) ") else { return true };
    let mine = format!("{row}: ");
    let mut values = list.split("; ").filter_map(|told| told.strip_prefix(&mine)).peekable();
    // Where the list is too long to name the row, it may be any of its values.
    values.peek().is_none()
        || values.any(|told| told.split([' ', ',']).next() == Some(value.to_string().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Kind, Mapping, Measure, Vocabulary};
    use crate::table::Text;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn corrections(columns: &[&str], original: &str, faults: &[(&[usize], &str, &str)]) -> Corrections {
        let mut vocabulary = Vocabulary::default();
        for id in ["p", "q"] {
            let name = Text::new(id, id);
            let measure = Measure { id: id.to_owned(), unit: "%".to_owned(), name: name.clone() };
            let position = vocabulary.add_measure(measure);
            vocabulary.add_leaf(&id.to_uppercase(), &name, Some(position));
        }
        let columns = names(columns);
        let mapping = Mapping::default();
        let positions = Positions::find(Kind::Observations, &columns, &mapping, &vocabulary);
        let mut corrections = Corrections::new(&columns, b';', &columns, &positions);
        for (cells, reason, en) in faults {
            let fault = Fault {
                cells: cells.to_vec(),
                column: String::new(),
                reason: (*reason).to_owned(),
                message: Text::new("", *en),
            };
            corrections.push(RejectedRow { row: 3, original: original.to_owned(), faults: vec![fault] });
        }
        corrections
    }

    const LONG: [&str; 4] = ["小区编号", "指标", "年度", "数值"];
    const WIDE: [&str; 5] = ["小区编号", "年度", "P", "Q", "备注"];

    #[test]
    fn a_fault_that_the_text_does_not_show_stands_until_its_cell_is_mended() {
        let row =
            corrections(&LONG, " 123000;P;2017.1;8", &[(&[0], "LOST_DIGITS", ""), (&[2], "BAD_PERIOD", "")]);
        let reasons = |text: &str| {
            let correction = row.of(3, text).unwrap();
            correction.unmended(3).map(|fault| fault.reason.clone()).collect::<Vec<_>>()
        };
        assert_eq!(reasons("123000,P,2017.1,8"), ["LOST_DIGITS", "BAD_PERIOD"]);
        assert_eq!(reasons("123000,P,2017.1,9"), ["LOST_DIGITS", "BAD_PERIOD"], "another cell is mended");
        assert_eq!(reasons("123000,P,2017-01,8"), ["LOST_DIGITS"]);
        assert_eq!(reasons("123456,P,2017-10,8"), [""; 0]);
        assert!(row.of(4, "123000,P,2017.1,8").is_none());
    }

    #[test]
    fn a_fault_of_the_whole_row_stands_until_anything_in_it_is_mended() {
        let row = corrections(&LONG, "1;P;2017;8;x", &[(&[], "WRONG_CELL_COUNT", "")]);
        assert_eq!(row.of(3, "1,P,2017,8").unwrap().unmended(3).count(), 1);
        assert_eq!(row.of(3, "1,P,2017,9").unwrap().unmended(3).count(), 0);
    }

    #[test]
    fn what_the_service_decides_is_decided_anew() {
        let row =
            corrections(&LONG, "1;P;2017;8", &[(&[0], "UNKNOWN_PLACE", ""), (&[3], "NOT_A_NUMBER", "")]);
        assert_eq!(row.of(3, "1,P,2017,8").unwrap().unmended(3).count(), 0);
    }

    #[test]
    fn of_a_wide_row_only_what_was_rejected_or_is_changed_is_brought_again() {
        let row = corrections(&WIDE, "S1;2021;八十;50;", &[(&[2], "NOT_A_NUMBER", "")]);
        let brought = |text: &str| {
            let correction = row.of(3, text).unwrap();
            [correction.brings(2, 80.0), correction.brings(3, 50.0)]
        };
        assert_eq!(brought("S1,2021,八十,50,"), [true, false]);
        assert_eq!(brought("S1,2021,80,50,已核对"), [true, false]);
        assert_eq!(brought("S1,2021,80,51,"), [true, true]);
        assert_eq!(brought("S2,2021,80,50,"), [true, true], "it speaks of another place");
        let place = corrections(&WIDE, "S9;2021;8;5;", &[(&[0], "UNKNOWN_PLACE", "")]);
        let correction = place.of(3, "S9,2021,8,5,").unwrap();
        assert!(correction.brings(2, 8.0) && correction.brings(3, 5.0), "every statement was rejected");
    }

    #[test]
    fn of_a_wide_row_in_conflict_the_value_in_conflict_is_brought_again() {
        let said =
            "the delivery gives this observation different values (row: value) 2: 50; 3: 8, and 2 more";
        let row = corrections(&WIDE, "S1;2021;8;50;", &[(&[], "CONFLICT", said)]);
        let correction = row.of(3, "S1,2021,8,50,").unwrap();
        assert!(correction.brings(2, 8.0) && !correction.brings(3, 50.0));
        let failed = corrections(&WIDE, "S1;2021;8;#N/A;", &[(&[3], "FORMULA_FAILED", "")]);
        let correction = failed.of(3, "S1,2021,8,#N/A,").unwrap();
        assert_eq!((correction.unmended(2).count(), correction.unmended(3).count()), (0, 1));
    }
}
