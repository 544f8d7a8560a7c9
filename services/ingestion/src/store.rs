//! The record of ingestion behind one trait, so that the service and its tests do not know which database it is.
//!
//! Every write is one transaction that a dropped call cannot halve, and is acknowledged after its commit. Reads name
//! the position they are as of; sealed rows are never changed and a withdrawal takes a position of its own, so several reads as of one position see one record.

/// The positions at which withdrawn batches were sealed: withdrawn as of a position, or by now. They are few.
macro_rules! withdrawn {
    ($as_of:literal) => {
        concat!("(SELECT batch_position FROM withdrawal WHERE position <= ", $as_of, ")")
    };
    () => {
        "(SELECT batch_position FROM withdrawal)"
    };
}

mod packs;
mod postgres;
mod rows;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::database::Backend;
use xiuhua_service_kit::request_id::RequestId;

use crate::domain::activity::SourceActivity;
use crate::domain::batch::{AsOf, Batch, BatchKind, Position, RowCounts};
use crate::domain::effective::{ColumnStretch, PlaceAxis, Precedences};
use crate::domain::ids::{BatchId, MeasureId, PlaceId};
use crate::domain::layout::SheetLayout;
use crate::domain::measure::Measure;
use crate::domain::observation::{Cell, ObservationRevision};
use crate::domain::pack::ObservationPack;
use crate::domain::period::Period;
use crate::domain::place::{Place, PlaceRevision, PlaceRow};
use crate::domain::quarantine::{QuarantineState, QuarantinedRow};
use crate::domain::rejection::RejectedRow;
use crate::domain::review::Preview;
use crate::domain::source::{Source, SourceEntry};
use crate::error::Error;

/// Opens the store that `url` names and brings its schema up to date.
///
/// `sqlite:PATH` is a file, made if absent; `sqlite::memory:` a store of this process alone;
/// `postgres://ROLE:PASSWORD@HOST:PORT/DATABASE` a database of a server.
///
/// # Errors
/// [`Error::Store`] if the URL names no known backend, or the database cannot be opened or migrated.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, Error> {
    Ok(match Backend::of(url).map_err(|error| Error::Store(Box::new(error)))? {
        Backend::Sqlite => Arc::new(sqlite::Record::open(url).await?),
        Backend::Postgres => Arc::new(postgres::Record::open(url).await?),
    })
}

/// A query that must stay fast however large the record grows.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct HotQuery {
    /// What it is for.
    pub name: &'static str,
    /// Its text, with `$1` and so on for its values.
    pub sql: &'static str,
    /// The definitions of the scratch tables it reads, if any.
    pub scratch: &'static [&'static str],
}

impl HotQuery {
    const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, scratch: &[] }
    }
}

/// Every query on a hot path, for the test that holds their plans.
#[doc(hidden)]
#[must_use]
pub fn hot_queries(backend: Backend) -> Vec<HotQuery> {
    match backend {
        Backend::Sqlite => sqlite::hot_queries(),
        Backend::Postgres => postgres::hot_queries(),
    }
}

/// What writers that need it have to themselves to the end of their transaction.
#[derive(Clone, Copy, Debug)]
enum Matter {
    /// The count of positions, and the precedences that count from them.
    Positions,
    /// The register of measures.
    Measures,
}

/// A mutation as the caller named it: done once, and answered from memory ever after.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// The caller's name of it.
    pub request_id: RequestId,
    /// The method: one name cannot stand for two kinds of mutation.
    pub method: &'static str,
    /// Hash of the request.
    pub fingerprint: [u8; 32],
}

/// What a registration of measures changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// New measures.
    pub created: u32,
    /// Known measures with another name, source system or derivation.
    pub updated: u32,
}

/// A delivery that is about to begin.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// The caller's name of it.
    pub mutation: Mutation,
    /// What it brings.
    pub kind: BatchKind,
    /// The name the caller gave it.
    pub file_name: String,
    /// SHA-256 of what the file holds, if the caller says.
    pub content_sha256: Option<[u8; 32]>,
    /// Hold it once it is complete.
    pub stage: bool,
    /// How the file is laid out, if the caller says.
    pub layout: Option<SheetLayout>,
    /// The batch whose rejected rows it brings again: sealed, and of the same kind.
    pub corrects: Option<BatchId>,
    /// Now.
    pub received_at: Timestamp,
    /// Deliveries that are OPEN and whose newest stream began before this instant are given up: what is staged of
    /// them is discarded, and they begin anew if they are ever resumed. Those STAGED since before it are DISCARDED.
    pub given_up_before: Timestamp,
}

