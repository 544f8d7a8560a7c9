//! TOML texts that people write, read into typed values or into every fault at once.
//!
//! `serde` stops at its first fault and knows no path; here each key is read by itself, so that the writer of a text
//! learns all that is wrong with it: line, column, path, a stable reason, and a message in Chinese and English.
//!
//! The owner of a layout declares its reasons with [`reasons!`], calls [`read`], and takes key after key from
//! [`Fields`]: [`Fields::get`] or [`Fields::need`], then what kind of value is due. What a layout means stays with its
//! owner. Pure: no I/O.

mod entry;
mod fault;
mod fields;
mod given;
mod reason;

pub use entry::{Entry, IdSyntax, Value};
pub use fault::{Fault, FaultList, Faults};
pub use fields::{Fields, row_name};
pub use given::{Given, Placed};
pub use reason::Reason;
/// A TOML value with its places, for the layouts that allow several kinds under one key.
pub use toml::de::DeValue;

use toml::de::{DeTable, Error};

/// Longest id, code or other name of a row, in characters.
pub const NAME_CHARS: usize = 64;

/// How much of a text is read; a hostile one must not fill the memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest text, in bytes.
    pub bytes: usize,
    /// Most faults that are kept with their place; the others are counted.
    pub faults: usize,
    /// Longest [`Entry::line`], in characters.
    pub line_chars: usize,
    /// Largest number either way.
    pub magnitude: f64,
}

/// Parses a text and reads it with `read`, which reports to the list and gives `None` only after it has reported.
///
/// # Errors
/// Every fault of the text, in its order; only the first one where the text is not TOML, and only its size where it is
/// larger than [`Limits::bytes`].
pub fn read<R: Reason, T>(
    text: &str,
    limits: Limits,
    read: impl FnOnce(&Fields<'_>, &mut FaultList<'_, R>) -> Option<T>,
) -> Result<T, Faults<R>> {
    let mut faults = FaultList::new(text, limits);
    if text.len() > limits.bytes {
        let most = limits.bytes;
        faults.add(
            0,
            R::TOO_LARGE,
            "",
            format!("文本超过 {most} 字节"),
            format!("the text exceeds {most} bytes"),
        );
        return Err(faults.finish());
    }
    // Only the first fault of the syntax in the text (the parser reports in another order): what a parser makes of the
    // text behind it is a guess.
    let (table, errors) = DeTable::parse_recoverable(text);
    let place = |error: &Error| error.span().map_or(0, |span| span.start);
    if let Some(error) = errors.iter().min_by_key(|error| place(error)) {
        let message = error.message();
        faults.add(
            place(error),
            R::SYNTAX,
            "",
            format!("TOML 语法错误：{message}"),
            format!("TOML: {message}"),
        );
        return Err(faults.finish());
    }
    match read(&Fields::root(table.get_ref()), &mut faults) {
        Some(whole) if faults.is_empty() => Ok(whole),
        _ => Err(faults.finish()),
    }
}

#[cfg(test)]
mod tests;
