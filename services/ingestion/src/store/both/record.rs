//! The record in one database. This room and those below it are written once and compiled twice, in `sqlite.rs` and in
//! `postgres.rs`: their SQL means the same to both databases. What does not is in those two files and the rooms beside
//! them: how rows go in and columns come out in bulk, how writes are kept in order, and a few words of dialect.

mod activity;
mod deciding;
mod deliveries;
mod positions;
mod quarantine;
mod reading;
mod registers;
mod sealing;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use xiuhua_service_kit::clock::SharedClock;

use super::{Connection, Database, MIGRATOR, alone, alone_with, bulk, columns};
use crate::domain::activity::SourceActivity;
use crate::domain::batch::{AsOf, Batch, Position};
use crate::domain::effective::{ColumnStretch, PlaceAxis, Precedences};
use crate::domain::ids::{BatchId, MeasureId, PlaceId};
use crate::domain::measure::Measure;
use crate::domain::observation::{Cell, ObservationRevision};
use crate::domain::pack::ObservationPack;
use crate::domain::period::Period;
use crate::domain::place::{Place, PlaceRevision, PlaceRow};
use crate::domain::quarantine::QuarantinedRow;
use crate::domain::rejection::RejectedRow;
use crate::domain::review::Preview;
use crate::domain::source::{Source, SourceEntry};
use crate::error::Error;
use crate::store::packs;
use crate::store::{
    Chunk, ColumnQuery, HotQuery, Mutation, NewApproval, NewCommit, NewDecision, NewDelivery, NewGiveUp,
    OpenDelivery, Opened, PlaceFilter, PreviewQuery, QuarantineFilter, QuarantineKey, Registration,
    RejectedKey, Store,
};

/// The record in one database.
pub(in crate::store) struct Record {
    database: Database,
    /// Of the one preview at a time: each takes as long as a seal, and other writes wait for it.
    previews: Arc<Semaphore>,
}

impl Record {
    /// Opens and migrates; see [`crate::store::open`].
    pub(in crate::store) async fn open(url: &str) -> Result<Self, Error> {
        let database = Database::open(url, &MIGRATOR).await.map_err(|error| Error::Store(Box::new(error)))?;
        Ok(Self { database, previews: Arc::new(Semaphore::new(1)) })
    }
}

/// Takes a connection to read with.
macro_rules! reader {
    ($record:ident) => {
        &mut *$record.database.reader().acquire().await?
    };
}

/// Runs work on the named values in a write transaction.
macro_rules! in_transaction {
    ($record:ident, $connection:ident, $work:expr) => {
        $record.database.write(move |$connection| async move { $work.await }.boxed()).await
    };
}

/// The same for work that gives out a position: one at a time anyway, so those that wait hold no connection.
macro_rules! in_turn {
    ($record:ident, $connection:ident, $work:expr) => {
        $record.database.write_in_turn(move |$connection| async move { $work.await }.boxed()).await
    };
}

#[async_trait]
impl Store for Record {
    async fn position(&self) -> Result<Position, Error> {
        positions::newest(reader!(self)).await
    }

    async fn position_at(&self, instant: Timestamp) -> Result<Position, Error> {
        positions::at(reader!(self), instant).await
    }

    async fn register_measures(
        &self,
        mutation: Mutation,
        measures: Vec<Measure>,
    ) -> Result<Registration, Error> {
        in_transaction!(self, connection, registers::register_measures(connection, &mutation, &measures))
    }

    async fn measure(&self, id: &MeasureId) -> Result<Option<Measure>, Error> {
        registers::find_measure(reader!(self), id).await
    }

    async fn measures(&self, after: Option<&str>, limit: i64) -> Result<Vec<Measure>, Error> {
        registers::measures(reader!(self), after, limit).await
    }

    async fn unknown_measures(&self, ids: &[MeasureId]) -> Result<Vec<MeasureId>, Error> {
        registers::unknown_measures(reader!(self), ids).await
    }

    async fn put_source(&self, mutation: Mutation, entry: SourceEntry) -> Result<Source, Error> {
        in_turn!(self, connection, registers::put_source(connection, &mutation, entry))
    }

    async fn sources(&self, after: Option<(u32, String)>, limit: i64) -> Result<Vec<Source>, Error> {
        registers::sources(reader!(self), after, limit).await
    }

    async fn precedences(&self, as_of: AsOf) -> Result<Precedences, Error> {
        registers::precedences(reader!(self), as_of).await
    }

    async fn open_delivery(&self, delivery: NewDelivery) -> Result<Opened, Error> {
        in_transaction!(self, connection, deliveries::open(connection, &delivery))
    }

    async fn stage_places(
        &self,
        to: OpenDelivery,
        chunk: Chunk,
        mut rows: Vec<PlaceRow>,
    ) -> Result<(), Error> {
        in_transaction!(self, connection, async {
            let Some(first) = deliveries::admit(connection, to, chunk, rows.len()).await? else {
                return Ok(());
            };
            quarantine::refuse_unknown(connection, to.corrects, &mut rows).await?;
            bulk::stage_places(connection, to.batch_no, first, &rows).await
        })
    }

