//! Batches (批次): one delivery each, from the first row to the seal.
//!
//! # What the seal decides
//! A delivery is decided as a whole, in one step, so that the order and the repetition of its rows never matter:
//!
//! 1. A row with a fault of its own is *rejected*, with all its faults.
//! 2. Rows left that speak of one thing and contradict each other are a conflict: all of them are *rejected*.
//! 3. Of the rest, what the record does not know is *accepted*; what it knows with the same content is a
//!    *duplicate*; what it knows with other content is *corrected*: a newer revision, the older stays.
//!
//! The counts always add up: read = accepted + corrected + duplicate + rejected (invariant 10 of ARCHITECTURE).
//!
//! # Staging
//! A delivery that asks for it is held once it is complete: STAGED. A preview decides it and takes everything back; a
//! commit decides it for good, unless it moves a measure so far that a second person has to agree. See
//! [`super::review`].
//!
//! # Withdrawal
//! Seals and withdrawals are counted together: each takes the next [`Position`], at a later time than the one before.
//! A batch is seen as of position P if it was sealed at P or before and was not withdrawn at P or before, by every
//! read and by every later seal. Duplicates are kept too, so what another batch said as well stays in force.

use jiff::Timestamp;

use super::ids::BatchId;
use super::layout::SheetLayout;
use super::quarantine::QuarantineCounts;
use super::review::{Decision, Held, Movement};

/// Longest name of who decides about a batch, in characters.
pub const MAX_AUTHOR_CHARS: usize = 100;
/// Longest reason of a decision, in characters.
pub const MAX_REASON_CHARS: usize = 1_000;
/// Longest name of a delivery, in characters.
pub const MAX_FILE_NAME_CHARS: usize = 1_000;

/// A count of seals and withdrawals: reading as of position n sees exactly what the first n of them left in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// What a delivery brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchKind {
    /// Places.
    Places,
    /// Observations.
    Observations,
}

/// What became of the rows of a delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows that arrived.
    pub read: u64,
    /// New to the record.
    pub accepted: u64,
    /// Newer revisions of something on record.
    pub corrected: u64,
    /// Already on record, or earlier in the same delivery, with the same content.
    pub duplicate: u64,
    /// Refused.
    pub rejected: u64,
}

impl RowCounts {
    /// Whether every row that was read has exactly one verdict.
    #[must_use]
    pub fn add_up(&self) -> bool {
        self.read == self.accepted + self.corrected + self.duplicate + self.rejected
    }
}

/// A delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Id.
    pub id: BatchId,
    /// What it brings.
    pub kind: BatchKind,
    /// The name the caller gave the delivery.
    pub file_name: String,
    /// The caller's request id.
    pub request_id: String,
    /// When its header arrived.
    pub received_at: Timestamp,
    /// SHA-256 of what the file holds, if the caller said.
    pub content_sha256: Option<[u8; 32]>,
    /// How the file was laid out, if the caller said.
    pub layout: Option<SheetLayout>,
    /// The batch whose rejected rows it brings again.
    pub corrects: Option<BatchId>,
    /// `None` until it is sealed: nothing of it can be read.
    pub seal: Option<Seal>,
    /// Set only on a sealed batch, once and for all: out of force.
    pub withdrawal: Option<Withdrawal>,
    /// Set while it is complete and not sealed; `None` while rows are arriving.
    pub held: Option<Held>,
    /// Set when a staged batch was committed.
    pub committed: Option<Decision>,
    /// Set when a second person approved.
    pub approved: Option<Decision>,
    /// Set when it is given up.
    pub discarded: Option<Decision>,
    /// What it moves by more than the configured share, as of its commit, greatest first.
    pub movements: Vec<Movement>,
    /// What became of its rejected rows.
    pub quarantine: QuarantineCounts,
}

/// What makes a delivery part of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// 1 for the first sealed batch, and so on; withdrawals take positions too.
    pub position: Position,
    /// When it took force; later than the seal or withdrawal before it, whatever the machine's clock did. Its rows
    /// arrived when the seal began: not later, and after the seal or withdrawal before it too.
    pub sealed_at: Timestamp,
    /// What became of its rows.
    pub counts: RowCounts,
}

/// What takes a sealed batch out of force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The batch is seen as of the position before this one, and no longer as of this one.
    pub position: Position,
    /// Who decided it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When; later than the seal or withdrawal before it.
    pub withdrawn_at: Timestamp,
}

/// Position and time, in microseconds, of the next seal or withdrawal after `newest`, which took place at `last`. A
/// clock that was set back must not make a delivery older than one before it.
#[must_use]
pub fn next_step(newest: Position, last: Option<i64>, now: Timestamp) -> (Position, i64) {
    let now = now.as_microsecond();
    (Position(newest.0 + 1), last.map_or(now, |last| now.max(last + 1)))
}

/// As of when to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Seals and withdrawals up to this one are seen.
    pub position: Position,
    /// Changes of precedence that count from this position or an earlier one are in force.
    pub precedence_position: Position,
}

impl AsOf {
    /// As of a position in the past: gives the same answer for ever, because a change of precedence made while
    /// `newest` was the newest position counts from the one after it.
    #[must_use]
    pub fn at(position: Position) -> Self {
        Self { position, precedence_position: position }
    }

    /// As of now: a change of precedence counts from the next read on.
    #[must_use]
    pub fn now(newest: Position) -> Self {
        Self { position: newest, precedence_position: Position(newest.0 + 1) }
    }
}
