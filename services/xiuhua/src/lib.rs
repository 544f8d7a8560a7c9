//! The `xiuhua` command: all services in one process, or a client of a running platform.
//!
//! | file | holds |
//! |---|---|
//! | `cli` | what can be typed |
//! | `commands` | each command, in the order of its help |
//! | `platform` | the embedded platform (in-memory pipes between the same services) or the remote one |
//! | `records`, `locking` | where the embedded one keeps its records; that it alone has them open |
//! | `intake`, `delivery` | files to typed rows; rows to a sealed batch |
//! | `method`, `assessing` | catalog, rules and sample; classify → thresholds → assess |
//! | `importing`, `quarantine` | a file in two steps; what was rejected goes back, is delivered again or given up |
//! | `templates`, `sources` | workbooks to fill in; who delivers observations |
//! | `deciding` | batches and assessments listed, withdrawn, published, cancelled |
//! | `reviewing` | places that want a person's eye; what a person decides about their type, and its effect |
//! | `warnings` | early warning: scan, list, show, decide, record |
//! | `backup`, `verifying` | copies of the embedded platform's record; whether it is intact |
//! | `compute` | `index compute` |
//! | `results`, `joining`, `exporting` | the result tables; streams side by side; tables to files, a workbook, a document |
//! | `reading`, `comparing`, `trend`, `quality` | what analysts ask of results |
//! | `learning`, `structure` | what a place can do about its score; whether an index measures what its tree says |
//! | `names`, `catalogs`, `json`, `screen` | what is shown, as tables or JSON |
//! | `reporting` | the report: its facts read from the services |
//! | `sample`, `sample_files`, `demo`, `serving` | the generated district, as files; the demo; the gRPC door |

mod assessing;
mod backup;
mod catalogs;
mod cli;
mod commands;
mod comparing;
mod compute;
mod deciding;
mod delivery;
mod demo;
mod exporting;
mod failure;
mod importing;
mod intake;
mod joining;
mod json;
mod learning;
mod locking;
mod method;
mod names;
mod platform;
mod progress;
mod quality;
mod quarantine;
mod reading;
mod records;
mod reporting;
mod results;
mod reviewing;
pub mod sample;
mod sample_files;
mod screen;
mod serving;
mod sources;
mod structure;
mod templates;
mod trend;
mod uncertainty;
mod verifying;
mod warnings;
mod weights;

use std::process::ExitCode;

use xiuhua_service_kit::telemetry;

use crate::cli::Cli;
use crate::failure::report;
use crate::screen::{Outcome, Screen, is_gone};

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::read();
    let globals = cli.globals.clone();
    let _telemetry = match telemetry::init("xiuhua", &globals.logs()) {
        Ok(telemetry) => telemetry,
        Err(error) => return report(&error.into(), &globals),
    };
    let runtime = match runtime(cli.threads()) {
        Ok(runtime) => runtime,
        Err(error) => return report(&error.into(), &globals),
    };
    let mut screen = Screen::new(&globals);
    match runtime.block_on(commands::run(cli, &mut screen)) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Unusable) => ExitCode::from(2),
        Ok(Outcome::Differs) => ExitCode::FAILURE,
        Err(error) if is_gone(&error) => ExitCode::SUCCESS,
        Err(error) => report(&error, &globals),
    }
}

/// The runtime everything waits on; `threads` worker threads, or one a core.
fn runtime(threads: Option<usize>) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads.max(1));
    }
    builder.enable_all().build()
}
