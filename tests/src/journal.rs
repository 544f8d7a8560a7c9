//! What the client saw: the promises it holds, to be compared with the record afterwards.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use xiuhua_contracts::ingestion::v1::Batch;

use crate::findings::{Breach, Findings};

/// Promises by request id. Clients share it.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    deliveries: BTreeMap<String, Promises>,
    findings: Findings,
}

#[derive(Debug, Default)]
struct Promises {
    /// Every chunk up to this one was said to be durable.
    acknowledged: u64,
    sealed: Option<Batch>,
}

impl Journal {
    /// A stream was told that chunks up to `on_record` are there. Fewer than were acknowledged before are a loss.
    pub fn resumed(&self, request_id: &str, on_record: u64) {
        let mut pages = self.pages();
        let promised = pages.promises(request_id).acknowledged;
        if on_record < promised {
            let words = format!("{request_id}: chunk {promised} was acknowledged, {on_record} are on record");
            pages.findings.breach(Breach::Lost, words);
        }
        pages.findings.resumed += u64::from(on_record > 0);
        pages.promises(request_id).acknowledged = promised.max(on_record);
    }

    /// Chunks up to `sequence` were acknowledged.
    pub fn acknowledged(&self, request_id: &str, sequence: u64) {
        let mut pages = self.pages();
        pages.findings.acknowledged += 1;
        let promises = pages.promises(request_id);
        promises.acknowledged = promises.acknowledged.max(sequence);
    }

    /// The sealed batch was given. Another one than before is a double.
    pub fn sealed(&self, request_id: &str, batch: &Batch) {
        let mut pages = self.pages();
        pages.findings.acknowledged += 1;
        let before = pages.promises(request_id).sealed.replace(batch.clone());
        if let Some(before) = before.filter(|before| before != batch) {
            let words = format!("{request_id} was answered with {before:?}, then with {batch:?}");
            pages.findings.breach(Breach::Doubled, words);
        }
    }

    /// The batches that were promised, by request id.
    #[must_use]
    pub fn batches(&self) -> BTreeMap<String, Batch> {
        let pages = self.pages();
        let sealed = pages.deliveries.iter().filter_map(|(id, it)| Some((id.clone(), it.sealed.clone()?)));
        sealed.collect()
    }

    /// What was found while writing.
    #[must_use]
    pub fn findings(&self) -> Findings {
        self.pages().findings.clone()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn promises(&mut self, request_id: &str) -> &mut Promises {
        self.deliveries.entry(request_id.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_behind_its_acknowledgements_and_a_second_batch_are_found() {
        let journal = Journal::default();
        journal.resumed("a", 0);
        journal.acknowledged("a", 2);
        journal.resumed("a", 3);
        journal.sealed("a", &Batch { id: "1".into(), ..Default::default() });
        assert!(journal.findings().is_clean());
        journal.resumed("a", 2);
        journal.sealed("a", &Batch { id: "2".into(), ..Default::default() });
        let findings = journal.findings();
        assert_eq!((findings.count(Breach::Lost), findings.count(Breach::Doubled)), (1, 1));
    }
}
