//! The record of scoring: assessments and their results.
//!
//! A back end is one file below `store/`; [`open`] chooses it by the address. What the methods promise is written here
//! once and proved by one suite over every back end.

mod comparison;
mod gaps;
mod postgres;
mod reading;
mod rows;
mod scheme_rows;
mod sql;
mod sql_uncertainty;
#[expect(
    clippy::duplicate_mod,
    reason = "what both databases do in the same words is written once, in both/"
)]
mod sqlite;
mod tables;
#[cfg(test)]
mod tests;
mod uncertain_rows;
mod uncertain_tables;
mod uncertainty;
mod warnings;
mod weights;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use xiuhua_service_kit::database::{Backend, OpenError, holds_nul, passing};
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict};
use xiuhua_service_kit::status::Kind;

pub(crate) use self::gaps::treatment_word;
pub(crate) use self::reading::{
    Comparison, GroupQuery, KeyValue, PlaceRows, RankedPlace, RankingKey, RankingQuery, ResultStore,
    RowDifference, ThresholdUsed, WeightUsed,
};
pub(crate) use self::rows::level_of;
pub(crate) use self::uncertainty::{
    IntervalQuery, LeftOutShift, NewAnalysis, SensitivityUsed, StoredAnalysis, StoredInterval, Tier,
    UncertaintyStore,
};
pub(crate) use self::warnings::{
    Decided, Kept, NewWarnings, Unjudged, WarningFilter, WarningRuling, WarningStore,
};
pub(crate) use self::weights::{
    NewScheme, SchemeKept, SchemeNumber, SchemeRuled, SchemeRuling, SchemeVerdict, WeightStore,
};
use crate::domain::assessment::{Assessment, Failure};
use crate::domain::decision::{self, Decision, Unfit};
use crate::domain::id::AssessmentId;
use crate::domain::results::Results;

/// A store handed to many rooms.
pub(crate) type SharedStore = Arc<dyn Store>;

/// Where assessments and their results are kept.
pub(crate) trait Store:
    AssessmentStore + LeaseStore + ResultStore + WeightStore + UncertaintyStore + WarningStore
{
}

impl<T> Store for T where
    T: AssessmentStore + LeaseStore + ResultStore + WeightStore + UncertaintyStore + WarningStore
{
}

/// Assessments and what is decided about them.
#[async_trait]
pub(crate) trait AssessmentStore: Send + Sync + std::fmt::Debug {
    /// What was answered under a request id.
    async fn recall(&self, request: &RequestId) -> Result<Option<Remembered>, StoreError>;

    /// Keeps a PENDING assessment, the text of its catalog, and the answer given, in one transaction. With a request
    /// id already used nothing is kept and the verdict says so.
    async fn create(&self, new: NewAssessment) -> Result<Verdict, StoreError>;

    /// An assessment by id.
    async fn assessment(&self, id: &AssessmentId) -> Result<Option<Stored>, StoreError>;

    /// Assessments newest first, after (older than) a run. One that cannot be read does not hide the others.
    async fn assessments(&self, filter: &AssessmentFilter) -> Result<Vec<Listed>, StoreError>;

    /// The assessment in force for a catalog and period: of those PUBLISHED the one published last.
    async fn published(&self, catalog_id: &str, period: &str) -> Result<Option<Stored>, StoreError>;

    /// Keeps a decision and the answer given, in one transaction. With a request id already used nothing is kept.
    async fn decide(&self, ruling: Ruling) -> Result<Ruled, StoreError>;

    /// The text of a catalog by its hash.
    async fn catalog(&self, hash: &str) -> Result<Option<String>, StoreError>;
}

/// Who works on what. A run is worked on under a lease; every write of a worker names its lease, and one who lost it
/// writes nothing ([`StoreError::LeaseLost`]).
#[async_trait]
pub(crate) trait LeaseStore: Send + Sync + std::fmt::Debug {
    /// Gives back what dead workers left RUNNING, where nobody but this process can have worked on the store: on
    /// SQLite. On PostgreSQL others may be at work, and the leases decide.
    async fn requeue_running(&self) -> Result<u64, StoreError>;

    /// Takes the oldest run that may be taken (PENDING and due, or RUNNING under a lease that has expired) and makes it
    /// RUNNING under a new lease. One that was begun too often, or that cannot be read, becomes FAILED instead.
    async fn claim(&self, claim: &Claim) -> Result<Option<Claimed>, StoreError>;

    /// Extends a lease.
    async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError>;

    /// Notes how far a run is.
    async fn report_progress(&self, lease: &Lease, ratio: f64) -> Result<(), StoreError>;

    /// Keeps all results and makes the assessment SUCCEEDED, in one transaction: before it nothing, after it
    /// everything can be read.
    async fn save_results(&self, lease: &Lease, finished: Finished) -> Result<(), StoreError>;

    /// Makes a run FAILED.
    async fn save_failure(&self, lease: &Lease, failure: Failure) -> Result<(), StoreError>;

    /// Puts a run back to PENDING until a time, after a passing failure.
    async fn postpone(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError>;

    /// Puts a run back to PENDING at once, as if it had not been begun: its worker stops in order.
    async fn give_back(&self, lease: &Lease) -> Result<(), StoreError>;
}

/// The number of an assessment inside a store: rises with every new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run(pub(crate) i64);

/// A run whose results are complete. Only [`Stored::readable`] makes one, so no partial run can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readable(Run);

/// An assessment with its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    /// Its number.
    pub(crate) run: Run,
    /// The assessment.
    pub(crate) assessment: Assessment,
}

