//! What can be typed after `xiuhua`.

mod deciding;
mod globals;
mod importing;
mod keeping;
mod learning;
mod reading;
mod reporting;
mod reviewing;
mod uncertainty;
mod warnings;
mod weights;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use jiff::Timestamp;

pub(crate) use self::deciding::{
    BatchesArgs, CancelArgs, DecisionArgs, PublishArgs, RunsArgs, UnpublishArgs, WithdrawArgs,
};
pub(crate) use self::globals::{Colour, Databases, Globals, Tongue};
pub(crate) use self::importing::{
    AuthorArg, CommitArgs, GiveUpArgs, ImportArgs, ImportKind, PreviewArgs, QuarantineCommand,
    QuarantineExportArgs, QuarantineListArgs, QuarantineReplayArgs, RowState, SettleArgs, SourceCommand,
    SourcePutArgs, TemplateArgs, TemplateLayout,
};
pub(crate) use self::keeping::{BackupArgs, RestoreArgs, VerifyArgs};
pub(crate) use self::learning::{ChangesArgs, DiagnoseArgs, PeersArgs, StructureArgs};
pub(crate) use self::reading::{
    CompareArgs, DiffArgs, ExplainArgs, ExportArgs, ExportFormat, QualityArgs, RankArgs, RunArg, ShowArgs,
    TrendArgs,
};
pub(crate) use self::reporting::{Form, ReportArgs};
pub(crate) use self::reviewing::{
    DecideArgs, EffectArgs, HistoryArgs, LookArgs, ReviewCommand, ReviewListArgs, ReviewShowArgs, RevokeArgs,
};
pub(crate) use self::uncertainty::{DrawArgs, SensitivityArgs, UncertaintyArgs};
pub(crate) use self::warnings::{
    ScanArgs, WarningArg, WarningDecideArgs, WarningLevelArg, WarningRecordArgs, WarningStateArg,
    WarningsCommand, WarningsListArgs,
};
pub(crate) use self::weights::{
    Combine, CompareSchemesArgs, CreateSchemeArgs, JudgeArgs, JudgementTemplateArgs, ListSchemesArgs,
    Objective, SchemeDecisionArgs, ShowSchemeArgs, Subjective, Table, WeightsCommand,
};

/// The community governance index (社区治理指数): files in, ranked and traceable scores out.
#[derive(Debug, Parser)]
#[command(name = "xiuhua", version, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  xiuhua demo                                     a whole district, from nothing to served
  xiuhua index compute --catalog hdi-2024 --places p.csv --observations o.csv --period 2022 --out results
  xiuhua template observations --period 2021 --out 指标.xlsx   a workbook to fill in
  xiuhua import observations 指标.xlsx            check, show, commit; rejected rows come back as a workbook
  xiuhua rank --type OLD_PUBLIC --top 20          the best 20 of a type, newest assessment
  xiuhua explain 310115004000-001 --node A                 a score walked back to its observations
  xiuhua publish --author 王芳 --reason 区政府审定       puts the newest assessment in force
  xiuhua backup --out backup-2026-11-27           a copy of the whole record, taken while it is served
  xiuhua --server http://127.0.0.1:50060 rank --type COMMODITY

