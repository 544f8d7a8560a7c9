//! Chunks of a delivery to rows. The shape of a chunk is the caller's program and refused as a whole if it is wrong;
//! what its rows say is the caller's file and only ever rejects a row.

use std::collections::BTreeMap;
use std::mem::take;

use sha2::{Digest, Sha256};
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::measure::v1::TextColumn;
use xiuhua_service_kit::request_id::fingerprint;
use xiuhua_service_kit::status::{InvalidRequest, Violations};

use crate::domain::pack::{ObservationPack, Originals, TextCells};
use crate::domain::place::{DeliveredPlace, Description, PlaceRow};
use crate::domain::rejection::Reason;
use crate::domain::text::{Text, excerpt};
use crate::store::Chunk;

/// Most rows of a chunk of places.
const MAX_PLACE_ROWS: usize = 5_000;
/// Most rows of a chunk of observations.
const MAX_OBSERVATION_ROWS: usize = 50_000;
/// Longest original text of a row, in bytes: a rejected row has to fit in one message on its way back.
const MAX_ORIGINAL_BYTES: usize = 1024 * 1024;
/// Most faults of a reader that are kept for one row, and the longest text of one, in characters.
const MAX_FAULTS: usize = 100;
const MAX_FAULT_CHARS: usize = 500;

pub(crate) fn place_chunk(mut chunk: pb::PlaceChunk) -> Result<(Chunk, Vec<PlaceRow>), InvalidRequest> {
    let named = Chunk { sequence: chunk.sequence, fingerprint: fingerprint_of_places(&mut chunk) };
    let count = chunk.rows.len();
    let mut wrong = Violations::new();
    check_count(&mut wrong, "chunk.rows", count, MAX_PLACE_ROWS);
    check_row_numbers(&mut wrong, "chunk.rows", chunk.rows.iter().map(|row| row.row));
    check_row_numbers(&mut wrong, "chunk.rows", chunk.rows.iter().map(|row| row.closes_row));
    check_originals(&mut wrong, "chunk.rows", chunk.rows.iter().map(|row| &row.original));
    let faults = faults_by_row(&mut wrong, chunk.faults, count);
    wrong.into_result()?;
    let rows = chunk.rows.into_iter().zip(faults);
    Ok((named, rows.map(|(row, faults)| delivered_place(row, faults).checked()).collect()))
}

/// Attributes come in a map, which has no order and so no bytes of its own: they are hashed by name, after the rest.
fn fingerprint_of_places(chunk: &mut pb::PlaceChunk) -> [u8; 32] {
    let maps: Vec<_> = chunk
        .rows
        .iter_mut()
        .map(|row| row.place.as_mut().map(|place| take(&mut place.attributes)))
        .collect();
    let mut hash = Sha256::new();
    hash.update(fingerprint(&*chunk));
    for (row, attributes) in chunk.rows.iter_mut().zip(maps) {
        let Some((place, attributes)) = row.place.as_mut().zip(attributes) else { continue };
        let sorted: BTreeMap<&String, &String> = attributes.iter().collect();
        hash.update(sorted.len().to_le_bytes());
        for text in sorted.into_iter().flat_map(|(name, value)| [name, value]) {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        place.attributes = attributes;
    }
    hash.finalize().into()
}

fn delivered_place(row: pb::PlaceRow, faults: Vec<Reason>) -> DeliveredPlace {
    let place = row.place.unwrap_or_default();
    DeliveredPlace {
        row: row.row,
        id: place.id,
        description: Description {
            name: place.name,
            town_code: place.town_code,
            town_name: place.town_name,
            committee: place.committee,
            housing_nature: place.housing_nature,
            households: place.households,
            population: place.population,
            attributes: place.attributes.into_iter().collect(),
        },
        closes_row: row_named(row.closes_row),
        original: row.original,
        faults,
    }
}

/// The number of a rejected row; 0 names none.
fn row_named(row: u64) -> Option<u64> {
    (row != 0).then_some(row)
}

pub(crate) fn observation_chunk(
    chunk: pb::ObservationChunk,
) -> Result<(Chunk, ObservationPack), InvalidRequest> {
    let named = Chunk { sequence: chunk.sequence, fingerprint: fingerprint(&chunk) };
    let count = chunk.row.len();
    let mut wrong = Violations::new();
    check_count(&mut wrong, "chunk.row", count, MAX_OBSERVATION_ROWS);
    check_row_numbers(&mut wrong, "chunk.row", chunk.row.iter().copied());
    check_length(&mut wrong, "chunk.value", chunk.value.len(), count);
    if !chunk.revised_at_us.is_empty() {
        check_length(&mut wrong, "chunk.revised_at_us", chunk.revised_at_us.len(), count);
    }
    if !chunk.original.is_empty() {
        check_length(&mut wrong, "chunk.original", chunk.original.len(), count);
        check_originals(&mut wrong, "chunk.original", chunk.original.iter());
    }
    if !chunk.closes_row.is_empty() {
        check_length(&mut wrong, "chunk.closes_row", chunk.closes_row.len(), count);
        check_row_numbers(&mut wrong, "chunk.closes_row", chunk.closes_row.iter().copied());
    }
    let place_id = text_cells(&mut wrong, "chunk.place_id", chunk.place_id, count);
    let measure_id = text_cells(&mut wrong, "chunk.measure_id", chunk.measure_id, count);
    let period = text_cells(&mut wrong, "chunk.period", chunk.period, count);
    let source_id = text_cells(&mut wrong, "chunk.source_id", chunk.source_id, count);
    let faults = faults_by_row(&mut wrong, chunk.faults, count);
    wrong.into_result()?;
    let mut original = Originals::default();
    chunk.original.iter().for_each(|text| original.push(text));
    let pack = ObservationPack {
        row: chunk.row,
        place_id,
        measure_id,
        period,
        source_id,
        value: chunk.value,
        revised_at_us: chunk.revised_at_us,
        closes_row: chunk.closes_row,
        original,
        faults: (0..).zip(faults).filter(|(_, faults)| !faults.is_empty()).collect(),
    };
    Ok((named, pack))
}

/// A column of texts, with what is wrong with its shape.
fn text_cells(wrong: &mut Violations, field: &str, column: Option<TextColumn>, rows: usize) -> TextCells {
    let TextColumn { dictionary, index } = column.unwrap_or_default();
    check_length(wrong, field, index.len(), rows);
    let cells = TextCells { dictionary: dictionary.into_iter().map(Into::into).collect(), index };
    if let Some(row) = cells.outside() {
        let texts = cells.dictionary.len();
        wrong.check(
            false,
            format!("{field}.index[{row}]"),
            format!("超出字典范围（{texts} 项）"),
            format!("points outside the dictionary of {texts}"),
        );
    }
    cells
}

fn check_count(wrong: &mut Violations, field: &str, count: usize, most: usize) {
    wrong.check(
        count <= most,
        field,
        format!("有 {count} 行，每块最多 {most} 行"),
        format!("holds {count} rows; a chunk holds at most {most}"),
    );
}

fn check_length(wrong: &mut Violations, field: &str, length: usize, rows: usize) {
    wrong.check(
        length == rows,
        field,
        format!("有 {length} 项，应与行数 {rows} 相同"),
        format!("has {length} entries for {rows} rows"),
    );
}

fn check_row_numbers(wrong: &mut Violations, field: &str, mut rows: impl Iterator<Item = u64>) {
    let too_large = rows.position(|row| i64::try_from(row).is_err());
    if let Some(index) = too_large {
        wrong.check(false, format!("{field}[{index}]"), "行号过大", "the row number is too large");
    }
}

fn check_originals<'a>(wrong: &mut Violations, field: &str, mut originals: impl Iterator<Item = &'a String>) {
    let too_long = originals.position(|original| original.len() > MAX_ORIGINAL_BYTES);
    if let Some(index) = too_long {
        wrong.check(
            false,
            format!("{field}[{index}]"),
            format!("一行原文超过 {MAX_ORIGINAL_BYTES} 字节"),
            format!("the original text of a row is longer than {MAX_ORIGINAL_BYTES} bytes"),
        );
    }
}

