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
    "grandtotal",
    "sum",
    "average",
];

/// What notes and signatures begin with.
const NOTES: [&str; 19] = [
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
];

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
    cells: impl Iterator<Item = Cell<'a>> + Clone,
    template: bool,
) -> Option<(&'static str, Text)> {
    let filled = cells.filter(|cell| *cell != Cell::Empty);
    let Some(Cell::Text(first)) = filled.clone().next() else { return None };
    // Nearly every row ends here: what begins with a digit or an ASCII letter is no note.
    let begins = first.chars().next()?;
    let texts = || {
        filled.clone().filter_map(|cell| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        })
    };
    if (template && begins == '示') || filled.clone().last().is_some_and(is_sample) {
        return Some(sample());
    }
    if begins.is_ascii_digit() || first.len() > 600 {
        return None;
    }
    if !matches!(
        begins,
        '合' | '总'
            | '小'
            | '共'
            | '累'
            | '平'
            | '均'
            | '最'
            | '注'
            | '备'
            | '说'
            | '填'
            | '制'
            | '审'
            | '复'
            | '负'
            | '单'
            | '联'
            | '数'
            | ' '
            | '('
            | '（'
            | '【'
            | '*'
            | '※'
            | 't'
            | 'T'
            | 's'
            | 'S'
            | 'g'
            | 'G'
            | 'a'
            | 'A'
    ) {
        return None;
    }
    let start = normal(first);
    let start = start.trim_start_matches(['(', '[', '【', '*', '※']);
    let shown = || super::shown(first, 40);
    if TOTALS.contains(&start.trim_end_matches([':', ')', ']', '】'])) && texts().skip(1).all(is_figure) {
        return Some((
            "TOTAL_ROW",
            Text::new(format!("合计行“{}”，已跳过", shown()), format!("total `{}`, skipped", shown())),
        ));
    }
    let is_note = |text: &str| NOTES.iter().any(|note| text.starts_with(note));
    // A note stands alone, or beside others of its kind; a place called 制表厂 would stand beside its figures.
    let alone = filled.clone().count() == 1
        || (start.contains(':')
            && texts().count() == filled.clone().count()
            && texts().all(|text| note_or_name(text, is_note)));
    (is_note(start) && alone).then(|| {
        let message = Text::new(format!("附注“{}”，已跳过", shown()), format!("note `{}`, skipped", shown()));
        ("NOTE_ROW", message)
    })
}

/// Beside a note stand other notes, and the names they ask for.
fn note_or_name(text: &str, is_note: impl Fn(&str) -> bool) -> bool {
    is_note(&normal(text)) || text.contains([':', '：']) || text.chars().count() <= 4
}

/// Whether a cell marks its row as the sample row of a template.
pub(super) fn is_sample(cell: Cell<'_>) -> bool {
    matches!(cell, Cell::Text(text) if text.starts_with("示例") && normal(text) == SAMPLE)
}

/// What a sample row is passed over with.
pub(super) fn sample() -> (&'static str, Text) {
    ("SAMPLE_ROW", Text::new("示例行，已跳过", "sample row, skipped"))
}
