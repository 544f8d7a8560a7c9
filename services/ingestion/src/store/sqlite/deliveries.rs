//! Deliveries up to the seal: opening, staging, and what is listed of them afterwards.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use xiuhua_service_kit::ids::new_id;

use super::registers::{recall, remember};
use crate::domain::batch::{Batch, BatchKind};
use crate::domain::ids::BatchId;
use crate::domain::observation::ObservationRow;
use crate::domain::place::PlaceRow;
use crate::domain::rejection::{Reason, RejectedRow};
use crate::error::Error;
use crate::store::rows::{BatchRecord, RejectedRecord, all, bits, integer, json, kind_name, natural};
use crate::store::{NewDelivery, OpenDelivery, Opened, RejectedKey};

/// Rows of one INSERT: beyond this a statement of fifteen columns nears SQLite's limit of 32,766 bound values, and
/// each statement costs a hand-off to the connection's thread, so never row by row.
const ROWS_PER_INSERT: usize = 1_000;

pub(super) async fn open(connection: &mut SqliteConnection, delivery: &NewDelivery) -> Result<Opened, Error> {
    let Some(answer) = recall(connection, &delivery.mutation).await? else {
        return begin(connection, delivery).await;
    };
    let id = BatchId::on_record(String::from_utf8_lossy(&answer).into_owned());
    let Some(record) = find(connection, &id).await? else {
        return Err(Error::Inconsistent("a mutation remembers a batch that is not there"));
    };
    let batch_no = record.batch_no;
    let batch = Batch::try_from(record)?;
    if batch.seal.is_some() {
        return Ok(Opened::Sealed(batch));
    }
    // The stream before broke off. Its rows go and all come again: which of them its caller saw acknowledged is not
    // known here.
    discard(connection, batch.kind, batch_no).await?;
    let attempt = sqlx::query_scalar(
        "UPDATE batch SET attempt = attempt + 1, acknowledged_sequence = 0, staged_rows = 0
         WHERE batch_no = ? RETURNING attempt",
    )
    .bind(batch_no)
    .fetch_one(connection)
    .await?;
    Ok(Opened::Open(OpenDelivery { kind: batch.kind, batch_no, attempt }))
}

async fn begin(connection: &mut SqliteConnection, delivery: &NewDelivery) -> Result<Opened, Error> {
    let id = new_id("batch");
    let batch_no = sqlx::query_scalar(
        "INSERT INTO batch (batch_id, kind, file_name, request_id, received_at, attempt, acknowledged_sequence,
                            staged_rows)
         VALUES (?, ?, ?, ?, ?, 1, 0, 0) RETURNING batch_no",
    )
    .bind(&id)
    .bind(kind_name(delivery.kind))
    .bind(&delivery.file_name)
    .bind(delivery.mutation.request_id.as_str())
    .bind(delivery.received_at.as_microsecond())
    .fetch_one(&mut *connection)
    .await?;
    remember(connection, &delivery.mutation, id.as_bytes()).await?;
    Ok(Opened::Open(OpenDelivery { kind: delivery.kind, batch_no, attempt: 1 }))
}

pub(super) async fn discard(
    connection: &mut SqliteConnection,
    kind: BatchKind,
    batch_no: i64,
) -> Result<(), Error> {
    let sql = match kind {
        BatchKind::Places => "DELETE FROM staged_place WHERE batch_no = ?",
        BatchKind::Observations => "DELETE FROM staged_observation WHERE batch_no = ?",
    };
    sqlx::query(sql).bind(batch_no).execute(connection).await?;
    Ok(())
}

/// Takes note of a chunk and gives the ordinal of its first row.
async fn admit(
    connection: &mut SqliteConnection,
    to: OpenDelivery,
    sequence: u64,
    rows: usize,
) -> Result<i64, Error> {
    let found: Option<(i64, i64)> = sqlx::query_as(
        "SELECT acknowledged_sequence, staged_rows FROM batch
         WHERE batch_no = ? AND attempt = ? AND kind = ? AND position IS NULL",
    )
    .bind(to.batch_no)
    .bind(to.attempt)
    .bind(kind_name(to.kind))
    .fetch_optional(&mut *connection)
    .await?;
    let (acknowledged, staged) = found.ok_or(Error::DeliveryTakenOver)?;
    let expected = natural(acknowledged)? + 1;
    if sequence != expected {
        return Err(Error::SequenceGap { expected, found: sequence });
    }
    sqlx::query("UPDATE batch SET acknowledged_sequence = ?, staged_rows = ? WHERE batch_no = ?")
        .bind(integer(sequence))
        .bind(staged + integer(rows as u64))
        .bind(to.batch_no)
        .execute(connection)
        .await?;
    Ok(staged)
}

fn numbered<T>(rows: &[T], first: i64) -> impl Iterator<Item = (i64, &[T])> {
    rows.chunks(ROWS_PER_INSERT)
        .enumerate()
        .map(move |(index, rows)| (first + integer((index * ROWS_PER_INSERT) as u64), rows))
}

fn faults_json(faults: &[Reason]) -> Result<Option<String>, Error> {
    if faults.is_empty() { Ok(None) } else { json(&faults).map(Some) }
}

