//! How much of a file is read before it is refused. Every refusal names the limit it met.

use super::Text;

const MIB: u64 = 1 << 20;

/// Shared strings of a workbook.
pub(super) const STRINGS: u64 = 4_000_000;

/// Merged areas of a sheet.
pub(super) const MERGED: u64 = 200_000;

/// Elements or records of a part that holds no cells: styles, names, relationships.
pub(super) const ELEMENTS: u64 = 300_000;

/// Sheets of a workbook.
pub(super) const SHEETS: u64 = 1_000;

/// Refuses more of something than any honest workbook has: each takes little in the file, and much in memory.
///
/// # Errors
/// If `count` is beyond `limit`.
pub(super) fn at_most(limit: u64, count: u64, zh: &str, en: &str) -> Result<(), Text> {
    if count <= limit {
        return Ok(());
    }
    Err(Text::new(
        format!("{zh}超过 {limit} 的上限"),
        format!("has more than {limit} {en}, which is the limit"),
    ))
}

/// Bounds on what is read. The defaults hold what offices send; a file beyond them is split, or sent as CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of a CSV file, in bytes; its rows are not counted, because they are streamed.
    pub csv_bytes: u64,
    /// Size of a row of CSV, or of the texts of a row of a workbook, in bytes.
    pub row_bytes: usize,
    /// Size of a workbook as it lies on disk, in bytes.
    pub workbook_bytes: u64,
    /// Size of the parts of a workbook when unpacked, in bytes, all together.
    pub unpacked_bytes: u64,
    /// How many times larger a workbook may be unpacked than packed.
    pub ratio: u64,
    /// Rows of a sheet.
    pub rows: u32,
    /// Columns of a sheet or of a CSV file.
    pub columns: u32,
    /// Cells of a workbook, in all sheets that are read, that hold something, or that lie between such cells where the
    /// format stores them densely.
    pub cells: u64,
    /// Characters of a cell.
    pub cell_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            csv_bytes: 2048 * MIB,
            row_bytes: 1 << 20,
            workbook_bytes: 64 * MIB,
            unpacked_bytes: 256 * MIB,
            ratio: 100,
            rows: 1_048_576,
            columns: 1_000,
            cells: 12_000_000,
            cell_chars: 32_767,
        }
    }
}

/// The fault of a file that is too large.
pub(super) fn file_too_large(bytes: u64, limit: u64) -> Text {
    Text::new(
        format!("文件大小为 {} MiB，超过上限 {} MiB；请拆分后分别导入", bytes.div_ceil(MIB), limit / MIB),
        format!("is {} MiB large; the limit is {} MiB: split it", bytes.div_ceil(MIB), limit / MIB),
    )
}

/// The fault of a row that is too long, which mostly is a quotation mark nobody closed.
pub(super) fn row_too_long(row: u64, limit: usize) -> Text {
    Text::new(
        format!("第 {row} 行超过 {limit} 字节；通常是某个引号没有配对"),
        format!("row {row} is longer than {limit} bytes; mostly a quotation mark is not closed"),
    )
}

/// The fault of a table that is too wide.
pub(super) fn too_many_columns(row: u64, limit: u32) -> Text {
    Text::new(
        format!("第 {row} 行超过 {limit} 列的上限"),
        format!("row {row} has more than {limit} columns, which is the limit"),
    )
}

/// The fault of a table that is too long.
pub(super) fn too_many_rows(limit: u32) -> Text {
    Text::new(format!("超过 {limit} 行的上限"), format!("has more than {limit} rows, which is the limit"))
}

/// The fault of a workbook with too many cells.
pub(super) fn too_many_cells(limit: u64) -> Text {
    Text::new(
        format!("单元格超过 {limit} 个的上限；请拆分，或另存为 CSV"),
        format!("has more than {limit} cells, which is the limit: split it, or save it as CSV"),
    )
}

/// The fault of a cell that is too long.
pub(super) fn cell_too_long(limit: usize) -> Text {
    Text::new(
        format!("有单元格超过 {limit} 个字符的上限"),
        format!("has a cell of more than {limit} characters, which is the limit"),
    )
}

/// The fault of a workbook that is too large when unpacked.
pub(super) fn unpacked_too_large(limit: u64) -> Text {
    Text::new(
        format!("解压后超过 {} MiB 的上限；请拆分，或另存为 CSV", limit / MIB),
        format!(
            "is more than {} MiB when unpacked, which is the limit: split it, or save it as CSV",
            limit / MIB
        ),
    )
}

/// The fault of a workbook that is packed too tightly to be honest.
pub(super) fn ratio_too_high(limit: u64) -> Text {
    Text::new(
        format!("压缩比超过 {limit} 倍的上限，可能是压缩炸弹"),
        format!("is packed more than {limit} times, which is the limit: it may be made to exhaust memory"),
    )
}
