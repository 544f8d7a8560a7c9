//! Files in: CSV (UTF-8) of places and observations becomes typed rows, with the faults of each row beside it.
//!
//! A reader never refuses a row by itself: it says what it could not type, keeps the row's original text, and
//! ingestion decides, adding the faults it finds. Memory is bounded by a chunk, whatever the size of the file.

pub(crate) mod document;
pub(crate) mod mapping;
pub(crate) mod observations;
pub(crate) mod places;

pub(crate) use document::{Document, UnusableFile, sha256};
pub(crate) use mapping::Mapping;

use xiuhua_contracts::ingestion::v1::RowFault;
use xiuhua_contracts::measure::v1::Text;

/// A file that is delivered chunk by chunk, from its start as often as needed.
pub(crate) trait Chunked {
    /// What it is cut into.
    type Chunk;

    /// The file behind it.
    fn document(&self) -> &Document;

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

/// Rows a chunk carries at most; below the contracts' limits of 5,000 places and 50,000 observations.
pub(crate) const PLACES_A_CHUNK: usize = 2_000;
/// See [`PLACES_A_CHUNK`].
pub(crate) const OBSERVATIONS_A_CHUNK: usize = 20_000;

/// A fault of the row at `index` of its chunk.
pub(crate) fn fault(index: usize, column: &str, reason: &str, zh: String, en: String) -> RowFault {
    RowFault {
        index: u32::try_from(index).expect("a chunk holds fewer rows than u32 counts"),
        column: column.to_owned(),
        reason: reason.to_owned(),
        message: Some(Text { zh, en }),
    }
}
