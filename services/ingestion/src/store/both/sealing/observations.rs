//! Sealing a delivery of observations.

use std::collections::HashMap;

use super::sifting::{self, Outcome};
use super::{Connection, Sealing, Verdicts, activity, movement, reject, run};
use crate::domain::rejection::{ROWS_NAMED, Reason};
use crate::domain::source::{DEFAULT_PRECEDENCE, DEFAULT_SOURCE, first_name};
use crate::error::Error;
use crate::store::HotQuery;
use crate::store::rows::{bits, integer, json, natural};

/// The columns of what a statement is about, as the record has them, so that indexes of both serve a join.
macro_rules! observation_key {
    () => {
        concat!(
            "measure_id ",
            key_text!(),
            " NOT NULL, period ",
            key_text!(),
            " NOT NULL, place_id ",
            key_text!(),
            " NOT NULL, source_id ",
            key_text!(),
            " NOT NULL,"
        )
    };
}

/// What the delivery says: one row for each key, instant and value, with its first row and how many say the same.
/// In the order of the table `observation`, so that the two meet without a sort. `given`: the source names the
/// instant itself; `newest`: the newest instant of the key on record, NULL if the key is new.
const STATEMENTS: &str = scratch_table!(
    "statement (",
    observation_key!(),
    "
        instant    BIGINT           NOT NULL,
        given      BOOLEAN          NOT NULL,
        value      DOUBLE PRECISION NOT NULL,
        value_bits BIGINT           NOT NULL,
        row_no     BIGINT           NOT NULL,
        repeats    BIGINT           NOT NULL,
        newest     BIGINT,
        PRIMARY KEY (measure_id, period, place_id, source_id, instant, given, value)
    )"
);

/// Keys with contradicting statements, numbered.
const CONFLICTS: &str = scratch_table!(
    "conflict (",
    observation_key!(),
    "
        conflict_no BIGINT NOT NULL PRIMARY KEY,
        variants    BIGINT NOT NULL,
        UNIQUE (measure_id, period, place_id, source_id)
    )"
);

/// The first statements of each conflict, to be named in its message.
const EVIDENCE: &str = scratch_table!(
    "evidence (
        conflict_no BIGINT           NOT NULL,
        nth         BIGINT           NOT NULL,
        row_no      BIGINT           NOT NULL,
        value       DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (conflict_no, nth)
    )"
);

/// Statements with their verdicts. `stands_at`: the instant under which the record keeps them.
const DECISIONS: &str = scratch_table!(
    "decision (",
    observation_key!(),
    "
        instant    BIGINT           NOT NULL,
        given      BOOLEAN          NOT NULL,
        value      DOUBLE PRECISION NOT NULL,
        value_bits BIGINT           NOT NULL,
        row_no     BIGINT           NOT NULL,
        verdict    TEXT             NOT NULL,
        stands_at  BIGINT           NOT NULL,
        PRIMARY KEY (measure_id, period, place_id, source_id, instant, given)
    )"
);

/// Sound rows that have to be compared: with one another, or with the record.
const UNSETTLED: &str = scratch_table!(
    "unsettled (",
    observation_key!(),
    "
        ordinal    BIGINT           NOT NULL PRIMARY KEY,
        row_no     BIGINT           NOT NULL,
        value      DOUBLE PRECISION NOT NULL,
        value_bits BIGINT           NOT NULL,
        revised_at BIGINT,
        original   TEXT             NOT NULL
    )"
);

const INTO_QUARANTINE: &str = concat!(
    "INSERT INTO rejected_row (batch_no, row_no, ordinal, reasons, original)
     SELECT $1, s.row_no, s.ordinal, r.reasons, s.original FROM ",
    reasons_by_ordinal!("$2"),
    " AS r",
    and_then_join!(),
    "unsettled AS s ON s.ordinal = r.ordinal"
);

pub(super) const CLEAR: &[&str] = &[
    drop_scratch_table!("unsettled"),
    drop_scratch_table!("statement"),
    drop_scratch_table!("conflict"),
    drop_scratch_table!("evidence"),
    drop_scratch_table!("decision"),
];

