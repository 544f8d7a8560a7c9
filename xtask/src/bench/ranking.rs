//! A page of a ranking under load, beside a bare tonic echo.

use anyhow::Result;

use crate::tool;

/// Calls a second, seconds a turn and turns where nothing else is asked for.
const RATE: u32 = 2_000;
const SECONDS: u32 = 5;
const ROUNDS: u32 = 5;

/// What the bench of a ranking takes.
#[derive(clap::Args)]
pub(crate) struct Ranking {
    /// Calls a second, evenly paced whether or not those before are answered.
    #[arg(long, default_value_t = RATE)]
    rate: u32,
    /// Seconds of one turn.
    #[arg(long, default_value_t = SECONDS)]
    seconds: u32,
    /// Turns of each; the figures are medians.
    #[arg(long, default_value_t = ROUNDS)]
    rounds: u32,
}

impl Default for Ranking {
    fn default() -> Self {
        Self { rate: RATE, seconds: SECONDS, rounds: ROUNDS }
    }
}

impl Ranking {
    /// Builds and runs.
    ///
    /// # Errors
    /// The build fails, or a call does.
    pub(crate) fn run(&self) -> Result<()> {
        let build = ["build", "--workspace", "--release", "--bins", "--example", "ranking_bench"];
        tool::run(tool::cargo().args(build))?;
        let mut bench = tool::command(tool::target_folder()?.join("release/examples/ranking_bench"));
        let numbers = [("--rate", self.rate), ("--seconds", self.seconds), ("--rounds", self.rounds)];
        for (name, number) in numbers {
            bench.arg(name).arg(number.to_string());
        }
        tool::run(&mut bench)
    }
}
