//! Packs as they stand in tables: columns of little-endian numbers behind each other, texts by their lengths.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rows::{from_json, json};
use crate::domain::pack::{ObservationPack, Originals, TextCells};
use crate::domain::rejection::Reason;
use crate::error::Error;

/// Of this layout; another begins with another byte.
const VERSION: u8 = 1;

const UNREADABLE: Error = Error::Inconsistent("a pack of rows cannot be read");

/// A pack as bytes.
pub(super) fn encode(pack: &ObservationPack) -> Result<Vec<u8>, Error> {
    // Most packs hold short indexes and a value a row beside the texts.
    let mut bytes = Vec::with_capacity(64 + pack.len() * 24 + pack.original.text.len());
    bytes.push(VERSION);
    put_length(&mut bytes, pack.len());
    put_rows(&mut bytes, &pack.row);
    for cells in [&pack.place_id, &pack.measure_id, &pack.period, &pack.source_id] {
        put_cells(&mut bytes, cells);
    }
    bytes.extend(pack.value.iter().flat_map(|value| value.to_bits().to_le_bytes()));
    let times = &pack.revised_at_us;
    put_column(&mut bytes, times.len(), times.iter().flat_map(|time| time.to_le_bytes()));
    let closes = &pack.closes_row;
    put_column(&mut bytes, closes.len(), closes.iter().flat_map(|row| row.to_le_bytes()));
    let Originals { text, ends } = &pack.original;
    put_column(&mut bytes, ends.len(), ends.iter().flat_map(|end| end.to_le_bytes()));
    put_text(&mut bytes, text);
    let faults: Vec<(&usize, &Vec<Reason>)> = pack.faults.iter().collect();
    put_text(&mut bytes, &if faults.is_empty() { String::new() } else { json(&faults)? });
    Ok(bytes)
}

