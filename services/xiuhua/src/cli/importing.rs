//! Files in: importing in two steps, the quarantine of rejected rows, templates, and the sources that speak.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::DecisionArgs;

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What the file holds.
    #[arg(value_enum)]
    pub(crate) kind: ImportKind,
    /// CSV (UTF-8, UTF-16 or GB18030; comma, semicolon or tab) or a workbook (.xlsx, .xls, .xlsb, .ods).
    pub(crate) file: PathBuf,
    /// TOML file that says how to read a foreign layout; `services/xiuhua/mappings/README.md` describes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// Sheet of a workbook; without it the one whose header is understood.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Period of every row, where no column names one.
    #[arg(long)]
    pub(crate) period: Option<String>,
    /// Catalog whose codes and names stand for indicators; without it the one that the sheet was made for, else
    /// pudong-2021.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) catalog: Option<String>,
    /// Draft a mapping for a file that has not been seen before, print it, and import nothing.
    #[arg(long)]
    pub(crate) propose: bool,
    /// Commit without asking: for machines.
    #[arg(long, conflicts_with = "propose")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) author: AuthorArg,
    /// Where the rejected rows go, as a workbook; without it beside the file, as `NAME.待修改.xlsx`.
    #[arg(long, value_name = "FILE")]
    pub(crate) returned: Option<PathBuf>,
    /// Name of this delivery, 1-128 visible ASCII characters: repeated with the same file, it is delivered once. Without
    /// it each run of the command is a delivery of its own. The file is compared, mapping and catalog are not: repeat it
    /// with the same ones.
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportKind {
    Places,
    Observations,
}

/// Who commits.
#[derive(Clone, Debug, Args)]
pub(crate) struct AuthorArg {
    /// Who commits, 1-100 characters; without it the name of the login.
    #[arg(long, value_name = "NAME", env = "XIUHUA_AUTHOR")]
    pub(crate) author: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CommitArgs {
    /// Batch id, as `xiuhua batches` lists it.
    pub(crate) batch: String,
    /// The file that is meant: refused if the batch holds another, or one that has been edited since.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The counts that the preview showed: refused if they would be others by now.
    #[arg(long, value_name = "READ,ACCEPTED,CORRECTED,DUPLICATE,REJECTED")]
    pub(crate) counts: Option<ExpectedCounts>,
    /// The position that the preview showed: refused if the record has moved since.
    #[arg(long, value_name = "N")]
    pub(crate) position: Option<u64>,
    #[command(flatten)]
    pub(crate) author: AuthorArg,
}

#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    /// Batch id, as `xiuhua batches` lists it.
    pub(crate) batch: String,
}

/// Counts as the preview shows them, separated by commas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpectedCounts(pub(crate) [u64; 5]);

impl std::str::FromStr for ExpectedCounts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let counts: Option<Vec<u64>> = text.split(',').map(|count| count.trim().parse().ok()).collect();
        let counts = counts.and_then(|counts| counts.try_into().ok());
        counts.map(Self).ok_or_else(|| "five whole numbers are needed / 应为五个整数".to_owned())
    }
}

#[derive(Debug, Args)]
pub(crate) struct SettleArgs {
    /// Batch id, as `xiuhua batches` lists it.
    pub(crate) batch: String,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Rejected rows and what became of them: counts a batch, or the rows of one.
    List(QuarantineListArgs),
    /// Write the open rows of a batch as a workbook that can be mended and imported again.
    Export(QuarantineExportArgs),
    /// Deliver the open rows of a batch again as they are: for when what they lacked is on record by now.
    Replay(QuarantineReplayArgs),
    /// Give up open rows, with author and reason.
    GiveUp(GiveUpArgs),
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineListArgs {
    /// Batch whose rows are listed; without it the counts of every batch with rejected rows.
    pub(crate) batch: Option<String>,
    /// Only rows in this state.
    #[arg(long, value_enum, requires = "batch")]
    pub(crate) state: Option<RowState>,
    /// How many rows.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowState {
    Open,
    Closed,
    GivenUp,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineExportArgs {
    /// Batch id.
    pub(crate) batch: String,
    /// Workbook to write; without it one in this folder that is called as the file was.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineReplayArgs {
    /// Batch id.
    pub(crate) batch: String,
    /// Catalog that the rows were read by, if it is a file.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) catalog: Option<String>,
    /// Commit without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) author: AuthorArg,
    /// Where the rows that are rejected again go.
    #[arg(long, value_name = "FILE")]
    pub(crate) returned: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct GiveUpArgs {
    /// Batch id.
    pub(crate) batch: String,
    /// Row numbers, separated by commas; without them every open row.
    #[arg(long, value_name = "N,N…", value_delimiter = ',')]
    pub(crate) rows: Vec<u64>,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TemplateArgs {
    /// What is to be filled in.
    #[arg(value_enum)]
    pub(crate) kind: ImportKind,
    /// Workbook to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Catalog whose indicators are asked for.
    #[arg(long, value_name = "NAME|FILE", default_value = "pudong-2021")]
    pub(crate) catalog: String,
    /// One row a place with a column an indicator, or one row a value.
    #[arg(long, value_enum, default_value = "wide")]
    pub(crate) layout: TemplateLayout,
    /// Fill in the places of this sub-district or town that are on record.
    #[arg(long, value_name = "CODE")]
    pub(crate) town: Option<String>,
    /// Fill in this period, such as 2021.
    #[arg(long)]
    pub(crate) period: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TemplateLayout {
    Wide,
    Long,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Register a source, or change what is said of it.
    Put(SourcePutArgs),
    /// List the sources by precedence.
    List,
}

#[derive(Debug, Args)]
pub(crate) struct SourcePutArgs {
    /// Stable id, such as `community-cloud`.
    pub(crate) id: String,
    /// Among sources of one value the smallest decides; without it what is on record, or 100.
    #[arg(long, value_name = "N")]
    pub(crate) precedence: Option<u32>,
    /// Chinese name; without it what is on record.
    #[arg(long, value_name = "TEXT")]
    pub(crate) name_zh: Option<String>,
    /// English name; without it what is on record.
    #[arg(long, value_name = "TEXT")]
    pub(crate) name_en: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_counts_are_five_whole_numbers() {
        assert_eq!("5,3,1, 0,1".parse(), Ok(ExpectedCounts([5, 3, 1, 0, 1])));
        for wrong in ["", "1,2,3,4", "1,2,3,4,5,6", "1,2,3,4,x", "-1,0,0,0,0"] {
            assert!(wrong.parse::<ExpectedCounts>().is_err(), "{wrong}");
        }
    }
}
