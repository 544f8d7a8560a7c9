//! A file as one table: where its header is, what its cells hold, and what every row looked like.
//!
//! What a file is, its content says, never its name. Text is streamed in flat memory; a workbook is bounded before it is
//! unpacked. Rows that are no data (titles, totals, notes, blank rows) are passed over with a [`Remark`], never silently.
//!
//! ```
//! use xiuhua_spreadsheets::table::{Cell, Opening, Table};
//!
//! let file = tempfile::NamedTempFile::new()?;
//! std::fs::write(file.path(), "浦东新区小区一览\n\n小区编号;户数\n310115004001;1,200\n合计;1,200\n")?;
//! let mut table = Table::open(file.path(), &Opening::new(&|header| matches!(header, "小区编号" | "户数")))?;
//! assert_eq!(table.headers(), ["小区编号", "户数"]);
//! let row = table.next_row()?.expect("a row");
//! assert_eq!((row.number, row.cell(1), row.original()), (4, Cell::Text("1,200"), "310115004001;1,200"));
//! assert!(table.next_row()?.is_none());
//! assert_eq!(table.remarks().last().expect("the total").reason, "TOTAL_ROW");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use sha2::{Digest, Sha256};

mod about;
mod archive;
mod choice;
mod delimited;
mod encoding;
mod footer;
#[cfg(test)]
mod foreign_tests;
mod grid;
mod header;
mod limits;
mod marks;
mod markup;
mod ods;
mod package;
mod preamble;
mod recognition;
mod records;
mod remark;
mod row;
mod sheet;
mod source;
#[cfg(test)]
mod tests;
mod workbook;
#[cfg(test)]
mod workbook_tests;
mod xls;
mod xlsb;
mod xlsx;

pub use about::{About, ReturnedOf, TemplateOf};
use delimited::{Delimited, Stop};
pub use encoding::Encoding;
pub(crate) use encoding::standard;
pub(crate) use footer::is_total_word;
pub(crate) use grid::FAILURES;
pub use header::normal;
pub use limits::Limits;
use recognition::Container;
pub use recognition::Format;
pub use remark::Remark;
use remark::Remarks;
pub use row::Row;
use sheet::SheetRows;
use workbook::Workbook;

/// A text in the two languages of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text from both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// A file that cannot be used at all, with everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", path.display(), faults.iter().map(|fault| format!("{} / {}", fault.en, fault.zh)).collect::<Vec<_>>().join("; "))]
pub struct UnusableFile {
    /// The file.
    pub path: PathBuf,
    /// Every fault found.
    pub faults: Vec<Text>,
}

/// What a cell holds, as far as the file itself says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing, or blanks alone.
    Empty,
    /// A text, without blanks around it; of a CSV file every cell is one.
    Text(&'a str),
    /// A number as the workbook keeps it.
    Number(f64),
    /// A number that the workbook shows as a percentage: `Percent(85.0)` is shown as 85 %.
    Percent(f64),
    /// A day or an instant, without a time zone.
    Moment(DateTime),
    /// True or false.
    Truth(bool),
    /// What a formula failed with, such as `#DIV/0!`.
    Failure(&'a str),
    /// Bytes that are no text in the encoding of the file.
    Garbled,
}

/// How a file is to be read.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// Name of the sheet; `None`: the only one that has a header.
    pub sheet: Option<&'a str>,
    /// Number of the header row in the file, from 1; `None`: it is searched.
    pub header_row: Option<u64>,
    /// Whether a header, as [`normal`] gives it, is known.
    pub is_header: &'a dyn Fn(&str) -> bool,
    /// How many known headers make a header row. 0: where fewer than two are known, the row that looks
    /// most like one is taken.
    pub enough: usize,
    /// Headers that are needed, for the fault of a file in which none is found.
    pub expected: &'a [&'a str],
    /// Bounds on what is read.
    pub limits: Limits,
}

impl<'a> Opening<'a> {
    /// Reads any sheet with at least one known header.
    #[must_use]
    pub fn new(is_header: &'a dyn Fn(&str) -> bool) -> Self {
        Self { sheet: None, header_row: None, is_header, enough: 1, expected: &[], limits: Limits::default() }
    }

    fn knows(&self, text: &str) -> bool {
        !text.is_empty() && (self.is_header)(&normal(text))
    }
}

/// An open file, read row by row.
pub struct Table {
    path: PathBuf,
    about: About,
    sha256: [u8; 32],
    headers: Vec<String>,
    body: Body,
    remarks: Remarks,
    returned: Option<ReturnedOf>,
    template: Option<TemplateOf>,
    /// Number of the last row given.
    row: u64,
    blank_rows: u64,
    ended: bool,
}

/// Where the rows come from.
enum Body {
    Delimited(Box<Delimited>),
    Sheet(Box<SheetRows>),
}

