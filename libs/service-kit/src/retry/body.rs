//! Bodies on a line: a request that can be sent again, and an answer that breaks off with a code that says so.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

use super::broken;

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

/// An answer in whose middle the connection may break: tonic says UNKNOWN or INTERNAL then, as if the service had.
pub(super) struct Answer(pub(super) Body);

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        // A status of the service is in its trailers; an error is the transport's.
        Pin::new(&mut self.0).poll_frame(context).map_err(|status| broken(status.into()))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
