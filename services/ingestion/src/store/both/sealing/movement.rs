//! How far a delivery of observations moves what is on record; see `domain/review.rs` for what is counted.
//!
//! Columns are read as every reader reads them, as of the position before the delivery and as of its own. Whole columns,
//! because their sums are what a movement is a share of; only those that the delivery touches and that had a value
//! before. A stretch of each is in memory at once.

use std::sync::Arc;

use super::super::{columns, registers};
use super::{Connection, Sealing, run};
use crate::domain::batch::{AsOf, Position};
use crate::domain::effective::ColumnStretch;
use crate::domain::ids::MeasureId;
use crate::domain::period::Period;
use crate::domain::review::{MAX_MOVEMENTS, Movement, MovementSum};
use crate::error::Error;
use crate::store::ColumnQuery;
use crate::store::rows::natural;

/// Values of a column that are in memory at once.
const STRETCH_VALUES: usize = 50_000;
/// Columns whose names are in memory at once.
const COLUMNS_AT_ONCE: i64 = 1_000;

/// Columns that the delivery speaks of and that had a value before.
const TOUCHED: &str = scratch_table!(
    "touched (measure_id ",
    key_text!(),
    " NOT NULL, period ",
    key_text!(),
    " NOT NULL, PRIMARY KEY (measure_id, period))"
);

pub(super) const CLEAR: &[&str] = &[drop_scratch_table!("touched")];

/// Begins with no column.
pub(super) async fn begin(connection: &mut Connection) -> Result<(), Error> {
    run(connection, CLEAR).await?;
    run(connection, &[TOUCHED]).await
}

/// Takes note of the columns that the delivery speaks of: after its statements are gathered, before they are recorded.
/// Of what is fresh none had a value before.
pub(super) async fn note_columns(connection: &mut Connection, sealing: Sealing) -> Result<(), Error> {
    sqlx::query(concat!(
        "INSERT INTO touched (measure_id, period)
         SELECT measure_id, period FROM (SELECT DISTINCT measure_id, period FROM statement) AS s
         WHERE EXISTS (SELECT 1 FROM observation AS o
                       WHERE o.measure_id = s.measure_id AND o.period = s.period AND o.position < $1
                           AND o.position NOT IN ",
        withdrawn!(),
        ")"
    ))
    .bind(sealing.position)
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// What a delivery moves, greatest first, at most [`MAX_MOVEMENTS`]: once it is recorded.
pub(super) async fn of(connection: &mut Connection, sealing: Sealing) -> Result<Vec<Movement>, Error> {
    let after = Position(natural(sealing.position)?);
    let before = Position(natural(sealing.position - 1)?);
    // Observations add no place.
    let axis = Arc::new(columns::place_axis(connection, before).await?);
    let precedences = Arc::new(registers::precedences(connection, AsOf::at(after)).await?);
    let reading =
        |position| ColumnQuery { position, axis: Arc::clone(&axis), precedences: Arc::clone(&precedences) };
    let (before, after) = (reading(before), reading(after));
    let (mut movements, mut last) = (Vec::new(), (String::new(), String::new()));
    loop {
        let page: Vec<(String, String)> = sqlx::query_as(
            "SELECT measure_id, period FROM touched WHERE (measure_id, period) > ($1, $2)
             ORDER BY measure_id, period LIMIT $3",
        )
        .bind(&last.0)
        .bind(&last.1)
        .bind(COLUMNS_AT_ONCE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(end) = page.last() else { return Ok(movements) };
        last = end.clone();
        for (measure_id, period) in page {
            let period = Period::parse(&period)
                .map_err(|_| Error::Inconsistent("the period of an observation is none"))?;
            let column = (MeasureId::on_record(measure_id), period);
            let sum = sum(connection, &column, (&before, &after)).await?;
            movements.extend(sum.of(column.0, column.1));
        }
        movements.sort_by(Movement::by_size);
        movements.truncate(MAX_MOVEMENTS);
    }
}

/// Adds up one column.
async fn sum(
    connection: &mut Connection,
    column: &(MeasureId, Period),
    (before, after): (&ColumnQuery, &ColumnQuery),
) -> Result<MovementSum, Error> {
    const TAKEN_AWAY: Error = Error::Inconsistent("a delivery takes a value away");
    let (mut before, mut after) = (Cursor::new(before, column), Cursor::new(after, column));
    let mut sum = MovementSum::default();
    while let Some((place, value_before)) = before.next(connection).await? {
        let mut value_after = after.next(connection).await?;
        // What is new stands between.
        while value_after.is_some_and(|(other, _)| other < place) {
            value_after = after.next(connection).await?;
        }
        let (_, value_after) = value_after.filter(|(other, _)| *other == place).ok_or(TAKEN_AWAY)?;
        sum.take(value_before, value_after);
    }
    Ok(sum)
}

/// Effective values of one column, place by place.
struct Cursor<'a> {
    query: &'a ColumnQuery,
    column: &'a (MeasureId, Period),
    stretch: ColumnStretch,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(query: &'a ColumnQuery, column: &'a (MeasureId, Period)) -> Self {
        Self { query, column, stretch: ColumnStretch { next: Some(0), ..ColumnStretch::default() }, at: 0 }
    }

    /// The position on the axis and the value; `None` at the end of the column.
    async fn next(&mut self, connection: &mut Connection) -> Result<Option<(u32, f64)>, Error> {
        while self.at == self.stretch.place.len() {
            let Some(start) = self.stretch.next else { return Ok(None) };
            let column = (&self.column.0, &self.column.1);
            self.stretch = columns::column(connection, column, self.query, start, STRETCH_VALUES).await?;
            self.at = 0;
        }
        let found = (self.stretch.place[self.at], self.stretch.value[self.at]);
        self.at += 1;
        Ok(Some(found))
    }
}
