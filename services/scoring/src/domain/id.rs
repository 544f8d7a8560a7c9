//! Names of things: an assessment, a place.

use std::fmt;

/// Names an assessment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AssessmentId(String);

/// Names a place in ingestion's register; ordered by bytes (invariant 11).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PlaceId(String);

impl AssessmentId {
    /// Takes an id as it stands; whether there is such an assessment is the store's to say.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl PlaceId {
    /// Takes an id as it stands.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AssessmentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for PlaceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
