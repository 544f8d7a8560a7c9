//! OpenDocument spreadsheets (.ods): values by calamine, after the document was looked at. A cell and a row say how often
//! they are repeated, so a few bytes can stand for a million cells; percentages, days shown as months and merged cells calamine
//! does not tell.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::Reader as _;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Text;
use super::archive::damaged;
use super::limits::{
    ELEMENTS, Limits, MERGED, SHEETS, at_most, cell_too_long, too_many_cells, unpacked_too_large,
};
use super::package::{attribute, part};
use super::workbook::{Area, DENSE_CELLS, Look, Looks, Sheet, SheetName, fill, sheet_names};

/// An open .ods.
pub(super) struct Ods {
    book: calamine::Ods<Cursor<Vec<u8>>>,
    over: BTreeMap<String, Over>,
}

/// What lies over the values of a sheet.
#[derive(Default)]
struct Over {
    looks: Looks,
    merged: Vec<Area>,
    hidden_rows: u64,
}

impl Ods {
    pub(super) fn open(archive: Vec<u8>, limits: &Limits) -> Result<Self, Text> {
        let over = Looking::new(limits).look(&part(&archive, "content.xml")?)?;
        let book = calamine::Ods::new(Cursor::new(archive)).map_err(|error| damaged(&error))?;
        Ok(Self { book, over })
    }

    pub(super) fn sheets(&self) -> Vec<SheetName> {
        sheet_names(self.book.sheets_metadata())
    }

    pub(super) fn read(&mut self, sheet: &str, limits: Limits) -> Result<Sheet, Text> {
        let range = self.book.worksheet_range(sheet).map_err(|error| damaged(&error))?;
        let Over { looks, merged, hidden_rows } = self.over.remove(sheet).unwrap_or_default();
        let grid = fill(&range, limits, |row, column| looks.of(row, column))?;
        Ok(Sheet { grid, merged, hidden_rows, unvalued: 0 })
    }
}

/// Rows and columns of a sheet of LibreOffice: what calamine caps repeats at.
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;

/// Longest date as it is shown, in bytes.
const SHOWN_BYTES: usize = 64;

/// A document that is being looked at.
struct Looking<'a> {
    limits: &'a Limits,
    /// Cells that are read, in all tables.
    cells: u64,
    /// Bytes of text that are read.
    text: u64,
    sheets: BTreeMap<String, Over>,
}

/// A table that is being looked at.
#[derive(Default)]
struct TableAt {
    over: Over,
    row: u32,
    row_repeats: u32,
    column: u32,
    /// Columns of this row up to its last cell that holds something, and of the widest row.
    filled: u32,
    widest: u32,
    /// Rows up to the last that holds something.
    height: u32,
    first: Option<u32>,
}

/// A cell that is being looked at.
#[derive(Default)]
struct CellAt {
    repeats: u32,
    look: Look,
    /// Of a date: what is shown, as far as that is short.
    shown: Option<String>,
    holds: bool,
    spanned: (u32, u32),
    text: u64,
}