/// Those queries of a seal that meet the record, or are asked for every page of the delivery.
pub(super) const HOT_QUERIES: &[HotQuery] = &[
    HotQuery { scratch: &[UNSETTLED, STATEMENTS], ..HotQuery::new("gather statements", GATHER) },
    HotQuery { scratch: &[UNSETTLED, CONFLICTS], ..HotQuery::new("find conflicting rows", CONFLICTING) },
    HotQuery { scratch: &[EVIDENCE], ..HotQuery::new("evidence of conflicts", TOLD) },
    HotQuery { scratch: &[STATEMENTS, DECISIONS], ..HotQuery::new("weigh statements", WEIGH) },
];

pub(super) async fn decide(
    connection: &mut Connection,
    sealing: Sealing,
    corrects: Option<i64>,
    is_looked_at: bool,
) -> Result<Verdicts, Error> {
    run(connection, CLEAR).await?;
    run(connection, &[UNSETTLED, STATEMENTS, CONFLICTS, EVIDENCE, DECISIONS]).await?;
    let sifted = sifting::sift(connection, sealing, corrects).await?;
    if is_looked_at {
        movement::begin(connection).await?;
    }
    let mut verdicts = Verdicts { accepted: 0, corrected: 0, duplicate: 0 };
    if sifted.unsettled > 0 {
        verdicts = compare(connection, sealing, is_looked_at).await?;
    }
    verdicts.accepted += sifted.fresh;
    let fresh = sifted.sieve.fresh_by_source();
    name_sources(connection, sealing, &fresh).await?;
    activity::add(connection, sealing.position, &fresh).await?;
    if is_looked_at {
        show(connection, sealing, &sifted).await?;
    }
    Ok(verdicts)
}

/// Decides what could not be told by itself, set by set.
async fn compare(
    connection: &mut Connection,
    sealing: Sealing,
    notes_columns: bool,
) -> Result<Verdicts, Error> {
    run(connection, look_at!("unsettled")).await?;
    gather_statements(connection, sealing).await?;
    run(connection, look_at!("statement")).await?;
    reject_conflicts(connection, sealing).await?;
    name_new_sources(connection, sealing).await?;
    weigh_statements(connection).await?;
    if notes_columns {
        movement::note_columns(connection, sealing).await?;
    }
    activity::note(connection, sealing.position).await?;
    record_decisions(connection, sealing).await
}

