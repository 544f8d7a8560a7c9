//! `cargo xtask bench`: how fast and how lean a whole delivery is, measured on an optimised build.

use std::path::PathBuf;

use anyhow::Result;

use crate::tool;

/// What the task takes.
#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Imports a large CSV file and writes the same rows straight into the same table, one after the other.
    Import(Import),
}

/// What the bench of the import takes.
#[derive(clap::Args)]
pub(crate) struct Import {
    /// Rows of the file.
    #[arg(long, default_value_t = 10_000_000)]
    rows: u64,
    /// Where its files lie while it runs; they need about 400 bytes a row. The system's temporary folder by default.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Builds and runs.
///
/// # Errors
/// The build fails, or the import does not take every row.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    let Bench::Import(import) = bench;
    tool::run(tool::cargo().args([
        "build",
        "--workspace",
        "--release",
        "--bins",
        "--example",
        "import_bench",
    ]))?;
    let mut bench = tool::command(tool::target_folder()?.join("release/examples/import_bench"));
    bench.args(["--rows", &import.rows.to_string()]);
    if let Some(folder) = &import.folder {
        bench.arg("--folder").arg(folder);
    }
    tool::run(&mut bench)
}
