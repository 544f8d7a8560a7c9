//! Batches and their quarantine as they stand in tables.

use super::{
    RejectedRecord, bits, from_json, instant, json, kind_on_record, natural, value as value_of_bits,
};
use crate::domain::batch::{Batch, Position, RowCounts, Seal, Withdrawal};
use crate::domain::ids::{BatchId, MeasureId};
use crate::domain::period::Period;
use crate::domain::quarantine::{Outcome, QuarantineCounts, QuarantinedRow};
use crate::domain::review::{Decision, Held, Movement};
use crate::error::Error;
use crate::store::QuarantineKey;

/// A movement as its batch keeps it: measure, period, bits of the ratio, places moved, places before. A ratio in digits
/// might come back changed in the last bit.
type MovementOnRecord = (String, String, Option<i64>, u64, u64);

/// Movements as their batch keeps them.
pub(in crate::store) fn movements_json(movements: &[Movement]) -> Result<String, Error> {
    let kept: Vec<MovementOnRecord> = movements
        .iter()
        .map(|movement| {
            let Movement { measure_id, period, moved_ratio, places_moved, places_before } = movement;
            let ratio = moved_ratio.map(bits);
            (measure_id.to_string(), period.to_string(), ratio, *places_moved, *places_before)
        })
        .collect();
    json(&kept)
}

fn movement(
    (measure_id, period, ratio, places_moved, places_before): MovementOnRecord,
) -> Result<Movement, Error> {
    Ok(Movement {
        measure_id: MeasureId::on_record(measure_id),
        period: Period::parse(&period)
            .map_err(|_| Error::Inconsistent("the period of a movement is none"))?,
        moved_ratio: ratio.map(value_of_bits),
        places_moved,
        places_before,
    })
}

#[derive(sqlx::FromRow)]
pub(in crate::store) struct BatchRecord {
    pub(in crate::store) batch_no: i64,
    batch_id: String,
    kind: String,
    file_name: String,
    request_id: String,
    received_at: i64,
    content_sha256: Option<Vec<u8>>,
    layout: Option<String>,
    corrects_batch_id: Option<String>,
    position: Option<i64>,
    sealed_at: Option<i64>,
    rows_read: Option<i64>,
    accepted: Option<i64>,
    corrected: Option<i64>,
    duplicate: Option<i64>,
    rejected: Option<i64>,
    closed_rows: i64,
    given_up_rows: i64,
    held: Option<String>,
    movements: Option<String>,
    committed_by: Option<String>,
    committed_at: Option<i64>,
    approved_by: Option<String>,
    approved_for: Option<String>,
    approved_at: Option<i64>,
    discarded_by: Option<String>,
    discarded_for: Option<String>,
    discarded_at: Option<i64>,
    withdrawn_position: Option<i64>,
    author: Option<String>,
    reason: Option<String>,
    withdrawn_at: Option<i64>,
}

impl TryFrom<BatchRecord> for Batch {
    type Error = Error;