/// Puts the first fresh rows beside the decisions, for those who look at samples: they are recorded already.
async fn show(connection: &mut Connection, sealing: Sealing, sifted: &Outcome) -> Result<(), Error> {
    for said in sifted.first.iter().map(|fresh| sifted.sieve.said(fresh)) {
        let instant = said.revised_at_us.unwrap_or(sealing.arrival);
        sqlx::query(
            "INSERT INTO decision (measure_id, period, place_id, source_id, instant, given, value, value_bits, row_no,
                                   verdict, stands_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'ACCEPTED', $5)",
        )
        .bind(said.measure_id)
        .bind(said.period)
        .bind(said.place_id)
        .bind(said.source_id)
        .bind(instant)
        .bind(said.revised_at_us.is_some())
        .bind(said.value)
        .bind(bits(said.value))
        .bind(integer(said.row))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// `said` is made once: its look into the record would else be taken wherever `newest` is used.
const GATHER: &str = concat!(
    "INSERT INTO statement (measure_id, period, place_id, source_id, instant, given, value, value_bits, row_no,
                            repeats, newest)
     WITH said AS MATERIALIZED (
         SELECT s.*, (SELECT max(o.instant) FROM observation AS o
                      WHERE o.measure_id = s.measure_id AND o.period = s.period AND o.place_id = s.place_id
                          AND o.source_id = s.source_id AND o.position NOT IN ",
    withdrawn!(),
    "        ) AS newest
         FROM (SELECT measure_id, period, place_id, source_id, revised_at, value, value_bits,
                      min(row_no) AS row_no, count(*) AS repeats
               FROM unsettled
               GROUP BY measure_id, period, place_id, source_id, revised_at, value, value_bits) AS s
     )
     SELECT measure_id, period, place_id, source_id,
            CASE WHEN revised_at IS NOT NULL THEN revised_at WHEN newest >= $1 THEN newest + 1 ELSE $1 END,
            revised_at IS NOT NULL, value, value_bits, row_no, repeats, newest
     FROM said"
);

async fn gather_statements(connection: &mut Connection, sealing: Sealing) -> Result<(), Error> {
    sqlx::query(GATHER).bind(sealing.arrival).execute(connection).await?;
    Ok(())
}

const CONFLICTING: &str = concat!(
    "SELECT s.ordinal, c.conflict_no, c.variants FROM unsettled AS s ",
    and_then_join!(),
    "conflict AS c ON c.measure_id = s.measure_id AND c.period = s.period AND c.place_id = s.place_id
         AND c.source_id = s.source_id
     WHERE s.ordinal > $1 AND s.ordinal <= $2"
);

const TOLD: &str = concat!(
    "SELECT conflict_no, row_no, value FROM evidence WHERE conflict_no IN ",
    integers!("$1"),
    " ORDER BY conflict_no, nth"
);

async fn reject_conflicts(connection: &mut Connection, sealing: Sealing) -> Result<(), Error> {
    // Without a time of its own a statement contradicts every other value; with one, only another value of the same.
    let conflicts = sqlx::query(
        "INSERT INTO conflict (conflict_no, measure_id, period, place_id, source_id, variants)
         SELECT row_number() OVER (), measure_id, period, place_id, source_id, count(*) FROM statement
         GROUP BY measure_id, period, place_id, source_id
         HAVING count(*) > 1
             AND CASE WHEN count(*) FILTER (WHERE NOT given) = 0 THEN count(*) > count(DISTINCT instant)
                      ELSE min(value) <> max(value) END",
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
             FROM conflict AS c JOIN statement AS t USING (measure_id, period, place_id, source_id)) AS told
         WHERE nth <= $1",
    )
    .bind(integer(ROWS_NAMED as u64))
    .execute(&mut *connection)
    .await?;
    run(connection, look_at!("conflict", "evidence")).await?;
    for (after, up_to) in sealing.pages() {
        let page: Vec<(i64, i64, i64)> =
            sqlx::query_as(CONFLICTING).bind(after).bind(up_to).fetch_all(&mut *connection).await?;
        let told = evidence(connection, page.iter().map(|row| row.1).collect()).await?;
        let mut rejected = Vec::with_capacity(page.len());
        for (ordinal, conflict_no, variants) in page {
            let values = told.get(&conflict_no).map_or(&[][..], Vec::as_slice);
            let untold = natural(variants)?.saturating_sub(values.len() as u64);
            rejected.push((ordinal, json(&[Reason::conflicting_values(values, untold)])?));
        }
        reject(connection, sealing, INTO_QUARANTINE, &rejected).await?;
    }
    run(
        connection,
        &["DELETE FROM statement WHERE (measure_id, period, place_id, source_id) IN
               (SELECT measure_id, period, place_id, source_id FROM conflict)"],
    )
    .await
}

async fn evidence(
    connection: &mut Connection,
    conflicts: Vec<i64>,
) -> Result<HashMap<i64, Vec<(u64, f64)>>, Error> {
    let found: Vec<(i64, i64, f64)> =
        sqlx::query_as(TOLD).bind(json(&conflicts)?).fetch_all(connection).await?;
    let mut values: HashMap<i64, Vec<(u64, f64)>> = HashMap::new();
    for (conflict_no, row, value) in found {
        values.entry(conflict_no).or_default().push((natural(row)?, value));
    }
    Ok(values)
}

/// A source named first by a delivery gets the default precedence, from this delivery on.
async fn name_new_sources(connection: &mut Connection, sealing: Sealing) -> Result<(), Error> {
    let default_name = first_name(DEFAULT_SOURCE);
    sqlx::query(
        "INSERT INTO source (source_id, name_zh, name_en, precedence)
         SELECT DISTINCT source_id, CASE WHEN source_id = $1 THEN $2 ELSE source_id END,
                CASE WHEN source_id = $1 THEN $3 ELSE source_id END, $4
         FROM statement WHERE source_id NOT IN (SELECT source_id FROM source)",
    )
    .bind(DEFAULT_SOURCE)
    .bind(default_name.zh)
    .bind(default_name.en)
    .bind(i64::from(DEFAULT_PRECEDENCE))
    .execute(&mut *connection)
    .await?;
    put_precedences(connection, sealing).await
}

/// The same for the sources of fresh rows, which are few.
async fn name_sources(
    connection: &mut Connection,
    sealing: Sealing,
    sources: &[(&str, u64, &str)],
) -> Result<(), Error> {
    for (source, ..) in sources {
        let name = first_name(source);
        sqlx::query(
            "INSERT INTO source (source_id, name_zh, name_en, precedence) VALUES ($1, $2, $3, $4)
             ON CONFLICT (source_id) DO NOTHING",
        )
        .bind(source)
        .bind(name.zh)
        .bind(name.en)
        .bind(i64::from(DEFAULT_PRECEDENCE))
        .execute(&mut *connection)
        .await?;
    }
    put_precedences(connection, sealing).await
}

async fn put_precedences(connection: &mut Connection, sealing: Sealing) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO source_precedence (source_id, from_position, precedence)
         SELECT source_id, $1, precedence FROM source
         WHERE source_id NOT IN (SELECT source_id FROM source_precedence)",
    )
    .bind(sealing.position)
    .execute(connection)
    .await?;
    Ok(())
}

