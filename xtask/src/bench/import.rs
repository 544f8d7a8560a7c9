//! A large import, as a user does it, beside the raw store.

use std::path::PathBuf;

use anyhow::Result;

use crate::tool;

/// Rows of the file where nothing else is asked for.
const ROWS: u64 = 10_000_000;

/// What the bench of the import takes.
#[derive(clap::Args)]
pub(crate) struct Import {
    /// Rows of the file.
    #[arg(long, default_value_t = ROWS)]
    rows: u64,
    /// Where its files lie while it runs; they need about 400 bytes a row. The system's temporary folder by default.
    #[arg(long)]
    folder: Option<PathBuf>,
}

impl Default for Import {
    fn default() -> Self {
        Self { rows: ROWS, folder: None }
    }
}

impl Import {
    /// Builds and runs.
    ///
    /// # Errors
    /// The build fails, or the import does not take every row.
    pub(crate) fn run(&self) -> Result<()> {
        tool::run(tool::cargo().args([
            "build",
            "--workspace",
            "--release",
            "--bins",
            "--example",
            "import_bench",
        ]))?;
        let mut bench = tool::command(tool::target_folder()?.join("release/examples/import_bench"));
        bench.args(["--rows", &self.rows.to_string()]);
        if let Some(folder) = &self.folder {
            bench.arg("--folder").arg(folder);
        }
        tool::run(&mut bench)
    }
}
