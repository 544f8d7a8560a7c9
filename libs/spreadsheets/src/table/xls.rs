//! Excel 97-2003 (.xls, MS-XLS): values by calamine, after the stream of records was looked at.
//!
//! The container (MS-CFB) is followed by a reader that refuses loops, and what it gives is put into a new container:
//! calamine follows its own without a bound. Of the records, those are emptied that make it reserve memory without a
//! bound and that nobody needs: declared dimensions and the tokens of formulas.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};

use calamine::Reader as _;

use super::Text;
use super::archive::{damaged, encrypted};
use super::limits::{ELEMENTS, Limits, MERGED, SHEETS, STRINGS, at_most, too_many_cells, unpacked_too_large};
use super::workbook::{
    Area, DENSE_CELLS, Look, Looks, Sheet, SheetName, builtin_look, fill, look_of, sheet_names,
};

/// An open .xls.
pub(super) struct Xls {
    book: calamine::Xls<Cursor<Vec<u8>>>,
    pub(super) macros: bool,
    /// Formats are read of BIFF8 alone; before 1997 they were written otherwise.
    pub(super) percents_known: bool,
    /// What lies over each sheet, in their order.
    over: Vec<Over>,
}

/// What lies over the values of a sheet.
#[derive(Default)]
struct Over {
    looks: Looks,
    hidden_rows: u64,
}

impl Xls {
    pub(super) fn open(bytes: Vec<u8>, limits: &Limits) -> Result<Self, Text> {
        let mut container = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        if container.exists("/EncryptedPackage") {
            return Err(encrypted());
        }
        let macros = container.exists("/_VBA_PROJECT_CUR");
        let Some(name) = ["/Workbook", "/Book"].into_iter().find(|name| container.is_stream(name)) else {
            return Err(Text::new(
                "不是 Excel 工作簿（可能是 Word 文档、WPS 的 .et 或其他程序的文件）；请另存为 .xlsx 或 CSV",
                "is no Excel workbook (perhaps a Word document, an .et of WPS, or of another program); save it as .xlsx or CSV",
            ));
        };
        let mut stream = Vec::new();
        let workbook = container.open_stream(name).map_err(|error| damaged(&error))?;
        workbook.take(limits.workbook_bytes).read_to_end(&mut stream).map_err(|error| damaged(&error))?;
        drop(container);
        let globals = look(&mut stream, limits)?;
        let container = again(&stream).map_err(|error| damaged(&error))?;
        drop(stream);
        let book = calamine::Xls::new(Cursor::new(container)).map_err(|error| damaged(&error))?;
        Ok(Self { book, macros, percents_known: globals.is_biff8, over: globals.over })
    }

    pub(super) fn sheets(&self) -> Vec<SheetName> {
        sheet_names(self.book.sheets_metadata())
    }

    pub(super) fn read(&mut self, sheet: &str, limits: Limits) -> Result<Sheet, Text> {
        let range = self.book.worksheet_range(sheet).map_err(|error| damaged(&error))?;
        let nothing = Over::default();
        let position = self.book.sheets_metadata().iter().position(|known| known.name == sheet);
        let over = position.and_then(|position| self.over.get(position)).unwrap_or(&nothing);
        let grid = fill(&range, limits, |row, column| over.looks.of(row, column))?;
        let merged = self.book.merge_cells_by_sheet_name(sheet).map_err(|error| damaged(&error))?;
        let merged = merged.iter().map(|area| Area {
            top: area.start.0,
            left: area.start.1,
            bottom: area.end.0,
            right: area.end.1,
        });
        Ok(Sheet { grid, merged: merged.collect(), hidden_rows: over.hidden_rows, unvalued: 0 })
    }
}

/// The stream in a container of its own.
fn again(stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let room = Vec::with_capacity(stream.len() + (1 << 16));
    // Of version 4, calamine refuses containers without small streams.
    let mut container = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(room))?;
    container.create_stream("/Workbook")?.write_all(stream)?;
    container.flush()?;
    Ok(container.into_inner().into_inner())
}

/// What the records say about the workbook as a whole.
#[derive(Default)]
struct Globals {
    is_biff8: bool,
    /// Where each sheet begins.
    sheets: Vec<usize>,
    /// What number formats look like.
    formats: Vec<(u16, Look)>,
    /// What cell styles look like.
    looks: Vec<Look>,
    /// Bytes of each shared string when decoded, at most.
    strings: Vec<u32>,
    over: Vec<Over>,
}

/// Looks at all records, and empties those that nobody needs.
fn look(stream: &mut [u8], limits: &Limits) -> Result<Globals, Text> {
    let mut globals = globals(stream)?;
    at_most(SHEETS, globals.sheets.len() as u64, "工作表", "sheets")?;
    let begins = beginnings(stream);
    let mut known = BTreeSet::new();
    if !globals.sheets.iter().all(|begin| begins.contains(begin) && known.insert(*begin)) {
        return Err(damaged(&"sheets overlap / 工作表重叠"));
    }
    let mut spent = Spent { cells: 0, text: 0, limits };
    for begin in globals.sheets.clone() {
        let over = look_at_sheet(stream, begin, &globals, &mut spent)?;
        globals.over.push(over);
    }
    Ok(globals)
}

