//! Idempotent writes: the caller names each mutation, the store remembers the answer, and the
//! same mutation sent again gets that answer and changes nothing (rule "exactly-once effect").
//!
//! Not to be confused with the id of a call ([`crate::call::CallContext`]): a repeated mutation is
//! another call with the same request id.

use std::fmt;

use prost::Message;
use sha2::{Digest, Sha256};

use crate::status::{Bilingual, Failure, Kind, Violation};

/// Longest request id, in characters.
pub const MAX_CHARS: usize = 128;

/// The name that a caller gives to one mutation: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// Reads the field `request_id` of a request.
    ///
    /// # Errors
    /// A violation of `request_id` if it is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > MAX_CHARS || !visible {
            return Err(Violation::new(
                "request_id",
                format!("须为 1 至 {MAX_CHARS} 个可见 ASCII 字符"),
                format!("must be 1 to {MAX_CHARS} visible ASCII characters"),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// A fresh id, for a client that has none of its own.
    #[must_use]
    pub fn new_random() -> Self {
        Self(crate::ids::new_id("request"))
    }

    /// The id as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 of a request as it is encoded: the same body gives the same bytes.
///
/// A message with a `map` field must be generated with a `BTreeMap`: a `HashMap` encodes in any
/// order and would make a repeat look like another body.
#[must_use]
pub fn fingerprint(body: &impl Message) -> [u8; 32] {
    Sha256::digest(body.encode_to_vec()).into()
}

/// What a store keeps of one mutation, in the same transaction as its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The caller's name of the mutation; the key.
    pub request_id: RequestId,
    /// [`fingerprint`] of the request.
    pub fingerprint: [u8; 32],
    /// The encoded answer.
    pub response: Vec<u8>,
}

/// What to do with a mutation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not seen before: do it, and remember it.
    First,
    /// Done before: this is the encoded answer of then.
    Replay(Vec<u8>),
    /// The id was used for another body.
    Conflict,
}

impl Verdict {
    /// The answer of then, if there is one.
    ///
    /// # Errors
    /// [`KeyReused`] for [`Verdict::Conflict`].
    pub fn into_replay(self, request_id: &RequestId) -> Result<Option<Vec<u8>>, KeyReused> {
        match self {
            Self::First => Ok(None),
            Self::Replay(response) => Ok(Some(response)),
            Self::Conflict => Err(KeyReused { request_id: request_id.clone() }),
        }
    }
}

/// Compares a mutation with what is remembered under its id.
#[must_use]
pub fn compare(remembered: Option<Remembered>, fingerprint: &[u8; 32]) -> Verdict {
    match remembered {
        None => Verdict::First,
        Some(before) if before.fingerprint == *fingerprint => Verdict::Replay(before.response),
        Some(_) => Verdict::Conflict,
    }
}

/// A request id that was used before for another body.
///
/// `ALREADY_EXISTS` and not `ABORTED`: sending it again can never succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the request id {request_id} was used before for another request")]
pub struct KeyReused {
    /// The id.
    pub request_id: RequestId,
}

impl Failure for KeyReused {
    fn kind(&self) -> Kind {
        Kind::AlreadyExists
    }

    fn reason(&self) -> &'static str {
        "KEY_REUSED_WITH_DIFFERENT_BODY"
    }

    fn message(&self) -> Bilingual {
        Bilingual::new(format!("请求编号 {} 已用于另一个内容不同的请求", self.request_id), self.to_string())
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("request_id", self.request_id.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(id: &RequestId, body: &String) -> Remembered {
        Remembered { request_id: id.clone(), fingerprint: fingerprint(body), response: b"answer".to_vec() }
    }

    #[test]
    fn the_same_body_replays_another_body_conflicts_and_a_new_id_is_first() {
        let id = RequestId::parse("import-2021-0001").unwrap();
        let body = "浦东".to_owned();
        let other = "虹口".to_owned();
        assert_eq!(compare(None, &fingerprint(&body)), Verdict::First);
        let replay = compare(Some(remembered(&id, &body)), &fingerprint(&body));
        assert_eq!(replay.into_replay(&id).unwrap().as_deref(), Some(b"answer".as_slice()));
        let conflict =
            compare(Some(remembered(&id, &body)), &fingerprint(&other)).into_replay(&id).unwrap_err();
        assert_eq!(
            (conflict.kind(), conflict.reason()),
            (Kind::AlreadyExists, "KEY_REUSED_WITH_DIFFERENT_BODY")
        );
    }

    #[test]
    fn a_request_id_is_one_to_128_visible_ascii_characters() {
        assert!(RequestId::parse(&"x".repeat(128)).is_ok());
        assert!(RequestId::parse(RequestId::new_random().as_str()).is_ok());
        for refused in ["", " ", "a b", "编号", "a\n", &"x".repeat(129)] {
            assert_eq!(RequestId::parse(refused).unwrap_err().field, "request_id", "{refused:?}");
        }
    }
}
