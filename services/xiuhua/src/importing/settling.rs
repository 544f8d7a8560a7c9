//! What becomes of a staged import: committed, approved by a second person, or discarded.

use std::collections::HashMap;
use std::io::{self, IsTerminal};

use anyhow::{Context, Result};
use tokio::task::block_in_place;
use xiuhua_contracts::ingestion::v1::{
    ApproveBatchRequest, Batch, BatchState, CommitBatchRequest, DiscardBatchRequest, GetBatchRequest,
};
use xiuhua_contracts::measure::v1::RowCounts;

use super::{preview, returning, says_yes};
use crate::backup::fingerprint;
use crate::cli::{AuthorArg, CommitArgs, Globals, PreviewArgs, SettleArgs};
use crate::deciding::show_batches;
use crate::json;
use crate::method::UnusableInput;
use crate::platform::{Platform, request_id};
use crate::screen::{Screen, percent};

/// The service answers every mutation with what became of its object.
const NO_BATCH: &str = "the service answered without a batch";

/// `xiuhua commit`.
///
/// # Errors
/// If the service refuses: the batch holds another file, or its rows would be counted otherwise by now.
pub(crate) async fn commit(platform: &Platform, arguments: &CommitArgs, screen: &mut Screen) -> Result<()> {
    let author = author(&arguments.author)?;
    let batch = get_batch(platform, &arguments.batch).await?;
    let content_sha256 = match &arguments.file {
        Some(file) => {
            let hash = block_in_place(|| fingerprint(file));
            let (_, hash) = hash.with_context(|| format!("{}: cannot be read / 无法读取", file.display()))?;
            bytes(&hash)
        }
        None => batch.content_sha256,
    };
    let expected_counts = arguments.counts.map(|counts| {
        let [read, accepted, corrected, duplicate, rejected] = counts.0;
        RowCounts { read, accepted, corrected, duplicate, rejected }
    });
    let request = CommitBatchRequest {
        request_id: request_id(),
        batch_id: batch.id,
        content_sha256,
        author,
        expected_counts,
        preview_position: arguments.position,
    };
    let batch = platform.ingestion().commit_batch(request).await?.into_inner().batch.context(NO_BATCH)?;
    show_settled(&batch, screen)?;
    screen.json(&json::batch(&batch))
}

/// `xiuhua preview`.
///
/// # Errors
/// If the service refuses: the batch counts already, or is given up.
pub(crate) async fn look_at(platform: &Platform, arguments: &PreviewArgs, screen: &mut Screen) -> Result<()> {
    let batch = get_batch(platform, &arguments.batch).await?;
    let seen = preview(platform, &batch).await?;
    show_batches(std::slice::from_ref(&batch), screen)?;
    let columns = returning::Columns::of_batch(platform, &batch).await?;
    preview::show(&seen, &HashMap::new(), columns.as_ref(), screen)?;
    let mut document = json::batch(&batch);
    document["preview"] = preview::document(&seen);
    document["rejected_rows"] = preview::rejected_documents(&seen.rejected_rows).into();
    screen.json(&document)
}

/// `xiuhua approve`: of what is shown, and nothing else.
///
/// # Errors
/// If the service refuses: nobody waits for it, the same person has committed, or the record moves meanwhile.
pub(crate) async fn approve(
    platform: &Platform,
    arguments: &SettleArgs,
    globals: &Globals,
    screen: &mut Screen,
) -> Result<()> {
    let batch = get_batch(platform, &arguments.batch).await?;
    let mut request = ApproveBatchRequest {
        request_id: request_id(),
        batch_id: batch.id.clone(),
        author: arguments.decision.author.clone(),
        reason: arguments.decision.reason.clone(),
        content_sha256: batch.content_sha256.clone(),
        ..ApproveBatchRequest::default()
    };
    // Of another state there is nothing to be seen, and the service says so.
    if batch.state() == BatchState::AwaitingApproval {
        let seen = preview(platform, &batch).await?;
        let columns = returning::Columns::of_batch(platform, &batch).await?;
        preview::show(&seen, &HashMap::new(), columns.as_ref(), screen)?;
        (request.expected_counts, request.preview_position) = (seen.counts, Some(seen.position));
        let asks = !globals.json && io::stdin().is_terminal() && io::stdout().is_terminal();
        if asks && !says_yes(screen)? {
            show_settled(&batch, screen)?;
            return Ok(());
        }
    }
    let batch = platform.ingestion().approve_batch(request).await?.into_inner().batch.context(NO_BATCH)?;
    show_settled(&batch, screen)?;
    screen.json(&json::batch(&batch))
}

