//! What every service's `main` needs and nothing one service needs alone.
//!
//! | room | holds |
//! |---|---|
//! | [`config`] | defaults → file → environment → flags; unknown keys refused; the sections every service has |
//! | [`telemetry`] | logs, panics in the log, the hook for an OpenTelemetry layer |
//! | [`limits`] | every bound of a server, with its reason |
//! | [`server`], [`pipe`] | one or many services behind one TCP door and one in-memory door; health, reflection, drain |
//! | [`call`] | what surrounds each call: id, language, deadline, admission, panic |
//! | [`channel`] | the client's end: a deadline on every call, a limit on silence, the caller's id and deadline passed on |
//! | [`retry`] | calls that failed for now are sent again, at one place and within a budget |
//! | [`status`] | errors to google.rpc details and back, in Chinese and English; what a failure upstream means |
//! | [`page`], [`request_id`], [`ids`] | page tokens, idempotent writes, names of new resources |
//! | [`sqlite`], [`postgres`], [`database`] | one database: readers that cannot write, writes that a dropped call cannot halve, what a failure of it means |
//! | [`worker`], [`shutdown`], [`clock`] | background work, the drain signal, injected time |
//! | `testing` | temporary databases of both kinds and in-memory servers (cargo feature `testing`) |
//!
//! Kept out on purpose: messages of any service (the kit does not know the contracts), TLS and
//! authorisation. A service's `main` reads as a list of calls into these rooms:
//!
//! ```no_run
//! # use xiuhua_service_kit::{config, limits::Limits, server, shutdown, telemetry};
//! # #[derive(serde::Deserialize)]
//! # struct Config { log: telemetry::LogConfig, limits: Limits, server: config::ServerConfig }
//! # const DEFAULTS: &str = "";
//! # const DESCRIPTORS: &[u8] = &[];
//! # fn parts(_: &Config) -> Vec<server::Part> { Vec::new() }
//! # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
//! let config: Config = config::of_service(DEFAULTS, "XIUHUA_INGESTION", None)?;
//! let _telemetry = telemetry::init("ingestion", &config.log)?;
//! let shutdown = shutdown::on_signals()?;
//! let reflection = config.server.reflected(DESCRIPTORS);
//! server::serve_tcp(config.server.listen, parts(&config), &config.limits, reflection, shutdown).await?;
//! # Ok(()) }
//! ```

pub mod call;
pub mod channel;
pub mod clock;
pub mod config;
pub mod database;
pub mod ids;
pub mod limits;
pub mod page;
pub mod pipe;
pub mod postgres;
pub mod request_id;
pub mod retry;
pub mod server;
pub mod shutdown;
pub mod sqlite;
pub mod status;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod worker;

/// The drain signal, so that callers need not name another crate.
pub use tokio_util::sync::CancellationToken;