fn globals(stream: &[u8]) -> Result<Globals, Text> {
    let mut globals = Globals::default();
    let mut styles = Vec::new();
    let mut names = 0;
    let mut at = 0;
    while let Some((kind, bytes, next)) = record(stream, at) {
        match kind {
            0x0809 => globals.is_biff8 = u16_at(bytes, 0) == Some(0x0600),
            // FilePass
            0x002F if u16_at(bytes, 0) != Some(0) => return Err(encrypted()),
            // BoundSheet8
            0x0085 => globals
                .sheets
                .push(u32_at(bytes, 0).and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX)),
            // Format: id, text.
            0x041E => {
                if let (Some(id), Some(format)) = (u16_at(bytes, 0), format_text(bytes)) {
                    globals.formats.push((id, look_of(&format)));
                }
            }
            // Lbl
            0x0018 => {
                names += 1;
                at_most(ELEMENTS, names, "名称", "names")?;
            }
            // XF: font, format.
            0x00E0 => styles.push(u16_at(bytes, 2).unwrap_or(0)),
            0x00FC => {
                globals.strings = string_bytes(stream, at);
                at_most(STRINGS, globals.strings.len() as u64, "共享字符串", "shared strings")?;
            }
            0x000A => break,
            _ => {}
        }
        at = next;
    }
    let own = |id: u16| globals.formats.iter().rev().find(|(known, _)| *known == id).map(|(_, look)| *look);
    globals.looks = styles.iter().map(|id| own(*id).unwrap_or_else(|| builtin_look(*id))).collect();
    Ok(globals)
}

/// Where substreams begin, if records follow one another from the start.
fn beginnings(stream: &[u8]) -> BTreeSet<usize> {
    let mut begins = BTreeSet::new();
    let mut at = 0;
    while let Some((kind, _, next)) = record(stream, at) {
        if kind == 0x0809 {
            begins.insert(at);
        }
        at = next;
    }
    begins
}

/// What reading all sheets will take.
struct Spent<'a> {
    cells: u64,
    text: u64,
    limits: &'a Limits,
}

fn look_at_sheet(
    stream: &mut [u8],
    begin: usize,
    globals: &Globals,
    spent: &mut Spent<'_>,
) -> Result<Over, Text> {
    let mut over = Over::default();
    let (mut at, mut depth) = (begin, 0_u32);
    // Two bytes each: the type of a record, or how many bytes of tokens a formula has.
    let mut emptied: Vec<(usize, u8)> = Vec::new();
    let mut area: Option<Area> = None;
    let mut merged = 0;
    let mut hold = |row: u16, column: u16| {
        let (row, column) = (u32::from(row), u32::from(column));
        let area = area.get_or_insert(Area { top: row, left: column, bottom: row, right: column });
        area.top = area.top.min(row);
        area.left = area.left.min(column);
        area.bottom = area.bottom.max(row);
        area.right = area.right.max(column);
    };
    while let Some((kind, bytes, next)) = record(stream, at) {
        let place = u16_at(bytes, 0).zip(u16_at(bytes, 2));
        match kind {
            0x0809 => depth += 1,
            0x000A => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            // Dimensions: memory is reserved for as many cells as are declared.
            0x0200 => emptied.push((at, 0xFF)),
            // Row, of which one bit of the flags hides it.
            0x0208 => {
                over.hidden_rows +=
                    u64::from(depth == 1 && bytes.get(12).is_some_and(|flags| flags & 0x20 != 0))
            }
            // Number, Rk and Formula: row, column, style.
            0x0203 | 0x027E | 0x0006 => {
                if let Some((row, column)) = place {
                    hold(row, column);
                    if depth == 1 {
                        over.looks.push(row.into(), column.into(), globals.look(u16_at(bytes, 4)));
                    }
                }
                if kind == 0x0006 && bytes.len() >= 22 {
                    emptied.push((at + 4 + 20, 0));
                }
            }
            // MergeCells: how many, areas.
            0x00E5 => {
                merged += u64::from(u16_at(bytes, 0).unwrap_or(0));
                at_most(MERGED, merged, "合并单元格", "merged areas")?;
            }
            // MulRk: row, first column, styles and numbers, last column.
            0x00BD => {
                if let Some((row, first)) = place {
                    let count = u16::try_from(bytes.len().saturating_sub(6) / 6).unwrap_or(0);
                    for (column, number) in
                        (first..=first.saturating_add(count.saturating_sub(1))).zip(bytes[4..].chunks(6))
                    {
                        hold(row, column);
                        if depth == 1 {
                            over.looks.push(row.into(), column.into(), globals.look(u16_at(number, 0)));
                        }
                    }
                }
            }
            // LabelSst: row, column, style, number of the string.
            0x00FD => {
                if let Some((row, column)) = place {
                    hold(row, column);
                }
                let string = u32_at(bytes, 6).and_then(|number| usize::try_from(number).ok());
                spent.text +=
                    u64::from(string.and_then(|number| globals.strings.get(number)).copied().unwrap_or(0));
            }
            // Label, RString, BoolErr and String.
            0x0204 | 0x00D6 | 0x0205 | 0x0207 => {
                if let Some((row, column)) = place.filter(|_| kind != 0x0207) {
                    hold(row, column);
                }
            }
            _ => {}
        }
        at = next;
    }
    for (at, with) in emptied {
        stream[at..at + 2].fill(with);
    }
    if let Some(area) = area {
        spent.cells += u64::from(area.bottom - area.top + 1) * u64::from(area.right - area.left + 1);
    }
    if spent.cells > DENSE_CELLS {
        return Err(too_many_cells(DENSE_CELLS));
    }
    if spent.text > spent.limits.unpacked_bytes {
        return Err(unpacked_too_large(spent.limits.unpacked_bytes));
    }
    over.looks.sort();
    Ok(over)
}

