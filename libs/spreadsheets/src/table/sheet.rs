//! Rows of a sheet of a workbook: merged cells filled down, the columns of this house left out.

use super::Cell;
use super::footer;
use super::grid::{Grid, Value, write_quoted};
use super::header::{Beginning, Merge, SEARCHED_ROWS};
use super::marks;
use super::workbook::{Area, Sheet};

/// A sheet, read row by row.
pub(super) struct SheetRows {
    grid: Grid,
    /// Merged over several rows, from the top.
    merged: Vec<Area>,
    /// The column of each header.
    columns: Vec<usize>,
    /// The column of the number of the original row, if this is a returned sheet.
    original_row: Option<usize>,
    /// Behind the last column that has a header.
    width: usize,
    /// Number of the header row, from 0.
    header: u32,
    /// Place of the next row among those that hold something.
    next: usize,
    /// Place of the next merged area that may begin.
    next_merged: usize,
    /// What fills each column down.
    filling: Vec<Merged>,
    number: u32,
    /// The row itself, by header, and the row with merged cells filled.
    own: Vec<Value>,
    filled: Vec<Value>,
    closes_row: Option<u64>,
    /// A column of this house says that the row is a sample.
    sample: bool,
    /// Columns of the row up to its last, if beyond the header.
    beyond: Option<usize>,
    original: String,
    blanks: u64,
}

/// A cell that is merged over several rows.
#[derive(Clone, Copy, Default)]
struct Merged {
    /// Number of the last row, from 0.
    bottom: u32,
    value: Value,
    /// More than one of the rows holds anything.
    is_shared: bool,
}

impl SheetRows {
    /// Rows below a header of these columns.
    pub(super) fn new(
        sheet: Sheet,
        header: u32,
        columns: Vec<usize>,
        original_row: Option<usize>,
        width: usize,
    ) -> Self {
        let mut merged = sheet.merged;
        merged.retain(|area| area.bottom > area.top && area.top > header);
        merged.sort_by_key(|area| area.top);
        let mut rows = Self {
            grid: sheet.grid,
            merged,
            own: vec![Value::Empty; columns.len()],
            filled: vec![Value::Empty; columns.len()],
            filling: vec![Merged::default(); columns.len()],
            columns,
            original_row,
            width,
            header,
            next: 0,
            next_merged: 0,
            number: header,
            closes_row: None,
            sample: false,
            beyond: None,
            original: String::new(),
            blanks: 0,
        };
        rows.rewind();
        rows
    }

    /// Goes back to before the first row.
    pub(super) fn rewind(&mut self) {
        self.next = self.grid.place(self.header + 1);
        self.next_merged = 0;
        self.filling.fill(Merged::default());
        self.number = self.header;
        self.blanks = 0;
    }

    /// Moves to the next row that holds something; false at the end.
    pub(super) fn next(&mut self) -> bool {
        if self.next >= self.grid.row_count() {
            return false;
        }
        let number = self.grid.number(self.next);
        self.blanks += u64::from(number - self.number - 1);
        self.number = number;
        self.own.fill(Value::Empty);
        self.closes_row = None;
        self.sample = false;
        self.beyond = None;
        for (column, value) in self.grid.row(self.next) {
            if let Ok(header) = self.columns.binary_search(&column) {
                self.own[header] = value;
            } else if self.original_row == Some(column) {
                self.closes_row = row_number(self.grid.cell(value));
            } else if column >= self.width {
                self.beyond = Some(column + 1);
            } else {
                self.sample |= footer::is_sample(self.grid.cell(value));
            }
        }
        self.fill_down();
        self.original.clear();
        for (column, value) in self.filled.iter().enumerate() {
            if column > 0 {
                self.original.push(',');
            }
            write_quoted(self.grid.cell(*value), &mut self.original);
        }
        self.next += 1;
        true
    }

    fn fill_down(&mut self) {
        while let Some(area) = self.merged.get(self.next_merged).filter(|area| area.top <= self.number) {
            let column = usize::try_from(area.left).unwrap_or(usize::MAX);
            if let Ok(header) = self.columns.binary_search(&column) {
                let rows = self.grid.place(area.bottom.saturating_add(1)) - self.grid.place(area.top);
                self.filling[header] = Merged {
                    bottom: area.bottom,
                    value: self.grid.value(area.top, column),
                    is_shared: rows > 1,
                };
            }
            self.next_merged += 1;
        }
        for (filled, (own, merged)) in self.filled.iter_mut().zip(self.own.iter().zip(&self.filling)) {
            let covered = *own == Value::Empty && self.number <= merged.bottom;
            *filled = if covered { merged.value } else { *own };
        }
    }

