//! Where runs are computed: one after another, off the async threads.
//!
//! A run holds the inputs and results of a whole district, and nothing stops a computation halfway. So its seat goes
//! along with it: whoever stops waiting leaves the seat taken until the computation is over.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;

/// Has one seat.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    seats: Arc<Semaphore>,
}

/// The right to have a run in memory, from its first input to its last use.
#[derive(Debug)]
pub(crate) struct Seat {
    _permit: OwnedSemaphorePermit,
}

impl Bench {
    /// Nobody sits there.
    pub(crate) fn new() -> Self {
        Self { seats: Arc::new(Semaphore::new(1)) }
    }

    /// The seat, as soon as it is free.
    pub(crate) async fn seat(&self) -> Seat {
        Seat { _permit: Arc::clone(&self.seats).acquire_owned().await.expect("it is never closed") }
    }

    /// The seat, if it is free.
    pub(crate) fn free_seat(&self) -> Option<Seat> {
        Some(Seat { _permit: Arc::clone(&self.seats).try_acquire_owned().ok()? })
    }
}

impl Seat {
    /// Computes.
    ///
    /// # Errors
    /// [`JoinError`] if the computation panics.
    pub(crate) async fn compute<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(T, Self), JoinError> {
        tokio::task::spawn_blocking(move || (work(), self)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_computation_that_nobody_waits_for_keeps_its_seat_to_the_end() {
        let bench = Bench::new();
        let seat = bench.seat().await;
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (end, may_end) = mpsc::sync_channel::<()>(1);
        let work = move || {
            begun.send(()).unwrap();
            may_end.recv().unwrap();
        };
        tokio::select! {
            biased;
            _ = seat.compute(work) => panic!("it may not end yet"),
            begun = has_begun => begun.unwrap(),
        }
        assert!(bench.free_seat().is_none());
        end.send(()).unwrap();
        drop(bench.seat().await);
        assert!(bench.free_seat().is_some());
    }
}
