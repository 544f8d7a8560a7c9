//! News inside this process: "something about an assessment changed".
//!
//! A hint and nothing more. Whoever hears it reads the record; whoever misses it looks again by a timer.

use tokio::sync::watch;

/// Rings whenever the record of assessments changes.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    count: watch::Sender<u64>,
}

impl Changes {
    /// Nothing has changed yet.
    pub(crate) fn new() -> Self {
        Self { count: watch::Sender::new(0) }
    }

    /// Rings.
    pub(crate) fn announce(&self) {
        self.count.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Hears every change from now on; several at once are heard as one.
    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }
}
