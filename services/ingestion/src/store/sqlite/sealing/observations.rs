//! Sealing a delivery of observations.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{PAGE_ROWS, Sealing, Verdicts, run};
use crate::domain::measure::Bounds;
use crate::domain::rejection::{ROWS_NAMED, Reason, RejectedRow};
use crate::domain::source::{DEFAULT_PRECEDENCE, DEFAULT_SOURCE, first_name};
use crate::error::Error;
use crate::store::rows::{bounds, from_json, integer, json, natural};
use crate::store::sqlite::deliveries::quarantine;

/// What the delivery says: one row for each key, instant and value, with its first row and how many say the same.
/// In the order of the table `observation`, so that the two meet without a sort. `given`: the source names the
/// instant itself; `newest`: the newest instant of the key on record, NULL if the key is new.
const STATEMENTS: &str = "
    CREATE TEMP TABLE statement (
        measure_id TEXT    NOT NULL,
        period     TEXT    NOT NULL,
        place_id   TEXT    NOT NULL,
        source_id  TEXT    NOT NULL,
        instant    INTEGER NOT NULL,
        given      INTEGER NOT NULL,
        value      REAL    NOT NULL,
        value_bits INTEGER NOT NULL,
        row_no     INTEGER NOT NULL,
        repeats    INTEGER NOT NULL,
        newest     INTEGER,
        PRIMARY KEY (measure_id, period, place_id, source_id, instant, given, value)
    ) WITHOUT ROWID";

/// Keys with contradicting statements.
const CONFLICTS: &str = "
    CREATE TEMP TABLE conflict (
        conflict_no INTEGER NOT NULL PRIMARY KEY,
        measure_id  TEXT    NOT NULL,
        period      TEXT    NOT NULL,
        place_id    TEXT    NOT NULL,
        source_id   TEXT    NOT NULL,
        variants    INTEGER NOT NULL,
        UNIQUE (measure_id, period, place_id, source_id)
    )";

/// The first statements of each conflict, to be named in its message.
const EVIDENCE: &str = "
    CREATE TEMP TABLE evidence (
        conflict_no INTEGER NOT NULL,
        nth         INTEGER NOT NULL,
        row_no      INTEGER NOT NULL,
        value       REAL    NOT NULL,
        PRIMARY KEY (conflict_no, nth)
    ) WITHOUT ROWID";

/// Verdicts on statements. `kept`: it becomes part of the record.
const DECISIONS: &str = "
    CREATE TEMP TABLE decision (
        measure_id TEXT    NOT NULL,
        period     TEXT    NOT NULL,
        place_id   TEXT    NOT NULL,
        source_id  TEXT    NOT NULL,
        instant    INTEGER NOT NULL,
        given      INTEGER NOT NULL,
        value      REAL    NOT NULL,
        value_bits INTEGER NOT NULL,
        row_no     INTEGER NOT NULL,
        verdict    TEXT    NOT NULL,
        kept       INTEGER NOT NULL
    )";

const CLEAR: &[&str] = &[
    "DROP TABLE IF EXISTS temp.statement",
    "DROP TABLE IF EXISTS temp.conflict",
    "DROP TABLE IF EXISTS temp.evidence",
    "DROP TABLE IF EXISTS temp.decision",
];

pub(super) async fn decide(connection: &mut SqliteConnection, sealing: Sealing) -> Result<Verdicts, Error> {
    run(connection, CLEAR).await?;
    run(connection, &[STATEMENTS, CONFLICTS, EVIDENCE, DECISIONS]).await?;
    reject_faulty_rows(connection, sealing).await?;
    gather_statements(connection, sealing).await?;
    reject_conflicts(connection, sealing).await?;
    name_new_sources(connection, sealing).await?;
    weigh_statements(connection).await?;
    let verdicts = record_decisions(connection, sealing).await?;
    run(connection, CLEAR).await?;
    Ok(verdicts)
}

