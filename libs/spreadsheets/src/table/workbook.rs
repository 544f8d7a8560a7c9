//! A workbook of any kind: its sheets, each as a grid with what lies over it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, ExcelDateTime, SheetType, SheetVisible};
use jiff::civil::{Date, DateTime};

use super::grid::{Filling, Grid, Value};
use super::limits::{Limits, too_many_cells};
use super::ods::Ods;
use super::recognition::Format;
use super::xls::Xls;
use super::xlsb::Xlsb;
use super::xlsx::Xlsx;
use super::{Text, archive};

/// Cells that lie between the first and the last of a sheet, all sheets together, in formats that are read densely:
/// .xls, whose sheets have at most 16 million, and .ods.
pub(super) const DENSE_CELLS: u64 = 4_000_000;

/// Whether a sheet is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Yes,
    Hidden,
    VeryHidden,
}

/// A sheet of a workbook.
#[derive(Clone, Debug)]
pub(super) struct SheetName {
    pub(super) name: String,
    pub(super) shown: Shown,
}

/// Cells that are shown as one, by the corners of their area, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) top: u32,
    pub(super) left: u32,
    pub(super) bottom: u32,
    pub(super) right: u32,
}

/// What a sheet holds.
pub(super) struct Sheet {
    pub(super) grid: Grid,
    pub(super) merged: Vec<Area>,
    /// Rows that are hidden, by hand or by a filter; they are read like all others.
    pub(super) hidden_rows: u64,
    /// Formulas whose value was not saved.
    pub(super) unvalued: u64,
}

/// An open workbook that was looked at and is safe to read.
pub(super) struct Workbook {
    pub(super) format: Format,
    pub(super) sheets: Vec<SheetName>,
    pub(super) macros: bool,
    pub(super) percents_known: bool,
    limits: Limits,
    /// Cells of the sheets read so far.
    cells: u64,
    kind: Kind,
}

enum Kind {
    Xlsx(Box<Xlsx>),
    Xlsb(Box<Xlsb>),
    Xls(Box<Xls>),
    Ods(Box<Ods>),
}

impl Workbook {
    /// Opens a workbook of one of these two containers.
    ///
    /// # Errors
    /// If it is damaged, encrypted, beyond the limits or no workbook.
    pub(super) fn open(bytes: Vec<u8>, limits: &Limits) -> Result<Self, Text> {
        guarded(|| {
            if bytes.starts_with(b"PK") {
                let archive = archive::look(&bytes, limits)?;
                drop(bytes);
                Self::of_archive(archive, limits)
            } else {
                let xls = Xls::open(bytes, limits)?;
                Ok(Self {
                    format: Format::Xls,
                    sheets: xls.sheets(),
                    macros: xls.macros,
                    percents_known: xls.percents_known,
                    limits: *limits,
                    cells: 0,
                    kind: Kind::Xls(Box::new(xls)),
                })
            }
        })
    }

    fn of_archive(archive: archive::Archive, limits: &Limits) -> Result<Self, Text> {
        let (format, macros) = (archive.format, archive.macros);
        let (kind, sheets) = match format {
            Format::Xlsb => {
                let xlsb = Xlsb::open(archive.bytes)?;
                let sheets = xlsb.sheets();
                (Kind::Xlsb(Box::new(xlsb)), sheets)
            }
            Format::Ods => {
                let ods = Ods::open(archive.bytes, limits)?;
                let sheets = ods.sheets();
                (Kind::Ods(Box::new(ods)), sheets)
            }
            _ => {
                let xlsx = Xlsx::open(archive)?;
                let sheets = xlsx.sheets();
                (Kind::Xlsx(Box::new(xlsx)), sheets)
            }
        };
        Ok(Self { format, sheets, macros, percents_known: true, limits: *limits, cells: 0, kind })
    }

