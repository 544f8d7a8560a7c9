//! The seal: every row of a delivery gets its verdict, and the delivery its position, in one transaction.
//!
//! The rules are in `domain/batch.rs` and `domain/observation.rs`; here they are sets in SQL, because a delivery may
//! be larger than memory. Of observations only those come this far that have to be compared: `sifting.rs` has told
//! them from the rest. Only rejected rows pass through this process, a page at a time, to be given their words.

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

mod movement;
mod observations;
mod places;
mod samples;
mod sifting;

use xiuhua_service_kit::clock::SharedClock;

use super::{Connection, activity, alone, bulk, columns, deliveries, positions, quarantine, registers};
use crate::domain::batch::{Batch, BatchKind, RowCounts};
use crate::domain::ids::BatchId;
use crate::domain::review::{Movement, RowSample};
use crate::error::Error;
use crate::store::rows::{integer, json, natural};
use crate::store::{HotQuery, Matter, OpenDelivery};

/// Rows of a delivery that are looked through at once; what is needed of those rejected passes through memory.
const PAGE_ROWS: i64 = 1_000;

/// A complete delivery whose batch is held to the end of the transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// What it brings.
    pub(super) kind: BatchKind,
    /// The number of its batch.
    pub(super) batch_no: i64,
    /// How many rows are staged of it.
    pub(super) rows: i64,
    /// The number of the batch that it corrects.
    pub(super) corrects: Option<i64>,
}

/// A delivery while it is being sealed.
#[derive(Clone, Copy, Debug)]
struct Sealing {
    kind: BatchKind,
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

/// A delivery of which every row is decided and recorded, and that is not in force yet. The scratch tables of the seal
/// still stand.
#[derive(Debug)]
pub(super) struct Decided {
    sealing: Sealing,
    /// What became of its rows.
    pub(super) counts: RowCounts,
}

impl Decided {
    /// The position that it takes.
    pub(super) fn position(&self) -> i64 {
        self.sealing.position
    }
}

pub(super) async fn seal(
    connection: &mut Connection,
    delivery: OpenDelivery,
    chunks: u64,
    clock: &SharedClock,
) -> Result<Batch, Error> {
    let OpenDelivery { kind, batch_no, corrects, .. } = delivery;
    alone(connection, Matter::Positions).await?;
    if kind == BatchKind::Observations {
        // A measure that is registered between two pages would split the verdicts on equal rows.
        alone(connection, Matter::Measures).await?;
    }
    let staged = deliveries::hold(connection, delivery).await?;
    staged.check_chunks(chunks)?;
    let held = Held { kind, batch_no, rows: staged.staged_rows, corrects };
    let decided = decide(connection, held, clock, false).await?;
    put_in_force(connection, &decided, clock).await
}

/// Decides every row of a delivery and records what is sound. The columns it touches are noted on request, for
/// [`movements`].
pub(super) async fn decide(
    connection: &mut Connection,
    held: Held,
    clock: &SharedClock,
    notes_columns: bool,
) -> Result<Decided, Error> {
    let Held { kind, batch_no, rows, corrects } = held;
    let (position, arrival) = positions::next(connection, clock.now()).await?;
    let sealing = Sealing { kind, batch_no, position, arrival, rows };
    let verdicts = match kind {
        BatchKind::Places => {
            if let Some(corrects) = corrects {
                quarantine::close_places(connection, (batch_no, position), corrects).await?;
            }
            places::decide(connection, sealing).await?
        }
        BatchKind::Observations => {
            let verdicts = observations::decide(connection, sealing, corrects, notes_columns).await?;
            if corrects.is_some() {
                quarantine::settle(connection, position).await?;
            }
            verdicts
        }
    };
    let Verdicts { accepted, corrected, duplicate } = verdicts;
    let rejected: i64 = sqlx::query_scalar("SELECT count(*) FROM rejected_row WHERE batch_no = $1")
        .bind(batch_no)
        .fetch_one(&mut *connection)
        .await?;
    let counts =
        RowCounts { read: natural(rows)?, accepted, corrected, duplicate, rejected: natural(rejected)? };
    if !counts.add_up() {
        return Err(Error::Inconsistent("the verdicts of a delivery do not add up to its rows"));
    }
    Ok(Decided { sealing, counts })
}

/// What a delivery moves, greatest first; its columns were noted.
pub(super) async fn movements(
    connection: &mut Connection,
    decided: &Decided,
) -> Result<Vec<Movement>, Error> {
    match decided.sealing.kind {
        // Values stay as they are.
        BatchKind::Places => Ok(Vec::new()),
        BatchKind::Observations => movement::of(connection, decided.sealing).await,
    }
}

/// The first rows of each verdict.
pub(super) async fn samples(
    connection: &mut Connection,
    decided: &Decided,
    count: u32,
) -> Result<Vec<RowSample>, Error> {
    samples::of(connection, decided.sealing, count).await
}

/// Gives a delivery that is decided its position, and ends what served to decide it.
pub(super) async fn put_in_force(
    connection: &mut Connection,
    decided: &Decided,
    clock: &SharedClock,
) -> Result<Batch, Error> {
    let Decided { sealing, counts } = decided;
    let clear = match sealing.kind {
        BatchKind::Places => places::CLEAR,
        BatchKind::Observations => observations::CLEAR,
    };
    run(connection, clear).await?;
    run(connection, movement::CLEAR).await?;
    deliveries::discard(connection, sealing.kind, sealing.batch_no).await?;
    // The work may have taken minutes, in which the position before this one was read as the newest.
    let sealed_at = clock.now().as_microsecond().max(sealing.arrival);
    let id: String = sqlx::query_scalar(
        "UPDATE batch SET position = $1, sealed_at = $2, rows_read = $3, accepted = $4, corrected = $5, duplicate = $6,
                          rejected = $7, staged_rows = 0, held = NULL
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
async fn reject(
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
    [sifting::HOT_QUERIES, observations::HOT_QUERIES, places::HOT_QUERIES, samples::HOT_QUERIES].concat()
}
