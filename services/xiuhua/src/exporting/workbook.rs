//! Result tables as one workbook: first what it is, then a sheet a table — or several, where a table has more rows than
//! a sheet holds.

use std::path::Path;

use anyhow::{Context, Result};
use xiuhua_spreadsheets::book::{Book, Look, Sheet, Value};

use super::account::Account;
use crate::results::{Cell, Form, Sink};

/// A workbook in the making.
pub(super) struct Workbook {
    book: Book,
    sheet: Option<(&'static Form, Sheet)>,
}

impl Workbook {
    /// Begins with the sheet that says what it is.
    ///
    /// # Errors
    /// If there is no room for temporary files.
    pub(super) fn begin(account: &Account) -> Result<Self> {
        let mut book = Book::new();
        let mut sheet = book.sheet("导出说明")?;
        for line in account.lines() {
            sheet.put(Value::Text(&format!("{} / {}", line.zh, line.en)), Look::Title)?;
            sheet.put(Value::Text(&line.text), Look::Plain)?;
            sheet.end_row();
        }
        book.add(sheet)?;
        Ok(Self { book, sheet: None })
    }

    /// Writes the book.
    ///
    /// # Errors
    /// If its place takes no file.
    pub(super) fn save(mut self, path: &Path) -> Result<()> {
        self.end()?;
        self.book.save(path)?;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if let Some((_, sheet)) = self.sheet.take() {
            self.book.add(sheet)?;
        }
        Ok(())
    }
}

impl Sink for Workbook {
    fn begin(&mut self, form: &'static Form) -> Result<()> {
        self.end()?;
        let mut sheet = self.book.sheet(form.zh)?;
        sheet.head(form.columns.iter().map(|column| (*column, Look::Head)))?;
        self.sheet = Some((form, sheet));
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        if let Some((form, sheet)) = &self.sheet
            && sheet.rows_left() == 0
        {
            self.begin(form)?;
        }
        let (_, sheet) = self.sheet.as_mut().context("a row belongs to a table")?;
        for cell in cells {
            let (value, look) = match *cell {
                Cell::Text(text) => (Value::Text(text), Look::Id),
                Cell::Real(number) => (number.map_or(Value::Empty, Value::Number), Look::Plain),
                Cell::Whole(number) => (number.map_or(Value::Empty, Value::Whole), Look::Plain),
            };
            sheet.put(value, look)?;
        }
        sheet.end_row();
        Ok(())
    }
}
