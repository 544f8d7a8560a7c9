//! Logs, and panics in the logs.
//!
//! Logs go to standard error, one line an event: text for a person at a terminal, JSON for a
//! collector. Traces are not exported yet; [`init_with`] is the hook: an OpenTelemetry layer is
//! one of its `layers`, and [`Telemetry`] is where its provider is flushed when it is dropped.

use std::io::IsTerminal;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// A further layer under the filter: where an exporter is plugged in.
pub type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text if standard error is a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// How log lines look.
    pub format: LogFormat,
    /// What is logged, in the notation of `tracing_subscriber`: `info,sqlx=warn`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Auto, filter: "info,sqlx=warn,h2=warn,hyper=warn".to_owned() }
    }
}

/// Keeps telemetry alive; dropped as the last thing of a `main`.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped"]
pub struct Telemetry {
    _private: (),
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not in the notation of `tracing_subscriber`.
    #[error("日志过滤器无法解析 / the log filter cannot be read: {filter:?}")]
    Filter {
        /// The filter as it was given.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// A subscriber is already installed in this process.
    #[error("日志已经启动 / logging has already been started in this process")]
    AlreadyStarted(#[source] tracing_subscriber::util::TryInitError),
}

/// Starts logging for this process and sends panics to the log.
///
/// # Errors
/// A filter that cannot be read, or a second start in one process.
pub fn init(service: &str, config: &LogConfig) -> Result<Telemetry, TelemetryError> {
    init_with(service, config, Vec::new())
}

/// As [`init`], with further layers (an OpenTelemetry exporter, a capture in a test).
///
/// # Errors
/// As [`init`].
pub fn init_with(
    service: &str,
    config: &LogConfig,
    layers: Vec<BoxedLayer>,
) -> Result<Telemetry, TelemetryError> {
    let filter = EnvFilter::from_str(&config.filter)
        .map_err(|source| TelemetryError::Filter { filter: config.filter.clone(), source })?;
    let terminal = std::io::stderr().is_terminal();
    let as_text = match config.format {
        LogFormat::Auto => terminal,
        LogFormat::Json => false,
        LogFormat::Text => true,
    };
    let lines: BoxedLayer = if as_text {
        fmt::layer().with_writer(std::io::stderr).with_ansi(terminal).boxed()
    } else {
        fmt::layer().with_writer(std::io::stderr).json().flatten_event(true).boxed()
    };
    let mut all = layers;
    all.push(lines);
    tracing_subscriber::registry()
        .with(all)
        .with(filter)
        .try_init()
        .map_err(TelemetryError::AlreadyStarted)?;
    std::panic::set_hook(Box::new(log_panic));
    tracing::debug!(service, "telemetry started");
    Ok(Telemetry { _private: () })
}

/// Logs a panic in the span that is entered where it happens: with the id of the call in a handler, in the stream of its
/// answer and in a database write; without one in a task that was spawned outside of any span.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let reason = panic.payload_as_str().unwrap_or("(no text)");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(reason, place, backtrace = %std::backtrace::Backtrace::capture(), "panic");
}