/// A staged row with a fault, beside what the registers say of its place and measure.
#[derive(sqlx::FromRow)]
struct FaultyRow {
    ordinal: i64,
    row_no: i64,
    place_id: Option<String>,
    measure_id: Option<String>,
    value: Option<f64>,
    faults: Option<String>,
    original: String,
    place_known: bool,
    /// `None` where the measure is not registered.
    unit: Option<String>,
    lower_bound: Option<f64>,
    upper_bound: Option<f64>,
    lower_open: Option<bool>,
    upper_open: Option<bool>,
}

impl FaultyRow {
    fn into_rejected(self) -> Result<RejectedRow, Error> {
        let mut reasons: Vec<Reason> = match &self.faults {
            Some(faults) => from_json(faults)?,
            None => Vec::new(),
        };
        if let Some(place_id) = self.place_id.as_deref().filter(|_| !self.place_known) {
            reasons.push(Reason::unknown_place(place_id));
        }
        match (&self.measure_id, &self.unit) {
            (Some(measure_id), None) => reasons.push(Reason::unknown_measure(measure_id)),
            (Some(_), Some(unit)) => {
                let bounds = self.bounds()?;
                let outside = self.value.filter(|value| !bounds.contains(*value));
                reasons.extend(outside.map(|value| Reason::out_of_bounds(value, &bounds, unit)));
            }
            (None, _) => {}
        }
        Ok(RejectedRow {
            row: natural(self.row_no)?,
            ordinal: natural(self.ordinal)?,
            reasons,
            original: self.original,
        })
    }

    fn bounds(&self) -> Result<Bounds, Error> {
        let is_open = |end: Option<bool>| end.unwrap_or_default();
        bounds(self.lower_bound, self.upper_bound, is_open(self.lower_open), is_open(self.upper_open))
    }
}

async fn reject_faulty_rows(connection: &mut SqliteConnection, sealing: Sealing) -> Result<(), Error> {
    let mut after = -1;
    loop {
        let page: Vec<FaultyRow> = sqlx::query_as(
            "SELECT s.ordinal, s.row_no, s.place_id, s.measure_id, s.value, s.faults, s.original,
                    EXISTS (SELECT 1 FROM place_revision WHERE place_id = s.place_id) AS place_known,
                    m.unit, m.lower_bound, m.upper_bound, m.lower_open, m.upper_open
             FROM staged_observation AS s LEFT JOIN measure AS m ON m.measure_id = s.measure_id
             WHERE s.batch_no = ? AND s.ordinal > ?
                 AND (s.faults IS NOT NULL
                     OR m.measure_id IS NULL
                     OR s.value < m.lower_bound OR (m.lower_open AND s.value = m.lower_bound)
                     OR s.value > m.upper_bound OR (m.upper_open AND s.value = m.upper_bound)
                     OR NOT EXISTS (SELECT 1 FROM place_revision WHERE place_id = s.place_id))
             ORDER BY s.ordinal LIMIT ?",
        )
        .bind(sealing.batch_no)
        .bind(after)
        .bind(PAGE_ROWS)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.ordinal;
        let rejected = page.into_iter().map(FaultyRow::into_rejected).collect::<Result<Vec<_>, _>>()?;
        quarantine(connection, sealing.batch_no, &rejected).await?;
        // What is left in the staging table is sound by itself.
        let ordinals: Vec<u64> = rejected.iter().map(|row| row.ordinal).collect();
        sqlx::query(
            "DELETE FROM staged_observation WHERE batch_no = ? AND ordinal IN (SELECT value FROM json_each(?))",
        )
        .bind(sealing.batch_no)
        .bind(json(&ordinals)?)
        .execute(&mut *connection)
        .await?;
    }
}

