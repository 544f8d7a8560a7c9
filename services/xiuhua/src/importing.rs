//! `xiuhua import`: read → stage → preview → commit. What is rejected goes back in the sender's own layout.
//!
//! A file is delivered whole before anything of it counts. Somebody then sees what it would do and commits exactly that
//! file; machines say `--yes`. `settling` is what can be done later with what was left staged.

mod opening;
mod preview;
pub(crate) mod returning;
mod settling;

use std::io::{self, BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::task::block_in_place;
use tonic::Status;
use xiuhua_contracts::ingestion::v1::{
    Batch, BatchState, CommitBatchRequest, ListRejectedRowsRequest, PreviewBatchRequest, PreviewBatchResponse,
};
use xiuhua_contracts::measure::v1::RowCounts;
use xiuhua_spreadsheets::book::UnwritableBook;

use self::opening::Opened;
use crate::cli::{Globals, ImportArgs};
use crate::delivery::has_passing_cause;
use crate::failure::Unfinished;
use crate::json;
use crate::method::UnusableInput;
use crate::platform::{Platform, request_id};
use crate::progress::Progress;
use crate::screen::{Outcome, Screen};

pub(crate) use opening::propose;
pub(crate) use settling::{approve, commit, discard, get_batch, look_at};

/// Rejected rows in the JSON document; all of them are kept by the platform, and go back in the returned sheet.
const REJECTED_TOLD: u32 = 1_000;
/// Bytes of an answer that are read.
const ANSWER_BYTES: u64 = 100;

/// Imports a file, or drafts a mapping for it.
///
/// # Errors
/// [`crate::intake::UnusableFile`] or [`crate::method::UnusableInput`] for a file that cannot be used; whatever a
/// service refuses.
pub(crate) async fn run(
    platform: &Platform,
    arguments: &ImportArgs,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<Outcome> {
    import(platform, arguments, File::Stays, globals, screen).await
}

/// Whether the file is there when the command has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// It is the user's.
    Stays,
    /// It was made on the way.
    Passes,
}

/// Imports a file of the user's, or one that was made on the way.
///
/// # Errors
/// As [`run`].
pub(crate) async fn import(
    platform: &Platform,
    arguments: &ImportArgs,
    source: File,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<Outcome> {
    let asks = !arguments.yes && !globals.json && io::stdin().is_terminal() && io::stdout().is_terminal();
    if let Some(fault) = overwritten(arguments) {
        bail!(UnusableInput(vec![fault]));
    }
    // That nobody commits is said before anything is delivered.
    let author = if arguments.yes || asks { settling::author(&arguments.author)? } else { String::new() };
    let delivery = arguments.request_id.clone().unwrap_or_else(request_id);
    let mut file = opening::open(platform, arguments).await?;
    file.show(screen)?;
    let progress = Progress::new("import", globals.quiet);
    let delivered = file.deliver(platform, delivery.clone(), &progress).await;
    drop(progress);
    let batch = delivered.map_err(|error| match error.downcast_ref::<Status>() {
        Some(status) if has_passing_cause(status) => error.context(Unfinished(delivery)),
        _ => error,
    })?;
    file.show_remarks(screen)?;
    let mut document = json!({ "file": file.about(), "preview": Value::Null, "returned": Value::Null });
    let batch = match batch.state() {
        BatchState::Staged if arguments.yes => settle(platform, &batch, author, None).await?,
        BatchState::Staged => {
            let preview = preview(platform, &batch).await?;
            let columns = returning::Columns::of_batch(platform, &batch).await?;
            preview::show(&preview, &file.names(), columns.as_ref(), screen)?;
            document["preview"] = preview::document(&preview);
            if asks && says_yes(screen)? {
                settle(platform, &batch, author, Some(&preview)).await?
            } else {
                document["rejected_rows"] = preview::rejected_documents(&preview.rejected_rows).into();
                document["next"] = next(&batch, (arguments, source), &preview, globals, screen)?;
                batch
            }
        }
        _ => batch,
    };
    if !matches!(batch.state(), BatchState::Staged) {
        settled(platform, (arguments, source), &file, &batch, &mut document, screen).await?;
    }
    merge(&mut document, json::batch(&batch));
    screen.json(&document)?;
    let given_up = batch.state() == BatchState::Discarded;
    Ok(if given_up { Outcome::Differs } else { Outcome::Done })
}

async fn preview(platform: &Platform, batch: &Batch) -> Result<PreviewBatchResponse> {
    let request = PreviewBatchRequest {
        batch_id: batch.id.clone(),
        samples: preview::SAMPLES,
        rejected_rows: REJECTED_TOLD,
    };
    Ok(platform.ingestion().preview_batch(request).await?.into_inner())
}

/// Commits what was delivered, and nothing else: the file by its hash, its outcome by the counts and the position that were shown.
async fn settle(
    platform: &Platform,
    batch: &Batch,
    author: String,
    seen: Option<&PreviewBatchResponse>,
) -> Result<Batch> {
    let request = CommitBatchRequest {
        request_id: request_id(),
        batch_id: batch.id.clone(),
        content_sha256: batch.content_sha256.clone(),
        author,
        expected_counts: seen.and_then(|seen| seen.counts),
        preview_position: seen.map(|seen| seen.position),
    };
    let answer = platform.ingestion().commit_batch(request).await?.into_inner();
    answer.batch.context("the service answered without a batch")
}

/// Asks the person at the terminal.
fn says_yes(screen: &mut Screen) -> Result<bool> {
    screen.say(
        "是否提交？输入 y 并回车提交，其他输入则暂不提交。",
        "Commit? Type y to commit; anything else leaves it staged.",
    )?;
    let mut answer = String::new();
    block_in_place(|| io::stdin().lock().take(ANSWER_BYTES).read_line(&mut answer))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "是" | "ｙ"))
}

