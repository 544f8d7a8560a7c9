//! Options of every command: where the platform is, how to speak, what to show.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use xiuhua_service_kit::telemetry::{LogConfig, LogFormat};

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Globals {
    /// Talk to a running platform instead of opening the embedded one.
    #[arg(long, global = true, value_name = "URL", env = "XIUHUA_SERVER")]
    pub(crate) server: Option<String>,
    /// Folder of the embedded platform; one process at a time may open it [default: xiuhua-data, of the demo
    /// xiuhua-demo].
    #[arg(long, global = true, value_name = "DIR", env = "XIUHUA_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) databases: Databases,
    /// TOML file with `data_dir`, a table `[databases]` (ingestion, classification, normalization, scoring; options and
    /// the environment come before it) and a table `[review]` (second_person_above_ratio: an import that moves a measure
    /// by more than this share waits for a second person; 0.05 is 5 %, 0 never).
    #[arg(long, global = true, value_name = "FILE", env = "XIUHUA_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Language of messages and tables; without it the locale decides.
    #[arg(long, global = true, value_name = "LANG", env = "XIUHUA_LANG")]
    pub(crate) lang: Option<Tongue>,
    /// When to colour what is printed; a word stands beside every colour. `auto`: on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,
    /// Draw with ASCII characters alone; without it where the locale names another encoding than UTF-8.
    #[arg(long, global = true)]
    pub(crate) ascii: bool,
    /// Print one JSON document instead of tables.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show no progress.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// What to log to standard error, such as `info` or `xiuhua_scoring=debug`.
    #[arg(long, global = true, value_name = "FILTER", env = "XIUHUA_LOG", default_value = "warn")]
    pub(crate) log: String,
}

/// Databases of the embedded platform's services, instead of files in the data folder; any mix of both. A command line
/// is seen by every user of a machine: an address with a password belongs into the environment or the file of --config.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Databases {
    /// Database of ingestion, sqlite:FILE or postgres://ROLE:PASSWORD@HOST/DATABASE; with a password better in the
    /// environment, which other users cannot see.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "XIUHUA_INGESTION_DB",
        hide_env_values = true,
        help_heading = "Databases"
    )]
    pub(crate) ingestion_db: Option<String>,
    /// Database of classification.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "XIUHUA_CLASSIFICATION_DB",
        hide_env_values = true,
        help_heading = "Databases"
    )]
    pub(crate) classification_db: Option<String>,
    /// Database of normalization.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "XIUHUA_NORMALIZATION_DB",
        hide_env_values = true,
        help_heading = "Databases"
    )]
    pub(crate) normalization_db: Option<String>,
    /// Database of scoring.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "XIUHUA_SCORING_DB",
        hide_env_values = true,
        help_heading = "Databases"
    )]
    pub(crate) scoring_db: Option<String>,
}

impl Databases {
    /// Forgets those whose argument is not to be kept.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        let Self { ingestion_db, classification_db, normalization_db, scoring_db } = self;
        for (name, database) in [
            ("ingestion_db", ingestion_db),
            ("classification_db", classification_db),
            ("normalization_db", normalization_db),
            ("scoring_db", scoring_db),
        ] {
            *database = database.take().filter(|_| is_kept(name));
        }
    }

    /// Whether any is named.
    pub(crate) fn any(&self) -> bool {
        let Self { ingestion_db, classification_db, normalization_db, scoring_db } = self;
        [ingestion_db, classification_db, normalization_db, scoring_db].into_iter().any(Option::is_some)
    }
}

/// A language of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tongue {
    /// 中文
    Zh,
    /// English
    En,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

impl Globals {
    /// How to log.
    pub(crate) fn logs(&self) -> LogConfig {
        LogConfig { format: LogFormat::Text, filter: self.log.clone() }
    }
}
