//! Background work that lives as long as its server: started with it, stopped at the drain,
//! started again after a failure.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// First wait before a failed worker is started again; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Longest wait between two starts.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A worker that ran this long had recovered: its next failure starts from [`FIRST_WAIT`].
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

type Failed = Box<dyn std::error::Error + Send + Sync>;
type Run = Box<dyn Fn(CancellationToken) -> BoxFuture<'static, Result<(), Failed>> + Send + Sync>;

/// A named piece of background work.
pub struct Worker {
    name: &'static str,
    run: Run,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Worker {
    /// Work called `name` in the logs.
    ///
    /// `run` is called at the start and again after every error or panic, with a growing wait
    /// between 0.5 s and 30 s. It must return soon after its token is cancelled; `Ok` before that
    /// means that there is nothing more to do.
    pub fn new<F, Fut>(name: &'static str, run: F) -> Self
    where
        F: Fn(CancellationToken) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        Self { name, run: Box::new(move |stop| run(stop).boxed()) }
    }

    /// The name in the logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Runs until the work is done or `stop` is cancelled.
    pub async fn supervise(self, stop: CancellationToken) {
        let span = tracing::info_span!("worker", name = self.name);
        self.restart_until_done(stop).instrument(span).await;
    }

    async fn restart_until_done(self, stop: CancellationToken) {
        let mut wait = FIRST_WAIT;
        loop {
            let started = Instant::now();
            let outcome = AssertUnwindSafe((self.run)(stop.clone())).catch_unwind().await;
            match outcome {
                Ok(Ok(())) => return,
                Ok(Err(error)) => tracing::error!(error = %crate::status::chain(&*error), "worker failed"),
                // The panic hook has already logged what and where.
                Err(_) => tracing::error!("worker panicked"),
            }
            if stop.is_cancelled() {
                return;
            }
            if started.elapsed() >= HEALTHY_AFTER {
                wait = FIRST_WAIT;
            }
            let stopped = tokio::time::timeout(wait, stop.cancelled()).await.is_ok();
            if stopped {
                return;
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_fails_and_panics_is_started_again_with_growing_waits() {
        let starts = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&starts);
        let began = Instant::now();
        let worker = Worker::new("restless", move |_| {
            let turn = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                match turn {
                    0 => Err("no upstream yet".into()),
                    1 => panic!("a row that cannot be"),
                    _ => Ok(()),
                }
            }
        });
        worker.supervise(CancellationToken::new()).await;
        assert_eq!(starts.load(Ordering::SeqCst), 3);
        assert_eq!(began.elapsed(), FIRST_WAIT + FIRST_WAIT * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_waits_for_its_next_start_stops_at_once_when_asked() {
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let worker = Worker::new("hopeless", move |_| {
            let asked = asked.clone();
            async move {
                asked.cancel();
                Err("never".into())
            }
        });
        let began = Instant::now();
        worker.supervise(stop).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
