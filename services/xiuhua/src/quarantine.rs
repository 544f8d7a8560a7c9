//! `xiuhua quarantine`: what became of rejected rows. They are listed, go back to their sender, are delivered again, or
//! are given up with a reason; rejected = open + closed + given up, in every batch and in all.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::ingestion::v1::{
    Batch, BatchKind, GiveUpRowsRequest, ListBatchesRequest, ListQuarantinedRowsRequest, QuarantineCounts,
    QuarantineState, QuarantinedRow,
};

use crate::cli::{
    GiveUpArgs, Globals, ImportArgs, ImportKind, QuarantineCommand, QuarantineExportArgs, QuarantineListArgs,
    QuarantineReplayArgs, RowState,
};
use crate::importing::returning::{self, Columns, file_name_of, free_beside};
use crate::importing::{self, get_batch};
use crate::json;
use crate::platform::{Platform, request_id};
use crate::results::file_column;
use crate::screen::{Outcome, Screen, marks, numbers, words};

/// Row numbers that a request names at most.
const ROWS_A_REQUEST: usize = 1_000;

/// Runs a command about rejected rows.
///
/// # Errors
/// If a service refuses, or a workbook cannot be written.
pub(crate) async fn run(
    platform: &Platform,
    command: &QuarantineCommand,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<Outcome> {
    match command {
        QuarantineCommand::List(QuarantineListArgs { batch: None, .. }) => batches(platform, screen).await?,
        QuarantineCommand::List(arguments) => rows(platform, arguments, screen).await?,
        QuarantineCommand::Export(arguments) => export(platform, arguments, screen).await?,
        QuarantineCommand::Replay(arguments) => return replay(platform, arguments, globals, screen).await,
        QuarantineCommand::GiveUp(arguments) => give_up(platform, arguments, screen).await?,
    }
    Ok(Outcome::Done)
}

/// Counts of every batch with rejected rows, newest first, and their sum.
async fn batches(platform: &Platform, screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("批次", "batch"),
        words("文件", "file").spare(1),
        numbers("拒绝", "rejected"),
        numbers("待处理", "open"),
        numbers("已关闭", "closed"),
        numbers("已放弃", "given up"),
    ];
    let mut found: Vec<Batch> = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListBatchesRequest { page_size: 1000, page_token };
        let page = platform.ingestion().list_batches(request).await?.into_inner();
        let rejected = |batch: &Batch| batch.counts.is_some_and(|counts| counts.rejected > 0);
        found.extend(page.batches.into_iter().filter(|batch| batch.quarantine.is_some() && rejected(batch)));
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    let counts = |batch: &Batch| {
        let QuarantineCounts { open, closed, given_up } = batch.quarantine.unwrap_or_default();
        [batch.counts.unwrap_or_default().rejected, open, closed, given_up]
    };
    let mut sum = [0; 4];
    let mut rows = Vec::new();
    for batch in &found {
        let counts = counts(batch);
        sum = std::array::from_fn(|at| sum[at] + counts[at]);
        rows.push(
            [&[batch.id.clone(), batch.file_name.clone()], &counts.map(|n| n.to_string())[..]].concat(),
        );
    }
    let heading = screen.choose("合计", "all").to_owned();
    rows.push([&[heading, String::new()], &sum.map(|n| n.to_string())[..]].concat());
    screen.table(&columns, rows)?;
    let document = |counts: [u64; 4]| {
        let [rejected, open, closed, given_up] = counts;
        json!({ "rejected": rejected, "open": open, "closed": closed, "given_up": given_up })
    };
    let of_batch = |batch: &Batch| {
        let mut value = document(counts(batch));
        value["batch_id"] = batch.id.clone().into();
        value["file_name"] = batch.file_name.clone().into();
        value
    };
    let batches: Vec<Value> = found.iter().map(of_batch).collect();
    screen.json(&json!({ "batches": batches, "all": document(sum) }))
}

