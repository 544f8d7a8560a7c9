//! What is heard of each source, from what its batches brought: no observation is looked at.

use std::collections::HashMap;

use super::Connection;
use crate::domain::activity::{DELIVERIES_SEEN, Heard, SourceActivity};
use crate::domain::source::Source;
use crate::error::Error;
use crate::store::HotQuery;
use crate::store::rows::{SourceRecord, all, instant, integer, json, natural};

const SOURCES: &str = "SELECT * FROM source WHERE source_id > $1 ORDER BY source_id LIMIT $2";

/// The last batches of each source, newest first; each with what is true of all its batches. Rows that are brought again
/// are no delivery of their source: a mended sheet says nothing of how much it sends, and when.
const HEARD: &str = concat!(
    "SELECT d.source_id, b.received_at, d.statements, d.deliveries, d.newest_of_all
     FROM (SELECT s.source_id, s.position, s.statements,
                  row_number() OVER (PARTITION BY s.source_id ORDER BY s.position DESC) AS nth,
                  count(*) OVER (PARTITION BY s.source_id) AS deliveries,
                  max(s.newest_period) OVER (PARTITION BY s.source_id) AS newest_of_all
           FROM source_delivery AS s ",
    and_then_join!(),
    "batch AS heard ON heard.position = s.position
           WHERE s.source_id IN ",
    texts!("$1"),
    " AND heard.corrects_batch_no IS NULL AND s.position NOT IN ",
    withdrawn!(),
    ") AS d JOIN batch AS b ON b.position = d.position
     WHERE d.nth <= $2 ORDER BY d.source_id, d.nth"
);

pub(super) const HOT_QUERIES: &[HotQuery] = &[HotQuery::new("what is heard of sources", HEARD)];

/// Keeps what a delivery of observations brings of each source, once it is weighed.
pub(super) async fn note(connection: &mut Connection, position: i64) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO source_delivery (source_id, position, statements, newest_period)
         SELECT source_id, $1, count(*), max(period) FROM decision GROUP BY source_id",
    )
    .bind(position)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds what it brings beside: of each source how many statements, and the newest period.
pub(super) async fn add(
    connection: &mut Connection,
    position: i64,
    brought: &[(&str, u64, &str)],
) -> Result<(), Error> {
    for (source, statements, newest_period) in brought {
        sqlx::query(
            "INSERT INTO source_delivery (source_id, position, statements, newest_period) VALUES ($1, $2, $3, $4)
             ON CONFLICT (source_id, position) DO UPDATE SET
                 statements = source_delivery.statements + excluded.statements,
                 newest_period = CASE WHEN excluded.newest_period > source_delivery.newest_period
                                      THEN excluded.newest_period ELSE source_delivery.newest_period END",
        )
        .bind(source)
        .bind(position)
        .bind(integer(*statements))
        .bind(newest_period)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct HeardRecord {
    source_id: String,
    received_at: i64,
    statements: i64,
    deliveries: i64,
    newest_of_all: String,
}

pub(super) async fn of_sources(
    connection: &mut Connection,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<SourceActivity>, Error> {
    let sources: Vec<SourceRecord> = sqlx::query_as(SOURCES)
        .bind(after.unwrap_or_default())
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
    let sources: Vec<Source> = all(sources)?;
    let ids: Vec<&str> = sources.iter().map(|source| source.id.as_str()).collect();
    let found: Vec<HeardRecord> = sqlx::query_as(HEARD)
        .bind(json(&ids)?)
        .bind(integer(DELIVERIES_SEEN as u64))
        .fetch_all(connection)
        .await?;
    let mut heard: HashMap<String, (Vec<Heard>, u64, String)> = HashMap::new();
    for HeardRecord { source_id, received_at, statements, deliveries, newest_of_all } in found {
        let of_source = heard.entry(source_id).or_default();
        of_source.0.push(Heard { received_at: instant(received_at)?, statements: natural(statements)? });
        (of_source.1, of_source.2) = (natural(deliveries)?, newest_of_all);
    }
    let told = sources.into_iter().map(|source| {
        let (heard, deliveries, newest) = heard.remove(source.id.as_str()).unwrap_or_default();
        SourceActivity::of(source, &heard, deliveries, newest)
    });
    Ok(told.collect())
}
