//! A text for people, in the two languages of the house.

use serde::{Deserialize, Serialize};

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// At most `limit` characters of a text that came from outside, with `…` where it was cut: a message stays a
/// message, whatever a row holds.
pub(crate) fn excerpt(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A text with the sign ␀ in place of each NUL, which no database keeps in a text.
pub(crate) fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{2400}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::{excerpt, without_nul};

    #[test]
    fn a_nul_becomes_its_sign() {
        assert_eq!(without_nul("a\0b".to_owned()), "a␀b");
    }

    #[test]
    fn an_excerpt_cuts_between_characters_and_says_so() {
        assert_eq!(excerpt("浦东新区", 4), "浦东新区");
        assert_eq!(excerpt("浦东新区", 2), "浦东…");
    }
}