/// The rows of one batch: how often each reason, and the first rows.
async fn rows(platform: &Platform, arguments: &QuarantineListArgs, screen: &mut Screen) -> Result<()> {
    let batch = arguments.batch.clone().unwrap_or_default();
    let state = match arguments.state {
        None => QuarantineState::Unspecified,
        Some(RowState::Open) => QuarantineState::Open,
        Some(RowState::Closed) => QuarantineState::Closed,
        Some(RowState::GivenUp) => QuarantineState::GivenUp,
    };
    let mut first: Vec<QuarantinedRow> = Vec::new();
    // A row with several faults counts at the first: so the counts add up to rows.
    let mut reasons: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    each_row(platform, &batch, state, |row| {
        let reason = row.row.as_ref().and_then(|row| row.reasons.first());
        let reason = reason.map_or(String::new(), |reason| reason.reason.clone());
        *reasons.entry((reason, code(row.state()))).or_default() += 1;
        if first.len() < arguments.top {
            first.push(row);
        }
        Ok(())
    })
    .await?;
    let columns = [words("原因", "reason"), words("状态", "state"), numbers("行", "rows")];
    let counted = |((reason, state), rows): (&(String, &'static str), &u64)| {
        vec![reason.clone(), in_words(state, screen).to_owned(), rows.to_string()]
    };
    let counted: Vec<_> = reasons.iter().map(counted).collect();
    screen.table(&columns, counted)?;
    let columns = [
        numbers("行", "row"),
        words("状态", "state"),
        words("列", "columns"),
        words("原因", "reasons"),
        words("处理", "settled"),
        words("原文", "original"),
    ];
    let delivered = get_batch(platform, &batch).await?;
    let found = Columns::of_batch(platform, &delivered).await?;
    let shown: Vec<_> = first.iter().map(|row| shown(row, found.as_ref(), screen)).collect();
    if !shown.is_empty() {
        screen.table(&columns, shown)?;
    }
    let reasons: Vec<_> = reasons
        .iter()
        .map(|((reason, state), rows)| json!({ "reason": reason, "state": state, "rows": rows }))
        .collect();
    let rows: Vec<_> = first.iter().map(document).collect();
    screen.json(&json!({ "batch_id": batch, "reasons": reasons, "rows": rows }))
}

async fn export(platform: &Platform, arguments: &QuarantineExportArgs, screen: &mut Screen) -> Result<()> {
    let batch = get_batch(platform, &arguments.batch).await?;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        // A free name in the folder that the user is in; a file name has no folder of its own.
        None => Path::new(&batch.file_name)
            .file_name()
            .and_then(|name| free_beside(Path::new(name)))
            .unwrap_or_else(|| file_name_of(&batch).into()),
    };
    let replaced = out.exists();
    let written = returning::write_open_rows(platform, &batch, Vec::new(), &out).await?;
    let (out, rows) = (out.display().to_string(), written.rows);
    let (zh, en) =
        if replaced { ("（已替换原有文件）", " (replacing what was there)") } else { ("", "") };
    screen.say(
        &format!("{rows} 行待修改，已写入 {out}{zh}；改好后直接导入该文件"),
        &format!("{rows} rows to mend written to {out}{en}; mend them and import that file"),
    )?;
    screen.json(&json!({
        "batch_id": batch.id,
        "returned": out,
        "rows": rows,
        "left_out": written.left_out,
        "replaced": replaced,
    }))
}

