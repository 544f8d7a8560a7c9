//! A classification: one rule set applied to all places at one moment, never changed afterwards.

use std::fmt;

use jiff::Timestamp;

use super::tally::TypeCount;

/// Name of a classification.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClassificationId(pub(crate) String);

impl fmt::Display for ClassificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The version of a rule set that a classification used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleSetUsed {
    pub(crate) id: String,
    pub(crate) version: String,
    /// SHA-256 of its text, lower-case hexadecimal.
    pub(crate) hash: String,
}

/// What decides the result of a classification, all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inputs {
    pub(crate) rule_set: RuleSetUsed,
    /// Position of the record of places that was read.
    pub(crate) as_of_position: u64,
    /// Year that ages refer to.
    pub(crate) reference_year: i32,
    /// Decisions up to this one were heeded; 0 for none.
    pub(crate) decision_number: u64,
    /// Version of the code that applied the rules.
    pub(crate) code_version: &'static str,
}

/// A classification of all places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Classification {
    pub(crate) id: ClassificationId,
    pub(crate) rule_set: RuleSetUsed,
    pub(crate) as_of_position: u64,
    pub(crate) reference_year: i32,
    /// Decisions up to this one were heeded; 0 for none.
    pub(crate) decision_number: u64,
    /// In the rule set's order, `UNCLASSIFIED` last.
    pub(crate) counts: Vec<TypeCount>,
    pub(crate) created_at: Timestamp,
}
