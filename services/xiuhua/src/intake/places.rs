//! A file of places: estates with their town, committee, housing nature, households and any further attribute.

use std::path::Path;

use xiuhua_contracts::ingestion::v1::{Place, PlaceChunk, PlaceRow};
use xiuhua_spreadsheets::layout::{self, Kind, Mapping, Vocabulary};
use xiuhua_spreadsheets::places::{self, PlaceReader};
use xiuhua_spreadsheets::returned::Corrections;
use xiuhua_spreadsheets::table::{Remark, Table};

use super::{Chunked, PLACES_A_CHUNK, ReadBy, TEXT_A_CHUNK, UnusableFile, fault, unmended};

/// Reads a file of places chunk by chunk.
pub(crate) struct PlaceFile {
    reader: PlaceReader,
    by: ReadBy,
    sequence: u64,
    /// Of a returned sheet: the rows it brings again.
    corrections: Option<Corrections>,
    lacks_town_codes: bool,
}

impl PlaceFile {
    /// Opens a file.
    ///
    /// # Errors
    /// [`UnusableFile`] with everything that is wrong with it or with how the mapping fits it.
    pub(crate) fn open(path: &Path, mapping: &Mapping) -> Result<Self, UnusableFile> {
        let table = layout::open(path, Kind::Places, mapping, &Vocabulary::default())?;
        let mut reader = PlaceReader::new(table, path, mapping)?;
        let by = ReadBy { mapping: reader.read_by().to_owned(), ..ReadBy::default() };
        let lacks_town_codes = reader.survey_towns()?;
        Ok(Self { reader, by, sequence: 0, corrections: None, lacks_town_codes })
    }

    /// The same file, as one that brings rejected rows again.
    pub(crate) fn correcting(self, corrections: Option<Corrections>) -> Self {
        Self { corrections, ..self }
    }

    /// Whether a row names a town without its code.
    pub(crate) fn lacks_town_codes(&self) -> bool {
        self.lacks_town_codes
    }

    /// Learns the code of a town that is on record, for such rows.
    pub(crate) fn learn_town(&mut self, name: &str, code: &str) {
        self.reader.learn_town(name, code);
    }
}

impl Chunked for PlaceFile {
    type Chunk = PlaceChunk;

    fn table(&self) -> &Table {
        self.reader.table()
    }

    fn reading(&self) -> &ReadBy {
        &self.by
    }

    fn remarks(&self) -> Vec<Remark> {
        self.reader.remarks()
    }

    fn rewind(&mut self) -> Result<(), UnusableFile> {
        self.sequence = 0;
        self.reader.rewind()
    }

    fn next_chunk(&mut self) -> Result<Option<PlaceChunk>, UnusableFile> {
        let mut chunk = PlaceChunk::default();
        let mut bytes = 0;
        while chunk.rows.len() < PLACES_A_CHUNK && bytes < TEXT_A_CHUNK {
            let Some(mut place) = self.reader.next_place()? else { break };
            // Its fields say again what the original says.
            bytes += 2 * place.original.len();
            let index = chunk.rows.len();
            chunk.faults.extend(place.faults.drain(..).map(|found| fault(index, found)));
            let brought = self.corrections.as_ref().zip(place.closes_row);
            if let Some(correction) = brought.and_then(|(them, row)| them.of(row, &place.original)) {
                unmended(index, &correction, 0, &mut chunk.faults);
            }
            chunk.rows.push(row(place));
        }
        if chunk.rows.is_empty() {
            return Ok(None);
        }
        self.sequence += 1;
        chunk.sequence = self.sequence;
        Ok(Some(chunk))
    }
}

fn row(place: places::Place) -> PlaceRow {
    PlaceRow {
        row: place.row,
        original: place.original,
        closes_row: place.closes_row.unwrap_or(0),
        place: Some(Place {
            id: place.id,
            name: place.name,
            town_code: place.town_code,
            town_name: place.town,
            committee: place.committee,
            housing_nature: place.housing_nature,
            households: place.households,
            population: place.population,
            attributes: place.attributes.into_iter().collect(),
            ..Place::default()
        }),
    }
}