pub(super) async fn stage_observations(
    connection: &mut SqliteConnection,
    to: OpenDelivery,
    sequence: u64,
    rows: &[ObservationRow],
) -> Result<(), Error> {
    let first = admit(connection, to, sequence, rows.len()).await?;
    for (start, rows) in numbered(rows, first) {
        let faults = rows.iter().map(|row| faults_json(&row.faults)).collect::<Result<Vec<_>, _>>()?;
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO staged_observation (batch_no, ordinal, row_no, place_id, measure_id, period, source_id,
                                             value, value_bits, revised_at, faults, original) ",
        );
        insert.push_values((start..).zip(rows).zip(faults), |mut columns, ((ordinal, row), faults)| {
            columns
                .push_bind(to.batch_no)
                .push_bind(ordinal)
                .push_bind(integer(row.row))
                .push_bind(row.place_id.as_deref())
                .push_bind(row.measure_id.as_deref())
                .push_bind(row.period.as_deref())
                .push_bind(row.source_id.as_deref())
                .push_bind(row.value)
                .push_bind(row.value.map(bits))
                .push_bind(row.revised_at_us)
                .push_bind(faults)
                .push_bind(&row.original);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn stage_places(
    connection: &mut SqliteConnection,
    to: OpenDelivery,
    sequence: u64,
    rows: &[PlaceRow],
) -> Result<(), Error> {
    let first = admit(connection, to, sequence, rows.len()).await?;
    for (start, rows) in numbered(rows, first) {
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            kept.push(match &row.place {
                Ok(place) => (Some((place, json(&place.description.attributes)?)), None),
                Err(faults) => (None, faults_json(faults)?),
            });
        }
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO staged_place (batch_no, ordinal, row_no, place_id, name, town_code, town_name, committee,
                                       housing_nature, households, population, attributes, fingerprint, faults,
                                       original) ",
        );
        insert.push_values(
            (start..).zip(rows).zip(kept),
            |mut columns, ((ordinal, row), (sound, faults))| {
                let (place, attributes) = sound.unzip();
                let said = place.map(|place| &place.description);
                columns
                    .push_bind(to.batch_no)
                    .push_bind(ordinal)
                    .push_bind(integer(row.row))
                    .push_bind(place.map(|place| place.id.as_str()))
                    .push_bind(said.map(|said| &*said.name))
                    .push_bind(said.map(|said| &*said.town_code))
                    .push_bind(said.map(|said| &*said.town_name))
                    .push_bind(said.map(|said| &*said.committee))
                    .push_bind(said.map(|said| &*said.housing_nature))
                    .push_bind(said.and_then(|said| said.households).map(integer))
                    .push_bind(said.and_then(|said| said.population).map(integer))
                    .push_bind(attributes)
                    .push_bind(said.map(|said| said.fingerprint().to_vec()))
                    .push_bind(faults)
                    .push_bind(&row.original);
            },
        );
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Keeps rejected rows with their reasons and their original text.
pub(super) async fn quarantine(
    connection: &mut SqliteConnection,
    batch_no: i64,
    rows: &[RejectedRow],
) -> Result<(), Error> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let reasons = rows.iter().map(|row| json(&row.reasons)).collect::<Result<Vec<_>, _>>()?;
        let mut insert: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO rejected_row (batch_no, row_no, ordinal, reasons, original) ");
        insert.push_values(rows.iter().zip(reasons), |mut columns, (row, reasons)| {
            columns
                .push_bind(batch_no)
                .push_bind(integer(row.row))
                .push_bind(integer(row.ordinal))
                .push_bind(reasons)
                .push_bind(&row.original);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn find(
    connection: &mut SqliteConnection,
    id: &BatchId,
) -> Result<Option<BatchRecord>, Error> {
    let found = sqlx::query_as("SELECT * FROM batch WHERE batch_id = ?")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(found)
}

pub(super) async fn batches(
    connection: &mut SqliteConnection,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Batch)>, Error> {
    let found: Vec<BatchRecord> =
        sqlx::query_as("SELECT * FROM batch WHERE batch_no < ? ORDER BY batch_no DESC LIMIT ?")
            .bind(before.unwrap_or(i64::MAX))
            .bind(limit)
            .fetch_all(connection)
            .await?;
    found.into_iter().map(|record| Ok((record.batch_no, record.try_into()?))).collect()
}

pub(super) async fn rejected_rows(
    connection: &mut SqliteConnection,
    id: &BatchId,
    after: Option<RejectedKey>,
    limit: i64,
) -> Result<Vec<RejectedRow>, Error> {
    let (row, ordinal) = after.map_or((-1, -1), |(row, ordinal)| (integer(row), integer(ordinal)));
    let found: Vec<RejectedRecord> = sqlx::query_as(
        "SELECT row_no, ordinal, reasons, original FROM rejected_row
         WHERE batch_no = (SELECT batch_no FROM batch WHERE batch_id = ?) AND (row_no, ordinal) > (?, ?)
         ORDER BY row_no, ordinal LIMIT ?",
    )
    .bind(id.as_str())
    .bind(row)
    .bind(ordinal)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    all(found)
}
