//! The catalogs of assessments, read once and kept at hand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use xiuhua_indicators::catalog::Catalog;

use crate::error::Error;
use crate::store::{SharedStore, StoreError};

/// Catalogs kept at hand. Readers look at one or two; reading one again costs milliseconds.
const KEPT: usize = 8;

/// Catalogs by the hash of their text, the last used at the back.
#[derive(Debug)]
pub(crate) struct CatalogShelf {
    store: SharedStore,
    kept: Mutex<VecDeque<Arc<Catalog>>>,
}

impl CatalogShelf {
    /// An empty shelf before a store.
    pub(crate) fn new(store: SharedStore) -> Self {
        Self { store, kept: Mutex::new(VecDeque::new()) }
    }

    /// The catalog with this hash, which an assessment names.
    ///
    /// # Errors
    /// [`Error`] if the record fails or holds a text that is no catalog.
    pub(crate) async fn get(&self, hash: &str) -> Result<Arc<Catalog>, Error> {
        if let Some(catalog) = self.find(hash) {
            return Ok(catalog);
        }
        let catalog = self.read(hash).await?;
        self.put(Arc::clone(&catalog));
        Ok(catalog)
    }

    /// The same as it stands on record now, whatever is at hand.
    ///
    /// # Errors
    /// [`Error`] if the record fails or holds a text that is no catalog.
    pub(crate) async fn read(&self, hash: &str) -> Result<Arc<Catalog>, Error> {
        let toml = self.store.catalog(hash).await?;
        let toml = toml.ok_or(Error::Store(StoreError::Corrupt("an assessment without its catalog")))?;
        Ok(Arc::new(Catalog::parse(&toml).map_err(Error::Catalog)?))
    }

    fn find(&self, hash: &str) -> Option<Arc<Catalog>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|catalog| catalog.hash == hash)?;
        let catalog = kept.remove(at)?;
        kept.push_back(Arc::clone(&catalog));
        Some(catalog)
    }

    fn put(&self, catalog: Arc<Catalog>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(catalog);
    }
}