    /// Reads a sheet. All that are read share one limit of cells.
    ///
    /// # Errors
    /// If it is damaged or beyond the limits.
    pub(super) fn read(&mut self, sheet: &str) -> Result<Sheet, Text> {
        let limits = Limits { cells: self.limits.cells.saturating_sub(self.cells), ..self.limits };
        let read = guarded(|| match &mut self.kind {
            Kind::Xlsx(xlsx) => xlsx.read(sheet, limits),
            Kind::Xlsb(xlsb) => xlsb.read(sheet, limits),
            Kind::Xls(xls) => xls.read(sheet, limits),
            Kind::Ods(ods) => ods.read(sheet, limits),
        });
        // The limit is one of the workbook, whatever of it is left for this sheet.
        let whole = |fault| {
            if fault == too_many_cells(limits.cells) { too_many_cells(self.limits.cells) } else { fault }
        };
        let read = read.map_err(whole)?;
        self.cells += read.grid.cell_count();
        Ok(read)
    }
}

/// Runs a reader that can panic on files nobody meant: calamine takes parts of records and references between parts for
/// granted. What is half-read is dropped with the panic.
fn guarded<T>(read: impl FnOnce() -> Result<T, Text>) -> Result<T, Text> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(archive::damaged(&"unexpected content / 内容异常")))
}

/// The sheets of a workbook that hold cells.
pub(super) fn sheet_names(sheets: &[calamine::Sheet]) -> Vec<SheetName> {
    let cells = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    cells
        .map(|sheet| SheetName {
            name: sheet.name.clone(),
            shown: match sheet.visible {
                SheetVisible::Visible => Shown::Yes,
                SheetVisible::Hidden => Shown::Hidden,
                SheetVisible::VeryHidden => Shown::VeryHidden,
            },
        })
        .collect()
}

/// Fills a grid from a dense range. `look` says what the cell at a row and a column looks like.
///
/// # Errors
/// If it is beyond the limits.
pub(super) fn fill(
    range: &calamine::Range<Data>,
    limits: Limits,
    look: impl Fn(u32, u32) -> Look,
) -> Result<Grid, Text> {
    let mut filling = Filling::new(limits);
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, data) in range.used_cells() {
        let (Ok(row), Ok(column)) = (u32::try_from(row), u32::try_from(column)) else { continue };
        let (row, column) = (top + row, left + column);
        let value = match data {
            Data::Float(number) => Value::number(*number, look(row, column) == Look::Percent),
            #[expect(clippy::cast_precision_loss, reason = "spreadsheets keep every number as a double")]
            Data::Int(number) => Value::number(*number as f64, look(row, column) == Look::Percent),
            Data::String(text) | Data::DurationIso(text) => filling.text(text)?,
            Data::Bool(truth) => Value::Truth(*truth),
            Data::DateTime(moment) => as_shown(moment_of(moment), look(row, column), &mut filling)?,
            Data::DateTimeIso(text) => match iso(text) {
                Some(moment) => as_shown(Value::Moment(moment), look(row, column), &mut filling)?,
                None => filling.text(text)?,
            },
            Data::Error(error) => Value::failure(&error.to_string()),
            Data::Empty => Value::Empty,
        };
        filling.put(row, column, value)?;
    }
    Ok(filling.finish())
}

/// A serial number that is shown as a date; a duration, and what is no day of the calendar, stays a number.
pub(super) fn moment_of(serial: &ExcelDateTime) -> Value {
    // Serial numbers end with the year 9999.
    if serial.is_duration() || !(0.0..2_958_466.0).contains(&serial.as_f64()) {
        return Value::Number(serial.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = serial.to_ymd_hms_milli();
    let civil = |part: u8| i8::try_from(part).ok();
    let moment = || {
        let date = Date::new(i16::try_from(year).ok()?, civil(month)?, civil(day)?).ok()?;
        let nanos = i32::from(milli) * 1_000_000;
        DateTime::from_parts(date, jiff::civil::Time::midnight())
            .with()
            .hour(civil(hour)?)
            .minute(civil(minute)?)
            .second(civil(second)?)
            .subsec_nanosecond(nanos)
            .build()
            .ok()
    };
    moment().map_or(Value::Number(serial.as_f64()), Value::Moment)
}

/// A date or an instant as ISO 8601 writes it.
pub(super) fn iso(text: &str) -> Option<DateTime> {
    text.parse().ok().or_else(|| text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)))
}

/// What a number format makes of a number, as far as that changes what a cell says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    #[default]
    Plain,
    /// A percentage.
    Percent,
    /// A date of which only year and month are shown.
    Month,
    /// A date of which only the year is shown.
    Year,
}

