//! What is wrong with a configuration, without a value of it: one of them may be the address of a database with its
//! password, also where it stands in a wrong place. The key and the line are enough to find it.

use config::ConfigError;

/// The reason of a refusal in words.
pub(super) fn reason(refused: &ConfigError) -> String {
    match refused {
        ConfigError::FileParse { cause, .. } => match cause.downcast_ref::<toml::de::Error>() {
            Some(error) => unreadable(error),
            None => "the text is no TOML that can be read".to_owned(),
        },
        ConfigError::Type { unexpected, expected, key, .. } => {
            // The kind of the value, then the value in quotes.
            let found = unexpected.to_string();
            let kind = found.split(['"', '`']).next().unwrap_or_default().trim_end();
            with_key(format!("invalid type: {kind}, expected {expected}"), key.as_deref())
        }
        ConfigError::At { error, key, .. } => with_key(reason(error), key.as_deref()),
        // Texts of serde and of our own checks. They quote values in double quotes, and a choice in backticks.
        ConfigError::Message(text) => without_quotes(text),
        // A file that cannot be opened, a key that is absent or cannot be read: of these the text names no value.
        other => other.to_string(),
    }
}

/// The place and the message. The text of the error also holds the line.
fn unreadable(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let place = text.lines().next().filter(|line| line.starts_with("TOML parse error at line"));
    format!("{}: {}", place.unwrap_or("TOML parse error"), error.message())
}

fn with_key(text: String, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("{text} for key `{key}`"),
        None => text,
    }
}

/// The text with `…` for what stands between its first and its last double quote, and for the choice that there is not.
fn without_quotes(text: &str) -> String {
    if let Some((_, choices)) = text.strip_prefix("unknown variant `").and_then(|it| it.split_once("`, ")) {
        return format!("unknown variant `…`, {choices}");
    }
    match (text.find('"'), text.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}…{}", &text[..=first], &text[last..]),
        _ => text.to_owned(),
    }
}
