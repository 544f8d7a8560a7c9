//! One PostgreSQL database: readers that cannot write, and writes that a dropped call cannot halve.
//!
//! sqlx 0.9 can leave a connection inside a transaction when the future that begins it is dropped at the wrong moment
//! (its issue 4393), and a server drops the futures of calls that are cancelled. Here no transaction is begun in such a
//! future: each runs in a task of its own to its end. A connection that comes back inside one all the same is closed.

use std::str::FromStr;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Executor, PgConnection, PgPool, Row};

use crate::call::CallContext;
use crate::database::OpenError;

/// Connections to read with.
const READERS: u32 = 8;
/// Connections to write with: most writes are short, and sealing and saving queue behind one another by their locks.
const WRITERS: u32 = 8;
/// How long a call waits for a free connection before it is told that there is none.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest statement of a reader: reads come in pages, so one that takes longer has lost its caller.
const READ_TIMEOUT: &str = "60s";
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
}

impl PostgresDatabase {
    /// Opens `postgres://ROLE:PASSWORD@HOST:PORT/DATABASE` and migrates it. Two processes that open it at once migrate
    /// one after the other. A write is acknowledged after the server's disk has it.
    ///
    /// # Errors
    /// [`OpenError`], also for a database of a newer version.
    pub async fn open(url: &str, migrator: &'static Migrator) -> Result<Self, OpenError> {
        let open = |source| OpenError::opening(url, source);
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
            .log_slow_statements(log::LevelFilter::Debug, SLOW);
        let writers = PgPoolOptions::new()
            .max_connections(WRITERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_release(|connection, _| is_outside(connection).boxed())
            .connect_with(options.clone())
            .await
            .map_err(open)?;
        migrator.run(&writers).await.map_err(|source| OpenError::migrating(url, source))?;
        let options =
            options.options([("default_transaction_read_only", "on"), ("statement_timeout", READ_TIMEOUT)]);
        let readers = PgPoolOptions::new().max_connections(READERS).acquire_timeout(ACQUIRE_TIMEOUT);
        // Made when first needed: a server that is away for a moment now is none of this one's business.
        let readers = readers.connect_lazy_with(options);
        Ok(Self { readers, writers })
    }

    /// Connections to read with; the server refuses a write on them.
    #[must_use]
    pub fn reader(&self) -> &PgPool {
        &self.readers
    }

    /// Runs a write transaction in a task of its own: it commits or rolls back as a whole even if the caller is gone.
    /// Writes run beside each other; `work` takes the locks that it needs inside its transaction.
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
        let writers = self.writers.clone();
        // Still a part of the call, so that what it logs, or a panic, can be found by the call's id.
        let written = tokio::spawn(CallContext::carry_on(async move {
            let mut transaction = writers.begin().await?;
            let result = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(result)
        }));
        match written.await {
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

async fn is_outside(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let outside: bool = connection.fetch_one(OUTSIDE).await?.try_get(0)?;
    if !outside {
        tracing::warn!("a connection came back inside a transaction and is closed");
    }
    Ok(outside)
}
