//! A call's place among those in flight.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// Given back when it is dropped or when the call's time is over, whichever is first.
///
/// The second needs a task of its own: the body of an answer that its client does not read is neither polled nor
/// dropped, so it could not give the place back itself.
pub(super) struct Place {
    // Shared and not owned by the task, so that a drop gives it back at once and not when the task is next run.
    permit: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
    _until: AbortOnDropHandle<()>,
}

impl Place {
    pub(super) fn until(deadline: Instant, permit: OwnedSemaphorePermit) -> Self {
        let permit = Arc::new(Mutex::new(Some(permit)));
        let kept = Arc::clone(&permit);
        let until = tokio::spawn(async move {
            tokio::time::sleep_until(deadline).await;
            give_back(&kept);
        });
        Self { permit, _until: AbortOnDropHandle::new(until) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        give_back(&self.permit);
    }
}

fn give_back(permit: &Mutex<Option<OwnedSemaphorePermit>>) {
    drop(permit.lock().unwrap_or_else(PoisonError::into_inner).take());
}
