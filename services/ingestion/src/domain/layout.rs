//! How the file behind a delivery was laid out: with it the original text of a row can be read again.

use serde::{Deserialize, Serialize};

/// Most columns of a file.
pub const MAX_COLUMNS: usize = 1_000;
/// Longest header cell, and longest of the short texts beside them, in characters.
pub const MAX_COLUMN_CHARS: usize = 200;
/// Longest mapping file, in bytes.
pub const MAX_MAPPING_BYTES: usize = 64 * 1024;

/// The layout of a file, as whoever read it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetLayout {
    /// Header cells as the file spells them, in file order.
    pub columns: Vec<String>,
    /// `csv`, `xlsx`, `xls`, `xlsb` or `ods`.
    pub format: String,
    /// What stands between the cells of an original text.
    pub delimiter: String,
    /// Name of the sheet; empty for CSV.
    pub sheet: String,
    /// Character encoding of the file; empty for workbooks.
    pub encoding: String,
    /// Number of the header row in the file, from 1.
    pub header_row: u64,
    /// The mapping file that was applied, as TOML; empty if none.
    pub mapping: String,
    /// Id of the catalog whose codes the file uses; empty if none.
    pub catalog_id: String,
    /// Its version.
    pub catalog_version: String,
}
