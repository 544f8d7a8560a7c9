//! Result tables as CSV files of a folder: UTF-8, comma, header; floats in the fewest digits that parse back to the same
//! bits.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::results::{Cell, Form, Sink};

/// What spreadsheet programs see UTF-8 by.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A folder that takes result tables, a file each.
pub(crate) struct CsvFolder {
    dir: PathBuf,
    has_bom: bool,
    file: Option<csv::Writer<BufWriter<File>>>,
    /// Digits of a number, used again for the next.
    digits: String,
}

impl CsvFolder {
    /// The folder, made where it is missing; with `has_bom` every file begins with a byte order mark.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn new(dir: &Path, has_bom: bool) -> Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self { dir: dir.to_owned(), has_bom, file: None, digits: String::new() })
    }

    /// Ends the last file.
    ///
    /// # Errors
    /// If the disk is full.
    pub(crate) fn finish(&mut self) -> Result<()> {
        if let Some(mut file) = self.file.take() {
            file.flush()?;
        }
        Ok(())
    }
}

impl Sink for CsvFolder {
    fn begin(&mut self, form: &'static Form) -> Result<()> {
        self.finish()?;
        let path = self.dir.join(form.name).with_extension("csv");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut file = BufWriter::new(file);
        if self.has_bom {
            file.write_all(BYTE_ORDER_MARK)?;
        }
        let mut file = csv::Writer::from_writer(file);
        file.write_record(form.columns)?;
        self.file = Some(file);
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        use std::fmt::Write;
        let file = self.file.as_mut().context("a row belongs to a table")?;
        for cell in cells {
            self.digits.clear();
            match cell {
                Cell::Text(text) => {
                    file.write_field(text)?;
                    continue;
                }
                Cell::Real(Some(number)) => write!(self.digits, "{number}")?,
                Cell::Whole(Some(number)) => write!(self.digits, "{number}")?,
                Cell::Real(None) | Cell::Whole(None) => {}
            }
            file.write_field(&self.digits)?;
        }
        file.write_record(None::<&[u8]>)?;
        Ok(())
    }
}
