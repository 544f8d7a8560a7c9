//! Reading results: which assessment, and what of it.

use std::path::PathBuf;

use clap::Args;

/// Which assessment to read.
#[derive(Debug, Args)]
pub(crate) struct RunArg {
    /// Assessment id; without it the newest that has results and is not withdrawn.
    #[arg(long, value_name = "ID", conflicts_with_all = ["published", "catalog", "period"])]
    pub(crate) run: Option<String>,
    /// The published assessment of --catalog and --period.
    #[arg(long, requires = "catalog", requires = "period")]
    pub(crate) published: bool,
    /// Only assessments by this catalog.
    #[arg(long, value_name = "ID")]
    pub(crate) catalog: Option<String>,
    /// Only assessments of this period.
    #[arg(long)]
    pub(crate) period: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RankArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Type to rank within; types never mix in one ranking.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) place_type: String,
    /// Node; without it the root.
    #[arg(long, default_value = "")]
    pub(crate) node: String,
    /// Only this sub-district or town.
    #[arg(long, value_name = "CODE", default_value = "")]
    pub(crate) town: String,
    /// How many.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: u32,
    /// Worst first.
    #[arg(long)]
    pub(crate) reverse: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Place id, town code, `town code/committee`, or district code.
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Place id.
    pub(crate) place: String,
    /// Node; without it the root.
    #[arg(long, default_value = "")]
    pub(crate) node: String,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
