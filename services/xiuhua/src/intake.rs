//! Files in: typed rows of a spreadsheet, with the faults of each beside it, become chunks of the contracts.
//!
//! What a file says is the business of `xiuhua-spreadsheets`. Here a row is never refused: ingestion decides, adding
//! the faults it finds. Memory is bounded by a chunk, whatever the size of the file.

pub(crate) mod observations;
pub(crate) mod places;

pub(crate) use xiuhua_spreadsheets::layout::Mapping;
pub(crate) use xiuhua_spreadsheets::table::UnusableFile;

use xiuhua_contracts::ingestion::v1::{ImportHeader, RowFault, SheetLayout};
use xiuhua_contracts::measure::v1;
use xiuhua_indicators::catalog::{Catalog, ItemKind, Reads};
use xiuhua_spreadsheets::cell::CellFault;
use xiuhua_spreadsheets::layout::{Measure, Vocabulary};
use xiuhua_spreadsheets::returned::Correction;
use xiuhua_spreadsheets::table::{Remark, Table, Text};

/// A file that is delivered chunk by chunk, from its start as often as needed.
pub(crate) trait Chunked {
    /// What it is cut into.
    type Chunk;

    /// The table behind it.
    fn table(&self) -> &Table;

    /// The catalog whose codes the file uses, and the mapping that was applied to it.
    fn reading(&self) -> &ReadBy;

    /// What was noticed so far.
    fn remarks(&self) -> Vec<Remark>;

    /// Begins again with the first chunk.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    fn rewind(&mut self) -> Result<(), UnusableFile>;

    /// The next chunk, numbered from 1; `None` at the end.
    ///
    /// # Errors
    /// [`UnusableFile`] if the file can no longer be read.
    fn next_chunk(&mut self) -> Result<Option<Self::Chunk>, UnusableFile>;
}

/// By what a file was read, beside what it says itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadBy {
    /// Text of the mapping; empty if none.
    pub(crate) mapping: String,
    /// Id and version of the catalog; empty if none.
    pub(crate) catalog: (String, String),
}

/// Rows a chunk carries at most; below the contracts' limits of 5,000 places and 50,000 observations.
pub(crate) const PLACES_A_CHUNK: usize = 2_000;
/// See [`PLACES_A_CHUNK`].
pub(crate) const OBSERVATIONS_A_CHUNK: usize = 20_000;
/// Bytes of text a chunk carries before it is closed: a message holds 4 MiB.
pub(crate) const TEXT_A_CHUNK: usize = 2 * 1024 * 1024;
/// Characters of a header that a batch keeps.
const HEADER_CHARS: usize = 200;

/// The header of a delivery of a file, without a request id.
///
/// # Errors
/// [`UnusableFile`] if the file can no longer be read.
pub(crate) fn header(file: &impl Chunked) -> Result<ImportHeader, UnusableFile> {
    let table = file.table();
    let (about, by) = (table.about(), file.reading());
    let columns = table.headers().iter().map(|header| header.chars().take(HEADER_CHARS).collect());
    let layout = SheetLayout {
        columns: columns.collect(),
        format: about.format.to_string(),
        delimiter: about.delimiter.unwrap_or(',').to_string(),
        sheet: about.sheet.clone().unwrap_or_default(),
        encoding: about.encoding.map_or_else(String::new, |encoding| encoding.to_string()),
        header_row: about.header_row,
        mapping: by.mapping.clone(),
        catalog_id: by.catalog.0.clone(),
        catalog_version: by.catalog.1.clone(),
    };
    Ok(ImportHeader {
        file_name: table.file_name(),
        content_sha256: table.sha256()?.to_vec(),
        layout: Some(layout),
        corrects_batch_id: table.returned().map_or_else(String::new, |of| of.batch_id.clone()),
        ..ImportHeader::default()
    })
}

/// The indicators of a catalog: leaf codes, measure ids, and the names of both.
pub(crate) fn vocabulary(catalog: &Catalog) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    let name = |name: &xiuhua_indicators::catalog::Text| Text::new(name.zh.as_str(), name.en.as_str());
    for measure in &catalog.measures {
        let (id, unit) = (measure.id.clone(), measure.unit.clone());
        vocabulary.add_measure(Measure { id, unit, name: name(&measure.name) });
    }
    for item in &catalog.items {
        let ItemKind::Leaf(leaf) = &item.kind else { continue };
        let measure = match leaf.reads {
            Reads::Measure(position) => Some(position),
            Reads::ChangeOf(_) => None,
        };
        vocabulary.add_leaf(&item.code, &name(&item.name), measure);
    }
    vocabulary
}

/// Adds what a returned row leaves unmended, where nothing was found in the same column now.
fn unmended(index: usize, correction: &Correction<'_>, column: usize, faults: &mut Vec<RowFault>) {
    let index = position(index);
    for fault in correction.unmended(column) {
        let known = |found: &RowFault| found.column == fault.column;
        if !faults.iter().rev().take_while(|found| found.index == index).any(known) {
            faults.push(RowFault {
                index,
                column: fault.column.clone(),
                reason: fault.reason.clone(),
                message: Some(v1::Text { zh: fault.message.zh.clone(), en: fault.message.en.clone() }),
            });
        }
    }
}

fn position(index: usize) -> u32 {
    u32::try_from(index).expect("a chunk holds fewer rows than u32 counts")
}

/// The fault of the row at `index` of its chunk. Columns that the contracts have a name for go by it, as in the faults
/// that ingestion finds itself: it then adds no second one about the same cell.
fn fault(index: usize, fault: CellFault) -> RowFault {
    RowFault {
        index: position(index),
        column: if fault.field.is_empty() { fault.column } else { fault.field.to_owned() },
        reason: fault.reason.to_owned(),
        message: Some(v1::Text { zh: fault.message.zh, en: fault.message.en }),
    }
}