/// A delivery as its header found it.
#[derive(Clone, Debug)]
pub enum Opened {
    /// Rows may come: new, or OPEN from a stream that broke off.
    Open {
        /// The right to go on with it.
        delivery: OpenDelivery,
        /// The chunks up to this one are staged: 0 for none.
        acknowledged: u64,
    },
    /// Complete before, by the same header: no rows are read.
    Complete(Box<Batch>),
}

/// The right to add rows to a delivery and to complete it. A later stream with the same header takes it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenDelivery {
    /// What it brings.
    pub kind: BatchKind,
    /// The number of its batch.
    pub batch_no: i64,
    /// Which of the streams that have opened it: an earlier one is shut out.
    pub attempt: i64,
    /// It is held once it is complete.
    pub stage: bool,
    /// The number of the batch that it corrects.
    pub corrects: Option<i64>,
}

/// A chunk by its name and its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// 1 for the first chunk of a delivery, and so on.
    pub sequence: u64,
    /// Hash of all it holds: tells the same chunk that comes again from another.
    pub fingerprint: [u8; 32],
}

/// A decision about a batch: its withdrawal, approval or discarding.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// The caller's name of it.
    pub mutation: Mutation,
    /// Which batch.
    pub batch_id: BatchId,
    /// Who decides.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Tells when it takes force: asked at the end of the transaction, not when the call came.
    pub clock: SharedClock,
}

/// The commit of a staged batch.
#[derive(Clone, Debug)]
pub struct NewCommit {
    /// The caller's name of it.
    pub mutation: Mutation,
    /// Which batch.
    pub batch_id: BatchId,
    /// SHA-256 of the file that is meant.
    pub content_sha256: [u8; 32],
    /// Who commits.
    pub author: String,
    /// The counts that the caller has seen; `None` takes whatever they are.
    pub expected: Option<RowCounts>,
    /// The newest position of the preview that the caller has seen; `None` takes whatever the record has become.
    pub preview_position: Option<Position>,
    /// The share above which a second person has to agree; `None` for nobody has to.
    pub second_person_above: Option<f64>,
    /// Tells when it takes force.
    pub clock: SharedClock,
}

/// The word of a second person on a batch.
#[derive(Clone, Debug)]
pub struct NewApproval {
    /// Who, which batch, and why.
    pub decision: NewDecision,
    /// SHA-256 of the file that is meant, if the caller says.
    pub content_sha256: Option<[u8; 32]>,
    /// The counts that the caller has seen; `None` takes whatever they are.
    pub expected: Option<RowCounts>,
    /// The newest position of the preview that the caller has seen; `None` takes whatever the record has become.
    pub preview_position: Option<Position>,
}

impl From<NewDecision> for NewApproval {
    /// The word of a person who says nothing of what was looked at.
    fn from(decision: NewDecision) -> Self {
        Self { decision, content_sha256: None, expected: None, preview_position: None }
    }
}

/// What to look at before a batch is committed.
#[derive(Clone, Debug)]
pub struct PreviewQuery {
    /// Which batch.
    pub batch_id: BatchId,
    /// Samples of each verdict but rejected, at most [`crate::domain::review::MAX_SAMPLES`].
    pub samples: u32,
    /// Rejected rows, at most [`crate::domain::review::MAX_REJECTED_ROWS`].
    pub rejected_rows: u32,
    /// Tells when its rows would arrive.
    pub clock: SharedClock,
}

/// Rejected rows that nobody will mend.
#[derive(Clone, Debug)]
pub struct NewGiveUp {
    /// The caller's name of it.
    pub mutation: Mutation,
    /// Which batch.
    pub batch_id: BatchId,
    /// Row numbers; none means every row that is OPEN.
    pub rows: Vec<u64>,
    /// Who decides.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Now.
    pub given_up_at: Timestamp,
}

