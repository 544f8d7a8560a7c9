//! Sealing a delivery of places.

use std::collections::HashMap;

use super::{Connection, Sealing, Verdicts, reject, run};
use crate::domain::rejection::{ROWS_NAMED, Reason};
use crate::error::Error;
use crate::store::HotQuery;
use crate::store::rows::{integer, json, natural};

/// One row for each place and content of the delivery: its first row, and how many say the same.
const DESCRIPTIONS: &str = scratch_table!(
    "description (
        place_id ",
    key_text!(),
    " NOT NULL,
        fingerprint BYTEA  NOT NULL,
        ordinal     BIGINT NOT NULL,
        row_no      BIGINT NOT NULL,
        repeats     BIGINT NOT NULL,
        PRIMARY KEY (place_id, fingerprint)
    )"
);

const CONFLICTS: &str = scratch_table!(
    "place_conflict (place_id ",
    key_text!(),
    " NOT NULL PRIMARY KEY, variants BIGINT NOT NULL)"
);

const INTO_QUARANTINE: &str = into_quarantine!("staged_place");

pub(super) const CLEAR: &[&str] =
    &[drop_scratch_table!("description"), drop_scratch_table!("place_conflict")];

/// Those queries of a seal that meet the record, or are asked for every page of the delivery.
pub(super) const HOT_QUERIES: &[HotQuery] = &[
    HotQuery { scratch: &[DESCRIPTIONS], ..HotQuery::new("compare descriptions", COMPARE) },
    HotQuery { scratch: &[CONFLICTS], ..HotQuery::new("find conflicting places", CONFLICTING) },
    HotQuery { scratch: &[DESCRIPTIONS], ..HotQuery::new("rows that differ", TOLD) },
];

pub(super) async fn decide(connection: &mut Connection, sealing: Sealing) -> Result<Verdicts, Error> {
    run(connection, CLEAR).await?;
    run(connection, &[DESCRIPTIONS, CONFLICTS]).await?;
    // Every fault that a row of places can have by itself was found when it was staged, words and all.
    sqlx::query(
        "INSERT INTO rejected_row (batch_no, row_no, ordinal, reasons, original)
         SELECT batch_no, row_no, ordinal, faults, original FROM staged_place
         WHERE batch_no = $1 AND faults IS NOT NULL",
    )
    .bind(sealing.batch_no)
    .execute(&mut *connection)
    .await?;
    // The row number decides which row is the first.
    sqlx::query(
        "INSERT INTO description (place_id, fingerprint, ordinal, row_no, repeats)
         SELECT place_id, fingerprint, ordinal, row_no, repeats
         FROM (SELECT place_id, fingerprint, ordinal, row_no,
                      count(*) OVER (PARTITION BY place_id, fingerprint) AS repeats,
                      row_number() OVER (PARTITION BY place_id, fingerprint ORDER BY row_no, ordinal) AS nth
               FROM staged_place WHERE batch_no = $1 AND faults IS NULL) AS said
         WHERE nth = 1",
    )
    .bind(sealing.batch_no)
    .execute(&mut *connection)
    .await?;
    reject_conflicts(connection, sealing).await?;
    compare_with_record(connection, sealing).await
}

const CONFLICTING: &str = concat!(
    "SELECT s.ordinal, c.place_id, c.variants FROM staged_place AS s ",
    and_then_join!(),
    "place_conflict AS c ON c.place_id = s.place_id
     WHERE s.batch_no = $1 AND s.ordinal > $2 AND s.ordinal <= $3"
);

const TOLD: &str = concat!(
    "SELECT place_id, row_no FROM (
         SELECT place_id, row_no, row_number() OVER (PARTITION BY place_id ORDER BY row_no, fingerprint) AS nth
         FROM description WHERE place_id IN ",
    texts!("$1"),
    ") AS told WHERE nth <= $2 ORDER BY place_id, nth"
);

async fn reject_conflicts(connection: &mut Connection, sealing: Sealing) -> Result<(), Error> {
    let conflicts = sqlx::query(
        "INSERT INTO place_conflict (place_id, variants)
         SELECT place_id, count(*) FROM description GROUP BY place_id HAVING count(*) > 1",
    )
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if conflicts == 0 {
        return Ok(());
    }
    run(connection, look_at!("description", "place_conflict")).await?;
    for (after, up_to) in sealing.pages() {
        let page: Vec<(i64, String, i64)> = sqlx::query_as(CONFLICTING)
            .bind(sealing.batch_no)
            .bind(after)
            .bind(up_to)
            .fetch_all(&mut *connection)
            .await?;
        let told = rows_that_differ(connection, page.iter().map(|row| row.1.as_str()).collect()).await?;
        let mut rejected = Vec::with_capacity(page.len());
        for (ordinal, place_id, variants) in page {
            let rows = told.get(&place_id).map_or(&[][..], Vec::as_slice);
            let untold = natural(variants)?.saturating_sub(rows.len() as u64);
            rejected.push((ordinal, json(&[Reason::conflicting_places(rows, untold)])?));
        }
        reject(connection, sealing, INTO_QUARANTINE, &rejected).await?;
    }
    run(connection, &["DELETE FROM description WHERE place_id IN (SELECT place_id FROM place_conflict)"])
        .await
}

/// The first rows that describe each place differently.
async fn rows_that_differ(
    connection: &mut Connection,
    places: Vec<&str>,
) -> Result<HashMap<String, Vec<u64>>, Error> {
    let found: Vec<(String, i64)> = sqlx::query_as(TOLD)
        .bind(json(&places)?)
        .bind(integer(ROWS_NAMED as u64))
        .fetch_all(connection)
        .await?;
    let mut rows: HashMap<String, Vec<u64>> = HashMap::new();
    for (place_id, row) in found {
        rows.entry(place_id).or_default().push(natural(row)?);
    }
    Ok(rows)
}

const COMPARE: &str = concat!(
    "SELECT count(*) FILTER (WHERE fingerprint_before IS NULL),
                count(*) FILTER (WHERE fingerprint_before <> fingerprint),
                CAST(coalesce(sum(repeats), 0) AS BIGINT)
         FROM (SELECT fingerprint, repeats,
                      (SELECT p.fingerprint FROM place_revision AS p
                       WHERE p.place_id = d.place_id AND p.position NOT IN ",
    withdrawn!(),
    "              ORDER BY p.position DESC LIMIT 1) AS fingerprint_before
               FROM description AS d) AS compared"
);

/// Every description is recorded, one that repeats the newest too: the batch that said it first may be withdrawn.
async fn compare_with_record(connection: &mut Connection, sealing: Sealing) -> Result<Verdicts, Error> {
    let (new, changed, sound): (i64, i64, i64) = sqlx::query_as(COMPARE).fetch_one(&mut *connection).await?;
    sqlx::query(
        "INSERT INTO place_revision (place_id, position, row_no, name, town_code, town_name, committee,
                                     housing_nature, households, population, attributes, fingerprint)
         SELECT s.place_id, $1, s.row_no, s.name, s.town_code, s.town_name, s.committee, s.housing_nature,
                s.households, s.population, s.attributes, s.fingerprint
         FROM description AS d JOIN staged_place AS s ON s.batch_no = $2 AND s.ordinal = d.ordinal
         ORDER BY s.place_id",
    )
    .bind(sealing.position)
    .bind(sealing.batch_no)
    .execute(connection)
    .await?;
    Ok(Verdicts {
        accepted: natural(new)?,
        corrected: natural(changed)?,
        duplicate: natural(sound - new - changed)?,
    })
}
