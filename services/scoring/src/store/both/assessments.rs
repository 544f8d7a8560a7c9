//! Assessments and decisions, on either database: `super` is the one that this is compiled for.

use async_trait::async_trait;
use futures_util::FutureExt;
use sqlx::AssertSqlSafe;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict, compare};

use super::super::rows::{AssessmentRow, integer, list_json, listed};
use super::super::sql;
use super::super::{
    AssessmentFilter, AssessmentStore, Listed, NewAssessment, Ruled, Ruling, StoreError, Stored,
};
use super::{Connection, FOR_UPDATE, SqlStore, one_at_a_time};
use crate::domain::assessment::{Assessment, Plan};
use crate::domain::decision;
use crate::domain::id::AssessmentId;

#[async_trait]
impl AssessmentStore for SqlStore {
    async fn recall(&self, request: &RequestId) -> Result<Option<Remembered>, StoreError> {
        let mut connection = self.readers().acquire().await?;
        remembered(&mut connection, request).await
    }

    async fn create(&self, new: NewAssessment) -> Result<Verdict, StoreError> {
        self.write(move |connection| {
            async move {
                let verdict =
                    first_of_its_name(connection, &new.answer.request_id, &new.answer.fingerprint).await?;
                if verdict == Verdict::First {
                    insert_catalog(connection, &new.assessment.plan.catalog.hash, &new.catalog_toml).await?;
                    insert_assessment(connection, &new.assessment).await?;
                    remember(connection, &new.answer).await?;
                }
                Ok(verdict)
            }
            .boxed()
        })
        .await
    }

    async fn assessment(&self, id: &AssessmentId) -> Result<Option<Stored>, StoreError> {
        let row: Option<AssessmentRow> =
            sqlx::query_as(sql::ASSESSMENT).bind(id.as_str()).fetch_optional(self.readers()).await?;
        row.map(AssessmentRow::read).transpose()
    }

    async fn assessments(&self, filter: &AssessmentFilter) -> Result<Vec<Listed>, StoreError> {
        let rows = sqlx::query(sql::ASSESSMENTS)
            .bind(filter.before.map_or(i64::MAX, |run| run.0))
            .bind(filter.period.as_deref())
            .bind(filter.catalog_id.as_deref())
            .bind(filter.limit)
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(listed).collect()
    }

    async fn published(&self, catalog_id: &str, period: &str) -> Result<Option<Stored>, StoreError> {
        let row: Option<AssessmentRow> = sqlx::query_as(sql::PUBLISHED)
            .bind(catalog_id)
            .bind(period)
            .fetch_optional(self.readers())
            .await?;
        row.map(AssessmentRow::read).transpose()
    }

    async fn decide(&self, ruling: Ruling) -> Result<Ruled, StoreError> {
        self.write(move |connection| async move { decide(connection, ruling).await }.boxed()).await
    }

    async fn catalog(&self, hash: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar(sql::CATALOG).bind(hash).fetch_optional(self.readers()).await?)
    }
}