/// Says by which commands a staged import goes on, and gives them.
fn next(
    batch: &Batch,
    from: (&ImportArgs, File),
    seen: &PreviewBatchResponse,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<Value> {
    let (arguments, source) = from;
    // The same platform, whatever the environment says then.
    let mut program = "xiuhua".to_owned();
    let folder = globals.data_dir.as_ref().map(|folder| folder.to_string_lossy());
    let config = globals.config.as_ref().map(|file| file.to_string_lossy());
    for (option, value) in [
        ("server", globals.server.as_deref()),
        ("data-dir", folder.as_deref()),
        ("config", config.as_deref()),
    ] {
        program += &value.map_or(String::new(), |value| format!(" --{option} {}", quoted(value)));
    }
    let mut commit = format!("{program} commit {}", batch.id);
    if source == File::Stays && arguments.file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        commit += &format!(" --file {}", quoted(&arguments.file.to_string_lossy()));
    }
    if let Some(RowCounts { read, accepted, corrected, duplicate, rejected }) = &seen.counts {
        commit += &format!(" --counts {read},{accepted},{corrected},{duplicate},{rejected}");
    }
    commit += &format!(" --position {}", seen.position);
    commit += &arguments.author.author.as_ref().map_or(String::new(), |a| format!(" --author {}", quoted(a)));
    let discard = format!("{program} discard {}", batch.id);
    screen.say(
        &format!(
            "尚未提交，数据未生效。提交或放弃：\n  {commit}\n  {discard} --author <姓名> --reason <理由>"
        ),
        &format!(
            "Nothing counts yet. Commit or give up:\n  {commit}\n  {discard} --author <name> --reason <why>"
        ),
    )?;
    Ok(json!({ "commit": commit, "discard": discard }))
}

/// Says what became of an import that is not staged any more; what was rejected goes back.
async fn settled(
    platform: &Platform,
    from: (&ImportArgs, File),
    file: &Opened,
    batch: &Batch,
    document: &mut Value,
    screen: &mut Screen,
) -> Result<()> {
    if batch.state() == BatchState::Sealed {
        screen.counts(&[batch])?;
    } else {
        settling::show_settled(batch, screen)?;
    }
    let mut first = Vec::new();
    if matches!(batch.state(), BatchState::Sealed | BatchState::Withdrawn) {
        let request = ListRejectedRowsRequest {
            batch_id: batch.id.clone(),
            page_size: REJECTED_TOLD,
            ..Default::default()
        };
        first = platform.ingestion().list_rejected_rows(request).await?.into_inner().rows;
        // The preview has shown them.
        if document["preview"].is_null() {
            let columns = returning::Columns::of_batch(platform, batch).await?;
            preview::show_rejected(&first, &file.names(), columns.as_ref(), screen)?;
        }
    }
    document["rejected_rows"] = preview::rejected_documents(&first).into();
    if batch.quarantine.is_some_and(|quarantine| quarantine.open > 0) {
        document["returned"] = give_back(platform, from, file, batch, screen).await?;
    }
    Ok(())
}

