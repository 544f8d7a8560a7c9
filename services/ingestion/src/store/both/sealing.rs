//! The seal: every row of a delivery gets its verdict, and the delivery its position, in one transaction.
//!
//! The rules are in `domain/batch.rs` and `domain/observation.rs`; here they are sets in SQL, because a delivery may
//! be larger than memory. Only rejected rows pass through this process, a page at a time, to be given their words.

/// Keeps rejected rows, known by their ordinals. Their original texts, which may be long, stay in the database.
macro_rules! into_quarantine {
    ($staged:literal) => {
        concat!(
            "INSERT INTO rejected_row (batch_no, row_no, ordinal, reasons, original)
             SELECT s.batch_no, s.row_no, s.ordinal, r.reasons, s.original FROM ",
            reasons_by_ordinal!("$2"),
            " AS r",
            and_then_join!(),
            $staged,
            " AS s ON s.ordinal = r.ordinal WHERE s.batch_no = $1"
        )
    };
}

mod observations;
mod places;

use xiuhua_service_kit::clock::SharedClock;

use super::{Connection, alone, deliveries, positions};
use crate::domain::batch::{Batch, BatchKind, RowCounts};
use crate::domain::ids::BatchId;
use crate::error::Error;
use crate::store::rows::{integer, json, natural};
use crate::store::{HotQuery, Matter, OpenDelivery};

/// Rows of a delivery that are looked through at once; what is needed of those rejected passes through memory.
const PAGE_ROWS: i64 = 1_000;

/// A delivery while it is being sealed.
#[derive(Clone, Copy, Debug)]
struct Sealing {
    batch_no: i64,
    position: i64,
    /// When its rows arrive, microseconds: the beginning of the seal, later than every seal and withdrawal before.
    arrival: i64,
    /// Its rows are numbered from 0 to this, which is none of them.
    rows: i64,
}

impl Sealing {
    /// Ranges of ordinals, after the one and up to the other, that are the whole delivery. Each is bounded on both
    /// sides: the first thousand rejected rows after an ordinal might be looked for to the end of the delivery.
    fn pages(self) -> impl Iterator<Item = (i64, i64)> {
        let starts = std::iter::successors(Some(-1), |after| Some(after + PAGE_ROWS));
        starts.take_while(move |after| after + 1 < self.rows).map(|after| (after, after + PAGE_ROWS))
    }
}

/// Verdicts on the rows that were not rejected.
#[derive(Clone, Copy, Debug)]
struct Verdicts {
    accepted: u64,
    corrected: u64,
    duplicate: u64,
}

pub(super) async fn seal(
    connection: &mut Connection,
    delivery: OpenDelivery,
    chunks: u64,
    clock: &SharedClock,
) -> Result<Batch, Error> {
    let OpenDelivery { kind, batch_no, .. } = delivery;
    alone(connection, Matter::Positions).await?;
    if kind == BatchKind::Observations {
        // A measure that is registered between two pages would split the verdicts on equal rows.
        alone(connection, Matter::Measures).await?;
    }
    let staged = deliveries::hold(connection, delivery).await?;
    let (acknowledged, read) = (staged.chunks()?, staged.rows()?);
    if chunks != acknowledged {
        return Err(Error::ChunkCountDiffers { acknowledged, told: chunks });
    }
    let (position, arrival) = positions::next(connection, clock.now()).await?;
    let sealing = Sealing { batch_no, position, arrival, rows: staged.staged_rows };
    let verdicts = match kind {
        BatchKind::Places => places::decide(connection, sealing).await?,
        BatchKind::Observations => observations::decide(connection, sealing).await?,
    };
    let Verdicts { accepted, corrected, duplicate } = verdicts;
    let rejected: i64 = sqlx::query_scalar("SELECT count(*) FROM rejected_row WHERE batch_no = $1")
        .bind(batch_no)
        .fetch_one(&mut *connection)
        .await?;
    let counts = RowCounts { read, accepted, corrected, duplicate, rejected: natural(rejected)? };
    if !counts.add_up() {
        return Err(Error::Inconsistent("the verdicts of a delivery do not add up to its rows"));
    }
    deliveries::discard(connection, kind, batch_no).await?;
    // The work may have taken minutes, in which the position before this one was read as the newest.
    let sealed_at = clock.now().as_microsecond().max(arrival);
    put_in_force(connection, sealing, sealed_at, counts).await
}

async fn put_in_force(
    connection: &mut Connection,
    sealing: Sealing,
    sealed_at: i64,
    counts: RowCounts,
) -> Result<Batch, Error> {
    let id: String = sqlx::query_scalar(
        "UPDATE batch SET position = $1, sealed_at = $2, rows_read = $3, accepted = $4, corrected = $5, duplicate = $6,
                          rejected = $7, staged_rows = 0
         WHERE batch_no = $8 RETURNING batch_id",
    )
    .bind(sealing.position)
    .bind(sealed_at)
    .bind(integer(counts.read))
    .bind(integer(counts.accepted))
    .bind(integer(counts.corrected))
    .bind(integer(counts.duplicate))
    .bind(integer(counts.rejected))
    .bind(sealing.batch_no)
    .fetch_one(&mut *connection)
    .await?;
    let sealed = deliveries::find(connection, &BatchId::on_record(id)).await?;
    sealed.ok_or(Error::Inconsistent("a batch that was just sealed is not there"))?.try_into()
}

/// Keeps rejected rows, known by their ordinals, with their reasons.
async fn quarantine(
    connection: &mut Connection,
    sealing: Sealing,
    into: &'static str,
    rejected: &[(i64, String)],
) -> Result<(), Error> {
    sqlx::query(into).bind(sealing.batch_no).bind(json(&rejected)?).execute(connection).await?;
    Ok(())
}

/// Runs statements that take no values: on the scratch tables of a seal, which live on the writing connection alone.
async fn run(connection: &mut Connection, statements: &[&'static str]) -> Result<(), Error> {
    for statement in statements {
        sqlx::query(*statement).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The queries of a seal that meet the record.
pub(super) fn hot_queries() -> Vec<HotQuery> {
    [observations::HOT_QUERIES, places::HOT_QUERIES].concat()
}
