//! What becomes of rejected rows: brought again, given up, listed. The rules are in `domain/quarantine.rs`.

use std::collections::{BTreeMap, HashSet};

use super::deliveries::find;
use super::registers::{recall, remember};
use super::{Connection, alone};
use crate::domain::place::PlaceRow;
use crate::domain::quarantine::{QuarantineState, QuarantinedRow};
use crate::domain::rejection::Reason;
use crate::error::{Error, Noun};
use crate::store::rows::{QuarantinedRecord, all, from_json, integer, json, natural};
use crate::store::{HotQuery, Matter, NewGiveUp, QuarantineFilter, QuarantineKey};

const KNOWN: &str =
    concat!("SELECT DISTINCT row_no FROM rejected_row WHERE batch_no = $1 AND row_no IN ", integers!("$2"));

/// Which of the rejected rows of batch `corrects` that are named there are. The corrected batch is sealed, so what it
/// rejected stands for ever, and this can be asked as soon as a row names one.
pub(super) async fn closable(
    connection: &mut Connection,
    corrects: Option<i64>,
    named: HashSet<u64>,
) -> Result<HashSet<u64>, Error> {
    let Some(batch_no) = corrects.filter(|_| !named.is_empty()) else { return Ok(HashSet::new()) };
    let named: Vec<i64> = named.into_iter().map(integer).collect();
    let known: Vec<i64> =
        sqlx::query_scalar(KNOWN).bind(batch_no).bind(json(&named)?).fetch_all(connection).await?;
    known.into_iter().map(natural).collect()
}

/// Refuses rows of places that claim to bring again what was not rejected.
pub(super) async fn refuse_unknown(
    connection: &mut Connection,
    corrects: Option<i64>,
    rows: &mut [PlaceRow],
) -> Result<(), Error> {
    let named: HashSet<u64> = rows.iter().filter_map(|row| row.closes_row).collect();
    let known = closable(connection, corrects, named).await?;
    for row in rows {
        if let Some(closes) = row.closes_row.filter(|closes| !known.contains(closes)) {
            row.refuse(Reason::unknown_correction(closes));
        }
    }
    Ok(())
}

const CLOSE: &str = "
    INSERT INTO correction (batch_no, row_no, position, closing_row)
    SELECT $1, closes_row, $2, min(row_no) FROM staged_place
    WHERE batch_no = $3 AND closes_row IN (SELECT row_no FROM rejected_row WHERE batch_no = $1)
    GROUP BY closes_row";

/// Closes the rejected rows of batch `corrects` that a delivery of places brings again, as of its position: before it
/// is decided, because a row that is rejected once more closes its first appearance too.
pub(super) async fn close_places(
    connection: &mut Connection,
    (batch_no, position): (i64, i64),
    corrects: i64,
) -> Result<(), Error> {
    sqlx::query(CLOSE).bind(corrects).bind(position).bind(batch_no).execute(&mut *connection).await?;
    settle(connection, position).await
}

const CLOSE_ROW: &str = "
    INSERT INTO correction (batch_no, row_no, position, closing_row) VALUES ($1, $2, $3, $4)
    ON CONFLICT (batch_no, row_no, position) DO UPDATE SET closing_row = excluded.closing_row
    WHERE excluded.closing_row < correction.closing_row";

