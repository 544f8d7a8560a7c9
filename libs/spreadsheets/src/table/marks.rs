//! What this house writes into the workbooks it gives away: a very hidden sheet that says what the workbook is.

use super::grid::{Grid, write_cell};
use super::{ReturnedOf, TemplateOf};

/// The name of the sheet.
pub(super) const SHEET: &str = "xiuhua";

/// The first header of a returned sheet: the number of the row in the file it was returned from.
pub(super) const ORIGINAL_ROW: &str = "原行号";

/// The last header of a returned sheet: what was wrong.
pub(super) const FINDINGS: &str = "校验结果";

/// The last header of a template.
pub(super) const NOTE: &str = "说明";

/// The version of the marks that is read.
const VERSION: &str = "1";

/// What a workbook of this house is.
pub(super) enum Mark {
    Returned(ReturnedOf),
    Template(TemplateOf),
}

/// Reads the marks: in the first column what the workbook is, the version, and what belongs to its kind.
pub(super) fn read(sheet: &Grid) -> Option<Mark> {
    let line = |row: u32| {
        let mut text = String::new();
        write_cell(sheet.cell(sheet.value(row, 0)), &mut text);
        text
    };
    if line(1) != VERSION {
        return None;
    }
    match line(0).as_str() {
        "xiuhua-returned" => {
            let last = sheet.row_count().checked_sub(1).map_or(0, |last| sheet.number(last));
            Some(Mark::Returned(ReturnedOf {
                batch_id: line(2),
                kind: line(3),
                columns: (4..=last).map(line).collect(),
            }))
        }
        "xiuhua-template" => Some(Mark::Template(TemplateOf { kind: line(2), catalog: line(3) })),
        _ => None,
    }
}
