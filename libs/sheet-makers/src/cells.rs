//! What a workbook holds, apart from how a format writes it down.

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Blank,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A share shown as a percentage: `Share(0.85)` is shown as 85 %.
    Share(f64),
    /// A day, kept as a serial number with the format of a date: days since 1899-12-30.
    Day(u32),
    /// True or false.
    Truth(bool),
    /// `#DIV/0!`, what a formula failed with.
    Failure,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Blank } else { Self::Text(text.to_owned()) }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// Whether a person sees a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// As usual.
    Visible,
    /// Hidden, and shown again by a menu.
    Hidden,
}

/// One sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What its tab says.
    pub name: String,
    /// Its cells, from A1.
    pub rows: Vec<Vec<Value>>,
    /// Merged cells: first row, first column, last row, last column, from 0. Only the first cell holds something.
    pub merged: Vec<(u16, u16, u16, u16)>,
    /// Whether a person sees it.
    pub look: Look,
}

/// A workbook.
#[derive(Clone, Debug)]
pub struct Book {
    /// Its sheets in the order of their tabs.
    pub sheets: Vec<Sheet>,
}

impl Sheet {
    /// A visible sheet without merged cells.
    #[must_use]
    pub fn new(name: &str, rows: Vec<Vec<Value>>) -> Self {
        Self { name: name.to_owned(), rows, merged: Vec::new(), look: Look::Visible }
    }

    /// A sheet of texts, one line a row, its cells divided by `|`.
    #[must_use]
    pub fn of_texts(name: &str, lines: &str) -> Self {
        let row = |line: &str| line.split('|').map(|cell| Value::from(cell.trim())).collect();
        Self::new(name, lines.lines().map(row).collect())
    }

    /// The same with merged cells.
    #[must_use]
    pub fn merged(mut self, merged: &[(u16, u16, u16, u16)]) -> Self {
        self.merged = merged.to_vec();
        self
    }

    /// The same, hidden.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.look = Look::Hidden;
        self
    }

    /// Cells that hold something, with row and column.
    ///
    /// # Panics
    /// The sheet is larger than the oldest format can hold.
    pub(super) fn cells(&self) -> impl Iterator<Item = (u16, u16, &Value)> {
        let number =
            |n: usize| u16::try_from(n).expect("a sheet of a test fits into 65,536 rows and columns");
        self.rows.iter().enumerate().flat_map(move |(row, cells)| {
            let cells = cells.iter().enumerate().filter(|(_, value)| **value != Value::Blank);
            cells.map(move |(column, value)| (number(row), number(column), value))
        })
    }
}

impl Book {
    /// A workbook of one sheet.
    #[must_use]
    pub fn of(sheet: Sheet) -> Self {
        Self { sheets: vec![sheet] }
    }

    /// A workbook of one sheet of texts, as [`Sheet::of_texts`].
    #[must_use]
    pub fn of_texts(lines: &str) -> Self {
        Self::of(Sheet::of_texts("Sheet1", lines))
    }
}
