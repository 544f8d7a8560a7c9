//! The record on SQLite: many readers, one writer.

use sqlx::migrate::Migrator;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection as Connection, SqlitePool as Pool};
use xiuhua_service_kit::request_id::RequestId;
use xiuhua_service_kit::sqlite::SqliteDatabase as Database;

use super::StoreError;
use super::rows::{integer, size, status_word};
use super::treatments::TreatmentRow;
use crate::domain::id::PlaceId;
use crate::domain::threshold_set::{FixedThreshold, ThresholdSet};

#[path = "both/record.rs"]
#[allow(clippy::duplicate_mod, reason = "written once and compiled for each database; see there")]
mod record;

pub(super) use self::record::Record;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Rows of one statement: fifteen columns at most, so that the 32,766 variables of a statement hold. A statement costs a
/// hand-off between threads, a row almost nothing.
const ROWS_A_STATEMENT: usize = 1_000;

/// Has the name of a mutation to itself to the end of the transaction: as every write transaction does here.
async fn alone_with(_: &mut Connection, _: &RequestId) -> Result<(), StoreError> {
    Ok(())
}

async fn insert_types(
    connection: &mut Connection,
    number: i64,
    set: &ThresholdSet,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(set.types.len());
    for (type_at, sample) in set.types.iter().enumerate() {
        rows.push((integer(type_at)?, &sample.type_id, size(sample.frame)?, size(sample.members)?));
    }
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO set_types (set_number, type_at, type_id, frame, members) ");
        query.push_values(rows, |mut row, (type_at, type_id, frame, members)| {
            row.push_bind(number).push_bind(type_at).push_bind(*type_id).push_bind(frame).push_bind(members);
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_members(
    connection: &mut Connection,
    number: i64,
    members: &[Vec<PlaceId>],
) -> Result<(), StoreError> {
    for (type_at, members) in members.iter().enumerate() {
        let type_at = integer(type_at)?;
        for places in members.chunks(ROWS_A_STATEMENT) {
            let mut query: QueryBuilder<Sqlite> =
                QueryBuilder::new("INSERT INTO sample_members (set_number, type_at, place_id) ");
            query.push_values(places, |mut row, place| {
                row.push_bind(number).push_bind(type_at).push_bind(place.as_str());
            });
            query.build().execute(&mut *connection).await?;
        }
    }
    Ok(())
}

async fn insert_thresholds(
    connection: &mut Connection,
    number: i64,
    thresholds: &[FixedThreshold],
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(thresholds.len());
    for threshold in thresholds {
        let fixed = &threshold.fixed;
        let positions = (integer(threshold.type_at)?, integer(threshold.leaf_at)?);
        let counts = (integer(fixed.base_values)?, integer(fixed.short_base_values)?);
        rows.push((threshold, positions, counts, TreatmentRow::of(fixed.threshold)?));
    }
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO thresholds (set_number, type_at, leaf_at, leaf, status, lower, upper, base_values, \
             short_base_values, treatment, treated_lower, treated_upper, low_points, high_points, log_origin) ",
        );
        query.push_values(
            rows,
            |mut row, (threshold, (type_at, leaf_at), (base_values, short_base_values), treated)| {
                let goalposts = threshold.fixed.threshold.goalposts();
                row.push_bind(number)
                    .push_bind(type_at)
                    .push_bind(leaf_at)
                    .push_bind(threshold.leaf.as_str())
                    .push_bind(status_word(threshold.fixed.threshold))
                    .push_bind(goalposts.map(|goalposts| goalposts.lower()))
                    .push_bind(goalposts.map(|goalposts| goalposts.upper()))
                    .push_bind(base_values)
                    .push_bind(short_base_values)
                    .push_bind(treated.treatment.as_deref())
                    .push_bind(treated.treated_lower)
                    .push_bind(treated.treated_upper)
                    .push_bind(treated.low_points)
                    .push_bind(treated.high_points)
                    .push_bind(treated.log_origin);
            },
        );
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}
