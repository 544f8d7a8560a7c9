//! Runs under a lease, on either database: `super` is the one that this is compiled for.

use async_trait::async_trait;
use futures_util::FutureExt;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::super::gaps::imputed_rows;
use super::super::rows::{integer, listed, summaries_json};
use super::super::tables::{group_rows, leaf_rows, place_rows, score_rows, threshold_rows, weight_rows};
use super::super::{Claim, Claimed, Finished, Lease, LeaseStore, Listed, Run, StoreError, sql};
use super::{ALONE, Connection, Db, SKIP_LOCKED, SqlStore, insert};
use crate::domain::assessment::Failure;
use crate::domain::results::Results;

type Query<'q> = sqlx::query::Query<'q, Db, <Db as sqlx::Database>::Arguments>;

#[async_trait]
impl LeaseStore for SqlStore {
    async fn requeue_running(&self) -> Result<u64, StoreError> {
        if !ALONE {
            return Ok(0);
        }
        self.write(move |connection| {
            async move {
                let done = sqlx::query(
                    "UPDATE assessments SET state = 'PENDING', progress_ratio = 0, worker = NULL, due_us = 0 \
                     WHERE state = 'RUNNING'",
                )
                .execute(connection)
                .await?;
                Ok(done.rows_affected())
            }
            .boxed()
        })
        .await
    }

    async fn claim(&self, claim: &Claim) -> Result<Option<Claimed>, StoreError> {
        let claim = claim.clone();
        self.write(move |connection| {
            async move {
                fail_deadly(connection, &claim).await?;
                loop {
                    let row = sqlx::query(AssertSqlSafe(sql::claim(SKIP_LOCKED)))
                        .bind(claim.now.as_microsecond())
                        .bind(i64::from(claim.max_attempts))
                        .bind(&claim.worker)
                        .bind(claim.until.as_microsecond())
                        .fetch_optional(&mut *connection)
                        .await?;
                    match row.as_ref().map(listed).transpose()? {
                        None => return Ok(None),
                        Some(Listed::Whole(stored)) => return Ok(Some(Claimed::new(claim.worker, *stored))),
                        // Ended, or every worker would take it first for ever and come to nothing else.
                        Some(Listed::Unreadable(unreadable)) => {
                            fail_unreadable(connection, unreadable.run, claim.now).await?;
                        }
                    }
                }
            }
            .boxed()
        })
        .await
    }

    async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            let renewed = held(&lease, sql::RENEWED).bind(until.as_microsecond());
            async move { must_hold(&lease, renewed.execute(connection).await?.rows_affected()) }.boxed()
        })
        .await
    }

    async fn report_progress(&self, lease: &Lease, ratio: f64) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            let reported = held(&lease, "progress_ratio = $4").bind(ratio);
            async move { must_hold(&lease, reported.execute(connection).await?.rows_affected()) }.boxed()
        })
        .await
    }

    async fn save_results(&self, lease: &Lease, finished: Finished) -> Result<(), StoreError> {
        const SUCCEEDED: &str = "state = 'SUCCEEDED', worker = NULL, due_us = NULL, progress_ratio = 1, \
             finished_us = $4, digest = $5, code_version = $6, type_summaries = $7, places_without_households = $8";
        let lease = lease.clone();
        self.write(move |connection| {
            async move {
                let results = &*finished.results;
                // First of all: from here to the end of the transaction nobody else can take the run.
                let succeeded = held(&lease, SUCCEEDED)
                    .bind(finished.at.as_microsecond())
                    .bind(&results.digest)
                    .bind(finished.code_version)
                    .bind(summaries_json(&results.summaries)?)
                    .bind(integer(results.places_without_households))
                    .execute(&mut *connection)
                    .await?;
                must_hold(&lease, succeeded.rows_affected())?;
                write_results(connection, lease.run, results).await
            }
            .boxed()
        })
        .await
    }

    async fn save_failure(&self, lease: &Lease, failure: Failure) -> Result<(), StoreError> {
        const FAILED: &str = "state = 'FAILED', worker = NULL, due_us = NULL, finished_us = $4, failure_zh = $5, \
             failure_en = $6";
        let lease = lease.clone();
        self.write(move |connection| {
            let failed = held(&lease, FAILED)
                .bind(failure.finished.as_microsecond())
                .bind(failure.zh)
                .bind(failure.en);
            async move { must_hold(&lease, failed.execute(connection).await?.rows_affected()) }.boxed()
        })
        .await
    }

    async fn postpone(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        const WAITING: &str = "state = 'PENDING', worker = NULL, progress_ratio = 0, due_us = $4";
        let lease = lease.clone();
        self.write(move |connection| {
            let waiting = held(&lease, WAITING).bind(until.as_microsecond());
            async move { must_hold(&lease, waiting.execute(connection).await?.rows_affected()) }.boxed()
        })
        .await
    }

    async fn give_back(&self, lease: &Lease) -> Result<(), StoreError> {
        const GIVEN_BACK: &str =
            "state = 'PENDING', worker = NULL, progress_ratio = 0, due_us = 0, attempts = attempts - 1";
        let lease = lease.clone();
        self.write(move |connection| {
            let given_back = held(&lease, GIVEN_BACK);
            async move { must_hold(&lease, given_back.execute(connection).await?.rows_affected()) }.boxed()
        })
        .await
    }
}

/// A change of a run that its worker holds: `$4` and on are the caller's to bind.
fn held(lease: &Lease, change: &'static str) -> Query<'static> {
    sqlx::query(AssertSqlSafe(sql::held(change)))
        .bind(lease.run.0)
        .bind(lease.worker.clone())
        .bind(i64::from(lease.attempt))
}

fn must_hold(lease: &Lease, changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(lease.lost()) }
}

/// Ends the oldest run that was begun too often: it would take its next worker down too.
async fn fail_deadly(connection: &mut Connection, claim: &Claim) -> Result<(), StoreError> {
    let failure = Failure::of_deadly(claim.max_attempts, claim.now);
    let done = sqlx::query(AssertSqlSafe(sql::fail_deadly(SKIP_LOCKED)))
        .bind(failure.finished.as_microsecond())
        .bind(i64::from(claim.max_attempts))
        .bind(failure.zh)
        .bind(failure.en)
        .execute(connection)
        .await?;
    if done.rows_affected() > 0 {
        tracing::error!(attempts = claim.max_attempts, "an assessment outlived its workers too often");
    }
    Ok(())
}

/// Ends a run whose row cannot be read.
async fn fail_unreadable(connection: &mut Connection, run: Run, now: Timestamp) -> Result<(), StoreError> {
    let failure = Failure::of_unreadable(now);
    sqlx::query(
        "UPDATE assessments SET state = 'FAILED', worker = NULL, due_us = NULL, finished_us = $2, failure_zh = $3, \
         failure_en = $4 WHERE run = $1",
    )
    .bind(run.0)
    .bind(failure.finished.as_microsecond())
    .bind(failure.zh)
    .bind(failure.en)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes everything that a run leaves behind, inside the transaction of the caller.
async fn write_results(connection: &mut Connection, run: Run, results: &Results) -> Result<(), StoreError> {
    insert(connection, run, place_rows(results)).await?;
    insert(connection, run, score_rows(results)).await?;
    insert(connection, run, leaf_rows(results)).await?;
    insert(connection, run, imputed_rows(results)).await?;
    insert(connection, run, threshold_rows(results)).await?;
    insert(connection, run, weight_rows(results)).await?;
    insert(connection, run, group_rows(results)).await
}
