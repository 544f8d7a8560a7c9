//! What surrounds each call: its id and language, a deadline over its whole life, admission, and a net under panics.
//!
//! One tower layer, [`CallLayer`], wraps every service of a server. A handler reads [`CallContext::current`]; nothing
//! else of this reaches it.

mod body;
mod deadline;
mod place;
mod unreadable;

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tower::util::rng::{HasherRng, Rng};
use tower::{Layer, Service};
use tracing::Instrument;

use self::body::Guarded;
pub(crate) use self::deadline::{grpc_timeout, less_margin, timeout_of};
use self::place::Place;
use self::unreadable::blame_the_sender;
use crate::limits::Limits;
use crate::request_id::RequestId;
use crate::status::{Bilingual, Failure, Kind, Language, opaque, to_status};

/// The metadata key of a call's id, in both directions.
pub const CALL_ID: &str = "x-request-id";

/// What the path of every health check begins with.
const HEALTH: &str = "/grpc.health.v1.";

/// When a call that was refused for load may come again, at the earliest; at the latest after twice as long.
const RETRY_AFTER: Duration = Duration::from_secs(1);

tokio::task_local! {
    static CALL: CallContext;
}

/// What is known of the call that is being handled.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Names the call in logs and errors, across services.
    pub id: Arc<str>,
    /// The language its caller reads.
    pub language: Language,
    /// When its answer is to be complete; calls made for it end before. `None` outside of a call.
    pub deadline: Option<Instant>,
}

impl CallContext {
    /// The call that is being handled on this task, if one is.
    #[must_use]
    pub fn current() -> Option<Self> {
        CALL.try_with(Clone::clone).ok()
    }

    /// The current call, or a new id outside of one.
    #[must_use]
    pub fn current_or_new() -> Self {
        Self::current().unwrap_or_else(|| Self {
            id: RequestId::new_random().as_str().into(),
            language: Language::default(),
            deadline: None,
        })
    }

    fn of(headers: &http::HeaderMap, deadline: Instant) -> Self {
        let given = headers.get(CALL_ID).and_then(|value| value.to_str().ok());
        let id = given.and_then(|text| RequestId::parse(text).ok()).unwrap_or_else(RequestId::new_random);
        let language = headers.get("accept-language").and_then(|value| value.to_str().ok());
        Self {
            id: id.as_str().into(),
            language: language.map(Language::parse).unwrap_or_default(),
            deadline: Some(deadline),
        }
    }

    /// Runs `work` with this call as the current one.
    pub(crate) fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        CALL.sync_scope(self.clone(), work)
    }

    /// `work` as a part of the current call and of its span, if there is one, on whatever task it runs.
    pub(crate) fn carry_on<F: Future>(work: F) -> impl Future<Output = F::Output> {
        let call = Self::current();
        async move {
            match call {
                Some(call) => CALL.scope(call, work).await,
                None => work.await,
            }
        }
        .in_current_span()
    }

    /// `response` with the id of this call.
    fn name(&self, mut response: http::Response<Body>) -> http::Response<Body> {
        if let Ok(id) = self.id.parse() {
            response.headers_mut().insert(CALL_ID, id);
        }
        response
    }
}

/// Puts a [`CallService`] around a service; one for all connections of a door, so that its limit is the door's.
#[derive(Clone, Debug)]
pub struct CallLayer {
    bounds: Bounds,
    places: Arc<Semaphore>,
    draining: CancellationToken,
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    head: Duration,
    whole: Duration,
}

