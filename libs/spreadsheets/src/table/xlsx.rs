//! Excel since 2007 (.xlsx, .xlsm), read cell by cell.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader as _};

use super::Text;
use super::archive::{Archive, Seen, damaged, usual};
use super::grid::{Filling, Value};
use super::limits::Limits;
use super::package::sheet_parts;
use super::workbook::{
    Area, Look, Sheet, SheetName, as_shown, builtin_look, iso, look_of, moment_of, sheet_names,
};

/// An open .xlsx.
pub(super) struct Xlsx {
    book: calamine::Xlsx<Cursor<Vec<u8>>>,
    /// What was seen in each sheet, by its name.
    seen: BTreeMap<String, Seen>,
}

impl Xlsx {
    pub(super) fn open(archive: Archive) -> Result<Self, Text> {
        let parts = sheet_parts(&archive.bytes)?;
        let seen = parts
            .into_iter()
            .filter_map(|(name, part)| Some((name, *archive.seen.get(&usual(&part))?)))
            .collect();
        let book = calamine::Xlsx::new(Cursor::new(archive.bytes)).map_err(|error| damaged(&error))?;
        Ok(Self { book, seen })
    }

    pub(super) fn sheets(&self) -> Vec<SheetName> {
        sheet_names(self.book.sheets_metadata())
    }

    pub(super) fn read(&mut self, sheet: &str, limits: Limits) -> Result<Sheet, Text> {
        let merged = self.book.merge_cells_by_sheet_name(sheet).map_err(|error| damaged(&error))?;
        let mut cells = self.book.worksheet_cells_reader(sheet).map_err(|error| damaged(&error))?;
        let look = |style: &calamine::Style| {
            let Some(format) = &style.number_format else { return Look::Plain };
            let builtin = format.format_id.and_then(|id| u16::try_from(id).ok()).map(builtin_look);
            builtin.filter(|look| *look != Look::Plain).unwrap_or_else(|| look_of(&format.format_code))
        };
        let looks: Vec<Look> = cells.styles().iter().map(look).collect();
        let mut filling = Filling::new(limits);
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|error| damaged(&error))? {
            let (row, column) = cell.get_position();
            let look = looks.get(style).copied().unwrap_or_default();
            let percent = look == Look::Percent;
            let value = match cell.get_value() {
                DataRef::Float(number) => Value::number(*number, percent),
                #[expect(clippy::cast_precision_loss, reason = "spreadsheets keep every number as a double")]
                DataRef::Int(number) => Value::number(*number as f64, percent),
                DataRef::SharedString(text) => filling.shared(text)?,
                DataRef::String(text) | DataRef::DurationIso(text) => filling.text(text)?,
                DataRef::Bool(truth) => Value::Truth(*truth),
                DataRef::DateTime(moment) => as_shown(moment_of(moment), look, &mut filling)?,
                DataRef::DateTimeIso(text) => match iso(text) {
                    Some(moment) => as_shown(Value::Moment(moment), look, &mut filling)?,
                    None => filling.text(text)?,
                },
                DataRef::Error(error) => Value::failure(&error.to_string()),
                DataRef::Empty => Value::Empty,
            };
            filling.put(row, column, value)?;
        }
        let Seen { hidden_rows, unvalued, .. } = self.seen.get(sheet).copied().unwrap_or_default();
        let merged = merged.iter().map(|area| Area {
            top: area.start.0,
            left: area.start.1,
            bottom: area.end.0,
            right: area.end.1,
        });
        Ok(Sheet { grid: filling.finish(), merged: merged.collect(), hidden_rows, unvalued })
    }
}
