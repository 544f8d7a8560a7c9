//! One row, borrowed until the next is read.

use super::delimited::Delimited;
use super::footer;
use super::sheet::SheetRows;
use super::{Cell, Text};

/// One row of data.
pub struct Row<'a> {
    /// Number in the file, from 1: the row a person sees in the program that made the file, as long as no cell of a CSV
    /// file holds a line break.
    pub number: u64,
    /// Of a returned sheet: the number of the row in the file it was returned from.
    pub closes_row: Option<u64>,
    origin: Origin<'a>,
    columns: usize,
}

/// Where a row comes from.
#[derive(Clone, Copy)]
enum Origin<'a> {
    Text(&'a Delimited),
    Sheet(&'a SheetRows),
}

impl<'a> Row<'a> {
    pub(super) fn delimited(text: &'a Delimited, columns: usize) -> Self {
        Self { number: text.row(), closes_row: None, origin: Origin::Text(text), columns }
    }

    pub(super) fn sheet(sheet: &'a SheetRows) -> Self {
        let (number, closes_row) = (sheet.number(), sheet.closes_row());
        Self { number, closes_row, origin: Origin::Sheet(sheet), columns: sheet.columns() }
    }

    /// What a column holds, merged cells filled down; empty where the row is too short.
    #[must_use]
    pub fn cell(&self, column: usize) -> Cell<'a> {
        match self.origin {
            Origin::Text(text) => cell_of(text, column),
            Origin::Sheet(sheet) => sheet.cell(column),
        }
    }

    /// Whether a column holds what a cell merged over several rows says: of a number it is not known whose it is.
    #[must_use]
    pub fn is_merged(&self, column: usize) -> bool {
        match self.origin {
            Origin::Text(_) => false,
            Origin::Sheet(sheet) => sheet.is_merged(column),
        }
    }

    /// How many cells the row itself fills.
    pub(crate) fn filled(&self) -> usize {
        self.own_cells().filter(|cell| *cell != Cell::Empty).count()
    }

    /// The row as it stood: of a text file the line, decoded; of a workbook its cells as CSV with commas.
    #[must_use]
    pub fn original(&self) -> &'a str {
        match self.origin {
            Origin::Text(text) => text.original(),
            Origin::Sheet(sheet) => sheet.original(),
        }
    }

    /// How many cells the row has, if more than the header and they hold something; of a text file also if fewer.
    #[must_use]
    pub fn ragged(&self) -> Option<usize> {
        match self.origin {
            Origin::Text(text) => {
                let count = text.cell_count();
                let filled = || (self.columns..count).any(|column| cell_of(text, column) != Cell::Empty);
                (count < self.columns || (count > self.columns && filled())).then_some(count)
            }
            Origin::Sheet(sheet) => sheet.beyond(),
        }
    }

    /// What the row itself fills.
    fn own_cells(&self) -> impl Iterator<Item = Cell<'a>> + Clone + use<'a> {
        let origin = self.origin;
        let count = match origin {
            Origin::Text(text) => text.cell_count(),
            Origin::Sheet(sheet) => sheet.columns(),
        };
        (0..count).map(move |column| match origin {
            Origin::Text(text) => cell_of(text, column),
            Origin::Sheet(sheet) => sheet.own_cell(column),
        })
    }

    pub(super) fn is_blank(&self) -> bool {
        let beyond = matches!(self.origin, Origin::Sheet(sheet) if sheet.beyond().is_some());
        !beyond && self.own_cells().all(|cell| cell == Cell::Empty)
    }

    /// Why the row is no data, in one word and in a sentence; `None` if it is.
    pub(super) fn no_data(&self, headers: &[String]) -> Option<(&'static str, Text)> {
        let repeats = |column: usize| match (self.cell(column), headers[column].as_str()) {
            (Cell::Empty, "") => true,
            (Cell::Text(text), header) => text == header,
            _ => false,
        };
        // The first cell tells nearly every row apart.
        if headers.len() > 1 && repeats(0) && (1..headers.len()).all(repeats) {
            let message = Text::new("重复的表头，已跳过", "header again, skipped");
            return Some(("HEADER_AGAIN", message));
        }
        if matches!(self.origin, Origin::Sheet(sheet) if sheet.is_sample()) {
            return Some(footer::sample());
        }
        footer::no_data(&self.own_cells(), headers)
    }
}

fn cell_of(text: &Delimited, column: usize) -> Cell<'_> {
    let Some(cell) = text.cell(column).map(trimmed).filter(|cell| !cell.is_empty()) else {
        return Cell::Empty;
    };
    if text.source().damaged() && cell.contains('\u{FFFD}') { Cell::Garbled } else { Cell::Text(cell) }
}

/// A cell without blanks and marks of no width around it.
pub(super) fn trimmed(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}
