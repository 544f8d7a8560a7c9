//! The repository's tasks: `cargo xtask <task>`. Each is a few lines over real tools.

use std::fs;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

mod bench;
mod chaos;
mod demo;
mod fuzz;
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
    /// Measures how fast and how lean a whole delivery is.
    #[command(subcommand)]
    Bench(bench::Bench),
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
        Task::Bench(bench) => bench::run(&bench),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Gen => generate(),
    }
}

fn generate() -> Result<()> {
    use xtask::contracts::{GENERATED, PROTO, generate, write};
    use xtask::promises::{LIST, Promises};

    let root = xtask::repository_root();
    let list = root.join(LIST);
    let promised = fs::read_to_string(&list).unwrap_or_default();
    match Promises::of(&root.join(PROTO))?.added_to(&promised) {
        Ok(grown) => fs::write(list, grown)?,
        Err(broken) => bail!("the contracts break promises of {LIST}:\n{}", broken.join("\n")),
    }
    let files = generate(&root.join(PROTO))?;
    let changed = write(&root.join(GENERATED), &files)?;
    eprintln!("{changed} of {} generated files changed in {GENERATED}", files.len());
    Ok(())
}
