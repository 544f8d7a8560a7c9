//! `cargo xtask chaos`: rounds under fire, as many as one likes, on a PostgreSQL server of their own.

use anyhow::Result;
use xtask::TEST_POSTGRES;

use crate::tool;

/// What the task takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Rounds of each service; a round has up to four kills of each.
    #[arg(long, default_value_t = 20)]
    rounds: u64,
    /// Fixes who is killed, after how long, and what is delivered.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the services keep their records: postgres or sqlite.
    #[arg(long, default_value = "postgres")]
    database: String,
}

/// Builds the harness as the tests do, so that neither makes the other build the dependencies again with other features,
/// and runs it.
///
/// # Errors
/// The build fails, a promise was broken, or a service did not come back.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    tool::run(tool::cargo().args(["build", "--workspace", "--example", "chaos"]))?;
    let server = tool::postgres()?;
    let mut chaos = tool::command(tool::target_folder()?.join("debug/examples/chaos"));
    chaos.args(["--rounds", &arguments.rounds.to_string(), "--seed", &arguments.seed.to_string()]);
    chaos.args(["--database", &arguments.database]).env(TEST_POSTGRES, tool::postgres_url(&server));
    tool::run(&mut chaos)
}