async fn gather_statements(connection: &mut SqliteConnection, sealing: Sealing) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO statement (measure_id, period, place_id, source_id, instant, given, value, value_bits,
                                row_no, repeats, newest)
         SELECT measure_id, period, place_id, source_id, coalesce(revised_at, max(?1, coalesce(newest + 1, ?1))),
                revised_at IS NOT NULL, value, value_bits, row_no, repeats, newest
         FROM (SELECT *, (SELECT max(instant) FROM observation AS o
                          WHERE o.measure_id = s.measure_id AND o.period = s.period AND o.place_id = s.place_id
                              AND o.source_id = s.source_id) AS newest
               FROM (SELECT measure_id, period, place_id, source_id, revised_at, value, value_bits,
                            min(row_no) AS row_no, count(*) AS repeats
                     FROM staged_observation WHERE batch_no = ?2 GROUP BY 1, 2, 3, 4, 5, 6) AS s)",
    )
    .bind(sealing.arrival)
    .bind(sealing.batch_no)
    .execute(connection)
    .await?;
    Ok(())
}

async fn reject_conflicts(connection: &mut SqliteConnection, sealing: Sealing) -> Result<(), Error> {
    // Without a time of its own a statement contradicts every other value; with one, only another value of the same.
    let conflicts = sqlx::query(
        "INSERT INTO conflict (measure_id, period, place_id, source_id, variants)
         SELECT measure_id, period, place_id, source_id, count(*) FROM statement
         GROUP BY measure_id, period, place_id, source_id
         HAVING count(*) > 1
             AND CASE WHEN min(given) THEN count(*) > count(DISTINCT instant) ELSE min(value) <> max(value) END",
    )
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if conflicts == 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO evidence (conflict_no, nth, row_no, value)
         SELECT conflict_no, nth, row_no, value FROM (
             SELECT c.conflict_no, t.row_no, t.value,
                    row_number() OVER (PARTITION BY c.conflict_no ORDER BY t.row_no, t.value) AS nth
             FROM conflict AS c JOIN statement AS t USING (measure_id, period, place_id, source_id))
         WHERE nth <= ?",
    )
    .bind(integer(ROWS_NAMED as u64))
    .execute(&mut *connection)
    .await?;
    let mut after = -1;
    loop {
        let page: Vec<(i64, i64, String, i64, i64)> = sqlx::query_as(
            "SELECT s.ordinal, s.row_no, s.original, c.conflict_no, c.variants
             FROM staged_observation AS s CROSS JOIN conflict AS c
                 ON c.measure_id = s.measure_id AND c.period = s.period AND c.place_id = s.place_id
                 AND c.source_id = s.source_id
             WHERE s.batch_no = ? AND s.ordinal > ? ORDER BY s.ordinal LIMIT ?",
        )
        .bind(sealing.batch_no)
        .bind(after)
        .bind(PAGE_ROWS)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = page.last() else { break };
        after = last.0;
        let told = evidence(connection, page.iter().map(|row| row.3).collect()).await?;
        let mut rejected = Vec::with_capacity(page.len());
        for (ordinal, row, original, conflict_no, variants) in page {
            let values = told.get(&conflict_no).map_or(&[][..], Vec::as_slice);
            let untold = natural(variants)?.saturating_sub(values.len() as u64);
            let reasons = vec![Reason::conflicting_values(values, untold)];
            rejected.push(RejectedRow { row: natural(row)?, ordinal: natural(ordinal)?, reasons, original });
        }
        quarantine(connection, sealing.batch_no, &rejected).await?;
    }
    run(
        connection,
        &["DELETE FROM statement WHERE (measure_id, period, place_id, source_id) IN
               (SELECT measure_id, period, place_id, source_id FROM conflict)"],
    )
    .await
}

async fn evidence(
    connection: &mut SqliteConnection,
    conflicts: Vec<i64>,
) -> Result<HashMap<i64, Vec<(u64, f64)>>, Error> {
    let found: Vec<(i64, i64, f64)> = sqlx::query_as(
        "SELECT conflict_no, row_no, value FROM evidence
         WHERE conflict_no IN (SELECT value FROM json_each(?)) ORDER BY conflict_no, nth",
    )
    .bind(json(&conflicts)?)
    .fetch_all(connection)
    .await?;
    let mut values: HashMap<i64, Vec<(u64, f64)>> = HashMap::new();
    for (conflict_no, row, value) in found {
        values.entry(conflict_no).or_default().push((natural(row)?, value));
    }
    Ok(values)
}

