//! One PostgreSQL database: readers that cannot write, and writes that a dropped call cannot halve.
//!
//! sqlx 0.9 can leave a connection inside a transaction when the future that begins it is dropped at the wrong moment
//! (its issue 4393), and a server drops the futures of calls that are cancelled. Here no transaction is begun in such a
//! future: each runs in a task of its own to its end. A connection that comes back inside one all the same is closed.

use std::convert::Infallible;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, PgPool, Postgres, Row};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::call::CallContext;
use crate::database::{OpenError, unless_gone};

/// Connections to read with.
const READERS: u32 = 8;
/// Connections to write with: most writes are short, and sealing and saving queue behind one another by their locks.
const WRITERS: u32 = 8;
/// How long a call waits for a free connection before it is told that there is none.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest statement of a reader: reads come in pages, so one that takes longer has lost its caller.
const READ_TIMEOUT: &str = "60s";
/// Longest statement of a writer. None should take a tenth of it; one that does would keep its locks for ever.
const WRITE_STATEMENT_TIMEOUT: &str = "10min";
/// Longest write: longer than the server's own limits for one that is slow, so it ends what the server says nothing of.
const LONGEST_WRITE: Duration = Duration::from_secs(15 * 60);
/// How long a connection that comes back may take to answer: one that has fallen silent is closed and not waited for.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(10);
/// How the server finds out that we are gone without a word, within a minute, and lets go of our locks.
const KEEP_ALIVE: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "60s"),
];
/// Longest wait of a write for another's lock.
const LOCK_TIMEOUT: &str = "30s";
/// A transaction that does nothing for so long has lost its writer; the server ends it.
const IDLE_TIMEOUT: &str = "60s";
/// A statement that takes longer is worth a line in a debug log.
const SLOW: Duration = Duration::from_secs(1);

/// True outside of a transaction, false inside a stale one: `now()` stands still from its beginning.
/// Sent as text, so that it is one round trip and leaves nothing prepared.
const OUTSIDE: &str = "SELECT now() = statement_timestamp()";

/// A database, migrated and open.
#[derive(Clone, Debug)]
pub struct PostgresDatabase {
    readers: PgPool,
    writers: PgPool,
    /// Of the writes that wait for one another anyway.
    turn: Arc<Mutex<()>>,
}

