//! Rows on their way in, a thousand an INSERT.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::domain::place::PlaceRow;
use crate::domain::rejection::RejectedRow;
use crate::domain::sifting::{Fresh, Sieve, Unsettled};
use crate::error::Error;
use crate::store::rows::{bits, faults_json, integer, json};

/// Rows of one INSERT: a statement of so many stays below SQLite's limit of 32,766 bound values, and each costs a
/// hand-off to the connection's thread, so never row by row.
const ROWS_PER_INSERT: usize = 1_000;

/// Writes fresh rows on record, of the batch that takes a position and arrives at an instant.
///
/// They come by column, so that what is the same of a whole column is bound once a statement: to bind a value costs
/// more than to write it.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    (position, arrival): (i64, i64),
    sieve: &Sieve,
    rows: &[Fresh],
) -> Result<(), Error> {
    for rows in rows.chunk_by(Sieve::are_of_one_column).flat_map(|rows| rows.chunks(ROWS_PER_INSERT)) {
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(of_one_column(rows.len())));
        for said in rows.iter().map(|fresh| sieve.said(fresh)) {
            insert = insert
                .bind(said.place_id)
                .bind(said.value)
                .bind(bits(said.value))
                .bind(said.revised_at_us)
                .bind(integer(said.row));
        }
        let first = sieve.said(&rows[0]);
        let insert = insert.bind(first.measure_id).bind(first.period).bind(first.source_id);
        insert.bind(arrival).bind(position).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The insertion of so many rows of one column: what differs first, then what is the same.
fn of_one_column(rows: usize) -> String {
    let mut sql = String::from("WITH said (place_id, value, value_bits, revised_at, row_no) AS (VALUES ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(?,?,?,?,?)" } else { ",(?,?,?,?,?)" });
    }
    sql.push_str(
        ") INSERT INTO observation (measure_id, period, place_id, source_id, instant, position, value, value_bits,
                                    revised_at, row_no)
         SELECT ?, ?, place_id, ?, coalesce(revised_at, ?), ?, value, value_bits, revised_at, row_no FROM said",
    );
    sql
}

/// Puts sound rows aside that have to be compared.
pub(super) async fn set_aside(connection: &mut SqliteConnection, rows: &[Unsettled]) -> Result<(), Error> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO unsettled (ordinal, row_no, place_id, measure_id, period, source_id, value, value_bits,
                                    revised_at, original) ",
        );
        insert.push_values(rows, |mut columns, row| {
            columns
                .push_bind(integer(row.ordinal))
                .push_bind(integer(row.row))
                .push_bind(&*row.place_id)
                .push_bind(&*row.measure_id)
                .push_bind(&*row.period)
                .push_bind(&*row.source_id)
                .push_bind(row.value)
                .push_bind(bits(row.value))
                .push_bind(row.revised_at_us)
                .push_bind(&row.original);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Keeps rejected rows with their reasons.
pub(super) async fn quarantine(
    connection: &mut SqliteConnection,
    batch_no: i64,
    rows: &[RejectedRow],
) -> Result<(), Error> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let reasons = rows.iter().map(|row| json(&row.reasons)).collect::<Result<Vec<_>, _>>()?;
        let mut insert: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO rejected_row (batch_no, row_no, ordinal, reasons, original) ");
        insert.push_values(rows.iter().zip(reasons), |mut columns, (row, reasons)| {
            columns
                .push_bind(batch_no)
                .push_bind(integer(row.row))
                .push_bind(integer(row.ordinal))
                .push_bind(reasons)
                .push_bind(&row.original);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn stage_places(
    connection: &mut SqliteConnection,
    batch_no: i64,
    first: i64,
    rows: &[PlaceRow],
) -> Result<(), Error> {
    for (start, rows) in numbered(rows, first) {
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            kept.push(match &row.place {
                Ok(place) => (Some((place, json(&place.description.attributes)?)), None),
                Err(faults) => (None, faults_json(faults)?),
            });
        }
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO staged_place (batch_no, ordinal, row_no, place_id, name, town_code, town_name, committee,
                                       housing_nature, households, population, attributes, fingerprint,
                                       closes_row, faults, original) ",
        );
        insert.push_values(
            (start..).zip(rows).zip(kept),
            |mut columns, ((ordinal, row), (sound, faults))| {
                let (place, attributes) = sound.unzip();
                let said = place.map(|place| &place.description);
                columns
                    .push_bind(batch_no)
                    .push_bind(ordinal)
                    .push_bind(integer(row.row))
                    .push_bind(place.map(|place| place.id.as_str()))
                    .push_bind(said.map(|said| &*said.name))
                    .push_bind(said.map(|said| &*said.town_code))
                    .push_bind(said.map(|said| &*said.town_name))
                    .push_bind(said.map(|said| &*said.committee))
                    .push_bind(said.map(|said| &*said.housing_nature))
                    .push_bind(said.and_then(|said| said.households).map(integer))
                    .push_bind(said.and_then(|said| said.population).map(integer))
                    .push_bind(attributes)
                    .push_bind(said.map(|said| said.fingerprint().to_vec()))
                    .push_bind(row.closes_row.map(integer))
                    .push_bind(faults)
                    .push_bind(&row.original);
            },
        );
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

fn numbered<T>(rows: &[T], first: i64) -> impl Iterator<Item = (i64, &[T])> {
    rows.chunks(ROWS_PER_INSERT)
        .enumerate()
        .map(move |(index, rows)| (first + integer((index * ROWS_PER_INSERT) as u64), rows))
}
