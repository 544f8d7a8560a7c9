//! The first rows of each verdict, from the scratch tables of a seal that is about to be taken back.

use super::super::reading;
use super::{Connection, Sealing};
use crate::domain::batch::{BatchKind, Position};
use crate::domain::ids::PlaceId;
use crate::domain::place::{Description, Place};
use crate::domain::review::{FieldChange, RowSample, RowVerdict, changes};
use crate::error::Error;
use crate::store::HotQuery;
use crate::store::rows::{PlaceRecord, natural};

/// Bytes after which no more samples are taken: they share their message with rejected rows.
const FULL_BYTES: usize = 512 * 1024;

const VERDICTS: [(RowVerdict, &str); 3] = [
    (RowVerdict::Accepted, "ACCEPTED"),
    (RowVerdict::Corrected, "CORRECTED"),
    (RowVerdict::Duplicate, "DUPLICATE"),
];

pub(super) const HOT_QUERIES: &[HotQuery] = &[HotQuery::new("a staged place", STAGED_PLACE)];

/// At most `count` rows of each verdict, by verdict, then row.
pub(super) async fn of(
    connection: &mut Connection,
    sealing: Sealing,
    count: u32,
) -> Result<Vec<RowSample>, Error> {
    let mut samples = Vec::new();
    if count == 0 {
        return Ok(samples);
    }
    for verdict in VERDICTS {
        match sealing.kind {
            BatchKind::Places => places(connection, sealing, verdict, count, &mut samples).await?,
            BatchKind::Observations => {
                let found = observations(connection, sealing, verdict, count).await?;
                samples.extend(found);
            }
        }
    }
    Ok(samples)
}

/// A statement stands for its first row; the rows that repeat it within the delivery are duplicates too.
const STATEMENTS: &str = concat!(
    "SELECT d.*, (SELECT o.value FROM observation AS o
                  WHERE o.measure_id = d.measure_id AND o.period = d.period AND o.place_id = d.place_id
                      AND o.source_id = d.source_id AND o.position < $1 AND o.position NOT IN ",
    withdrawn!(),
    "             ORDER BY o.instant DESC, o.position DESC LIMIT 1) AS value_before,
            (SELECT NOT (o.source_id = d.source_id AND o.value = d.value)
             FROM observation AS o JOIN source AS s ON s.source_id = o.source_id
             WHERE o.measure_id = d.measure_id AND o.period = d.period AND o.place_id = d.place_id
                 AND o.position NOT IN ",
    withdrawn!(),
    "        ORDER BY s.precedence, o.instant DESC, o.source_id, o.position DESC LIMIT 1) AS outweighed
     FROM (SELECT row_no, place_id, measure_id, period, source_id, value FROM (
               SELECT row_no, place_id, measure_id, period, source_id, value, verdict FROM decision
               UNION ALL
               SELECT s.row_no, s.place_id, s.measure_id, s.period, s.source_id, s.value, 'DUPLICATE'
               FROM unsettled AS s ",
    and_then_join!(),
    "statement AS t ON t.measure_id = s.measure_id AND t.period = s.period AND t.place_id = s.place_id
                   AND t.source_id = s.source_id AND t.given = (s.revised_at IS NOT NULL) AND t.value = s.value
                   AND (s.revised_at IS NULL OR t.instant = s.revised_at)
               WHERE s.row_no > t.row_no
                   AND EXISTS (SELECT 1 FROM statement WHERE repeats > 1)) AS told
           WHERE verdict = $2 ORDER BY row_no, place_id, measure_id, period, source_id LIMIT $3) AS d
     ORDER BY row_no, place_id, measure_id, period, source_id"
);

#[derive(sqlx::FromRow)]
struct StatementRecord {
    row_no: i64,
    place_id: String,
    measure_id: String,
    period: String,
    source_id: String,
    value: f64,
    value_before: Option<f64>,
    outweighed: Option<bool>,
}

async fn observations(
    connection: &mut Connection,
    sealing: Sealing,
    (verdict, name): (RowVerdict, &str),
    count: u32,
) -> Result<Vec<RowSample>, Error> {
    let found: Vec<StatementRecord> = sqlx::query_as(STATEMENTS)
        .bind(sealing.position)
        .bind(name)
        .bind(i64::from(count))
        .fetch_all(connection)
        .await?;
    let sample = |said: StatementRecord| {
        Ok(RowSample {
            verdict,
            row: natural(said.row_no)?,
            place_id: said.place_id,
            measure_id: said.measure_id,
            period: said.period,
            source_id: said.source_id,
            changes: vec![FieldChange::of_value(said.value_before, said.value)],
            outweighed: said.outweighed.unwrap_or_default(),
        })
    };
    found.into_iter().map(sample).collect()
}

const DESCRIPTIONS: &str = concat!(
    "SELECT row_no, ordinal FROM (
         SELECT row_no, ordinal, CASE WHEN before IS NULL THEN 'ACCEPTED' WHEN before = fingerprint THEN 'DUPLICATE'
                                      ELSE 'CORRECTED' END AS verdict
         FROM (SELECT d.*, (SELECT p.fingerprint FROM place_revision AS p
                            WHERE p.place_id = d.place_id AND p.position < $1 AND p.position NOT IN ",
    withdrawn!(),
    "                       ORDER BY p.position DESC LIMIT 1) AS before
               FROM description AS d) AS compared
         UNION ALL
         SELECT s.row_no, s.ordinal, 'DUPLICATE' FROM staged_place AS s ",
    and_then_join!(),
    "description AS d ON d.place_id = s.place_id AND d.fingerprint = s.fingerprint
         WHERE s.batch_no = $2 AND s.ordinal <> d.ordinal) AS told
     WHERE verdict = $3 ORDER BY row_no, ordinal LIMIT $4"
);

const STAGED_PLACE: &str = "
    SELECT place_id, name, town_code, town_name, committee, housing_nature, households, population, attributes
    FROM staged_place WHERE batch_no = $1 AND ordinal = $2";

/// Descriptions can be long, so they are read one at a time.
async fn places(
    connection: &mut Connection,
    sealing: Sealing,
    (verdict, name): (RowVerdict, &str),
    count: u32,
    samples: &mut Vec<RowSample>,
) -> Result<(), Error> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(DESCRIPTIONS)
        .bind(sealing.position)
        .bind(sealing.batch_no)
        .bind(name)
        .bind(i64::from(count))
        .fetch_all(&mut *connection)
        .await?;
    let mut bytes: usize = samples.iter().map(RowSample::bytes).sum();
    for (row_no, ordinal) in rows {
        if bytes >= FULL_BYTES {
            break;
        }
        let said: PlaceRecord = sqlx::query_as(STAGED_PLACE)
            .bind(sealing.batch_no)
            .bind(ordinal)
            .fetch_one(&mut *connection)
            .await?;
        let Place { id, description } = said.try_into()?;
        let before = description_before(connection, sealing, &id).await?;
        let sample = RowSample {
            verdict,
            row: natural(row_no)?,
            place_id: id.to_string(),
            measure_id: String::new(),
            period: String::new(),
            source_id: String::new(),
            changes: changes(verdict, before.as_ref(), &description),
            outweighed: false,
        };
        bytes += sample.bytes();
        samples.push(sample);
    }
    Ok(())
}

async fn description_before(
    connection: &mut Connection,
    sealing: Sealing,
    id: &PlaceId,
) -> Result<Option<Description>, Error> {
    let before = Position(natural(sealing.position - 1)?);
    Ok(reading::place(connection, id, before).await?.map(|place| place.description))
}
