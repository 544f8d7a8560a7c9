//! The worker: takes one assessment after another under a lease, pulls, computes off the async threads, saves.
//!
//! Wakes on a hint or by a timer. Results are saved in one transaction at the end, so a run that dies leaves nothing
//! behind but the word RUNNING and a lease that expires; then another worker begins it again. While it works it renews
//! its lease; one who lost it (it slept too long, or the run was cancelled) stops and can write nothing any more.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use xiuhua_service_kit::CancellationToken;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::status::{Failure as _, Kind, UpstreamError, chain};
use xiuhua_service_kit::worker::Worker;

use crate::bench::Bench;
use crate::changes::Changes;
use crate::config::WorkerConfig;
use crate::domain::assessment::{Failure, State, wait_after};
use crate::domain::inputs::Inputs;
use crate::domain::results::Results;
use crate::domain::run;
use crate::error::Error;
use crate::recent::RecentResults;
use crate::service::weights::weights_of_plan;
use crate::shelf::CatalogShelf;
use crate::store::{Claim, Claimed, Finished, SharedStore, StoreError};
use crate::upstream::Lines;

/// How long to sleep without a hint; waits and leases of others end meanwhile.
const PATROL: Duration = Duration::from_secs(1);
/// A lease is renewed so often while it lasts: two renewals may fail.
const RENEWALS: u32 = 3;

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
    pub(crate) recent: Arc<RecentResults>,
    pub(crate) upstream: Lines,
    pub(crate) clock: SharedClock,
    pub(crate) changes: Changes,
    /// Names this process before the store.
    pub(crate) name: String,
    /// A run that was lost or cancelled while it was computed ends before the next is read.
    pub(crate) bench: Bench,
    pub(crate) config: WorkerConfig,
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
            if let Some(claimed) = self.store.claim(&self.next_claim()).await? {
                self.changes.announce();
                self.work_off(&claimed, &stop).await?;
                self.changes.announce();
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = tokio::time::timeout(PATROL, hints.changed()) => {}
            }
        }
        Ok(())
    }

    fn next_claim(&self) -> Claim {
        Claim {
            worker: self.name.clone(),
            now: self.clock.now(),
            until: self.end_of_lease(),
            max_attempts: self.config.max_attempts.get(),
        }
    }

    fn end_of_lease(&self) -> Timestamp {
        after(self.clock.now(), self.config.lease())
    }

    /// Runs one assessment to its end, good or bad, or until its worker has to stop.
    async fn work_off(&self, claimed: &Claimed, stop: &CancellationToken) -> Result<(), StoreError> {
        let assessment = &claimed.assessment;
        let attempts = assessment.attempts;
        tracing::info!(assessment = %assessment.id, period = %assessment.plan.period, attempts, "assessment begun");
        let computed = tokio::select! {
            computed = self.compute(claimed) => computed,
            lost = self.keep_lease(claimed) => Err(lost),
            () = stop.cancelled() => {
                let given_back = self.store.give_back(&claimed.lease).await;
                return self.unless_lost(claimed, given_back);
            }
        };
        // Not renewed any more: from its first statement on the transaction keeps others away.
        let saved = match computed {
            Ok(results) => self.save(claimed, results).await,
            Err(error) => Err(error),
        };
        let ended = match saved {
            Ok(()) => Ok(()),
            Err(Error::Store(lost @ StoreError::LeaseLost(_))) => Err(lost),
            Err(error) => self.give_up(claimed, &error).await,
        };
        self.unless_lost(claimed, ended)
    }

    /// A lost lease is no failure: whoever took it has the run, or it was cancelled.
    fn unless_lost(&self, claimed: &Claimed, ended: Result<(), StoreError>) -> Result<(), StoreError> {
        match ended {
            Err(StoreError::LeaseLost(_)) => {
                tracing::warn!(assessment = %claimed.assessment.id, worker = self.name, "the lease is lost, left alone");
                Ok(())
            }
            other => other,
        }
    }

    /// Renews the lease as long as it is there to be renewed; comes back with why it is not.
    async fn keep_lease(&self, claimed: &Claimed) -> Error {
        let mut hints = self.changes.listen();
        let period = (self.config.lease() / RENEWALS).max(Duration::from_millis(1));
        let mut beat = interval_at(Instant::now() + period, period);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let kept = tokio::select! {
                _ = beat.tick() => self.store.renew(&claimed.lease, self.end_of_lease()).await,
                // Something changed in this process: perhaps the run was cancelled.
                _ = hints.changed() => self.look_after(claimed).await,
            };
            match kept {
                Ok(()) => {}
                // The record is away for a moment; the lease is longer than that.
                Err(error) if error.passing().is_some() => {
                    tracing::warn!(error = %chain(&error), "the lease could not be renewed");
                }
                Err(error) => return error.into(),
            }
        }
    }

    async fn look_after(&self, claimed: &Claimed) -> Result<(), StoreError> {
        let found = self.store.assessment(&claimed.assessment.id).await?;
        let held = found.is_some_and(|stored| {
            matches!(stored.assessment.state, State::Running(_))
                && stored.assessment.attempts == claimed.assessment.attempts
        });
        if held { Ok(()) } else { Err(claimed.lease.lost()) }
    }

    async fn compute(&self, claimed: &Claimed) -> Result<Results, Error> {
        let seat = self.bench.seat().await;
        let plan = &claimed.assessment.plan;
        let catalog = self.shelf.get(&plan.catalog.hash).await?;
        let mut inputs: Inputs = self.upstream.read_inputs(plan, &catalog).await?;
        if let Some((weights, hash)) = weights_of_plan(&self.store, plan, &catalog).await? {
            let intact = plan.weight_scheme.as_ref().is_some_and(|scheme| scheme.hash == hash);
            if !intact {
                return Err(Error::Store(StoreError::Corrupt("a weight scheme that is not the one planned")));
            }
            inputs.scheme_weights = Some(weights);
        }
        self.report(claimed, AT_READ).await?;
        let (results, _seat) = seat.compute(move || run::run(&catalog, inputs)).await?;
        let results = results?;
        self.report(claimed, AT_COMPUTED).await?;
        Ok(results)
    }

    async fn report(&self, claimed: &Claimed, ratio: f64) -> Result<(), Error> {
        self.store.report_progress(&claimed.lease, ratio).await?;
        self.changes.announce();
        Ok(())
    }

    async fn save(&self, claimed: &Claimed, results: Results) -> Result<(), Error> {
        let digest = results.digest.clone();
        let results = Arc::new(results);
        let finished = Finished {
            results: Arc::clone(&results),
            code_version: CODE_VERSION.as_str(),
            at: self.clock.now(),
        };
        self.store.save_results(&claimed.lease, finished).await?;
        self.recent.put(claimed.lease.run(), results);
        tracing::info!(assessment = %claimed.assessment.id, digest, "assessment succeeded");
        Ok(())
    }

    /// Puts the run back for later after a passing failure, unless it was begun often enough; ends it after any other.
    async fn give_up(&self, claimed: &Claimed, error: &Error) -> Result<(), StoreError> {
        let (id, attempts) = (&claimed.assessment.id, claimed.assessment.attempts);
        let passing =
            matches!(error.kind(), Kind::Unavailable | Kind::ResourceExhausted | Kind::DeadlineExceeded);
        if passing && attempts < self.config.max_attempts.get() {
            let wait = wait_after(attempts);
            tracing::warn!(assessment = %id, attempts, ?wait, error = %chain(error), "assessment put back");
            return self.store.postpone(&claimed.lease, after(self.clock.now(), wait)).await;
        }
        tracing::error!(assessment = %id, attempts, error = %chain(error), "assessment failed");
        let failure = self.failure(claimed, error, passing);
        self.store.save_failure(&claimed.lease, failure).await
    }

    fn failure(&self, claimed: &Claimed, error: &Error, worn_out: bool) -> Failure {
        let (id, finished) = (&claimed.assessment.id, self.clock.now());
        let message = error.message();
        if worn_out {
            let texts = (message.zh.as_str(), message.en.as_str());
            return Failure::of_worn_out(claimed.assessment.attempts, texts, finished);
        }
        if error.kind() == Kind::Internal && !matches!(error, Error::Upstream(UpstreamError::Refused { .. }))
        {
            // The cause is in the log, under the id of the assessment.
            let zh = format!("内部错误，请向运维人员提供测评编号 {id}");
            let en = format!("internal error; quote the assessment {id} to the operators");
            return Failure { zh, en, finished };
        }
        Failure { zh: message.zh, en: message.en, finished }
    }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
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
