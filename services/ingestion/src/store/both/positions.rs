//! The one count of seals and withdrawals.

use jiff::Timestamp;

use super::Connection;
use crate::domain::batch::{self, Position};
use crate::error::Error;
use crate::store::HotQuery;
use crate::store::rows::{integer, natural};

pub(super) const HOT_QUERIES: &[HotQuery] =
    &[HotQuery::new("newest position", NEWEST), HotQuery::new("position at an instant", AT)];

pub(super) async fn newest(connection: &mut Connection) -> Result<Position, Error> {
    let newest: i64 = sqlx::query_scalar(NEWEST).fetch_one(connection).await?;
    natural(newest).map(Position)
}

/// The position that was the newest at an instant: times rise with positions.
pub(super) async fn at(connection: &mut Connection, instant: Timestamp) -> Result<Position, Error> {
    let newest: i64 = sqlx::query_scalar(AT).bind(instant.as_microsecond()).fetch_one(connection).await?;
    natural(newest).map(Position)
}

const NEWEST: &str = "
    SELECT coalesce(max(position), 0) FROM (
        SELECT max(position) AS position FROM batch UNION ALL SELECT max(position) FROM withdrawal) AS step";

const AT: &str = "
    SELECT coalesce(max(position), 0) FROM (
        SELECT (SELECT position FROM batch WHERE sealed_at <= $1 ORDER BY sealed_at DESC LIMIT 1) AS position
        UNION ALL
        SELECT (SELECT position FROM withdrawal WHERE withdrawn_at <= $1 ORDER BY withdrawn_at DESC LIMIT 1)) AS step";

/// Position and time, in microseconds, of the seal or withdrawal that is about to be written.
pub(super) async fn next(connection: &mut Connection, now: Timestamp) -> Result<(i64, i64), Error> {
    let newest = newest(connection).await?;
    let last: Option<i64> = sqlx::query_scalar(
        "SELECT coalesce((SELECT sealed_at FROM batch WHERE position = $1),
                         (SELECT withdrawn_at FROM withdrawal WHERE position = $1))",
    )
    .bind(integer(newest.0))
    .fetch_one(connection)
    .await?;
    let (position, time) = batch::next_step(newest, last, now);
    Ok((integer(position.0), time))
}