impl Globals {
    fn look(&self, style: Option<u16>) -> Look {
        style.and_then(|style| self.looks.get(usize::from(style))).copied().unwrap_or_default()
    }
}

/// The record that begins here: its type, its bytes, and where the next begins.
fn record(stream: &[u8], at: usize) -> Option<(u16, &[u8], usize)> {
    let kind = u16_at(stream, at)?;
    let length = usize::from(u16_at(stream, at + 2)?);
    let bytes = stream.get(at + 4..)?.get(..length)?;
    Some((kind, bytes, at + 4 + length))
}

/// The text of a number format of BIFF8.
fn format_text(bytes: &[u8]) -> Option<String> {
    let length = usize::from(u16_at(bytes, 2)?);
    let text = bytes.get(5..)?;
    if bytes[4] & 1 == 0 {
        return Some(text.get(..length)?.iter().map(|byte| char::from(*byte)).collect());
    }
    Some(encoding_rs::UTF_16LE.decode_without_bom_handling(text.get(..2 * length)?).0.into_owned())
}

/// How many bytes each shared string takes when decoded, at most. The table of shared strings (SST) goes on in records
/// of its own, at whose border the characters of a string can change their width.
fn string_bytes(stream: &[u8], at: usize) -> Vec<u32> {
    let mut pieces = Vec::new();
    let mut next = at;
    while let Some((_, bytes, behind)) =
        record(stream, next).filter(|(kind, ..)| next == at || *kind == 0x003C)
    {
        pieces.push(bytes);
        next = behind;
    }
    let mut strings = Strings { pieces, piece: 0, at: 8 };
    let mut lengths = Vec::new();
    while let Some(length) = strings.next().filter(|_| lengths.len() as u64 <= STRINGS) {
        lengths.push(length);
    }
    lengths
}

/// The table of shared strings, of which only the lengths are read.
struct Strings<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl Strings<'_> {
    fn next(&mut self) -> Option<u32> {
        let characters = u16::from_le_bytes([self.byte()?, self.byte()?]);
        let mut flags = self.byte()?;
        let runs = if flags & 8 != 0 { u16::from_le_bytes([self.byte()?, self.byte()?]) } else { 0 };
        let extra = if flags & 4 != 0 {
            u32::from_le_bytes([self.byte()?, self.byte()?, self.byte()?, self.byte()?])
        } else {
            0
        };
        let mut left = usize::from(characters);
        loop {
            let width = usize::from(flags & 1) + 1;
            let here = self.pieces[self.piece].len().saturating_sub(self.at) / width;
            let taken = here.min(left);
            self.at += taken * width;
            left -= taken;
            if left == 0 {
                break;
            }
            self.piece += 1;
            self.at = 1;
            flags = *self.pieces.get(self.piece)?.first()?;
        }
        let mut behind = usize::from(runs) * 4 + usize::try_from(extra).ok()?;
        while behind > 0 {
            let taken = (self.pieces.get(self.piece)?.len().saturating_sub(self.at)).min(behind);
            self.at += taken;
            behind -= taken;
            if behind > 0 {
                self.piece += 1;
                self.at = 0;
            }
        }
        // A character of two bytes takes at most three.
        Some(u32::from(characters) * 3)
    }

    fn byte(&mut self) -> Option<u8> {
        while self.at >= self.pieces.get(self.piece)?.len() {
            self.piece += 1;
            self.at = 0;
        }
        let byte = self.pieces[self.piece][self.at];
        self.at += 1;
        Some(byte)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