Exit codes: 0 done, 1 failed, 2 unusable input, catalog or command line.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Generate a district, import it, assess 2021, print it, and serve it. Databases of the environment and of --config
    /// do not count here; those that are typed must be empty.
    #[command(after_help = "Example:\n  xiuhua demo --no-serve --data-dir /tmp/pudong")]
    Demo(DemoArgs),
    /// Serve the embedded platform over gRPC until interrupted.
    #[command(after_help = "Example:\n  xiuhua serve --listen 127.0.0.1:50060")]
    Serve(ServeArgs),
    /// Write the sample district as places.csv and observations.csv, and months.csv where asked for.
    #[command(
        after_help = "Examples:\n  xiuhua sample --seed 7 --out district\n  xiuhua sample --months --out ."
    )]
    Sample(SampleArgs),
    /// Import a file of places or observations: it is checked, shown, and committed when you say so. Without a terminal,
    /// and without --yes, it is left staged.
    #[command(after_help = "Examples:\n  xiuhua import places estates.xlsx --mapping layout.toml\n  \
                            xiuhua import observations 2021.csv --period 2021 --yes\n  \
                            xiuhua import places unknown.xls --propose > layout.toml")]
    Import(ImportArgs),
    /// Show what an import would do that does not count yet, as it was shown when it was imported.
    #[command(after_help = "Example:\n  xiuhua preview batch-01")]
    Preview(PreviewArgs),
    /// Commit a staged import: from now on it counts, unless it moves so much that a second person has to approve.
    #[command(after_help = "Example:\n  xiuhua commit batch-01 --file estates.xlsx --author 王芳")]
    Commit(CommitArgs),
    /// Approve an import that another person has committed: what it would do is shown first, and asked about at a
    /// terminal.
    #[command(after_help = "Example:\n  xiuhua approve batch-01 --author 李明 --reason 已与街道核对")]
    Approve(SettleArgs),
    /// Give up an import that does not count yet.
    #[command(after_help = "Example:\n  xiuhua discard batch-01 --author 王芳 --reason 文件有误")]
    Discard(SettleArgs),
    /// Rejected rows: list, export, deliver again, give up.
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Write a workbook to fill in and import.
    #[command(after_help = "Examples:\n  xiuhua template places --out 小区.xlsx\n  \
                            xiuhua template observations --period 2021 --town 310115004000 --out 指标.xlsx")]
    Template(TemplateArgs),
    /// Who delivers observations, and which of them counts where they disagree.
    #[command(subcommand)]
    Source(SourceCommand),
    /// Classify, draw thresholds and compute the index for a period.
    #[command(after_help = "Example:\n  xiuhua assess --catalog pudong-2021 --period 2021")]
    Assess(AssessArgs),
    /// Classify the places on record and list what has no type.
    #[command(after_help = "Example:\n  xiuhua classify --rules pudong-housing --year 2021")]
    Classify(ClassifyArgs),
    /// Review the types of places: what is doubtful, what people decided, and what that changes.
    #[command(subcommand)]
    Review(ReviewCommand),
    /// Weight schemes: judgements of experts, weights from values, both combined; compared, adopted.
    #[command(subcommand)]
    Weights(WeightsCommand),
    /// Early warning: look at a month, list what was found, decide about it, see how good it was.
    #[command(subcommand)]
    Warnings(WarningsCommand),
    /// Rank the places of one type.
    #[command(after_help = "Example:\n  xiuhua rank --type RELOCATION --node C --top 10 --reverse")]
    Rank(RankArgs),
    /// Show the scores of a place, a town, a committee or the district.
    #[command(after_help = "Examples:\n  xiuhua show 310115004000-001\n  xiuhua show 310115104000")]
    Show(ShowArgs),
    /// Walk a score back to values, thresholds, observations and sources.
    #[command(after_help = "Example:\n  xiuhua explain 310115004000-001 --node A2")]
    Explain(ExplainArgs),
    /// Show places side by side: nodes, the indicators that set them apart, common and own weaknesses.
    #[command(after_help = "Example:\n  xiuhua compare 310115004000-001 310115004000-002")]
    Compare(CompareArgs),
    /// Show what differs between two assessments, who moved, and why.
    #[command(after_help = "Example:\n  xiuhua diff assessment-01 assessment-02")]
    Diff(DiffArgs),
    /// Show why a place moved between two assessments: values, thresholds and weights apart.
    #[command(
        after_help = "Example:\n  xiuhua changes 310115004000-001 assessment-01 assessment-02 --node A"
    )]
    Changes(ChangesArgs),
    /// Show where a place loses points, what one step would bring, and whom to learn from.
    #[command(after_help = "Example:\n  xiuhua diagnose 310115004000-001")]
    Diagnose(DiagnoseArgs),
    /// Show the places most like one, and which of them do well where it is weak.
    #[command(after_help = "Examples:\n  xiuhua peers 310115004000-001 --count 20\n  \
                            xiuhua peers 310115004000-001 --node B2.5 --within 0.3 --feature households")]
    Peers(PeersArgs),
    /// Show whether an index measures what its tree says: correlations, consistency, influence, what to look at.
    #[command(after_help = "Example:\n  xiuhua structure --type OLD_PUBLIC")]
    Structure(StructureArgs),
    /// Show a place over the periods of a catalog.
    #[command(after_help = "Example:\n  xiuhua trend 310115004000-001 --node A")]
    Trend(TrendArgs),
    /// Draw an assessment again under other samples, weights and choices: rank intervals, and places that cannot be told
    /// apart.
    #[command(after_help = "Examples:\n  xiuhua uncertainty --draws 2000\n  \
                            xiuhua uncertainty --factors sample=bootstrap weights=dirichlet:80")]
    Uncertainty(UncertaintyArgs),
    /// Show which choices move ranks (Sobol indices), and what becomes of ranks without one indicator.
    #[command(after_help = "Example:\n  xiuhua sensitivity --rows 1024")]
    Sensitivity(SensitivityArgs),
    /// Show how far the data behind an assessment can be trusted.
    #[command(after_help = "Example:\n  xiuhua quality")]
    Quality(QualityArgs),
    /// Files in, files out, through the same services on a temporary store.
    #[command(subcommand)]
    Index(IndexCommand),
    /// List, show or check catalogs.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Write the results of an assessment as files, one workbook or one JSON document.
    #[command(
        after_help = "Examples:\n  xiuhua export --out results\n  xiuhua export --out 2021.xlsx --town 310115004000"
    )]
    Export(ExportArgs),
    /// Write the report of an assessment: a page that needs nothing else, and a PDF.
    #[command(
        after_help = "Examples:\n  xiuhua report --out reports\n  xiuhua report --town 310115004000 --format pdf"
    )]
    Report(ReportArgs),
    /// List the deliveries, newest first.
    #[command(after_help = "Example:\n  xiuhua batches --top 5")]
    Batches(BatchesArgs),
    /// Take a batch out of force: from now on everything reads as if it had never been delivered.
    #[command(after_help = "Example:\n  xiuhua withdraw batch-01 --author 王芳 --reason 街道误报")]
    Withdraw(WithdrawArgs),
    /// List the assessments, newest first.
    #[command(after_help = "Example:\n  xiuhua runs --catalog pudong-2021 --period 2021")]
    Runs(RunsArgs),
    /// Put the results of an assessment in force for its catalog and period.
    #[command(after_help = "Example:\n  xiuhua publish --author 王芳 --reason 区政府审定")]
    Publish(PublishArgs),
    /// Take the results of a published assessment out of force; they stay readable by its id.
    #[command(
        after_help = "Example:\n  xiuhua unpublish --run assessment-01 --author 王芳 --reason 数据有误"
    )]
    Unpublish(UnpublishArgs),
    /// End an assessment that is not over.
    #[command(after_help = "Example:\n  xiuhua cancel assessment-01 --author 王芳 --reason 期次有误")]
    Cancel(CancelArgs),
    /// Copy the record of the embedded platform, also while another process serves it.
    #[command(after_help = "Example:\n  xiuhua backup --out backup-2026-11-27")]
    Backup(BackupArgs),
    /// Make a data folder of a backup.
    #[command(after_help = "Example:\n  xiuhua restore --from backup-2026-11-27 --data-dir restored")]
    Restore(RestoreArgs),
    /// Check the databases for damage, compute every assessment again and compare. SQLite files of an older version are
    /// refused; PostgreSQL databases are migrated when they are opened.
    #[command(after_help = "Examples:\n  xiuhua verify\n  xiuhua verify --from backup-2026-11-27")]
    Verify(VerifyArgs),
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  xiuhua completions bash > /etc/bash_completion.d/xiuhua")]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End after printing instead of serving.
    #[arg(long)]
    pub(crate) no_serve: bool,
    /// Assess alone: no rank intervals.
    #[arg(long)]
    pub(crate) no_uncertainty: bool,
    /// Seed of the generated district.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address to serve gRPC on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50060")]
    pub(crate) listen: SocketAddr,
    /// Write the address here once serving.
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Answer server reflection (for grpcurl and the like); on by default in debug builds.
    #[arg(long, default_value_t = cfg!(debug_assertions), action = clap::ArgAction::Set, value_name = "BOOL")]
    pub(crate) reflection: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    /// Seed: the same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Also write months.csv, 2018-01 to 2021-12, for early warning under the catalog pudong-monthly; the series made to
    /// get worse are listed.
    #[arg(long)]
    pub(crate) months: bool,
    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct MethodArgs {
    /// A shipped catalog's id, or a file.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) catalog: String,
    /// The period to assess, such as 2021.
    #[arg(long)]
    pub(crate) period: String,
    /// Rule set file instead of the one the catalog names.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Reference sample: `random`, `census`, or a CSV file with a column `place_id`. Without it: random where the
    /// catalog has types, else census.
    #[arg(long, value_name = "random|census|FILE")]
    pub(crate) sample: Option<String>,
    /// Seed of the random sample.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct AssessArgs {
    #[command(flatten)]
    pub(crate) method: MethodArgs,
    /// Keep an earlier threshold set instead of drawing a new one.
    #[arg(long, value_name = "ID", conflicts_with_all = ["sample", "seed"])]
    pub(crate) thresholds: Option<String>,
    /// Compute from what was on record then: an instant such as 2026-03-01T00:00:00+08:00, or a position as `xiuhua
    /// batches` lists it. Without it: now.
    #[arg(long, value_name = "INSTANT|POSITION")]
    pub(crate) as_of: Option<AsOf>,
    /// Weight scheme, with or without @version, or `catalog` for the catalog's own weights. Without it the scheme adopted
    /// for the catalog, or its own weights.
    #[arg(long, value_name = "SCHEME|catalog", default_value = "")]
    pub(crate) weights: String,
    /// Assess alone: no rank intervals.
    #[arg(long)]
    pub(crate) no_uncertainty: bool,
}

