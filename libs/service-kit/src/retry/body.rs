//! Bodies on a line: a request that can be sent again, and an answer that breaks off with a code that says so.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;

use super::broken;
use crate::call::deadline_exceeded;
use crate::status::Language;

/// Largest request that is kept to be sent again, in bytes. Larger ones are sent once.
pub(super) const MOST_KEPT_BYTES: usize = 1024 * 1024;

/// The body of a request, read ahead as far as it may be kept.
pub(super) enum Outgoing {
    /// All of it.
    Kept(Bytes),
    /// It can be sent once.
    Once(Body),
}

impl Outgoing {
    /// Reads a body ahead. The request of one message is all there at once, so this does not wait for long.
    ///
    /// # Errors
    /// What the body fails with.
    pub(super) async fn read_ahead(mut body: Body) -> Result<Self, Status> {
        let mut read = BytesMut::new();
        while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            // Requests of gRPC have no trailers.
            let Ok(data) = frame?.into_data() else { continue };
            read.extend_from_slice(&data);
            if read.len() > MOST_KEPT_BYTES {
                let begun = Begun { first: Some(read.freeze()), rest: body };
                return Ok(Self::Once(Body::new(begun)));
            }
        }
        Ok(Self::Kept(read.freeze()))
    }

    /// The body for an attempt, and what is left for a further one.
    pub(super) fn take(&mut self) -> Body {
        match self {
            Self::Kept(bytes) => {
                let first = Some(bytes.clone()).filter(|bytes| !bytes.is_empty());
                Body::new(Begun { first, rest: Body::empty() })
            }
            Self::Once(body) => std::mem::take(body),
        }
    }

    pub(super) fn can_be_sent_again(&self) -> bool {
        matches!(self, Self::Kept(_))
    }
}

/// Bytes that were read already, then the rest.
struct Begun {
    first: Option<Bytes>,
    rest: Body,
}

impl http_body::Body for Begun {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.first.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }
}

/// An answer in whose middle the connection may break, or fall silent: tonic says UNKNOWN or INTERNAL of the one, as if
/// the service had, and waits for ever in the other.
pub(super) struct Answer {
    inner: Body,
    /// That of the call. tonic's own ends with the head of an answer.
    deadline: Option<Pin<Box<Sleep>>>,
    language: Language,
}

impl Answer {
    pub(super) fn new(inner: Body, deadline: Option<Instant>, language: Language) -> Self {
        Self { inner, deadline: deadline.map(|deadline| Box::pin(sleep_until(deadline))), language }
    }

    /// By the clock too, because the timer fires only once the runtime gets to it, and asked before the body is: one
    /// that always has more would never come to an end otherwise.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| {
            Instant::now() >= deadline.deadline() || deadline.as_mut().poll(context).is_ready()
        })
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_late(context) {
            self.deadline = None;
            // Dropped, so that the far end hears that nobody listens any more.
            self.inner = Body::empty();
            return Poll::Ready(Some(Err(deadline_exceeded(self.language))));
        }
        // A status of the service is in its trailers; an error is the transport's.
        Pin::new(&mut self.inner).poll_frame(context).map_err(|status| broken(status.into()))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
