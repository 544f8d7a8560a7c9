//! Excel since 2007, binary (.xlsb, MS-XLSB): values by calamine; merged cells, hidden rows and number formats, of which
//! it does not tell, from the records.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader as _};

use super::Text;
use super::archive::damaged;
use super::grid::{Filling, Value};
use super::limits::Limits;
use super::package::{part, relationships};
use super::records::Records;
use super::workbook::{
    Area, Look, Looks, Sheet, SheetName, as_shown, builtin_look, look_of, moment_of, sheet_names,
};

/// An open .xlsb.
pub(super) struct Xlsb {
    book: calamine::Xlsb<Cursor<Vec<u8>>>,
    archive: Vec<u8>,
    /// The part of each sheet, by its name.
    parts: BTreeMap<String, String>,
    /// What the cell styles look like.
    looks: Vec<Look>,
}

impl Xlsb {
    pub(super) fn open(archive: Vec<u8>) -> Result<Self, Text> {
        let (parts, looks) = (sheet_parts(&archive)?, looks(&part(&archive, "xl/styles.bin")?)?);
        let book = calamine::Xlsb::new(Cursor::new(archive.clone())).map_err(|error| damaged(&error))?;
        Ok(Self { book, archive, parts, looks })
    }

    pub(super) fn sheets(&self) -> Vec<SheetName> {
        sheet_names(self.book.sheets_metadata())
    }

    pub(super) fn read(&mut self, sheet: &str, limits: Limits) -> Result<Sheet, Text> {
        let over = match self.parts.get(sheet) {
            Some(name) => over(&part(&self.archive, name)?, &self.looks)?,
            None => Over::default(),
        };
        let mut cells = self.book.worksheet_cells_reader(sheet).map_err(|error| damaged(&error))?;
        let mut filling = Filling::new(limits);
        while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
            let (row, column) = cell.get_position();
            let look = || over.looks.of(row, column);
            let percent = || look() == Look::Percent;
            let value = match cell.get_value() {
                DataRef::Float(number) => Value::number(*number, percent()),
                #[expect(clippy::cast_precision_loss, reason = "spreadsheets keep every number as a double")]
                DataRef::Int(number) => Value::number(*number as f64, percent()),
                DataRef::SharedString(text) => filling.shared(text)?,
                DataRef::String(text) | DataRef::DurationIso(text) | DataRef::DateTimeIso(text) => {
                    filling.text(text)?
                }
                DataRef::Bool(truth) => Value::Truth(*truth),
                DataRef::DateTime(moment) => as_shown(moment_of(moment), look(), &mut filling)?,
                DataRef::Error(error) => Value::failure(&error.to_string()),
                DataRef::Empty => Value::Empty,
            };
            filling.put(row, column, value)?;
        }
        Ok(Sheet { grid: filling.finish(), merged: over.merged, hidden_rows: over.hidden_rows, unvalued: 0 })
    }
}

/// What lies over the values of a sheet.
#[derive(Default)]
struct Over {
    looks: Looks,
    merged: Vec<Area>,
    hidden_rows: u64,
}

fn over(sheet: &[u8], looks: &[Look]) -> Result<Over, Text> {
    let (mut over, mut row) = (Over::default(), 0);
    Records::default().look(sheet, &mut |kind, bytes| match kind {
        // BrtRowHdr: row, style, height, flags of which the fifth bit of the second byte hides it.
        0x00 => {
            row = u32_at(bytes, 0).unwrap_or(row);
            over.hidden_rows += u64::from(bytes.get(11).is_some_and(|flags| flags & 0x10 != 0));
        }
        // BrtCellRk, BrtCellReal, BrtFmlaNum: column, style.
        0x02 | 0x05 | 0x09 => {
            if let (Some(column), Some(style)) = (u32_at(bytes, 0), u32_at(bytes, 4)) {
                let style = usize::try_from(style & 0x00FF_FFFF).unwrap_or(usize::MAX);
                over.looks.push(row, column, looks.get(style).copied().unwrap_or_default());
            }
        }
        // BrtMergeCell: first and last row, first and last column.
        0xB0 => {
            if let [Some(top), Some(bottom), Some(left), Some(right)] =
                [0, 4, 8, 12].map(|at| u32_at(bytes, at))
            {
                over.merged.push(Area { top, left, bottom, right });
            }
        }
        _ => {}
    })?;
    over.looks.sort();
    Ok(over)
}

/// What the cell styles look like.
fn looks(styles: &[u8]) -> Result<Vec<Look>, Text> {
    let (mut formats, mut looks, mut in_cells) = (BTreeMap::new(), Vec::new(), false);
    Records::default().look(styles, &mut |kind, bytes| match kind {
        // BrtFmt: id, text.
        0x2C => {
            if let (Some(id), Some(format)) = (u16_at(bytes, 0), wide_text(bytes, 2)) {
                formats.insert(id, look_of(&format));
            }
        }
        0x0269 => in_cells = true,
        0x026A => in_cells = false,
        // BrtXF: parent, format.
        0x2F if in_cells => {
            let format = u16_at(bytes, 2).unwrap_or(0);
            looks.push(formats.get(&format).copied().unwrap_or_else(|| builtin_look(format)));
        }
        _ => {}
    })?;
    Ok(looks)
}

/// The part of each sheet, by its name.
fn sheet_parts(archive: &[u8]) -> Result<BTreeMap<String, String>, Text> {
    let targets = relationships(archive, "workbook.bin")?;
    let mut parts = BTreeMap::new();
    Records::default().look(&part(archive, "xl/workbook.bin")?, &mut |kind, bytes| {
        // BrtBundleSh: state, id, relationship, name.
        if kind != 0x9C {
            return;
        }
        let Some(relationship) = wide_text(bytes, 8) else { return };
        let name = wide_text(bytes, 12 + 2 * relationship.encode_utf16().count());
        if let (Some(name), Some(target)) = (name, targets.get(&relationship)) {
            parts.insert(name, target.clone());
        }
    })?;
    Ok(parts)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A text that begins with the number of its characters in UTF-16.
fn wide_text(bytes: &[u8], at: usize) -> Option<String> {
    let length = usize::try_from(u32_at(bytes, at)?).ok()?.checked_mul(2)?;
    let text = bytes.get(at + 4..)?.get(..length)?;
    Some(encoding_rs::UTF_16LE.decode_without_bom_handling(text).0.into_owned())
}
