//! What the tests of services need: temporary databases and what is to be seen of them, and parts served in memory.

mod plans;
mod postgres;
mod schema;
mod sessions;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

pub use self::plans::{execute, full_scans, postgres_plan, sqlite_plan};
pub use self::postgres::{SETTING as POSTGRES_SETTING, temporary_postgres};
pub use self::schema::{Schema, postgres_schema, sqlite_schema};
pub use self::sessions::{until_idle, until_waiting};
use crate::limits::Limits;
use crate::pipe;
use crate::server::{Part, serve_pipe};

/// A folder for a database file, gone when dropped.
#[derive(Debug)]
pub struct TemporaryDatabase {
    folder: TempDir,
}

impl TemporaryDatabase {
    /// A new empty place.
    ///
    /// # Panics
    /// If there is no room for temporary files.
    #[must_use]
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("the machine has room for temporary files") }
    }

    /// Its address, `sqlite:PATH`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("test.db").display())
    }
}

impl Default for TemporaryDatabase {
    fn default() -> Self {
        Self::new()
    }
}

/// Parts served over a pipe; drained when dropped.
#[derive(Debug)]
pub struct Served {
    /// A channel to them.
    pub channel: Channel,
    shutdown: CancellationToken,
}

/// Serves parts in memory with the default limits.
#[must_use]
pub fn serve(parts: Vec<Part>) -> Served {
    serve_with(parts, Limits::default())
}

/// Serves parts in memory.
#[must_use]
pub fn serve_with(parts: Vec<Part>, limits: Limits) -> Served {
    let (channel, acceptor) = pipe::pair();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move { serve_pipe(acceptor, parts, &limits, stop).await });
    Served { channel, shutdown }
}

impl Served {
    /// Asks for a drain.
    pub fn stop(&self) {
        self.shutdown.cancel();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
