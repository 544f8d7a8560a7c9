//! Reads as of a position.

use sqlx::SqliteConnection;

use crate::domain::batch::{AsOf, Position};
use crate::domain::effective::{ColumnReading, ColumnStretch, PlaceAxis, Statement};
use crate::domain::ids::{MeasureId, PlaceId};
use crate::domain::observation::{Cell, ObservationRevision};
use crate::domain::period::Period;
use crate::domain::place::{Place, PlaceRevision};
use crate::domain::source::DEFAULT_PRECEDENCE;
use crate::error::Error;
use crate::store::rows::{ObservationRevisionRecord, PlaceRecord, PlaceRevisionRecord, all, integer, value};
use crate::store::{ColumnQuery, PlaceFilter};

pub(super) async fn place(
    connection: &mut SqliteConnection,
    id: &PlaceId,
    position: Position,
) -> Result<Option<Place>, Error> {
    let found: Option<PlaceRecord> = sqlx::query_as(
        "SELECT * FROM place_revision WHERE place_id = ? AND position <= ? ORDER BY position DESC LIMIT 1",
    )
    .bind(id.as_str())
    .bind(integer(position.0))
    .fetch_optional(connection)
    .await?;
    found.map(Place::try_from).transpose()
}

/// The revision of each place that is in force: none after it up to the position.
macro_rules! places_in_force {
    ($filter:literal) => {
        concat!(
            "SELECT * FROM place_revision AS p WHERE ",
            $filter,
            "p.place_id > ? AND p.position <= ?
             AND NOT EXISTS (SELECT 1 FROM place_revision AS later
                             WHERE later.place_id = p.place_id AND later.position > p.position
                                 AND later.position <= ?)
             ORDER BY p.place_id LIMIT ?"
        )
    };
}

pub(super) async fn places(
    connection: &mut SqliteConnection,
    filter: &PlaceFilter,
    position: Position,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Place>, Error> {
    let query = match filter {
        PlaceFilter { town_code: None, .. } => sqlx::query_as(places_in_force!("")),
        PlaceFilter { town_code: Some(town_code), committee: None } => {
            sqlx::query_as(places_in_force!("p.town_code = ? AND ")).bind(town_code)
        }
        PlaceFilter { town_code: Some(town_code), committee: Some(committee) } => {
            sqlx::query_as(places_in_force!("p.town_code = ? AND p.committee = ? AND "))
                .bind(town_code)
                .bind(committee)
        }
    };
    let position = integer(position.0);
    let found: Vec<PlaceRecord> = query
        .bind(after.unwrap_or_default())
        .bind(position)
        .bind(position)
        .bind(limit)
        .fetch_all(connection)
        .await?;
    all(found)
}

pub(super) async fn place_revisions(
    connection: &mut SqliteConnection,
    id: &PlaceId,
    before: Option<Position>,
    limit: i64,
) -> Result<Vec<PlaceRevision>, Error> {
    let found: Vec<PlaceRevisionRecord> = sqlx::query_as(
        "SELECT p.*, b.batch_id FROM place_revision AS p JOIN batch AS b ON b.position = p.position
         WHERE p.place_id = ? AND p.position < ? ORDER BY p.position DESC LIMIT ?",
    )
    .bind(id.as_str())
    .bind(before.map_or(i64::MAX, |position| integer(position.0)))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    all(found)
}

pub(super) async fn place_axis(
    connection: &mut SqliteConnection,
    position: Position,
) -> Result<PlaceAxis, Error> {
    let mut ids: Vec<Box<str>> = Vec::new();
    loop {
        let packed: Option<String> = sqlx::query_scalar(
            "SELECT group_concat(place_id, char(10)) FROM (
                 SELECT DISTINCT place_id FROM place_revision WHERE place_id > ? AND position <= ?
                 ORDER BY place_id LIMIT ?)",
        )
        .bind(ids.last().map_or("", |id| id))
        .bind(integer(position.0))
        .bind(PACKED_ROWS)
        .fetch_one(&mut *connection)
        .await?;
        let Some(packed) = packed else { return PlaceAxis::new(ids).ok_or(OUT_OF_ORDER) };
        ids.extend(packed.split('\n').map(Box::from));
    }
}

