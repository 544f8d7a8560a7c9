//! One row, borrowed until the next is read.

use super::delimited::Delimited;
use super::footer;
use super::header::normal;
use super::{Cell, Text};

/// One row of data.
pub struct Row<'a> {
    /// Number in the file, from 1: the row a person sees in the program that made the file, as long as no cell of a CSV
    /// file holds a line break.
    pub number: u64,
    /// Of a returned sheet: the number of the row in the file it was returned from.
    pub closes_row: Option<u64>,
    text: &'a Delimited,
    columns: usize,
}

impl<'a> Row<'a> {
    pub(super) fn delimited(text: &'a Delimited, columns: usize) -> Self {
        Self { number: text.row(), closes_row: None, text, columns }
    }

    /// What a column holds; empty where the row is too short.
    #[must_use]
    pub fn cell(&self, column: usize) -> Cell<'a> {
        let Some(cell) = self.text.cell(column).map(trimmed).filter(|cell| !cell.is_empty()) else {
            return Cell::Empty;
        };
        if self.text.source().damaged() && cell.contains('\u{FFFD}') {
            Cell::Garbled
        } else {
            Cell::Text(cell)
        }
    }

    /// The row as it stood: of a text file the line, decoded; of a workbook its cells as CSV with commas.
    #[must_use]
    pub fn original(&self) -> &'a str {
        self.text.original()
    }

    /// How many cells the row has, if fewer than the header, or more that hold something.
    #[must_use]
    pub fn ragged(&self) -> Option<usize> {
        let count = self.text.cell_count();
        let filled = || (self.columns..count).any(|column| self.cell(column) != Cell::Empty);
        (count < self.columns || (count > self.columns && filled())).then_some(count)
    }

    fn cells(&self) -> impl Iterator<Item = Cell<'a>> + Clone + use<'a, '_> {
        (0..self.text.cell_count()).map(|column| self.cell(column))
    }

    pub(super) fn is_blank(&self) -> bool {
        self.cells().all(|cell| cell == Cell::Empty)
    }

    /// Why the row is no data, in one word and in a sentence; `None` if it is.
    pub(super) fn no_data(&self, headers: &[String], template: bool) -> Option<(&'static str, Text)> {
        let repeats = |column: usize| match (self.cell(column), headers[column].as_str()) {
            (Cell::Empty, "") => true,
            (Cell::Text(text), header) => text == header || normal(text) == normal(header),
            _ => false,
        };
        // The first cell tells nearly every row apart.
        if headers.len() > 1 && repeats(0) && (1..headers.len()).all(repeats) {
            let message = Text::new("重复的表头，已跳过", "header again, skipped");
            return Some(("HEADER_AGAIN", message));
        }
        footer::no_data(self.cells(), template)
    }
}

/// A cell without blanks and marks of no width around it.
pub(super) fn trimmed(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}