impl Table {
    /// Opens a file, says what it is and finds its header. What cannot be read twice, such as a pipe, is first copied to a
    /// temporary file.
    ///
    /// # Errors
    /// [`UnusableFile`] if it cannot be read, is no table, is beyond the limits or has no header.
    pub fn open(path: &Path, opening: &Opening<'_>) -> Result<Self, UnusableFile> {
        let refused = |stop| match stop {
            Stop::Unreadable(error) => unusable(path, cannot_be_read(&error)),
            Stop::Fault(fault) => unusable(path, fault),
        };
        let file = File::open(path).map_err(|error| {
            unusable(path, Text::new(format!("无法打开：{error}"), format!("cannot be opened: {error}")))
        })?;
        let mut file = readable_again(file, opening.limits.csv_bytes).map_err(refused)?;
        let table = match recognition::recognise(&mut file).map_err(refused)? {
            Container::Text => Self::open_text(path, file, opening),
            Container::Workbook => Self::open_workbook(path, file, opening),
        };
        let mut table = table.map_err(refused)?;
        recognition::check_name(path, table.about.format, &mut table.remarks);
        recognition::check_looks(table.about.percents_known, &mut table.remarks);
        table.remarks.opened();
        Ok(table)
    }

    fn open_text(path: &Path, mut file: File, opening: &Opening<'_>) -> Result<Self, Stop> {
        let limit = opening.limits.csv_bytes;
        let bytes = file.metadata()?.len();
        if bytes > limit {
            return Err(Stop::Fault(limits::file_too_large(bytes, limit)));
        }
        file.rewind()?;
        let survey = encoding::survey(&mut file)?;
        let mut remarks = Remarks::default();
        recognition::check_text(&survey, &mut remarks).map_err(Stop::Fault)?;
        let mut text = Box::new(Delimited::new(file, survey, opening.limits, b','));
        let header = text.find_header(opening, &mut remarks)?;
        let about = About {
            format: Format::Csv,
            encoding: Some(survey.encoding),
            delimiter: Some(char::from(text.delimiter())),
            sheet: None,
            header_row: text.row(),
            bytes: survey.bytes,
            percents_known: true,
        };
        Ok(Self {
            path: path.to_owned(),
            row: about.header_row,
            about,
            sha256: survey.sha256,
            headers: header,
            body: Body::Delimited(text),
            remarks,
            returned: None,
            template: None,
            blank_rows: 0,
            ended: false,
        })
    }

    fn open_workbook(path: &Path, mut file: File, opening: &Opening<'_>) -> Result<Self, Stop> {
        let limit = opening.limits.workbook_bytes;
        let bytes = file.metadata()?.len();
        if bytes > limit {
            return Err(Stop::Fault(limits::file_too_large(bytes, limit)));
        }
        file.rewind()?;
        let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
        file.take(limit).read_to_end(&mut content)?;
        let sha256 = Sha256::digest(&content).into();
        let mut remarks = Remarks::default();
        let mut workbook = Workbook::open(content, &opening.limits).map_err(Stop::Fault)?;
        if workbook.macros {
            let message = Text::new("含有宏，已忽略", "has macros, which are left out");
            remarks.push(None, "MACROS", message);
        }
        let chosen = choice::choose(&mut workbook, opening, &mut remarks).map_err(Stop::Fault)?;
        let about = About {
            format: workbook.format,
            encoding: None,
            delimiter: None,
            sheet: Some(chosen.sheet),
            header_row: chosen.header_row,
            bytes,
            percents_known: workbook.percents_known,
        };
        Ok(Self {
            path: path.to_owned(),
            row: about.header_row,
            about,
            sha256,
            headers: chosen.headers,
            body: Body::Sheet(Box::new(chosen.rows)),
            remarks,
            returned: chosen.returned,
            template: chosen.template,
            blank_rows: 0,
            ended: false,
        })
    }

