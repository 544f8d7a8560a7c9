//! What a place can do about its score, and what the owners of a method should look at.

use clap::Args;

use crate::cli::RunArg;

#[derive(Debug, Args)]
pub(crate) struct DiagnoseArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Place id.
    pub(crate) place: String,
    /// Node where points are counted; without it the root.
    #[arg(long, default_value = "")]
    pub(crate) node: String,
    /// How many rows of each list.
    #[arg(long, default_value_t = 5)]
    pub(crate) top: usize,
}

#[derive(Debug, Args)]
pub(crate) struct PeersArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Place id.
    pub(crate) place: String,
    /// Node or indicator to learn about; without it the indicators that cost the place most.
    #[arg(long, value_name = "CODE", default_value = "")]
    pub(crate) node: String,
    /// How many peers, at most 100.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) count: u32,
    /// Farthest distance of a peer, 0 to 1.
    #[arg(long, value_name = "DISTANCE")]
    pub(crate) within: Option<f64>,
    /// Column of the register to compare by, as often as wanted; without it every column of numbers that half of the type's
    /// places have.
    #[arg(long = "feature", value_name = "COLUMN")]
    pub(crate) features: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ChangesArgs {
    /// Place id.
    pub(crate) place: String,
    /// Id of the assessment before.
    #[arg(value_name = "RUN")]
    pub(crate) before: String,
    /// Id of the assessment after.
    #[arg(value_name = "RUN")]
    pub(crate) after: String,
    /// Node; without it the root.
    #[arg(long, default_value = "")]
    pub(crate) node: String,
    /// How many indicators.
    #[arg(long, default_value_t = 15)]
    pub(crate) top: usize,
}

#[derive(Debug, Args)]
pub(crate) struct StructureArgs {
    /// Assessment id; without it the newest that has results and is not withdrawn.
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Only this type.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) place_type: Option<String>,
    /// How many findings of each type.
    #[arg(long, default_value_t = 15)]
    pub(crate) top: usize,
}
