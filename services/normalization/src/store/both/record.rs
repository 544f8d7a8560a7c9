//! The record in one database. This room and `writing.rs` beside it are written once and compiled twice, in `sqlite.rs`
//! and in `postgres.rs`: their statements mean the same to both databases. What does not is in those two files.
//!
//! Reads go to connections that cannot write; every write is one transaction in a task of its own, which a dropped call
//! cannot cut in half.

mod writing;

use async_trait::async_trait;
use futures_util::FutureExt;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict};

use super::{Database, MIGRATOR, Pool};
use crate::domain::catalog::{CatalogEntry, RegisteredCatalog};
use crate::domain::id::{PlaceId, ThresholdSetId};
use crate::domain::threshold_set::{Drawing, FixedThreshold};
use crate::store::rows::{
    CatalogEntryRow, CatalogTextRow, SetRow, ThresholdRow, TypeRow, beside, integer, numbers, position,
};
use crate::store::statements::{
    CATALOG_OF_VERSION, CATALOGS, MEMBERS, NEWEST_CATALOG, SET, SETS, THRESHOLDS, TYPES,
};
use crate::store::{Added, CatalogRow, Kept, SetNumber, Store, StoreError};

/// Normalization's database.
#[derive(Debug)]
pub(in crate::store) struct Record {
    database: Database,
}

impl Record {
    /// Opens the database and brings it to the present version.
    pub(in crate::store) async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open(url, &MIGRATOR).await? })
    }

    fn readers(&self) -> &Pool {
        self.database.reader()
    }

    /// Puts the types of each set beside it; `rows` are one run of numbers, in any order.
    async fn with_types(&self, rows: Vec<SetRow>) -> Result<Vec<Kept>, StoreError> {
        let Some((first, last)) = numbers(&rows) else { return Ok(Vec::new()) };
        let query = sqlx::query_as(TYPES).bind(first).bind(last);
        let types: Vec<TypeRow> = query.fetch_all(self.readers()).await?;
        beside(rows, types)
    }
}

#[async_trait]
impl Store for Record {
    async fn recall(&self, request: &RequestId) -> Result<Option<Remembered>, StoreError> {
        let mut connection = self.readers().acquire().await?;
        writing::remembered(&mut connection, request).await
    }

    async fn remember(&self, answer: Remembered) -> Result<Verdict, StoreError> {
        self.database
            .write(move |connection| async move { writing::remember(connection, &answer).await }.boxed())
            .await
    }

    async fn add_catalog(&self, catalog: RegisteredCatalog, answer: Remembered) -> Result<Added, StoreError> {
        self.database
            .write(move |connection| {
                async move { writing::add_catalog(connection, &catalog, &answer).await }.boxed()
            })
            .await
    }

    async fn catalog(
        &self,
        id: &str,
        version: Option<&str>,
    ) -> Result<Option<RegisteredCatalog>, StoreError> {
        let query = match version {
            Some(version) => sqlx::query_as(CATALOG_OF_VERSION).bind(id).bind(version),
            None => sqlx::query_as(NEWEST_CATALOG).bind(id),
        };
        let row: Option<CatalogTextRow> = query.fetch_optional(self.readers()).await?;
        row.map(CatalogTextRow::read).transpose()
    }

    async fn catalogs(
        &self,
        after: Option<CatalogRow>,
        limit: i64,
    ) -> Result<Vec<(CatalogRow, CatalogEntry)>, StoreError> {
        let (id, number) = after.map_or((String::new(), i64::MAX), |row| (row.id, row.number));
        let query = sqlx::query_as(CATALOGS).bind(id).bind(number).bind(limit);
        let rows: Vec<CatalogEntryRow> = query.fetch_all(self.readers()).await?;
        rows.into_iter().map(CatalogEntryRow::read).collect()
    }

    async fn add_threshold_set(&self, drawing: Drawing, answer: Remembered) -> Result<Verdict, StoreError> {
        self.database
            .write(move |connection| {
                async move { writing::add_threshold_set(connection, &drawing, &answer).await }.boxed()
            })
            .await
    }

    async fn threshold_set(&self, id: &ThresholdSetId) -> Result<Option<Kept>, StoreError> {
        let query = sqlx::query_as(SET).bind(id.as_str());
        let row: Option<SetRow> = query.fetch_optional(self.readers()).await?;
        Ok(self.with_types(row.into_iter().collect()).await?.pop())
    }

    async fn threshold_sets(&self, before: Option<SetNumber>, limit: i64) -> Result<Vec<Kept>, StoreError> {
        let query = sqlx::query_as(SETS).bind(before.map_or(i64::MAX, |number| number.0)).bind(limit);
        let rows: Vec<SetRow> = query.fetch_all(self.readers()).await?;
        self.with_types(rows).await
    }

    async fn thresholds(
        &self,
        set: SetNumber,
        after: Option<(usize, usize)>,
        limit: i64,
    ) -> Result<Vec<FixedThreshold>, StoreError> {
        let (type_at, leaf_at) = match after {
            Some((type_at, leaf_at)) => (integer(type_at)?, integer(leaf_at)?),
            None => (-1, -1),
        };
        let query = sqlx::query_as(THRESHOLDS).bind(set.0).bind(type_at).bind(leaf_at).bind(limit);
        let rows: Vec<ThresholdRow> = query.fetch_all(self.readers()).await?;
        rows.into_iter().map(ThresholdRow::read).collect()
    }

    async fn sample_members(
        &self,
        set: SetNumber,
        after: Option<(usize, PlaceId)>,
        limit: i64,
    ) -> Result<Vec<(usize, PlaceId)>, StoreError> {
        let (type_at, place) = match after {
            Some((type_at, place)) => (integer(type_at)?, place),
            None => (-1, PlaceId::new("")),
        };
        let query = sqlx::query_as(MEMBERS).bind(set.0).bind(type_at).bind(place.as_str()).bind(limit);
        let rows: Vec<(i64, String)> = query.fetch_all(self.readers()).await?;
        rows.into_iter().map(|(type_at, place)| Ok((position(type_at)?, PlaceId::new(place)))).collect()
    }
}
