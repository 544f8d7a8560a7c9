//! `cargo xtask bench`: how fast and how lean the work is, measured on optimised builds; one file a subject in `bench/`.
//!
//! Each prints its figures and, where the work of others is the measure, the ratio to it in the same run.

mod import;
mod index;

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
    /// Imports a large CSV file and writes the same rows straight into the same table, one after the other.
    Import(import::Import),
}

impl Subject {
    /// Every subject as it is measured by default.
    fn all() -> Vec<Self> {
        vec![Self::Index(index::Index::default()), Self::Import(import::Import::default())]
    }

    fn run(&self) -> Result<()> {
        match self {
            Self::Index(index) => index.run(),
            Self::Import(import) => import.run(),
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
