//! The repository's tasks: `cargo xtask <task>`. Each is a few lines over real tools.

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bench;
mod chaos;
mod demo;
mod fuzz;
mod generate;
mod test;
mod tool;

#[derive(Parser)]
#[command(about = "The repository's tasks")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds xiuhua, generates the sample district, assesses it, prints tables and serves gRPC.
    Demo(demo::Arguments),
    /// Checks everything: formatting, lints, contracts, documentation, all tests.
    Test,
    /// Kills services at random instants, as often as asked, and compares the record with what clients were promised.
    Chaos(chaos::Arguments),
    /// Measures how fast and how lean the work is: all of it, or one subject.
    Bench(bench::Arguments),
    /// Fuzzes the readers of files that strangers send, guided by coverage.
    Fuzz(fuzz::Arguments),
    /// Writes the Rust of the contracts (libs/contracts/src/gen) from proto/, and adds to the list of their fields.
    Gen,
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test => test::run(),
        Task::Chaos(arguments) => chaos::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Gen => generate::run(),
    }
}