async fn decide(connection: &mut Connection, ruling: Ruling) -> Result<Ruled, StoreError> {
    let verdict = first_of_its_name(connection, &ruling.request_id, &ruling.fingerprint).await?;
    if verdict != Verdict::First {
        return Ok(Ruled::Before(verdict));
    }
    let row: Option<AssessmentRow> =
        sqlx::query_as(AssertSqlSafe(format!("{}{FOR_UPDATE}", sql::ASSESSMENT)))
            .bind(ruling.id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
    let Some(Stored { run, mut assessment }) = row.map(AssessmentRow::read).transpose()? else {
        return Ok(Ruled::NoAssessment);
    };
    match assessment.state.decide(ruling.verdict, ruling.decision.clone()) {
        Ok(state) => assessment.state = state,
        Err(unfit) => return Ok(Ruled::Unfit(unfit)),
    }
    let (columns, change) = match ruling.verdict {
        decision::Verdict::Cancel => {
            ("cancelled", "state = 'CANCELLED', worker = NULL, due_us = NULL, finished_us = $4".to_owned())
        }
        decision::Verdict::Publish => {
            let number = next_publication(connection, &assessment.plan).await?;
            ("published", format!("state = 'PUBLISHED', publication = {number}"))
        }
        decision::Verdict::Withdraw => ("withdrawn", "state = 'WITHDRAWN'".to_owned()),
    };
    sqlx::query(AssertSqlSafe(format!(
        "UPDATE assessments SET {change}, {columns}_author = $2, {columns}_reason = $3, {columns}_us = $4 \
         WHERE run = $1"
    )))
    .bind(run.0)
    .bind(&ruling.decision.author)
    .bind(&ruling.decision.reason)
    .bind(ruling.decision.time.as_microsecond())
    .execute(&mut *connection)
    .await?;
    let response = (ruling.answer)(&assessment);
    let Ruling { request_id, fingerprint, .. } = ruling;
    remember(connection, &Remembered { request_id, fingerprint, response: response.clone() }).await?;
    Ok(Ruled::Kept(response))
}

/// The next number of a publication for a catalog and period.
async fn next_publication(connection: &mut Connection, plan: &Plan) -> Result<i64, StoreError> {
    let (catalog, period) = (plan.catalog.id.as_str(), plan.period.as_str());
    // Two publications at once would take one number; in whose order they come is then the database's to say.
    one_at_a_time(connection, &format!("publication {catalog} {period}")).await?;
    let last: Option<i64> =
        sqlx::query_scalar(sql::LAST_PUBLICATION).bind(catalog).bind(period).fetch_one(connection).await?;
    Ok(last.unwrap_or(0) + 1)
}

/// Whether a request id is new. Of two requests with one id at once the second waits for the first's transaction.
pub(super) async fn first_of_its_name(
    connection: &mut Connection,
    request_id: &RequestId,
    fingerprint: &[u8; 32],
) -> Result<Verdict, StoreError> {
    one_at_a_time(connection, &format!("request {request_id}")).await?;
    Ok(compare(remembered(connection, request_id).await?, fingerprint))
}

async fn remembered(
    connection: &mut Connection,
    request: &RequestId,
) -> Result<Option<Remembered>, StoreError> {
    let row: Option<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as(sql::RECALL).bind(request.as_str()).fetch_optional(connection).await?;
    row.map(|(fingerprint, response)| {
        let fingerprint = fingerprint.try_into().map_err(|_| StoreError::Corrupt("requests.fingerprint"))?;
        Ok(Remembered { request_id: request.clone(), fingerprint, response })
    })
    .transpose()
}

/// Keeps an answer with the effect of its request.
pub(super) async fn remember(connection: &mut Connection, answer: &Remembered) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO requests (request_id, fingerprint, response) VALUES ($1, $2, $3)")
        .bind(answer.request_id.as_str())
        .bind(answer.fingerprint.as_slice())
        .bind(answer.response.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_catalog(connection: &mut Connection, hash: &str, toml: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO catalogs (hash, toml) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING")
        .bind(hash)
        .bind(toml)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_assessment(connection: &mut Connection, assessment: &Assessment) -> Result<(), StoreError> {
    let plan = &assessment.plan;
    sqlx::query(
        "INSERT INTO assessments (id, state, created_us, due_us, period, as_of_position, classification_id, \
         rule_set_id, rule_set_version, rule_set_hash, types, threshold_set_id, threshold_set_classification_id, \
         base_periods, threshold_set_position, catalog_id, catalog_version, catalog_hash, scale, \
         weight_scheme_id, weight_scheme_version, weight_scheme_hash) \
         VALUES ($1, 'PENDING', $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
         $18, $19, $20)",
    )
    .bind(assessment.id.as_str())
    .bind(assessment.created.as_microsecond())
    .bind(plan.period.as_str())
    .bind(integer(plan.as_of_position))
    .bind(&plan.classification_id)
    .bind(&plan.rule_set.id)
    .bind(&plan.rule_set.version)
    .bind(&plan.rule_set.hash)
    .bind(list_json(plan.types.iter().map(String::as_str))?)
    .bind(&plan.threshold_set.id)
    .bind(&plan.threshold_set.classification_id)
    .bind(list_json(plan.threshold_set.base_periods.iter().map(|period| period.as_str()))?)
    .bind(integer(plan.threshold_set.as_of_position))
    .bind(&plan.catalog.id)
    .bind(&plan.catalog.version)
    .bind(&plan.catalog.hash)
    .bind(plan.scale)
    .bind(plan.weight_scheme.as_ref().map(|scheme| scheme.id.as_str()))
    .bind(plan.weight_scheme.as_ref().map(|scheme| scheme.version.as_str()))
    .bind(plan.weight_scheme.as_ref().map(|scheme| scheme.hash.as_str()))
    .execute(connection)
    .await?;
    Ok(())
}
