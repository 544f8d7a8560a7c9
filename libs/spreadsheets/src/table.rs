//! A file as one table: where its header is, what its cells hold, and what every row looked like.

use std::path::PathBuf;

use jiff::civil::DateTime;

/// A text in the two languages of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A file that cannot be used at all, with everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", path.display(), faults.iter().map(|fault| format!("{} / {}", fault.en, fault.zh)).collect::<Vec<_>>().join("; "))]
pub struct UnusableFile {
    /// The file.
    pub path: PathBuf,
    /// Every fault found.
    pub faults: Vec<Text>,
}

/// What a cell holds, as far as the file itself says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing, or blanks alone.
    Empty,
    /// A text, without blanks around it; of a CSV file every cell is one.
    Text(&'a str),
    /// A number as the workbook keeps it.
    Number(f64),
    /// A number that the workbook shows as a percentage: `Percent(85.0)` is shown as 85 %.
    Percent(f64),
    /// A day or an instant, without a time zone.
    Moment(DateTime),
    /// True or false.
    Truth(bool),
    /// What a formula failed with, such as `#DIV/0!`.
    Failure(&'a str),
    /// Bytes that are no text in the encoding of the file.
    Garbled,
}
