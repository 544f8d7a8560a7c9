//! The configuration: `config/default.toml` explains every key.

use std::path::Path;

use serde::Deserialize;
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
    /// What becomes of deliveries that break off.
    pub deliveries: DeliveriesConfig,
    /// Who has to agree before a delivery counts.
    pub review: ReviewConfig,
    /// The bounds of the server.
    pub limits: Limits,
    /// The log.
    pub log: LogConfig,
}

/// The section `deliveries`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveriesConfig {
    /// Milliseconds after which a delivery that broke off and was not resumed, or was staged and not committed, is given
    /// up.
    pub abandon_after_ms: u64,
}

/// The section `review`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewConfig {
    /// A staged delivery that moves a measure by more than this share waits for a second person: 0.05 is 5 %. 0 means
    /// that none waits.
    pub second_person_above_ratio: f64,
}

impl Config {
    /// The defaults, overridden by a file and by environment variables called `XIUHUA_INGESTION__section__key`.
    ///
    /// # Errors
    /// An unreadable file, an unknown key or a value of the wrong kind, with its source.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        config::of_service(DEFAULTS, "XIUHUA_INGESTION", file)
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
    use xiuhua_service_kit::clock::SystemClock;

    use super::*;

    #[test]
    fn the_defaults_in_the_file_are_those_in_the_code() {
        let config = Config::embedded("sqlite::memory:").unwrap();
        assert_eq!((config.limits, config.log), (Limits::default(), LogConfig::default()));
        assert_eq!(config.server.listen.port(), 50_061);
    }

    #[tokio::test]
    async fn a_share_that_is_none_is_refused() {
        for share in [-0.1, f64::NAN, f64::INFINITY] {
            let mut config = Config::embedded("sqlite::memory:").unwrap();
            config.review.second_person_above_ratio = share;
            let refused = crate::assemble(&config, SystemClock::shared()).await.err().unwrap();
            assert!(matches!(refused, crate::Error::Config(_)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn deliveries_are_not_given_up_while_they_may_still_stream() {
        let mut config = Config::embedded("sqlite::memory:").unwrap();
        config.deliveries.abandon_after_ms = config.limits.stream_timeout_ms - 1;
        let refused = crate::assemble(&config, SystemClock::shared()).await.err().unwrap();
        assert!(matches!(refused, crate::Error::Config(_)), "{refused:?}");
    }
}
