//! A file of observations as typed statements: place, measure, period, value, source, time of revision.
//!
//! A long file makes one statement of a row; a wide one makes one of each filled cell under an indicator, all with the
//! number of their row. Statements are lent to a closure, so that a file is read without an allocation a cell.

use std::borrow::Cow;
use std::path::Path;

use crate::cell::{self, CellFault, Said};
use crate::layout::{
    Columns, Kind, Mapping, Notices, OBSERVATIONS, Origin, PLACE_ID, PLACES, Shape, Vocabulary, base_of, text,
};
use crate::places::{note_id, note_nothing, ragged};
use crate::table::{Cell, Remark, Row, Table, UnusableFile};

mod fractions;
mod long;
mod wide;

use fractions::Fractions;
use long::Long;
use wide::Wide;

/// Positions in [`OBSERVATIONS`].
const INDICATOR: usize = 1;
const PERIOD: usize = 2;
const VALUE: usize = 3;
const SOURCE: usize = 4;
const REVISED_AT: usize = 5;

/// One statement of a file, with everything that is wrong with it.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// Number of the row in the file.
    pub row: u64,
    /// Position of the column that its value stands in.
    pub column: usize,
    /// Of a returned sheet: the number of the row in the file it was returned from.
    pub closes_row: Option<u64>,
    /// Place id.
    pub place_id: &'a str,
    /// Measure id; what the file says where it names no measure that is known.
    pub measure_id: &'a str,
    /// Period, as the contracts spell it where it could be read.
    pub period: &'a str,
    /// Source; empty if none is named.
    pub source: &'a str,
    /// Value in the unit of the measure; 0 where it has a fault.
    pub value: f64,
    /// When the source says it revised the value, in microseconds since the epoch.
    pub revised_at_us: Option<i64>,
    /// The row as it stood in the file.
    pub original: &'a str,
    /// Everything that is wrong with it.
    pub faults: &'a [CellFault],
}

/// Reads a table of observations row by row.
pub struct ObservationReader {
    table: Table,
    vocabulary: Vocabulary,
    columns: Columns,
    plan: Plan,
    notices: Notices,
    fractions: Fractions,
    faults: Vec<CellFault>,
    read_by: String,
}

enum Plan {
    Long(Long),
    Wide(Wide),
}

impl ObservationReader {
    /// Takes a table whose header says enough.
    ///
    /// # Errors
    /// [`UnusableFile`] with everything that is wrong with the header, or with how the mapping fits it.
    pub fn new(
        table: Table,
        path: &Path,
        mapping: &Mapping,
        vocabulary: Vocabulary,
    ) -> Result<Self, UnusableFile> {
        let mut faults = Vec::new();
        let mut notices = Notices::default();
        let mapping = &mapping.with_titles(table.titles());
        let mut columns = Columns::find(Kind::Observations, table.headers(), mapping, &mut faults);
        for (name, _) in &mapping.constants {
            if OBSERVATIONS.iter().all(|field| field.name != name) {
                faults.push(text(
                    format!("映射给出固定值的 `{name}` 不是观测的列"),
                    format!("the mapping gives a constant for `{name}`, which is no column of observations"),
                ));
            }
        }
        if let Origin::Constant(told) = &columns.fields[REVISED_AT]
            && constant_instant(told).is_none()
        {
            faults.push(text(
                format!("映射给 `revised_at` 的固定值“{told}”不是时间"),
                format!("the constant `{told}` that the mapping gives `revised_at` is no time"),
            ));
        }
        let has = |field: usize| columns.fields[field] != Origin::Absent;
        let shape = mapping.shape.unwrap_or_else(|| {
            // A header of an indicator decides only where the columns of a long file are not all there.
            let is_long = has(INDICATOR) && has(VALUE);
            if !is_long && wide::has_indicators(&columns, &vocabulary) { Shape::Wide } else { Shape::Long }
        });
        let plan = match shape {
            Shape::Long => {
                columns.require(|field| field.required, &mut faults);
                Plan::Long(Long::new(&mut columns, &vocabulary, &mut notices, &mut faults))
            }
            Shape::Wide => {
                let wide = Wide::new(&mut columns, &vocabulary, &mut notices, &mut faults);
                let in_headers = wide.names_every_period();
                let needed = |name: &str| name == "place_id" || (name == "period" && !in_headers);
                columns.require(|field| needed(field.name), &mut faults);
                Plan::Wide(wide)
            }
        };
        if !faults.is_empty() {
            return Err(UnusableFile { path: path.to_owned(), faults });
        }
        notices.opened();
        let fractions = Fractions::default();
        let read_by = mapping.toml.clone();
        Ok(Self { table, vocabulary, columns, plan, notices, fractions, faults: Vec::new(), read_by })
    }