    fn try_from(row: BatchRecord) -> Result<Self, Error> {
        let count = |count: Option<i64>| natural(count.unwrap_or_default());
        let counts = RowCounts {
            read: count(row.rows_read)?,
            accepted: count(row.accepted)?,
            corrected: count(row.corrected)?,
            duplicate: count(row.duplicate)?,
            rejected: count(row.rejected)?,
        };
        let (closed, given_up) = (natural(row.closed_rows)?, natural(row.given_up_rows)?);
        let open = counts.rejected.checked_sub(closed + given_up);
        let open = open.ok_or(Error::Inconsistent("more rejected rows are settled than there are"))?;
        let seal = match (row.position, row.sealed_at) {
            (Some(position), Some(sealed_at)) => {
                Some(Seal { position: Position(natural(position)?), sealed_at: instant(sealed_at)?, counts })
            }
            _ => None,
        };
        let withdrawal = match (row.withdrawn_position, row.author, row.reason, row.withdrawn_at) {
            (Some(position), Some(author), Some(reason), Some(withdrawn_at)) => Some(Withdrawal {
                position: Position(natural(position)?),
                author,
                reason,
                withdrawn_at: instant(withdrawn_at)?,
            }),
            _ => None,
        };
        let movements: Vec<MovementOnRecord> =
            row.movements.as_deref().map(from_json).transpose()?.unwrap_or_default();
        let of_32_bytes = |hash: Vec<u8>| {
            hash.try_into().map_err(|_| Error::Inconsistent("the hash of a file is not of 32 bytes"))
        };
        Ok(Self {
            id: BatchId::on_record(row.batch_id),
            kind: kind_on_record(&row.kind),
            file_name: row.file_name,
            request_id: row.request_id,
            received_at: instant(row.received_at)?,
            content_sha256: row.content_sha256.map(of_32_bytes).transpose()?,
            layout: row.layout.as_deref().map(from_json).transpose()?,
            corrects: row.corrects_batch_id.map(BatchId::on_record),
            seal,
            withdrawal,
            held: row.held.as_deref().map(held_on_record).transpose()?,
            committed: decision(row.committed_by, Some(String::new()), row.committed_at)?,
            approved: decision(row.approved_by, row.approved_for, row.approved_at)?,
            discarded: decision(row.discarded_by, row.discarded_for, row.discarded_at)?,
            movements: movements.into_iter().map(movement).collect::<Result<_, _>>()?,
            quarantine: QuarantineCounts { open, closed, given_up },
        })
    }
}

fn held_on_record(name: &str) -> Result<Held, Error> {
    match name {
        "STAGED" => Ok(Held::Staged),
        "AWAITING_APPROVAL" => Ok(Held::AwaitingApproval),
        "DISCARDED" => Ok(Held::Discarded),
        _ => Err(Error::Inconsistent("a batch is held in a way that is none")),
    }
}

fn decision(
    author: Option<String>,
    reason: Option<String>,
    at: Option<i64>,
) -> Result<Option<Decision>, Error> {
    match (author, reason, at) {
        (Some(author), Some(reason), Some(at)) => Ok(Some(Decision { author, reason, time: instant(at)? })),
        _ => Ok(None),
    }
}

/// A rejected row with its batch and what became of it.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct QuarantinedRecord {
    batch_no: i64,
    batch_id: String,
    file_name: String,
    kind: String,
    #[sqlx(flatten)]
    row: RejectedRecord,
    state: String,
    closing_batch_id: Option<String>,
    closing_row: Option<i64>,
    author: Option<String>,
    why: Option<String>,
    given_up_at: Option<i64>,
}

impl TryFrom<QuarantinedRecord> for (QuarantineKey, QuarantinedRow) {
    type Error = Error;

    fn try_from(record: QuarantinedRecord) -> Result<Self, Error> {
        const UNPROVEN: Error = Error::Inconsistent("what became of a rejected row has no proof");
        let outcome = match record.state.as_str() {
            "OPEN" => Outcome::Open,
            "CLOSED" => {
                let closed_by = record.closing_batch_id.zip(record.closing_row);
                let (batch_id, row) = closed_by.ok_or(UNPROVEN)?;
                Outcome::Closed { batch_id: BatchId::on_record(batch_id), row: natural(row)? }
            }
            _ => {
                let given_up = decision(record.author, record.why, record.given_up_at)?;
                Outcome::GivenUp(given_up.ok_or(UNPROVEN)?)
            }
        };
        let row = crate::domain::rejection::RejectedRow::try_from(record.row)?;
        let key = (natural(record.batch_no)?, row.row, row.ordinal);
        let row = QuarantinedRow {
            batch_id: BatchId::on_record(record.batch_id),
            file_name: record.file_name,
            kind: kind_on_record(&record.kind),
            row,
            outcome,
        };
        Ok((key, row))
    }
}
