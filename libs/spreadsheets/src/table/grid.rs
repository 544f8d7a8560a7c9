//! The cells of a sheet, in memory: a value of sixteen bytes and its place a cell, every repeated text once.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::civil::DateTime;

use super::limits::{Limits, cell_too_long, too_many_cells, too_many_columns, too_many_rows};
use super::row::trimmed;
use super::{Cell, Text};

/// What a formula can fail with; [`Value::Failure`] counts them.
pub(crate) const FAILURES: [&str; 8] =
    ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DATA!"];

/// What a cell holds; of a text, where it lies in [`Grid::texts`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Value {
    #[default]
    Empty,
    Text {
        start: u32,
        length: u32,
    },
    Number(f64),
    Percent(f64),
    Moment(DateTime),
    Truth(bool),
    Failure(u8),
}

impl Value {
    /// A number, or what a cell that is shown as a percentage shows.
    pub(super) fn number(number: f64, percent: bool) -> Self {
        if !percent {
            return Self::Number(number);
        }
        // The point is moved in decimal: 0.07 is shown as 7, not as 7.000000000000001.
        Self::Percent(format!("{number}e2").parse().unwrap_or(number * 100.0))
    }

    /// What a formula failed with, by its name; any other is `#VALUE!`.
    pub(super) fn failure(name: &str) -> Self {
        let known = FAILURES.iter().zip(0_u8..).find(|(failure, _)| **failure == name);
        Self::Failure(known.map_or(6, |(_, number)| number))
    }
}

/// A cell and where it stands, from 0.
#[derive(Clone, Copy, Debug)]
struct Placed {
    row: u32,
    column: u16,
    value: Value,
}

/// The cells of a sheet that hold something, row by row.
#[derive(Debug, Default)]
pub(super) struct Grid {
    cells: Vec<Placed>,
    texts: String,
    /// Where the cells of each row begin that has any.
    rows: Vec<usize>,
}

/// A grid that is being filled, in any order.
pub(super) struct Filling {
    grid: Grid,
    limits: Limits,
    /// Texts that are known by their place in memory: shared strings.
    shared: HashMap<usize, Value>,
    sorted: bool,
}

impl Filling {
    pub(super) fn new(limits: Limits) -> Self {
        Self { grid: Grid::default(), limits, shared: HashMap::new(), sorted: true }
    }

    /// Puts a value where it stands, from 0.
    ///
    /// # Errors
    /// If the sheet is beyond the limits.
    pub(super) fn put(&mut self, row: u32, column: u32, value: Value) -> Result<(), Text> {
        if value == Value::Empty {
            return Ok(());
        }
        if row >= self.limits.rows {
            return Err(too_many_rows(self.limits.rows));
        }
        let Some(column) = u16::try_from(column).ok().filter(|_| column < self.limits.columns) else {
            return Err(too_many_columns(u64::from(row) + 1, self.limits.columns));
        };
        let cells = &mut self.grid.cells;
        if cells.len() as u64 >= self.limits.cells {
            return Err(too_many_cells(self.limits.cells));
        }
        self.sorted &= cells.last().is_none_or(|last| (last.row, last.column) < (row, column));
        cells.push(Placed { row, column, value });
        Ok(())
    }

    /// A text as a value, without blanks around it.
    ///
    /// # Errors
    /// If it is beyond the limits.
    pub(super) fn text(&mut self, text: &str) -> Result<Value, Text> {
        let text = super::encoding::standard(trimmed(text));
        if text.is_empty() {
            return Ok(Value::Empty);
        }
        if text.len() > self.limits.cell_chars && text.chars().count() > self.limits.cell_chars {
            return Err(cell_too_long(self.limits.cell_chars));
        }
        let texts = &mut self.grid.texts;
        let place = (u32::try_from(texts.len()), u32::try_from(text.len()));
        let (Ok(start), Ok(length), true) =
            (place.0, place.1, (texts.len() + text.len()) as u64 <= self.limits.unpacked_bytes)
        else {
            return Err(super::limits::unpacked_too_large(self.limits.unpacked_bytes));
        };
        texts.push_str(&text);
        Ok(Value::Text { start, length })
    }

    /// A text that many cells share, known by its place in memory: kept once.
    ///
    /// # Errors
    /// If it is beyond the limits.
    pub(super) fn shared(&mut self, text: &str) -> Result<Value, Text> {
        let place = text.as_ptr().addr();
        if let Some(known) = self.shared.get(&place) {
            return Ok(*known);
        }
        let value = self.text(text)?;
        self.shared.insert(place, value);
        Ok(value)
    }

    pub(super) fn finish(self) -> Grid {
        let mut grid = self.grid;
        if !self.sorted {
            grid.cells.sort_by_key(|cell| (cell.row, cell.column));
            grid.cells.dedup_by(|later, kept| {
                let same = (later.row, later.column) == (kept.row, kept.column);
                if same {
                    // What stands last in the file is what the program that made it shows.
                    kept.value = later.value;
                }
                same
            });
        }
        let begins = |at: &usize| *at == 0 || grid.cells[*at].row != grid.cells[*at - 1].row;
        grid.rows = (0..grid.cells.len()).filter(begins).collect();
        grid
    }
}