/// The reader's faults, each with its row.
fn faults_by_row(wrong: &mut Violations, faults: Vec<pb::RowFault>, rows: usize) -> Vec<Vec<Reason>> {
    let mut by_row = vec![Vec::new(); rows];
    for (nth, fault) in faults.into_iter().enumerate() {
        let row = usize::try_from(fault.index).ok().and_then(|index| by_row.get_mut(index));
        let Some(row) = row else {
            wrong.check(
                false,
                format!("chunk.faults[{nth}].index"),
                format!("没有第 {} 行", fault.index),
                format!("there is no row {}", fault.index),
            );
            continue;
        };
        if row.len() < MAX_FAULTS {
            row.push(reported(&fault));
        }
    }
    by_row
}

fn reported(fault: &pb::RowFault) -> Reason {
    let code = if fault.reason.is_empty() { "INVALID" } else { &fault.reason };
    let said = fault.message.as_ref();
    let cut = |text: &str| excerpt(text, MAX_FAULT_CHARS);
    let message = Text::new(cut(said.map_or("", |text| &text.zh)), cut(said.map_or("", |text| &text.en)));
    Reason::new(&cut(&fault.column), &cut(code), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_of_a_chunk_of_places_follows_its_attributes_and_not_their_order() {
        let chunk = |attributes: &[(&str, &str)]| {
            let attributes =
                attributes.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            let place = pb::Place { id: "A".into(), attributes, ..pb::Place::default() };
            let row = pb::PlaceRow { row: 2, place: Some(place), ..pb::PlaceRow::default() };
            pb::PlaceChunk { sequence: 1, rows: vec![row], ..pb::PlaceChunk::default() }
        };
        let fingerprint = |attributes| place_chunk(chunk(attributes)).unwrap().0.fingerprint;
        // A map of its own for each: their orders differ.
        let names: Vec<String> = (0..40).map(|nth| format!("n{nth}")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
        assert_eq!(fingerprint(&many), fingerprint(&many));
        assert_ne!(fingerprint(&many), fingerprint(&many[1..]));
        assert_ne!(fingerprint(&[("a", "bc")]), fingerprint(&[("ab", "c")]));
        let (_, rows) = place_chunk(chunk(&[("lng", "121.5")])).unwrap();
        assert_eq!(rows[0].place.as_ref().unwrap().description.attributes["lng"], "121.5");
    }
}
