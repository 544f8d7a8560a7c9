//! The two languages in which the platform speaks to people.

use crate::call::CallContext;

/// A language of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Chinese (`zh-CN`), also for callers that name no language.
    #[default]
    Zh,
    /// English (`en`).
    En,
}

impl Language {
    /// The tag on the wire: `zh-CN` or `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The preferred language of an `accept-language` value such as `en-GB, zh;q=0.8`: the known
    /// one with the greatest weight, the first of equals; Chinese if none is known.
    #[must_use]
    pub fn parse(accept_language: &str) -> Self {
        let mut best = (0.0_f32, Self::default());
        for range in accept_language.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let language = match primary.to_ascii_lowercase().as_str() {
                "zh" => Self::Zh,
                "en" => Self::En,
                _ => continue,
            };
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse().ok());
            if let Some(weight) = weight.filter(|weight| *weight > best.0) {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The language of the call that is being handled; Chinese outside of one.
    #[must_use]
    pub fn current() -> Self {
        CallContext::current().map(|call| call.language).unwrap_or_default()
    }
}

/// One text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// A text in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The text in `language`.
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_language_with_the_greatest_weight_is_taken() {
        for (value, expected) in [
            ("", Language::Zh),
            ("en", Language::En),
            ("EN-us", Language::En),
            ("zh-TW,en;q=0.9", Language::Zh),
            ("fr, en;q=0.3, zh;q=0.2", Language::En),
            ("en;q=0.5,zh-CN;q=0.8", Language::Zh),
            ("en;q=0", Language::Zh),
            ("en;q=nonsense", Language::Zh),
            ("de,fr", Language::Zh),
        ] {
            assert_eq!(Language::parse(value), expected, "{value}");
        }
    }
}