pub(super) async fn column(
    connection: &mut SqliteConnection,
    (measure, period): (&MeasureId, &Period),
    query: &ColumnQuery,
    start: usize,
    limit: usize,
) -> Result<ColumnStretch, Error> {
    let Some(first) = query.axis.ids().get(start) else { return Ok(ColumnStretch::default()) };
    let mut reading = ColumnReading::new(&query.axis, &query.precedences, start, limit);
    // Before everything said of the first place: no source has an empty id.
    let mut after = (first.to_string(), String::new(), i64::MIN, 0);
    loop {
        let packed: Option<String> = sqlx::query_scalar(
            "SELECT group_concat(said, char(10)) FROM (
                 SELECT place_id || char(9) || source_id || char(9) || instant || char(9) || position || char(9)
                        || value_bits AS said
                 FROM observation
                 WHERE measure_id = ? AND period = ? AND (place_id, source_id, instant, position) > (?, ?, ?, ?)
                     AND position <= ?
                 ORDER BY place_id, source_id, instant, position LIMIT ?)",
        )
        .bind(measure.as_str())
        .bind(period.as_str())
        .bind(&after.0)
        .bind(&after.1)
        .bind(after.2)
        .bind(after.3)
        .bind(integer(query.position.0))
        .bind(PACKED_ROWS)
        .fetch_one(&mut *connection)
        .await?;
        let Some(packed) = packed else { return Ok(reading.finish(true)) };
        let mut last = (after.0.as_str(), after.1.as_str(), after.2, after.3);
        for line in packed.split('\n') {
            let (statement, position) = unpack(line).ok_or(UNREADABLE)?;
            let Statement { place_id, source_id, instant, .. } = statement;
            let key = (place_id, source_id, instant, position);
            if key <= last {
                return Err(OUT_OF_ORDER);
            }
            if !reading.take(statement) {
                return Ok(reading.finish(false));
            }
            last = key;
        }
        after = (last.0.to_owned(), last.1.to_owned(), last.2, last.3);
    }
}

/// Rows that come packed into one: every row of its own costs a hand-off between two threads, which takes longer than
/// to read it. Ids hold no control characters, so tabs and line breaks part them; values come as their bits.
const PACKED_ROWS: i64 = 5_000;

const UNREADABLE: Error = Error::Inconsistent("a packed statement cannot be read");
/// SQL does not promise the order in which rows are packed, so it is checked.
const OUT_OF_ORDER: Error = Error::Inconsistent("packed rows are out of order");

fn unpack(line: &str) -> Option<(Statement<'_>, i64)> {
    let mut parts = line.split('\t');
    let (place_id, source_id) = (parts.next()?, parts.next()?);
    let (instant, position) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let value = value(parts.next()?.parse().ok()?);
    Some((Statement { place_id, source_id, instant, value }, position))
}

pub(super) async fn observation_revisions(
    connection: &mut SqliteConnection,
    cell: &Cell,
    as_of: AsOf,
    offset: i64,
    limit: i64,
) -> Result<Vec<ObservationRevision>, Error> {
    let found: Vec<ObservationRevisionRecord> = sqlx::query_as(
        "SELECT o.source_id, o.value, o.revised_at, b.received_at, b.batch_id, o.position, o.row_no, b.file_name
         FROM observation AS o JOIN batch AS b ON b.position = o.position
         WHERE o.measure_id = ? AND o.period = ? AND o.place_id = ? AND o.position <= ?
         ORDER BY coalesce((SELECT precedence FROM source_precedence AS p
                            WHERE p.source_id = o.source_id AND p.from_position <= ?
                            ORDER BY p.from_position DESC LIMIT 1), ?),
                  o.instant DESC, o.source_id, o.position DESC
         LIMIT ? OFFSET ?",
    )
    .bind(cell.measure_id.as_str())
    .bind(cell.period.as_str())
    .bind(cell.place_id.as_str())
    .bind(integer(as_of.position.0))
    .bind(integer(as_of.precedence_position.0))
    .bind(DEFAULT_PRECEDENCE)
    .bind(limit)
    .bind(offset)
    .fetch_all(connection)
    .await?;
    // In this order the first of all is the one in force.
    found.into_iter().zip(offset..).map(|(record, nth)| record.into_revision(nth == 0)).collect()
}
