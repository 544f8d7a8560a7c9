//! Configuration in layers: defaults → file → environment → flags; a later layer wins, an unknown key is refused.
//!
//! Here are also the sections that every service has; one service's own stay with it.

mod reason;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use config::builder::DefaultState;
use config::{ConfigBuilder, Environment, File, FileFormat};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Section `[server]`: where a service listens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether clients may ask for the contracts (gRPC reflection); `None`: in debug builds only.
    pub reflection: Option<bool>,
}

impl ServerConfig {
    /// The descriptors to serve for reflection: `descriptors`, or none if it is not offered.
    #[must_use]
    pub fn reflected(&self, descriptors: &'static [u8]) -> Option<&'static [u8]> {
        self.reflection.unwrap_or(cfg!(debug_assertions)).then_some(descriptors)
    }
}

/// Section `[database]`: where a service keeps its record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:FILE` (made if absent), `sqlite::memory:`, or `postgres://ROLE:PASSWORD@HOST:PORT/DATABASE`.
    pub url: String,
}

/// The layers of one configuration.
#[derive(Clone, Debug)]
pub struct Layers<'a> {
    /// A TOML text with every key and its default.
    pub defaults: &'a str,
    /// A TOML file that names what differs.
    pub file: Option<&'a Path>,
    /// Environment variables count if they are called `PREFIX__section__key`.
    pub env_prefix: &'a str,
    /// The environment; [`environment()`] outside of tests.
    pub env: Vec<(String, String)>,
    /// Flags, as `section.key` and value.
    pub overrides: Vec<(String, String)>,
}

/// Why a configuration was refused, and which layer is at fault. Holds no value of it: one may be a password.
#[derive(Debug, thiserror::Error)]
#[error("配置有误（{layer}）/ the configuration is wrong ({layer}): {reason}")]
pub struct ConfigError {
    /// `defaults`, `environment`, `flags`, or the path of the file.
    pub layer: String,
    /// What is wrong: the key, and the keys there are; or the line.
    pub reason: String,
}

impl ConfigError {
    fn new(layer: &str, refused: &config::ConfigError) -> Self {
        Self { layer: layer.to_owned(), reason: reason::reason(refused) }
    }
}

/// The environment of this process.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    std::env::vars().collect()
}

/// Reads the configuration of a service that is a process of its own: `defaults`, overridden by a file and by the
/// environment variables called `PREFIX__section__key`.
///
/// # Errors
/// As [`load`].
pub fn of_service<T: DeserializeOwned>(
    defaults: &str,
    env_prefix: &str,
    file: Option<&Path>,
) -> Result<T, ConfigError> {
    load(Layers { defaults, file, env_prefix, env: environment(), overrides: Vec::new() })
}

/// Reads the configuration of a service that shares its process with others: `defaults` alone, and `database_url` as
/// the place of its record.
///
/// # Errors
/// None but for a mistake in `defaults`.
pub fn embedded<T: DeserializeOwned>(defaults: &str, database_url: &str) -> Result<T, ConfigError> {
    let overrides = vec![("database.url".to_owned(), database_url.to_owned())];
    load(Layers { defaults, file: None, env_prefix: "", env: Vec::new(), overrides })
}

/// Reads a configuration. `T` refuses unknown keys (`#[serde(deny_unknown_fields)]`).
///
/// # Errors
/// [`ConfigError`] naming the first layer with which it cannot be read.
pub fn load<T: DeserializeOwned>(layers: Layers<'_>) -> Result<T, ConfigError> {
    let mut builder = config::Config::builder();
    builder = builder.add_source(File::from_str(layers.defaults, FileFormat::Toml));
    // Each layer is read on top of those before it, so that the first one at fault is the one named.
    read_with::<T>("defaults", &builder)?;
    if let Some(path) = layers.file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml).required(true));
        read_with::<T>(&path.display().to_string(), &builder)?;
    }
    let env: HashMap<String, String> = layers.env.into_iter().collect();
    let env = Environment::with_prefix(layers.env_prefix)
        .prefix_separator("__")
        .separator("__")
        // Values stay text and are read as the type that the key wants: guessing would make 7 of the password 007.
        .source(Some(env));
    builder = builder.add_source(env);
    read_with::<T>("environment", &builder)?;
    for (key, value) in layers.overrides {
        builder = builder.set_override(&key, value).map_err(|refused| ConfigError::new("flags", &refused))?;
    }
    read_with("flags", &builder)
}

