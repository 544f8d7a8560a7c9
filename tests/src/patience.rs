//! A client that does not give up: it repeats a call whose fate is unknown, with the same request id, until it is
//! answered. What it may repeat and what it must not is the contract's promise to everyone.

use std::error::Error as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tonic::{Code, Request, Status};

/// Longest time for one call with all its repeats. A limit against hanging, not a measure of speed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause before a repeat.
const PAUSE: Duration = Duration::from_millis(20);
/// Deadline of one attempt.
const ATTEMPT: Duration = Duration::from_secs(20);

/// Repeats `attempt` while its failure is one that passes.
///
/// # Errors
/// The first failure that does not pass, or the last one when patience is over.
pub async fn until_answered<T, F>(what: &str, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T, Status>>,
{
    let begun = Instant::now();
    loop {
        match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(status) if passes(&status) && begun.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            Err(status) => bail!("{what}: {status:?}"),
        }
    }
}

/// Whether the same call may succeed later: the connection broke, or the service said so.
#[must_use]
pub fn passes(status: &Status) -> bool {
    // A status made on this side for want of an answer has a source; one that a service sent has none.
    let unanswered = status.source().is_some();
    unanswered || matches!(status.code(), Code::Unavailable | Code::ResourceExhausted)
}

/// A request that does not wait for ever.
pub fn asking<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(ATTEMPT);
    request
}
