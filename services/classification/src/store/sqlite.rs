//! The record in one SQLite file: many readers, one writer.

use sqlx::migrate::Migrator;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection as Connection, SqlitePool as Pool};
use xiuhua_service_kit::request_id::RequestId;
use xiuhua_service_kit::sqlite::SqliteDatabase as Database;

use super::Run;
use super::rows::PlaceClassRow;
use super::statements::{
    PLACE_CLASSES_OF_TYPE_ON_SQLITE as PLACE_CLASSES_OF_TYPE, REVIEW_ON_SQLITE as REVIEW,
};
use crate::domain::PlaceClass;
use crate::error::Error;

#[path = "both/record.rs"]
#[allow(clippy::duplicate_mod, reason = "written once and compiled for each database; see there")]
mod record;

pub(super) use self::record::Record;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Rows of one statement. A statement costs a hand-off between threads, a row almost nothing.
const ROWS_A_STATEMENT: usize = 1_000;

/// Has the name of a mutation to itself to the end of the transaction: as every write transaction does here.
async fn alone_with(_: &mut Connection, _: &RequestId) -> Result<(), Error> {
    Ok(())
}

/// Has the numbers of decisions to itself: as every write transaction has everything here.
async fn alone_with_decisions(_: &mut Connection) -> Result<(), Error> {
    Ok(())
}

async fn insert_place_classes(
    connection: &mut Connection,
    run: Run,
    batch: Vec<PlaceClass>,
) -> Result<(), Error> {
    let rows = batch.into_iter().map(PlaceClassRow::write).collect::<Result<Vec<_>, _>>()?;
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO place_classes (run, place_id, type, reasons, evidence, labels, type_degrees, decision, \
             in_review) ",
        );
        insert.push_values(rows, |mut values, row| {
            values
                .push_bind(run.0)
                .push_bind(&row.place_id)
                .push_bind(&row.type_id)
                .push_bind(&row.reasons)
                .push_bind(&row.evidence)
                .push_bind(&row.labels)
                .push_bind(&row.type_degrees)
                .push_bind(&row.decision)
                .push_bind(row.in_review);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}