fn read_with<T: DeserializeOwned>(
    layer: &str,
    builder: &ConfigBuilder<DefaultState>,
) -> Result<T, ConfigError> {
    let read = builder.build_cloned().and_then(config::Config::try_deserialize);
    read.map_err(|refused| ConfigError::new(layer, &refused))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        server: Server,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Server {
        listen: String,
        workers: u32,
    }

    fn layers<'a>() -> Layers<'a> {
        Layers {
            defaults: "[server]\nlisten = \"127.0.0.1:1\"\nworkers = 2\n",
            file: None,
            env_prefix: "XIUHUA_SAMPLE",
            env: Vec::new(),
            overrides: Vec::new(),
        }
    }

    fn pair(key: &str, value: &str) -> Vec<(String, String)> {
        vec![(key.to_owned(), value.to_owned())]
    }

    #[test]
    fn a_later_layer_wins() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sample.toml");
        std::fs::write(&file, "[server]\nworkers = 3\n").unwrap();
        let read: Sample = load(Layers { file: Some(&file), ..layers() }).unwrap();
        assert_eq!((read.server.workers, read.server.listen.as_str()), (3, "127.0.0.1:1"));
        let env = pair("XIUHUA_SAMPLE__server__workers", "4");
        let read: Sample = load(Layers { file: Some(&file), env: env.clone(), ..layers() }).unwrap();
        assert_eq!(read.server.workers, 4);
        let overrides = pair("server.workers", "5");
        let read: Sample = load(Layers { file: Some(&file), env, overrides, ..layers() }).unwrap();
        assert_eq!(read.server.workers, 5);
    }

    #[test]
    fn text_from_the_environment_is_not_taken_for_a_number() {
        let env = pair("XIUHUA_SAMPLE__server__listen", "007");
        let read: Sample = load(Layers { env, ..layers() }).unwrap();
        assert_eq!(read.server.listen, "007");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_layer_and_the_keys_there_are() {
        let env = pair("XIUHUA_SAMPLE__server__lisen", "x");
        let refused = load::<Sample>(Layers { env, ..layers() }).unwrap_err();
        assert_eq!(refused.layer, "environment");
        let text = refused.to_string();
        assert!(text.contains("lisen") && text.contains("`listen`"), "{text}");
    }

    /// Each holds the secret where no secret should be.
    #[test]
    fn a_refusal_names_the_place_and_never_a_value() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("shared.toml");
        for (text, place) in [
            ("[database]\nurl = \"postgres://clerk:secret@db/x\n", "line 2"),
            ("[database]\nurl = postgres://clerk:secret@db/x\n", "line 2"),
            ("[database]\nurl = \"sqlite:a\"\nurl = \"postgres://clerk:secret@db/x\"\n", "line 3"),
            ("database = \"postgres://clerk:secret@db/x\"\n", "database"),
            ("[database]\nurl = [\"postgres://clerk:secret@db/x\"]\n", "database.url"),
            ("[server]\nlisten = \"postgres://clerk:secret@db/x\"\n", "server.listen"),
            ("[server]\nreflection = \"secret\"\n", "server.reflection"),
            ("[database]\nlink = \"postgres://clerk:secret@db/x\"\n", "link"),
        ] {
            std::fs::write(&file, text).unwrap();
            let refused = of_service::<Shared>(SHARED, "XIUHUA_SHARED", Some(&file)).expect_err(text);
            let said = format!("{refused:?} {}", crate::status::chain(&refused));
            assert!(said.contains(place) && !said.contains("secret"), "{said}");
        }
        for (said, may_be_said) in [
            (
                "invalid value: string \"a \"secret\" b\", expected a port",
                "invalid value: string \"…\", expected a port",
            ),
            ("unknown variant `secret`, expected `a` or `b`", "unknown variant `…`, expected `a` or `b`"),
            ("listen must be 1 to 5", "listen must be 1 to 5"),
        ] {
            assert_eq!(reason::reason(&config::ConfigError::Message(said.to_owned())), may_be_said);
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shared {
        server: ServerConfig,
        database: DatabaseConfig,
    }

    const SHARED: &str = "[server]\nlisten = \"127.0.0.1:1\"\n[database]\nurl = \"sqlite:shared.db\"\n";

    #[test]
    fn a_service_of_its_own_reads_its_file_and_an_embedded_one_is_told_where_its_record_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("shared.toml");
        std::fs::write(&file, "[server]\nlisten = \"127.0.0.1:2\"\n").unwrap();
        let read: Shared = of_service(SHARED, "XIUHUA_SHARED", Some(&file)).unwrap();
        assert_eq!((read.server.listen.port(), read.database.url.as_str()), (2, "sqlite:shared.db"));
        let read: Shared = embedded(SHARED, "sqlite::memory:").unwrap();
        assert_eq!((read.server.listen.port(), read.database.url.as_str()), (1, "sqlite::memory:"));
    }

    #[test]
    fn reflection_is_offered_as_asked_and_else_in_debug_builds() {
        let offers = |reflection| {
            let server = ServerConfig { listen: ([127, 0, 0, 1], 0).into(), reflection };
            server.reflected(b"set").is_some()
        };
        assert_eq!([Some(true), Some(false), None].map(offers), [true, false, cfg!(debug_assertions)]);
    }
}