impl CallLayer {
    /// The layer of a door with these limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let bounds = Bounds { head: limits.request_timeout(), whole: limits.stream_timeout() };
        Self {
            bounds,
            places: Arc::new(Semaphore::new(limits.max_in_flight)),
            draining: CancellationToken::new(),
        }
    }

    /// The same layer, where watches of the server's health end once `draining` is cancelled.
    #[must_use]
    pub fn until(self, draining: CancellationToken) -> Self {
        Self { draining, ..self }
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> CallService<S> {
        CallService { inner, layer: self.clone() }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct CallService<S> {
    inner: S,
    layer: CallLayer,
}

type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

impl<S> Service<http::Request<Body>> for CallService<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        let began = Instant::now();
        let asked = timeout_of(request.headers());
        let bounds = self.layer.bounds;
        let whole = began + asked.map_or(bounds.whole, |asked| less_margin(asked.min(bounds.whole)));
        let head = if asked.is_some() { whole } else { whole.min(began + bounds.head) };
        let call = CallContext::of(request.headers(), whole);
        if !is_grpc(request.headers()) {
            let refused = call.scope(|| to_status(&Refused::NotGrpc, call.language));
            let mut refused = call.name(refused.into_http());
            // For those who do not know of gRPC's status.
            *refused.status_mut() = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Box::pin(async move { Ok(refused) });
        }
        // Health checks are always let in: a server that is busy must not look dead to those who would restart it.
        let permit = if request.uri().path().starts_with(HEALTH) {
            None
        } else if let Ok(permit) = Arc::clone(&self.layer.places).try_acquire_owned() {
            Some(permit)
        } else {
            let refused = call.scope(|| to_status(&Refused::Overloaded, call.language));
            return Box::pin(async move { Ok(call.name(refused.into_http())) });
        };
        let span = tracing::info_span!("call", method = request.uri().path(), call_id = %call.id);
        // The clone that was ready serves; the fresh one waits for the next call (tower's contract).
        let fresh = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, fresh);
        let answering = CALL.scope(call.clone(), async move { ready.call(request).await });
        let of_body = span.clone();
        // Nobody but the server itself ends a watch of its health, and a drain must not wait for that.
        let draining = permit.is_none().then(|| self.layer.draining.clone());
        Box::pin(
            async move {
                let caught = AssertUnwindSafe(answering).catch_unwind();
                let mut response = match tokio::time::timeout_at(head, caught).await {
                    Ok(Ok(Ok(response))) => response,
                    Ok(Ok(Err(never))) => match never {},
                    Ok(Err(_panic)) => opaque(&call.id, call.language).into_http(),
                    Err(_late) => call.scope(|| deadline_exceeded(call.language)).into_http(),
                };
                blame_the_sender(&call, response.headers_mut());
                let place = permit.map(|permit| Place::until(whole, permit));
                let response = call.name(response);
                Ok(response
                    .map(|body| Body::new(Guarded::new(body, call, of_body, whole, place).until(draining))))
            }
            .instrument(span),
        )
    }
}

/// Whether a request says that it is gRPC, which tonic does not ask: a browser's form could be one otherwise.
fn is_grpc(headers: &http::HeaderMap) -> bool {
    let content_type = headers.get(http::header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// The status of a call whose time is up: tonic's own timer would say `CANCELLED`.
pub(crate) fn deadline_exceeded(language: Language) -> Status {
    to_status(&Refused::Late, language)
}

/// Why a call ends that no handler ended.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the server has as many calls in flight as it takes")]
    Overloaded,
    #[error("the time given for this call is over")]
    Late,
    #[error("the server is stopping")]
    Draining,
    #[error("the request cannot be read: {0}")]
    Unreadable(String),
    #[error("the content type of the request is not application/grpc")]
    NotGrpc,
}

impl Failure for Refused {
    fn kind(&self) -> Kind {
        match self {
            Self::Overloaded => Kind::ResourceExhausted,
            Self::Late => Kind::DeadlineExceeded,
            Self::Draining => Kind::Unavailable,
            Self::Unreadable(_) | Self::NotGrpc => Kind::InvalidArgument,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Overloaded => "SERVER_OVERLOADED",
            Self::Late => "DEADLINE_EXCEEDED",
            Self::Draining => "SERVER_DRAINING",
            Self::Unreadable(_) => "UNREADABLE_REQUEST",
            Self::NotGrpc => "NOT_GRPC",
        }
    }

    fn message(&self) -> Bilingual {
        match self {
            Self::Overloaded => Bilingual::new("服务繁忙，请稍后重试", self.to_string()),
            Self::Late => Bilingual::new("该调用已超过时限", self.to_string()),
            Self::Draining => Bilingual::new("服务正在停止，请稍后重试", self.to_string()),
            Self::NotGrpc => Bilingual::new("请求的内容类型不是 application/grpc", self.to_string()),
            Self::Unreadable(what) => Bilingual::new(format!("请求无法解读：{what}"), self.to_string()),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        // Spread, so that those who were refused together do not come back together.
        let spread = || RETRY_AFTER.mul_f64(1.0 + HasherRng::new().next_f64());
        matches!(self, Self::Overloaded | Self::Draining).then(spread)
    }
}

#[cfg(test)]
mod tests;
