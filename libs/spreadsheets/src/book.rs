//! Workbooks as this house writes them: one place for styles, widths and safety.
//!
//! A text is written as a string and is never a formula, whatever it begins with. A sheet is written row by row and
//! kept on disk until the book is saved, so that memory stays flat. A book appears under its name whole or not at all.

use std::collections::HashSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{DataValidation, IgnoreError, Note, Workbook, Worksheet, XlsxError};

mod looks;

pub use looks::Look;
use looks::Looks;

/// Rows that a sheet holds, its head among them.
pub const SHEET_ROWS: u32 = 1_048_576;
/// Characters (UTF-16 units) that a cell holds; a longer text is cut and ends with `…`.
const CELL_CHARACTERS: usize = 32_767;
/// Rows from which the widths of the columns are taken.
const ROWS_MEASURED: u32 = 500;
/// Widest that a column becomes by itself, in digits of the standard font; a Chinese character is as wide as two.
const WIDEST: f64 = 60.0;
const NARROWEST: f64 = 9.0;
/// Characters that a note holds; the whole text stands in its cell or beside it.
const NOTE_CHARACTERS: usize = 1_000;
/// Greatest whole number that a cell keeps exactly: 2⁵³.
const EXACT: u64 = 1 << 53;

/// A workbook that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum UnwritableBook {
    /// It breaks a rule of the format, or its folder for temporary files is gone.
    #[error("the workbook cannot be made / 无法生成工作簿: {0}")]
    Book(#[from] Box<XlsxError>),
    /// Its place takes no file.
    #[error("{}: cannot be written / 无法写入: {source}", path.display())]
    File {
        /// Where it was to be.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl From<XlsxError> for UnwritableBook {
    fn from(error: XlsxError) -> Self {
        Self::Book(Box::new(error))
    }
}

/// What a cell gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Empty,
    /// A text, written as a string.
    Text(&'a str),
    /// A number; one that is not finite leaves the cell empty.
    Number(f64),
    /// A whole number; written as a text where a cell would lose digits of it.
    Whole(u64),
}

/// A workbook in the making.
#[derive(Default)]
pub struct Book {
    workbook: Workbook,
    /// Names of its sheets, lower case: spreadsheets hold two spellings for one.
    names: HashSet<String>,
}

/// A sheet in the making: cells from left to right, rows from the top.
pub struct Sheet {
    worksheet: Worksheet,
    looks: Looks,
    row: u32,
    column: u16,
    /// Width that each column needs.
    widths: Vec<f64>,
    /// Rows of the head, which stay in sight.
    frozen: u32,
}

impl Book {
    /// An empty book.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A further sheet, which [`Book::add`] puts behind those there are. Its name is made one that spreadsheets take,
    /// and one that no other sheet of the book has.
    ///
    /// # Errors
    /// If no temporary file can be made.
    pub fn sheet(&mut self, name: &str) -> Result<Sheet, UnwritableBook> {
        let mut worksheet = self.workbook.new_worksheet_with_constant_memory()?;
        worksheet.set_name(self.free_name(name))?;
        Ok(Sheet { worksheet, looks: Looks::new(), row: 0, column: 0, widths: Vec::new(), frozen: 0 })
    }

    /// Puts a sheet behind the others.
    ///
    /// # Errors
    /// If it breaks a rule of the format.
    pub fn add(&mut self, mut sheet: Sheet) -> Result<(), UnwritableBook> {
        for (column, width) in (0..).zip(&sheet.widths) {
            sheet.worksheet.set_column_width(column, width.clamp(NARROWEST, WIDEST))?;
        }
        if sheet.frozen > 0 {
            sheet.worksheet.set_freeze_panes(sheet.frozen, 0)?;
        }
        self.workbook.push_worksheet(sheet.worksheet);
        Ok(())
    }

    /// Puts a sheet behind the others that spreadsheets do not even offer to show: one text a row.
    ///
    /// # Errors
    /// If it breaks a rule of the format.
    pub fn add_very_hidden<'a>(
        &mut self,
        name: &str,
        rows: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), UnwritableBook> {
        let mut sheet = self.sheet(name)?;
        for row in rows {
            sheet.row([Value::Text(row)])?;
        }
        sheet.worksheet.set_very_hidden(true);
        self.add(sheet)
    }

    /// Writes the book: into a file beside its place first, which then takes the place of whatever was there.
    ///
    /// # Errors
    /// If it cannot be written; then what was there before is as it was.
    pub fn save(mut self, path: &Path) -> Result<(), UnwritableBook> {
        let at = |source| UnwritableBook::File { path: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new();
        #[cfg(unix)]
        file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = file.prefix(".xiuhua-").suffix(".xlsx").tempfile_in(folder).map_err(at)?;
        let mut writer = BufWriter::new(file.as_file());
        self.workbook.save_to_writer(&mut writer)?;
        writer.flush().map_err(at)?;
        drop(writer);
        file.as_file().sync_all().map_err(at)?;
        file.persist(path).map_err(|error| at(error.error))?;
        Ok(())
    }

    /// A name of at most 31 characters without those that spreadsheets refuse, unlike any other of the book.
    fn free_name(&mut self, wanted: &str) -> String {
        let refused = |c: char| c.is_control() || matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\');
        let name = wanted.replace(refused, "_");
        let name = name.trim_matches(['\'', ' ']);
        let name = cut(if name.is_empty() { "sheet" } else { name }, 31, "");
        let mut free = name.clone().into_owned();
        let mut number = 1;
        while !self.names.insert(free.to_lowercase()) {
            number += 1;
            let ending = format!(" ({number})");
            free = format!("{}{ending}", cut(&name, 31 - ending.len(), ""));
        }
        free
    }
}

impl Sheet {
    /// Writes a row of headers that stays in sight when the sheet is scrolled.
    ///
    /// # Errors
    /// As [`Sheet::put`].
    pub fn head<'a>(
        &mut self,
        headers: impl IntoIterator<Item = (&'a str, Look)>,
    ) -> Result<(), UnwritableBook> {
        for (header, look) in headers {
            self.put(Value::Text(header), look)?;
        }
        self.freeze_row();
        Ok(())
    }

    /// Ends the row, which stays in sight when the sheet is scrolled, with all rows before it.
    pub fn freeze_row(&mut self) {
        self.end_row();
        self.frozen = self.row;
    }

    /// Writes a row of plain cells.
    ///
    /// # Errors
    /// As [`Sheet::put`].
    pub fn row<'a>(&mut self, values: impl IntoIterator<Item = Value<'a>>) -> Result<(), UnwritableBook> {
        for value in values {
            self.put(value, Look::Plain)?;
        }
        self.end_row();
        Ok(())
    }

    /// Writes the next cell of the row.
    ///
    /// # Errors
    /// If the sheet is full, or its temporary file cannot be written.
    pub fn put(&mut self, value: Value<'_>, look: Look) -> Result<(), UnwritableBook> {
        let (row, column) = (self.row, self.column);
        let format = self.looks.of(look);
        let sheet = &mut self.worksheet;
        let text = match value {
            Value::Empty => None,
            Value::Text(text) => Some(text),
            Value::Number(number) => {
                if number.is_finite() {
                    sheet.write_number_with_format(row, column, number, format)?;
                    self.column += 1;
                    return Ok(());
                }
                None
            }
            Value::Whole(number) if number <= EXACT => {
                sheet.write_number_with_format(row, column, number as f64, format)?;
                self.column += 1;
                return Ok(());
            }
            Value::Whole(number) => {
                return self.put(Value::Text(&number.to_string()), look);
            }
        };
        match text {
            Some(text) if !text.is_empty() => {
                let text = cut(text, CELL_CHARACTERS, "…");
                sheet.write_string_with_format(row, column, text.as_ref(), format)?;
                self.measure(&text);
            }
            _ if look == Look::Plain => {}
            _ => {
                sheet.write_blank(row, column, format)?;
            }
        }
        self.column += 1;
        Ok(())
    }

    /// Ends the row: the next cell is the first of the next one.
    pub fn end_row(&mut self) {
        self.row += 1;
        self.column = 0;
    }

    /// Rows that there is still room for.
    #[must_use]
    pub fn rows_left(&self) -> u32 {
        SHEET_ROWS - self.row
    }

    /// Pins a note to the cell that was written last.
    ///
    /// # Errors
    /// If the sheet is full.
    pub fn note(&mut self, text: &str) -> Result<(), UnwritableBook> {
        let text = cut(text, NOTE_CHARACTERS, "…");
        let lines: usize = text.split('\n').map(|line| width(line) / 40 + 1).sum();
        let height = u32::try_from(lines * 18 + 16).unwrap_or(u32::MAX).min(420);
        let note =
            Note::new(text).add_author_prefix(false).set_author("xiuhua").set_width(300).set_height(height);
        self.worksheet.insert_note(self.row, self.column.saturating_sub(1), &note)?;
        Ok(())
    }

    /// Gives a whole column its width, and its look where nothing is written yet.
    ///
    /// # Errors
    /// If there is no such column.
    pub fn prepare_column(&mut self, column: u16, width: f64, look: Look) -> Result<(), UnwritableBook> {
        self.worksheet.set_column_format(column, self.looks.of(look))?;
        self.widen(column, width);
        Ok(())
    }

    /// Checks what people type into rows `first` to `last` of a column (counted from 0).
    ///
    /// # Errors
    /// If the rule breaks one of the format.
    pub fn validate(
        &mut self,
        column: u16,
        rows: (u32, u32),
        rule: &DataValidation,
    ) -> Result<(), UnwritableBook> {
        self.worksheet.add_data_validation(rows.0, column, rows.1, column, rule)?;
        Ok(())
    }

    /// Leaves out the green corner on texts that look like numbers, in every cell so far.
    ///
    /// # Errors
    /// If the sheet is full.
    pub fn trust_texts(&mut self, columns: u16) -> Result<(), UnwritableBook> {
        let (rows, columns) = (self.row.saturating_sub(1), columns.saturating_sub(1));
        self.worksheet.ignore_error_range(0, 0, rows, columns, IgnoreError::NumberStoredAsText)?;
        Ok(())
    }

    /// Hides the sheet, so that only other sheets see it: the lists behind drop-downs.
    pub fn hide(&mut self) {
        self.worksheet.set_very_hidden(true);
    }

    fn measure(&mut self, text: &str) {
        if self.row < ROWS_MEASURED {
            let widest = text.split('\n').map(width).max().unwrap_or(0);
            self.widen(self.column, widest as f64 + 2.0);
        }
    }

    fn widen(&mut self, column: u16, width: f64) {
        let column = usize::from(column);
        if self.widths.len() <= column {
            self.widths.resize(column + 1, NARROWEST);
        }
        self.widths[column] = self.widths[column].max(width);
    }
}