    /// What kind of file it is and how it is laid out.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Headers as the file spells them, trimmed, in file order; groups above them joined where that is needed to tell
    /// them apart. What a returned sheet or a template adds is not among them.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The next row that holds data, `None` at the end.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read, or is beyond the limits from here on.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, UnusableFile> {
        let found = self.advance();
        match found {
            Err(Stop::Fault(fault)) => Err(unusable(&self.path, fault)),
            Err(Stop::Unreadable(error)) => Err(unusable(&self.path, no_longer_read(self.row, &error))),
            Ok(false) => {
                self.end();
                Ok(None)
            }
            Ok(true) => {
                let row = self.body.row(self.headers.len());
                self.row = row.number;
                Ok(Some(row))
            }
        }
    }

    /// Moves to the next row of data, saying what is passed over.
    fn advance(&mut self) -> Result<bool, Stop> {
        while self.body.next()? {
            let row = self.body.row(self.headers.len());
            if row.is_blank() {
                self.blank_rows += 1;
                continue;
            }
            let Some((reason, message)) = row.no_data(&self.headers) else {
                return Ok(true);
            };
            self.remarks.push(Some(row.number), reason, message);
        }
        Ok(false)
    }

    /// Says what is only known at the end.
    fn end(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let (lone_returns, blanks) = match &self.body {
            Body::Delimited(text) => (text.lone_returns(), text.blanks()),
            Body::Sheet(sheet) => (0, sheet.blanks()),
        };
        let blank = self.blank_rows + blanks;
        if blank > 0 {
            let message = Text::new(format!("跳过 {blank} 个空行"), format!("{blank} blank rows skipped"));
            self.remarks.push(None, "BLANK_ROWS", message);
        }
        if lone_returns > 0 {
            let message = Text::new(
                format!("有 {lone_returns} 行以单个回车结尾（旧 Mac 格式），已按换行处理"),
                format!(
                    "{lone_returns} lines end with a carriage return alone, as on old Macs; read as line ends"
                ),
            );
            self.remarks.push(None, "LONE_RETURNS", message);
        }
    }

    /// Goes back to before the first row.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    pub fn rewind(&mut self) -> Result<(), UnusableFile> {
        let row = self.about.header_row;
        let again = match &mut self.body {
            Body::Delimited(text) => text.rewind_to(row),
            Body::Sheet(sheet) => {
                sheet.rewind();
                Ok(())
            }
        };
        again.map_err(|stop| match stop {
            Stop::Fault(fault) => unusable(&self.path, fault),
            Stop::Unreadable(error) => unusable(&self.path, no_longer_read(0, &error)),
        })?;
        self.remarks.rewind();
        (self.row, self.blank_rows, self.ended) = (row, 0, false);
        Ok(())
    }

    /// SHA-256 of the bytes of the file as it was when it was opened.
    ///
    /// # Errors
    /// Never; the signature leaves room for files that are hashed when asked.
    pub fn sha256(&self) -> Result<[u8; 32], UnusableFile> {
        Ok(self.sha256)
    }

    /// Compares what was read, now that every row is, with a hash that [`Table::sha256`] gave before.
    ///
    /// # Errors
    /// [`UnusableFile`] if somebody has changed the file meanwhile.
    pub fn is_still(&self, sha256: &[u8]) -> Result<(), UnusableFile> {
        let read = match &self.body {
            Body::Delimited(text) => text.source().sha256(),
            // It was read into memory and hashed there.
            Body::Sheet(_) => self.sha256,
        };
        if read == *sha256 {
            return Ok(());
        }
        Err(unusable(
            &self.path,
            Text::new(
                "文件在导入过程中被修改，本次导入未完成；请用新的 request id 重新导入",
                "was changed while it was being delivered, which was therefore not finished; deliver it again under another \
                 request id",
            ),
        ))
    }

    /// File name without its folders: what a batch is called.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// What was noticed so far: the first 100, about the file first, then about rows as they were read.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        self.remarks.kept()
    }

    /// What stands above the header, a line a row.
    #[must_use]
    pub fn titles(&self) -> &[String] {
        self.remarks.titles()
    }

    /// How many things were noticed so far, whether kept or not.
    #[must_use]
    pub fn remark_count(&self) -> u64 {
        self.remarks.count()
    }

    /// Set if this is a sheet of returned rows: then every row has [`Row::closes_row`] as far as its cell is filled.
    #[must_use]
    pub fn returned(&self) -> Option<&ReturnedOf> {
        self.returned.as_ref()
    }

    /// Set if this is a filled template.
    #[must_use]
    pub fn template(&self) -> Option<&TemplateOf> {
        self.template.as_ref()
    }
}

impl Body {
    /// Moves to the next row that is not blank altogether; false at the end.
    fn next(&mut self) -> Result<bool, Stop> {
        match self {
            Self::Delimited(text) => text.next(),
            Self::Sheet(sheet) => Ok(sheet.next()),
        }
    }

    /// The row it stands at.
    fn row(&self, columns: usize) -> Row<'_> {
        match self {
            Self::Delimited(text) => Row::delimited(text, columns),
            Self::Sheet(sheet) => Row::sheet(sheet),
        }
    }
}

/// The file, or what a pipe gave, as far as the limit lets it, in a temporary file.
fn readable_again(mut file: File, limit: u64) -> Result<File, Stop> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let mut copy = tempfile::tempfile()?;
    let bytes = io::copy(&mut (&mut file).take(limit + 1), &mut copy)?;
    if bytes > limit {
        return Err(Stop::Fault(limits::file_too_large(bytes, limit)));
    }
    Ok(copy)
}

fn unusable(path: &Path, fault: Text) -> UnusableFile {
    UnusableFile { path: path.to_owned(), faults: vec![fault] }
}

fn cannot_be_read(error: &io::Error) -> Text {
    Text::new(format!("无法读取：{error}"), format!("cannot be read: {error}"))
}

fn no_longer_read(row: u64, error: &io::Error) -> Text {
    Text::new(
        format!("第 {row} 行之后无法再读取：{error}"),
        format!("can no longer be read after row {row}: {error}"),
    )
}

/// A text of a file as it may be shown: short, and without characters that steer a terminal.
fn shown(text: &str, chars: usize) -> String {
    let mut shown: String = text.chars().take(chars).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(chars).is_some() {
        shown.push('…');
    }
    shown
}