/// Which rows of the quarantine to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuarantineFilter {
    /// Only of this batch; without, of every batch that is not withdrawn.
    pub batch_id: Option<BatchId>,
    /// Only those of which this became.
    pub state: Option<QuarantineState>,
}

/// Which places to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceFilter {
    /// Only of this town.
    pub town_code: Option<String>,
    /// Only of this committee.
    pub committee: Option<String>,
}

/// Rejected rows are listed after this one: row number, place in the delivery.
pub type RejectedKey = (u64, u64);

/// Quarantined rows are listed after this one: number of the batch, row number, place in the delivery.
pub type QuarantineKey = (u64, u64, u64);

/// The record.
#[async_trait]
pub trait Store: Send + Sync {
    /// The newest position.
    async fn position(&self) -> Result<Position, Error>;
    /// The position that was the newest at an instant, by the times on record; 0 before the first.
    async fn position_at(&self, instant: Timestamp) -> Result<Position, Error>;

    /// Registers measures, all or none.
    ///
    /// # Errors
    /// [`Error::MeasureDiffers`] if a known measure has another unit or other bounds; [`Error::KeyReused`].
    async fn register_measures(
        &self,
        mutation: Mutation,
        measures: Vec<Measure>,
    ) -> Result<Registration, Error>;
    /// A measure.
    async fn measure(&self, id: &MeasureId) -> Result<Option<Measure>, Error>;
    /// Measures by id, after `after`.
    async fn measures(&self, after: Option<&str>, limit: i64) -> Result<Vec<Measure>, Error>;
    /// Those of `ids` that are not registered, in their order.
    async fn unknown_measures(&self, ids: &[MeasureId]) -> Result<Vec<MeasureId>, Error>;

    /// Creates or updates a source, and gives it as it then is. A change of precedence counts from the position after
    /// the newest.
    ///
    /// # Errors
    /// [`Error::KeyReused`].
    async fn put_source(&self, mutation: Mutation, entry: SourceEntry) -> Result<Source, Error>;
    /// Sources by precedence, then id, after `after`.
    async fn sources(&self, after: Option<(u32, String)>, limit: i64) -> Result<Vec<Source>, Error>;
    /// Precedences in force.
    async fn precedences(&self, as_of: AsOf) -> Result<Precedences, Error>;

