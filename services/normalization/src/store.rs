//! The record of normalization: catalogs and threshold sets.
//!
//! A back end is one file below `store/`, and what is the same in both is in `both/`; [`open`] chooses by the address.
//! What the methods promise is written here once and proved by one suite over every back end.

mod postgres;
mod rows;
mod sqlite;
mod statements;
#[cfg(test)]
mod tests;
mod treatments;

use std::sync::Arc;

use async_trait::async_trait;
use xiuhua_service_kit::database::{Backend, OpenError, holds_nul, passing};
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict};
use xiuhua_service_kit::status::Kind;

use crate::domain::catalog::{CatalogEntry, RegisteredCatalog};
use crate::domain::id::{PlaceId, ThresholdSetId};
use crate::domain::threshold_set::{Drawing, FixedThreshold, ThresholdSet};

/// A store handed to many rooms.
pub(crate) type SharedStore = Arc<dyn Store>;

/// Where catalogs and threshold sets are kept. Nothing that is kept is ever changed.
#[async_trait]
pub(crate) trait Store: Send + Sync + std::fmt::Debug {
    /// What was answered under a request id.
    async fn recall(&self, request: &RequestId) -> Result<Option<Remembered>, StoreError>;

    /// Keeps an answer that changed nothing else.
    async fn remember(&self, answer: Remembered) -> Result<Verdict, StoreError>;

    /// Keeps a catalog and the answer given, in one transaction. Nothing is kept where the request id was used before
    /// or the catalog's id and version are taken.
    async fn add_catalog(&self, catalog: RegisteredCatalog, answer: Remembered) -> Result<Added, StoreError>;

    /// A catalog by name; without a version the newest registered.
    async fn catalog(&self, id: &str, version: Option<&str>)
    -> Result<Option<RegisteredCatalog>, StoreError>;

    /// Catalogs by id, then newest first, behind a row.
    async fn catalogs(
        &self,
        after: Option<CatalogRow>,
        limit: i64,
    ) -> Result<Vec<(CatalogRow, CatalogEntry)>, StoreError>;

    /// Keeps a threshold set, its members and thresholds, and the answer given, in one transaction. With a request id
    /// already used nothing is kept and the verdict says so.
    async fn add_threshold_set(&self, drawing: Drawing, answer: Remembered) -> Result<Verdict, StoreError>;

    /// A threshold set by id.
    async fn threshold_set(&self, id: &ThresholdSetId) -> Result<Option<Kept>, StoreError>;

    /// Threshold sets newest first, older than a number.
    async fn threshold_sets(&self, before: Option<SetNumber>, limit: i64) -> Result<Vec<Kept>, StoreError>;

    /// Thresholds of a set by type, then leaf, behind a row.
    async fn thresholds(
        &self,
        set: SetNumber,
        after: Option<(usize, usize)>,
        limit: i64,
    ) -> Result<Vec<FixedThreshold>, StoreError>;

    /// Members of a set's samples by type, then place id (bytes), behind a row.
    async fn sample_members(
        &self,
        set: SetNumber,
        after: Option<(usize, PlaceId)>,
        limit: i64,
    ) -> Result<Vec<(usize, PlaceId)>, StoreError>;
}

/// What became of a catalog that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// Kept, or answered before under the same request id.
    Done(Verdict),
    /// Its id and version are taken, by the same text or another.
    Taken,
}

/// Where a catalog stands in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CatalogRow {
    /// Its id.
    pub(crate) id: String,
    /// Number of its registration.
    pub(crate) number: i64,
}

/// The number of a threshold set inside a store: rises with every new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SetNumber(pub(crate) i64);

/// A threshold set with its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    /// Its number.
    pub(crate) number: SetNumber,
    /// The set.
    pub(crate) set: ThresholdSet,
}

/// Why the record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened.
    #[error("the database could not be opened")]
    Open(#[from] OpenError),
    /// The database failed, or is away or full for now.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A stored row does not mean what it should.
    #[error("a stored row cannot be read: {0}")]
    Corrupt(&'static str),
    /// A figure is beyond what a column holds.
    #[error("{0} is beyond what the store can hold")]
    TooLarge(&'static str),
}

impl StoreError {
    /// Whether a text of the request is one that the database cannot keep.
    pub(crate) fn holds_nul(&self) -> bool {
        matches!(self, Self::Database(error) if holds_nul(error))
    }

    /// What it means for a caller where the same call may succeed later; `None` where it may not.
    pub(crate) fn passing(&self) -> Option<Kind> {
        if let Self::Database(error) = self { passing(error) } else { None }
    }
}

/// Opens the store at an address (`sqlite:PATH`, `sqlite::memory:`, `postgres://…`) and brings it to the present
/// version.
///
/// # Errors
/// [`StoreError::Open`] if there is no back end for the address, or it cannot be opened or is newer than this program.
pub(crate) async fn open(url: &str) -> Result<SharedStore, StoreError> {
    Ok(match Backend::of(url)? {
        Backend::Sqlite => Arc::new(sqlite::Record::open(url).await?),
        Backend::Postgres => Arc::new(postgres::Record::open(url).await?),
    })
}
