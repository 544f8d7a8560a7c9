//! The record on SQLite.
//!
//! Reads go to the pool of readers; every write is one transaction in a task of its own, which a dropped call cannot
//! cut in half. Rows are written a thousand at a time: a statement costs a hand-off between threads, a row almost
//! nothing.

mod writing;

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::FutureExt;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict};
use xiuhua_service_kit::sqlite::SqliteDatabase;

use super::rows::{CatalogEntryRow, CatalogTextRow, SetRow, ThresholdRow, TypeRow, integer, position};
use super::{Added, CatalogRow, Kept, SetNumber, Store, StoreError};
use crate::domain::catalog::{CatalogEntry, RegisteredCatalog};
use crate::domain::id::{PlaceId, ThresholdSetId};
use crate::domain::threshold_set::{Drawing, FixedThreshold, TypeSample};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// Normalization's database.
#[derive(Debug)]
pub(super) struct SqliteStore {
    database: SqliteDatabase,
}

impl SqliteStore {
    /// Opens the database and brings it to the present version.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let database =
            SqliteDatabase::open(url, &MIGRATOR).await.map_err(|error| StoreError::Open(Box::new(error)))?;
        Ok(Self { database })
    }

    fn readers(&self) -> &sqlx::SqlitePool {
        self.database.reader()
    }

    /// Puts the types of each set beside it; `rows` are one run of numbers, in any order.
    async fn with_types(&self, rows: Vec<SetRow>) -> Result<Vec<Kept>, StoreError> {
        let numbers = || rows.iter().map(|row| row.number);
        let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { return Ok(Vec::new()) };
        let type_rows: Vec<TypeRow> = sqlx::query_as(
            "SELECT set_number, type_id, frame, members FROM set_types WHERE set_number BETWEEN ? AND ? \
             ORDER BY set_number, type_at",
        )
        .bind(first)
        .bind(last)
        .fetch_all(self.readers())
        .await?;
        let mut types: HashMap<i64, Vec<TypeSample>> = HashMap::new();
        for row in type_rows {
            types.entry(row.set_number).or_default().push(row.read()?);
        }
        rows.into_iter()
            .map(|row| {
                let types = types.remove(&row.number).unwrap_or_default();
                row.read(types)
            })
            .collect()
    }
}

#[async_trait]
impl Store for SqliteStore {
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
        let row: Option<CatalogTextRow> = sqlx::query_as(
            "SELECT * FROM catalogs WHERE id = ?1 AND (?2 IS NULL OR version = ?2) ORDER BY number DESC LIMIT 1",
        )
        .bind(id)
        .bind(version)
        .fetch_optional(self.readers())
        .await?;
        row.map(CatalogTextRow::read).transpose()
    }

    async fn catalogs(
        &self,
        after: Option<CatalogRow>,
        limit: i64,
    ) -> Result<Vec<(CatalogRow, CatalogEntry)>, StoreError> {
        let rows: Vec<CatalogEntryRow> = sqlx::query_as(
            "SELECT number, id, version, title_zh, title_en, hash, scale, rule_set, registered_us FROM catalogs \
             WHERE ?1 IS NULL OR id > ?1 OR (id = ?1 AND number < ?2) ORDER BY id, number DESC LIMIT ?3",
        )
        .bind(after.as_ref().map(|row| row.id.as_str()))
        .bind(after.as_ref().map(|row| row.number))
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
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
        let row: Option<SetRow> = sqlx::query_as("SELECT * FROM threshold_sets WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        Ok(self.with_types(row.into_iter().collect()).await?.pop())
    }

    async fn threshold_sets(&self, before: Option<SetNumber>, limit: i64) -> Result<Vec<Kept>, StoreError> {
        let rows: Vec<SetRow> =
            sqlx::query_as("SELECT * FROM threshold_sets WHERE number < ? ORDER BY number DESC LIMIT ?")
                .bind(before.map_or(i64::MAX, |number| number.0))
                .bind(limit)
                .fetch_all(self.readers())
                .await?;
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
        let rows: Vec<ThresholdRow> = sqlx::query_as(
            "SELECT type_at, leaf_at, leaf, status, lower, upper, base_values, short_base_values FROM thresholds \
             WHERE set_number = ? AND (type_at, leaf_at) > (?, ?) ORDER BY type_at, leaf_at LIMIT ?",
        )
        .bind(set.0)
        .bind(type_at)
        .bind(leaf_at)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
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
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT type_at, place_id FROM sample_members WHERE set_number = ? AND (type_at, place_id) > (?, ?) \
             ORDER BY type_at, place_id LIMIT ?",
        )
        .bind(set.0)
        .bind(type_at)
        .bind(place.as_str())
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(|(type_at, place)| Ok((position(type_at)?, PlaceId::new(place)))).collect()
    }
}
