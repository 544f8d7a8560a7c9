//! The record of scoring: assessments and their results.
//!
//! A back end is one file below `store/`; [`open`] chooses it by the address. What the methods promise is written here
//! once and proved by one suite over every back end.

mod reading;
mod rows;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict};

pub(crate) use self::reading::{
    GroupQuery, PlaceRows, RankedPlace, RankingKey, RankingQuery, ResultStore, ThresholdUsed, WeightUsed,
};
use crate::domain::assessment::{Assessment, Failure, State};
use crate::domain::id::AssessmentId;
use crate::domain::results::Results;

/// A store handed to many rooms.
pub(crate) type SharedStore = Arc<dyn Store>;

/// Where assessments and their results are kept.
pub(crate) trait Store: AssessmentStore + ResultStore {}

impl<T: AssessmentStore + ResultStore> Store for T {}

/// The life of assessments.
#[async_trait]
pub(crate) trait AssessmentStore: Send + Sync + std::fmt::Debug {
    /// What was answered under a request id.
    async fn recall(&self, request: &RequestId) -> Result<Option<Remembered>, StoreError>;

    /// Keeps a PENDING assessment, the text of its catalog, and the answer given, in one transaction. With a request
    /// id already used nothing is kept and the verdict says so.
    async fn create(&self, new: NewAssessment) -> Result<Verdict, StoreError>;

    /// An assessment by id.
    async fn assessment(&self, id: &AssessmentId) -> Result<Option<Stored>, StoreError>;

    /// Assessments newest first, after (older than) a run.
    async fn assessments(&self, filter: &AssessmentFilter) -> Result<Vec<Stored>, StoreError>;

    /// The text of a catalog by its hash.
    async fn catalog(&self, hash: &str) -> Result<Option<String>, StoreError>;

    /// Gives back to PENDING what a dead process left RUNNING. One process works on a store at a time.
    async fn requeue_running(&self) -> Result<u64, StoreError>;

    /// Takes the oldest PENDING assessment and makes it RUNNING.
    async fn claim(&self) -> Result<Option<Stored>, StoreError>;

    /// Notes how far a RUNNING assessment is.
    async fn report_progress(&self, run: Run, ratio: f64) -> Result<(), StoreError>;

    /// Keeps all results and makes the assessment SUCCEEDED, in one transaction: before it nothing, after it
    /// everything can be read.
    async fn save_results(&self, run: Run, finished: Finished) -> Result<(), StoreError>;

    /// Makes a RUNNING assessment FAILED.
    async fn save_failure(&self, run: Run, failure: Failure) -> Result<(), StoreError>;
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

impl Stored {
    /// The run, if its results are complete.
    pub(crate) fn readable(&self) -> Option<Readable> {
        match self.assessment.state {
            State::Succeeded(_) => Some(Readable(self.run)),
            _ => None,
        }
    }
}

impl Readable {
    /// The number behind it.
    pub(crate) fn run(self) -> Run {
        self.0
    }
}

/// Why the record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address names no back end.
    #[error("no store for the address `{0}`: it begins with sqlite:")]
    UnknownScheme(String),
    /// The database could not be opened.
    #[error("the database could not be opened")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A stored row does not mean what it should.
    #[error("a stored row cannot be read: {0}")]
    Corrupt(&'static str),
    /// The assessment is not in the state that the write needs.
    #[error("assessment run {0} is not RUNNING")]
    NotRunning(i64),
    /// The write did not come back.
    #[error("the write ended without an answer")]
    Lost(#[source] tokio::task::JoinError),
}

/// Opens the store at an address (`sqlite:PATH`, `sqlite::memory:`) and brings it to the present version.
///
/// # Errors
/// [`StoreError`] if there is no back end for the address or it cannot be opened.
pub(crate) async fn open(url: &str) -> Result<SharedStore, StoreError> {
    if url.starts_with("sqlite:") {
        return Ok(Arc::new(sqlite::SqliteStore::open(url).await?));
    }
    Err(StoreError::UnknownScheme(url.to_owned()))
}
