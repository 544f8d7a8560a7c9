//! Every bound of a server in one place, each with its reason.
//!
//! tonic 0.14 leaves most of these open: no limit on streams, no server timeout, no global limit
//! on calls in flight, no keepalive. A server built by [`crate::server`] always has all of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Fields of a page token, a status detail and a request id must fit in HTTP/2 headers; the
/// largest header list a server accepts, in bytes. hyper's own default, fixed here by name.
pub(crate) const MAX_HEADER_LIST_BYTES: u32 = 16 * 1024;

/// The flow-control window of one stream, in bytes.
pub(crate) const STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// How long a server that has used up its drain time waits for cut calls to say goodbye.
pub(crate) const GOODBYE: Duration = Duration::from_secs(1);

/// The bounds of one server. Every field has a default; a configuration names what differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest message in either direction, in bytes. 4 MiB: what gRPC clients accept by default,
    /// so nothing a server sends needs a setting on the other side.
    pub max_message_bytes: usize,
    /// Calls open at once on one TCP connection. 100: the least that HTTP/2 recommends allowing.
    pub max_concurrent_streams: u32,
    /// Calls in flight at once through one door, over all its connections; the next is refused
    /// with `RESOURCE_EXHAUSTED` and `RetryInfo` and costs nothing else. A stream counts until
    /// its last message. 256: about a quarter of a second of work at 1,000 calls a second.
    pub max_in_flight: usize,
    /// Time to the head of the answer of a call that came without `grpc-timeout`, in ms. A client
    /// that uploads a long stream therefore names its own time.
    pub request_timeout_ms: u64,
    /// Time of any call from its first byte to its last, in ms. A longer `grpc-timeout` is
    /// shortened to this.
    pub stream_timeout_ms: u64,
    /// Time that calls in flight get to finish after the signal to stop, in ms. Less than
    /// Kubernetes' grace period of 30 s.
    pub drain_timeout_ms: u64,
    /// Interval of HTTP/2 pings on an idle connection, in ms.
    pub keepalive_interval_ms: u64,
    /// A peer that answers no ping within this time, in ms, is gone.
    pub keepalive_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message_bytes: 4 * 1024 * 1024,
            max_concurrent_streams: 100,
            max_in_flight: 256,
            request_timeout_ms: 30_000,
            stream_timeout_ms: 30 * 60_000,
            drain_timeout_ms: 25_000,
            keepalive_interval_ms: 30_000,
            keepalive_timeout_ms: 10_000,
        }
    }
}

impl Limits {
    /// [`Limits::request_timeout_ms`] as a duration.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// [`Limits::stream_timeout_ms`] as a duration.
    #[must_use]
    pub fn stream_timeout(&self) -> Duration {
        Duration::from_millis(self.stream_timeout_ms)
    }

    /// [`Limits::drain_timeout_ms`] as a duration.
    #[must_use]
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.drain_timeout_ms)
    }

    /// [`Limits::keepalive_interval_ms`] as a duration.
    #[must_use]
    pub fn keepalive_interval(&self) -> Duration {
        Duration::from_millis(self.keepalive_interval_ms)
    }

    /// [`Limits::keepalive_timeout_ms`] as a duration.
    #[must_use]
    pub fn keepalive_timeout(&self) -> Duration {
        Duration::from_millis(self.keepalive_timeout_ms)
    }
}
