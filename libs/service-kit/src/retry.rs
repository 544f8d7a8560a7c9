//! Calls that failed for now are sent again, at one place and within a budget: the retries of gRFC A6, which tonic does
//! not have.
//!
//! Only calls of methods whose contract says that a repeat is harmless (`idempotency_level`), with a request of one
//! message of at most 1 MiB, and only while nothing of an answer has come. A call made while another is handled
//! is sent once: its failure goes back to that call's own caller, who repeats. Otherwise three attempts at each of
//! three services would be 27 at the last. So workers, the command and other origins repeat, and services in the middle
//! need no setting for it.
//!
//! | room | holds |
//! |---|---|
//! | `policy` | how many attempts, and the waits between them |
//! | `throttle` | the budget that all calls of a line share |
//! | `answer` | which answers are worth a repeat; what the server says of it |
//! | `idempotent` | the methods |
//! | `body` | requests kept for the next attempt |
//!
//! Source: gRFC A6, "gRPC Retry Design". Left out: hedging; transparent retries (an attempt that found no connection
//! counts as one).

mod answer;
mod body;
mod idempotent;
mod policy;
mod throttle;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Status, TimeoutExpired};
use tower::util::rng::{HasherRng, Rng};
use tower::{Service, ServiceExt};

use self::answer::Verdict;
use self::body::{Answer, Outgoing};
pub(crate) use self::idempotent::Idempotent;
use self::policy::Attempts;
pub(crate) use self::policy::{MOST_ATTEMPTS, RetryPolicy};
pub(crate) use self::throttle::{TOKEN, Throttle};
use crate::call::{CallContext, deadline_exceeded, grpc_timeout, timeout_of};
use crate::status::{Language, chain};

/// Attempts of the same call before this one.
const PREVIOUS_ATTEMPTS: &str = "grpc-previous-rpc-attempts";

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A service that repeats calls as the module says. Clones share one budget.
#[derive(Clone, Debug)]
pub struct Retry<S> {
    inner: S,
    terms: Arc<Terms>,
}

#[derive(Debug)]
struct Terms {
    policy: RetryPolicy,
    throttle: Throttle,
    methods: Idempotent,
}

impl<S> Retry<S> {
    pub(crate) fn new(inner: S, policy: RetryPolicy, throttle: Throttle, methods: Idempotent) -> Self {
        Self { inner, terms: Arc::new(Terms { policy, throttle, methods }) }
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Status>> + Send>>;

impl<S> Service<http::Request<Body>> for Retry<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static,
{
    type Response = http::Response<Body>;
    type Error = Status;
    type Future = Answering;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.inner.poll_ready(context).map_err(|error| broken(error.into()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answering {
        // The clone that was ready is called; the fresh one waits for the next call (tower's contract).
        let fresh = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, fresh);
        let call = Call {
            deadline: timeout_of(request.headers()).map(|time| Instant::now() + time),
            language: Language::current(),
            // Asked here and not in the future, which may run on another task.
            may_repeat: CallContext::current().is_none() && self.terms.methods.contains(request.uri().path()),
            terms: Arc::clone(&self.terms),
        };
        Box::pin(call.make(ready, request))
    }
}

/// One call, over all its attempts.
struct Call {
    /// Bounds all attempts, the waits between them and the answer to its last message.
    deadline: Option<Instant>,
    language: Language,
    may_repeat: bool,
    terms: Arc<Terms>,
}

impl Call {
    async fn make<S>(self, mut inner: S, request: http::Request<Body>) -> Result<http::Response<Body>, Status>
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error: Into<BoxError>> + Clone,
    {
        let (mut head, body) = request.into_parts();
        let mut body = if self.may_repeat { Outgoing::read_ahead(body).await? } else { Outgoing::Once(body) };
        let mut attempts = Attempts::first();
        loop {
            let request = http::Request::from_parts(head.clone(), body.take());
            let answer = self.attempt(&mut inner, request).await;
            let verdict = Verdict::of(&answer);
            // Every answer counts, also of calls that are never repeated.
            let within_budget = self.terms.throttle.count(verdict);
            let again = (within_budget && body.can_be_sent_again())
                .then(|| attempts.next(&self.terms.policy, verdict, HasherRng::new().next_f64()))
                .flatten()
                .filter(|wait| self.time_left().is_none_or(|left| *wait < left));
            let Some(wait) = again else {
                let bounded = |body| Body::new(Answer::new(body, self.deadline, self.language));
                return answer.map(|answer| answer.map(bounded));
            };
            tracing::debug!(method = head.uri.path(), attempt = attempts.previous(), ?wait, "calling again");
            drop(answer);
            tokio::time::sleep(wait).await;
            head.headers.insert(PREVIOUS_ATTEMPTS, attempts.previous().into());
            if let Some(left) = self.time_left().map(grpc_timeout) {
                head.headers.insert("grpc-timeout", left);
            }
            // It was used; a service is called again only once it is ready again.
            let ready = self.in_time(inner.ready()).await?;
            ready.map_err(|error| broken(error.into()))?;
        }
    }

    /// Calls a service that is ready.
    async fn attempt<S>(
        &self,
        inner: &mut S,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, Status>
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error: Into<BoxError>>,
    {
        match self.in_time(inner.call(request)).await? {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let error = error.into();
                // tonic's own timer, which may be the first to fire, would say CANCELLED.
                Err(if timed_out(&*error) { deadline_exceeded(self.language) } else { broken(error) })
            }
        }
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Status> {
        match self.deadline {
            None => Ok(work.await),
            Some(deadline) => {
                let late = |_| deadline_exceeded(self.language);
                tokio::time::timeout_at(deadline, work).await.map_err(late)
            }
        }
    }

    fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

/// The status of a call whose transport broke: the service has said nothing, so it is away, whatever the transport
/// calls it. tonic has UNKNOWN for most of these and INTERNAL for a connection that the peer is closing.
fn broken(error: BoxError) -> Status {
    let mut status = Status::unavailable(chain(&*error));
    status.set_source(error.into());
    status
}

fn timed_out(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<TimeoutExpired>())
}

#[cfg(test)]
mod tests;
