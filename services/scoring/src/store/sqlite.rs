//! The record on SQLite.
//!
//! Reads go to the pool of readers; every write is one transaction in a task of its own, which a dropped call cannot
//! cut in half. Rows are written a thousand at a time: a statement costs a hand-off between threads, a row almost
//! nothing. There is one writer, so nothing needs a lock of its own.

#[path = "both/assessments.rs"]
mod assessments;
#[path = "both/leases.rs"]
mod leases;
#[path = "both/results.rs"]
mod results;
#[path = "both/uncertainty.rs"]
mod uncertainty;
#[path = "both/warnings.rs"]
mod warnings;
#[path = "both/weights.rs"]
mod weights;

use futures_util::future::BoxFuture;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};
use xiuhua_service_kit::sqlite::SqliteDatabase;

use super::tables::TableRow;
use super::{Run, StoreError};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// Rows of one statement. Fourteen columns at most, so that the 32,766 variables of a statement hold.
const ROWS_PER_STATEMENT: usize = 1_000;

/// One process works on a store: a run that is RUNNING when it opens was left by a dead one.
const ALONE: bool = true;
/// Nobody else writes inside a transaction.
const FOR_UPDATE: &str = "";
/// Nobody else writes inside a transaction.
pub(super) const SKIP_LOCKED: &str = "";

type Db = Sqlite;
type Connection = SqliteConnection;

/// Scoring's database.
#[derive(Debug)]
pub(super) struct SqlStore {
    database: SqliteDatabase,
}

impl SqlStore {
    /// Opens the database and brings it to the present version.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { database: SqliteDatabase::open(url, &MIGRATOR).await? })
    }

    fn readers(&self) -> &SqlitePool {
        self.database.reader()
    }

    /// One transaction in a task of its own: committed whole or not at all, whoever stops waiting for it.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.database.write(work).await
    }
}

/// Makes transactions that name the same thing wait for each other.
async fn one_at_a_time(_: &mut Connection, _name: &str) -> Result<(), StoreError> {
    Ok(())
}

/// Inserts rows of a run in statements of [`ROWS_PER_STATEMENT`]: all but the last have one text, prepared once.
async fn insert<R: TableRow + Send + Sync>(
    connection: &mut Connection,
    run: Run,
    mut rows: impl Iterator<Item = R> + Send,
) -> Result<(), StoreError> {
    let statement = format!("INSERT INTO {} (run, {}) ", R::TABLE, R::COLUMNS.join(", "));
    loop {
        let chunk: Vec<R> = rows.by_ref().take(ROWS_PER_STATEMENT).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let mut query = QueryBuilder::<Sqlite>::new(statement.as_str());
        query.push_values(chunk, |mut values, row| {
            values.push_bind(run.0);
            row.bind_values(&mut values);
        });
        query.build().execute(&mut *connection).await?;
    }
}