impl<'a> Looking<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self { limits, cells: 0, text: 0, sheets: BTreeMap::new() }
    }

    fn look(mut self, content: &[u8]) -> Result<BTreeMap<String, Over>, Text> {
        let mut reader = Reader::from_reader(content);
        reader.config_mut().expand_empty_elements = true;
        let (mut buffer, mut table, mut name) = (Vec::new(), TableAt::default(), String::new());
        let mut cell: Option<CellAt> = None;
        let (mut tables, mut styles) = (0, 0);
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer).map_err(|error| damaged(&error))? {
                Event::Start(element) => match element.name().as_ref() {
                    "style:style" => {
                        styles += 1;
                        at_most(ELEMENTS, styles, "样式", "styles")?;
                    }
                    "table:table" => {
                        tables += 1;
                        at_most(SHEETS, tables, "工作表", "sheets")?;
                        table = TableAt::default();
                        name = attribute(&element, "table:name").unwrap_or_default();
                    }
                    "table:table-row" => {
                        table.row_repeats =
                            repeats(&element, "table:number-rows-repeated").min(ROWS - table.row.min(ROWS));
                        (table.column, table.filled) = (0, 0);
                        let hidden =
                            attribute(&element, "table:visibility").is_some_and(|shown| shown != "visible");
                        // Of hidden rows without end, which close a sheet, only those before the last cell are told.
                        table.over.hidden_rows +=
                            u64::from(hidden && table.row_repeats < 10_000) * u64::from(table.row_repeats);
                    }
                    "table:table-cell" | "table:covered-table-cell" => cell = Some(cell_at(&element, &table)),
                    "text:p" | "text:line-break" | "text:tab" => {
                        if let Some(cell) = &mut cell {
                            (cell.holds, cell.text) = (true, cell.text + 1);
                        }
                    }
                    "text:s" => {
                        if let Some(cell) = &mut cell {
                            cell.text += u64::from(repeats(&element, "text:c"));
                            self.bound_text(cell)?;
                        }
                    }
                    _ => {}
                },
                Event::Text(text) => {
                    if let Some(cell) = &mut cell {
                        cell.text += text.len() as u64;
                        if let Some(shown) = &mut cell.shown
                            && shown.len() + text.len() <= SHOWN_BYTES
                        {
                            shown.push_str(&text);
                        }
                    }
                }
                Event::End(element) => match element.name().as_ref() {
                    "table:table-cell" | "table:covered-table-cell" => {
                        if let Some(cell) = cell.take() {
                            self.bound_text(&cell)?;
                            self.put(&mut table, &cell)?;
                        }
                    }
                    "table:table-row" => self.end_row(&mut table)?,
                    "table:table" => {
                        let mut over = std::mem::take(&mut table).over;
                        over.looks.sort();
                        self.sheets.insert(std::mem::take(&mut name), over);
                    }
                    _ => {}
                },
                Event::Eof => return Ok(self.sheets),
                _ => {}
            }
        }
    }

    fn bound_text(&self, cell: &CellAt) -> Result<(), Text> {
        // A character takes at most four bytes.
        if cell.text > 4 * self.limits.cell_chars as u64 {
            Err(cell_too_long(self.limits.cell_chars))
        } else {
            Ok(())
        }
    }

    fn put(&mut self, table: &mut TableAt, cell: &CellAt) -> Result<(), Text> {
        let (row, column) = (table.row, table.column);
        table.column = table.column.saturating_add(cell.repeats).min(COLUMNS);
        if !cell.holds {
            return Ok(());
        }
        table.filled = table.column;
        let repeated = u64::from(cell.repeats) * u64::from(table.row_repeats);
        self.spend(repeated, cell.text * repeated)?;
        let look = cell.shown.as_deref().map_or(cell.look, look_of_shown);
        if look != Look::Plain {
            for row in row..row.saturating_add(table.row_repeats) {
                (column..table.column).for_each(|column| table.over.looks.push(row, column, look));
            }
        }
        let (columns, rows) = cell.spanned;
        if columns > 1 || rows > 1 {
            let (bottom, right) =
                (row.saturating_add(rows.max(1) - 1), column.saturating_add(columns.max(1) - 1));
            at_most(MERGED, table.over.merged.len() as u64, "合并单元格", "merged areas")?;
            table.over.merged.push(Area { top: row, left: column, bottom, right });
        }
        Ok(())
    }

    /// Counts the cells that calamine keeps: of every row those up to its last, then all of the area that is filled.
    fn end_row(&mut self, table: &mut TableAt) -> Result<(), Text> {
        if table.filled > 0 {
            let first = *table.first.get_or_insert(table.row);
            let (widest, height) = (table.widest.max(table.filled), table.row + table.row_repeats - first);
            let grown =
                u64::from(widest) * u64::from(height) - u64::from(table.widest) * u64::from(table.height);
            (table.widest, table.height) = (widest, height);
            self.spend(grown, 0)?;
        }
        table.row = table.row.saturating_add(table.row_repeats);
        Ok(())
    }

    fn spend(&mut self, cells: u64, text: u64) -> Result<(), Text> {
        self.cells = self.cells.saturating_add(cells);
        self.text = self.text.saturating_add(text);
        if self.cells > 2 * DENSE_CELLS {
            return Err(too_many_cells(DENSE_CELLS));
        }
        if self.text > self.limits.unpacked_bytes {
            return Err(unpacked_too_large(self.limits.unpacked_bytes));
        }
        Ok(())
    }
}

fn cell_at(element: &BytesStart<'_>, table: &TableAt) -> CellAt {
    let kind = attribute(element, "office:value-type");
    let text = attribute(element, "office:string-value").map_or(0, |text| text.len() as u64);
    CellAt {
        repeats: repeats(element, "table:number-columns-repeated").min(COLUMNS - table.column.min(COLUMNS)),
        look: if kind.as_deref() == Some("percentage") { Look::Percent } else { Look::Plain },
        shown: (kind.as_deref() == Some("date")).then(String::new),
        holds: kind.is_some() || attribute(element, "table:formula").is_some(),
        spanned: (
            repeats(element, "table:number-columns-spanned"),
            repeats(element, "table:number-rows-spanned"),
        ),
        text,
    }
}

/// The look of a date by what is shown of it, because its format may be one of its row, column or parent: a year of four
/// digits, or with a month in digits or in a word.
fn look_of_shown(shown: &str) -> Look {
    let digits: Vec<&str> =
        shown.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let has_word = shown.chars().any(|c| c.is_alphabetic() && !matches!(c, '年' | '月' | '度'));
    let years = digits.iter().filter(|part| part.len() == 4).count();
    match (years, digits.len(), has_word) {
        (1, 2, false) | (1, 1, true) => Look::Month,
        (1, 1, false) => Look::Year,
        _ => Look::Plain,
    }
}

/// How often something is repeated; once if it does not say.
fn repeats(element: &BytesStart<'_>, name: &str) -> u32 {
    attribute(element, name).map_or(1, |count| count.parse().unwrap_or(u32::MAX))
}
