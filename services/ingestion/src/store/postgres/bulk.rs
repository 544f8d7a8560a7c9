//! Rows on their way in, a column an array.

use sqlx::PgConnection;

use crate::domain::observation::ObservationRow;
use crate::domain::place::{Description, PlaceRow};
use crate::error::Error;
use crate::store::rows::{bits, faults_json, integer, json};

pub(super) async fn stage_observations(
    connection: &mut PgConnection,
    batch_no: i64,
    first: i64,
    rows: &[ObservationRow],
) -> Result<(), Error> {
    let faults = rows.iter().map(|row| faults_json(&row.faults)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "INSERT INTO staged_observation (batch_no, ordinal, row_no, place_id, measure_id, period, source_id,
                                         value, value_bits, revised_at, closes_row, faults, original)
         SELECT $1, $2 + nth - 1, row_no, place_id, measure_id, period, source_id, value, value_bits, revised_at,
                closes_row, faults, original
         FROM UNNEST($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::double precision[],
                     $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[])
             WITH ORDINALITY AS staged (row_no, place_id, measure_id, period, source_id, value, value_bits,
                                        revised_at, closes_row, faults, original, nth)",
    )
    .bind(batch_no)
    .bind(first)
    .bind(column(rows, |row| integer(row.row)))
    .bind(column(rows, |row| row.place_id.as_deref()))
    .bind(column(rows, |row| row.measure_id.as_deref()))
    .bind(column(rows, |row| row.period.as_deref()))
    .bind(column(rows, |row| row.source_id.as_deref()))
    .bind(column(rows, |row| row.value))
    .bind(column(rows, |row| row.value.map(bits)))
    .bind(column(rows, |row| row.revised_at_us))
    .bind(column(rows, |row| row.closes_row.map(integer)))
    .bind(faults)
    .bind(column(rows, |row| row.original.as_str()))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn stage_places(
    connection: &mut PgConnection,
    batch_no: i64,
    first: i64,
    rows: &[PlaceRow],
) -> Result<(), Error> {
    let (mut attributes, mut faults) = (Vec::new(), Vec::new());
    for row in rows {
        attributes.push(said(row).map(|said| json(&said.attributes)).transpose()?);
        faults.push(row.place.as_ref().err().map_or(Ok(None), |found| faults_json(found))?);
    }
    sqlx::query(
        "INSERT INTO staged_place (batch_no, ordinal, row_no, place_id, name, town_code, town_name, committee,
                                   housing_nature, households, population, attributes, fingerprint, closes_row,
                                   faults, original)
         SELECT $1, $2 + nth - 1, row_no, place_id, name, town_code, town_name, committee, housing_nature,
                households, population, attributes, fingerprint, closes_row, faults, original
         FROM UNNEST($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                     $10::bigint[], $11::bigint[], $12::text[], $13::bytea[], $14::bigint[], $15::text[],
                     $16::text[])
             WITH ORDINALITY AS staged (row_no, place_id, name, town_code, town_name, committee, housing_nature,
                                        households, population, attributes, fingerprint, closes_row, faults,
                                        original, nth)",
    )
    .bind(batch_no)
    .bind(first)
    .bind(column(rows, |row| integer(row.row)))
    .bind(column(rows, |row| row.place.as_ref().ok().map(|place| place.id.as_str())))
    .bind(column(rows, |row| said(row).map(|said| said.name.as_str())))
    .bind(column(rows, |row| said(row).map(|said| said.town_code.as_str())))
    .bind(column(rows, |row| said(row).map(|said| said.town_name.as_str())))
    .bind(column(rows, |row| said(row).map(|said| said.committee.as_str())))
    .bind(column(rows, |row| said(row).map(|said| said.housing_nature.as_str())))
    .bind(column(rows, |row| said(row).and_then(|said| said.households).map(integer)))
    .bind(column(rows, |row| said(row).and_then(|said| said.population).map(integer)))
    .bind(attributes)
    .bind(column(rows, |row| said(row).map(|said| said.fingerprint().to_vec())))
    .bind(column(rows, |row| row.closes_row.map(integer)))
    .bind(faults)
    .bind(column(rows, |row| row.original.as_str()))
    .execute(connection)
    .await?;
    Ok(())
}

fn said(row: &PlaceRow) -> Option<&Description> {
    row.place.as_ref().ok().map(|place| &place.description)
}

fn column<'a, R, T>(rows: &'a [R], cell: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(cell).collect()
}