    async fn stage_observations(
        &self,
        to: OpenDelivery,
        chunk: Chunk,
        pack: ObservationPack,
    ) -> Result<(), Error> {
        let (rows, payload) = (pack.len(), packs::encode(&pack)?);
        in_transaction!(self, connection, async {
            let Some(first) = deliveries::admit(connection, to, chunk, rows).await? else {
                return Ok(());
            };
            if rows == 0 {
                // It has no place among the rows.
                return Ok(());
            }
            deliveries::stage_pack(connection, to.batch_no, first, payload).await
        })
    }

    async fn seal(&self, delivery: OpenDelivery, chunks: u64, clock: SharedClock) -> Result<Batch, Error> {
        if delivery.stage {
            return in_transaction!(
                self,
                connection,
                deliveries::stage(connection, delivery, chunks, &clock)
            );
        }
        in_turn!(self, connection, sealing::seal(connection, delivery, chunks, &clock))
    }

    async fn preview(&self, query: PreviewQuery) -> Result<Preview, Error> {
        let Ok(admitted) = Arc::clone(&self.previews).try_acquire_owned() else {
            return Err(Error::PreviewUnderWay);
        };
        self.database
            .try_out(move |connection| {
                async move {
                    let _admitted = admitted;
                    deciding::preview(connection, &query).await
                }
                .boxed()
            })
            .await
    }

    async fn commit(&self, commit: NewCommit) -> Result<Batch, Error> {
        in_turn!(self, connection, deciding::commit(connection, &commit))
    }

    async fn approve(&self, approval: NewApproval) -> Result<Batch, Error> {
        in_turn!(self, connection, deciding::approve(connection, &approval))
    }

    async fn discard(&self, discarding: NewDecision) -> Result<Batch, Error> {
        in_turn!(self, connection, deciding::discard(connection, &discarding))
    }

    async fn withdraw(&self, withdrawal: NewDecision) -> Result<Batch, Error> {
        in_turn!(self, connection, deliveries::withdraw(connection, &withdrawal))
    }

    async fn batch(&self, id: &BatchId) -> Result<Option<Batch>, Error> {
        deliveries::find(reader!(self), id).await?.map(Batch::try_from).transpose()
    }

    async fn batches(&self, before: Option<i64>, limit: i64) -> Result<Vec<(i64, Batch)>, Error> {
        deliveries::batches(reader!(self), before, limit).await
    }

    async fn rejected_rows(
        &self,
        batch: &BatchId,
        after: Option<RejectedKey>,
        limit: i64,
    ) -> Result<Vec<RejectedRow>, Error> {
        deliveries::rejected_rows(reader!(self), batch, after, limit).await
    }

    async fn quarantined_rows(
        &self,
        filter: &QuarantineFilter,
        after: Option<QuarantineKey>,
        limit: i64,
    ) -> Result<Vec<(QuarantineKey, QuarantinedRow)>, Error> {
        quarantine::rows(reader!(self), filter, after, limit).await
    }

    async fn give_up_rows(&self, giving_up: NewGiveUp) -> Result<u64, Error> {
        in_turn!(self, connection, quarantine::give_up(connection, &giving_up))
    }

    async fn source_activity(&self, after: Option<&str>, limit: i64) -> Result<Vec<SourceActivity>, Error> {
        activity::of_sources(reader!(self), after, limit).await
    }

    async fn place(&self, id: &PlaceId, position: Position) -> Result<Option<Place>, Error> {
        reading::place(reader!(self), id, position).await
    }

    async fn places(
        &self,
        filter: &PlaceFilter,
        position: Position,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Place>, Error> {
        reading::places(reader!(self), filter, position, after, limit).await
    }

    async fn place_revisions(
        &self,
        id: &PlaceId,
        position: Position,
        before: Option<Position>,
        limit: i64,
    ) -> Result<Vec<PlaceRevision>, Error> {
        reading::place_revisions(reader!(self), id, position, before, limit).await
    }

    async fn place_axis(&self, position: Position) -> Result<PlaceAxis, Error> {
        columns::place_axis(reader!(self), position).await
    }

    async fn column(
        &self,
        measure: &MeasureId,
        period: &Period,
        query: &ColumnQuery,
        start: usize,
        limit: usize,
    ) -> Result<ColumnStretch, Error> {
        columns::column(reader!(self), (measure, period), query, start, limit).await
    }

    async fn observation_revisions(
        &self,
        cell: &Cell,
        as_of: AsOf,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<ObservationRevision>, Error> {
        reading::observation_revisions(reader!(self), cell, as_of, offset, limit).await
    }
}

/// The queries of these rooms that must stay fast however large the record grows.
pub(in crate::store) fn hot_queries() -> Vec<HotQuery> {
    let rooms = [
        positions::HOT_QUERIES,
        registers::HOT_QUERIES,
        deliveries::HOT_QUERIES,
        deciding::HOT_QUERIES,
        quarantine::HOT_QUERIES,
        activity::HOT_QUERIES,
        reading::HOT_QUERIES,
    ];
    [rooms.concat(), sealing::hot_queries()].concat()
}