/// How wide a text is: 1 for a Latin letter or digit, 2 for what is not of the first scripts (Chinese among it).
fn width(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

/// A text of at most `units` UTF-16 units, the ending among them where something was cut.
pub(crate) fn cut<'a>(text: &'a str, units: usize, ending: &str) -> std::borrow::Cow<'a, str> {
    // A UTF-8 text has at least as many bytes as units.
    if text.len() <= units || text.encode_utf16().count() <= units {
        return text.into();
    }
    let room = units - ending.encode_utf16().count();
    let mut taken = 0;
    let end = text.char_indices().find(|(_, c)| {
        taken += c.len_utf16();
        taken > room
    });
    format!("{}{ending}", &text[..end.map_or(text.len(), |(at, _)| at)]).into()
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx, open_workbook};
    use proptest::prelude::*;

    use super::*;

    fn written(rows: &[Vec<Value<'_>>]) -> Vec<Vec<Data>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.xlsx");
        let mut book = Book::new();
        let mut sheet = book.sheet("表").unwrap();
        for row in rows {
            sheet.row(row.iter().copied()).unwrap();
        }
        book.add(sheet).unwrap();
        book.save(&path).unwrap();
        let mut read: Xlsx<_> = open_workbook(&path).unwrap();
        assert!(read.worksheet_formula("表").unwrap().is_empty(), "no cell is a formula");
        let range = read.worksheet_range("表").unwrap();
        range.rows().map(<[Data]>::to_vec).collect()
    }

    #[test]
    fn a_text_never_becomes_a_formula_and_keeps_its_rare_characters() {
        let texts =
            ["=1+1", "+8613", "-2", "@SUM(A1)", "\tx", "\r=1", "007", "𠮷㐂龘", " 头尾 ", "_x0041_", "a\nb"];
        let rows = written(&[texts.map(Value::Text).to_vec()]);
        assert_eq!(rows[0], texts.map(|text| Data::String(text.to_owned())).to_vec());
    }

    #[test]
    fn numbers_are_numbers_to_the_last_bit_and_long_whole_numbers_keep_their_digits() {
        let numbers = [0.1 + 0.2, -1e-300, 1.797e308, 3.0];
        let mut row: Vec<_> = numbers.map(Value::Number).to_vec();
        row.extend([Value::Number(f64::NAN), Value::Whole(310_115_004_000), Value::Whole(u64::MAX)]);
        let read = written(&[row]).remove(0);
        for (cell, number) in read.iter().zip(numbers) {
            assert_eq!(cell, &Data::Float(number));
        }
        assert_eq!(
            read[4..],
            [Data::Empty, Data::Float(310_115_004_000.0), Data::String(u64::MAX.to_string())]
        );
    }

    #[test]
    fn a_text_that_no_cell_holds_is_cut_between_characters_and_says_so() {
        let long = "𠮷".repeat(20_000);
        let Data::String(text) = &written(&[vec![Value::Text(&long)]])[0][0] else { panic!("a text") };
        assert!(text.encode_utf16().count() <= CELL_CHARACTERS);
        assert!(text.starts_with("𠮷𠮷") && text.ends_with("𠮷…"));
    }

    #[test]
    fn sheets_get_names_that_spreadsheets_take_and_no_two_alike() {
        let mut book = Book::new();
        let mut names = Vec::new();
        for wanted in ["a/b:c", "A/B:C", "", "'引号'", &"很".repeat(40), &"很".repeat(50)] {
            let sheet = book.sheet(wanted).unwrap();
            names.push(sheet.worksheet.name());
            book.add(sheet).unwrap();
        }
        let long = "很".repeat(31);
        let numbered = format!("{} (2)", "很".repeat(27));
        assert_eq!(names, ["a_b_c", "A_B_C (2)", "sheet", "引号", &long, &numbered]);
    }

    #[test]
    fn a_book_that_cannot_be_written_leaves_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::new();
        let sheet = book.sheet("a").unwrap();
        book.add(sheet).unwrap();
        assert!(book.save(&dir.path().join("nowhere/a.xlsx")).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_read_back_as_it_was(text in "\\PC{1,40}") {
            let text = text.trim();
            prop_assume!(!text.is_empty());
            let rows = written(&[vec![Value::Text(text)]]);
            prop_assert_eq!(&rows[0][0], &Data::String(text.to_owned()));
        }
    }
}
