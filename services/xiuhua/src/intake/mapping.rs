//! Mapping files: which column of a foreign layout is which of ours.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::UnusableFile;

/// Standard column names and the headers a foreign file uses for them.
///
/// ```toml
/// [columns]
/// place_id = "estate_id"
/// housing_nature = "property_right"
/// ```
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    /// Standard name → header in the file.
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`UnusableFile`] if it cannot be read or is not a mapping.
    pub(crate) fn read(path: &Path) -> Result<Self, UnusableFile> {
        let unusable = |fault: String| UnusableFile { path: path.to_owned(), faults: vec![fault] };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        toml::from_str(&text).map_err(|e| unusable(e.to_string()))
    }

    /// The standard name of a header.
    pub(super) fn standard_name<'a>(&'a self, header: &'a str) -> &'a str {
        self.columns
            .iter()
            .find(|(_, from)| from.as_str() == header)
            .map_or(header, |(name, _)| name.as_str())
    }

    /// Headers the mapping names and the file does not have.
    pub(super) fn unmatched<'a>(&'a self, headers: &'a [String]) -> impl Iterator<Item = &'a str> {
        self.columns.values().map(String::as_str).filter(|from| !headers.iter().any(|h| h == from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_header_gets_its_standard_name_and_others_keep_theirs() {
        let mapping: Mapping = toml::from_str("[columns]\nplace_id = \"estate_id\"").unwrap();
        assert_eq!(mapping.standard_name("estate_id"), "place_id");
        assert_eq!(mapping.standard_name("year_built"), "year_built");
        assert_eq!(mapping.unmatched(&["x".to_owned()]).collect::<Vec<_>>(), ["estate_id"]);
    }
}
