//! What the services upstream know, as far as normalization asks: measures, statements about places, types of places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use tonic::Status;
use xiuhua_contracts::ingestion::v1 as ingestion;

/// The one world behind both fakes. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct World {
    facts: Arc<Mutex<Facts>>,
}

#[derive(Default)]
pub(crate) struct Facts {
    /// Every request to register measures, in order.
    pub(crate) registrations: Vec<ingestion::RegisterMeasuresRequest>,
    /// A measure that is known with another unit.
    pub(crate) contested_measure: Option<String>,
    pub(crate) classifications: BTreeMap<String, Classified>,
    pub(crate) newest: u64,
    /// How often observations were read.
    pub(crate) reads: usize,
    /// What reading observations ends with, after the places.
    pub(crate) breaks_off: Option<Status>,
    statements: Vec<Statement>,
}

/// A classification.
#[derive(Clone, Default)]
pub(crate) struct Classified {
    /// In the rule set's order, without UNCLASSIFIED.
    pub(crate) types: Vec<String>,
    pub(crate) type_of: BTreeMap<String, String>,
}

struct Statement {
    position: u64,
    place: String,
    measure: String,
    period: String,
    value: f64,
}

impl World {
    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }

    /// Makes a classification of places, each `(place, type)`.
    pub(crate) fn classify<P: Into<String>>(
        &self,
        id: &str,
        types: &[&str],
        places: impl IntoIterator<Item = (P, &'static str)>,
    ) {
        let type_of = places.into_iter().map(|(place, name)| (place.into(), name.to_owned())).collect();
        let types = types.iter().map(|name| (*name).to_owned()).collect();
        self.facts().classifications.insert(id.to_owned(), Classified { types, type_of });
    }

    /// States a value in the first delivery.
    pub(crate) fn state(&self, place: &str, measure: &str, period: &str, value: f64) {
        self.correct(1, place, measure, period, value);
    }

    /// States a value in a later delivery.
    pub(crate) fn correct(&self, position: u64, place: &str, measure: &str, period: &str, value: f64) {
        let mut facts = self.facts();
        facts.newest = facts.newest.max(position);
        facts.statements.push(Statement {
            position,
            place: place.to_owned(),
            measure: measure.to_owned(),
            period: period.to_owned(),
            value,
        });
    }
}

impl Facts {
    /// Every place on record, whether or not anything classified it.
    pub(crate) fn places(&self) -> Vec<String> {
        let classified = self.classifications.values().flat_map(|found| found.type_of.keys().cloned());
        let stated = self.statements.iter().map(|statement| statement.place.clone());
        classified.chain(stated).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Values of one measure and period as of a position, by place.
    pub(crate) fn column(&self, measure: &str, period: &str, position: u64) -> BTreeMap<&str, f64> {
        let asked = |found: &&Statement| {
            found.measure == measure && found.period == period && found.position <= position
        };
        let mut column: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
        for found in self.statements.iter().filter(asked) {
            let known = column.entry(&found.place).or_insert((found.position, found.value));
            if found.position >= known.0 {
                *known = (found.position, found.value);
            }
        }
        column.into_iter().map(|(place, (_, value))| (place, value)).collect()
    }
}
