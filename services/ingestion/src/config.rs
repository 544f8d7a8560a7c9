//! What can be set; every key with its default and meaning stands in `config/default.toml`.

use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use xiuhua_service_kit::config::{self, ConfigError, Layers};
use xiuhua_service_kit::limits::Limits;
use xiuhua_service_kit::telemetry::LogConfig;

/// The defaults, as text.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// Settings of the ingestion service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The door.
    pub server: ServerConfig,
    /// The record.
    pub database: DatabaseConfig,
    /// Logs.
    pub log: LogConfig,
    /// Bounds.
    pub limits: Limits,
}

/// The door.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen at; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Reflection; `None` means on in debug builds, off in release builds.
    pub reflection: Option<bool>,
}

/// The record.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `sqlite::memory:`.
    pub url: String,
}

impl Config {
    /// The defaults, overridden by a file (its path is the first argument of the program) and the environment.
    ///
    /// # Errors
    /// An unreadable file, an unknown key or a value of the wrong kind, with its source.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
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
        env_prefix: "XIUHUA_INGESTION",
        env: Vec::new(),
        overrides: Vec::new(),
    }
}