/// Writes the rejected rows where they were asked for, or beside the file; gives the path. That there is no room beside
/// the file undoes nothing: the rows can be exported at any time.
async fn give_back(
    platform: &Platform,
    from: (&ImportArgs, File),
    file: &Opened,
    batch: &Batch,
    screen: &mut Screen,
) -> Result<Value> {
    let id = &batch.id;
    let (arguments, source) = from;
    let asked = arguments.returned.clone();
    let replaces = asked.as_ref().is_some_and(|path| path.exists());
    let free = || match source {
        File::Stays => returning::free_path(&arguments.file),
        // Into the folder that the user is in.
        File::Passes => returning::free_beside(Path::new(arguments.file.file_name()?)),
    };
    let Some(path) = asked.clone().or_else(free) else {
        screen.say(
            &format!("取回被拒绝的行：xiuhua quarantine export {id} --out 待修改.xlsx"),
            &format!("to get the rejected rows back: xiuhua quarantine export {id} --out to-mend.xlsx"),
        )?;
        return Ok(Value::Null);
    };
    let written = returning::write_open_rows(platform, batch, file.remark_texts(), &path).await;
    let written = match written {
        Err(error) if asked.is_none() && error.is::<UnwritableBook>() => {
            screen.say(
                &format!("无法写出退回表（{error:#}）。取回被拒绝的行：xiuhua quarantine export {id} --out 待修改.xlsx"),
                &format!(
                    "the returned sheet cannot be written ({error:#}); to get the rejected rows back: xiuhua quarantine \
                     export {id} --out to-mend.xlsx"
                ),
            )?;
            return Ok(Value::Null);
        }
        written => written?,
    };
    let (path, rows) = (path.display().to_string(), written.rows);
    // A row of a wide sheet holds several values, each of which is counted above.
    let rejected = batch.counts.unwrap_or_default().rejected;
    let (of_zh, of_en) = if rejected == rows {
        (String::new(), String::new())
    } else {
        (format!("（共 {rejected} 个值）"), format!(" ({rejected} values)"))
    };
    let (zh, en) =
        if replaces { ("（已替换原有文件）", " (replacing what was there)") } else { ("", "") };
    screen.say(
        &format!("{rows} 行{of_zh}被拒绝，已写入 {path}{zh}；在表中改好后直接导入该文件即可"),
        &format!("{rows} rejected rows{of_en} are in {path}{en}; mend them there and import that file"),
    )?;
    Ok(path.into())
}

/// What is imported must not be replaced by what is rejected of it.
fn overwritten(arguments: &ImportArgs) -> Option<String> {
    let returned = arguments.returned.as_ref()?.canonicalize().ok()?;
    let inputs = [Some(&arguments.file), arguments.mapping.as_ref()];
    let same = |input: &&PathBuf| input.canonicalize().is_ok_and(|input| input == returned);
    let file = inputs.into_iter().flatten().find(same)?.display();
    Some(format!(
        "{file}: is imported, and --returned would replace it / 正在导入该文件，--returned 会覆盖它"
    ))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | '@' | ':' | '+' | ',');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Adds what is known of the batch to the document.
fn merge(document: &mut Value, batch: Value) {
    if let (Value::Object(document), Value::Object(batch)) = (document, batch) {
        document.extend(batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_shown_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("数据/小区-1.csv"), "数据/小区-1.csv");
        assert_eq!(quoted("my file.csv"), "'my file.csv'");
        assert_eq!(quoted("$(rm 'x').csv"), r"'$(rm '\''x'\'').csv'");
    }
}