impl PostgresDatabase {
    /// Opens `postgres://ROLE:PASSWORD@HOST:PORT/DATABASE` and migrates it. Two processes that open it at once migrate
    /// one after the other. A write is acknowledged after the server's disk has it.
    ///
    /// # Errors
    /// [`OpenError`], also for a database of a newer version.
    pub async fn open(url: &str, migrator: &'static Migrator) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|refused| OpenError::address(url, &refused))?
            .application_name("xiuhua")
            .options([
                ("synchronous_commit", "on"),
                ("lock_timeout", LOCK_TIMEOUT),
                ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
                // Nothing that is logged or read depends on the server's place.
                ("timezone", "UTC"),
            ])
            .options(KEEP_ALIVE)
            .log_slow_statements(log::LevelFilter::Debug, SLOW);
        migrate(url, &options, migrator).await?;
        let many = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .after_release(|connection, _| is_usable(connection).boxed())
        };
        // Made when first needed: a server that is away for a moment now is none of this one's business.
        let writers = many(WRITERS)
            .connect_lazy_with(options.clone().options([("statement_timeout", WRITE_STATEMENT_TIMEOUT)]));
        let readers = many(READERS).connect_lazy_with(
            options.options([("default_transaction_read_only", "on"), ("statement_timeout", READ_TIMEOUT)]),
        );
        Ok(Self { readers, writers, turn: Arc::default() })
    }

    /// Connections to read with; the server refuses a write on them.
    #[must_use]
    pub fn reader(&self) -> &PgPool {
        &self.readers
    }

    /// Runs a write transaction in a task of its own: it commits or rolls back as a whole even if the caller is gone.
    /// Writes run beside each other; `work` takes the locks that it needs inside its transaction. One that takes more
    /// than 15 min is given up, and its connection closed.
    ///
    /// # Errors
    /// What `work` fails with (then nothing was written), or the database. Where the answer to the commit is lost,
    /// nobody knows whether it took place; the request id of the repeat settles it.
    ///
    /// # Panics
    /// If `work` panics: the panic goes on in the caller, the transaction is rolled back.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<sqlx::Error> + Send + 'static,
    {
        self.write_holding(None, work).await
    }

    /// As [`Self::write`], for work that takes a lock of the whole service anyway: it waits for its turn in this
    /// process before it takes a connection, so that waiting work leaves the connections to other writes. The lock
    /// is still needed, against other processes. Who gives up while it waits has written nothing.
    ///
    /// # Errors
    /// As [`Self::write`].
    ///
    /// # Panics
    /// As [`Self::write`].
    pub async fn write_in_turn<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<sqlx::Error> + Send + 'static,
    {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        self.write_holding(Some(turn), work).await
    }

    /// Holds a turn as long as the transaction, also if the caller is gone.
    async fn write_holding<T, E, F>(&self, turn: Option<OwnedMutexGuard<()>>, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<sqlx::Error> + Send + 'static,
    {
        let writers = self.writers.clone();
        // Still a part of the call, so that what it logs, or a panic, can be found by the call's id.
        let written = tokio::spawn(CallContext::carry_on(async move {
            let _turn = turn;
            let mut connection = writers.acquire().await?;
            let in_time = tokio::time::timeout(LONGEST_WRITE, transaction(&mut connection, work)).await;
            in_time.unwrap_or_else(|_| Err(close(connection).into()))
        }));
        match written.await {
            Ok(result) => result,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }

    /// Runs `work` in its turn, as [`Self::write_in_turn`] does, in a transaction that is taken back whatever comes of it.
    /// Once the caller is gone, `work` is dropped where it waits: nobody wants to know, and others wait to write.
    ///
    /// # Errors
    /// What `work` fails with, or the database.
    ///
    /// # Panics
    /// As [`Self::write`].
    pub async fn try_out<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<sqlx::Error> + Send + 'static,
    {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let mut connection = self.writers.acquire().await?;
        let (_caller, gone) = oneshot::channel::<Infallible>();
        let tried = tokio::spawn(CallContext::carry_on(async move {
            let _turn = turn;
            let trial = async {
                let mut transaction = connection.begin().await?;
                let result = unless_gone(gone, work(&mut transaction)).await;
                transaction.rollback().await?;
                result
            };
            let in_time = tokio::time::timeout(LONGEST_WRITE, trial).await;
            in_time.unwrap_or_else(|_| Err(close(connection).into()))
        }));
        match tried.await {
            Ok(result) => result,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        self.writers.close().await;
        self.readers.close().await;
    }
}

/// Migrates over a connection that waits as long as it takes: another process may be in the middle of a long migration.
async fn migrate(
    url: &str,
    options: &PgConnectOptions,
    migrator: &'static Migrator,
) -> Result<(), OpenError> {
    let patient = options.clone().options([("lock_timeout", "0"), ("statement_timeout", "0")]);
    // A pool, because it tries again where a server is just starting.
    let one = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
    let one = one.connect_with(patient).await.map_err(|source| OpenError::opening(url, source))?;
    let migrated = migrator.run(&one).await.map_err(|source| OpenError::migrating(url, source));
    one.close().await;
    migrated
}

/// Closes the connection of a write that does not end. It is not given back: nobody knows what it is at.
fn close(connection: PoolConnection<Postgres>) -> sqlx::Error {
    tracing::warn!(limit = ?LONGEST_WRITE, "a write does not end; its connection is closed");
    drop(connection.detach());
    sqlx::Error::Io(io::ErrorKind::TimedOut.into())
}

async fn transaction<T, E, F>(connection: &mut PgConnection, work: F) -> Result<T, E>
where
    F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    E: From<sqlx::Error>,
{
    let mut transaction = connection.begin().await?;
    let result = work(&mut transaction).await?;
    transaction.commit().await?;
    Ok(result)
}

/// Whether a connection that comes back can be handed on. An error closes it too.
async fn is_usable(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let silent = |_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into()));
    tokio::time::timeout(RELEASE_TIMEOUT, is_outside(connection)).await.unwrap_or_else(silent)
}

async fn is_outside(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let outside: bool = connection.fetch_one(OUTSIDE).await?.try_get(0)?;
    if !outside {
        tracing::warn!("a connection came back inside a transaction and is closed");
    }
    Ok(outside)
}
