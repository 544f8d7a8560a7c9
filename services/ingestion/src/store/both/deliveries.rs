//! Deliveries up to the seal: opening and admitting chunks; what is listed of them afterwards; and their withdrawal.

use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::ids::new_id;
use xiuhua_service_kit::request_id::{KeyReused, RequestId};

use super::registers::{recall, remember};
use super::{Connection, alone, positions, quarantine};
use crate::domain::batch::{Batch, BatchKind};
use crate::domain::ids::BatchId;
use crate::domain::rejection::RejectedRow;
use crate::domain::review::Decision;
use crate::error::{Error, Noun};
use crate::store::rows::{
    BatchRecord, RejectedRecord, all, integer, json, kind_name, kind_on_record, natural,
};
use crate::store::{Chunk, HotQuery, Matter, NewDecision, NewDelivery, OpenDelivery, Opened, RejectedKey};

const RESUME: &str = "
    UPDATE batch SET attempt = attempt + 1, opened_at = $1
    WHERE batch_id = $2 AND position IS NULL AND held IS NULL
    RETURNING batch_no, attempt, acknowledged_sequence, corrects_batch_no";

pub(super) async fn open(connection: &mut Connection, delivery: &NewDelivery) -> Result<Opened, Error> {
    let Some(answer) = recall(connection, &delivery.mutation).await? else {
        return begin(connection, delivery).await;
    };
    // Shuts out the stream before, if there still is one; the chunk that it stages just now is waited for.
    let resumed: Option<(i64, i64, i64, Option<i64>)> = sqlx::query_as(RESUME)
        .bind(delivery.received_at.as_microsecond())
        .bind(String::from_utf8_lossy(&answer).into_owned())
        .fetch_optional(&mut *connection)
        .await?;
    let Some((batch_no, attempt, acknowledged, corrects)) = resumed else {
        return Ok(Opened::Complete(Box::new(remembered(connection, &answer).await?.try_into()?)));
    };
    let NewDelivery { kind, stage, .. } = *delivery;
    let delivery = OpenDelivery { kind, batch_no, attempt, stage, corrects };
    Ok(Opened::Open { delivery, acknowledged: natural(acknowledged)? })
}

/// The batch that a mutation was answered with.
pub(super) async fn remembered(connection: &mut Connection, answer: &[u8]) -> Result<BatchRecord, Error> {
    let id = BatchId::on_record(String::from_utf8_lossy(answer).into_owned());
    let found = find(connection, &id).await?;
    found.ok_or(Error::Inconsistent("a mutation remembers a batch that is not there"))
}

async fn begin(connection: &mut Connection, delivery: &NewDelivery) -> Result<Opened, Error> {
    give_up(connection, delivery).await?;
    let id = new_id("batch");
    let layout = delivery.layout.as_ref().map(json).transpose()?;
    let (batch_no, corrects) = sqlx::query_as(
        "INSERT INTO batch (batch_id, kind, file_name, request_id, received_at, opened_at, attempt,
                            acknowledged_sequence, staged_rows, content_sha256, layout, corrects_batch_no)
         VALUES ($1, $2, $3, $4, $5, $5, 1, 0, 0, $6, $7, (SELECT batch_no FROM batch WHERE batch_id = $8))
         RETURNING batch_no, corrects_batch_no",
    )
    .bind(&id)
    .bind(kind_name(delivery.kind))
    .bind(&delivery.file_name)
    .bind(delivery.mutation.request_id.as_str())
    .bind(delivery.received_at.as_microsecond())
    .bind(delivery.content_sha256.map(Vec::from))
    .bind(layout)
    .bind(delivery.corrects.as_ref().map(BatchId::as_str))
    .fetch_one(&mut *connection)
    .await?;
    remember(connection, &delivery.mutation, id.as_bytes()).await?;
    let NewDelivery { kind, stage, .. } = *delivery;
    let delivery = OpenDelivery { kind, batch_no, attempt: 1, stage, corrects };
    Ok(Opened::Open { delivery, acknowledged: 0 })
}

