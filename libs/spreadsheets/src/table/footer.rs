//! Rows that are no data: totals, notes, signatures, sample rows and headers that are printed again.

use super::header::normal;
use super::{Cell, Text};

/// Words that a row of totals begins with, as [`normal`] gives them.
const TOTALS: [&str; 16] = [
    "合计",
    "总计",
    "小计",
    "共计",
    "累计",
    "平均",
    "平均值",
    "均值",
    "平均数",
    "最大值",
    "最小值",
    "total",
    "subtotal",
    "grand total",
    "sum",
    "average",
];

/// What notes and signatures begin with.
const NOTES: [&str; 22] = [
    "注:",
    "注1",
    "备注:",
    "说明:",
    "填表说明",
    "填报说明",
    "填表人",
    "填报人",
    "填表单位",
    "填报单位",
    "填表日期",
    "填报日期",
    "制表",
    "审核",
    "复核",
    "负责人",
    "单位负责人",
    "联系电话",
    "数据来源",
    "盖章",
    "经办人",
    "联系人",
];

/// What a lone cell of a signature says somewhere: 街道分管领导（签字）.
const SIGNATURES: [&str; 5] = ["盖章", "公章", "签字", "签名", "签章"];

/// Headers over the numbers of rows, as [`normal`] gives them: what stands there identifies nothing.
const ROW_NUMBERS: [&str; 5] = ["序号", "行号", "项次", "no", "no."];

/// Headers over free texts, as [`normal`] gives them: what stands there is said of the row.
const REMARKS: [&str; 6] = ["备注", "说明", "注", "附注", "remark", "note"];

/// What marks the sample row of a template.
const SAMPLE: &str = "示例(请删除本行)";

/// Whether a text is a number as people write it, or stands for none.
pub(super) fn is_figure(text: &str) -> bool {
    let figure = |c: char| c.is_ascii_digit() || c.is_whitespace() || ".,，%％‰-—－+/()".contains(c);
    text.chars().all(|c| figure(c) || ('０'..='９').contains(&c))
}

/// Why a row is no data, with a stable name; `None` if it is data. `cells` are those that the row itself fills, in order,
/// without those that a merged cell above fills.
pub(super) fn no_data<'a>(
    cells: &(impl Iterator<Item = Cell<'a>> + Clone),
    headers: &[String],
) -> Option<(&'static str, Text)> {
    let filled = cells.clone().filter(|cell| *cell != Cell::Empty);
    let first = filled.clone().next()?;
    if filled.clone().last().is_some_and(is_sample) {
        return Some(sample());
    }
    // Nearly every row ends here, or a little below: with an id.
    let numbered = is_row_number(first);
    if numbered && !heads(headers, &ROW_NUMBERS, position(cells.clone())) {
        return None;
    }
    let Some(Cell::Text(first)) = filled.clone().nth(usize::from(numbered)) else { return None };
    let message = |zh: &str, en: &str| {
        let shown = super::shown(first, 40);
        Text::new(format!("{zh}“{shown}”，已跳过"), format!("{en} `{shown}`, skipped"))
    };
    if first.starts_with(|c: char| c.is_ascii_digit()) || first.len() > 3_000 {
        return None;
    }
    if is_row_of_totals(cells.clone(), headers) {
        return Some(("TOTAL_ROW", message("合计行", "total")));
    }
    let texts = || {
        filled.clone().filter_map(|cell| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        })
    };
    // A note stands alone, or beside others of its kind; a place called 制表厂 would stand beside its figures.
    let alone = filled.clone().nth(1).is_none();
    let among_notes = || {
        first.contains([':', '：'])
            && texts().count() == filled.clone().count()
            && texts().all(|text| text.contains([':', '：']) || text.chars().count() <= 4 || is_note(text))
    };
    let note = if alone {
        let signed = |text: &str| SIGNATURES.iter().any(|word| text.contains(word));
        is_note(first) || (headers.len() > 1 && (is_sentence(first) || signed(first)))
    } else {
        is_note(first) && among_notes()
    };
    note.then(|| ("NOTE_ROW", message("附注", "note")))
}

