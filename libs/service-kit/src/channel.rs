//! The client's end: a lazy channel on which every call has a deadline, carries the caller's id and language on, and is
//! repeated where that is harmless and nobody else repeats it ([`crate::retry`]).

mod settings;

use std::time::Duration;

use tokio::time::Instant;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

pub use self::settings::ChannelConfig;
use crate::call::{CALL_ID, CallContext, deadline_exceeded, less_margin, timeout_of};
use crate::retry::{Idempotent, Retry};
use crate::status::UpstreamError;

/// A channel whose calls carry what [`Carry`] adds and are repeated by [`Retry`].
pub type Line = InterceptedService<Retry<Channel>, Carry>;

/// How often a connection is asked whether its far end is still there; one on which nothing comes for so long is asked
/// too, or the next call would be the one to find out.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long the far end may take to say so; then the connection is broken and its calls end.
const KEEP_ALIVE_ANSWER: Duration = Duration::from_secs(10);

/// A channel to `url` that connects when it is first used and again after a break, also one that nobody tells of: a
/// far end that says nothing, not even that it is there, is given up after 40 s.
///
/// # Errors
/// A text that is no URL.
pub fn connect(url: &str, config: &ChannelConfig) -> Result<Channel, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(url.to_owned())?
        .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_ANSWER)
        .keep_alive_while_idle(true)
        .tcp_keepalive(Some(KEEP_ALIVE))
        .tcp_nodelay(true);
    Ok(endpoint.connect_lazy())
}

/// `channel` with a deadline on every call, the id and language of the call that is being handled, and repeats of the
/// methods that `descriptors` (the encoded `FileDescriptorSet` of the contracts) call harmless to repeat. Clones share
/// one budget of repeats.
///
/// # Panics
/// If `descriptors` are none: they are generated with the contracts.
#[must_use]
pub fn line(channel: Channel, config: &ChannelConfig, descriptors: &[u8]) -> Line {
    let methods = Idempotent::listed_in(descriptors).expect("descriptors are generated with the contracts");
    let retry = Retry::new(channel, config.policy(), config.throttle(), methods);
    InterceptedService::new(retry, Carry { timeout: Duration::from_millis(config.call_timeout_ms) })
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

/// Gives every call a deadline, no later than that of the call it is made for, and passes on that call's id and
/// language.
#[derive(Clone, Debug)]
pub struct Carry {
    timeout: Duration,
}

impl Interceptor for Carry {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let mut timeout = timeout_of(request.metadata().as_ref()).unwrap_or(self.timeout);
        if let Some(call) = CallContext::current() {
            if let Some(deadline) = call.deadline {
                let remaining = deadline.saturating_duration_since(Instant::now());
                if remaining.is_zero() {
                    return Err(deadline_exceeded(call.language));
                }
                timeout = timeout.min(less_margin(remaining));
            }
            if let Ok(id) = MetadataValue::try_from(call.id.as_ref()) {
                request.metadata_mut().insert(CALL_ID, id);
            }
            request.metadata_mut().insert("accept-language", MetadataValue::from_static(call.language.tag()));
        }
        request.set_timeout(timeout);
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::status::Language;

    #[tokio::test(start_paused = true)]
    async fn a_silent_service_is_not_waited_for_for_ever() {
        let limit = Duration::from_secs(30);
        let answer = within("ingestion", limit, std::future::pending::<Result<(), Status>>()).await;
        assert!(
            matches!(answer, Err(UpstreamError::Silent { service: "ingestion", limit: it }) if it == limit)
        );
        assert!(within("ingestion", limit, async { Ok(1) }).await.is_ok_and(|answer| answer == 1));
    }

    /// The time that a call is given on a line whose own limit is a minute: made in a call with `left`, if any, and
    /// with `asked` of its maker's own, if any.
    fn given(left: Option<Duration>, asked: Option<Duration>) -> Result<Duration, Code> {
        let mut carry = Carry { timeout: Duration::from_secs(60) };
        let mut request = Request::new(());
        asked.inspect(|asked| request.set_timeout(*asked));
        let work = || carry.call(request).map_err(|status| status.code());
        let request = match left {
            None => work(),
            Some(left) => {
                let deadline = Some(Instant::now() + left);
                CallContext { id: "id".into(), language: Language::En, deadline }.scope(work)
            }
        };
        request.map(|request| timeout_of(request.metadata().as_ref()).expect("every call has a deadline"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_given_the_least_of_what_its_maker_asks_its_line_allows_and_its_own_caller_has_left() {
        let (second, minute, hour) =
            (Duration::from_secs(1), Duration::from_secs(60), Duration::from_secs(3600));
        let kept = Duration::from_millis(20);
        assert_eq!(given(None, None), Ok(minute));
        assert_eq!(given(None, Some(hour)), Ok(hour));
        assert_eq!(given(Some(hour), None), Ok(minute));
        assert_eq!(given(Some(second), None), Ok(second - kept));
        assert_eq!(given(Some(second), Some(hour)), Ok(second - kept));
        assert_eq!(given(Some(minute), Some(second)), Ok(second));
        let short = Duration::from_millis(50);
        assert_eq!(given(Some(short), None), Ok(Duration::from_millis(45)));
        assert_eq!(given(Some(Duration::ZERO), Some(hour)), Err(Code::DeadlineExceeded));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_carried_on_elsewhere_keeps_the_deadline_of_its_call() {
        let deadline = Some(Instant::now() + Duration::from_secs(1));
        let call = CallContext { id: "id".into(), language: Language::En, deadline };
        let work = call.scope(|| CallContext::carry_on(async { CallContext::current() }));
        let carried = tokio::spawn(work).await.unwrap().expect("still the same call");
        assert_eq!(carried.deadline, deadline);
    }
}
