//! `cargo xtask bench`: how fast and how lean the work is, measured on optimised builds; one file a subject in `bench/`.
//!
//! Each prints its figures and, where the work of others is the measure, the ratio to it in the same run.

mod compute;
mod import;
mod index;
mod ingest;
mod ranking;

use anyhow::Result;

/// What the task takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// One subject; all of them, one after the other, where none is named.
    #[command(subcommand)]
    subject: Option<Subject>,
}

/// What can be measured.
#[derive(clap::Subcommand)]
enum Subject {
    /// Assesses made-up districts, in the engine and in numpy by turns, on one thread each.
    Index(index::Index),
    /// Computes the index of the sample district from its files, again and again.
    Compute(compute::Compute),
    /// Imports a large CSV file and writes the same rows straight into the same table, one after the other.
    Import(import::Import),
    /// Reads a page of 100 places under an open load, in turns with a bare tonic echo.
    Ranking(ranking::Ranking),
    /// Delivers a million observations over gRPC and writes the same rows straight into the same table, in turns.
    Ingest(ingest::Ingest),
}

impl Subject {
    /// Every subject as it is measured by default.
    fn all() -> Vec<Self> {
        vec![
            Self::Index(index::Index::default()),
            Self::Compute(compute::Compute::default()),
            Self::Ingest(ingest::Ingest::default()),
            Self::Ranking(ranking::Ranking::default()),
            Self::Import(import::Import::default()),
        ]
    }

    fn run(&self) -> Result<()> {
        match self {
            Self::Index(index) => index.run(),
            Self::Compute(compute) => compute.run(),
            Self::Import(import) => import.run(),
            Self::Ranking(ranking) => ranking.run(),
            Self::Ingest(ingest) => ingest.run(),
        }
    }
}

/// Builds and runs.
///
/// # Errors
/// A build fails, or a bench does not end well.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.subject {
        Some(subject) => subject.run(),
        None => Subject::all().iter().try_for_each(Subject::run),
    }
}
