//! The beginning of a text file: which delimiter it uses and where its header is.

use super::delimited::{Delimited, Stop};
use super::header::{self, Beginning, Header, SEARCHED_ROWS};
use super::remark::Remarks;
use super::row::trimmed;
use super::{Opening, Text};

/// What may stand between cells, the usual first.
const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];

/// What the file looks like with one delimiter.
struct Candidate {
    /// Known headers, and all headers.
    score: (usize, usize),
    delimiter: u8,
    beginning: Beginning,
    header: Result<Header, Text>,
    /// What ended the beginning.
    fault: Option<Text>,
}

impl Delimited {
    /// Finds the delimiter and the header, and goes to before the first row of data.
    ///
    /// # Errors
    /// [`Stop`] if there is no header, or the file can no longer be read.
    pub(super) fn find_header(
        &mut self,
        opening: &Opening<'_>,
        remarks: &mut Remarks,
    ) -> Result<Vec<String>, Stop> {
        self.rewind(b',')?;
        let declared = self.declared()?;
        let mut best: Option<Candidate> = None;
        for delimiter in DELIMITERS {
            if declared.is_some_and(|declared| declared != delimiter) {
                continue;
            }
            let (beginning, fault) = self.beginning(delimiter, opening)?;
            let header = header::find(&beginning, opening);
            let score = header.as_ref().map_or((0, 0), |header| (header.known, header.texts.len()));
            if best.as_ref().is_none_or(|best| score > best.score) {
                best = Some(Candidate { score, delimiter, beginning, header, fault });
            }
        }
        let Candidate { delimiter, beginning, header, fault, .. } =
            best.expect("at least one delimiter was tried");
        // What keeps the rows from being read keeps the header from being found.
        let header = header.map_err(|missing| Stop::Fault(fault.unwrap_or(missing)))?;
        for (number, row) in beginning.numbers.iter().zip(&beginning.rows).take(header.top) {
            remarks.title_row(*number, row);
        }
        self.rewind(delimiter)?;
        self.rewind_to(beginning.numbers[header.bottom])?;
        // Empty headers at the end are columns as well: rows have cells there.
        let mut texts = header.texts;
        texts.resize(beginning.rows[header.bottom].len(), String::new());
        Ok(texts)
    }

    /// The delimiter that a first line such as `sep=;` declares, as Excel understands it.
    fn declared(&mut self) -> Result<Option<u8>, Stop> {
        let line = self.first_line()?;
        let declared = line.trim_matches('"').strip_prefix("sep=").map(str::as_bytes);
        Ok(declared.and_then(|bytes| DELIMITERS.into_iter().find(|known| bytes == [*known])))
    }

    /// The first rows that are not blank, read with this delimiter, up to the first that cannot be read with it.
    fn beginning(&mut self, delimiter: u8, opening: &Opening<'_>) -> Result<(Beginning, Option<Text>), Stop> {
        self.begin(delimiter)?;
        let mut beginning = Beginning::default();
        let last = opening.header_row.unwrap_or(u64::MAX);
        while beginning.rows.len() < SEARCHED_ROWS && self.row() < last {
            match self.next() {
                Ok(true) => {}
                Ok(false) => break,
                Err(Stop::Fault(fault)) => return Ok((beginning, Some(fault))),
                Err(stop) => return Err(stop),
            }
            if opening.header_row.is_some_and(|row| row != self.row()) {
                continue;
            }
            let cells = (0..self.cell_count()).filter_map(|column| self.cell(column));
            let cells: Vec<String> = cells.map(|cell| trimmed(cell).to_owned()).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                beginning.numbers.push(self.row());
                beginning.rows.push(cells);
            }
        }
        Ok((beginning, None))
    }

    /// Goes back to the start, behind a line that declares the delimiter.
    fn begin(&mut self, delimiter: u8) -> Result<(), Stop> {
        self.rewind(delimiter)?;
        if self.declared()?.is_some() {
            self.skip_line();
        }
        Ok(())
    }

    /// Goes back to behind the row of this number.
    ///
    /// # Errors
    /// [`Stop`] if the file can no longer be read.
    pub(super) fn rewind_to(&mut self, row: u64) -> Result<(), Stop> {
        self.begin(self.delimiter())?;
        while self.row() < row && self.next()? {}
        self.forget_blanks();
        Ok(())
    }
}