/// The look that a number format gives: by a percent sign, or by the letters of a date, that are not quoted.
pub(super) fn look_of(format: &str) -> Look {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    let (mut year, mut month, mut finer) = (false, false, false);
    // The first section is for positive numbers.
    for c in format.chars() {
        match c {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            ']' => bracketed = false,
            _ if bracketed => {}
            ';' => break,
            '[' => bracketed = true,
            '\\' | '_' | '*' => escaped = true,
            '%' => return Look::Percent,
            'y' | 'Y' => year = true,
            'm' | 'M' => month = true,
            'd' | 'D' | 'h' | 'H' | 's' | 'S' => finer = true,
            _ => {}
        }
    }
    match (year && !finer, month) {
        (true, true) => Look::Month,
        (true, false) => Look::Year,
        (false, _) => Look::Plain,
    }
}

/// The look of a built-in number format: `0%`, `0.00%`, `mmm-yy`, and `yyyy年m月` of programs in Simplified Chinese.
pub(super) fn builtin_look(id: u16) -> Look {
    match id {
        9 | 10 => Look::Percent,
        17 | 27 | 36 | 50 | 52 | 57 => Look::Month,
        _ => Look::Plain,
    }
}

/// A day of which only its month or year is shown is what it shows, as a text: programs make a day of `2021-03` by
/// themselves. One that nobody can have meant, such as 1905 of the number 2021, stays as it is.
pub(super) fn as_shown(value: Value, look: Look, filling: &mut Filling) -> Result<Value, Text> {
    match (value, look) {
        (Value::Moment(at), Look::Month | Look::Year) if (1954..2120).contains(&at.year()) => {
            let month = if look == Look::Month { format!("-{:02}", at.month()) } else { String::new() };
            filling.text(&format!("{:04}{month}", at.year()))
        }
        (value, _) => Ok(value),
    }
}

/// Cells that have another look than a plain one, by row and column.
#[derive(Debug, Default)]
pub(super) struct Looks(Vec<(u32, u32, Look)>);

impl Looks {
    pub(super) fn push(&mut self, row: u32, column: u32, look: Look) {
        if look != Look::Plain {
            self.0.push((row, column, look));
        }
    }

    pub(super) fn sort(&mut self) {
        self.0.sort_unstable();
    }

    /// The look of a cell. They must be sorted.
    pub(super) fn of(&self, row: u32, column: u32) -> Look {
        let found = self.0.binary_search_by_key(&(row, column), |(row, column, _)| (*row, *column));
        found.map_or(Look::Plain, |at| self.0[at].2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_and_dates_without_a_day_are_told_by_the_format() {
        for (format, look) in [
            ("0%", Look::Percent),
            ("0.00%;[Red]-0.00%", Look::Percent),
            ("0\"%\"", Look::Plain),
            ("0\\%", Look::Plain),
            ("General", Look::Plain),
            ("0;0%", Look::Plain),
            ("mmm-yy", Look::Month),
            ("[$-804]yyyy\"年\"m\"月\";@", Look::Month),
            ("yyyy\\-mm", Look::Month),
            ("yyyy", Look::Year),
            ("yyyy\"年度\"", Look::Year),
            ("yyyy/m/d", Look::Plain),
            ("m/d/yy h:mm", Look::Plain),
            ("[Red]0.0", Look::Plain),
        ] {
            assert_eq!(look_of(format), look, "{format}");
        }
    }

    #[test]
    fn serial_numbers_become_days_and_what_is_no_day_stays_a_number() {
        let value = |serial: f64, is_1904: bool| {
            moment_of(&ExcelDateTime::new(serial, calamine::ExcelDateTimeType::DateTime, is_1904))
        };
        assert_eq!(value(46_082.0, false), Value::Moment(iso("2026-03-01").unwrap()));
        assert_eq!(value(46_082.5, false), Value::Moment(iso("2026-03-01T12:00:00").unwrap()));
        assert_eq!(value(44_620.0, true), Value::Moment(iso("2026-03-01").unwrap()));
        assert_eq!(value(60.0, false), Value::Number(60.0), "29 February 1900 never was");
        assert_eq!(value(-1.0, false), Value::Number(-1.0));
        assert_eq!(value(1e12, false), Value::Number(1e12));
    }
}
