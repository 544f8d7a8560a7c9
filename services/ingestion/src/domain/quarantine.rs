//! Quarantine (隔离区): what became of the rejected rows of sealed batches.
//!
//! A rejected row is OPEN until a sealed batch brings it again, and then CLOSED whatever that batch decided about it:
//! if it is rejected once more it is OPEN there. It is kept to row numbers: rows that share one are closed together.
//! Where the batch that closed it is withdrawn it is OPEN again, or GIVEN_UP if it was. A row number that the corrected
//! batch did not reject corrects nothing: the row that names it is rejected (`UNKNOWN_CORRECTION`).

use super::batch::BatchKind;
use super::ids::BatchId;
use super::rejection::RejectedRow;
use super::review::Decision;

/// Most row numbers of one giving up.
pub const MAX_ROWS_GIVEN_UP: usize = 1_000;

/// What became of the rejected rows of a batch; together they are all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuarantineCounts {
    /// Wait to be mended or given up.
    pub open: u64,
    /// Delivered again.
    pub closed: u64,
    /// Given up.
    pub given_up: u64,
}

/// Which rows to list, by what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuarantineState {
    /// Waits to be mended or given up.
    Open,
    /// Delivered again by a batch in force.
    Closed,
    /// Given up.
    GivenUp,
}

/// What became of a row, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    Open,
    /// Delivered again.
    Closed {
        /// By which batch.
        batch_id: BatchId,
        /// By which of its rows: the first.
        row: u64,
    },
    /// Given up.
    GivenUp(Decision),
}

/// A rejected row and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedRow {
    /// The batch that rejected it.
    pub batch_id: BatchId,
    /// Its name.
    pub file_name: String,
    /// What it brought.
    pub kind: BatchKind,
    /// The row.
    pub row: RejectedRow,
    /// What became of it.
    pub outcome: Outcome,
}
