//! The record on PostgreSQL.
//!
//! Reads go to connections that cannot write; every write is one transaction in a task of its own. Several processes
//! may work on one store: who works on a run is decided by row locks and leases.

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
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres};
use xiuhua_service_kit::postgres::PostgresDatabase;

use super::tables::TableRow;
use super::{Run, StoreError};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/postgres");

/// Rows of one statement: about a megabyte.
const ROWS_PER_STATEMENT: usize = 10_000;

/// Other processes may be at work on the same store.
const ALONE: bool = false;
/// Keeps a row as it was read until the transaction ends.
const FOR_UPDATE: &str = " FOR UPDATE";
/// Takes a row that nobody is writing.
pub(super) const SKIP_LOCKED: &str = " FOR UPDATE SKIP LOCKED";

type Db = Postgres;
type Connection = PgConnection;

/// Scoring's database.
#[derive(Debug)]
pub(super) struct SqlStore {
    database: PostgresDatabase,
}

impl SqlStore {
    /// Opens the database and brings it to the present version.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { database: PostgresDatabase::open(url, &MIGRATOR).await? })
    }

    fn readers(&self) -> &PgPool {
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
async fn one_at_a_time(connection: &mut Connection, name: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}

/// Inserts rows of a run, an array a column.
async fn insert<R: TableRow + Send + Sync>(
    connection: &mut Connection,
    run: Run,
    mut rows: impl Iterator<Item = R> + Send,
) -> Result<(), StoreError> {
    let arrays = R::POSTGRES.iter().enumerate().map(|(at, kind)| format!("${}::{kind}[]", at + 2));
    let statement = format!(
        "INSERT INTO {} (run, {}) SELECT $1, * FROM UNNEST({})",
        R::TABLE,
        R::COLUMNS.join(", "),
        arrays.collect::<Vec<_>>().join(", ")
    );
    loop {
        let chunk: Vec<R> = rows.by_ref().take(ROWS_PER_STATEMENT).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(AssertSqlSafe(statement.clone())).bind(run.0);
        R::bind_arrays(&chunk, query).execute(&mut *connection).await?;
    }
}
