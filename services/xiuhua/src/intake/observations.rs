//! A file of observations: place, indicator, period, value, and perhaps source and time of revision; one row a value, or
//! one row a place.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use xiuhua_contracts::ingestion::v1::ObservationChunk;
use xiuhua_contracts::measure::v1::TextColumn;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_spreadsheets::layout::{self, Kind, Mapping};
use xiuhua_spreadsheets::observations::{Observation, ObservationReader};
use xiuhua_spreadsheets::returned::{Correction, Corrections};
use xiuhua_spreadsheets::table::{Remark, Table};

use super::{Chunked, OBSERVATIONS_A_CHUNK, ReadBy, TEXT_A_CHUNK, UnusableFile, fault, unmended, vocabulary};

/// Reads a file of observations chunk by chunk.
pub(crate) struct ObservationFile {
    reader: ObservationReader,
    by: ReadBy,
    sequence: u64,
    /// The chunk in the making.
    open: Columns,
    /// Chunks that are complete: a wide row can fill more than one.
    complete: VecDeque<ObservationChunk>,
    ended: bool,
    /// Of a returned sheet: the rows it brings again.
    corrections: Option<Corrections>,
}

impl ObservationFile {
    /// Opens a file that names indicators of a catalog by their codes, names or measure ids. Where the catalog cannot be
    /// used, what can be said of the file without one is said all the same.
    ///
    /// # Errors
    /// [`UnusableFile`] with everything that is wrong with it or with how the mapping fits it.
    pub(crate) fn open(
        path: &Path,
        mapping: &Mapping,
        catalog: Option<&Catalog>,
    ) -> Result<Self, UnusableFile> {
        let vocabulary = catalog.map(vocabulary).unwrap_or_default();
        let table = layout::open(path, Kind::Observations, mapping, &vocabulary)?;
        let catalog =
            catalog.map(|catalog| (catalog.id.clone(), catalog.version.clone())).unwrap_or_default();
        let reader = ObservationReader::new(table, path, mapping, vocabulary)?;
        let by = ReadBy { mapping: reader.read_by().to_owned(), catalog };
        Ok(Self {
            reader,
            by,
            sequence: 0,
            open: Columns::default(),
            complete: VecDeque::new(),
            ended: false,
            corrections: None,
        })
    }

    /// The same file, as one that brings rejected rows again.
    pub(crate) fn correcting(self, corrections: Option<Corrections>) -> Self {
        Self { corrections, ..self }
    }
}

impl Chunked for ObservationFile {
    type Chunk = ObservationChunk;

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
        self.open = Columns::default();
        self.complete.clear();
        self.ended = false;
        self.reader.rewind()
    }

    fn next_chunk(&mut self) -> Result<Option<ObservationChunk>, UnusableFile> {
        let Self { reader, sequence, open, complete, ended, corrections, .. } = self;
        let mut close = |open: &mut Columns| {
            *sequence += 1;
            std::mem::take(open).finish(*sequence)
        };
        while complete.is_empty() && !*ended {
            *ended = !reader.read_row(|observation| {
                let brought = corrections.as_ref().zip(observation.closes_row);
                let correction = brought.and_then(|(them, row)| them.of(row, observation.original));
                let brings = |it: &Correction<'_>| it.brings(observation.column, observation.value);
                if !correction.as_ref().is_none_or(brings) {
                    return;
                }
                open.push(&observation, correction.as_ref());
                if open.is_full() {
                    complete.push_back(close(open));
                }
            })?;
        }
        if *ended && !open.is_empty() {
            complete.push_back(close(open));
        }
        Ok(complete.pop_front())
    }
}

/// A chunk in the making.
#[derive(Default)]
struct Columns {
    chunk: ObservationChunk,
    place: Dictionary,
    measure: Dictionary,
    period: Dictionary,
    source: Dictionary,
    text_bytes: usize,
    closes_rows: bool,
}

impl Columns {
    fn push(&mut self, observation: &Observation<'_>, correction: Option<&Correction<'_>>) {
        let chunk = &mut self.chunk;
        let index = chunk.row.len();
        if index == 0 {
            chunk.row.reserve(OBSERVATIONS_A_CHUNK);
            chunk.value.reserve(OBSERVATIONS_A_CHUNK);
            chunk.original.reserve(OBSERVATIONS_A_CHUNK);
        }
        chunk.faults.extend(observation.faults.iter().map(|found| fault(index, found.clone())));
        if let Some(correction) = correction {
            unmended(index, correction, observation.column, &mut chunk.faults);
        }
        self.text_bytes += observation.original.len() + self.place.push(observation.place_id);
        self.text_bytes += self.measure.push(observation.measure_id) + self.period.push(observation.period);
        self.text_bytes += self.source.push(observation.source);
        chunk.value.push(observation.value);
        chunk.revised_at_us.push(observation.revised_at_us.unwrap_or(0));
        chunk.row.push(observation.row);
        chunk.closes_row.push(observation.closes_row.unwrap_or(0));
        self.closes_rows |= observation.closes_row.is_some();
        chunk.original.push(observation.original.to_owned());
    }

    fn is_empty(&self) -> bool {
        self.chunk.row.is_empty()
    }

    fn is_full(&self) -> bool {
        self.chunk.row.len() == OBSERVATIONS_A_CHUNK || self.text_bytes >= TEXT_A_CHUNK
    }

    fn finish(mut self, sequence: u64) -> ObservationChunk {
        if !self.closes_rows {
            self.chunk.closes_row.clear();
        }
        ObservationChunk {
            sequence,
            place_id: Some(self.place.column),
            measure_id: Some(self.measure.column),
            period: Some(self.period.column),
            source_id: Some(self.source.column),
            ..self.chunk
        }
    }
}

/// A text column that grows.
#[derive(Default)]
struct Dictionary {
    column: TextColumn,
    positions: HashMap<String, u32>,
    /// The last text and its position: neighbours are often alike.
    last: Option<u32>,
}

impl Dictionary {
    /// Adds a text; gives how many bytes the dictionary grew by.
    fn push(&mut self, text: &str) -> usize {
        if let Some(last) = self.last
            && self.column.dictionary[last as usize] == text
        {
            self.column.index.push(last);
            return 0;
        }
        let (position, grown) = match self.positions.get(text) {
            Some(position) => (*position, 0),
            None => {
                let position = u32::try_from(self.column.dictionary.len()).expect("a chunk is small");
                self.column.dictionary.push(text.to_owned());
                self.positions.insert(text.to_owned(), position);
                (position, text.len())
            }
        };
        self.last = Some(position);
        self.column.index.push(position);
        grown
    }
}
