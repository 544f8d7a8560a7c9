//! One SQLite database: many readers, one writer, and writes that a dropped call cannot halve.

use std::convert::Infallible;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, SqlitePool};
use tokio::sync::oneshot;

use crate::call::CallContext;
use crate::database::{OpenError, unless_gone};

mod snapshot;

pub use self::snapshot::{SnapshotError, check, copy_to, newest_migration};

/// Readers at once; each is a thread and up to [`CACHE_KIB`] of cache.
const READERS: u32 = 8;
/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call waits for a free connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// A statement that takes longer is worth a line in a debug log.
const SLOW: Duration = Duration::from_secs(1);
/// Largest page cache of a connection in KiB, as a negative number as SQLite wants it.
const CACHE_KIB: &str = "-16384";
/// The same of a reader of a [`FLEETING`] file: the pages are in the system's cache, where they were just written.
const FLEETING_CACHE_KIB: &str = "-2048";
/// Bytes of a page of a [`FLEETING`] file: it is written once and read in long stretches, so few large pages cost less than
/// many small ones.
const FLEETING_PAGE_BYTES: u32 = 16_384;
/// Rows that a connection's thread reads ahead of whoever takes them: every time it waits, two threads change places.
const ROWS_AHEAD: usize = 500;

/// What the address of a file ends with that nobody needs once its process has ended, however it ends: no commit waits
/// for the disk, the log of its writes is never copied into the file, and its readers keep small caches. Refused of a
/// file outside the system's temporary folder, so that no record that is to last can be kept so by a slip of an address.
pub const FLEETING: &str = "?durable=no";

/// A database file, migrated and open.
#[derive(Clone, Debug)]
pub struct SqliteDatabase {
    readers: SqlitePool,
    /// One connection: SQLite has one writer at a time, and a queue is better than a busy error.
    writer: SqlitePool,
}

impl SqliteDatabase {
    /// Opens `sqlite:PATH` (made if absent) or `sqlite::memory:` (of this process alone, one connection), and migrates
    /// it. Commits are durable: a write is acknowledged after the disk has it, unless the address ends with [`FLEETING`].
    ///
    /// # Errors
    /// [`OpenError`], also for a database of a newer version.
    pub async fn open(url: &str, migrator: &'static Migrator) -> Result<Self, OpenError> {
        let open = |source| OpenError::opening(url, source);
        let (address, is_fleeting) = match url.strip_suffix(FLEETING) {
            Some(address) => (address, true),
            None => (url, false),
        };
        let options =
            SqliteConnectOptions::from_str(address).map_err(|refused| OpenError::address(url, &refused))?;
        if is_fleeting && !is_in_temporary_folder(options.get_filename()) {
            return Err(OpenError::Lasting { url: url.to_owned() });
        }
        let (options, synchronous, reader_cache) = if is_fleeting {
            let options = options.page_size(FLEETING_PAGE_BYTES).pragma("wal_autocheckpoint", "0");
            (options, SqliteSynchronous::Off, FLEETING_CACHE_KIB)
        } else {
            (options, SqliteSynchronous::Full, CACHE_KIB)
        };
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", CACHE_KIB)
            .row_buffer_size(ROWS_AHEAD)
            // Large deliveries take seconds by nature; who wants to see them asks for debug.
            .log_slow_statements(log::LevelFilter::Debug, SLOW);
        let one = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None);
        let writer = one.connect_with(options.clone()).await.map_err(open)?;
        migrate(&writer, migrator).await.map_err(|source| OpenError::migrating(url, source))?;
        let readers = if url.contains(":memory:") {
            writer.clone()
        } else {
            let many = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(ACQUIRE_TIMEOUT);
            many.connect_with(options.read_only(true).pragma("cache_size", reader_cache))
                .await
                .map_err(open)?
        };
        Ok(Self { readers, writer })
    }

    /// Connections to read with.
    #[must_use]
    pub fn reader(&self) -> &SqlitePool {
        &self.readers
    }

    /// Runs a write transaction in a task of its own: it commits or rolls back as a whole even if the caller is gone.
    /// Writes queue; `work` gets the connection inside `BEGIN IMMEDIATE`.
    ///
    /// # Errors
    /// What `work` fails with (then nothing was written), or the database.
    ///
    /// # Panics
    /// If `work` panics: the panic goes on in the caller, the transaction is rolled back.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<sqlx::Error> + Send + 'static,
    {
        let writer = self.writer.clone();
        // Still a part of the call, so that what it logs, or a panic, can be found by the call's id.
        let written = tokio::spawn(CallContext::carry_on(async move {
            let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
            let result = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(result)
        }));
        match written.await {
            Ok(result) => result,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }

    /// As [`Self::write`], where writes are in turn anyway.
    ///
    /// # Errors
    /// As [`Self::write`].
    ///
    /// # Panics
    /// As [`Self::write`].
    pub async fn write_in_turn<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<sqlx::Error> + Send + 'static,
    {
        self.write(work).await
    }

    /// Runs `work` in a write transaction that is taken back whatever comes of it. Once the caller is gone, `work` is
    /// dropped where it waits: nobody wants to know, and others wait to write.
    ///
    /// # Errors
    /// What `work` fails with, or the database.
    ///
    /// # Panics
    /// As [`Self::write`].
    pub async fn try_out<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<sqlx::Error> + Send + 'static,
    {
        let mut connection = self.writer.acquire().await?;
        let (_caller, gone) = oneshot::channel::<Infallible>();
        // In a task of its own, so that neither the beginning nor the end is ever dropped halfway.
        let tried = tokio::spawn(CallContext::carry_on(async move {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            let result = unless_gone(gone, work(&mut transaction)).await;
            transaction.rollback().await?;
            result
        }));
        match tried.await {
            Ok(result) => result,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// Migrates with foreign keys unchecked: SQLite changes a table by making it anew, and its children would hold the old
/// one back. They are checked afterwards, once for each migration because that reads every row: `user_version` is the
/// migration after which they were found sound.
///
/// Source: SQLite's documentation of ALTER TABLE, section 7.
async fn migrate(writer: &SqlitePool, migrator: &Migrator) -> Result<(), MigrateError> {
    let mut connection = writer.acquire().await?;
    sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut *connection).await?;
    let migrated = migrator.run(&mut *connection).await;
    sqlx::query("PRAGMA foreign_keys = ON").execute(&mut *connection).await?;
    migrated?;
    let newest: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await?;
    let sound: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    if sound == newest {
        return Ok(());
    }
    if let Some(row) = sqlx::query("PRAGMA foreign_key_check").fetch_optional(&mut *connection).await? {
        let (table, parent): (String, String) = (row.try_get("table")?, row.try_get("parent")?);
        let said = format!("a row of `{table}` names one of `{parent}` that is not there");
        return Err(MigrateError::Execute(sqlx::Error::Protocol(said)));
    }
    // A number, and pragmas take no parameters.
    let mark = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {newest}"));
    sqlx::query(mark).execute(&mut *connection).await?;
    Ok(())
}

/// Whether a file lies in the system's temporary folder, wherever links and `..` lead.
fn is_in_temporary_folder(file: &Path) -> bool {
    let real = |folder: &Path| {
        // An empty path is the folder that the process is in.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        folder.canonicalize()
    };
    let of_file = file.parent().and_then(|folder| real(folder).ok());
    of_file
        .zip(real(&std::env::temp_dir()).ok())
        .is_some_and(|(folder, temporary)| folder.starts_with(temporary))
}
