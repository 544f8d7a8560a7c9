//! What a write puts into the database, inside the transaction of its caller.

use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict, compare};

use super::super::{Connection, alone_with, insert_members, insert_thresholds, insert_types};
use crate::domain::catalog::RegisteredCatalog;
use crate::domain::threshold_set::{Drawing, ThresholdSet};
use crate::store::rows::{self, as_of_position, periods_json, sample_words};
use crate::store::statements::{INSERT_CATALOG, INSERT_SET, REMEMBER, REMEMBERED};
use crate::store::{Added, StoreError};

/// The answer under a request id.
pub(super) async fn remembered(
    connection: &mut Connection,
    request: &RequestId,
) -> Result<Option<Remembered>, StoreError> {
    let query = sqlx::query_as(REMEMBERED).bind(request.as_str());
    rows::remembered(request, query.fetch_optional(connection).await?)
}

/// Whether a mutation is the first of its name. Whoever does one of the same name at this moment is waited for.
async fn verdict(connection: &mut Connection, answer: &Remembered) -> Result<Verdict, StoreError> {
    alone_with(connection, &answer.request_id).await?;
    let before = remembered(connection, &answer.request_id).await?;
    Ok(compare(before, &answer.fingerprint))
}

/// Keeps an answer unless its request id was used before.
pub(super) async fn remember(
    connection: &mut Connection,
    answer: &Remembered,
) -> Result<Verdict, StoreError> {
    let verdict = verdict(connection, answer).await?;
    if verdict == Verdict::First {
        keep(connection, answer).await?;
    }
    Ok(verdict)
}

async fn keep(connection: &mut Connection, answer: &Remembered) -> Result<(), StoreError> {
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
    connection: &mut Connection,
    catalog: &RegisteredCatalog,
    answer: &Remembered,
) -> Result<Added, StoreError> {
    let verdict = verdict(connection, answer).await?;
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
    connection: &mut Connection,
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

async fn insert_set(connection: &mut Connection, set: &ThresholdSet) -> Result<i64, StoreError> {
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