    /// Text of the mapping that its rows are read by, with what stands above the header.
    #[must_use]
    pub fn read_by(&self) -> &str {
        &self.read_by
    }

    /// The table behind it.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// How observations lie in it.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self.plan {
            Plan::Long(_) => Shape::Long,
            Plan::Wide(_) => Shape::Wide,
        }
    }

    /// What was noticed so far, of the table and of its cells.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        self.table.remarks().iter().cloned().chain(self.notices.remarks()).collect()
    }

    /// Goes back to before the first row.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    pub fn rewind(&mut self) -> Result<(), UnusableFile> {
        self.notices.rewind();
        self.fractions = Fractions::default();
        self.table.rewind()
    }

    /// Reads the next row and gives each of its statements to `each`; false at the end.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    pub fn read_row(&mut self, mut each: impl FnMut(Observation<'_>)) -> Result<bool, UnusableFile> {
        let Self { table, vocabulary, columns, plan, notices, fractions, faults, .. } = self;
        let Some(row) = table.next_row()? else {
            fractions.finish(notices);
            return Ok(false);
        };
        if let Some(column) = columns.skips(&row) {
            let words = ("列的取值使该行按映射文件跳过", "marks the row to be left out by the mapping");
            notices.note(Some(row.number), "LEFT_OUT", &columns.headers[column], words);
            return Ok(true);
        }
        faults.clear();
        let mut reading = Reading { row: &row, columns, vocabulary, notices, fractions, faults };
        if let Some(cells) = row.ragged() {
            reading.faults.push(ragged(cells));
        }
        match plan {
            Plan::Long(long) => long.read(&mut reading, each),
            Plan::Wide(wide) => wide.read(&mut reading, &mut each),
        }
        Ok(true)
    }
}

/// One row on its way to be typed.
struct Reading<'a> {
    row: &'a Row<'a>,
    columns: &'a Columns,
    vocabulary: &'a Vocabulary,
    notices: &'a mut Notices,
    fractions: &'a mut Fractions,
    faults: &'a mut Vec<CellFault>,
}