/// Delivers the open rows again as the sender would who changed nothing in the sheet that came back.
async fn replay(
    platform: &Platform,
    arguments: &QuarantineReplayArgs,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<Outcome> {
    let batch = get_batch(platform, &arguments.batch).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(file_name_of(&batch));
    let written = returning::write_open_rows(platform, &batch, Vec::new(), &file).await?;
    if written.rows == 0 {
        screen.say("没有待处理的行", "no row is open")?;
        screen.json(&json!({ "batch_id": batch.id, "rows": 0 }))?;
        return Ok(Outcome::Done);
    }
    let kind = match batch.kind() {
        BatchKind::Places => ImportKind::Places,
        _ => ImportKind::Observations,
    };
    let import = ImportArgs {
        kind,
        file,
        mapping: None,
        sheet: None,
        period: None,
        catalog: arguments.catalog.clone(),
        propose: false,
        yes: arguments.yes,
        author: arguments.author.clone(),
        returned: arguments.returned.clone(),
        request_id: None,
    };
    importing::import(platform, &import, importing::File::Passes, globals, screen).await
}

async fn give_up(platform: &Platform, arguments: &GiveUpArgs, screen: &mut Screen) -> Result<()> {
    let request = |rows: &[u64]| GiveUpRowsRequest {
        request_id: request_id(),
        batch_id: arguments.batch.clone(),
        rows: rows.to_vec(),
        author: arguments.decision.author.clone(),
        reason: arguments.decision.reason.clone(),
    };
    let requests: Vec<_> = match &arguments.rows[..] {
        [] => vec![request(&[])],
        rows => rows.chunks(ROWS_A_REQUEST).map(request).collect(),
    };
    let mut given_up = 0;
    for request in requests {
        given_up += platform.ingestion().give_up_rows(request).await?.into_inner().given_up;
    }
    let batch = get_batch(platform, &arguments.batch).await?;
    let open = batch.quarantine.map_or(0, |quarantine| quarantine.open);
    screen.say(
        &format!("已放弃 {given_up} 行，仍有 {open} 行待处理"),
        &format!("{given_up} rows given up, {open} are open"),
    )?;
    screen.json(&json!({ "given_up": given_up, "batch": json::batch(&batch) }))
}

/// The rows of a batch in a state, page by page, given to `each`.
///
/// # Errors
/// If the service cannot be read, or `each` fails.
pub(crate) async fn each_row(
    platform: &Platform,
    batch_id: &str,
    state: QuarantineState,
    mut each: impl FnMut(QuarantinedRow) -> Result<()>,
) -> Result<()> {
    let mut page_token = String::new();
    loop {
        let request = ListQuarantinedRowsRequest {
            batch_id: batch_id.to_owned(),
            state: state.into(),
            page_size: 1000,
            page_token,
        };
        let page = platform.ingestion().list_quarantined_rows(request).await?.into_inner();
        page.rows.into_iter().try_for_each(&mut each)?;
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        page_token = page.next_page_token;
    }
}

fn code(state: QuarantineState) -> &'static str {
    state.as_str_name().trim_start_matches("QUARANTINE_STATE_")
}

fn in_words<'a>(state: &'a str, screen: &Screen) -> &'a str {
    match state {
        "OPEN" => screen.choose("待处理", "open"),
        "CLOSED" => screen.choose("已关闭", "closed"),
        "GIVEN_UP" => screen.choose("已放弃", "given up"),
        other => other,
    }
}

fn shown(row: &QuarantinedRow, found: Option<&Columns>, screen: &Screen) -> Vec<String> {
    let rejected = row.row.clone().unwrap_or_default();
    let columns = match found {
        Some(found) => found.at_fault(&rejected),
        None => rejected.columns.iter().map(|column| file_column(column).to_owned()).collect(),
    };
    let reasons: Vec<_> = rejected.reasons.iter().map(|r| screen.text(r.message.as_ref())).collect();
    let settled = match &row.given_up {
        Some(decision) => format!("{}: {}", decision.author, decision.reason),
        None if row.closed_by_batch_id.is_empty() => String::new(),
        None => format!("{} #{}", row.closed_by_batch_id, row.closed_by_row),
    };
    vec![
        rejected.row.to_string(),
        in_words(code(row.state()), screen).to_owned(),
        columns.join("; "),
        reasons.join("; "),
        settled,
        rejected.original,
    ]
}

fn document(row: &QuarantinedRow) -> Value {
    let rejected = row.row.clone().unwrap_or_default();
    let columns: Vec<_> = rejected.columns.iter().map(|column| file_column(column)).collect();
    let reasons: Vec<_> = rejected.reasons.iter().map(|r| r.reason.as_str()).collect();
    json!({
        "row": rejected.row,
        "state": code(row.state()),
        "columns": columns,
        "reasons": reasons,
        "original": rejected.original,
        "closed_by_batch_id": row.closed_by_batch_id,
        "closed_by_row": row.closed_by_row,
        "given_up": row.given_up.as_ref().map(json::batch_decision),
    })
}