const GIVE_UP: &str = concat!(
    "UPDATE batch SET attempt = attempt + 1, acknowledged_sequence = 0, staged_rows = 0
     WHERE batch_no IN (SELECT batch_no FROM batch
                        WHERE position IS NULL AND opened_at < $1 AND acknowledged_sequence > 0 AND held IS NULL",
    skip_locked!(),
    ") RETURNING batch_no, kind"
);

const GIVE_UP_STAGED: &str = concat!(
    "UPDATE batch SET held = 'DISCARDED', acknowledged_sequence = 0, staged_rows = 0
     WHERE batch_no IN (SELECT batch_no FROM batch
                        WHERE position IS NULL AND opened_at < $1 AND held = 'STAGED'",
    skip_locked!(),
    ") RETURNING batch_no, kind"
);

/// Who gives up what nobody decides about, and why.
const ITSELF: &str = "xiuhua";
const TOO_LATE: &str = "逾期无人提交 (nobody committed it in time)";

/// Discards what is staged of deliveries that nobody has come back to for long. Those that broke off stay OPEN, and begin
/// anew if their header comes after all; those that nobody committed are DISCARDED. What waits for a second person is
/// left alone: somebody wants it. Whenever a delivery begins is often enough: none, and nothing piles up.
async fn give_up(connection: &mut Connection, delivery: &NewDelivery) -> Result<(), Error> {
    let before = delivery.given_up_before.as_microsecond();
    let broken_off: Vec<(i64, String)> =
        sqlx::query_as(GIVE_UP).bind(before).fetch_all(&mut *connection).await?;
    let uncommitted: Vec<(i64, String)> =
        sqlx::query_as(GIVE_UP_STAGED).bind(before).fetch_all(&mut *connection).await?;
    for (batch_no, _) in &uncommitted {
        let by = Decision { author: ITSELF.into(), reason: TOO_LATE.into(), time: delivery.received_at };
        note_decision(connection, *batch_no, "DISCARDED", &by).await?;
    }
    for (batch_no, kind) in broken_off.into_iter().chain(uncommitted) {
        discard(connection, kind_on_record(&kind), batch_no).await?;
    }
    Ok(())
}

/// Keeps who decided about a batch.
pub(super) async fn note_decision(
    connection: &mut Connection,
    batch_no: i64,
    act: &'static str,
    decision: &Decision,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO batch_decision (batch_no, act, author, reason, decided_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(batch_no)
    .bind(act)
    .bind(&decision.author)
    .bind(&decision.reason)
    .bind(decision.time.as_microsecond())
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes what is staged of a delivery.
pub(super) async fn discard(
    connection: &mut Connection,
    kind: BatchKind,
    batch_no: i64,
) -> Result<(), Error> {
    let rows: &[&'static str] = match kind {
        BatchKind::Places => &["DELETE FROM staged_place WHERE batch_no = $1"],
        BatchKind::Observations => &[
            "DELETE FROM staged_pack WHERE batch_no = $1",
            "DELETE FROM staged_observation WHERE batch_no = $1",
        ],
    };
    for sql in rows.iter().chain(&["DELETE FROM staged_chunk WHERE batch_no = $1"]) {
        sqlx::query(*sql).bind(batch_no).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Keeps a pack until the seal; `first` is the place of its first row in the delivery.
pub(super) async fn stage_pack(
    connection: &mut Connection,
    batch_no: i64,
    first: i64,
    payload: Vec<u8>,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO staged_pack (batch_no, ordinal, payload) VALUES ($1, $2, $3)")
        .bind(batch_no)
        .bind(first)
        .bind(payload)
        .execute(connection)
        .await?;
    Ok(())
}

/// What is acknowledged of a delivery, if `delivery` may still add to it.
#[derive(sqlx::FromRow)]
pub(super) struct Staged {
    request_id: String,
    acknowledged_sequence: i64,
    pub(super) staged_rows: i64,
}

impl Staged {
    fn chunks(&self) -> Result<u64, Error> {
        natural(self.acknowledged_sequence)
    }

    /// The end of a delivery has to count the chunks that came.
    pub(super) fn check_chunks(&self, told: u64) -> Result<(), Error> {
        let acknowledged = self.chunks()?;
        if told == acknowledged { Ok(()) } else { Err(Error::ChunkCountDiffers { acknowledged, told }) }
    }
}

const HOLD: &str = concat!(
    "SELECT request_id, acknowledged_sequence, staged_rows FROM batch
     WHERE batch_no = $1 AND attempt = $2 AND kind = $3 AND position IS NULL AND held IS NULL",
    for_update!()
);

/// Holds the batch of an open delivery to the end of the transaction.
pub(super) async fn hold(connection: &mut Connection, delivery: OpenDelivery) -> Result<Staged, Error> {
    let staged: Option<Staged> = sqlx::query_as(HOLD)
        .bind(delivery.batch_no)
        .bind(delivery.attempt)
        .bind(kind_name(delivery.kind))
        .fetch_optional(connection)
        .await?;
    staged.ok_or(Error::DeliveryTakenOver)
}

/// Holds a delivery that is complete until somebody decides about it.
pub(super) async fn stage(
    connection: &mut Connection,
    delivery: OpenDelivery,
    chunks: u64,
    clock: &SharedClock,
) -> Result<Batch, Error> {
    hold(connection, delivery).await?.check_chunks(chunks)?;
    // From here on its week counts anew.
    let id: String = sqlx::query_scalar(
        "UPDATE batch SET held = 'STAGED', opened_at = $1 WHERE batch_no = $2 RETURNING batch_id",
    )
    .bind(clock.now().as_microsecond())
    .bind(delivery.batch_no)
    .fetch_one(&mut *connection)
    .await?;
    remembered(connection, id.as_bytes()).await?.try_into()
}

/// Takes note of a chunk and gives the ordinal of its first row; `None` if it was staged before.
pub(super) async fn admit(
    connection: &mut Connection,
    to: OpenDelivery,
    chunk: Chunk,
    rows: usize,
) -> Result<Option<i64>, Error> {
    let staged = hold(connection, to).await?;
    let expected = staged.chunks()? + 1;
    if (1..expected).contains(&chunk.sequence) {
        return recognise(connection, to, chunk, &staged).await.map(|()| None);
    }
    if chunk.sequence != expected {
        return Err(Error::SequenceGap { expected, found: chunk.sequence });
    }
    sqlx::query("INSERT INTO staged_chunk (batch_no, sequence, fingerprint) VALUES ($1, $2, $3)")
        .bind(to.batch_no)
        .bind(integer(chunk.sequence))
        .bind(chunk.fingerprint.as_slice())
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE batch SET acknowledged_sequence = $1, staged_rows = $2 WHERE batch_no = $3")
        .bind(integer(chunk.sequence))
        .bind(staged.staged_rows + integer(rows as u64))
        .bind(to.batch_no)
        .execute(connection)
        .await?;
    Ok(Some(staged.staged_rows))
}

/// A chunk that comes again has to be the same.
async fn recognise(
    connection: &mut Connection,
    to: OpenDelivery,
    chunk: Chunk,
    staged: &Staged,
) -> Result<(), Error> {
    let before: Vec<u8> =
        sqlx::query_scalar("SELECT fingerprint FROM staged_chunk WHERE batch_no = $1 AND sequence = $2")
            .bind(to.batch_no)
            .bind(integer(chunk.sequence))
            .fetch_one(connection)
            .await?;
    if before == chunk.fingerprint {
        return Ok(());
    }
    let request_id = RequestId::parse(&staged.request_id)
        .map_err(|_| Error::Inconsistent("the request id of a batch is none"))?;
    Err(KeyReused { request_id }.into())
}

pub(super) async fn withdraw(connection: &mut Connection, withdrawal: &NewDecision) -> Result<Batch, Error> {
    if let Some(answer) = recall(connection, &withdrawal.mutation).await? {
        return remembered(connection, &answer).await?.try_into();
    }
    alone(connection, Matter::Positions).await?;
    let id = &withdrawal.batch_id;
    let record = find(connection, id).await?.ok_or_else(|| Error::NotFound(Noun::Batch, id.to_string()))?;
    let batch_no = record.batch_no;
    let batch = Batch::try_from(record)?;
    let Some(seal) = batch.seal else { return Err(Error::BatchNotSealed(batch.id)) };
    if batch.withdrawal.is_some() {
        return Err(Error::BatchWithdrawn(batch.id));
    }
    let (position, earliest) = positions::next(connection, withdrawal.clock.now()).await?;
    sqlx::query(
        "INSERT INTO withdrawal (batch_no, batch_position, position, author, reason, withdrawn_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(batch_no)
    .bind(integer(seal.position.0))
    .bind(position)
    .bind(&withdrawal.author)
    .bind(&withdrawal.reason)
    .bind(earliest)
    .execute(&mut *connection)
    .await?;
    quarantine::settle(connection, integer(seal.position.0)).await?;
    remember(connection, &withdrawal.mutation, id.as_str().as_bytes()).await?;
    // Last of all: the work may have taken long, in which the position before this one was read as the newest.
    sqlx::query("UPDATE withdrawal SET withdrawn_at = $1 WHERE batch_no = $2")
        .bind(withdrawal.clock.now().as_microsecond().max(earliest))
        .bind(batch_no)
        .execute(&mut *connection)
        .await?;
    remembered(connection, id.as_str().as_bytes()).await?.try_into()
}

/// Batches with what was decided about them.
macro_rules! batches {
    ($rest:literal) => {
        concat!(
            "SELECT b.*, corrected.batch_id AS corrects_batch_id,
                    committed.author AS committed_by, committed.decided_at AS committed_at,
                    approved.author AS approved_by, approved.reason AS approved_for,
                    approved.decided_at AS approved_at,
                    discarded.author AS discarded_by, discarded.reason AS discarded_for,
                    discarded.decided_at AS discarded_at,
                    w.position AS withdrawn_position, w.author, w.reason, w.withdrawn_at
             FROM batch AS b LEFT JOIN withdrawal AS w ON w.batch_no = b.batch_no
                 LEFT JOIN batch AS corrected ON corrected.batch_no = b.corrects_batch_no
                 LEFT JOIN batch_decision AS committed
                     ON committed.batch_no = b.batch_no AND committed.act = 'COMMITTED'
                 LEFT JOIN batch_decision AS approved
                     ON approved.batch_no = b.batch_no AND approved.act = 'APPROVED'
                 LEFT JOIN batch_decision AS discarded
                     ON discarded.batch_no = b.batch_no AND discarded.act = 'DISCARDED' ",
            $rest
        )
    };
}

const FIND: &str = batches!("WHERE b.batch_id = $1");
const BATCHES: &str = batches!("WHERE b.batch_no < $1 ORDER BY b.batch_no DESC LIMIT $2");
const REJECTED_ROWS: &str = "
    SELECT row_no, ordinal, reasons, original FROM rejected_row
    WHERE batch_no = (SELECT batch_no FROM batch WHERE batch_id = $1) AND (row_no, ordinal) > ($2, $3)
    ORDER BY row_no, ordinal LIMIT $4";

pub(super) const HOT_QUERIES: &[HotQuery] = &[
    HotQuery::new("resume a delivery", RESUME),
    HotQuery::new("find abandoned deliveries", GIVE_UP),
    HotQuery::new("find deliveries that nobody commits", GIVE_UP_STAGED),
    HotQuery::new("hold a batch", HOLD),
    HotQuery::new("batch", FIND),
    HotQuery::new("batches", BATCHES),
    HotQuery::new("rejected rows", REJECTED_ROWS),
];

pub(super) async fn find(connection: &mut Connection, id: &BatchId) -> Result<Option<BatchRecord>, Error> {
    let found = sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(connection).await?;
    Ok(found)
}

pub(super) async fn batches(
    connection: &mut Connection,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Batch)>, Error> {
    let found: Vec<BatchRecord> =
        sqlx::query_as(BATCHES).bind(before.unwrap_or(i64::MAX)).bind(limit).fetch_all(connection).await?;
    found.into_iter().map(|record| Ok((record.batch_no, record.try_into()?))).collect()
}

pub(super) async fn rejected_rows(
    connection: &mut Connection,
    id: &BatchId,
    after: Option<RejectedKey>,
    limit: i64,
) -> Result<Vec<RejectedRow>, Error> {
    let (row, ordinal) = after.map_or((-1, -1), |(row, ordinal)| (integer(row), integer(ordinal)));
    let found: Vec<RejectedRecord> = sqlx::query_as(REJECTED_ROWS)
        .bind(id.as_str())
        .bind(row)
        .bind(ordinal)
        .bind(limit)
        .fetch_all(connection)
        .await?;
    all(found)
}