/// Whether a row adds up others: a word that says so, in front of which nothing identifies a place, and behind which
/// there are figures alone. 张江镇 may stand in front of it, and the number of the row.
fn is_row_of_totals<'a>(cells: impl Iterator<Item = Cell<'a>>, headers: &[String]) -> bool {
    let mut met = false;
    let mut before = 0;
    for (column, cell) in cells.enumerate() {
        let text = match cell {
            Cell::Empty => continue,
            Cell::Text(text) => text,
            _ if met || (before == 0 && heads(headers, &ROW_NUMBERS, column)) => continue,
            _ => return false,
        };
        if met {
            if !is_figure(text) && !is_tally(text) && !heads(headers, &REMARKS, column) {
                return false;
            }
        } else if (before == 0 && (is_total(text) || is_tally(text)))
            || (before < 4 && is_total_word(text) && !heads(headers, &REMARKS, column))
        {
            met = true;
        } else if text.contains(|c: char| c.is_ascii_alphanumeric()) {
            if before > 0 || !is_figure(text) || !heads(headers, &ROW_NUMBERS, column) {
                return false;
            }
        } else {
            before += 1;
        }
    }
    met
}

/// Column of the first cell that holds something.
fn position<'a>(mut cells: impl Iterator<Item = Cell<'a>>) -> usize {
    cells.position(|cell| cell != Cell::Empty).unwrap_or(0)
}

fn heads(headers: &[String], words: &[&str], column: usize) -> bool {
    headers.get(column).is_some_and(|header| words.contains(&normal(header).as_str()))
}

/// Whether a cell may be the number of a row: a whole number of few digits.
fn is_row_number(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Number(number) => (0.0..100_000.0).contains(&number),
        Cell::Text(text) => text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// Whether a text counts what stands above: 共1个小区.
fn is_tally(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('共').filter(|_| text.len() <= 60) else { return false };
    let rest = rest.strip_prefix(['计', '有']).unwrap_or(rest).trim_start();
    let counted = rest.trim_start_matches(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c));
    counted.len() < rest.len() && counted.trim_start().starts_with(['个', '户', '幢', '栋', '家', '条', '项'])
}

/// Whether a text is what a row of totals begins with: 合计, or 张江镇小计.
fn is_total(text: &str) -> bool {
    if is_total_word(text) {
        return true;
    }
    if text.is_ascii() || text.len() > 100 || !text.contains('计') {
        return false;
    }
    let text = normal(text);
    let text = without_unit(&text);
    ["合计", "小计", "总计"].iter().any(|word| text.ends_with(word))
}

/// Whether a text is a word for totals and nothing else: 合计, 合计（户）, Total.
pub(crate) fn is_total_word(text: &str) -> bool {
    // Looked at before it is unified, because this is asked of every row.
    if text.is_ascii() {
        let word = text.trim_end_matches(':');
        return TOTALS.iter().any(|total| total.eq_ignore_ascii_case(word));
    }
    if text.len() > 100 || !text.contains(['计', '均', '值', '数']) {
        return false;
    }
    TOTALS.contains(&without_unit(&normal(text)))
}

/// A text without marks around it and without a unit in brackets behind it.
fn without_unit(text: &str) -> &str {
    let marks = ['(', ')', '[', ']', '【', '】', ':', '*', '※'];
    let text = text.trim_matches(|c| marks.contains(&c) && c != ')');
    let text = text.split_once('(').map_or(text, |(text, _)| text);
    text.trim_matches(marks)
}

fn is_note(text: &str) -> bool {
    let begins = |c: char| "注备说填制审复负单联数盖经(（[【*※ \u{3000}".contains(c);
    text.starts_with(begins)
        && NOTES
            .iter()
            .any(|note| normal(text).trim_start_matches(['(', '[', '【', '*', '※']).starts_with(note))
}

/// Whether a text is a sentence rather than the name of anything: 以上数据由各街镇提供，截至2026年3月。
fn is_sentence(text: &str) -> bool {
    text.contains(['，', '。', '；', '：']) && text.chars().nth(11).is_some()
}

/// Whether a cell marks its row as the sample row of a template.
pub(super) fn is_sample(cell: Cell<'_>) -> bool {
    matches!(cell, Cell::Text(text) if text.starts_with("示例") && normal(text) == SAMPLE)
}

/// What a sample row is passed over with.
pub(super) fn sample() -> (&'static str, Text) {
    ("SAMPLE_ROW", Text::new("示例行，已跳过", "sample row, skipped"))
}