impl Grid {
    /// How many cells hold something.
    pub(super) fn cell_count(&self) -> u64 {
        self.cells.len() as u64
    }

    /// How many rows hold something.
    pub(super) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Number of a row that holds something, from 0, by its place among them.
    pub(super) fn number(&self, place: usize) -> u32 {
        self.cells[self.rows[place]].row
    }

    /// Columns and values of a row that holds something, by its place among them.
    pub(super) fn row(&self, place: usize) -> impl Iterator<Item = (usize, Value)> + '_ {
        let end = self.rows.get(place + 1).copied().unwrap_or(self.cells.len());
        self.cells[self.rows[place]..end].iter().map(|cell| (usize::from(cell.column), cell.value))
    }

    /// Place of the first row at or behind this number.
    pub(super) fn place(&self, number: u32) -> usize {
        self.rows.partition_point(|start| self.cells[*start].row < number)
    }

    /// The value at a row and a column, both from 0.
    pub(super) fn value(&self, row: u32, column: usize) -> Value {
        let found =
            self.cells.binary_search_by_key(&(row, column), |cell| (cell.row, usize::from(cell.column)));
        found.map_or(Value::Empty, |at| self.cells[at].value)
    }

    /// A value as a cell.
    pub(super) fn cell(&self, value: Value) -> Cell<'_> {
        match value {
            Value::Empty => Cell::Empty,
            Value::Text { start, length } => {
                Cell::Text(&self.texts[start as usize..(start + length) as usize])
            }
            Value::Number(number) => Cell::Number(number),
            Value::Percent(number) => Cell::Percent(number),
            Value::Moment(moment) => Cell::Moment(moment),
            Value::Truth(truth) => Cell::Truth(truth),
            Value::Failure(number) => Cell::Failure(FAILURES[usize::from(number) % FAILURES.len()]),
        }
    }
}

/// Writes a cell as a person would type it.
pub(super) fn write_cell(cell: Cell<'_>, to: &mut String) {
    // Writing to a string cannot fail.
    let _ = match cell {
        Cell::Empty => Ok(()),
        Cell::Text(text) | Cell::Failure(text) => to.write_str(text),
        Cell::Number(number) => write!(to, "{number}"),
        Cell::Percent(number) => write!(to, "{number}%"),
        Cell::Moment(moment) if moment.time() == jiff::civil::Time::midnight() => {
            write!(to, "{}", moment.date())
        }
        Cell::Moment(moment) => write!(to, "{moment}"),
        Cell::Truth(truth) => to.write_str(if truth { "TRUE" } else { "FALSE" }),
        Cell::Garbled => to.write_char('\u{FFFD}'),
    };
}

/// Writes a cell as CSV with commas.
pub(super) fn write_quoted(cell: Cell<'_>, to: &mut String) {
    match cell {
        Cell::Text(text) if text.contains([',', '"', '\n', '\r']) => {
            to.push('"');
            for part in text.split_inclusive('"') {
                to.push_str(part);
                if part.ends_with('"') {
                    to.push('"');
                }
            }
            to.push('"');
        }
        cell => write_cell(cell, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_the_decimal_it_shows() {
        for (kept, shown) in
            [(0.07, 7.0), (0.85, 85.0), (1.1, 110.0), (0.285, 28.5), (-0.005, -0.5), (1e-9, 1e-7)]
        {
            assert_eq!(Value::number(kept, true), Value::Percent(shown));
        }
    }

    #[test]
    fn cells_may_come_in_any_order_and_the_last_of_a_place_counts() {
        let mut filling = Filling::new(Limits::default());
        for (row, column, number) in [(2, 1, 1.0), (0, 0, 2.0), (2, 1, 3.0), (2, 0, 4.0)] {
            filling.put(row, column, Value::Number(number)).unwrap();
        }
        let grid = filling.finish();
        assert_eq!((grid.row_count(), grid.number(1), grid.place(1)), (2, 2, 1));
        assert_eq!(grid.row(1).collect::<Vec<_>>(), [(0, Value::Number(4.0)), (1, Value::Number(3.0))]);
        assert_eq!((grid.value(0, 0), grid.value(1, 0)), (Value::Number(2.0), Value::Empty));
    }

    #[test]
    fn a_shared_text_is_kept_once_and_private_use_characters_become_standard() {
        let mut filling = Filling::new(Limits::default());
        let text = String::from(" \u{E81E}小区 ");
        let (first, second) = (filling.shared(&text).unwrap(), filling.shared(&text).unwrap());
        assert_eq!(first, second);
        filling.put(0, 0, first).unwrap();
        let grid = filling.finish();
        assert_eq!(grid.texts, "\u{9FB4}小区");
        assert_eq!(grid.cell(first), Cell::Text("\u{9FB4}小区"));
    }

    #[test]
    fn cells_are_written_as_csv() {
        let mut text = String::new();
        for cell in
            [Cell::Text("a\"b,c"), Cell::Number(310_115_004_000.0), Cell::Percent(8.5), Cell::Truth(true)]
        {
            write_quoted(cell, &mut text);
            text.push('|');
        }
        assert_eq!(text, "\"a\"\"b,c\"|310115004000|8.5%|TRUE|");
    }
}
