//! What an answer means for the next attempt: its code, and what the server says of a repeat.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::status::{PUSHBACK, explain};

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The answer has begun: the call is committed to this attempt (A6).
    Succeeded,
    /// It may go better next time: after `pushback` if the server named a wait, after a backoff of ours otherwise.
    Retryable {
        /// The wait that the server named.
        pushback: Option<Duration>,
    },
    /// The server asks not to be asked again.
    NoMore,
    /// The same request would be answered the same.
    Final,
}

/// What a server says of a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushback {
    /// Nothing.
    None,
    /// Come again after this long.
    After(Duration),
    /// Do not come again.
    Never,
}

impl Pushback {
    /// Reads `grpc-retry-pushback-ms`: "an ASCII encoded signed 32-bit integer with no unnecessary leading zeros". A
    /// negative one, and one that cannot be read, say not to retry at all.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(PUSHBACK).iter();
        let Some(value) = values.next() else { return Self::None };
        let read = value.to_str().ok().and_then(|text| {
            let ms: i32 = text.parse().ok()?;
            // Also refuses what Rust reads and A6 does not: `007`, `+7`, `-0`.
            (ms.to_string() == text).then_some(ms)
        });
        match read.and_then(|ms| u64::try_from(ms).ok()) {
            Some(ms) if values.next().is_none() => Self::After(Duration::from_millis(ms)),
            _ => Self::Never,
        }
    }
}

impl Verdict {
    /// Of an attempt; an error is a transport that brought no answer.
    pub(super) fn of(attempt: &Result<http::Response<Body>, Status>) -> Self {
        match attempt {
            Ok(response) => Self::of_head(response.status(), response.headers()),
            Err(status) if status.code() == Code::Unavailable => Self::Retryable { pushback: None },
            Err(_) => Self::Final,
        }
    }

    /// Of an answer's head. A status in it is all there is (Trailers-Only); without one, messages follow.
    fn of_head(http: StatusCode, headers: &HeaderMap) -> Self {
        let Some(status) = Status::from_header_map(headers) else {
            return match http {
                StatusCode::OK => Self::Succeeded,
                // A proxy's word for a server that is away: gRPC reads it as UNAVAILABLE.
                StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT => Self::Retryable { pushback: None },
                _ => Self::Final,
            };
        };
        if status.code() == Code::Ok {
            return Self::Succeeded;
        }
        let pushback = match Pushback::of(headers) {
            Pushback::Never => return Self::NoMore,
            Pushback::After(wait) => Some(wait),
            // What a server that does not know of A6 says with google.rpc details.
            Pushback::None => explain(&status).retry_after,
        };
        match status.code() {
            Code::Unavailable => Self::Retryable { pushback },
            // Exhausted for now if the server says when to come again; otherwise a quota, and that stays exhausted.
            Code::ResourceExhausted if pushback.is_some() => Self::Retryable { pushback },
            _ => Self::Final,
        }
    }
}