/// The pack that bytes are.
pub(super) fn decode(bytes: &[u8]) -> Result<ObservationPack, Error> {
    let mut reader = Reader(bytes);
    if reader.take(1)? != [VERSION] {
        return Err(UNREADABLE);
    }
    let rows = reader.length()?;
    let row = reader.rows(rows)?;
    let [place_id, measure_id, period, source_id] =
        [reader.cells(rows)?, reader.cells(rows)?, reader.cells(rows)?, reader.cells(rows)?];
    let value = reader.numbers(rows, |bytes| f64::from_bits(u64::from_le_bytes(bytes)))?;
    let revised_at_us = reader.column(rows, i64::from_le_bytes)?;
    let closes_row = reader.column(rows, u64::from_le_bytes)?;
    let ends = reader.column(rows, u32::from_le_bytes)?;
    let text = reader.text()?.to_owned();
    let faults = match reader.text()? {
        "" => BTreeMap::new(),
        faults => from_json::<Vec<(usize, Vec<Reason>)>>(faults)?.into_iter().collect(),
    };
    let original = Originals { text, ends };
    Ok(ObservationPack {
        row,
        place_id,
        measure_id,
        period,
        source_id,
        value,
        revised_at_us,
        closes_row,
        original,
        faults,
    })
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    // A message holds a few MiB, so every length fits; a pack that did not could not be read back.
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

/// A column that has an entry a row or none at all.
fn put_column(bytes: &mut Vec<u8>, entries: usize, column: impl Iterator<Item = u8>) {
    bytes.push(u8::from(entries != 0));
    bytes.extend(column);
}

/// Row numbers mostly rise by one: then the first is enough.
fn put_rows(bytes: &mut Vec<u8>, rows: &[u64]) {
    let first = rows.first().copied().unwrap_or(0);
    let rises = (first..).zip(rows).all(|(expected, row)| expected == *row);
    bytes.push(u8::from(!rises));
    if rises {
        bytes.extend(first.to_le_bytes());
    } else {
        bytes.extend(rows.iter().flat_map(|row| row.to_le_bytes()));
    }
}

/// Indexes take one, two or four bytes, as the dictionary needs.
fn put_cells(bytes: &mut Vec<u8>, cells: &TextCells) {
    put_length(bytes, cells.dictionary.len());
    for text in &cells.dictionary {
        put_text(bytes, text);
    }
    let index = cells.index.iter();
    match cells.dictionary.len() {
        0..=0xff => bytes.extend(index.map(|at| at.to_le_bytes()[0])),
        0x100..=0xffff => bytes.extend(index.flat_map(|at| [at.to_le_bytes()[0], at.to_le_bytes()[1]])),
        _ => bytes.extend(index.flat_map(|at| at.to_le_bytes())),
    }
}

/// What is left of the bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(UNREADABLE)?;
        self.0 = rest;
        Ok(taken)
    }

    fn numbers<const N: usize, T>(
        &mut self,
        count: usize,
        number: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, Error> {
        let (numbers, _) = self.take(count.checked_mul(N).ok_or(UNREADABLE)?)?.as_chunks::<N>();
        Ok(numbers.iter().map(|bytes| number(*bytes)).collect())
    }

    fn length(&mut self) -> Result<usize, Error> {
        let length = self.numbers(1, u32::from_le_bytes)?;
        usize::try_from(length[0]).map_err(|_| UNREADABLE)
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| UNREADABLE)
    }

    fn column<const N: usize, T>(
        &mut self,
        rows: usize,
        number: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, Error> {
        let is_there = self.take(1)? != [0];
        self.numbers(if is_there { rows } else { 0 }, number)
    }

    fn rows(&mut self, count: usize) -> Result<Vec<u64>, Error> {
        if self.take(1)? != [0] {
            return self.numbers(count, u64::from_le_bytes);
        }
        let first = self.numbers(1, u64::from_le_bytes)?[0];
        Ok((first..).take(count).collect())
    }

    fn cells(&mut self, rows: usize) -> Result<TextCells, Error> {
        let texts = self.length()?;
        let mut dictionary: Vec<Arc<str>> = Vec::new();
        for _ in 0..texts {
            dictionary.push(self.text()?.into());
        }
        let index = match texts {
            0..=0xff => self.numbers(rows, |[low]| u32::from(low))?,
            0x100..=0xffff => self.numbers(rows, |bytes| u32::from(u16::from_le_bytes(bytes)))?,
            _ => self.numbers(rows, u32::from_le_bytes)?,
        };
        TextCells::new(dictionary, index).ok_or(UNREADABLE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::observation::DeliveredObservation;
    use crate::domain::text::Text;

    fn rows() -> impl Strategy<Value = Vec<DeliveredObservation>> {
        let text = prop::sample::select(vec!["", "A", "绣花", "a\0b", "2021"]);
        let texts = (text.clone(), text.clone(), text.clone(), text.clone(), prop::option::of(text));
        let row = (any::<u64>(), texts, any::<f64>(), any::<Option<i64>>(), 0..3_u64, 0..5);
        let row = row.prop_map(
            |(row, (place, measure, period, source, original), value, revised, closes, fault)| {
                let found = Reason::new("value", "X", Text::new("错", "wrong"));
                DeliveredObservation {
                    row,
                    place_id: place.into(),
                    measure_id: measure.into(),
                    period: period.into(),
                    source_id: source.into(),
                    value,
                    revised_at_us: revised,
                    closes_row: Some(closes).filter(|row| *row != 0),
                    original: original.map(str::to_owned),
                    faults: if fault == 0 { vec![found] } else { Vec::new() },
                }
            },
        );
        prop::collection::vec(row, 0..20)
    }

    proptest! {
        #[test]
        fn a_pack_comes_back_as_it_was_and_a_part_of_one_is_refused(rows in rows(), cut in any::<prop::sample::Index>()) {
            let pack: ObservationPack = rows.into_iter().collect();
            let bytes = encode(&pack).unwrap();
            let back = decode(&bytes).unwrap();
            // NaN is not equal to itself; its bits are.
            let bits = |pack: &ObservationPack| pack.value.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&pack), bits(&back));
            let plain = |pack: ObservationPack| ObservationPack { value: Vec::new(), ..pack };
            prop_assert_eq!(plain(pack), plain(back));
            prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }

    #[test]
    fn indexes_are_as_wide_as_the_dictionary_needs() {
        for texts in [1_u32, 255, 256, 65_535, 65_536] {
            let cells =
                TextCells::new((0..texts).map(|nth| nth.to_string().into()).collect(), vec![texts - 1]);
            let cells = cells.unwrap();
            let mut bytes = Vec::new();
            put_cells(&mut bytes, &cells);
            assert_eq!(Reader(&bytes).cells(1).unwrap(), cells, "{texts}");
        }
    }
}
