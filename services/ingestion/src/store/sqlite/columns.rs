//! The place axis and columns of values, packed.

use sqlx::SqliteConnection;

use crate::domain::batch::Position;
use crate::domain::effective::{ColumnReading, ColumnStretch, PlaceAxis, Statement};
use crate::domain::ids::MeasureId;
use crate::domain::period::Period;
use crate::error::Error;
use crate::store::rows::{integer, value};
use crate::store::{ColumnQuery, HotQuery};

/// Rows that come packed into one: every row of its own costs a hand-off between two threads, which takes longer than
/// to read it. Ids hold no control characters, so tabs and line breaks part them; values come as their bits.
const PACKED_ROWS: i64 = 5_000;

const UNREADABLE: Error = Error::Inconsistent("a packed statement cannot be read");
/// SQL does not promise the order in which rows are packed, so it is checked.
const OUT_OF_ORDER: Error = Error::Inconsistent("packed rows are out of order");

pub(super) const HOT_QUERIES: &[HotQuery] =
    &[HotQuery::new("place axis", PLACES), HotQuery::new("column", STATEMENTS)];

const PLACES: &str = concat!(
    "SELECT group_concat(place_id, char(10)) FROM (
         SELECT DISTINCT place_id FROM place_revision
         WHERE place_id > $1 AND position <= $2 AND position NOT IN ",
    withdrawn!("$2"),
    " ORDER BY place_id LIMIT $3)"
);

pub(super) async fn place_axis(
    connection: &mut SqliteConnection,
    position: Position,
) -> Result<PlaceAxis, Error> {
    let mut ids: Vec<Box<str>> = Vec::new();
    loop {
        let packed: Option<String> = sqlx::query_scalar(PLACES)
            .bind(ids.last().map_or("", |id| id))
            .bind(integer(position.0))
            .bind(PACKED_ROWS)
            .fetch_one(&mut *connection)
            .await?;
        let Some(packed) = packed else { return PlaceAxis::new(ids).ok_or(OUT_OF_ORDER) };
        ids.extend(packed.split('\n').map(Box::from));
    }
}

const STATEMENTS: &str = concat!(
    "SELECT group_concat(said, char(10)) FROM (
         SELECT place_id || char(9) || source_id || char(9) || instant || char(9) || position || char(9)
                || value_bits AS said
         FROM observation
         WHERE measure_id = $1 AND period = $2 AND (place_id, source_id, instant, position) > ($3, $4, $5, $6)
             AND position <= $7 AND position NOT IN ",
    withdrawn!("$7"),
    " ORDER BY place_id, source_id, instant, position LIMIT $8)"
);

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
        let packed: Option<String> = sqlx::query_scalar(STATEMENTS)
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

fn unpack(line: &str) -> Option<(Statement<'_>, i64)> {
    let mut parts = line.split('\t');
    let (place_id, source_id) = (parts.next()?, parts.next()?);
    let (instant, position) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let value = value(parts.next()?.parse().ok()?);
    Some((Statement { place_id, source_id, instant, value }, position))
}
