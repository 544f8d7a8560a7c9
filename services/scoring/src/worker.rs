//! The worker: takes one PENDING assessment after another, pulls, computes off the async threads, saves.
//!
//! Wakes on a hint or by a timer. Results are saved in one transaction at the end, so a run that dies leaves nothing
//! behind but the word RUNNING, and the next start puts it back in the queue.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use xiuhua_service_kit::CancellationToken;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::status::{Failure as _, Kind, UpstreamError, chain};
use xiuhua_service_kit::worker::Worker;

use crate::changes::Changes;
use crate::domain::assessment::Failure;
use crate::domain::inputs::Inputs;
use crate::domain::results::Results;
use crate::domain::run;
use crate::error::Error;
use crate::shelf::CatalogShelf;
use crate::store::{Finished, SharedStore, StoreError, Stored};
use crate::upstream::Lines;

/// How long to sleep without a hint.
const PATROL: Duration = Duration::from_secs(5);

/// Shares of the work done after each step: reading takes most of the time, then computing, then saving.
const AT_READ: f64 = 0.6;
const AT_COMPUTED: f64 = 0.8;

/// Version of the code that computes: the package's, and the commit where the build was told one.
static CODE_VERSION: LazyLock<String> =
    LazyLock::new(|| code_version(env!("CARGO_PKG_VERSION"), option_env!("XIUHUA_COMMIT")));

/// What the worker works with.
#[derive(Clone, Debug)]
pub(crate) struct Workshop {
    pub(crate) store: SharedStore,
    pub(crate) shelf: Arc<CatalogShelf>,
    pub(crate) upstream: Lines,
    pub(crate) clock: SharedClock,
    pub(crate) changes: Changes,
}

impl Workshop {
    /// The worker, to be started with the server.
    pub(crate) fn into_worker(self) -> Worker {
        Worker::new("assessments", move |stop| {
            let workshop = self.clone();
            async move { workshop.work_until(stop).await.map_err(Into::into) }
        })
    }

    async fn work_until(&self, stop: CancellationToken) -> Result<(), StoreError> {
        let mut hints = self.changes.listen();
        let requeued = self.store.requeue_running().await?;
        if requeued > 0 {
            tracing::warn!(requeued, "assessments were left unfinished, starting them again");
        }
        while !stop.is_cancelled() {
            hints.borrow_and_update();
            if let Some(claimed) = self.store.claim().await? {
                self.changes.announce();
                tokio::select! {
                    // Left RUNNING: the next start takes it up again.
                    () = stop.cancelled() => return Ok(()),
                    done = self.work_off(&claimed) => done?,
                }
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = tokio::time::timeout(PATROL, hints.changed()) => {}
            }
        }
        Ok(())
    }

    /// Runs one assessment to its end, good or bad.
    async fn work_off(&self, claimed: &Stored) -> Result<(), StoreError> {
        let assessment = &claimed.assessment;
        tracing::info!(assessment = %assessment.id, period = %assessment.plan.period, "assessment begun");
        let outcome = match self.compute(claimed).await {
            Ok(results) => self.save(claimed, results).await,
            Err(error) => self.give_up(claimed, &error).await,
        };
        self.changes.announce();
        outcome
    }

    async fn compute(&self, claimed: &Stored) -> Result<Results, Error> {
        let plan = &claimed.assessment.plan;
        let catalog = self.shelf.get(&plan.catalog.hash).await?;
        let inputs: Inputs = self.upstream.read_inputs(plan, &catalog).await?;
        self.report(claimed, AT_READ).await?;
        let results = tokio::task::spawn_blocking(move || run::run(&catalog, inputs)).await??;
        self.report(claimed, AT_COMPUTED).await?;
        Ok(results)
    }

    async fn report(&self, claimed: &Stored, ratio: f64) -> Result<(), Error> {
        self.store.report_progress(claimed.run, ratio).await?;
        self.changes.announce();
        Ok(())
    }

    async fn save(&self, claimed: &Stored, results: Results) -> Result<(), StoreError> {
        let digest = results.digest.clone();
        let finished = Finished {
            results: Arc::new(results),
            code_version: CODE_VERSION.as_str(),
            at: self.clock.now(),
        };
        self.store.save_results(claimed.run, finished).await?;
        tracing::info!(assessment = %claimed.assessment.id, digest, "assessment succeeded");
        Ok(())
    }

    async fn give_up(&self, claimed: &Stored, error: &Error) -> Result<(), StoreError> {
        let id = &claimed.assessment.id;
        tracing::error!(assessment = %id, error = %chain(error), "assessment failed");
        let mut message = error.message();
        if error.kind() == Kind::Internal && !matches!(error, Error::Upstream(UpstreamError::Refused { .. }))
        {
            // The cause is in the log, under the id of the assessment.
            message.zh = format!("内部错误，请向运维人员提供测评编号 {id}");
            message.en = format!("internal error; quote the assessment {id} to the operators");
        }
        let failure = Failure { zh: message.zh, en: message.en, finished: self.clock.now() };
        self.store.save_failure(claimed.run, failure).await
    }
}

fn code_version(package: &str, commit: Option<&str>) -> String {
    match commit {
        Some(commit) if !commit.is_empty() => format!("{package}+{commit}"),
        _ => package.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_code_names_the_commit_where_the_build_was_told_one() {
        assert_eq!(code_version("0.1.0", Some("5d7ed33")), "0.1.0+5d7ed33");
        assert_eq!(code_version("0.1.0", Some("")), "0.1.0");
        assert_eq!(code_version("0.1.0", None), "0.1.0");
    }
}
