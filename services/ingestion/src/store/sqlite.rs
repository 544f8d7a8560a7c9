//! The record on SQLite: one file, many readers, one writer.

mod deliveries;
mod reading;
mod registers;
mod sealing;

use async_trait::async_trait;
use futures_util::FutureExt;
use jiff::Timestamp;
use sqlx::Sqlite;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use xiuhua_service_kit::sqlite::SqliteDatabase;

use super::{
    ColumnQuery, Mutation, NewDelivery, OpenDelivery, Opened, PlaceFilter, Registration, RejectedKey, Store,
};
use crate::domain::batch::{AsOf, Batch, Position};
use crate::domain::effective::{ColumnStretch, PlaceAxis, Precedences};
use crate::domain::ids::{BatchId, MeasureId, PlaceId};
use crate::domain::measure::Measure;
use crate::domain::observation::{Cell, ObservationRevision, ObservationRow};
use crate::domain::period::Period;
use crate::domain::place::{Place, PlaceRevision, PlaceRow};
use crate::domain::rejection::RejectedRow;
use crate::domain::source::{Source, SourceEntry};
use crate::error::Error;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations/sqlite");

/// The record in one SQLite database.
pub(super) struct SqliteStore {
    database: SqliteDatabase,
}

impl SqliteStore {
    /// Opens and migrates; see [`super::open`].
    pub(super) async fn open(url: &str) -> Result<Self, Error> {
        let database =
            SqliteDatabase::open(url, &MIGRATOR).await.map_err(|error| Error::Store(Box::new(error)))?;
        Ok(Self { database })
    }

    async fn reader(&self) -> Result<PoolConnection<Sqlite>, Error> {
        Ok(self.database.reader().acquire().await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn position(&self) -> Result<Position, Error> {
        registers::newest_position(&mut *self.reader().await?).await
    }

    async fn register_measures(
        &self,
        mutation: Mutation,
        measures: Vec<Measure>,
    ) -> Result<Registration, Error> {
        self.database
            .write(move |connection| {
                async move { registers::register_measures(connection, &mutation, &measures).await }.boxed()
            })
            .await
    }

    async fn measure(&self, id: &MeasureId) -> Result<Option<Measure>, Error> {
        registers::find_measure(&mut *self.reader().await?, id).await
    }

    async fn measures(&self, after: Option<&str>, limit: i64) -> Result<Vec<Measure>, Error> {
        registers::measures(&mut *self.reader().await?, after, limit).await
    }

    async fn unknown_measures(&self, ids: &[MeasureId]) -> Result<Vec<MeasureId>, Error> {
        registers::unknown_measures(&mut *self.reader().await?, ids).await
    }

    async fn put_source(&self, mutation: Mutation, entry: SourceEntry) -> Result<Source, Error> {
        self.database
            .write(move |connection| {
                async move { registers::put_source(connection, &mutation, entry).await }.boxed()
            })
            .await
    }

    async fn sources(&self, after: Option<(u32, String)>, limit: i64) -> Result<Vec<Source>, Error> {
        registers::sources(&mut *self.reader().await?, after, limit).await
    }

    async fn precedences(&self, as_of: AsOf) -> Result<Precedences, Error> {
        registers::precedences(&mut *self.reader().await?, as_of).await
    }

    async fn open_delivery(&self, delivery: NewDelivery) -> Result<Opened, Error> {
        self.database
            .write(move |connection| async move { deliveries::open(connection, &delivery).await }.boxed())
            .await
    }

    async fn stage_places(&self, to: OpenDelivery, sequence: u64, rows: Vec<PlaceRow>) -> Result<(), Error> {
        self.database
            .write(move |connection| {
                async move { deliveries::stage_places(connection, to, sequence, &rows).await }.boxed()
            })
            .await
    }

    async fn stage_observations(
        &self,
        to: OpenDelivery,
        sequence: u64,
        rows: Vec<ObservationRow>,
    ) -> Result<(), Error> {
        self.database
            .write(move |connection| {
                async move { deliveries::stage_observations(connection, to, sequence, &rows).await }.boxed()
            })
            .await
    }

    async fn seal(&self, delivery: OpenDelivery, chunks: u64, now: Timestamp) -> Result<Batch, Error> {
        self.database.write(move |connection| sealing::seal(connection, delivery, chunks, now).boxed()).await
    }

    async fn batch(&self, id: &BatchId) -> Result<Option<Batch>, Error> {
        deliveries::find(&mut *self.reader().await?, id).await?.map(Batch::try_from).transpose()
    }

    async fn batches(&self, before: Option<i64>, limit: i64) -> Result<Vec<(i64, Batch)>, Error> {
        deliveries::batches(&mut *self.reader().await?, before, limit).await
    }

    async fn rejected_rows(
        &self,
        batch: &BatchId,
        after: Option<RejectedKey>,
        limit: i64,
    ) -> Result<Vec<RejectedRow>, Error> {
        deliveries::rejected_rows(&mut *self.reader().await?, batch, after, limit).await
    }

    async fn place(&self, id: &PlaceId, position: Position) -> Result<Option<Place>, Error> {
        reading::place(&mut *self.reader().await?, id, position).await
    }

    async fn places(
        &self,
        filter: &PlaceFilter,
        position: Position,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Place>, Error> {
        reading::places(&mut *self.reader().await?, filter, position, after, limit).await
    }

    async fn place_revisions(
        &self,
        id: &PlaceId,
        before: Option<Position>,
        limit: i64,
    ) -> Result<Vec<PlaceRevision>, Error> {
        reading::place_revisions(&mut *self.reader().await?, id, before, limit).await
    }

    async fn place_axis(&self, position: Position) -> Result<PlaceAxis, Error> {
        reading::place_axis(&mut *self.reader().await?, position).await
    }

    async fn column(
        &self,
        measure: &MeasureId,
        period: &Period,
        query: &ColumnQuery,
        start: usize,
        limit: usize,
    ) -> Result<ColumnStretch, Error> {
        reading::column(&mut *self.reader().await?, (measure, period), query, start, limit).await
    }

    async fn observation_revisions(
        &self,
        cell: &Cell,
        as_of: AsOf,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<ObservationRevision>, Error> {
        reading::observation_revisions(&mut *self.reader().await?, cell, as_of, offset, limit).await
    }
}
