//! Weight schemes, on either database: `super` is the one that this is compiled for.

use async_trait::async_trait;
use futures_util::FutureExt;
use sqlx::AssertSqlSafe;
use xiuhua_service_kit::request_id::{Remembered, Verdict};

use super::super::rows::integer;
use super::super::scheme_rows::{AdoptionRow, SchemeRow, SchemeWeight, decided, numbers_json};
use super::super::sql;
use super::super::weights::{
    NewScheme, SchemeKept, SchemeNumber, SchemeRuled, SchemeRuling, SchemeVerdict, WeightStore,
};
use super::super::{StoreError, rows};
use super::assessments::{first_of_its_name, remember};
use super::{Connection, SqlStore, one_at_a_time};
use crate::domain::weight_scheme::{DecidedScheme, SchemeName, SchemeWeightRow, WeightScheme};

#[async_trait]
impl WeightStore for SqlStore {
    async fn create_scheme(&self, new: NewScheme) -> Result<SchemeKept, StoreError> {
        self.write(move |connection| async move { create(connection, new).await }.boxed()).await
    }

    async fn scheme(&self, name: &SchemeName) -> Result<Option<(SchemeNumber, DecidedScheme)>, StoreError> {
        let mut connection = self.readers().acquire().await?;
        find(&mut connection, name).await
    }

    async fn schemes(
        &self,
        catalog_id: Option<&str>,
        before: Option<SchemeNumber>,
        limit: i64,
    ) -> Result<Vec<(SchemeNumber, DecidedScheme)>, StoreError> {
        let rows: Vec<SchemeRow> = sqlx::query_as(sql::SCHEMES)
            .bind(before.map_or(i64::MAX, |number| number.0))
            .bind(catalog_id)
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        let mut connection = self.readers().acquire().await?;
        with_adoptions(&mut connection, rows).await
    }

    async fn scheme_weights(
        &self,
        scheme: SchemeNumber,
        type_at: Option<usize>,
        after: Option<(usize, usize)>,
        limit: i64,
    ) -> Result<Vec<SchemeWeightRow>, StoreError> {
        let rows: Vec<SchemeWeight> = sqlx::query_as(sql::SCHEME_WEIGHTS)
            .bind(scheme.0)
            .bind(after.map_or(-1, |(type_at, _)| integer(type_at)))
            .bind(after.map_or(-1, |(_, item_at)| integer(item_at)))
            .bind(type_at.map(integer))
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        rows.into_iter().map(SchemeWeight::read).collect()
    }

    async fn scheme_in_force(
        &self,
        catalog_id: &str,
        catalog_hash: &str,
    ) -> Result<Option<WeightScheme>, StoreError> {
        let row: Option<SchemeRow> = sqlx::query_as(AssertSqlSafe(sql::scheme_in_force()))
            .bind(catalog_id)
            .bind(catalog_hash)
            .fetch_optional(self.readers())
            .await?;
        Ok(row.map(SchemeRow::read).transpose()?.map(|(_, scheme)| scheme))
    }

    async fn decide_scheme(&self, ruling: SchemeRuling) -> Result<SchemeRuled, StoreError> {
        self.write(move |connection| async move { decide(connection, ruling).await }.boxed()).await
    }
}

