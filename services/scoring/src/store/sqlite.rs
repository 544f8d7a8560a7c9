//! The record on SQLite.
//!
//! Reads go to the pool of readers; every write is one transaction in a task of its own, which a dropped call cannot
//! cut in half. Rows are written a thousand at a time: a statement costs a hand-off between threads, a row almost
//! nothing.

mod reading;
mod results;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use sqlx::SqliteConnection;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict, compare};
use xiuhua_service_kit::sqlite::SqliteDatabase;

use super::rows::{AssessmentRow, integer, list_json, summaries_json};
use super::{AssessmentFilter, AssessmentStore, Finished, NewAssessment, Run, StoreError, Stored};
use crate::domain::assessment::{Assessment, Failure};
use crate::domain::id::AssessmentId;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// Scoring's database.
#[derive(Debug)]
pub(super) struct SqliteStore {
    database: SqliteDatabase,
}

impl SqliteStore {
    /// Opens the database and brings it to the present version.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let database =
            SqliteDatabase::open(url, &MIGRATOR).await.map_err(|error| StoreError::Open(Box::new(error)))?;
        Ok(Self { database })
    }

    fn readers(&self) -> &sqlx::SqlitePool {
        self.database.reader()
    }

    /// One transaction in a task of its own: committed whole or not at all, whoever stops waiting for it.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.database.write(work).await
    }
}

#[async_trait]
impl AssessmentStore for SqliteStore {
    async fn recall(&self, request: &RequestId) -> Result<Option<Remembered>, StoreError> {
        let mut connection = self.readers().acquire().await?;
        remembered(&mut connection, request).await
    }

    async fn create(&self, new: NewAssessment) -> Result<Verdict, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let before = remembered(connection, &new.answer.request_id).await?;
                let verdict = compare(before, &new.answer.fingerprint);
                if verdict == Verdict::First {
                    insert_catalog(connection, &new.assessment.plan.catalog.hash, &new.catalog_toml).await?;
                    insert_assessment(connection, &new.assessment).await?;
                    remember(connection, &new.answer).await?;
                }
                Ok(verdict)
            })
        })
        .await
    }

    async fn assessment(&self, id: &AssessmentId) -> Result<Option<Stored>, StoreError> {
        let row: Option<AssessmentRow> = sqlx::query_as("SELECT * FROM assessments WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        row.map(AssessmentRow::read).transpose()
    }

    async fn assessments(&self, filter: &AssessmentFilter) -> Result<Vec<Stored>, StoreError> {
        let rows: Vec<AssessmentRow> = sqlx::query_as(
            "SELECT * FROM assessments WHERE run < ?1 AND (?2 IS NULL OR period = ?2) \
             AND (?3 IS NULL OR catalog_id = ?3) ORDER BY run DESC LIMIT ?4",
        )
        .bind(filter.before.map_or(i64::MAX, |run| run.0))
        .bind(filter.period.as_deref())
        .bind(filter.catalog_id.as_deref())
        .bind(filter.limit)
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(AssessmentRow::read).collect()
    }

    async fn catalog(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let toml = sqlx::query_scalar("SELECT toml FROM catalogs WHERE hash = ?")
            .bind(hash)
            .fetch_optional(self.readers())
            .await?;
        Ok(toml)
    }

    async fn requeue_running(&self) -> Result<u64, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let done = sqlx::query(
                    "UPDATE assessments SET state = 'PENDING', progress_ratio = 0 WHERE state = 'RUNNING'",
                )
                .execute(&mut *connection)
                .await?;
                Ok(done.rows_affected())
            })
        })
        .await
    }

    async fn claim(&self) -> Result<Option<Stored>, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let row: Option<AssessmentRow> = sqlx::query_as(
                    "UPDATE assessments SET state = 'RUNNING', progress_ratio = 0 \
                 WHERE run = (SELECT min(run) FROM assessments WHERE state = 'PENDING') RETURNING *",
                )
                .fetch_optional(&mut *connection)
                .await?;
                row.map(AssessmentRow::read).transpose()
            })
        })
        .await
    }

    async fn report_progress(&self, run: Run, ratio: f64) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE assessments SET progress_ratio = ? WHERE run = ? AND state = 'RUNNING'")
                    .bind(ratio)
                    .bind(run.0)
                    .execute(&mut *connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn save_results(&self, run: Run, finished: Finished) -> Result<(), StoreError> {
        self.write(move |connection| Box::pin(async move {
            let results = &*finished.results;
            let changed = sqlx::query(
                "UPDATE assessments SET state = 'SUCCEEDED', progress_ratio = 1, finished_us = ?, digest = ?, \
                 code_version = ?, type_summaries = ?, places_without_households = ? \
                 WHERE run = ? AND state = 'RUNNING'",
            )
            .bind(finished.at.as_microsecond())
            .bind(&results.digest)
            .bind(finished.code_version)
            .bind(summaries_json(&results.summaries)?)
            .bind(integer(results.places_without_households))
            .bind(run.0)
            .execute(&mut *connection)
            .await?;
            must_have_run(run, changed.rows_affected())?;
            results::write(connection, run, results).await
        }))
        .await
    }

    async fn save_failure(&self, run: Run, failure: Failure) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let changed = sqlx::query(
                "UPDATE assessments SET state = 'FAILED', finished_us = ?, failure_zh = ?, failure_en = ? \
                 WHERE run = ? AND state = 'RUNNING'",
            )
            .bind(failure.finished.as_microsecond())
            .bind(failure.zh)
            .bind(failure.en)
            .bind(run.0)
            .execute(&mut *connection)
            .await?;
                must_have_run(run, changed.rows_affected())
            })
        })
        .await
    }
}

async fn remembered(
    connection: &mut SqliteConnection,
    request: &RequestId,
) -> Result<Option<Remembered>, StoreError> {
    let row: Option<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT fingerprint, response FROM requests WHERE request_id = ?")
            .bind(request.as_str())
            .fetch_optional(connection)
            .await?;
    row.map(|(fingerprint, response)| {
        let fingerprint = fingerprint.try_into().map_err(|_| StoreError::Corrupt("requests.fingerprint"))?;
        Ok(Remembered { request_id: request.clone(), fingerprint, response })
    })
    .transpose()
}

async fn remember(connection: &mut SqliteConnection, answer: &Remembered) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO requests (request_id, fingerprint, response) VALUES (?, ?, ?)")
        .bind(answer.request_id.as_str())
        .bind(answer.fingerprint.as_slice())
        .bind(answer.response.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_catalog(connection: &mut SqliteConnection, hash: &str, toml: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO catalogs (hash, toml) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING")
        .bind(hash)
        .bind(toml)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_assessment(
    connection: &mut SqliteConnection,
    assessment: &Assessment,
) -> Result<(), StoreError> {
    let plan = &assessment.plan;
    sqlx::query(
        "INSERT INTO assessments (id, state, created_us, period, as_of_position, classification_id, rule_set_id, \
         rule_set_version, rule_set_hash, types, threshold_set_id, threshold_set_classification_id, base_periods, \
         threshold_set_position, catalog_id, catalog_version, catalog_hash, scale) \
         VALUES (?, 'PENDING', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
    .execute(connection)
    .await?;
    Ok(())
}

fn must_have_run(run: Run, changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::NotRunning(run.0)) }
}
