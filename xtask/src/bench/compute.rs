//! `index compute` on the sample district, as a user runs it.

use anyhow::Result;

use crate::tool;

/// How often where nothing else is asked for.
const RUNS: usize = 5;

/// What the bench of `index compute` takes.
#[derive(clap::Args)]
pub(crate) struct Compute {
    /// How often; the figures are medians.
    #[arg(long, default_value_t = RUNS)]
    runs: usize,
}

impl Default for Compute {
    fn default() -> Self {
        Self { runs: RUNS }
    }
}

impl Compute {
    /// Builds and runs.
    ///
    /// # Errors
    /// The build fails, or a run does.
    pub(crate) fn run(&self) -> Result<()> {
        let build = ["build", "--workspace", "--release", "--bins", "--example", "compute_bench"];
        tool::run(tool::cargo().args(build))?;
        let mut bench = tool::command(tool::target_folder()?.join("release/examples/compute_bench"));
        tool::run(bench.args(["--runs", &self.runs.to_string()]))
    }
}
