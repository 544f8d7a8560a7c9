//! The record on SQLite: one file, many readers, one writer.

mod bulk;
mod columns;

use sqlx::SqliteConnection as Connection;
use sqlx::migrate::Migrator;
use xiuhua_service_kit::request_id::RequestId;
use xiuhua_service_kit::sqlite::SqliteDatabase as Database;

use super::{HotQuery, Matter};
use crate::error::Error;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations/sqlite");

/// The texts of a JSON array.
macro_rules! texts {
    ($array:literal) => {
        concat!("(SELECT value FROM json_each(", $array, "))")
    };
}

/// The integers of a JSON array.
macro_rules! integers {
    ($array:literal) => {
        concat!("(SELECT value FROM json_each(", $array, "))")
    };
}

/// Holds the rows that are read to the end of the transaction: here, a write transaction is the only one.
macro_rules! for_update {
    () => {
        ""
    };
}

/// Leaves out rows that another transaction holds: here, there is none.
macro_rules! skip_locked {
    () => {
        ""
    };
}

/// The measures and periods of a JSON array of pairs.
macro_rules! columns_named {
    ($array:literal) => {
        concat!(
            "(SELECT json_extract(value, '$[0]') AS measure_id, json_extract(value, '$[1]') AS period
              FROM json_each(",
            $array,
            "))"
        )
    };
}

/// The ordinals and reasons of a JSON array of pairs.
macro_rules! reasons_by_ordinal {
    ($array:literal) => {
        concat!(
            "(SELECT json_extract(value, '$[0]') AS ordinal, json_extract(value, '$[1]') AS reasons
              FROM json_each(",
            $array,
            "))"
        )
    };
}

/// A table of one seal, with what its definition ends in.
macro_rules! scratch_table {
    ($($definition:tt)*) => {
        concat!("CREATE TEMP TABLE ", $($definition)*, " WITHOUT ROWID")
    };
}

/// Removes a table of one seal, and never one of the record.
macro_rules! drop_scratch_table {
    ($name:literal) => {
        concat!("DROP TABLE IF EXISTS temp.", $name)
    };
}

/// A text that is compared as the keys of the record are: by bytes.
macro_rules! key_text {
    () => {
        "TEXT"
    };
}

/// Statistics on tables of a seal: SQLite plans well without.
macro_rules! look_at {
    ($($name:literal),*) => {
        &[]
    };
}

/// Joins the table on the right to the rows of the one on the left, and not the other way: without statistics SQLite
/// would as soon read the whole record for each delivery.
macro_rules! and_then_join {
    () => {
        " CROSS JOIN "
    };
}

#[path = "both/record.rs"]
#[allow(clippy::duplicate_mod, reason = "written once and compiled for each database; see there")]
mod record;

pub(super) use self::record::Record;

/// Has a matter to itself to the end of the transaction: as every write transaction does here.
async fn alone(_: &mut Connection, _: Matter) -> Result<(), Error> {
    Ok(())
}

/// Has the name of a mutation to itself to the end of the transaction: as every write transaction does here.
async fn alone_with(_: &mut Connection, _: &RequestId) -> Result<(), Error> {
    Ok(())
}

pub(super) fn hot_queries() -> Vec<HotQuery> {
    [columns::HOT_QUERIES.to_vec(), record::hot_queries()].concat()
}
