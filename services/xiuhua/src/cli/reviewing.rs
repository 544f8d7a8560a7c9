//! Review of types (人工复核): the places that want a person's eye, and what a person decides about them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DecisionArgs, RunArg};

#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// List the places that want a person's eye with their evidence, those that wait before those decided on.
    #[command(after_help = "Example:\n  xiuhua review list --reason EVIDENCE_CONTRADICTORY --top 50")]
    List(ReviewListArgs),
    /// Show one place with its evidence and every decision about it.
    #[command(after_help = "Example:\n  xiuhua review show 310115004000-001")]
    Show(ReviewShowArgs),
    /// Decide what type a place is, or many of a file; counts from the next classification on.
    #[command(after_help = "Examples:\n  \
        xiuhua review decide 310115004000-001 --type RELOCATION --author 王芳 --reason 现场核实\n  \
        xiuhua review decide --file decisions.csv --author 王芳")]
    Decide(DecideArgs),
    /// Give a place back to the rules.
    #[command(after_help = "Example:\n  xiuhua review revoke 310115004000-001 --author 王芳 --reason 误判")]
    Revoke(RevokeArgs),
    /// List the decisions, newest first.
    #[command(after_help = "Example:\n  xiuhua review history 310115004000-001")]
    History(HistoryArgs),
    /// Show what an assessment now would change against one that there is: types, frames and samples.
    #[command(after_help = "Example:\n  xiuhua review effect --catalog pudong-2021 --period 2021")]
    Effect(EffectArgs),
}

/// Which rules are looked through.
#[derive(Debug, Args)]
pub(crate) struct LookArgs {
    /// A shipped rule set's id, or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = "pudong-housing")]
    pub(crate) rules: String,
    /// Year that ages refer to; without it that of the newest classification by these rules, else this year.
    #[arg(long)]
    pub(crate) year: Option<i32>,
}

#[derive(Debug, Args)]
pub(crate) struct ReviewListArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// How many.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: usize,
    /// Only places with this reason, such as EVIDENCE_CONTRADICTORY or DECISION_OUTDATED.
    #[arg(long, value_name = "CODE")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReviewShowArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Place id.
    pub(crate) place: String,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Place id.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub(crate) place: Option<String>,
    /// Type of the rule set, by id or name.
    #[arg(long = "type", value_name = "TYPE", required_unless_present = "file", conflicts_with = "file")]
    pub(crate) place_type: Option<String>,
    /// Why; 1-1000 characters.
    #[arg(long, value_name = "TEXT", required_unless_present = "file", conflicts_with = "file")]
    pub(crate) reason: Option<String>,
    /// CSV file of many decisions: `place_id,type,reason`.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Who decides; 1-100 characters.
    #[arg(long, value_name = "NAME")]
    pub(crate) author: String,
}

#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Place id.
    pub(crate) place: String,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Place id; without it the decisions about any.
    #[arg(default_value = "")]
    pub(crate) place: String,
    /// How many.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: u32,
}

#[derive(Debug, Args)]
pub(crate) struct EffectArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// How many places to list.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: usize,
}