/// Keeps which rejected rows of batch `corrects` a delivery brings again, each with the row that does: to be followed
/// by [`settle`].
pub(super) async fn close_rows(
    connection: &mut Connection,
    (corrects, position): (i64, i64),
    closing: &BTreeMap<u64, u64>,
) -> Result<(), Error> {
    for (closes, row) in closing {
        sqlx::query(CLOSE_ROW)
            .bind(corrects)
            .bind(integer(*closes))
            .bind(position)
            .bind(integer(*row))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

const SETTLE: &str = concat!(
    "UPDATE rejected_row SET state = CASE
         WHEN EXISTS (SELECT 1 FROM correction AS c
                      WHERE c.batch_no = rejected_row.batch_no AND c.row_no = rejected_row.row_no
                          AND c.position NOT IN ",
    withdrawn!(),
    ") THEN 'CLOSED'
         WHEN give_up_no IS NOT NULL THEN 'GIVEN_UP'
         ELSE 'OPEN' END
     WHERE (batch_no, row_no) IN (SELECT batch_no, row_no FROM correction WHERE position = $1)"
);

/// Brings the states of rejected rows up to date after the batch at a position, which brings them again, was sealed or
/// withdrawn.
pub(super) async fn settle(connection: &mut Connection, position: i64) -> Result<(), Error> {
    // A batch corrects one other.
    let corrected: Option<i64> =
        sqlx::query_scalar("SELECT batch_no FROM correction WHERE position = $1 LIMIT 1")
            .bind(position)
            .fetch_optional(&mut *connection)
            .await?;
    let Some(corrected) = corrected else { return Ok(()) };
    sqlx::query(SETTLE).bind(position).execute(&mut *connection).await?;
    count(connection, corrected).await
}

const COUNT: &str = "
    UPDATE batch SET
        closed_rows = (SELECT count(*) FROM rejected_row WHERE state = 'CLOSED' AND batch_no = $1),
        given_up_rows = (SELECT count(*) FROM rejected_row WHERE state = 'GIVEN_UP' AND batch_no = $1)
    WHERE batch_no = $1";

async fn count(connection: &mut Connection, batch_no: i64) -> Result<(), Error> {
    sqlx::query(COUNT).bind(batch_no).execute(connection).await?;
    Ok(())
}

const GIVE_UP_ALL: &str =
    "UPDATE rejected_row SET state = 'GIVEN_UP', give_up_no = $1 WHERE state = 'OPEN' AND batch_no = $2";
const GIVE_UP_SOME: &str = concat!(
    "UPDATE rejected_row SET state = 'GIVEN_UP', give_up_no = $1
     WHERE batch_no = $2 AND state = 'OPEN' AND row_no IN ",
    integers!("$3")
);

pub(super) async fn give_up(connection: &mut Connection, giving_up: &NewGiveUp) -> Result<u64, Error> {
    if let Some(answer) = recall(connection, &giving_up.mutation).await? {
        return from_json(&String::from_utf8_lossy(&answer));
    }
    // Seals and withdrawals change states too.
    alone(connection, Matter::Positions).await?;
    let id = &giving_up.batch_id;
    let batch = find(connection, id).await?.ok_or_else(|| Error::NotFound(Noun::Batch, id.to_string()))?;
    let give_up_no: i64 = sqlx::query_scalar(
        "INSERT INTO give_up (batch_no, author, reason, given_up_at) VALUES ($1, $2, $3, $4)
         RETURNING give_up_no",
    )
    .bind(batch.batch_no)
    .bind(&giving_up.author)
    .bind(&giving_up.reason)
    .bind(giving_up.given_up_at.as_microsecond())
    .fetch_one(&mut *connection)
    .await?;
    let rows: Vec<i64> = giving_up.rows.iter().copied().map(integer).collect();
    let given_up = if rows.is_empty() {
        sqlx::query(GIVE_UP_ALL).bind(give_up_no).bind(batch.batch_no).execute(&mut *connection).await?
    } else {
        sqlx::query(GIVE_UP_SOME)
            .bind(give_up_no)
            .bind(batch.batch_no)
            .bind(json(&rows)?)
            .execute(&mut *connection)
            .await?
    };
    let given_up = given_up.rows_affected();
    count(connection, batch.batch_no).await?;
    remember(connection, &giving_up.mutation, json(&given_up)?.as_bytes()).await?;
    Ok(given_up)
}

/// Rejected rows with their batch, and the proof of what became of them.
macro_rules! quarantined {
    ($filter:literal) => {
        concat!(
            "SELECT r.batch_no, b.batch_id, b.file_name, b.kind, r.row_no, r.ordinal, r.reasons, r.original,
                    r.state, closing.batch_id AS closing_batch_id, c.closing_row, g.author, g.reason AS why,
                    g.given_up_at
             FROM rejected_row AS r JOIN batch AS b ON b.batch_no = r.batch_no
                 LEFT JOIN correction AS c
                     ON c.batch_no = r.batch_no AND c.row_no = r.row_no
                     AND c.position = (SELECT max(newest.position) FROM correction AS newest
                                       WHERE newest.batch_no = r.batch_no AND newest.row_no = r.row_no
                                           AND newest.position NOT IN ",
            withdrawn!(),
            ")
                 LEFT JOIN batch AS closing ON closing.position = c.position
                 LEFT JOIN give_up AS g ON g.give_up_no = r.give_up_no
             WHERE ",
            $filter,
            " ORDER BY r.batch_no, r.row_no, r.ordinal LIMIT $4"
        )
    };
}

const OF_ALL: &str = quarantined!(
    "(r.batch_no, r.row_no, r.ordinal) > ($1, $2, $3) AND r.batch_no NOT IN (SELECT batch_no FROM withdrawal)"
);
const OF_A_STATE: &str = quarantined!(
    "r.state = $5 AND (r.batch_no, r.row_no, r.ordinal) > ($1, $2, $3)
     AND r.batch_no NOT IN (SELECT batch_no FROM withdrawal)"
);
const OF_A_BATCH: &str = quarantined!("r.batch_no = $1 AND (r.row_no, r.ordinal) > ($2, $3)");
const OF_A_BATCH_AND_STATE: &str =
    quarantined!("r.state = $5 AND r.batch_no = $1 AND (r.row_no, r.ordinal) > ($2, $3)");

pub(super) const HOT_QUERIES: &[HotQuery] = &[
    HotQuery::new("known corrections", KNOWN),
    HotQuery::new("settle rejected rows", SETTLE),
    HotQuery::new("count rejected rows", COUNT),
    HotQuery::new("give up all rows", GIVE_UP_ALL),
    HotQuery::new("give up some rows", GIVE_UP_SOME),
    HotQuery::new("quarantine", OF_ALL),
    HotQuery::new("quarantine of a state", OF_A_STATE),
    HotQuery::new("quarantine of a batch", OF_A_BATCH),
    HotQuery::new("quarantine of a batch and state", OF_A_BATCH_AND_STATE),
];

pub(super) async fn rows(
    connection: &mut Connection,
    filter: &QuarantineFilter,
    after: Option<QuarantineKey>,
    limit: i64,
) -> Result<Vec<(QuarantineKey, QuarantinedRow)>, Error> {
    let of_batch: Option<i64> = match &filter.batch_id {
        None => None,
        Some(id) => {
            let found = find(connection, id).await?;
            Some(found.ok_or_else(|| Error::NotFound(Noun::Batch, id.to_string()))?.batch_no)
        }
    };
    let after = after.map(|(batch, row, ordinal)| (integer(batch), integer(row), integer(ordinal)));
    let (batch_no, row_no, ordinal) = after.unwrap_or((-1, -1, -1));
    let sql = match (of_batch, filter.state) {
        (None, None) => OF_ALL,
        (None, Some(_)) => OF_A_STATE,
        (Some(_), None) => OF_A_BATCH,
        (Some(_), Some(_)) => OF_A_BATCH_AND_STATE,
    };
    let mut query =
        sqlx::query_as(sql).bind(of_batch.unwrap_or(batch_no)).bind(row_no).bind(ordinal).bind(limit);
    if let Some(state) = filter.state {
        query = query.bind(match state {
            QuarantineState::Open => "OPEN",
            QuarantineState::Closed => "CLOSED",
            QuarantineState::GivenUp => "GIVEN_UP",
        });
    }
    let found: Vec<QuarantinedRecord> = query.fetch_all(connection).await?;
    all(found)
}
