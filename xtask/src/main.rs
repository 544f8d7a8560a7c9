//! The repository's tasks: `cargo xtask <task>`. Each is a few lines over real tools.

use anyhow::Result;
use clap::{Parser, Subcommand};

mod chaos;
mod demo;
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
    /// Writes the Rust of the contracts (libs/contracts/src/gen) from proto/.
    Gen,
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test => test::run(),
        Task::Chaos(arguments) => chaos::run(&arguments),
        Task::Gen => generate(),
    }
}

fn generate() -> Result<()> {
    use xtask::contracts::{GENERATED, PROTO, generate, write};

    let root = xtask::repository_root();
    let files = generate(&root.join(PROTO))?;
    let changed = write(&root.join(GENERATED), &files)?;
    eprintln!("{changed} of {} generated files changed in {GENERATED}", files.len());
    Ok(())
}
