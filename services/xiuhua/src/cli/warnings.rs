//! Early warning (预警): months are looked at, people decide, and what came after judges.

use clap::{Args, Subcommand, ValueEnum};

use super::{AsOf, DecisionArgs, RunArg};

#[derive(Debug, Subcommand)]
pub(crate) enum WarningsCommand {
    /// Look at a month of every place and indicator whose measure rolls, and record what is worse than expected.
    #[command(after_help = "Example, with the months of `xiuhua sample --months` on record:\n  \
                            xiuhua assess --catalog pudong-monthly --period 2020\n  \
                            xiuhua warnings scan --month 2021-09 --false-alarms 5")]
    Scan(ScanArgs),
    /// List warnings, the last recorded first.
    #[command(after_help = "Example:\n  xiuhua warnings list --state new --level warn")]
    List(WarningsListArgs),
    /// Show a warning with its forecast, the records behind it and every decision about it.
    #[command(after_help = "Example:\n  xiuhua warnings show warning-01")]
    Show(WarningArg),
    /// Decide about a warning: acknowledged, handled, or a false alarm.
    #[command(
        after_help = "Example:\n  xiuhua warnings decide warning-01 --as handled --author 王芳 --reason 已约谈物业"
    )]
    Decide(WarningDecideArgs),
    /// How good the warnings of a catalog were, by detector and indicator.
    #[command(after_help = "Example:\n  xiuhua warnings record --catalog pudong-monthly")]
    Record(WarningRecordArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// The month to look at, such as 2021-09.
    #[arg(long, value_name = "MONTH")]
    pub(crate) month: String,
    /// False alarms that the whole scan may be expected to raise where nothing has changed; 0.01-1000.
    #[arg(long, value_name = "COUNT", default_value_t = 5.0)]
    pub(crate) false_alarms: f64,
    /// Look at what was on record then: an instant such as 2021-10-02T00:00:00+08:00, or a position as `xiuhua batches`
    /// lists it. Without it: now.
    #[arg(long, value_name = "INSTANT|POSITION")]
    pub(crate) as_of: Option<AsOf>,
}

#[derive(Debug, Args)]
pub(crate) struct WarningsListArgs {
    /// Only this catalog.
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) catalog: String,
    /// Only this month.
    #[arg(long, default_value = "")]
    pub(crate) month: String,
    /// Only this place.
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) place: String,
    /// Only this sub-district or town, by code.
    #[arg(long, value_name = "CODE", default_value = "")]
    pub(crate) town: String,
    /// Only this indicator, by code.
    #[arg(long, value_name = "CODE", default_value = "")]
    pub(crate) leaf: String,
    /// Only in this state.
    #[arg(long)]
    pub(crate) state: Option<WarningStateArg>,
    /// Only of this level.
    #[arg(long)]
    pub(crate) level: Option<WarningLevelArg>,
    /// How many.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: u32,
}

#[derive(Debug, Args)]
pub(crate) struct WarningArg {
    /// Warning id, as `xiuhua warnings list` shows it.
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct WarningDecideArgs {
    /// Warning id, as `xiuhua warnings list` shows it.
    pub(crate) id: String,
    /// What it becomes.
    #[arg(long = "as", value_name = "STATE")]
    pub(crate) state: WarningStateArg,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WarningRecordArgs {
    /// Catalog id.
    #[arg(long, value_name = "ID")]
    pub(crate) catalog: String,
}

/// A state of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WarningStateArg {
    New,
    Acknowledged,
    Handled,
    FalseAlarm,
}

/// A level of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WarningLevelArg {
    Watch,
    Warn,
}
