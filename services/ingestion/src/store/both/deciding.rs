//! Decisions about deliveries that are held: looking at what they would do, committing, approving, discarding.

use sqlx::Connection as _;
use xiuhua_service_kit::clock::SharedClock;

use super::deliveries::{self, find, note_decision, remembered};
use super::registers::{recall, remember};
use super::sealing::{self, Decided, Held as Waiting};
use super::{Connection, alone, positions};
use crate::domain::batch::{Batch, BatchKind, Position, RowCounts};
use crate::domain::ids::BatchId;
use crate::domain::rejection::RejectedRow;
use crate::domain::review::{Decision, Held, Movement, Preview, is_same_person};
use crate::error::{Error, Noun};
use crate::store::rows::{integer, movements_json, natural};
use crate::store::{HotQuery, Matter, NewApproval, NewCommit, NewDecision, PreviewQuery, RejectedKey};

/// Bytes of rejected rows after which a preview shows no more.
const FULL_BYTES: usize = 512 * 1024;
/// Rejected rows read at once: the original text of each may be 1 MiB long.
const REJECTED_ROWS_AT_ONCE: i64 = 8;

const HOLD: &str = concat!(
    "SELECT batch_no, staged_rows, corrects_batch_no FROM batch
     WHERE batch_id = $1 AND held IN ('STAGED', 'AWAITING_APPROVAL')",
    for_update!()
);

pub(super) const HOT_QUERIES: &[HotQuery] = &[HotQuery::new("hold a staged batch", HOLD)];

/// A batch that waits, and nobody else decides about it to the end of the transaction.
async fn hold(connection: &mut Connection, id: &BatchId) -> Result<(Batch, Waiting), Error> {
    alone(connection, Matter::Positions).await?;
    let held: Option<(i64, i64, Option<i64>)> =
        sqlx::query_as(HOLD).bind(id.as_str()).fetch_optional(&mut *connection).await?;
    let found = find(connection, id).await?;
    let batch = Batch::try_from(found.ok_or_else(|| Error::NotFound(Noun::Batch, id.to_string()))?)?;
    let Some((batch_no, rows, corrects)) = held else { return Err(Error::BatchNotStaged(batch.id)) };
    let waiting = Waiting { kind: batch.kind, batch_no, rows, corrects };
    if waiting.kind == BatchKind::Observations {
        alone(connection, Matter::Measures).await?;
    }
    Ok((batch, waiting))
}

/// What a batch would do: in a transaction that its caller takes back.
pub(super) async fn preview(connection: &mut Connection, query: &PreviewQuery) -> Result<Preview, Error> {
    let (batch, waiting) = hold(connection, &query.batch_id).await?;
    let decided = sealing::decide(connection, waiting, &query.clock, true).await?;
    let samples = sealing::samples(connection, &decided, query.samples).await?;
    let rejected = first_rejected_rows(connection, &query.batch_id, query.rejected_rows).await?;
    let movements = sealing::movements(connection, &decided).await?;
    let position = Position(natural(decided.position() - 1)?);
    Ok(Preview { batch, position, counts: decided.counts, samples, rejected, movements })
}

async fn first_rejected_rows(
    connection: &mut Connection,
    id: &BatchId,
    most: u32,
) -> Result<Vec<RejectedRow>, Error> {
    let (mut rows, mut bytes): (Vec<RejectedRow>, usize) = (Vec::new(), 0);
    loop {
        let left = i64::from(most) - integer(rows.len() as u64);
        let step = left.min(REJECTED_ROWS_AT_ONCE);
        let after: Option<RejectedKey> = rows.last().map(|row| (row.row, row.ordinal));
        if step <= 0 {
            return Ok(rows);
        }
        let found = deliveries::rejected_rows(connection, id, after, step).await?;
        let is_last = integer(found.len() as u64) < step;
        for row in found {
            if bytes >= FULL_BYTES {
                return Ok(rows);
            }
            bytes += row.bytes();
            rows.push(row);
        }
        if is_last {
            return Ok(rows);
        }
    }
}

