//! The place axis and columns of values, a page of rows at a time.

use sqlx::PgConnection;

use crate::domain::batch::Position;
use crate::domain::effective::{ColumnReading, ColumnStretch, PlaceAxis, Statement};
use crate::domain::ids::MeasureId;
use crate::domain::period::Period;
use crate::error::Error;
use crate::store::rows::integer;
use crate::store::{ColumnQuery, HotQuery};

/// Rows that are in memory at once.
const PAGE_ROWS: i64 = 5_000;

const OUT_OF_ORDER: Error = Error::Inconsistent("places are out of order");

pub(super) const HOT_QUERIES: &[HotQuery] =
    &[HotQuery::new("place axis", PLACES), HotQuery::new("column", STATEMENTS)];

const PLACES: &str = concat!(
    "SELECT DISTINCT place_id FROM place_revision
     WHERE place_id > $1 AND position <= $2 AND position NOT IN ",
    withdrawn!("$2"),
    " ORDER BY place_id LIMIT $3"
);

pub(super) async fn place_axis(
    connection: &mut PgConnection,
    position: Position,
) -> Result<PlaceAxis, Error> {
    let mut ids: Vec<Box<str>> = Vec::new();
    loop {
        let page: Vec<String> = sqlx::query_scalar(PLACES)
            .bind(ids.last().map_or("", |id| id))
            .bind(integer(position.0))
            .bind(PAGE_ROWS)
            .fetch_all(&mut *connection)
            .await?;
        if page.is_empty() {
            return PlaceAxis::new(ids).ok_or(OUT_OF_ORDER);
        }
        ids.extend(page.into_iter().map(String::into_boxed_str));
    }
}

const STATEMENTS: &str = concat!(
    "SELECT place_id, source_id, instant, position, value FROM observation
     WHERE measure_id = $1 AND period = $2 AND (place_id, source_id, instant, position) > ($3, $4, $5, $6)
         AND position <= $7 AND position NOT IN ",
    withdrawn!("$7"),
    " ORDER BY place_id, source_id, instant, position LIMIT $8"
);

pub(super) async fn column(
    connection: &mut PgConnection,
    (measure, period): (&MeasureId, &Period),
    query: &ColumnQuery,
    start: usize,
    limit: usize,
) -> Result<ColumnStretch, Error> {
    let Some(first) = query.axis.ids().get(start) else { return Ok(ColumnStretch::default()) };
    let mut reading = ColumnReading::new(&query.axis, &query.precedences, start, limit);
    // Before everything said of the first place: no source has an empty id.
    let mut after = (first.to_string(), String::new(), i64::MIN, 0, 0.0);
    loop {
        let mut page: Vec<(String, String, i64, i64, f64)> = sqlx::query_as(STATEMENTS)
            .bind(measure.as_str())
            .bind(period.as_str())
            .bind(&after.0)
            .bind(&after.1)
            .bind(after.2)
            .bind(after.3)
            .bind(integer(query.position.0))
            .bind(PAGE_ROWS)
            .fetch_all(&mut *connection)
            .await?;
        for (place_id, source_id, instant, _, value) in &page {
            let (instant, value) = (*instant, *value);
            if !reading.take(Statement { place_id, source_id, instant, value }) {
                return Ok(reading.finish(false));
            }
        }
        let Some(last) = page.pop() else { return Ok(reading.finish(true)) };
        after = last;
    }
}
