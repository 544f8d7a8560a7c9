//! What an import would do, before it does: counts, samples beside what is on record, how far it moves the measures.

use std::collections::HashMap;

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::ingestion::v1::{Movement, PreviewBatchResponse, RejectedRow, RowSample, RowVerdict};

use super::returning::Columns;
use crate::json;
use crate::results::file_column;
use crate::screen::{Screen, marks, numbers, percent, words};

/// Samples of each verdict.
pub(super) const SAMPLES: u32 = 5;
/// Rejected rows shown on the screen; all of them are kept by the platform.
const REJECTED_SHOWN: usize = 20;
/// Changes of a sample shown on the screen.
const CHANGES_SHOWN: usize = 4;
/// Movements shown on the screen.
const MOVEMENTS_SHOWN: usize = 10;

/// Shows a preview; `names` says what the file calls the columns of the contracts.
///
/// # Errors
/// If standard output is gone.
pub(super) fn show(
    preview: &PreviewBatchResponse,
    names: &HashMap<String, String>,
    columns: Option<&Columns>,
    screen: &mut Screen,
) -> Result<()> {
    let mut batch = preview.batch.clone().unwrap_or_default();
    batch.counts = preview.counts;
    screen.say("若提交，将得到：", "If it is committed:")?;
    screen.counts(&[&batch])?;
    let samples: Vec<_> = preview.samples.iter().map(|sample| sample_row(sample, names, screen)).collect();
    if !samples.is_empty() {
        let columns = [
            words("结果", "verdict"),
            numbers("行", "row"),
            marks("地点", "place"),
            words("内容", "content"),
        ];
        screen.say("例如：", "For example:")?;
        screen.table(&columns, samples)?;
    }
    show_rejected(&preview.rejected_rows, names, columns, screen)?;
    show_movements(&preview.movements, screen)?;
    if preview.needs_approval {
        let above = preview.approval_above_ratio.map(percent).unwrap_or_default();
        screen.say(
            &format!("改动超过 {above}：提交后须由另一人复核（xiuhua approve）才生效"),
            &format!(
                "it moves more than {above}: after the commit another person has to approve (xiuhua approve)"
            ),
        )?;
    }
    Ok(())
}

/// Shows the first rejected rows; `columns` finds the columns of the sheet that are at fault, where they can be found.
///
/// # Errors
/// If standard output is gone.
pub(super) fn show_rejected(
    rejected: &[RejectedRow],
    names: &HashMap<String, String>,
    found: Option<&Columns>,
    screen: &mut Screen,
) -> Result<()> {
    if rejected.is_empty() {
        return Ok(());
    }
    let columns =
        [numbers("行", "row"), words("列", "columns"), words("原因", "reasons"), words("原文", "original")];
    let row = |row: &RejectedRow| {
        let columns = match found {
            Some(found) => {
                found.at_fault(row).iter().map(|column| called(names, column).to_owned()).collect()
            }
            None => row.columns.iter().map(|c| called(names, c).to_owned()).collect::<Vec<_>>(),
        };
        let reasons: Vec<_> = row.reasons.iter().map(|r| screen.text(r.message.as_ref())).collect();
        vec![row.row.to_string(), columns.join("; "), reasons.join("; "), row.original.clone()]
    };
    let rows = rejected.iter().take(REJECTED_SHOWN).map(row).collect();
    screen.say("被拒绝的行：", "Rejected rows:")?;
    screen.table(&columns, rows)
}

/// What the file calls a column; its own name where the file has none.
fn called<'a>(names: &'a HashMap<String, String>, column: &'a str) -> &'a str {
    let column = file_column(column);
    names.get(column).map_or(column, String::as_str)
}

fn show_movements(movements: &[Movement], screen: &mut Screen) -> Result<()> {
    let moving = movements.iter().filter(|movement| movement.places_moved > 0);
    let row = |movement: &Movement| {
        vec![
            movement.measure_id.clone(),
            movement.period.clone(),
            movement.moved_ratio.map_or_else(|| "∞".to_owned(), percent),
            movement.places_moved.to_string(),
            movement.places_before.to_string(),
        ]
    };
    let rows: Vec<_> = moving.take(MOVEMENTS_SHOWN).map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns = [
        words("计量", "measure"),
        marks("期次", "period"),
        numbers("变动", "moved"),
        numbers("变动小区", "places moved"),
        numbers("原有小区", "places before"),
    ];
    screen.say("对已有数据的改动：", "What it moves on record:")?;
    screen.table(&columns, rows)
}

fn sample_row(sample: &RowSample, names: &HashMap<String, String>, screen: &Screen) -> Vec<String> {
    let verdict = match sample.verdict() {
        RowVerdict::Accepted => screen.choose("新增", "new"),
        RowVerdict::Corrected => screen.choose("更正", "corrected"),
        RowVerdict::Duplicate => screen.choose("重复", "duplicate"),
        RowVerdict::Unspecified => "–",
    };
    let key = [&sample.measure_id, &sample.period, &sample.source_id].into_iter();
    let key = key.filter(|part| !part.is_empty()).cloned();
    let changes = sample.changes.iter().map(|change| {
        let column = called(names, &change.column);
        if change.before.is_empty() {
            format!("{column}: {}", change.after)
        } else {
            format!("{column}: {} → {}", change.before, change.after)
        }
    });
    let mut content: Vec<_> = key.chain(changes.take(CHANGES_SHOWN)).collect();
    if sample.changes.len() > CHANGES_SHOWN {
        content.push("…".to_owned());
    }
    if sample.outweighed {
        let told =
            ("不生效：有更新的数据或优先的来源", "not in force: a later value or a source before it stands");
        content.push(screen.choose(told.0, told.1).to_owned());
    }
    vec![verdict.to_owned(), sample.row.to_string(), sample.place_id.clone(), content.join("; ")]
}

/// A preview as JSON.
pub(super) fn document(preview: &PreviewBatchResponse) -> Value {
    let counts = preview.counts.unwrap_or_default();
    let sample = |sample: &RowSample| {
        json!({
            "verdict": sample.verdict().as_str_name().trim_start_matches("ROW_VERDICT_"),
            "row": sample.row,
            "place_id": sample.place_id,
            "measure_id": sample.measure_id,
            "period": sample.period,
            "source_id": sample.source_id,
            "outweighed": sample.outweighed,
            "changes": sample.changes.iter().map(|change| json!({
                "column": file_column(&change.column), "before": change.before, "after": change.after,
            })).collect::<Vec<_>>(),
        })
    };
    json!({
        "position": preview.position,
        "read": counts.read,
        "accepted": counts.accepted,
        "corrected": counts.corrected,
        "duplicate": counts.duplicate,
        "rejected": counts.rejected,
        "samples": preview.samples.iter().map(sample).collect::<Vec<_>>(),
        "movements": preview.movements.iter().map(json::movement).collect::<Vec<_>>(),
        "needs_approval": preview.needs_approval,
        "approval_above_ratio": preview.approval_above_ratio,
    })
}

/// Rejected rows as JSON.
pub(super) fn rejected_documents(rejected: &[RejectedRow]) -> Vec<Value> {
    let document = |row: &RejectedRow| {
        let columns: Vec<_> = row.columns.iter().map(|c| file_column(c)).collect();
        let reasons: Vec<_> = row.reasons.iter().map(|r| r.reason.as_str()).collect();
        json!({ "row": row.row, "columns": columns, "reasons": reasons, "original": row.original })
    };
    rejected.iter().map(document).collect()
}
