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
/// without those that a merged cell above fills; `columns` is how many headers there are.
pub(super) fn no_data<'a>(
    cells: impl Iterator<Item = Cell<'a>> + Clone,
    columns: usize,
    template: bool,
) -> Option<(&'static str, Text)> {
    let filled = cells.filter(|cell| *cell != Cell::Empty);
    let Some(Cell::Text(first)) = filled.clone().next() else { return None };
    if (template && first.starts_with('示')) || filled.clone().last().is_some_and(is_sample) {
        return Some(sample());
    }
    // Nearly every row ends here.
    if first.starts_with(|c: char| c.is_ascii_digit()) || first.len() > 3_000 {
        return None;
    }
    let texts = || {
        filled.clone().filter_map(|cell| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        })
    };
    let shown = || super::shown(first, 40);
    if is_total(first) && texts().skip(1).all(is_figure) {
        let message =
            Text::new(format!("合计行“{}”，已跳过", shown()), format!("total `{}`, skipped", shown()));
        return Some(("TOTAL_ROW", message));
    }
    // A note stands alone, or beside others of its kind; a place called 制表厂 would stand beside its figures.
    let alone = filled.clone().nth(1).is_none();
    let among_notes = || {
        first.contains([':', '：'])
            && texts().count() == filled.clone().count()
            && texts().all(|text| text.contains([':', '：']) || text.chars().count() <= 4 || is_note(text))
    };
    let note = if alone {
        is_note(first) || (columns > 1 && is_sentence(first))
    } else {
        is_note(first) && among_notes()
    };
    note.then(|| {
        let message = Text::new(format!("附注“{}”，已跳过", shown()), format!("note `{}`, skipped", shown()));
        ("NOTE_ROW", message)
    })
}

/// Whether a text is what a row of totals begins with: 合计, or 张江镇小计.
fn is_total(text: &str) -> bool {
    // Looked at before it is unified, because this is asked of every row.
    if text.is_ascii() {
        let word = text.trim_end_matches(':');
        return TOTALS.iter().any(|total| total.eq_ignore_ascii_case(word));
    }
    if text.len() > 100 || !text.contains(['计', '均', '值', '数']) {
        return false;
    }
    let text = normal(text);
    let text = text.trim_matches(['(', ')', '[', ']', '【', '】', ':', '*', '※']);
    TOTALS.contains(&text) || ["合计", "小计", "总计"].iter().any(|word| text.ends_with(word))
}

fn is_note(text: &str) -> bool {
    let begins = |c: char| "注备说填制审复负单联数(（[【*※ \u{3000}".contains(c);
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