/// `xiuhua discard`.
///
/// # Errors
/// If the service refuses: the batch counts already, or is given up.
pub(crate) async fn discard(platform: &Platform, arguments: &SettleArgs, screen: &mut Screen) -> Result<()> {
    let request = DiscardBatchRequest {
        request_id: request_id(),
        batch_id: arguments.batch.clone(),
        author: arguments.decision.author.clone(),
        reason: arguments.decision.reason.clone(),
    };
    let batch = platform.ingestion().discard_batch(request).await?.into_inner().batch.context(NO_BATCH)?;
    show_batches(std::slice::from_ref(&batch), screen)?;
    screen.json(&json::batch(&batch))
}

/// A batch by its id.
///
/// # Errors
/// If there is none.
pub(crate) async fn get_batch(platform: &Platform, id: &str) -> Result<Batch> {
    let request = GetBatchRequest { id: id.to_owned() };
    platform.ingestion().get_batch(request).await?.into_inner().batch.context(NO_BATCH)
}

/// Who commits: as typed or set in the environment, else the login.
///
/// # Errors
/// [`UnusableInput`] if nothing says who it is.
pub(crate) fn author(argument: &AuthorArg) -> Result<String, UnusableInput> {
    let login = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let author = argument.author.clone().or_else(login).filter(|author| !author.trim().is_empty());
    author.ok_or_else(|| {
        UnusableInput(vec![
            "who commits? give --author NAME or set XIUHUA_AUTHOR / 请用 --author 或 XIUHUA_AUTHOR 说明提交人"
                .to_owned(),
        ])
    })
}

/// The bytes that a hexadecimal text stands for.
fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    hexadecimal.as_bytes().chunks_exact(2).filter_map(byte).collect()
}

/// Says what became of a batch, and who has to do what where it waits.
pub(super) fn show_settled(batch: &Batch, screen: &mut Screen) -> Result<()> {
    show_batches(std::slice::from_ref(batch), screen)?;
    let id = &batch.id;
    match batch.state() {
        BatchState::AwaitingApproval => {
            let committed = batch.committed.as_ref().map_or("", |decision| decision.author.as_str());
            let moved = batch.movements.first();
            let (measure, ratio) = moved.map_or(("", None), |m| (m.measure_id.as_str(), m.moved_ratio));
            let ratio = ratio.map_or_else(|| "∞".to_owned(), percent);
            screen.say(
                &format!(
                    "{committed} 已提交，但改动较大（{measure} 变动 {ratio}），须由另一人复核后才生效：\n  \
                     xiuhua preview {id}\n  \
                     xiuhua approve {id} --author <另一人> --reason <理由>\n  \
                     xiuhua discard {id} --author <姓名> --reason <理由>"
                ),
                &format!(
                    "committed by {committed}; it moves much ({measure} by {ratio}) and counts only once another \
                     person approves:\n  xiuhua preview {id}\n  xiuhua approve {id} --author <another person> --reason <why>\n  \
                     xiuhua discard {id} --author <name> --reason <why>"
                ),
            )
        }
        BatchState::Sealed => {
            let open = batch.quarantine.map_or(0, |quarantine| quarantine.open);
            if open == 0 {
                return Ok(());
            }
            screen.say(
                &format!(
                    "{open} 行被拒绝，等待处理：\n  xiuhua quarantine export {id} --out 待修改.xlsx"
                ),
                &format!(
                    "{open} rejected rows wait to be mended:\n  xiuhua quarantine export {id} --out to-mend.xlsx"
                ),
            )
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_in_digits_and_bytes() {
        assert_eq!(bytes("00ff1a"), [0, 255, 26]);
    }
}
