//! Every bound of a server in one place, each with its reason.
//!
//! tonic 0.14 leaves most of these open: no limit on streams, no server timeout, no global limit
//! on calls in flight, no keepalive. A server built by [`crate::server`] always has all of them.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest header list a server accepts, in bytes: a request id, a deadline and what proxies
/// add. hyper's own default, fixed here by name.
pub(crate) const MAX_HEADER_LIST_BYTES: u32 = 16 * 1024;

/// The flow-control window of one stream, in bytes.
pub(crate) const STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// How long a server that has stopped, drained or not, waits for its workers to end by themselves;
/// those that have not are cut.
pub(crate) const GOODBYE: Duration = Duration::from_secs(1);

/// Times that a configuration may name, in ms: 0 would end every call, and what is longer than a
/// day is a slip of the keyboard or beyond what a clock can add.
pub(crate) const TIMES_MS: RangeInclusive<u64> = 1..=24 * 60 * 60 * 1000;

/// Numbers of calls that a configuration may name; far below what a semaphore can count.
const CALLS: RangeInclusive<u64> = 1..=65_536;

/// Sizes of a message that a configuration may name, in bytes. A message is held whole in memory.
const MESSAGE_BYTES: RangeInclusive<u64> = 1..=1024 * 1024 * 1024;

/// The bounds of one server. Every field has a default; a configuration names what differs.
///
/// Read from a configuration, times are 1 ms to 24 h, numbers of calls 1 to 65,536, and messages
/// 1 byte to 1 GiB; anything else is refused by its key. `remote` lets the derived reading be
/// followed by that check without a second struct of the same fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, remote = "Self")]
pub struct Limits {
    /// Largest message in either direction, in bytes. 4 MiB: what gRPC clients accept by default,
    /// so nothing a server sends needs a setting on the other side.
    pub max_message_bytes: usize,
    /// Calls open at once on one TCP connection. 100: the least that HTTP/2 recommends allowing.
    pub max_concurrent_streams: u32,
    /// Calls in flight at once through one door, over all its connections; the next is refused
    /// with `RESOURCE_EXHAUSTED` and `RetryInfo` and costs nothing else. A stream counts until
    /// its last message or the end of its time; health checks do not count. 256: about a quarter of a second of work at 1,000 calls a second.
    pub max_in_flight: usize,
    /// Time to the head of the answer of a call that came without `grpc-timeout`, in ms. The answer
    /// to an upload begins after its last message, so one that takes longer must come with a
    /// `grpc-timeout`, as every call through [`crate::channel::line`] does.
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

impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The derived function, which comes before that of the trait.
        let limits = Self::deserialize(deserializer)?;
        limits.check().map_err(D::Error::custom)?;
        Ok(limits)
    }
}

impl Serialize for Limits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl Limits {
    /// The first field that is out of its range, in words.
    fn check(&self) -> Result<(), String> {
        let size = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        let fields = [
            ("max_message_bytes", size(self.max_message_bytes), MESSAGE_BYTES),
            ("max_concurrent_streams", self.max_concurrent_streams.into(), CALLS),
            ("max_in_flight", size(self.max_in_flight), CALLS),
            ("request_timeout_ms", self.request_timeout_ms, TIMES_MS),
            ("stream_timeout_ms", self.stream_timeout_ms, TIMES_MS),
            ("drain_timeout_ms", self.drain_timeout_ms, TIMES_MS),
            ("keepalive_interval_ms", self.keepalive_interval_ms, TIMES_MS),
            ("keepalive_timeout_ms", self.keepalive_timeout_ms, TIMES_MS),
        ];
        for (key, value, range) in fields {
            check_range(key, value, range)?;
        }
        Ok(())
    }

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

/// Refuses, in words, the value of a key that is out of its range.
pub(crate) fn check_range<T: PartialOrd + Display + Copy>(
    key: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(format!("`{key}` = {value} 超出范围 {least}..={most} / is not within {least}..={most}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layers, load};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        limits: Limits,
    }

    fn read(key: &str, value: u64) -> Result<Limits, String> {
        let defaults = "[limits]\n";
        let env = vec![(format!("XIUHUA_SAMPLE__limits__{key}"), value.to_string())];
        let layers = Layers { defaults, file: None, env_prefix: "XIUHUA_SAMPLE", env, overrides: Vec::new() };
        load::<Sample>(layers).map(|sample| sample.limits).map_err(|refused| refused.to_string())
    }

    #[test]
    fn a_value_that_would_disable_or_break_a_server_is_refused_by_its_key() {
        let day = 24 * 60 * 60 * 1000;
        for (key, most) in [
            ("max_message_bytes", 1 << 30),
            ("max_concurrent_streams", 65_536),
            ("max_in_flight", 65_536),
            ("request_timeout_ms", day),
            ("stream_timeout_ms", day),
            ("drain_timeout_ms", day),
            ("keepalive_interval_ms", day),
            ("keepalive_timeout_ms", day),
        ] {
            for allowed in [1, most] {
                assert!(read(key, allowed).is_ok(), "{key} = {allowed}");
            }
            for refused in [0, most + 1, u64::MAX] {
                let text = read(key, refused).expect_err(key);
                assert!(text.contains(key), "{key} = {refused}: {text}");
            }
        }
    }

    #[test]
    fn what_is_not_named_has_its_default_and_an_unknown_key_is_refused() {
        let read_one = read("max_in_flight", 3).unwrap();
        assert_eq!(read_one, Limits { max_in_flight: 3, ..Limits::default() });
        assert!(read("max_in_fligth", 3).unwrap_err().contains("max_in_fligth"));
    }
}
