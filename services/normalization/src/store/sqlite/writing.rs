//! What a write puts into the database, inside the transaction of its caller.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict, compare};

use super::super::rows::{self, as_of_position, integer, periods_json, sample_words, size, status_word};
use super::super::statements::{INSERT_CATALOG, INSERT_SET, REMEMBER, REMEMBERED};
use super::super::{Added, StoreError};
use crate::domain::catalog::RegisteredCatalog;
use crate::domain::id::PlaceId;
use crate::domain::threshold_set::{Drawing, FixedThreshold, ThresholdSet};

/// Rows of one statement: nine columns at most, so that the 32,766 variables of a statement hold.
const ROWS_A_STATEMENT: usize = 1_000;

/// The answer under a request id.
pub(super) async fn remembered(
    connection: &mut SqliteConnection,
    request: &RequestId,
) -> Result<Option<Remembered>, StoreError> {
    let query = sqlx::query_as(REMEMBERED).bind(request.as_str());
    rows::remembered(request, query.fetch_optional(connection).await?)
}

/// Keeps an answer unless its request id was used before.
pub(super) async fn remember(
    connection: &mut SqliteConnection,
    answer: &Remembered,
) -> Result<Verdict, StoreError> {
    let before = remembered(connection, &answer.request_id).await?;
    let verdict = compare(before, &answer.fingerprint);
    if verdict == Verdict::First {
        keep(connection, answer).await?;
    }
    Ok(verdict)
}

async fn keep(connection: &mut SqliteConnection, answer: &Remembered) -> Result<(), StoreError> {
    sqlx::query(REMEMBER)
        .bind(answer.request_id.as_str())
        .bind(answer.fingerprint.as_slice())
        .bind(answer.response.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps a catalog and its answer unless either is taken.
pub(super) async fn add_catalog(
    connection: &mut SqliteConnection,
    catalog: &RegisteredCatalog,
    answer: &Remembered,
) -> Result<Added, StoreError> {
    let before = remembered(connection, &answer.request_id).await?;
    let verdict = compare(before, &answer.fingerprint);
    if verdict != Verdict::First {
        return Ok(Added::Done(verdict));
    }
    let entry = &catalog.entry;
    let number: Option<i64> = sqlx::query_scalar(INSERT_CATALOG)
        .bind(&entry.key.id)
        .bind(&entry.key.version)
        .bind(&entry.title.zh)
        .bind(&entry.title.en)
        .bind(&entry.hash)
        .bind(entry.scale)
        .bind(&entry.rule_set)
        .bind(entry.registered_at.as_microsecond())
        .bind(&catalog.toml)
        .fetch_optional(&mut *connection)
        .await?;
    if number.is_none() {
        return Ok(Added::Taken);
    }
    keep(connection, answer).await?;
    Ok(Added::Done(Verdict::First))
}

/// Keeps a threshold set with all that belongs to it, and its answer, unless the request id was used before.
pub(super) async fn add_threshold_set(
    connection: &mut SqliteConnection,
    drawing: &Drawing,
    answer: &Remembered,
) -> Result<Verdict, StoreError> {
    let verdict = remember(connection, answer).await?;
    if verdict == Verdict::First {
        let number = insert_set(connection, &drawing.set).await?;
        insert_types(connection, number, &drawing.set).await?;
        insert_members(connection, number, &drawing.members).await?;
        insert_thresholds(connection, number, &drawing.thresholds).await?;
    }
    Ok(verdict)
}

async fn insert_set(connection: &mut SqliteConnection, set: &ThresholdSet) -> Result<i64, StoreError> {
    let (sample, seed) = sample_words(set.sample);
    let number = sqlx::query_scalar(INSERT_SET)
        .bind(set.id.as_str())
        .bind(&set.catalog.id)
        .bind(&set.catalog.version)
        .bind(&set.catalog_hash)
        .bind(set.classification.as_str())
        .bind(set.period.as_str())
        .bind(periods_json(&set.base_periods)?)
        .bind(as_of_position(set)?)
        .bind(sample)
        .bind(seed)
        .bind(set.created_at.as_microsecond())
        .fetch_one(connection)
        .await?;
    Ok(number)
}

async fn insert_types(
    connection: &mut SqliteConnection,
    number: i64,
    set: &ThresholdSet,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(set.types.len());
    for (type_at, sample) in set.types.iter().enumerate() {
        rows.push((integer(type_at)?, &sample.type_id, size(sample.frame)?, size(sample.members)?));
    }
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO set_types (set_number, type_at, type_id, frame, members) ");
        query.push_values(rows, |mut row, (type_at, type_id, frame, members)| {
            row.push_bind(number).push_bind(type_at).push_bind(*type_id).push_bind(frame).push_bind(members);
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_members(
    connection: &mut SqliteConnection,
    number: i64,
    members: &[Vec<PlaceId>],
) -> Result<(), StoreError> {
    for (type_at, members) in members.iter().enumerate() {
        let type_at = integer(type_at)?;
        for places in members.chunks(ROWS_A_STATEMENT) {
            let mut query: QueryBuilder<Sqlite> =
                QueryBuilder::new("INSERT INTO sample_members (set_number, type_at, place_id) ");
            query.push_values(places, |mut row, place| {
                row.push_bind(number).push_bind(type_at).push_bind(place.as_str());
            });
            query.build().execute(&mut *connection).await?;
        }
    }
    Ok(())
}

async fn insert_thresholds(
    connection: &mut SqliteConnection,
    number: i64,
    thresholds: &[FixedThreshold],
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(thresholds.len());
    for threshold in thresholds {
        let fixed = &threshold.fixed;
        let positions = (integer(threshold.type_at)?, integer(threshold.leaf_at)?);
        rows.push((threshold, positions, integer(fixed.base_values)?, integer(fixed.short_base_values)?));
    }
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO thresholds (set_number, type_at, leaf_at, leaf, status, lower, upper, base_values, \
             short_base_values) ",
        );
        query.push_values(
            rows,
            |mut row, (threshold, (type_at, leaf_at), base_values, short_base_values)| {
                let goalposts = threshold.fixed.threshold.goalposts();
                row.push_bind(number)
                    .push_bind(type_at)
                    .push_bind(leaf_at)
                    .push_bind(threshold.leaf.as_str())
                    .push_bind(status_word(threshold.fixed.threshold))
                    .push_bind(goalposts.map(|goalposts| goalposts.lower()))
                    .push_bind(goalposts.map(|goalposts| goalposts.upper()))
                    .push_bind(base_values)
                    .push_bind(short_base_values);
            },
        );
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}
