//! Uncertainty and sensitivity of ranks.

use clap::Args;

use super::RunArg;

/// What is varied, and how often.
#[derive(Debug, Args)]
pub(crate) struct DrawArgs {
    /// How many draws, 20 to 10000.
    #[arg(long, default_value_t = 1000)]
    pub(crate) draws: u32,
    /// Seed of the draws: the same seed gives the same intervals.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// What is varied, such as sample=redraw weights=uniform:0.25 extension=0,0.1 aggregation=declared,geometric:0.01
    /// missing=1/2,2/3; without it all five, as far as the assessment has a use for them.
    #[arg(long, value_name = "FACTOR", num_args = 1..)]
    pub(crate) factors: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UncertaintyArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// How many groups of places that cannot be told apart to show of each type.
    #[arg(long, default_value_t = 5)]
    pub(crate) top: u32,
}

#[derive(Debug, Args)]
pub(crate) struct SensitivityArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// Rows of the Sobol design, a power of two up to 16384; more rows, narrower intervals.
    #[arg(long, default_value_t = 256)]
    pub(crate) rows: u32,
    /// How many indicators to show whose absence moves ranks most.
    #[arg(long, default_value_t = 10)]
    pub(crate) top: usize,
}
