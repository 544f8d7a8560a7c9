//! The record on PostgreSQL: deliveries are staged beside each other; seals, withdrawals and changes of precedence
//! follow one another.

mod bulk;
mod columns;

use sqlx::PgConnection as Connection;
use sqlx::migrate::Migrator;
use xiuhua_service_kit::postgres::PostgresDatabase as Database;
use xiuhua_service_kit::request_id::RequestId;

use super::{HotQuery, Matter};
use crate::error::Error;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations/postgres");

/// The texts of a JSON array.
macro_rules! texts {
    ($array:literal) => {
        concat!("(SELECT value FROM json_array_elements_text(CAST(", $array, " AS json)))")
    };
}

/// The integers of a JSON array.
macro_rules! integers {
    ($array:literal) => {
        concat!("(SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(", $array, " AS json)))")
    };
}

/// Holds the rows that are read to the end of the transaction.
macro_rules! for_update {
    () => {
        " FOR UPDATE"
    };
}

/// Leaves out rows that another transaction holds, and holds the others.
macro_rules! skip_locked {
    () => {
        " FOR UPDATE SKIP LOCKED"
    };
}

/// The measures and periods of a JSON array of pairs.
macro_rules! columns_named {
    ($array:literal) => {
        concat!(
            "(SELECT value ->> 0 AS measure_id, value ->> 1 AS period
              FROM json_array_elements(CAST(",
            $array,
            " AS json)))"
        )
    };
}

/// The ordinals and reasons of a JSON array of pairs.
macro_rules! reasons_by_ordinal {
    ($array:literal) => {
        concat!(
            "(SELECT CAST(value ->> 0 AS BIGINT) AS ordinal, value ->> 1 AS reasons
              FROM json_array_elements(CAST(",
            $array,
            " AS json)))"
        )
    };
}

/// A table of one seal, gone with its transaction.
macro_rules! scratch_table {
    ($($definition:tt)*) => {
        concat!("CREATE TEMP TABLE ", $($definition)*, " ON COMMIT DROP")
    };
}

/// Removes a table of one seal, and never one of the record.
macro_rules! drop_scratch_table {
    ($name:literal) => {
        concat!("DROP TABLE IF EXISTS pg_temp.", $name)
    };
}

/// A text that is compared as the keys of the record are: by bytes. In another order an index serves no join with them.
macro_rules! key_text {
    () => {
        "TEXT COLLATE \"C\""
    };
}

/// Statistics on tables of a seal: without, the planner would guess how large the delivery is.
macro_rules! look_at {
    ($($name:literal),*) => {
        &[$(concat!("ANALYZE pg_temp.", $name)),*]
    };
}

/// Joins the table on the right to the rows of the one on the left; which way is left to the planner, who knows better.
macro_rules! and_then_join {
    () => {
        " JOIN "
    };
}

#[path = "both/record.rs"]
#[allow(clippy::duplicate_mod, reason = "written once and compiled for each database; see there")]
mod record;

pub(super) use self::record::Record;

/// Class of the locks on names of mutations; the locks on matters have one number and are none of it.
const MUTATIONS: i32 = 1;

/// Has a matter to itself to the end of the transaction.
async fn alone(connection: &mut Connection, matter: Matter) -> Result<(), Error> {
    let number: i64 = match matter {
        Matter::Positions => 1,
        Matter::Measures => 2,
    };
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(number).execute(connection).await?;
    Ok(())
}

/// Has the name of a mutation to itself to the end of the transaction.
async fn alone_with(connection: &mut Connection, request_id: &RequestId) -> Result<(), Error> {
    sqlx::query("SELECT pg_advisory_xact_lock($1, hashtext($2))")
        .bind(MUTATIONS)
        .bind(request_id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn hot_queries() -> Vec<HotQuery> {
    [columns::HOT_QUERIES.to_vec(), record::hot_queries()].concat()
}
