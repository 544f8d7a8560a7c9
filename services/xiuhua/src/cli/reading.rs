//! Reading results: which assessment, and what of it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
    /// Greatest falls since an earlier period first.
    #[arg(long, conflicts_with_all = ["rises", "reverse", "town"])]
    pub(crate) falls: bool,
    /// Greatest rises since an earlier period first.
    #[arg(long, conflicts_with_all = ["reverse", "town"])]
    pub(crate) rises: bool,
    /// The earlier assessment that changes are counted from; without it that of the nearest earlier period under the same
    /// threshold set.
    #[arg(long, value_name = "ID")]
    pub(crate) since: Option<String>,
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
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Place ids, 2 to 8; differences are counted from the first.
    #[arg(required = true, num_args = 2..=8, value_name = "PLACE")]
    pub(crate) places: Vec<String>,
    /// Node; without it the root.
    #[arg(long, default_value = "")]
    pub(crate) node: String,
    /// How many indicators.
    #[arg(long, default_value_t = 10)]
    pub(crate) top: usize,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Id of the assessment before.
    #[arg(value_name = "RUN")]
    pub(crate) before: String,
    /// Id of the assessment after.
    #[arg(value_name = "RUN")]
    pub(crate) after: String,
    /// Node; without it the root.
    #[arg(long, default_value = "")]
    pub(crate) node: String,
    /// How many of the greatest moves, at most 100.
    #[arg(long, default_value_t = 10)]
    pub(crate) top: usize,
}

#[derive(Debug, Args)]
pub(crate) struct TrendArgs {
    /// Place id.
    pub(crate) place: String,
    /// Catalog; without it that of the newest assessment.
    #[arg(long, value_name = "ID")]
    pub(crate) catalog: Option<String>,
    /// Node; without it the root.
    #[arg(long, default_value = "")]
    pub(crate) node: String,
}

#[derive(Debug, Args)]
pub(crate) struct QualityArgs {
    /// Assessment id; without it the newest that has results and is not withdrawn.
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// How many rows of each list.
    #[arg(long, default_value_t = 15)]
    pub(crate) top: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Folder of CSV files, or the file: .xlsx or .json.
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) out: PathBuf,
    /// Form of what is written; without it what the name of --out ends in, else CSV files.
    #[arg(long)]
    pub(crate) format: Option<ExportFormat>,
    /// Begin CSV files with a byte order mark, by which spreadsheet programs see that they are UTF-8.
    #[arg(long)]
    pub(crate) bom: bool,
    /// Only this sub-district or town.
    #[arg(long, value_name = "CODE")]
    pub(crate) town: Option<String>,
    /// Only this type.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) place_type: Option<String>,
}

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One workbook.
    Xlsx,
    /// A folder of files.
    Csv,
    /// One document.
    Json,
}
