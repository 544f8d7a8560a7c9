//! `.xls` of Excel 97 to 2003: a stream of BIFF8 records ([MS-XLS]) in a compound file.

use super::parts::compound;
use super::{Book, Look, Sheet, Value};

/// Number formats that every Excel knows, by the place of their cell format in the workbook.
const NUMBER_FORMATS: [u16; 3] = [0, 10, 14];
const GENERAL: u16 = 0;
const SHARE: u16 = 1;
const DAY: u16 = 2;
/// Longest data of one record; longer ones would need continuations.
const LONGEST: usize = 8224;
/// What a stream is of, in the record that begins it.
const OF_WORKBOOK: u16 = 0x0005;
const OF_SHEET: u16 = 0x0010;

impl Book {
    /// The workbook as .xls.
    ///
    /// # Panics
    /// More text than one table of strings holds without continuations (about 8 KB).
    #[must_use]
    pub fn xls(&self) -> Vec<u8> {
        compound(&[("Workbook", &self.stream_of_xls())])
    }

    /// The stream `Workbook` of the .xls: globals, then each sheet.
    ///
    /// # Panics
    /// As [`Book::xls`].
    #[must_use]
    pub fn stream_of_xls(&self) -> Vec<u8> {
        let mut strings = Vec::new();
        let sheets: Vec<_> = self.sheets.iter().map(|sheet| of_sheet(sheet, &mut strings)).collect();
        // Where a sheet begins depends on the length of the globals, not on what they say of it.
        let length = self.globals(&vec![0; sheets.len()], &strings).len();
        let mut starts = Vec::new();
        let mut start = length;
        for sheet in &sheets {
            starts.push(u32::try_from(start).expect("a workbook of a test is small"));
            start += sheet.len();
        }
        let mut stream = self.globals(&starts, &strings);
        stream.extend(sheets.into_iter().flatten());
        stream
    }

    fn globals(&self, starts: &[u32], strings: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        begin(&mut out, OF_WORKBOOK);
        record(&mut out, 0x0042, &1200u16.to_le_bytes()); // code page: UTF-16
        record(&mut out, 0x0022, &0u16.to_le_bytes()); // dates count from 1900
        for number_format in NUMBER_FORMATS {
            let mut data = [0; 20];
            data[2..4].copy_from_slice(&number_format.to_le_bytes());
            record(&mut out, 0x00e0, &data);
        }
        for (sheet, start) in self.sheets.iter().zip(starts) {
            let state = u8::from(sheet.look == Look::Hidden);
            let mut data = start.to_le_bytes().to_vec();
            data.extend([state, 0, u8::try_from(units(&sheet.name)).expect("a short name"), 1]);
            data.extend(utf16(&sheet.name));
            record(&mut out, 0x0085, &data);
        }
        let count = u32::try_from(strings.len()).expect("a workbook of a test is small").to_le_bytes();
        let mut data = [count, count].concat();
        for text in strings {
            data.extend(u16::try_from(units(text)).expect("a cell is short").to_le_bytes());
            data.push(1);
            data.extend(utf16(text));
        }
        record(&mut out, 0x00fc, &data);
        record(&mut out, 0x000a, &[]);
        out
    }
}

fn of_sheet<'a>(sheet: &'a Sheet, strings: &mut Vec<&'a str>) -> Vec<u8> {
    let mut out = Vec::new();
    begin(&mut out, OF_SHEET);
    for (row, column, value) in sheet.cells() {
        let at = |format: u16| [row.to_le_bytes(), column.to_le_bytes(), format.to_le_bytes()].concat();
        let number = |format, number: f64| [at(format), number.to_le_bytes().to_vec()].concat();
        match value {
            Value::Blank => {}
            Value::Text(text) => {
                let index = u32::try_from(strings.len()).expect("a workbook of a test is small");
                strings.push(text);
                record(&mut out, 0x00fd, &[at(GENERAL), index.to_le_bytes().to_vec()].concat());
            }
            Value::Number(value) => record(&mut out, 0x0203, &number(GENERAL, *value)),
            Value::Share(value) => record(&mut out, 0x0203, &number(SHARE, *value)),
            Value::Day(serial) => record(&mut out, 0x0203, &number(DAY, f64::from(*serial))),
            Value::Truth(truth) => {
                record(&mut out, 0x0205, &[at(GENERAL), vec![u8::from(*truth), 0]].concat())
            }
            Value::Failure => record(&mut out, 0x0205, &[at(GENERAL), vec![0x07, 1]].concat()),
        }
    }
    if !sheet.merged.is_empty() {
        let mut data = u16::try_from(sheet.merged.len()).expect("few").to_le_bytes().to_vec();
        for &(top, left, bottom, right) in &sheet.merged {
            data.extend([top, bottom, left, right].into_iter().flat_map(u16::to_le_bytes));
        }
        record(&mut out, 0x00e5, &data);
    }
    record(&mut out, 0x000a, &[]);
    out
}

/// The record that begins a stream of BIFF8.
fn begin(out: &mut Vec<u8>, kind: u16) {
    let words = [0x0600, kind, 0x0dbb, 0x07cc, 0, 0, 6, 0];
    record(out, 0x0809, &words.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
}

fn record(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    assert!(data.len() <= LONGEST, "record {kind:04x} needs continuations");
    out.extend(kind.to_le_bytes());
    out.extend(u16::try_from(data.len()).expect("checked above").to_le_bytes());
    out.extend(data);
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn utf16(text: &str) -> impl Iterator<Item = u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes)
}
