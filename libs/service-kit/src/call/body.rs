//! The answer's body: it keeps the call's place until its end, and its context while it is made; a deadline or a panic
//! in the middle ends it with a status instead of a torn stream.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use tonic::Status;
use tonic::body::Body;

use super::{CallContext, deadline_exceeded};
use crate::status::opaque;

pub(super) struct Guarded {
    inner: Body,
    call: CallContext,
    deadline: Pin<Box<Sleep>>,
    ended: bool,
    /// Given back when the body is dropped: a stream counts as in flight until then.
    _place: OwnedSemaphorePermit,
}

impl Guarded {
    pub(super) fn new(
        inner: Body,
        call: CallContext,
        deadline: Instant,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            inner,
            call,
            deadline: Box::pin(tokio::time::sleep_until(deadline)),
            ended: false,
            _place: place,
        }
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
        let polled = call.scope(|| {
            let poll = || Pin::new(&mut this.inner).poll_frame(context);
            std::panic::catch_unwind(AssertUnwindSafe(poll))
        });
        match polled {
            Err(_panic) => this.end_with(&opaque(&call.id, call.language)),
            Ok(Poll::Ready(frame)) => Poll::Ready(frame),
            Ok(Poll::Pending) if this.deadline.as_mut().poll(context).is_ready() => {
                this.end_with(&call.scope(|| deadline_exceeded(call.language)))
            }
            Ok(Poll::Pending) => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
