//! The record in one PostgreSQL database: writes run beside each other; those of one request id, and those that would
//! make the same thing, wait for one another.

use sqlx::migrate::Migrator;
use sqlx::{PgConnection as Connection, PgPool as Pool};
use xiuhua_service_kit::postgres::PostgresDatabase as Database;
use xiuhua_service_kit::request_id::RequestId;

use super::Run;
use super::rows::PlaceClassRow;
use super::statements::{PLACE_CLASSES_OF_TYPE, REVIEW};
use crate::domain::PlaceClass;
use crate::error::Error;

#[path = "both/record.rs"]
#[allow(clippy::duplicate_mod, reason = "written once and compiled for each database; see there")]
mod record;

pub(super) use self::record::Record;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations/postgres");

const INSERT_PLACE_CLASSES: &str = "\
    INSERT INTO place_classes (run, place_id, type, reasons, evidence, labels, type_degrees, decision, in_review) \
    SELECT $1, * FROM UNNEST($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
        $9::bigint[])";

/// Has the name of a mutation to itself to the end of the transaction.
async fn alone_with(connection: &mut Connection, request_id: &RequestId) -> Result<(), Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(request_id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Has the numbers of decisions to itself to the end of the transaction: they have no gap and are committed in turn.
async fn alone_with_decisions(connection: &mut Connection) -> Result<(), Error> {
    sqlx::query("LOCK TABLE type_decisions IN SHARE ROW EXCLUSIVE MODE").execute(connection).await?;
    Ok(())
}

/// A batch is bounded, and so is one statement.
async fn insert_place_classes(
    connection: &mut Connection,
    run: Run,
    batch: Vec<PlaceClass>,
) -> Result<(), Error> {
    let mut columns: [Vec<String>; 6] = std::array::from_fn(|_| Vec::with_capacity(batch.len()));
    let mut decisions = Vec::with_capacity(batch.len());
    let mut in_review = Vec::with_capacity(batch.len());
    for class in batch {
        let row = PlaceClassRow::write(class)?;
        decisions.push(row.decision);
        in_review.push(row.in_review);
        let PlaceClassRow { place_id, type_id, reasons, evidence, labels, type_degrees, .. } = row;
        let row = [place_id, type_id, reasons, evidence, labels, type_degrees];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let mut insert = sqlx::query(INSERT_PLACE_CLASSES).bind(run.0);
    for column in columns {
        insert = insert.bind(column);
    }
    insert.bind(decisions).bind(in_review).execute(connection).await?;
    Ok(())
}
