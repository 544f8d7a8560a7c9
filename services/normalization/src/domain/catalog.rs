//! A catalog (指标目录) as it is kept: what names it, and its text.

use jiff::Timestamp;
use xiuhua_indicators::catalog::{Catalog, CatalogFaults, Text};

/// Names one version of a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CatalogKey {
    /// Such as `pudong-2021`.
    pub(crate) id: String,
    /// Version of its text.
    pub(crate) version: String,
}

/// A catalog without its tree: what a list shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CatalogEntry {
    /// Its name.
    pub(crate) key: CatalogKey,
    /// Title.
    pub(crate) title: Text,
    /// SHA-256 of the text, lower-case hexadecimal.
    pub(crate) hash: String,
    /// Score of a perfect node: 100 or 1.
    pub(crate) scale: f64,
    /// Rule set that gives the types; empty for none.
    pub(crate) rule_set: String,
    /// When it was registered.
    pub(crate) registered_at: Timestamp,
}

/// A catalog with its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RegisteredCatalog {
    /// What a list shows of it.
    pub(crate) entry: CatalogEntry,
    /// TOML, byte for byte as it was registered.
    pub(crate) toml: String,
}

impl RegisteredCatalog {
    /// A sound catalog, about to be registered.
    pub(crate) fn new(catalog: &Catalog, toml: String, registered_at: Timestamp) -> Self {
        let entry = CatalogEntry {
            key: CatalogKey { id: catalog.id.clone(), version: catalog.version.clone() },
            title: catalog.title.clone(),
            hash: catalog.hash.clone(),
            scale: catalog.scale,
            rule_set: catalog.rule_set.clone().unwrap_or_default(),
            registered_at,
        };
        Self { entry, toml }
    }

    /// Reads the text again.
    ///
    /// # Errors
    /// The faults that a stricter reading finds in a text that was sound when it was registered.
    pub(crate) fn parse(&self) -> Result<Catalog, CatalogFaults> {
        Catalog::parse(&self.toml)
    }
}
