//! The configuration: `config/default.toml` explains every key.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use xiuhua_service_kit::channel::ChannelConfig;
use xiuhua_service_kit::config::{self, ConfigError, DatabaseConfig, ServerConfig};
use xiuhua_service_kit::limits::Limits;
use xiuhua_service_kit::telemetry::LogConfig;

const DEFAULTS: &str = include_str!("../config/default.toml");

/// What the service is told from outside.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// Where it keeps its record.
    pub database: DatabaseConfig,
    /// Whom it calls; a process with several services in it brings its own channels.
    pub upstream: UpstreamConfig,
    /// How it works runs off.
    pub worker: WorkerConfig,
    /// What it keeps at hand for readers.
    pub reading: ReadingConfig,
    /// The bounds of the server.
    pub limits: Limits,
    /// The log.
    pub log: LogConfig,
}

/// The services before this one in the line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    /// Address of ingestion, such as `http://127.0.0.1:50061`.
    pub ingestion: String,
    /// Address of classification, such as `http://127.0.0.1:50062`.
    pub classification: String,
    /// Address of normalization, such as `http://127.0.0.1:50063`.
    pub normalization: String,
    /// Longest wait for an answer or the next message of a stream, in milliseconds.
    pub silence_ms: u64,
    /// The bounds of calls to them.
    pub channel: ChannelConfig,
}

/// How runs are worked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    /// A worker that has not been heard of for this long has lost its run to the next, in milliseconds.
    pub lease_ms: NonZeroU64,
    /// A run that was begun so often is FAILED. A begin that ended in giving the run back in order does not count.
    pub max_attempts: NonZeroU32,
}

/// What is kept at hand for readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingConfig {
    /// Most memory for pages of rankings that were read before, in bytes; 0 keeps none.
    pub ranking_pages_bytes: usize,
    /// Most memory for the results of the run that was computed last, in bytes; 0 keeps none.
    pub recent_results_bytes: usize,
}

impl WorkerConfig {
    /// [`WorkerConfig::lease_ms`] as a duration.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms.get())
    }
}

impl UpstreamConfig {
    /// [`UpstreamConfig::silence_ms`] as a duration.
    pub(crate) fn silence(&self) -> Duration {
        Duration::from_millis(self.silence_ms)
    }
}

impl Config {
    /// The defaults, overridden by a file and by environment variables called `XIUHUA_SCORING__section__key`.
    ///
    /// # Errors
    /// An unreadable file, an unknown key or a value of the wrong kind, with its source.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        config::of_service(DEFAULTS, "XIUHUA_SCORING", file)
    }

    /// The defaults alone, keeping the record at `database_url`: what a process with several services in it uses.
    ///
    /// # Errors
    /// None but for a mistake in `config/default.toml`.
    pub fn embedded(database_url: &str) -> Result<Self, ConfigError> {
        config::embedded(DEFAULTS, database_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_in_the_file_are_those_in_the_code() {
        let config = Config::embedded("sqlite::memory:").unwrap();
        assert_eq!((config.limits, config.log), (Limits::default(), LogConfig::default()));
        assert_eq!(config.upstream.channel, ChannelConfig::default());
        assert_eq!(config.server.listen.port(), 50_064);
        assert_eq!(config.reading.ranking_pages_bytes, 16 * 1024 * 1024);
        assert_eq!(config.reading.recent_results_bytes, 32 * 1024 * 1024);
        assert_eq!((config.worker.lease(), config.worker.max_attempts.get()), (Duration::from_secs(30), 5));
    }
}
