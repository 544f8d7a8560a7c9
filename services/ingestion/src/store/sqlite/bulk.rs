//! Rows on their way in, a thousand an INSERT.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::domain::observation::ObservationRow;
use crate::domain::place::PlaceRow;
use crate::error::Error;
use crate::store::rows::{bits, faults_json, integer, json};

/// Rows of one INSERT: beyond this a statement of fifteen columns nears SQLite's limit of 32,766 bound values, and
/// each statement costs a hand-off to the connection's thread, so never row by row.
const ROWS_PER_INSERT: usize = 1_000;

pub(super) async fn stage_observations(
    connection: &mut SqliteConnection,
    batch_no: i64,
    first: i64,
    rows: &[ObservationRow],
) -> Result<(), Error> {
    for (start, rows) in numbered(rows, first) {
        let faults = rows.iter().map(|row| faults_json(&row.faults)).collect::<Result<Vec<_>, _>>()?;
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO staged_observation (batch_no, ordinal, row_no, place_id, measure_id, period, source_id,
                                             value, value_bits, revised_at, closes_row, faults, original) ",
        );
        insert.push_values((start..).zip(rows).zip(faults), |mut columns, ((ordinal, row), faults)| {
            columns
                .push_bind(batch_no)
                .push_bind(ordinal)
                .push_bind(integer(row.row))
                .push_bind(row.place_id.as_deref())
                .push_bind(row.measure_id.as_deref())
                .push_bind(row.period.as_deref())
                .push_bind(row.source_id.as_deref())
                .push_bind(row.value)
                .push_bind(row.value.map(bits))
                .push_bind(row.revised_at_us)
                .push_bind(row.closes_row.map(integer))
                .push_bind(faults)
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
