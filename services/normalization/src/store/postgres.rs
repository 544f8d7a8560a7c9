//! The record on PostgreSQL: writes run beside each other; those of one request id, and those that would register the
//! same catalog, wait for one another.

use sqlx::migrate::Migrator;
use sqlx::{PgConnection as Connection, PgPool as Pool};
use xiuhua_service_kit::postgres::PostgresDatabase as Database;
use xiuhua_service_kit::request_id::RequestId;

use super::StoreError;
use super::rows::{integer, size, status_word};
use super::treatments::TreatmentRow;
use crate::domain::id::PlaceId;
use crate::domain::threshold_set::{FixedThreshold, ThresholdSet};

#[path = "both/record.rs"]
#[allow(clippy::duplicate_mod, reason = "written once and compiled for each database; see there")]
mod record;

pub(super) use self::record::Record;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations/postgres");

/// Rows of one statement: enough that a statement costs nothing beside its rows.
const ROWS_A_STATEMENT: usize = 10_000;

const INSERT_TYPES: &str = "\
    INSERT INTO set_types (set_number, type_at, type_id, frame, members) \
    SELECT $1, * FROM UNNEST($2::bigint[], $3::text[], $4::bigint[], $5::bigint[])";

const INSERT_MEMBERS: &str = "\
    INSERT INTO sample_members (set_number, type_at, place_id) SELECT $1, $2, * FROM UNNEST($3::text[])";

const INSERT_THRESHOLDS: &str = "\
    INSERT INTO thresholds (set_number, type_at, leaf_at, leaf, status, lower, upper, base_values, \
    short_base_values, treatment, treated_lower, treated_upper, low_points, high_points, log_origin) \
    SELECT $1, * FROM UNNEST($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::double precision[], \
    $7::double precision[], $8::bigint[], $9::bigint[], $10::text[], $11::double precision[], \
    $12::double precision[], $13::bigint[], $14::bigint[], $15::double precision[])";

/// Has the name of a mutation to itself to the end of the transaction.
async fn alone_with(connection: &mut Connection, request_id: &RequestId) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(request_id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_types(
    connection: &mut Connection,
    number: i64,
    set: &ThresholdSet,
) -> Result<(), StoreError> {
    let types = || set.types.iter();
    let positions = (0..set.types.len()).map(integer).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<&str> = types().map(|sample| sample.type_id.as_str()).collect();
    let frames = types().map(|sample| size(sample.frame)).collect::<Result<Vec<_>, _>>()?;
    let members = types().map(|sample| size(sample.members)).collect::<Result<Vec<_>, _>>()?;
    let insert = sqlx::query(INSERT_TYPES).bind(number).bind(positions).bind(ids).bind(frames).bind(members);
    insert.execute(connection).await?;
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
            let places: Vec<&str> = places.iter().map(PlaceId::as_str).collect();
            let insert = sqlx::query(INSERT_MEMBERS).bind(number).bind(type_at).bind(places);
            insert.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// There are as many as types and leaves give, so one statement takes them.
async fn insert_thresholds(
    connection: &mut Connection,
    number: i64,
    thresholds: &[FixedThreshold],
) -> Result<(), StoreError> {
    let integers = |of: fn(&FixedThreshold) -> usize| {
        thresholds.iter().map(|threshold| integer(of(threshold))).collect::<Result<Vec<_>, _>>()
    };
    let fixed = || thresholds.iter().map(|threshold| threshold.fixed.threshold);
    let leaves: Vec<&str> = thresholds.iter().map(|threshold| threshold.leaf.as_str()).collect();
    let statuses: Vec<&str> = fixed().map(status_word).collect();
    let lower: Vec<Option<f64>> = fixed().map(|fixed| fixed.goalposts().map(|posts| posts.lower())).collect();
    let upper: Vec<Option<f64>> = fixed().map(|fixed| fixed.goalposts().map(|posts| posts.upper())).collect();
    let treated = fixed().map(TreatmentRow::of).collect::<Result<Vec<_>, _>>()?;
    let texts = treated.iter().map(|row| row.treatment.as_deref()).collect::<Vec<_>>();
    let numbers = |of: fn(&TreatmentRow) -> Option<f64>| treated.iter().map(of).collect::<Vec<_>>();
    let counts = |of: fn(&TreatmentRow) -> Option<i64>| treated.iter().map(of).collect::<Vec<_>>();
    sqlx::query(INSERT_THRESHOLDS)
        .bind(number)
        .bind(integers(|threshold| threshold.type_at)?)
        .bind(integers(|threshold| threshold.leaf_at)?)
        .bind(leaves)
        .bind(statuses)
        .bind(lower)
        .bind(upper)
        .bind(integers(|threshold| threshold.fixed.base_values)?)
        .bind(integers(|threshold| threshold.fixed.short_base_values)?)
        .bind(texts)
        .bind(numbers(|row| row.treated_lower))
        .bind(numbers(|row| row.treated_upper))
        .bind(counts(|row| row.low_points))
        .bind(counts(|row| row.high_points))
        .bind(numbers(|row| row.log_origin))
        .execute(connection)
        .await?;
    Ok(())
}
