//! The drain signal: one token that servers and workers watch.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first SIGTERM or SIGINT.
///
/// Cancelling asks for a drain, it stops nothing by itself: [`crate::server`] then answers the
/// calls in flight within [`crate::limits::Limits::drain_timeout`].
///
/// # Errors
/// The operating system refused to install a handler.
pub fn on_signals() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let asked = token.clone();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "asked to stop, draining");
        asked.cancel();
    });
    Ok(token)
}