pub(super) async fn commit(connection: &mut Connection, commit: &NewCommit) -> Result<Batch, Error> {
    if let Some(answer) = recall(connection, &commit.mutation).await? {
        return remembered(connection, &answer).await?.try_into();
    }
    let (batch, waiting) = hold(connection, &commit.batch_id).await?;
    if batch.held != Some(Held::Staged) {
        return Err(Error::BatchNotStaged(batch.id));
    }
    if batch.content_sha256 != Some(commit.content_sha256) {
        return Err(Error::ContentDiffers(batch.id));
    }
    check_position(connection, commit.preview_position).await?;
    // One step of its own within the transaction: what moves too much is taken back, and that it was committed is not.
    let mut attempt = connection.begin().await?;
    let decided =
        sealing::decide(&mut attempt, waiting, &commit.clock, commit.second_person_above.is_some()).await?;
    check_counts(&decided, commit.expected)?;
    let mut movements: Vec<Movement> = Vec::new();
    if let Some(share) = commit.second_person_above {
        movements = sealing::movements(&mut attempt, &decided).await?;
        movements.retain(|movement| movement.exceeds(share));
    }
    if movements.is_empty() {
        sealing::put_in_force(&mut attempt, &decided, &commit.clock).await?;
        attempt.commit().await?;
    } else {
        attempt.rollback().await?;
        sqlx::query("UPDATE batch SET held = 'AWAITING_APPROVAL', movements = $1 WHERE batch_no = $2")
            .bind(movements_json(&movements)?)
            .bind(waiting.batch_no)
            .execute(&mut *connection)
            .await?;
    }
    let author = commit.author.clone();
    let decision = Decision { author, reason: String::new(), time: commit.clock.now() };
    note_decision(connection, waiting.batch_no, "COMMITTED", &decision).await?;
    let answer = commit.batch_id.as_str().as_bytes();
    remember(connection, &commit.mutation, answer).await?;
    remembered(connection, answer).await?.try_into()
}

/// What was looked at has to be what there is: the values that a delivery meets tell of more than its counts do.
async fn check_position(connection: &mut Connection, seen: Option<Position>) -> Result<(), Error> {
    let Some(seen) = seen else { return Ok(()) };
    let newest = positions::newest(connection).await?;
    if seen == newest { Ok(()) } else { Err(Error::RecordMoved { seen, newest }) }
}

fn check_counts(decided: &Decided, seen: Option<RowCounts>) -> Result<(), Error> {
    match seen.filter(|seen| *seen != decided.counts) {
        Some(expected) => Err(Error::OutcomeChanged { expected, found: decided.counts }),
        None => Ok(()),
    }
}

pub(super) async fn approve(connection: &mut Connection, approval: &NewApproval) -> Result<Batch, Error> {
    let NewApproval { decision: approval, content_sha256, expected, preview_position } = approval;
    if let Some(answer) = recall(connection, &approval.mutation).await? {
        return remembered(connection, &answer).await?.try_into();
    }
    let waits = |refused| match refused {
        Error::BatchNotStaged(id) => Error::BatchNotAwaitingApproval(id),
        other => other,
    };
    let (batch, waiting) = hold(connection, &approval.batch_id).await.map_err(waits)?;
    if batch.held != Some(Held::AwaitingApproval) {
        return Err(Error::BatchNotAwaitingApproval(batch.id));
    }
    let committed =
        batch.committed.ok_or(Error::Inconsistent("nobody committed what waits for a second person"))?;
    if is_same_person(&committed.author, &approval.author) {
        return Err(Error::SamePerson(batch.id));
    }
    if content_sha256.is_some_and(|meant| batch.content_sha256 != Some(meant)) {
        return Err(Error::ContentDiffers(batch.id));
    }
    check_position(connection, *preview_position).await?;
    let decided = sealing::decide(connection, waiting, &approval.clock, false).await?;
    check_counts(&decided, *expected)?;
    sealing::put_in_force(connection, &decided, &approval.clock).await?;
    settle(connection, waiting.batch_no, "APPROVED", approval, &approval.clock).await
}

pub(super) async fn discard(connection: &mut Connection, discarding: &NewDecision) -> Result<Batch, Error> {
    if let Some(answer) = recall(connection, &discarding.mutation).await? {
        return remembered(connection, &answer).await?.try_into();
    }
    let (_, waiting) = hold(connection, &discarding.batch_id).await?;
    deliveries::discard(connection, waiting.kind, waiting.batch_no).await?;
    sqlx::query(
        "UPDATE batch SET held = 'DISCARDED', acknowledged_sequence = 0, staged_rows = 0 WHERE batch_no = $1",
    )
    .bind(waiting.batch_no)
    .execute(&mut *connection)
    .await?;
    settle(connection, waiting.batch_no, "DISCARDED", discarding, &discarding.clock).await
}

/// Keeps a decision that was carried out, and gives the batch as it is now.
async fn settle(
    connection: &mut Connection,
    batch_no: i64,
    act: &'static str,
    decided: &NewDecision,
    clock: &SharedClock,
) -> Result<Batch, Error> {
    let (author, reason) = (decided.author.clone(), decided.reason.clone());
    note_decision(connection, batch_no, act, &Decision { author, reason, time: clock.now() }).await?;
    let answer = decided.batch_id.as_str().as_bytes();
    remember(connection, &decided.mutation, answer).await?;
    remembered(connection, answer).await?.try_into()
}
