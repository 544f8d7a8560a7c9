//! The seal: every row of a delivery gets its verdict, and the delivery its position, in one transaction.
//!
//! The rules are in `domain/batch.rs` and `domain/observation.rs`; here they are sets in SQL, because a delivery may
//! be larger than memory. Only rejected rows pass through this process, a page at a time, to be given their words.

mod observations;
mod places;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::deliveries;
use crate::domain::batch::{Batch, BatchKind, RowCounts};
use crate::error::Error;
use crate::store::OpenDelivery;
use crate::store::rows::{BatchRecord, integer, natural};

/// Rejected rows that pass through memory at once.
const PAGE_ROWS: i64 = 1_000;

/// A delivery while it is being sealed.
#[derive(Clone, Copy, Debug)]
struct Sealing {
    batch_no: i64,
    position: i64,
    /// When its rows arrive, microseconds; later than any arrival before.
    arrival: i64,
}

/// Verdicts on the rows that were not rejected.
#[derive(Clone, Copy, Debug)]
struct Verdicts {
    accepted: u64,
    corrected: u64,
    duplicate: u64,
}

pub(super) async fn seal(
    connection: &mut SqliteConnection,
    delivery: OpenDelivery,
    chunks: u64,
    now: Timestamp,
) -> Result<Batch, Error> {
    let OpenDelivery { kind, batch_no, attempt } = delivery;
    let staged: Option<(i64, i64)> = sqlx::query_as(
        "SELECT acknowledged_sequence, staged_rows FROM batch
         WHERE batch_no = ? AND attempt = ? AND position IS NULL",
    )
    .bind(batch_no)
    .bind(attempt)
    .fetch_optional(&mut *connection)
    .await?;
    let (acknowledged, read) = staged.ok_or(Error::DeliveryTakenOver)?;
    let (acknowledged, read) = (natural(acknowledged)?, natural(read)?);
    if chunks != acknowledged {
        return Err(Error::ChunkCountDiffers { acknowledged, told: chunks });
    }
    // A clock that was set back must not make this delivery older than one before it.
    let (position, arrival): (i64, i64) = sqlx::query_as(
        "SELECT coalesce(max(position), 0) + 1, max(?, coalesce(max(sealed_at) + 1, ?)) FROM batch",
    )
    .bind(now.as_microsecond())
    .bind(now.as_microsecond())
    .fetch_one(&mut *connection)
    .await?;
    let sealing = Sealing { batch_no, position, arrival };
    let verdicts = match kind {
        BatchKind::Places => places::decide(connection, sealing).await?,
        BatchKind::Observations => observations::decide(connection, sealing).await?,
    };
    let Verdicts { accepted, corrected, duplicate } = verdicts;
    let rejected: i64 = sqlx::query_scalar("SELECT count(*) FROM rejected_row WHERE batch_no = ?")
        .bind(batch_no)
        .fetch_one(&mut *connection)
        .await?;
    let counts = RowCounts { read, accepted, corrected, duplicate, rejected: natural(rejected)? };
    if !counts.add_up() {
        return Err(Error::Inconsistent("the verdicts of a delivery do not add up to its rows"));
    }
    deliveries::discard(connection, kind, batch_no).await?;
    put_in_force(connection, sealing, counts).await
}

async fn put_in_force(
    connection: &mut SqliteConnection,
    sealing: Sealing,
    counts: RowCounts,
) -> Result<Batch, Error> {
    let sealed: BatchRecord = sqlx::query_as(
        "UPDATE batch SET position = ?, sealed_at = ?, rows_read = ?, accepted = ?, corrected = ?, duplicate = ?,
                          rejected = ?, staged_rows = 0
         WHERE batch_no = ? RETURNING *",
    )
    .bind(sealing.position)
    .bind(sealing.arrival)
    .bind(integer(counts.read))
    .bind(integer(counts.accepted))
    .bind(integer(counts.corrected))
    .bind(integer(counts.duplicate))
    .bind(integer(counts.rejected))
    .bind(sealing.batch_no)
    .fetch_one(connection)
    .await?;
    sealed.try_into()
}

/// Runs statements that take no values: the scratch tables of a seal, which live on the writing connection alone.
async fn run(connection: &mut SqliteConnection, statements: &[&'static str]) -> Result<(), Error> {
    for statement in statements {
        sqlx::query(*statement).execute(&mut *connection).await?;
    }
    Ok(())
}
