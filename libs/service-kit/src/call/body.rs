//! The answer's body: it keeps the call's place, and its context and span while it is made; a deadline or a panic in
//! the middle ends it with a status instead of a torn stream.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tonic::body::Body;
use tracing::Span;

use super::place::Place;
use super::unreadable::blame_the_sender;
use super::{CallContext, Refused, deadline_exceeded};
use crate::status::{opaque, to_status};

pub(super) struct Guarded {
    inner: Body,
    call: CallContext,
    span: Span,
    deadline: Pin<Box<Sleep>>,
    /// The drain of the server, if it ends this body.
    draining: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ended: bool,
    /// A stream counts as in flight until it is dropped or its time is over. `None`: it does not count at all.
    _place: Option<Place>,
}

impl Guarded {
    pub(super) fn new(
        inner: Body,
        call: CallContext,
        span: Span,
        deadline: Instant,
        place: Option<Place>,
    ) -> Self {
        Self {
            inner,
            call,
            span,
            deadline: Box::pin(tokio::time::sleep_until(deadline)),
            draining: None,
            ended: false,
            _place: place,
        }
    }

    /// The same body, ended by `draining` once all that is ready has been sent.
    pub(super) fn until(mut self, draining: Option<CancellationToken>) -> Self {
        self.draining = draining.map(|token| Box::pin(token.cancelled_owned()));
        self
    }

    fn end_with(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.ended = true;
        let mut trailers = http::HeaderMap::new();
        Poll::Ready(Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let call = this.call.clone();
        let span = this.span.clone();
        let _entered = span.enter();
        // Before the body is asked: one that always has more would never come to an end otherwise. By the clock too,
        // because the timer fires only once the runtime gets to it.
        let late = Instant::now() >= this.deadline.deadline();
        if late || this.deadline.as_mut().poll(context).is_ready() {
            return this.end_with(&call.scope(|| deadline_exceeded(call.language)));
        }
        let polled = call.scope(|| {
            let poll = || Pin::new(&mut this.inner).poll_frame(context);
            std::panic::catch_unwind(AssertUnwindSafe(poll))
        });
        match polled {
            Err(_panic) => this.end_with(&opaque(&call.id, call.language)),
            Ok(Poll::Pending)
                if this.draining.as_mut().is_some_and(|token| token.as_mut().poll(context).is_ready()) =>
            {
                this.end_with(&call.scope(|| to_status(&Refused::Draining, call.language)))
            }
            Ok(polled) => polled.map(|next| next.map(|read| read.map(|frame| blamed(&call, frame)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The same frame, where trailers say whose fault an unreadable request is.
fn blamed(call: &CallContext, frame: Frame<Bytes>) -> Frame<Bytes> {
    match frame.into_trailers() {
        Ok(mut trailers) => {
            blame_the_sender(call, &mut trailers);
            Frame::trailers(trailers)
        }
        Err(frame) => frame,
    }
}
