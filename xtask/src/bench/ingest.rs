//! A delivery over gRPC to durable rows, beside the fastest raw writes of each database.

use std::path::PathBuf;

use anyhow::Result;

use crate::tool;

/// Rows of a delivery where nothing else is asked for.
const ROWS: u64 = 1_000_000;
/// Turns on each database where nothing else is asked for.
const TURNS: usize = 5;

/// What the bench of the ingestion takes.
#[derive(clap::Args)]
pub(crate) struct Ingest {
    /// Rows of a delivery.
    #[arg(long, default_value_t = ROWS)]
    rows: u64,
    /// Turns on each database.
    #[arg(long, default_value_t = TURNS)]
    turns: usize,
    /// One database instead of both: `postgres` or `sqlite`.
    #[arg(long)]
    database: Option<String>,
    /// Where the databases lie while it runs; they need about 300 bytes a row. The system's temporary folder by default.
    #[arg(long)]
    folder: Option<PathBuf>,
}

impl Default for Ingest {
    fn default() -> Self {
        Self { rows: ROWS, turns: TURNS, database: None, folder: None }
    }
}

impl Ingest {
    /// Builds and runs.
    ///
    /// # Errors
    /// The build fails, or the record does not hold exactly the rows.
    pub(crate) fn run(&self) -> Result<()> {
        tool::run(tool::cargo().args([
            "build",
            "--workspace",
            "--release",
            "--bins",
            "--example",
            "ingest_bench",
        ]))?;
        let mut bench = tool::command(tool::target_folder()?.join("release/examples/ingest_bench"));
        bench.args(["--rows", &self.rows.to_string(), "--turns", &self.turns.to_string()]);
        if let Some(database) = &self.database {
            bench.args(["--database", database]);
        }
        if let Some(folder) = &self.folder {
            bench.arg("--folder").arg(folder);
        }
        tool::run(&mut bench)
    }
}
