//! The client's end: a lazy channel on which every call has a deadline and carries the caller's id and language on.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::call::{CALL_ID, CallContext};
use crate::status::UpstreamError;

/// A channel whose calls carry what [`Carry`] adds.
pub type Line = InterceptedService<Channel, Carry>;

/// The bounds of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelConfig {
    /// Time to connect, in ms.
    pub connect_timeout_ms: u64,
    /// Deadline of a call that names none, in ms. Also bounds a stream, so it is as long as the longest one.
    pub call_timeout_ms: u64,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self { connect_timeout_ms: 5_000, call_timeout_ms: 10 * 60_000 }
    }
}

/// A channel to `url` that connects when it is first used and again after a break.
///
/// # Errors
/// A text that is no URL.
pub fn connect(url: &str, config: &ChannelConfig) -> Result<Channel, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(url.to_owned())?
        .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
        .tcp_nodelay(true);
    Ok(endpoint.connect_lazy())
}

/// `channel` with a deadline on every call, and the id and language of the call that is being handled.
#[must_use]
pub fn line(channel: Channel, config: &ChannelConfig) -> Line {
    InterceptedService::new(channel, Carry { timeout: Duration::from_millis(config.call_timeout_ms) })
}

/// Waits for an answer of `service`, or for the next message of a stream of its, but not for ever.
///
/// # Errors
/// [`UpstreamError::Silent`] after `limit`; what [`UpstreamError::of`] makes of a status.
pub async fn within<T>(
    service: &'static str,
    limit: Duration,
    answer: impl Future<Output = Result<T, Status>>,
) -> Result<T, UpstreamError> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer.map_err(|status| UpstreamError::of(service, status)),
        Err(_) => Err(UpstreamError::Silent { service, limit }),
    }
}

/// Adds a deadline where there is none, and passes on the id and language of the current call.
#[derive(Clone, Debug)]
pub struct Carry {
    timeout: Duration,
}

impl Interceptor for Carry {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !request.metadata().contains_key("grpc-timeout") {
            request.set_timeout(self.timeout);
        }
        if let Some(call) = CallContext::current() {
            if let Ok(id) = MetadataValue::try_from(call.id.as_ref()) {
                request.metadata_mut().insert(CALL_ID, id);
            }
            request.metadata_mut().insert("accept-language", MetadataValue::from_static(call.language.tag()));
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_service_is_not_waited_for_for_ever() {
        let limit = Duration::from_secs(30);
        let answer = within("ingestion", limit, std::future::pending::<Result<(), Status>>()).await;
        assert!(
            matches!(answer, Err(UpstreamError::Silent { service: "ingestion", limit: it }) if it == limit)
        );
        assert!(within("ingestion", limit, async { Ok(1) }).await.is_ok_and(|answer| answer == 1));
    }
}