/// A source named first by a delivery gets the default precedence, from this delivery on.
async fn name_new_sources(connection: &mut SqliteConnection, sealing: Sealing) -> Result<(), Error> {
    let default_name = first_name(DEFAULT_SOURCE);
    sqlx::query(
        "INSERT INTO source (source_id, name_zh, name_en, precedence)
         SELECT DISTINCT source_id, iif(source_id = ?1, ?2, source_id), iif(source_id = ?1, ?3, source_id), ?4
         FROM statement WHERE source_id NOT IN (SELECT source_id FROM source)",
    )
    .bind(DEFAULT_SOURCE)
    .bind(default_name.zh)
    .bind(default_name.en)
    .bind(DEFAULT_PRECEDENCE)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO source_precedence (source_id, from_position, precedence)
         SELECT source_id, ?, precedence FROM source
         WHERE source_id NOT IN (SELECT source_id FROM source_precedence)",
    )
    .bind(sealing.position)
    .execute(connection)
    .await?;
    Ok(())
}

/// Holds each statement against the one before it, on record or in the delivery, in the order of their instants.
async fn weigh_statements(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO decision
         WITH said AS (
             SELECT measure_id, period, place_id, source_id, instant, 1 AS fresh, 0 AS position, given, value,
                    value_bits, row_no, newest
             FROM statement
             UNION ALL
             SELECT o.measure_id, o.period, o.place_id, o.source_id, o.instant, 0, o.position, 0, o.value,
                    o.value_bits, 0, NULL
             FROM (SELECT DISTINCT measure_id, period, place_id, source_id FROM statement
                   WHERE newest IS NOT NULL) AS known
             CROSS JOIN observation AS o USING (measure_id, period, place_id, source_id)
         ),
         chained AS (
             SELECT *, lag(value) OVER chain AS value_before, lag(instant) OVER chain AS instant_before
             FROM said
             WINDOW chain AS (PARTITION BY measure_id, period, place_id, source_id
                              ORDER BY instant, fresh, position, given)
         ),
         weighed AS (
             SELECT *, CASE
                 WHEN value = value_before THEN 'DUPLICATE'
                 WHEN value_before IS NULL AND newest IS NULL THEN 'ACCEPTED'
                 WHEN instant < newest AND value = (
                     SELECT value FROM observation AS o
                     WHERE o.measure_id = c.measure_id AND o.period = c.period AND o.place_id = c.place_id
                         AND o.source_id = c.source_id
                     ORDER BY o.instant DESC, o.position DESC LIMIT 1) THEN 'DUPLICATE'
                 ELSE 'CORRECTED' END AS verdict
             FROM chained AS c WHERE fresh
         )
         SELECT measure_id, period, place_id, source_id, instant, given, value, value_bits, row_no, verdict,
                verdict <> 'DUPLICATE'
                    OR (given AND NOT coalesce(value = value_before AND instant = instant_before, 0))
         FROM weighed",
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn record_decisions(connection: &mut SqliteConnection, sealing: Sealing) -> Result<Verdicts, Error> {
    sqlx::query(
        "INSERT INTO observation (measure_id, period, place_id, source_id, instant, position, value, value_bits,
                                  revised_at, row_no)
         SELECT measure_id, period, place_id, source_id, instant, ?, value, value_bits, iif(given, instant, NULL),
                row_no
         FROM decision WHERE kept",
    )
    .bind(sealing.position)
    .execute(&mut *connection)
    .await?;
    let (accepted, corrected, sound): (i64, i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE verdict = 'ACCEPTED'), count(*) FILTER (WHERE verdict = 'CORRECTED'),
                (SELECT coalesce(sum(repeats), 0) FROM statement)
         FROM decision",
    )
    .fetch_one(connection)
    .await?;
    Ok(Verdicts {
        accepted: natural(accepted)?,
        corrected: natural(corrected)?,
        duplicate: natural(sound - accepted - corrected)?,
    })
}
