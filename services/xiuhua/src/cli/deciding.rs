//! Decisions about what is on record: taking a batch back, putting an assessment in force, ending one.

use clap::Args;

/// Who decides, and why: kept with what is decided.
#[derive(Debug, Args)]
pub(crate) struct DecisionArgs {
    /// Who decides; 1-100 characters.
    #[arg(long, value_name = "NAME")]
    pub(crate) author: String,
    /// Why; 1-1000 characters.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct BatchesArgs {
    /// How many, newest first.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: u32,
}

#[derive(Debug, Args)]
pub(crate) struct WithdrawArgs {
    /// Batch id, as `xiuhua batches` lists it.
    pub(crate) batch: String,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// Only this catalog.
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) catalog: String,
    /// Only this period.
    #[arg(long, default_value = "")]
    pub(crate) period: String,
    /// How many, newest first.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: u32,
}

#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// Assessment id; without it the newest that has results.
    #[arg(long, value_name = "ID")]
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UnpublishArgs {
    /// Assessment id.
    #[arg(long, value_name = "ID")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// Assessment id.
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}