async fn create(connection: &mut Connection, new: NewScheme) -> Result<SchemeKept, StoreError> {
    let NewScheme { mut scheme, weights, request_id, fingerprint, answer } = new;
    let verdict = first_of_its_name(connection, &request_id, &fingerprint).await?;
    if verdict != Verdict::First {
        return Ok(SchemeKept::Before(verdict));
    }
    // Two versions at once would take one number.
    one_at_a_time(connection, &format!("weight scheme {}", scheme.id)).await?;
    let last: Option<i64> =
        sqlx::query_scalar(sql::LAST_SCHEME_VERSION).bind(&scheme.id).fetch_one(&mut *connection).await?;
    let version = last.unwrap_or(0) + 1;
    scheme.version = u32::try_from(version).map_err(|_| StoreError::Corrupt("weight_schemes.version"))?;
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO weight_schemes (id, version, hash, catalog_id, catalog_version, catalog_hash, types, \
         source_assessment_id, source_digest, steps, account, author, reason, created_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING scheme",
    )
    .bind(&scheme.id)
    .bind(version)
    .bind(&scheme.hash)
    .bind(&scheme.catalog.id)
    .bind(&scheme.catalog.version)
    .bind(&scheme.catalog.hash)
    .bind(rows::list_json(scheme.types.iter().map(String::as_str))?)
    .bind(&scheme.source.0)
    .bind(&scheme.source.1)
    .bind(rows::list_json(scheme.steps.iter().map(String::as_str))?)
    .bind(scheme.account.as_slice())
    .bind(&scheme.made.author)
    .bind(&scheme.made.reason)
    .bind(scheme.made.time.as_microsecond())
    .fetch_one(&mut *connection)
    .await?;
    for row in &weights {
        sqlx::query(
            "INSERT INTO scheme_weights (scheme, type_at, item_at, weight, steps) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(number)
        .bind(integer(row.type_at))
        .bind(integer(row.item_at))
        // SQLite keeps -0 as 0, so every back end does.
        .bind(row.weight + 0.0)
        .bind(numbers_json(&row.steps)?)
        .execute(&mut *connection)
        .await?;
    }
    let response = answer(&DecidedScheme { scheme, adoptions: Vec::new(), in_force: false });
    remember(connection, &Remembered { request_id, fingerprint, response: response.clone() }).await?;
    Ok(SchemeKept::Kept(response))
}

async fn decide(connection: &mut Connection, ruling: SchemeRuling) -> Result<SchemeRuled, StoreError> {
    let SchemeRuling { name, verdict, decision, request_id, fingerprint, answer } = ruling;
    let before = first_of_its_name(connection, &request_id, &fingerprint).await?;
    if before != Verdict::First {
        return Ok(SchemeRuled::Before(before));
    }
    let Some((number, found)) = find(connection, &name).await? else { return Ok(SchemeRuled::NoScheme) };
    let catalog = &found.scheme.catalog;
    // In whose order two adoptions of one catalog come is the database's to say.
    one_at_a_time(connection, &format!("adoption {} {}", catalog.id, catalog.hash)).await?;
    // Read again: another may have decided while this waited.
    let Some((_, found)) = find(connection, &name).await? else { return Ok(SchemeRuled::NoScheme) };
    let catalog = &found.scheme.catalog;
    match verdict {
        SchemeVerdict::Adopt if found.in_force => return Ok(SchemeRuled::InForce),
        SchemeVerdict::Adopt => {
            sqlx::query(
                "INSERT INTO scheme_adoptions (scheme, catalog_id, catalog_hash, adopted_author, adopted_reason, \
                 adopted_us) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(number.0)
            .bind(&catalog.id)
            .bind(&catalog.hash)
            .bind(&decision.author)
            .bind(&decision.reason)
            .bind(decision.time.as_microsecond())
            .execute(&mut *connection)
            .await?;
        }
        SchemeVerdict::Withdraw => {
            let done = sqlx::query(
                "UPDATE scheme_adoptions SET withdrawn_author = $2, withdrawn_reason = $3, withdrawn_us = $4 \
                 WHERE scheme = $1 AND withdrawn_us IS NULL",
            )
            .bind(number.0)
            .bind(&decision.author)
            .bind(&decision.reason)
            .bind(decision.time.as_microsecond())
            .execute(&mut *connection)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(SchemeRuled::NotAdopted);
            }
        }
    }
    let Some((_, decided)) = find(connection, &name).await? else { return Ok(SchemeRuled::NoScheme) };
    let response = answer(&decided);
    remember(connection, &Remembered { request_id, fingerprint, response: response.clone() }).await?;
    Ok(SchemeRuled::Kept(response))
}

async fn find(
    connection: &mut Connection,
    name: &SchemeName,
) -> Result<Option<(SchemeNumber, DecidedScheme)>, StoreError> {
    let row: Option<SchemeRow> = sqlx::query_as(sql::SCHEME)
        .bind(&name.id)
        .bind(name.version.map(i64::from))
        .fetch_optional(&mut *connection)
        .await?;
    Ok(with_adoptions(connection, row.into_iter().collect()).await?.pop())
}

async fn with_adoptions(
    connection: &mut Connection,
    rows: Vec<SchemeRow>,
) -> Result<Vec<(SchemeNumber, DecidedScheme)>, StoreError> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (number, scheme) = row.read()?;
        let adoptions: Vec<AdoptionRow> =
            sqlx::query_as(sql::SCHEME_ADOPTIONS).bind(number.0).fetch_all(&mut *connection).await?;
        // A scheme without an adoption that stands needs no further question.
        let stands = adoptions.iter().any(AdoptionRow::stands);
        let in_force: Option<i64> = if stands {
            sqlx::query_scalar(sql::NUMBER_IN_FORCE)
                .bind(&scheme.catalog.id)
                .bind(&scheme.catalog.hash)
                .fetch_optional(&mut *connection)
                .await?
        } else {
            None
        };
        found.push((number, decided(scheme, adoptions, in_force == Some(number.0))?));
    }
    Ok(found)
}
