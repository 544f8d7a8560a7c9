//! Ids: stable names given from outside (places, measures, sources) or made here (batches), each a type of its own.

use std::fmt;

use super::text::{Text, excerpt};

/// Longest id, in characters.
pub const MAX_ID_CHARS: usize = 128;

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdFault {
    /// Nothing there.
    #[error("empty")]
    Empty,
    /// Over [`MAX_ID_CHARS`] characters.
    #[error("longer than 128 characters")]
    TooLong,
    /// Begins or ends with white space: two ids that look the same would not be the same.
    #[error("has a blank at an end")]
    BlankAtAnEnd,
    /// Holds a control character.
    #[error("holds a control character")]
    ControlCharacter,
}

impl IdFault {
    /// The fault of `id` as a sentence.
    #[must_use]
    pub fn message(self, id: &str) -> Text {
        let shown = excerpt(id, 40).escape_debug().to_string();
        match self {
            Self::Empty => Text::new("编号为空", "the id is empty"),
            Self::TooLong => Text::new(
                format!("编号“{shown}”超过 {MAX_ID_CHARS} 个字符"),
                format!("the id \"{shown}\" is longer than {MAX_ID_CHARS} characters"),
            ),
            Self::BlankAtAnEnd => Text::new(
                format!("编号“{shown}”首尾有空白"),
                format!("the id \"{shown}\" has a blank at an end"),
            ),
            Self::ControlCharacter => Text::new(
                format!("编号“{shown}”含有控制字符"),
                format!("the id \"{shown}\" holds a control character"),
            ),
        }
    }
}

/// Checks what every id must satisfy: 1-128 characters, no blanks at the ends, no control characters.
///
/// # Errors
/// The first fault found.
pub fn check(text: &str) -> Result<(), IdFault> {
    if text.is_empty() {
        return Err(IdFault::Empty);
    }
    // Bytes first: a hostile text of megabytes is not walked.
    if text.len() > MAX_ID_CHARS * 4 || text.chars().count() > MAX_ID_CHARS {
        return Err(IdFault::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(IdFault::ControlCharacter);
    }
    if text.trim().len() != text.len() {
        return Err(IdFault::BlankAtAnEnd);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes a text as an id.
            ///
            /// # Errors
            /// The first thing that is wrong with it.
            pub fn new(text: impl Into<String>) -> Result<Self, IdFault> {
                let text = text.into();
                check(&text).map(|()| Self(text))
            }

            /// An id as it stands in the store, where only checked ids are.
            pub(crate) fn on_record(text: String) -> Self {
                Self(text)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A place (地点): an estate, later also a village.
    PlaceId
}
id! {
    /// A measure (计量).
    MeasureId
}
id! {
    /// A source (来源): a system or office that delivers observations.
    SourceId
}
id! {
    /// A batch (批次): one delivery.
    BatchId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_to_128_characters_without_blanks_at_the_ends_or_control_characters() {
        for good in ["1", "梅园一村", "P 1", &"村".repeat(128)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, fault) in [
            ("", IdFault::Empty),
            (" P1", IdFault::BlankAtAnEnd),
            ("P1\u{3000}", IdFault::BlankAtAnEnd),
            ("P\u{0}1", IdFault::ControlCharacter),
            ("P1\n", IdFault::ControlCharacter),
            (&"村".repeat(129), IdFault::TooLong),
            (&"x".repeat(5_000_000), IdFault::TooLong),
        ] {
            assert_eq!(check(bad), Err(fault));
        }
    }
}
