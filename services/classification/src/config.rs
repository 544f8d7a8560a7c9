//! The configuration: `config/default.toml` explains every key.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use xiuhua_service_kit::channel::ChannelConfig;
use xiuhua_service_kit::config::{self, ConfigError, Layers};
use xiuhua_service_kit::limits::Limits;
use xiuhua_service_kit::telemetry::LogConfig;

/// Prefix of the environment variables that override a key.
const ENVIRONMENT: &str = "XIUHUA_CLASSIFICATION";

/// What the service is told from outside.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// Where it keeps its record.
    pub database: DatabaseConfig,
    /// Whom it calls.
    pub upstream: UpstreamConfig,
    /// The bounds of the server.
    pub limits: Limits,
    /// The log.
    pub log: LogConfig,
}

/// Where the service listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Whether clients may ask for the contracts; `None`: in debug builds only.
    pub reflection: Option<bool>,
}

/// Where rule sets and classifications are kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:FILE` or `sqlite::memory:`.
    pub url: String,
}

/// The services before this one in the line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    /// Address of ingestion, such as `http://127.0.0.1:50061`.
    pub ingestion: String,
    /// Longest wait for the next message of ingestion, in milliseconds.
    pub silence_ms: u64,
    /// The bounds of calls to it.
    pub channel: ChannelConfig,
}

impl UpstreamConfig {
    /// Longest wait for the next message of ingestion.
    pub(crate) fn silence(&self) -> Duration {
        Duration::from_millis(self.silence_ms)
    }
}

impl Config {
    /// The defaults, overridden by a file (its path is the first argument of the program) and the environment.
    ///
    /// # Errors
    /// An unreadable file, an unknown key or a value of the wrong kind, with its source.
    pub fn load(file: Option<&std::path::Path>) -> Result<Self, ConfigError> {
        config::load(Layers { file, env: config::environment(), ..layers() })
    }

    /// The defaults alone, keeping the record at `database_url`: what a process with several services in it uses.
    ///
    /// # Errors
    /// None but for a mistake in `config/default.toml`.
    pub fn embedded(database_url: &str) -> Result<Self, ConfigError> {
        let overrides = vec![("database.url".to_owned(), database_url.to_owned())];
        config::load(Layers { overrides, ..layers() })
    }
}

fn layers<'a>() -> Layers<'a> {
    Layers {
        defaults: include_str!("../config/default.toml"),
        file: None,
        env_prefix: ENVIRONMENT,
        env: Vec::new(),
        overrides: Vec::new(),
    }
}
