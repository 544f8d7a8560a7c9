//! Delimited text as programs save it: encodings, byte order marks, delimiters.

use encoding_rs::GB18030;

/// How a program turns text into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a mark.
    Utf8,
    /// UTF-8 with a byte order mark, as Excel saves "CSV UTF-8".
    Utf8Marked,
    /// GB18030, as Excel saves CSV in China.
    Gb18030,
    /// UTF-16, little end first, with its mark, as Excel saves "Unicode text".
    Utf16Le,
    /// UTF-16, big end first, with its mark.
    Utf16Be,
}

/// The bytes of a text in an encoding.
#[must_use]
pub fn encoded(text: &str, encoding: Encoding) -> Vec<u8> {
    let units = |bytes: fn(u16) -> [u8; 2]| {
        let marked = std::iter::once(0xfeff).chain(text.encode_utf16());
        marked.flat_map(bytes).collect()
    };
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf8Marked => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        Encoding::Gb18030 => GB18030.encode(text).0.into_owned(),
        Encoding::Utf16Le => units(u16::to_le_bytes),
        Encoding::Utf16Be => units(u16::to_be_bytes),
    }
}

/// The same cells with another delimiter. The text must hold no quoted delimiters.
#[must_use]
pub fn delimited(text: &str, delimiter: char) -> String {
    assert!(!text.contains('"'), "a quoted comma would be taken for a delimiter");
    text.replace(',', &delimiter.to_string())
}
