//! Rows of a text file whose cells stand between delimiters (CSV, RFC 4180 as Excel and WPS write it).
//!
//! Memory is flat: a row is read into one buffer, and its original text is a part of the buffer that holds the file.

use std::fs::File;
use std::io;

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::Text;
use super::encoding::{Survey, standard};
use super::limits::{Limits, row_too_long, too_many_columns};
use super::source::Source;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file can no longer be read.
    Unreadable(io::Error),
    /// It cannot be used.
    Fault(Text),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// An open text file, read row by row.
pub(super) struct Delimited {
    source: Source,
    limits: Limits,
    delimiter: u8,
    parser: csv_core::Reader,
    /// Characters that were read and not yet taken, from `start`.
    text: String,
    start: usize,
    /// The last line ended with a carriage return, whose line feed may still come.
    after_return: bool,
    /// The text of the last row, without its line end.
    original: (usize, usize),
    /// Cells of the last row, one after the other, and where each ends.
    cells: String,
    output: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
    /// Number of the last row, from 1; a quoted line break does not count.
    row: u64,
    /// Blank lines so far.
    blanks: u64,
    /// Lines that end with a carriage return alone, as on old Macs.
    lone_returns: u64,
}

impl Delimited {
    pub(super) fn new(file: File, survey: Survey, limits: Limits, delimiter: u8) -> Self {
        Self {
            source: Source::new(file, survey),
            limits,
            delimiter,
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            text: String::new(),
            start: 0,
            after_return: false,
            original: (0, 0),
            cells: String::new(),
            output: vec![0; 1 << 12],
            ends: vec![0; 64],
            count: 0,
            row: 0,
            blanks: 0,
            lone_returns: 0,
        }
    }

    /// Goes back to before the first row, and reads with this delimiter from now on.
    ///
    /// # Errors
    /// If the file can no longer be read.
    pub(super) fn rewind(&mut self, delimiter: u8) -> io::Result<()> {
        self.source.rewind()?;
        self.delimiter = delimiter;
        self.parser = ReaderBuilder::new().delimiter(delimiter).build();
        self.text.clear();
        (self.start, self.row, self.blanks, self.lone_returns) = (0, 0, 0, 0);
        self.after_return = false;
        Ok(())
    }

    /// The first line, as it stands, without taking it.
    ///
    /// # Errors
    /// If the file can no longer be read.
    pub(super) fn first_line(&mut self) -> io::Result<&str> {
        while self.text.len() < 4096 && self.source.read(&mut self.text)? {}
        Ok(self.text.lines().next().unwrap_or_default())
    }

    /// Takes the first line.
    pub(super) fn skip_line(&mut self) {
        let rest = self.text.as_bytes();
        self.start = memchr::memchr2(b'\r', b'\n', rest).map_or(rest.len(), |at| at + 1);
        self.after_return = self.start > 0 && rest[self.start - 1] == b'\r';
        self.row = 1;
    }

    /// Reads the next row; false at the end. Blank lines are counted as rows and passed over.
    ///
    /// # Errors
    /// [`Stop`] if the file can no longer be read, a row is too long or too wide, or a quotation mark is never closed.
    pub(super) fn next(&mut self) -> Result<bool, Stop> {
        if !self.pass_blank_lines()? {
            return Ok(false);
        }
        self.row += 1;
        let (mut read, mut written, mut cells) = (0, 0, 0);
        loop {
            let input = &self.text.as_bytes()[self.start + read..];
            let (result, r, w, c) =
                self.parser.read_record(input, &mut self.output[written..], &mut self.ends[cells..]);
            (read, written, cells) = (read + r, written + w, cells + c);
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::OutputFull => self.output.resize(self.output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::InputEmpty | ReadRecordResult::End => self.more(read)?,
            }
            if read.max(written) > self.limits.row_bytes {
                return Err(Stop::Fault(row_too_long(self.row, self.limits.row_bytes)));
            }
            if cells as u64 > u64::from(self.limits.columns) {
                return Err(Stop::Fault(too_many_columns(self.row, self.limits.columns)));
            }
        }
        self.count = cells;
        let taken = &self.text[self.start..self.start + read];
        let original = taken.trim_end_matches(['\r', '\n']);
        self.original = (self.start, self.start + original.len());
        self.after_return = taken.ends_with('\r');
        self.start += read;
        self.keep_cells(written);
        Ok(true)
    }

    /// Makes the cells of the row text. They come from text and are cut at ASCII characters, so they are.
    fn keep_cells(&mut self, written: usize) {
        self.cells.clear();
        let cells = String::from_utf8_lossy(&self.output[..written]);
        let standard = standard(&cells);
        if standard.len() == cells.len() {
            self.cells.push_str(&standard);
            return;
        }
        // Some characters have grown: each cell ends further behind.
        let mut start = 0;
        for end in &mut self.ends[..self.count] {
            self.cells.push_str(&super::encoding::standard(&cells[start..*end]));
            start = std::mem::replace(end, self.cells.len());
        }
    }

    /// Passes over line ends; false at the end of the file.
    fn pass_blank_lines(&mut self) -> io::Result<bool> {
        loop {
            let Some(byte) = self.text.as_bytes().get(self.start) else {
                self.compact();
                if self.source.read(&mut self.text)? {
                    continue;
                }
                self.lone_returns += u64::from(self.after_return);
                return Ok(false);
            };
            let after_return = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => {
                    self.row += 1;
                    self.blanks += 1;
                    self.after_return = *byte == b'\r';
                    self.lone_returns += u64::from(after_return);
                }
                _ => {
                    self.lone_returns += u64::from(after_return);
                    return Ok(true);
                }
            }
            self.start += 1;
        }
    }

    /// Reads on within a row of which `read` bytes were parsed.
    fn more(&mut self, read: usize) -> Result<(), Stop> {
        self.compact();
        let parsed = self.start + read;
        while self.text.len() == parsed && self.source.read(&mut self.text)? {}
        if self.text.len() > parsed {
            return Ok(());
        }
        if self.text.ends_with('\n') {
            // A line end that ends no row is within quotation marks.
            return Err(Stop::Fault(Text::new(
                format!("第 {} 行的引号没有配对：直到文件末尾都没有结束", self.row),
                format!("a quotation mark of row {} is not closed until the end of the file", self.row),
            )));
        }
        self.text.push('\n');
        Ok(())
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.text.drain(..self.start);
            self.start = 0;
        }
    }

    pub(super) fn row(&self) -> u64 {
        self.row
    }

    /// The last row as it stood in the file, without its line end.
    pub(super) fn original(&self) -> &str {
        &self.text[self.original.0..self.original.1]
    }

    /// How many cells the last row has.
    pub(super) fn cell_count(&self) -> usize {
        self.count
    }

    /// A cell of the last row, with the blanks around it.
    pub(super) fn cell(&self, column: usize) -> Option<&str> {
        let end = *self.ends[..self.count].get(column)?;
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        self.cells.get(start..end)
    }

    pub(super) fn blanks(&self) -> u64 {
        self.blanks
    }

    /// Blank lines before here are not worth a remark.
    pub(super) fn forget_blanks(&mut self) {
        self.blanks = 0;
    }

    pub(super) fn lone_returns(&self) -> u64 {
        self.lone_returns
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }
}