impl<'a> Reading<'a> {
    /// The cell of a column, or what the mapping says that its word stands for.
    fn cell(&self, column: usize) -> Cell<'a> {
        let cell = self.row.cell(column);
        match &self.columns.words[column] {
            Some(words) => words
                .find(cell)
                .map_or(cell, |told| if told.is_empty() { Cell::Empty } else { Cell::Text(told) }),
            None => cell,
        }
    }

    fn fault(&mut self, fault: CellFault, field: usize) {
        self.faults.push(fault.of(self.columns.header(field), OBSERVATIONS[field].name));
    }

    fn place_id(&mut self) -> Cow<'a, str> {
        match &self.columns.fields[PLACE_ID] {
            Origin::Column(column) => match cell::id(self.cell(*column)) {
                Ok(id) => {
                    let header = &self.columns.headers[*column];
                    note_id(self.notices, self.row.number, header, id.restored, id.narrowed);
                    id.text
                }
                Err(fault) => {
                    self.fault(fault, PLACE_ID);
                    Cow::Borrowed("")
                }
            },
            Origin::Constant(told) => Cow::Borrowed(told),
            Origin::Made => match self.columns.made_id(self.row) {
                Ok(id) => Cow::Owned(id),
                Err(fault) => {
                    self.faults.push(fault);
                    Cow::Borrowed("")
                }
            },
            Origin::Absent => Cow::Borrowed(""),
        }
    }

    /// The text of a field.
    fn text(&mut self, field: usize) -> Cow<'a, str> {
        match &self.columns.fields[field] {
            Origin::Column(column) => match cell::text(self.cell(*column)) {
                Ok(told) => told,
                Err(fault) => {
                    self.fault(fault, field);
                    Cow::Borrowed("")
                }
            },
            Origin::Constant(told) => Cow::Borrowed(told),
            Origin::Made | Origin::Absent => Cow::Borrowed(""),
        }
    }

    fn source(&mut self) -> Cow<'a, str> {
        let told = self.text(SOURCE);
        if cell::is_nothing(&told) { Cow::Borrowed("") } else { told }
    }

    fn period(&mut self) -> Cow<'a, str> {
        let column = match &self.columns.fields[PERIOD] {
            Origin::Column(column) => *column,
            Origin::Constant(told) => {
                self.hold_periods_against(told);
                return Cow::Borrowed(told);
            }
            Origin::Made | Origin::Absent => return Cow::Borrowed(""),
        };
        let cell = self.cell(column);
        match cell::period(cell) {
            Ok(Said::Value(period)) => period,
            // The door says what an absent period is.
            Ok(Said::Nothing | Said::NothingInWords) => Cow::Borrowed(""),
            Err(fault) => {
                self.fault(fault, PERIOD);
                cell::text(cell).unwrap_or_default()
            }
        }
    }

    /// Notes where the row itself names another period than the one that is given for all: a month of the year that the
    /// row names is no other.
    fn hold_periods_against(&mut self, given: &str) {
        for column in self.columns.periods_beside.iter().copied() {
            let header = &self.columns.headers[column];
            match cell::period(self.cell(column)) {
                Ok(Said::Value(own)) => {
                    let rest = given.strip_prefix(&*own);
                    if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
                        let fault = CellFault::new(
                            "PERIOD_DIFFERS",
                            format!("期次是 {own}，而指定的期次是 {given}；请不指定期次，或删去该列"),
                            format!(
                                "the period is {own}, and {given} was given; give none, or take the column out"
                            ),
                        );
                        self.faults.push(fault.of(header, OBSERVATIONS[PERIOD].name));
                    }
                }
                Ok(Said::Nothing | Said::NothingInWords) => {}
                Err(_) => {
                    let words = (
                        "列有读不出的期次，以指定的期次为准",
                        "holds what is no period; the given one counts",
                    );
                    self.notices.note(Some(self.row.number), "PERIOD_NOT_READ", header, words);
                }
            }
        }
    }

    fn revised_at_us(&mut self) -> Option<i64> {
        let column = match &self.columns.fields[REVISED_AT] {
            Origin::Column(column) => *column,
            Origin::Constant(told) => return constant_instant(told),
            Origin::Made | Origin::Absent => return None,
        };
        match cell::instant(self.cell(column)) {
            Ok(said) => said.value(),
            Err(fault) => {
                self.fault(fault, REVISED_AT);
                None
            }
        }
    }

    fn nothing_in_words(&mut self, column: usize) {
        note_nothing(self.notices, self.row.number, &self.columns.headers[column]);
    }
}

/// A time of revision that a mapping says for every row; `None` if it is none.
fn constant_instant(told: &str) -> Option<i64> {
    cell::instant(Cell::Text(told)).ok().and_then(Said::value)
}

/// The fault of a value that belongs to a leaf made of scores.
fn derived(code: &str) -> CellFault {
    CellFault::new(
        "DERIVED_INDICATOR",
        format!("“{code}”是由得分推算的指标，不接受填报"),
        format!("`{code}` is derived from scores and is not delivered"),
    )
}

/// Columns that tell people which place a row is of, and what somebody wrote for them: nothing is lost by not reading
/// them.
fn is_for_people(header: &str) -> bool {
    let base = base_of(header);
    let known = ["name", "town_code", "town", "committee"];
    let mut fields = PLACES.iter().filter(|field| known.contains(&field.name));
    fields.any(|field| field.is_called(header) || field.is_called(base)) || ["序号", "说明"].contains(&base)
}

/// The remark about columns that nothing reads.
fn note_unread(columns: &Columns, notices: &mut Notices) {
    for (column, header) in columns.headers.iter().enumerate() {
        if !columns.taken[column] && !header.is_empty() && !is_for_people(&columns.normal[column]) {
            notices.note(
                None,
                "UNKNOWN_COLUMN",
                header,
                ("列不认识，未读取", "is not known and is not read"),
            );
        }
    }
}

/// A text in both languages for a header that means nothing single.
fn ambiguous(header: &str) -> crate::table::Text {
    text(
        format!("列 `{header}` 可以是多个指标，请改用指标代码"),
        format!("column `{header}` means several indicators; use the code of one"),
    )
}

#[cfg(test)]
mod tests;
