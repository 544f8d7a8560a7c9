//! Section `[upstream.channel]`: the bounds of a client.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{TIMES_MS, check_range};
use crate::retry::{MOST_ATTEMPTS, RetryPolicy, TOKEN, Throttle};

/// The bounds of a client. Every field has a default; a configuration names what differs.
///
/// Read from a configuration, times are 1 ms to 24 h and the others in the range that they name; anything else is
/// refused by its key. `remote` lets the derived reading be followed by that check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, remote = "Self")]
pub struct ChannelConfig {
    /// Time to connect, in ms.
    pub connect_timeout_ms: u64,
    /// Deadline of a call that names none, in ms, repeats included. Also bounds a stream, so it is as long as the
    /// longest one.
    pub call_timeout_ms: u64,
    /// Attempts of a call that fails for now, the first included: 1 (never again) to 5. Only of methods that may be
    /// repeated, and not for a call that is made while another is handled.
    pub retry_max_attempts: u32,
    /// Longest wait before the first repeat, in ms; the wait is random below it, and what the server asks for if it
    /// does.
    pub retry_initial_backoff_ms: u64,
    /// Longest wait before any repeat, in ms.
    pub retry_max_backoff_ms: u64,
    /// What the longest wait grows by from one repeat to the next, 1 to 10.
    pub retry_multiplier: f64,
    /// The budget of repeats, 1 to 1,000: a failure takes one, and with half of them gone nothing is repeated.
    pub retry_max_tokens: u32,
    /// What a success gives back to the budget, 0.001 to 1, in thousandths.
    pub retry_token_ratio: f64,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 5_000,
            call_timeout_ms: 10 * 60_000,
            retry_max_attempts: 4,
            retry_initial_backoff_ms: 100,
            retry_max_backoff_ms: 2_000,
            retry_multiplier: 2.0,
            retry_max_tokens: 10,
            retry_token_ratio: 0.1,
        }
    }
}

impl<'de> Deserialize<'de> for ChannelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The derived function, which comes before that of the trait.
        let config = Self::deserialize(deserializer)?;
        config.check().map_err(D::Error::custom)?;
        Ok(config)
    }
}

impl Serialize for ChannelConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl ChannelConfig {
    /// The first field that is out of its range, in words.
    fn check(&self) -> Result<(), String> {
        check_range("connect_timeout_ms", self.connect_timeout_ms, TIMES_MS)?;
        check_range("call_timeout_ms", self.call_timeout_ms, TIMES_MS)?;
        check_range("retry_max_attempts", self.retry_max_attempts, 1..=MOST_ATTEMPTS)?;
        check_range("retry_initial_backoff_ms", self.retry_initial_backoff_ms, TIMES_MS)?;
        check_range("retry_max_backoff_ms", self.retry_max_backoff_ms, TIMES_MS)?;
        check_range("retry_multiplier", self.retry_multiplier, 1.0..=10.0)?;
        check_range("retry_max_tokens", self.retry_max_tokens, 1..=1_000)?;
        check_range("retry_token_ratio", self.retry_token_ratio, 0.001..=1.0)
    }

    pub(super) fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            max_attempts: self.retry_max_attempts,
            initial_backoff: Duration::from_millis(self.retry_initial_backoff_ms),
            max_backoff: Duration::from_millis(self.retry_max_backoff_ms),
            multiplier: self.retry_multiplier,
        }
    }

    pub(super) fn throttle(&self) -> Throttle {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast of a float keeps to the bounds of its target, and more than the budget is the budget"
        )]
        let ratio = (self.retry_token_ratio * f64::from(TOKEN)).round() as u32;
        Throttle::new(self.retry_max_tokens.saturating_mul(TOKEN), ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layers, load};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        channel: ChannelConfig,
    }

    fn read(key: &str, value: &str) -> Result<ChannelConfig, String> {
        let defaults = "[channel]\n";
        let env = vec![(format!("XIUHUA_SAMPLE__channel__{key}"), value.to_owned())];
        let layers = Layers { defaults, file: None, env_prefix: "XIUHUA_SAMPLE", env, overrides: Vec::new() };
        load::<Sample>(layers).map(|sample| sample.channel).map_err(|refused| refused.to_string())
    }

    #[test]
    fn a_value_out_of_its_range_is_refused_by_its_key() {
        for (key, allowed, refused) in [
            ("connect_timeout_ms", ["1", "86400000"], ["0", "86400001"]),
            ("call_timeout_ms", ["1", "86400000"], ["0", "86400001"]),
            ("retry_max_attempts", ["1", "5"], ["0", "6"]),
            ("retry_initial_backoff_ms", ["1", "86400000"], ["0", "86400001"]),
            ("retry_max_backoff_ms", ["1", "86400000"], ["0", "86400001"]),
            ("retry_multiplier", ["1", "10"], ["0.99", "NaN"]),
            ("retry_max_tokens", ["1", "1000"], ["0", "1001"]),
            ("retry_token_ratio", ["0.001", "1"], ["0", "1.001"]),
        ] {
            for value in allowed {
                assert!(read(key, value).is_ok(), "{key} = {value}: {:?}", read(key, value));
            }
            for value in refused {
                let text = read(key, value).expect_err(key);
                assert!(text.contains(key), "{key} = {value}: {text}");
            }
        }
        assert!(read("retry_max_attemps", "3").unwrap_err().contains("retry_max_attemps"));
    }
}