const WEIGH: &str = concat!(
        "INSERT INTO decision
         WITH said AS (
             SELECT measure_id, period, place_id, source_id, instant, TRUE AS fresh, 0 AS position, given, value,
                    value_bits, row_no, newest
             FROM statement
             UNION ALL
             SELECT o.measure_id, o.period, o.place_id, o.source_id, o.instant, FALSE, o.position, FALSE, o.value,
                    o.value_bits, 0, NULL
             FROM (SELECT DISTINCT measure_id, period, place_id, source_id FROM statement
                   WHERE newest IS NOT NULL) AS known",
        and_then_join!(),
        "observation AS o USING (measure_id, period, place_id, source_id)
             WHERE o.position NOT IN ",
        withdrawn!(),
        "
         ),
         chained AS (
             SELECT said.*, lag(value) OVER chain AS value_before, lag(instant) OVER chain AS instant_before
             FROM said
             WINDOW chain AS (PARTITION BY measure_id, period, place_id, source_id
                              ORDER BY instant, fresh, position, given DESC)
         ),
         weighed AS MATERIALIZED (
             SELECT c.*, CASE
                 WHEN value = value_before THEN 'DUPLICATE'
                 WHEN value_before IS NULL AND newest IS NULL THEN 'ACCEPTED'
                 WHEN instant < newest AND value = (
                     SELECT o.value FROM observation AS o
                     WHERE o.measure_id = c.measure_id AND o.period = c.period AND o.place_id = c.place_id
                         AND o.source_id = c.source_id AND o.position NOT IN ",
        withdrawn!(),
        "
                     ORDER BY o.instant DESC, o.position DESC LIMIT 1) THEN 'DUPLICATE'
                 ELSE 'CORRECTED' END AS verdict
             FROM chained AS c WHERE fresh
         )
         SELECT measure_id, period, place_id, source_id, instant, given, value, value_bits, row_no, verdict,
                CASE WHEN verdict = 'DUPLICATE' AND NOT given THEN instant_before ELSE instant END
         FROM weighed"
);

/// Holds each statement against the one before it, on record or in the delivery, in the order of their instants.
async fn weigh_statements(connection: &mut Connection) -> Result<(), Error> {
    sqlx::query(WEIGH).execute(connection).await?;
    Ok(())
}

async fn record_decisions(connection: &mut Connection, sealing: Sealing) -> Result<Verdicts, Error> {
    // A row without a time of its own can repeat one of its own delivery that has one: the record keeps the latter.
    sqlx::query(
        "INSERT INTO observation (measure_id, period, place_id, source_id, instant, position, value, value_bits,
                                  revised_at, row_no)
         SELECT measure_id, period, place_id, source_id, stands_at, $1, value, value_bits,
                CASE WHEN given THEN instant END, row_no
         FROM decision AS d
         WHERE given OR NOT EXISTS (
             SELECT 1 FROM decision AS dated
             WHERE dated.measure_id = d.measure_id AND dated.period = d.period AND dated.place_id = d.place_id
                 AND dated.source_id = d.source_id AND dated.instant = d.stands_at AND dated.given)
         ORDER BY measure_id, period, place_id, source_id, stands_at",
    )
    .bind(sealing.position)
    .execute(&mut *connection)
    .await?;
    let (accepted, corrected, sound): (i64, i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE verdict = 'ACCEPTED'), count(*) FILTER (WHERE verdict = 'CORRECTED'),
                (SELECT CAST(coalesce(sum(repeats), 0) AS BIGINT) FROM statement)
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
