//! The report: of which assessment and town, in which form, in which font.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::RunArg;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) run: RunArg,
    /// Only this sub-district or town; without it the whole district.
    #[arg(long, value_name = "CODE")]
    pub(crate) town: Option<String>,
    /// Folder to write into.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// A page that needs nothing else, a PDF, or both.
    #[arg(long, value_enum, default_value_t = Form::Both)]
    pub(crate) format: Form,
    /// Font file with Chinese characters, put into the report as far as needed; without it the installed Noto Sans CJK SC
    /// (package fonts-noto-cjk).
    #[arg(long, value_name = "FILE", env = "XIUHUA_FONT")]
    pub(crate) font: Option<PathBuf>,
}

/// In which form a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    Html,
    Pdf,
    Both,
}
