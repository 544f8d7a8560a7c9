//! Rows on their way in: by COPY onto the record, else a column an array.

use sqlx::PgConnection;

use crate::domain::place::{Description, PlaceRow};
use crate::domain::rejection::RejectedRow;
use crate::domain::sifting::{Fresh, Sieve, Unsettled};
use crate::error::Error;
use crate::store::rows::{bits, faults_json, integer, json};

/// Bytes of rows that are sent at once.
const FULL_BYTES: usize = 64 * 1024;
/// What a binary COPY begins with: signature, no flags, no extension.
///
/// Source: PostgreSQL's documentation of COPY, section Binary Format.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_END: [u8; 2] = (-1_i16).to_be_bytes();
const COPY_COLUMNS: [u8; 2] = 10_i16.to_be_bytes();
const COPY_NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// Writes fresh rows on record, of the batch that takes a position and arrives at an instant.
pub(super) async fn record(
    connection: &mut PgConnection,
    (position, arrival): (i64, i64),
    sieve: &Sieve,
    rows: &[Fresh],
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut copy = connection
        .copy_in_raw(
            "COPY observation (measure_id, period, place_id, source_id, instant, position, value, value_bits,
                               revised_at, row_no) FROM STDIN (FORMAT binary)",
        )
        .await?;
    let mut bytes = Vec::with_capacity(FULL_BYTES + 4_096);
    bytes.extend(COPY_HEADER);
    for said in rows.iter().map(|fresh| sieve.said(fresh)) {
        bytes.extend(COPY_COLUMNS);
        for text in [said.measure_id, said.period, said.place_id, said.source_id] {
            put(&mut bytes, text.as_bytes());
        }
        put(&mut bytes, &said.revised_at_us.unwrap_or(arrival).to_be_bytes());
        put(&mut bytes, &position.to_be_bytes());
        // A double and its bits are the same eight bytes.
        put(&mut bytes, &said.value.to_be_bytes());
        put(&mut bytes, &said.value.to_be_bytes());
        match said.revised_at_us {
            Some(instant) => put(&mut bytes, &instant.to_be_bytes()),
            None => bytes.extend(COPY_NULL),
        }
        put(&mut bytes, &integer(said.row).to_be_bytes());
        if bytes.len() >= FULL_BYTES {
            copy.send(bytes.as_slice()).await?;
            bytes.clear();
        }
    }
    bytes.extend(COPY_END);
    copy.send(bytes.as_slice()).await?;
    copy.finish().await?;
    Ok(())
}

/// A field of a binary COPY: its length and its bytes. Ids are short.
fn put(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend(i32::try_from(field.len()).unwrap_or(i32::MAX).to_be_bytes());
    bytes.extend(field);
}

/// Puts sound rows aside that have to be compared.
pub(super) async fn set_aside(connection: &mut PgConnection, rows: &[Unsettled]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO unsettled (ordinal, row_no, place_id, measure_id, period, source_id, value, value_bits,
                                revised_at, original)
         SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                              $7::double precision[], $8::bigint[], $9::bigint[], $10::text[])",
    )
    .bind(column(rows, |row| integer(row.ordinal)))
    .bind(column(rows, |row| integer(row.row)))
    .bind(column(rows, |row| &*row.place_id))
    .bind(column(rows, |row| &*row.measure_id))
    .bind(column(rows, |row| &*row.period))
    .bind(column(rows, |row| &*row.source_id))
    .bind(column(rows, |row| row.value))
    .bind(column(rows, |row| bits(row.value)))
    .bind(column(rows, |row| row.revised_at_us))
    .bind(column(rows, |row| row.original.as_str()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps rejected rows with their reasons.
pub(super) async fn quarantine(
    connection: &mut PgConnection,
    batch_no: i64,
    rows: &[RejectedRow],
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let reasons = rows.iter().map(|row| json(&row.reasons)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "INSERT INTO rejected_row (batch_no, row_no, ordinal, reasons, original)
         SELECT $1, row_no, ordinal, reasons, original
         FROM UNNEST($2::bigint[], $3::bigint[], $4::text[], $5::text[])
             AS rejected (row_no, ordinal, reasons, original)",
    )
    .bind(batch_no)
    .bind(column(rows, |row| integer(row.row)))
    .bind(column(rows, |row| integer(row.ordinal)))
    .bind(reasons)
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
