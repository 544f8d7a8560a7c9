//! How many places each type holds.

use super::place_class::{PlaceClass, UNCLASSIFIED};
use super::rule_set::Named;

/// Places of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeCount {
    pub(crate) type_id: String,
    pub(crate) places: u64,
}

/// Counts places by type while they pass.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    counts: Vec<TypeCount>,
}

impl Tally {
    /// Starts at 0 for each type, in the rule set's order, [`UNCLASSIFIED`] last.
    pub(crate) fn new(types: &[Named]) -> Self {
        let ids = types.iter().map(|place_type| place_type.id.as_str()).chain([UNCLASSIFIED]);
        Self { counts: ids.map(|id| TypeCount { type_id: id.to_owned(), places: 0 }).collect() }
    }

    pub(crate) fn add(&mut self, class: &PlaceClass) {
        if let Some(count) = self.counts.iter_mut().find(|count| count.type_id == class.type_id) {
            count.places += 1;
        }
    }

    pub(crate) fn into_counts(self) -> Vec<TypeCount> {
        self.counts
    }
}
