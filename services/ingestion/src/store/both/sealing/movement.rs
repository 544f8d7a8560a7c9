//! How far a delivery of observations moves what is on record; see `domain/review.rs` for what is counted.
//!
//! Whole columns are looked at, because their sums are what a movement is a share of; only those that the delivery
//! touches and that had a value before. The database sums: a column may be larger than memory.

use futures_util::TryStreamExt;

use super::{Connection, Sealing, run};
use crate::domain::ids::MeasureId;
use crate::domain::period::Period;
use crate::domain::review::{MAX_MOVEMENTS, Movement};
use crate::domain::source::DEFAULT_PRECEDENCE;
use crate::error::Error;
use crate::store::HotQuery;
use crate::store::rows::natural;

/// Columns that the delivery speaks of and that had a value before.
const TOUCHED: &str = scratch_table!(
    "touched (measure_id ",
    key_text!(),
    " NOT NULL, period ",
    key_text!(),
    " NOT NULL, PRIMARY KEY (measure_id, period))"
);

pub(super) const CLEAR: &[&str] = &[drop_scratch_table!("touched")];

pub(super) const HOT_QUERIES: &[HotQuery] =
    &[HotQuery { scratch: &[TOUCHED], ..HotQuery::new("movements", MOVEMENTS) }];

/// Takes note of the columns that the delivery speaks of: after its statements are gathered, before they are recorded.
pub(super) async fn note_columns(connection: &mut Connection) -> Result<(), Error> {
    run(connection, CLEAR).await?;
    run(connection, &[TOUCHED]).await?;
    sqlx::query(concat!(
        "INSERT INTO touched (measure_id, period)
         SELECT measure_id, period FROM (SELECT DISTINCT measure_id, period FROM statement) AS s
         WHERE EXISTS (SELECT 1 FROM observation AS o
                       WHERE o.measure_id = s.measure_id AND o.period = s.period AND o.position NOT IN ",
        withdrawn!(),
        ")"
    ))
    .execute(&mut *connection)
    .await?;
    run(connection, look_at!("touched")).await
}

/// A value made so small that no sum or difference of values overflows: exactly, because the divisor is 2^40. What is
/// next to nothing counts as nothing, because PostgreSQL refuses to divide it.
macro_rules! scaled {
    ($value:literal) => {
        concat!("CASE WHEN abs(", $value, ") < 1e-200 THEN 0.0 ELSE ", $value, " / 1099511627776.0 END")
    };
}

/// Who wins is decided as by every read: precedence, the newest, the smallest source; before the delivery without its
/// rows. A place whose own batch is withdrawn has no values that anybody reads.
const MOVEMENTS: &str = concat!(
    "WITH said AS (
         SELECT o.measure_id, o.period, o.place_id, o.source_id, o.instant, o.position, o.value,
                coalesce(p.precedence, $2) AS precedence
         FROM touched AS t ",
    and_then_join!(),
    "observation AS o ON o.measure_id = t.measure_id AND o.period = t.period
             LEFT JOIN source AS p ON p.source_id = o.source_id
         WHERE o.position NOT IN ",
    withdrawn!(),
    "
     ),
     ranked AS (
         SELECT measure_id, period, place_id, value, position,
                row_number() OVER (PARTITION BY measure_id, period, place_id
                                   ORDER BY precedence, instant DESC, source_id, position DESC) AS nth_after,
                row_number() OVER (PARTITION BY measure_id, period, place_id
                                   ORDER BY CASE WHEN position = $1 THEN 1 ELSE 0 END,
                                            precedence, instant DESC, source_id, position DESC) AS nth_before
         FROM said
     ),
     effective AS (
         SELECT measure_id, period, place_id,
                max(CASE WHEN nth_before = 1 AND position <> $1 THEN value END) AS before,
                max(CASE WHEN nth_after = 1 THEN value END) AS after
         FROM ranked WHERE nth_before = 1 OR nth_after = 1
         GROUP BY measure_id, period, place_id
     )
     SELECT measure_id, period,
            CAST(sum(abs((",
    scaled!("after"),
    ") - (",
    scaled!("before"),
    "))) AS DOUBLE PRECISION) AS moved,
            CAST(sum(abs(",
    scaled!("before"),
    ")) AS DOUBLE PRECISION) AS stood,
            count(*) FILTER (WHERE after <> before) AS places_moved, count(*) AS places_before
     FROM effective AS s
     WHERE before IS NOT NULL AND ",
    place_known!(),
    " GROUP BY measure_id, period HAVING count(*) FILTER (WHERE after <> before) > 0"
);

#[derive(sqlx::FromRow)]
struct MovementRecord {
    measure_id: String,
    period: String,
    moved: f64,
    stood: f64,
    places_moved: i64,
    places_before: i64,
}

/// What a delivery moves, greatest first, at most [`MAX_MOVEMENTS`]: once it is recorded.
pub(super) async fn of(connection: &mut Connection, sealing: Sealing) -> Result<Vec<Movement>, Error> {
    let mut found = sqlx::query_as(MOVEMENTS)
        .bind(sealing.position)
        .bind(i64::from(DEFAULT_PRECEDENCE))
        .fetch(&mut *connection);
    let mut movements = Vec::new();
    while let Some(record) = found.try_next().await? {
        movements.push(movement(record)?);
        // A delivery may touch any number of columns.
        if movements.len() == 2 * MAX_MOVEMENTS {
            keep_greatest(&mut movements);
        }
    }
    keep_greatest(&mut movements);
    Ok(movements)
}

fn keep_greatest(movements: &mut Vec<Movement>) {
    movements.sort_by(Movement::by_size);
    movements.truncate(MAX_MOVEMENTS);
}

fn movement(record: MovementRecord) -> Result<Movement, Error> {
    let MovementRecord { measure_id, period, moved, stood, places_moved, places_before } = record;
    Ok(Movement {
        measure_id: MeasureId::on_record(measure_id),
        period: Period::parse(&period).map_err(|_| Error::Inconsistent("the period of a value is none"))?,
        moved_ratio: (stood > 0.0).then(|| (moved / stood).min(f64::MAX)),
        places_moved: natural(places_moved)?,
        places_before: natural(places_before)?,
    })
}
