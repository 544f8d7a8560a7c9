//! What a file says about itself as a whole.

use super::{Encoding, Format};

/// What kind of file it is and how it is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Kind of file.
    pub format: Format,
    /// How its characters are written; `None` of a workbook.
    pub encoding: Option<Encoding>,
    /// What stands between cells; `None` of a workbook, whose [`super::Row::original`] has commas.
    pub delimiter: Option<char>,
    /// Name of the sheet; `None` of a text file.
    pub sheet: Option<String>,
    /// Number of the (last) header row in the file, from 1.
    pub header_row: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Whether it is known which numbers are shown as percentages: only then is [`super::Cell::Percent`] ever given.
    pub percents_known: bool,
}

/// What a sheet of returned rows says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedOf {
    /// The batch whose rejected rows it holds.
    pub batch_id: String,
    /// `places` or `observations`.
    pub kind: String,
    /// Headers of the file that was delivered, in its order.
    pub columns: Vec<String>,
}

/// What a filled template says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateOf {
    /// `places` or `observations`.
    pub kind: String,
    /// Id and version of the catalog it was made for; empty if for none.
    pub catalog: String,
}