    /// Number of the row in the sheet, from 1.
    pub(super) fn number(&self) -> u64 {
        u64::from(self.number) + 1
    }

    pub(super) fn closes_row(&self) -> Option<u64> {
        self.closes_row
    }

    pub(super) fn is_sample(&self) -> bool {
        self.sample
    }

    pub(super) fn cell(&self, column: usize) -> Cell<'_> {
        match self.filled.get(column).map_or(Cell::Empty, |value| self.grid.cell(*value)) {
            // A program before could not keep a character.
            Cell::Text(text) if text.contains('\u{FFFD}') => Cell::Garbled,
            cell => cell,
        }
    }

    /// Whether the cell is one that is merged over several rows that hold something.
    pub(super) fn is_merged(&self, column: usize) -> bool {
        self.filling.get(column).is_some_and(|filling| self.number <= filling.bottom && filling.is_shared)
    }

    /// What the row itself holds, without what a merged cell above fills.
    pub(super) fn own_cell(&self, column: usize) -> Cell<'_> {
        self.own.get(column).map_or(Cell::Empty, |value| self.grid.cell(*value))
    }

    pub(super) fn columns(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn beyond(&self) -> Option<usize> {
        self.beyond
    }

    pub(super) fn original(&self) -> &str {
        &self.original
    }

    pub(super) fn blanks(&self) -> u64 {
        self.blanks
    }
}

/// The number of a row, as a number or as text.
fn row_number(cell: Cell<'_>) -> Option<u64> {
    match cell {
        Cell::Text(text) => text.parse().ok(),
        Cell::Number(number) => {
            // Through decimal digits, because there is no exact conversion from a double.
            format!("{number}").parse().ok()
        }
        _ => None,
    }
}

/// The first rows of a sheet that hold something, with merged cells filled in all directions.
pub(super) fn beginning(sheet: &Sheet, header_row: Option<u64>) -> Beginning {
    let grid = &sheet.grid;
    let places: Vec<usize> = match header_row {
        Some(row) => {
            (0..grid.row_count()).filter(|place| u64::from(grid.number(*place)) + 1 == row).collect()
        }
        None => (0..grid.row_count().min(SEARCHED_ROWS)).collect(),
    };
    let width =
        places.iter().flat_map(|place| grid.row(*place)).map(|(column, _)| column + 1).max().unwrap_or(0);
    let mut beginning = Beginning::default();
    for place in &places {
        let mut texts = vec![String::new(); width];
        for (column, value) in grid.row(*place) {
            super::grid::write_cell(grid.cell(value), &mut texts[column]);
        }
        beginning.numbers.push(u64::from(grid.number(*place)) + 1);
        beginning.rows.push(texts);
    }
    for area in &sheet.merged {
        let top = beginning.numbers.partition_point(|number| *number < u64::from(area.top) + 1);
        let behind = beginning.numbers.partition_point(|number| *number <= u64::from(area.bottom) + 1);
        let columns = usize::try_from(area.left).ok().zip(usize::try_from(area.right).ok());
        let Some((left, right)) =
            columns.filter(|(left, right)| left <= right && *left < width && top < behind)
        else {
            continue;
        };
        let merge = Merge { top, left, bottom: behind - 1, right: right.min(width - 1) };
        let mut text = String::new();
        super::grid::write_cell(grid.cell(grid.value(area.top, left)), &mut text);
        for row in &mut beginning.rows[merge.top..=merge.bottom] {
            row[merge.left..=merge.right].fill(text.clone());
        }
        beginning.merges.push(merge);
        // A thousand merged areas within fifty rows are no header.
        if beginning.merges.len() >= 1_000 {
            break;
        }
    }
    beginning
}

/// Which columns are data: all that have a header before the last that is not empty, without those of this house.
pub(super) fn data_columns(texts: &[String], returned: bool, template: bool) -> (Vec<usize>, Option<usize>) {
    // The sender may have columns of these names, between ours.
    let place = |text: &str| texts.iter().rposition(|known| known == text);
    let first = |text: &str| texts.iter().position(|known| known == text);
    let original_row = returned.then(|| first(marks::ORIGINAL_ROW)).flatten();
    let findings = returned.then(|| place(marks::FINDINGS)).flatten();
    let note = template.then(|| place(marks::NOTE)).flatten();
    let ours = |column: usize| [original_row, findings, note].contains(&Some(column));
    ((0..texts.len()).filter(|column| !ours(*column)).collect(), original_row)
}
