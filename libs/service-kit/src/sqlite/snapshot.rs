//! A database file as it is at one moment: copied while others write to it, and checked for damage.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};

use super::BUSY_TIMEOUT;

/// Most faults that [`check`] names of one kind; a broken page may cause thousands.
const MOST_FAULTS: usize = 20;

/// Why a database file could not be copied or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file is not there or cannot be read as a database.
    #[error("无法读取数据库 / cannot read the database `{url}`: {source}")]
    Read {
        /// The address.
        url: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The copy cannot be written.
    #[error("无法将数据库 `{url}` 复制到 / cannot copy the database to {}: {source}", to.display())]
    Copy {
        /// The address.
        url: String,
        /// Where to.
        to: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
}

/// Copies the database at `url` (`sqlite:PATH`, which must exist) to a new file, as it is at one moment between two
/// transactions, and gives the version of its newest migration. Others may read and write meanwhile; nobody waits.
///
/// The caller makes the copy durable: SQLite does not wait for the disk here.
///
/// # Errors
/// [`SnapshotError`]; also if `to` exists. What is left at `to` then is no copy.
pub async fn copy_to(url: &str, to: &Path) -> Result<i64, SnapshotError> {
    let copying = |source| SnapshotError::Copy { url: url.to_owned(), to: to.to_owned(), source };
    let mut connection = read(url).await?;
    let name = to.to_str().ok_or_else(|| copying(sqlx::Error::Protocol("not UTF-8".to_owned())))?;
    sqlx::query("VACUUM INTO ?").bind(name).execute(&mut connection).await.map_err(copying)?;
    close(connection, url).await?;
    // By its name and not by an address, in which some characters mean something else.
    newest_of(SqliteConnectOptions::new().filename(to), url).await
}

/// The version of the newest migration of the database at `url`.
///
/// # Errors
/// [`SnapshotError::Read`]; also if it was never migrated.
pub async fn newest_migration(url: &str) -> Result<i64, SnapshotError> {
    newest_of(SqliteConnectOptions::from_str(url).map_err(|source| reading(url, source))?, url).await
}

async fn newest_of(options: SqliteConnectOptions, url: &str) -> Result<i64, SnapshotError> {
    let mut connection = read_with(options, url).await?;
    let newest = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success");
    let newest: i64 = newest.fetch_one(&mut connection).await.map_err(|source| reading(url, source))?;
    close(connection, url).await?;
    Ok(newest)
}

/// Reads the whole database at `url` and gives what is damaged in it, in SQLite's words: pages, indexes and
/// constraints, then rows whose foreign key leads nowhere. Empty if it is whole. It cannot tell whether a value is the
/// one that was written.
///
/// # Errors
/// [`SnapshotError::Read`] if the file cannot be read at all; a file that is no database is a fault.
pub async fn check(url: &str) -> Result<Vec<String>, SnapshotError> {
    let mut connection = match read(url).await {
        Ok(connection) => connection,
        Err(SnapshotError::Read { source: sqlx::Error::Database(damage), .. }) => {
            return Ok(vec![damage.to_string()]);
        }
        Err(error) => return Err(error),
    };
    let found = faults(&mut connection).await;
    // What cannot be closed was found to be damaged.
    let _ = connection.close().await;
    match found {
        Ok(faults) => Ok(faults),
        Err(sqlx::Error::Database(damage)) => Ok(vec![damage.to_string()]),
        Err(source) => Err(reading(url, source)),
    }
}

async fn faults(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let whole: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(20)").fetch_all(&mut *connection).await?;
    let mut faults: Vec<_> = whole.into_iter().filter(|line| line != "ok").collect();
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *connection).await?;
    for row in dangling.iter().take(MOST_FAULTS) {
        let (table, parent): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        faults.push(format!("a row of {table} names one of {parent} that is not there"));
    }
    Ok(faults)
}

/// Opens a database for reading alone.
async fn read(url: &str) -> Result<SqliteConnection, SnapshotError> {
    read_with(SqliteConnectOptions::from_str(url).map_err(|source| reading(url, source))?, url).await
}

async fn read_with(options: SqliteConnectOptions, url: &str) -> Result<SqliteConnection, SnapshotError> {
    let options = options.read_only(true).create_if_missing(false).busy_timeout(BUSY_TIMEOUT);
    options.connect().await.map_err(|source| reading(url, source))
}

async fn close(connection: SqliteConnection, url: &str) -> Result<(), SnapshotError> {
    connection.close().await.map_err(|source| reading(url, source))
}

fn reading(url: &str, source: sqlx::Error) -> SnapshotError {
    SnapshotError::Read { url: url.to_owned(), source }
}