    /// Opens a delivery, or finds it.
    ///
    /// # Errors
    /// [`Error::KeyReused`] if the request id stands for something else.
    async fn open_delivery(&self, delivery: NewDelivery) -> Result<Opened, Error>;
    /// Keeps a chunk of places until the seal. Durable when this returns. A chunk that was staged before and comes
    /// again changes nothing.
    ///
    /// # Errors
    /// [`Error::DeliveryTakenOver`] if another stream has opened the delivery since, or it is sealed;
    /// [`Error::SequenceGap`] if chunks before this one are missing; [`Error::KeyReused`] if another chunk of this
    /// sequence was staged before.
    async fn stage_places(&self, to: OpenDelivery, chunk: Chunk, rows: Vec<PlaceRow>) -> Result<(), Error>;
    /// Keeps a chunk of observations until the seal. Durable when this returns.
    ///
    /// # Errors
    /// As [`Store::stage_places`].
    async fn stage_observations(
        &self,
        to: OpenDelivery,
        chunk: Chunk,
        pack: ObservationPack,
    ) -> Result<(), Error>;
    /// Completes a delivery of `chunks` chunks. One that is to be staged is held as it is. Every row of any other is
    /// decided (see [`crate::domain::batch`]) and the delivery put in force, in one step. The clock is asked when it is its turn, for the arrival of its rows, and at the end, for the time from
    /// which it is in force: what was the newest position at an instant that is past must not change any more.
    ///
    /// # Errors
    /// [`Error::DeliveryTakenOver`]; [`Error::ChunkCountDiffers`] if other than `chunks` chunks are staged, and then
    /// the delivery is as it was.
    async fn seal(&self, delivery: OpenDelivery, chunks: u64, clock: SharedClock) -> Result<Batch, Error>;
    /// What sealing a held batch would do if it were done now: the decisions of the seal, taken back.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::BatchNotStaged`] unless it is STAGED or AWAITING_APPROVAL;
    /// [`Error::PreviewUnderWay`].
    async fn preview(&self, query: PreviewQuery) -> Result<Preview, Error>;
    /// Seals a staged batch, or holds it for a second person, and gives it as it then is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::BatchNotStaged`]; [`Error::ContentDiffers`]; [`Error::OutcomeChanged`];
    /// [`Error::RecordMoved`]; these leave the batch as it was. [`Error::KeyReused`].
    async fn commit(&self, commit: NewCommit) -> Result<Batch, Error>;
    /// Seals a batch that waits for a second person, and gives it as it then is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::BatchNotAwaitingApproval`]; [`Error::SamePerson`]; those of a commit.
    async fn approve(&self, approval: NewApproval) -> Result<Batch, Error>;
    /// Gives up a held batch with its rows, and gives it as it then is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::BatchNotStaged`] unless it is STAGED or AWAITING_APPROVAL; [`Error::KeyReused`].
    async fn discard(&self, discarding: NewDecision) -> Result<Batch, Error>;
    /// Takes a sealed batch out of force from a new position on, and gives it as it then is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::BatchNotSealed`]; [`Error::BatchWithdrawn`] if another call withdrew it;
    /// [`Error::KeyReused`].
    async fn withdraw(&self, withdrawal: NewDecision) -> Result<Batch, Error>;
    /// A batch.
    async fn batch(&self, id: &BatchId) -> Result<Option<Batch>, Error>;
    /// Batches, newest first, with the number that [`Store::batches`] takes as `before`.
    async fn batches(&self, before: Option<i64>, limit: i64) -> Result<Vec<(i64, Batch)>, Error>;
    /// Rejected rows of a sealed batch by row number, after `after`.
    async fn rejected_rows(
        &self,
        batch: &BatchId,
        after: Option<RejectedKey>,
        limit: i64,
    ) -> Result<Vec<RejectedRow>, Error>;
    /// Rejected rows of sealed batches with what became of them, by batch in the order of arrival, then row number.
    async fn quarantined_rows(
        &self,
        filter: &QuarantineFilter,
        after: Option<QuarantineKey>,
        limit: i64,
    ) -> Result<Vec<(QuarantineKey, QuarantinedRow)>, Error>;
    /// Gives up rejected rows that are OPEN, and says how many.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::KeyReused`].
    async fn give_up_rows(&self, giving_up: NewGiveUp) -> Result<u64, Error>;
    /// What was heard of each source, by its id, after `after`.
    async fn source_activity(&self, after: Option<&str>, limit: i64) -> Result<Vec<SourceActivity>, Error>;

    /// A place as of a position.
    async fn place(&self, id: &PlaceId, position: Position) -> Result<Option<Place>, Error>;
    /// Places as of a position by id (bytes), after `after`.
    async fn places(
        &self,
        filter: &PlaceFilter,
        position: Position,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Place>, Error>;
    /// Revisions of a place as of a position, newest first, before position `before`: descriptions that say the same
    /// as the one before them are one with it.
    async fn place_revisions(
        &self,
        id: &PlaceId,
        position: Position,
        before: Option<Position>,
        limit: i64,
    ) -> Result<Vec<PlaceRevision>, Error>;
    /// Every place as of a position.
    async fn place_axis(&self, position: Position) -> Result<PlaceAxis, Error>;

    /// At most `limit` effective values of one measure and period, from position `start` of the axis.
    async fn column(
        &self,
        measure: &MeasureId,
        period: &Period,
        reading: &ColumnQuery,
        start: usize,
        limit: usize,
    ) -> Result<ColumnStretch, Error>;
    /// Revisions of one value as of a position, the effective one first: by precedence, then newest, then source.
    /// Statements of one instant and value that follow each other are one, with the first of them to show for it.
    async fn observation_revisions(
        &self,
        cell: &Cell,
        as_of: AsOf,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<ObservationRevision>, Error>;
}

/// What all columns of one reading share.
#[derive(Clone, Debug)]
pub struct ColumnQuery {
    /// As of.
    pub position: Position,
    /// Every place as of the position.
    pub axis: Arc<PlaceAxis>,
    /// Precedences in force.
    pub precedences: Arc<Precedences>,
}
