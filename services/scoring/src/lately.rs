//! What was lately read and cannot change: kept at hand for the next reader, never the only copy of anything.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Things kept at hand. A page of one assessment asks for the same few types again and again.
const KEPT: usize = 4;

/// The last few things of a kind by their names, the last used at the back.
#[derive(Debug)]
pub(crate) struct Lately<K, V> {
    kept: Mutex<VecDeque<(K, Arc<V>)>>,
}

impl<K: PartialEq, V> Lately<K, V> {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::new(VecDeque::new()) }
    }

    /// The thing of that name, if it is at hand; else as `read` gives it. Two who ask at once may both read: they get the
    /// same.
    ///
    /// # Errors
    /// As `read`.
    pub(crate) async fn get<E>(
        &self,
        name: K,
        read: impl Future<Output = Result<V, E>>,
    ) -> Result<Arc<V>, E> {
        if let Some(found) = self.find(&name) {
            return Ok(found);
        }
        let found = Arc::new(read.await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((name, Arc::clone(&found)));
        Ok(found)
    }

    fn find(&self, name: &K) -> Option<Arc<V>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == name)?;
        let found = kept.remove(at)?;
        let value = Arc::clone(&found.1);
        kept.push_back(found);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_read_last_is_not_read_again_and_what_was_read_long_ago_is() {
        let lately: Lately<u32, u32> = Lately::new();
        let reads = std::cell::Cell::new(0);
        let ask = async |name: u32| {
            let read = async {
                reads.set(reads.get() + 1);
                Ok::<u32, ()>(name * 10)
            };
            *lately.get(name, read).await.unwrap()
        };
        for name in [1, 2, 3, 4, 1, 1] {
            assert_eq!(ask(name).await, name * 10);
        }
        assert_eq!(reads.get(), 4);
        // Of the four, 2 was used least lately.
        ask(5).await;
        ask(1).await;
        assert_eq!(reads.get(), 5);
        ask(2).await;
        assert_eq!(reads.get(), 6);
    }
}
