//! Weight schemes: judgements asked for and looked at, schemes made, compared, adopted.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use super::{DecisionArgs, RunArg};

#[derive(Debug, Subcommand)]
pub(crate) enum WeightsCommand {
    /// Write a workbook for an expert to fill in: a row for each pair of indicators under one parent.
    #[command(after_help = "Example:\n  xiuhua weights template --out 专家判断.xlsx")]
    Template(JudgementTemplateArgs),
    /// Look at judgements without keeping anything: weights, consistency and the worst judgement, per expert and joint.
    #[command(after_help = "Example:\n  xiuhua weights judge 王芳.xlsx 李强.xlsx")]
    Judge(JudgeArgs),
    /// Make the next version of a scheme from the values of an assessment, and judgements if there are some.
    #[command(
        after_help = "Examples:\n  xiuhua weights create expert --judgements 王芳.xlsx --author 王芳 --reason 2026年专家会\n  \
                            xiuhua weights create data --objective entropy,critic --caps 0.5,2 --author 王芳 --reason 对照"
    )]
    Create(CreateSchemeArgs),
    /// List the schemes, newest first.
    #[command(after_help = "Example:\n  xiuhua weights list --catalog pudong-2021")]
    List(ListSchemesArgs),
    /// Show a scheme: its weights step by step, its judgements, what was left out or capped.
    #[command(after_help = "Example:\n  xiuhua weights show expert@1 --type OLD_PUBLIC")]
    Show(ShowSchemeArgs),
    /// Compare schemes on one assessment: weights side by side, and what they do to the ranks.
    #[command(after_help = "Example:\n  xiuhua weights compare catalog expert data")]
    Compare(CompareSchemesArgs),
    /// Put a scheme in force: new assessments of its catalog take it.
    #[command(after_help = "Example:\n  xiuhua weights adopt expert@1 --author 王芳 --reason 区政府审定")]
    Adopt(SchemeDecisionArgs),
    /// Take a scheme out of force.
    #[command(after_help = "Example:\n  xiuhua weights withdraw expert@1 --author 王芳 --reason 重新征询")]
    Withdraw(SchemeDecisionArgs),
}

#[derive(Debug, Args)]
pub(crate) struct JudgementTemplateArgs {
    /// A shipped catalog's id, or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = crate::templates::CATALOG)]
    pub(crate) catalog: String,
    /// Ask about the weight groups too: only schemes over all leaves use that.
    #[arg(long)]
    pub(crate) all_leaves: bool,
    /// The workbook to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    /// Files of judgements, in any format that is imported.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Who judged, where a file has no column of experts.
    #[arg(long, value_name = "NAME")]
    pub(crate) expert: Option<String>,
    /// A shipped catalog's id, or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = crate::templates::CATALOG)]
    pub(crate) catalog: String,
    /// Table of random indices.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) random_index: Table,
}

#[derive(Debug, Args)]
pub(crate) struct CreateSchemeArgs {
    /// Id of the scheme; its version follows by itself.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Files of judgements.
    #[arg(long, value_name = "FILE")]
    pub(crate) judgements: Vec<PathBuf>,
    /// Who judged, where a file has no column of experts.
    #[arg(long, value_name = "NAME")]
    pub(crate) expert: Option<String>,
    /// Where the subjective weights come from; without it judgements where there are some, else the catalog.
    #[arg(long, value_enum)]
    pub(crate) subjective: Option<Subjective>,
    /// Objective methods; several count as their mean.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "critic")]
    pub(crate) objective: Vec<Objective>,
    /// No objective method: the subjective weights stand alone.
    #[arg(long, conflicts_with = "objective")]
    pub(crate) no_objective: bool,
    /// How subjective and objective weights become one.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) combine: Combine,
    /// Share of the subjective weights in the mean, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    pub(crate) share: f64,
    /// Weigh all leaves together: the weight groups do not keep their points.
    #[arg(long)]
    pub(crate) all_leaves: bool,
    /// One set of weights for all types.
    #[arg(long)]
    pub(crate) pooled: bool,
    /// Bounds of a weight among its siblings, as multiples of an equal share, such as 0.5,2.
    #[arg(long, value_name = "LOWER,UPPER")]
    pub(crate) caps: Option<Bounds>,
    /// Share drawn towards equal weights, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) shrink: f64,
    /// Table of random indices.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) random_index: Table,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListSchemesArgs {
    /// Only this catalog.
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) catalog: String,
    /// How many, newest first.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ShowSchemeArgs {
    /// Scheme, with or without @version.
    pub(crate) scheme: String,
    /// Only this type.
    #[arg(long = "type", value_name = "TYPE", default_value = "")]
    pub(crate) place_type: String,
}

#[derive(Debug, Args)]
pub(crate) struct CompareSchemesArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Schemes, or `catalog`; the others are compared with the first.
    #[arg(required = true, num_args = 2..=8, value_name = "SCHEME")]
    pub(crate) schemes: Vec<String>,
    /// Places to name that move most, per scheme and type.
    #[arg(long, default_value_t = 5)]
    pub(crate) movers: u32,
}

#[derive(Debug, Args)]
pub(crate) struct SchemeDecisionArgs {
    /// Scheme, with or without @version.
    pub(crate) scheme: String,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

/// Where subjective weights come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subjective {
    None,
    Catalog,
    Equal,
    Ahp,
}

/// A method that finds weights in values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Objective {
    Entropy,
    Critic,
    CriticSpearman,
    Variation,
    Pca,
    PcaFirst,
}

/// How two sets of weights become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Combine {
    #[default]
    Mean,
    Product,
    SquareRoot,
    GameTheory,
}

/// A table of random indices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    #[default]
    #[value(name = "saaty-1980")]
    Saaty1980,
    SaatyLater,
    #[value(name = "tummala-ling-1998")]
    TummalaLing1998,
    #[value(name = "alonso-lamata-2006")]
    AlonsoLamata2006,
}

/// Two numbers with a comma between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    /// The lower.
    pub(crate) lower: f64,
    /// The upper.
    pub(crate) upper: f64,
}

impl FromStr for Bounds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = || "two numbers such as 0.5,2 / 两个数，例如 0.5,2".to_owned();
        let (lower, upper) = text.split_once(',').ok_or_else(wanted)?;
        let number = |text: &str| text.trim().parse().map_err(|_| wanted());
        Ok(Self { lower: number(lower)?, upper: number(upper)? })
    }
}