/// An assessment in a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Listed {
    /// As it should be.
    Whole(Box<Stored>),
    /// Its row does not mean what it should.
    Unreadable(Unreadable),
}

/// What is left of an assessment whose row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Its number.
    pub(crate) run: Run,
    /// Its name.
    pub(crate) id: AssessmentId,
    /// The word for its state.
    pub(crate) state: String,
    /// The digest of its results, if it has some.
    pub(crate) digest: Option<String>,
}

/// An assessment to be kept, with the answer its caller gets.
#[derive(Clone, Debug)]
pub(crate) struct NewAssessment {
    /// PENDING.
    pub(crate) assessment: Assessment,
    /// Text of its catalog.
    pub(crate) catalog_toml: String,
    /// The request and the answer to it.
    pub(crate) answer: Remembered,
}

/// A decision to be kept.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    /// The assessment.
    pub(crate) id: AssessmentId,
    /// What is decided.
    pub(crate) verdict: decision::Verdict,
    /// By whom, why and when.
    pub(crate) decision: Decision,
    /// The request.
    pub(crate) request_id: RequestId,
    /// [`fingerprint`](xiuhua_service_kit::request_id::fingerprint) of the request.
    pub(crate) fingerprint: [u8; 32],
    /// Encodes the answer to it.
    pub(crate) answer: fn(&Assessment) -> Vec<u8>,
}

/// What became of a decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ruled {
    /// Kept; the encoded answer.
    Kept(Vec<u8>),
    /// The request id was used before.
    Before(Verdict),
    /// There is no such assessment.
    NoAssessment,
    /// The assessment is in no state for it.
    Unfit(Unfit),
}

/// A worker that looks for a run.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// Names the worker; no two processes have the same name.
    pub(crate) worker: String,
    /// The present.
    pub(crate) now: Timestamp,
    /// End of the lease.
    pub(crate) until: Timestamp,
    /// A run that was begun so often is not begun again.
    pub(crate) max_attempts: u32,
}

/// The right to work on a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    run: Run,
    worker: String,
    attempt: u32,
}

/// A run and the right to work on it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claimed {
    /// The right.
    pub(crate) lease: Lease,
    /// The run.
    pub(crate) assessment: Assessment,
}

/// Complete results, to be kept.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    /// The results.
    pub(crate) results: Arc<Results>,
    /// Version of the code that computed them.
    pub(crate) code_version: &'static str,
    /// When the run ended.
    pub(crate) at: Timestamp,
}

/// Which assessments to list.
#[derive(Clone, Debug)]
pub(crate) struct AssessmentFilter {
    /// Only of this period.
    pub(crate) period: Option<String>,
    /// Only of this catalog.
    pub(crate) catalog_id: Option<String>,
    /// Only older than this run.
    pub(crate) before: Option<Run>,
    /// At most this many.
    pub(crate) limit: i64,
}

impl Listed {
    /// Its number.
    pub(crate) fn run(&self) -> Run {
        match self {
            Self::Whole(stored) => stored.run,
            Self::Unreadable(unreadable) => unreadable.run,
        }
    }
}

impl Stored {
    /// The run, if its results are complete.
    pub(crate) fn readable(&self) -> Option<Readable> {
        self.assessment.success().map(|_| Readable(self.run))
    }
}

impl Readable {
    /// The number behind it.
    pub(crate) fn run(self) -> Run {
        self.0
    }
}

impl Lease {
    /// The run that it is of.
    pub(crate) fn run(&self) -> Run {
        self.run
    }

    /// What its holder is told once it is another's, or nobody's.
    pub(crate) fn lost(&self) -> StoreError {
        StoreError::LeaseLost(self.run.0)
    }
}

impl Claimed {
    fn new(worker: String, stored: Stored) -> Self {
        let lease = Lease { run: stored.run, worker, attempt: stored.assessment.attempts };
        Self { lease, assessment: stored.assessment }
    }
}

/// Why the record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened.
    #[error("the database could not be opened")]
    Open(#[from] OpenError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A stored row does not mean what it should.
    #[error("a stored row cannot be read: {0}")]
    Corrupt(&'static str),
    /// The worker no longer has the lease under which it wanted to write.
    #[error("the lease on assessment run {0} is lost")]
    LeaseLost(i64),
}

impl StoreError {
    /// Whether it is about a text with U+0000, which PostgreSQL cannot keep.
    pub(crate) fn holds_nul(&self) -> bool {
        matches!(self, Self::Database(error) if holds_nul(error))
    }

    /// What it means for a caller, where the same call may succeed later.
    pub(crate) fn passing(&self) -> Option<Kind> {
        match self {
            Self::Database(error) => passing(error),
            Self::Open(_) | Self::Corrupt(_) | Self::LeaseLost(_) => None,
        }
    }
}

/// Opens the store at an address (`sqlite:PATH`, `sqlite::memory:`, `postgres://…`) and brings it to the present
/// version.
///
/// # Errors
/// [`StoreError`] if there is no back end for the address or it cannot be opened.
pub(crate) async fn open(url: &str) -> Result<SharedStore, StoreError> {
    Ok(match Backend::of(url)? {
        Backend::Sqlite => Arc::new(sqlite::SqlStore::open(url).await?),
        Backend::Postgres => Arc::new(postgres::SqlStore::open(url).await?),
    })
}
