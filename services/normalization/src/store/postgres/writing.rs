//! What a write puts into the database, inside the transaction of its caller.

use sqlx::PgConnection;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict, compare};

use super::super::rows::{self, as_of_position, integer, periods_json, sample_words, size, status_word};
use super::super::statements::{INSERT_CATALOG, INSERT_SET, REMEMBER, REMEMBERED};
use super::super::{Added, StoreError};
use crate::domain::catalog::RegisteredCatalog;
use crate::domain::id::PlaceId;
use crate::domain::threshold_set::{Drawing, FixedThreshold, ThresholdSet};

/// Rows of one statement: enough that a statement costs nothing beside its rows.
const ROWS_A_STATEMENT: usize = 10_000;

/// Held to the end of the transaction.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

const INSERT_TYPES: &str = "\
    INSERT INTO set_types (set_number, type_at, type_id, frame, members) \
    SELECT $1, * FROM UNNEST($2::bigint[], $3::text[], $4::bigint[], $5::bigint[])";

const INSERT_MEMBERS: &str = "\
    INSERT INTO sample_members (set_number, type_at, place_id) SELECT $1, $2, * FROM UNNEST($3::text[])";

const INSERT_THRESHOLDS: &str = "\
    INSERT INTO thresholds (set_number, type_at, leaf_at, leaf, status, lower, upper, base_values, \
    short_base_values) \
    SELECT $1, * FROM UNNEST($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::double precision[], \
    $7::double precision[], $8::bigint[], $9::bigint[])";

/// The answer under a request id.
pub(super) async fn remembered(
    connection: &mut PgConnection,
    request: &RequestId,
) -> Result<Option<Remembered>, StoreError> {
    let query = sqlx::query_as(REMEMBERED).bind(request.as_str());
    rows::remembered(request, query.fetch_optional(connection).await?)
}

/// The answer under a request id. Whoever does a mutation of the same name at this moment is waited for.
async fn remembered_after_others(
    connection: &mut PgConnection,
    request: &RequestId,
) -> Result<Option<Remembered>, StoreError> {
    sqlx::query(ONE_AT_A_TIME).bind(request.as_str()).execute(&mut *connection).await?;
    remembered(connection, request).await
}

/// Keeps an answer unless its request id was used before.
pub(super) async fn remember(
    connection: &mut PgConnection,
    answer: &Remembered,
) -> Result<Verdict, StoreError> {
    let before = remembered_after_others(connection, &answer.request_id).await?;
    let verdict = compare(before, &answer.fingerprint);
    if verdict == Verdict::First {
        keep(connection, answer).await?;
    }
    Ok(verdict)
}

async fn keep(connection: &mut PgConnection, answer: &Remembered) -> Result<(), StoreError> {
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
    connection: &mut PgConnection,
    catalog: &RegisteredCatalog,
    answer: &Remembered,
) -> Result<Added, StoreError> {
    let before = remembered_after_others(connection, &answer.request_id).await?;
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
    connection: &mut PgConnection,
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

async fn insert_set(connection: &mut PgConnection, set: &ThresholdSet) -> Result<i64, StoreError> {
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
    connection: &mut PgConnection,
    number: i64,
    set: &ThresholdSet,
) -> Result<(), StoreError> {
    let types = || set.types.iter();
    let positions = (0..set.types.len()).map(integer).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<&str> = types().map(|sample| sample.type_id.as_str()).collect();
    let frames = types().map(|sample| size(sample.frame)).collect::<Result<Vec<_>, _>>()?;
    let members = types().map(|sample| size(sample.members)).collect::<Result<Vec<_>, _>>()?;
    let insert = sqlx::query(INSERT_TYPES).bind(number).bind(positions).bind(ids).bind(frames).bind(members);
    insert.execute(connection).await?;
    Ok(())
}

async fn insert_members(
    connection: &mut PgConnection,
    number: i64,
    members: &[Vec<PlaceId>],
) -> Result<(), StoreError> {
    for (type_at, members) in members.iter().enumerate() {
        let type_at = integer(type_at)?;
        for places in members.chunks(ROWS_A_STATEMENT) {
            let places: Vec<&str> = places.iter().map(PlaceId::as_str).collect();
            let insert = sqlx::query(INSERT_MEMBERS).bind(number).bind(type_at).bind(places);
            insert.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// There are as many as types and leaves give, so one statement takes them.
async fn insert_thresholds(
    connection: &mut PgConnection,
    number: i64,
    thresholds: &[FixedThreshold],
) -> Result<(), StoreError> {
    let integers = |of: fn(&FixedThreshold) -> usize| {
        thresholds.iter().map(|threshold| integer(of(threshold))).collect::<Result<Vec<_>, _>>()
    };
    let fixed = || thresholds.iter().map(|threshold| threshold.fixed.threshold);
    let leaves: Vec<&str> = thresholds.iter().map(|threshold| threshold.leaf.as_str()).collect();
    let statuses: Vec<&str> = fixed().map(status_word).collect();
    let lower: Vec<Option<f64>> = fixed().map(|fixed| fixed.goalposts().map(|posts| posts.lower())).collect();
    let upper: Vec<Option<f64>> = fixed().map(|fixed| fixed.goalposts().map(|posts| posts.upper())).collect();
    sqlx::query(INSERT_THRESHOLDS)
        .bind(number)
        .bind(integers(|threshold| threshold.type_at)?)
        .bind(integers(|threshold| threshold.leaf_at)?)
        .bind(leaves)
        .bind(statuses)
        .bind(lower)
        .bind(upper)
        .bind(integers(|threshold| threshold.fixed.base_values)?)
        .bind(integers(|threshold| threshold.fixed.short_base_values)?)
        .execute(connection)
        .await?;
    Ok(())
}
