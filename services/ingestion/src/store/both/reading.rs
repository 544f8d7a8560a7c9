//! Reads as of a position: places, and the revisions of places and values.

use super::Connection;
use crate::domain::batch::{AsOf, Position};
use crate::domain::ids::PlaceId;
use crate::domain::observation::{Cell, ObservationRevision};
use crate::domain::place::{Place, PlaceRevision};
use crate::domain::source::DEFAULT_PRECEDENCE;
use crate::error::Error;
use crate::store::rows::{ObservationRevisionRecord, PlaceRecord, PlaceRevisionRecord, all, integer};
use crate::store::{HotQuery, PlaceFilter};

/// The revision of each place that is in force: none after it up to the position.
macro_rules! places_in_force {
    ($filter:literal) => {
        concat!(
            "SELECT * FROM place_revision AS p WHERE ",
            $filter,
            "p.place_id > $1 AND p.position <= $2 AND p.position NOT IN ",
            withdrawn!("$2"),
            " AND NOT EXISTS (SELECT 1 FROM place_revision AS later
                             WHERE later.place_id = p.place_id AND later.position > p.position
                                 AND later.position <= $2 AND later.position NOT IN ",
            withdrawn!("$2"),
            ") ORDER BY p.place_id LIMIT $3"
        )
    };
}

pub(super) const HOT_QUERIES: &[HotQuery] = &[
    HotQuery::new("place", PLACE),
    HotQuery::new("places", places_in_force!("")),
    HotQuery::new("places of a town", places_in_force!("p.town_code = $4 AND ")),
    HotQuery::new("places of a committee", places_in_force!("p.town_code = $4 AND p.committee = $5 AND ")),
    HotQuery::new("revisions of a place", PLACE_REVISIONS),
    HotQuery::new("revisions of a value", OBSERVATION_REVISIONS),
];

const PLACE: &str = concat!(
    "SELECT * FROM place_revision WHERE place_id = $1 AND position <= $2 AND position NOT IN ",
    withdrawn!("$2"),
    " ORDER BY position DESC LIMIT 1"
);

pub(super) async fn place(
    connection: &mut Connection,
    id: &PlaceId,
    position: Position,
) -> Result<Option<Place>, Error> {
    let found: Option<PlaceRecord> =
        sqlx::query_as(PLACE).bind(id.as_str()).bind(integer(position.0)).fetch_optional(connection).await?;
    found.map(Place::try_from).transpose()
}

pub(super) async fn places(
    connection: &mut Connection,
    filter: &PlaceFilter,
    position: Position,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Place>, Error> {
    let sql = match filter {
        PlaceFilter { town_code: None, .. } => places_in_force!(""),
        PlaceFilter { committee: None, .. } => places_in_force!("p.town_code = $4 AND "),
        PlaceFilter { .. } => places_in_force!("p.town_code = $4 AND p.committee = $5 AND "),
    };
    let mut query = sqlx::query_as(sql).bind(after.unwrap_or_default()).bind(integer(position.0)).bind(limit);
    for text in [&filter.town_code, &filter.committee].into_iter().flatten() {
        query = query.bind(text);
    }
    let found: Vec<PlaceRecord> = query.fetch_all(connection).await?;
    all(found)
}

const PLACE_REVISIONS: &str = concat!(
    "SELECT p.*, b.batch_id
     FROM (SELECT *, lag(fingerprint) OVER (ORDER BY position) AS fingerprint_before
           FROM place_revision WHERE place_id = $1 AND position <= $2 AND position NOT IN ",
    withdrawn!("$2"),
    ") AS p JOIN batch AS b ON b.position = p.position
     WHERE p.position < $3 AND p.fingerprint IS DISTINCT FROM p.fingerprint_before
     ORDER BY p.position DESC LIMIT $4"
);

pub(super) async fn place_revisions(
    connection: &mut Connection,
    id: &PlaceId,
    position: Position,
    before: Option<Position>,
    limit: i64,
) -> Result<Vec<PlaceRevision>, Error> {
    let found: Vec<PlaceRevisionRecord> = sqlx::query_as(PLACE_REVISIONS)
        .bind(id.as_str())
        .bind(integer(position.0))
        .bind(before.map_or(i64::MAX, |position| integer(position.0)))
        .bind(limit)
        .fetch_all(connection)
        .await?;
    all(found)
}

const OBSERVATION_REVISIONS: &str = concat!(
    "SELECT o.source_id, o.value, o.revised_at, b.received_at, b.batch_id, o.position, o.row_no, b.file_name
     FROM (SELECT *, lag(value) OVER chain AS value_before, lag(instant) OVER chain AS instant_before
           FROM observation
           WHERE measure_id = $1 AND period = $2 AND place_id = $3 AND position <= $4 AND position NOT IN ",
    withdrawn!("$4"),
    "      WINDOW chain AS (PARTITION BY source_id ORDER BY instant, position)) AS o
     JOIN batch AS b ON b.position = o.position
     WHERE o.value IS DISTINCT FROM o.value_before OR o.instant IS DISTINCT FROM o.instant_before
     ORDER BY coalesce((SELECT precedence FROM source_precedence AS p
                        WHERE p.source_id = o.source_id AND p.from_position <= $5
                        ORDER BY p.from_position DESC LIMIT 1), $6),
              o.instant DESC, o.source_id, o.position DESC
     LIMIT $7 OFFSET $8"
);

pub(super) async fn observation_revisions(
    connection: &mut Connection,
    cell: &Cell,
    as_of: AsOf,
    offset: i64,
    limit: i64,
) -> Result<Vec<ObservationRevision>, Error> {
    let found: Vec<ObservationRevisionRecord> = sqlx::query_as(OBSERVATION_REVISIONS)
        .bind(cell.measure_id.as_str())
        .bind(cell.period.as_str())
        .bind(cell.place_id.as_str())
        .bind(integer(as_of.position.0))
        .bind(integer(as_of.precedence_position.0))
        .bind(i64::from(DEFAULT_PRECEDENCE))
        .bind(limit)
        .bind(offset)
        .fetch_all(connection)
        .await?;
    // In this order the first of all is the one in force.
    found.into_iter().zip(offset..).map(|(record, nth)| record.into_revision(nth == 0)).collect()
}
