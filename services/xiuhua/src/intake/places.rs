//! A file of places: estates with their town, committee, housing nature, households and any further attribute.

use std::collections::HashMap;

use xiuhua_contracts::ingestion::v1::{Place, PlaceChunk, PlaceRow, RowFault};

use super::document::Row;
use super::{Chunked, Document, PLACES_A_CHUNK, UnusableFile, fault};

/// Columns that have a field of their own; every other column is an attribute.
const STANDARD: [&str; 8] =
    ["place_id", "name", "town_code", "town", "committee", "housing_nature", "households", "population"];

/// The columns without which a file of places cannot be used.
pub(crate) const REQUIRED: [&str; 1] = ["place_id"];

/// Reads a document of places chunk by chunk.
pub(crate) struct PlaceFile {
    document: Document,
    /// Position and header of each standard column, in the order of [`STANDARD`].
    standard: [Option<(usize, String)>; STANDARD.len()],
    /// Position and header of each attribute column.
    attributes: Vec<(usize, String)>,
    sequence: u64,
}

impl PlaceFile {
    /// Takes a document whose header holds [`REQUIRED`].
    pub(crate) fn new(document: Document) -> Self {
        let standard = STANDARD.map(|name| {
            let found = document.columns().find(|(_, _, standard)| *standard == name);
            found.map(|(i, header, _)| (i, header.to_owned()))
        });
        let attributes = document
            .columns()
            .filter(|(_, _, standard)| !STANDARD.contains(standard) && !standard.is_empty())
            .map(|(i, _, standard)| (i, standard.to_owned()))
            .collect();
        Self { document, standard, attributes, sequence: 0 }
    }
}

impl Chunked for PlaceFile {
    type Chunk = PlaceChunk;

    fn document(&self) -> &Document {
        &self.document
    }

    fn rewind(&mut self) -> Result<(), UnusableFile> {
        self.sequence = 0;
        self.document.rewind()
    }

    fn next_chunk(&mut self) -> Result<Option<PlaceChunk>, UnusableFile> {
        let mut chunk = PlaceChunk::default();
        while chunk.rows.len() < PLACES_A_CHUNK {
            let Some(row) = self.document.next_row()? else { break };
            let index = chunk.rows.len();
            let typed = typed(&row, index, &self.standard, &self.attributes, &mut chunk.faults);
            chunk.rows.push(typed);
        }
        if chunk.rows.is_empty() {
            return Ok(None);
        }
        self.sequence += 1;
        chunk.sequence = self.sequence;
        Ok(Some(chunk))
    }
}

fn typed(
    row: &Row<'_>,
    index: usize,
    standard: &[Option<(usize, String)>],
    attributes: &[(usize, String)],
    faults: &mut Vec<RowFault>,
) -> PlaceRow {
    if let Some(cells) = row.ragged() {
        faults.push(ragged(index, cells));
    }
    let mut cells = standard.iter().map(|column| match column {
        Some((i, header)) => text(row, index, *i, header, faults),
        None => String::new(),
    });
    let mut next = || cells.next().expect("one cell a standard column");
    let (id, name, town_code, town_name) = (next(), next(), next(), next());
    let (committee, housing_nature, households, population) = (next(), next(), next(), next());
    drop(cells);
    let header = |position: usize| standard[position].as_ref().map_or("", |(_, header)| header.as_str());
    let households = count(&households, index, header(6), faults);
    let population = count(&population, index, header(7), faults);
    let attributes: HashMap<String, String> = attributes
        .iter()
        .map(|(i, header)| (header.clone(), text(row, index, *i, header, faults)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    PlaceRow {
        row: row.number,
        place: Some(Place {
            id,
            name,
            town_code,
            town_name,
            committee,
            housing_nature,
            households,
            population,
            attributes,
            ..Place::default()
        }),
        original: row.original.clone(),
        ..PlaceRow::default()
    }
}

/// The fault of a row that has more or fewer cells than the header.
pub(super) fn ragged(index: usize, cells: usize) -> RowFault {
    fault(
        index,
        "",
        "WRONG_CELL_COUNT",
        format!("该行有 {cells} 个单元格，与表头列数不一致"),
        format!("the row has {cells} cells, not as many as the header"),
    )
}

/// The text of a cell; a fault and an empty text where it is not UTF-8.
pub(super) fn text(
    row: &Row<'_>,
    index: usize,
    column: usize,
    header: &str,
    faults: &mut Vec<RowFault>,
) -> String {
    row.cell(column).map(str::to_owned).unwrap_or_else(|_| {
        faults.push(fault(
            index,
            header,
            "NOT_UTF8",
            "不是 UTF-8 编码的文本".to_owned(),
            "is not UTF-8 text".to_owned(),
        ));
        String::new()
    })
}

/// A count, absent where the cell is empty.
fn count(text: &str, index: usize, header: &str, faults: &mut Vec<RowFault>) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let parsed = text.parse().ok();
    if parsed.is_none() {
        faults.push(fault(
            index,
            header,
            "NOT_A_WHOLE_NUMBER",
            format!("“{text}”不是非负整数"),
            format!("`{text}` is not a whole number of 0 or more"),
        ));
    }
    parsed
}