/// A past state of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// After this many deliveries and withdrawals.
    Position(u64),
    /// As it was at this instant.
    Instant(Timestamp),
}

impl FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let position = text.parse().map(Self::Position);
        position.or_else(|_| text.parse().map(Self::Instant)).map_err(|_| {
            "neither a position nor an instant with its offset from UTC / 既不是位置，也不是带时区的时刻"
                .to_owned()
        })
    }
}

#[derive(Debug, Args)]
pub(crate) struct ClassifyArgs {
    /// A shipped rule set's id, or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = "pudong-housing")]
    pub(crate) rules: String,
    /// Year that ages refer to.
    #[arg(long)]
    pub(crate) year: i32,
    /// How many unclassified places to list.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum IndexCommand {
    /// Compute an index from two CSV files.
    #[command(after_help = "Example:\n  xiuhua index compute --catalog pudong-2021 --places places.csv \
                            --observations obs.csv --period 2021 --out results")]
    Compute(ComputeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ComputeArgs {
    #[command(flatten)]
    pub(crate) method: MethodArgs,
    /// CSV with `place_id,name,town_code,town,committee,housing_nature,households,population` and attributes.
    #[arg(long, value_name = "FILE")]
    pub(crate) places: PathBuf,
    /// CSV with `place_id,indicator,period,value[,source][,revised_at]`.
    #[arg(long, value_name = "FILE")]
    pub(crate) observations: PathBuf,
    /// Folder to write the results into.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Refuse to compute when any row is rejected.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Give rank intervals too: rank_intervals.csv.
    #[arg(long)]
    pub(crate) uncertainty: bool,
    /// Worker threads; the results are the same bits with any number.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// List the catalogs that come with the platform and those registered with it.
    List,
    /// Show the tree of a catalog with its weights.
    Show {
        /// A shipped catalog's id, or a file.
        catalog: String,
    },
    /// Check a catalog file; every fault at once, with line and column.
    Validate {
        /// The file.
        file: PathBuf,
    },
}

impl Cli {
    /// Reads the command line of this process, or ends it with what is wrong. For the demo only typed databases count:
    /// those of the environment are where somebody works.
    pub(crate) fn read() -> Self {
        let matches = Self::command().get_matches();
        let mut cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        if let Command::Demo(_) = cli.command {
            let is_typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
            cli.globals.databases.retain(is_typed);
        }
        cli
    }

    /// Worker threads asked for.
    pub(crate) fn threads(&self) -> Option<usize> {
        match &self.command {
            Command::Index(IndexCommand::Compute(arguments)) => arguments.threads,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_past_state_is_a_position_or_an_instant() {
        assert_eq!("17".parse(), Ok(AsOf::Position(17)));
        let instant: Timestamp = "2026-02-28T16:00:00Z".parse().unwrap();
        assert_eq!("2026-03-01T00:00:00+08:00".parse(), Ok(AsOf::Instant(instant)));
        for wrong in ["", "-1", "2026-03-01", "2026-03-01T00:00:00", "yesterday"] {
            assert!(wrong.parse::<AsOf>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_published_assessment_is_named_by_catalog_and_period_and_by_no_id() {
        let show =
            |options: &[&str]| Cli::try_parse_from([&["xiuhua", "show", "P1"][..], options].concat()).is_ok();
        assert!(show(&["--published", "--catalog", "hdi-2024", "--period", "2022"]));
        assert!(!show(&["--published"]));
        assert!(!show(&["--published", "--catalog", "hdi-2024"]));
        assert!(!show(&["--published", "--catalog", "hdi-2024", "--period", "2022", "--run", "a"]));
    }
}
