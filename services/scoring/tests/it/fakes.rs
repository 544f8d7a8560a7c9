//! The services upstream as far as scoring knows them: one world of places, thresholds and statements behind three
//! small servers.

mod classification;
mod ingestion;
mod normalization;
mod series;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tonic::Status;
use xiuhua_contracts::normalization::v1::Imputation;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::normalise::Scaler;
use xiuhua_indicators::threshold::Goalposts;

/// What the three servers know. Clones share it.
#[derive(Clone)]
pub(crate) struct World {
    facts: Arc<Mutex<Facts>>,
}

pub(crate) struct Facts {
    pub(crate) toml: String,
    pub(crate) catalog: Catalog,
    /// In the rule set's order.
    pub(crate) types: Vec<String>,
    pub(crate) places: Vec<Estate>,
    /// Types under the threshold set's own classification where they differ from those of the places.
    pub(crate) types_then: BTreeMap<String, String>,
    pub(crate) period: String,
    pub(crate) base_periods: Vec<String>,
    pub(crate) set_position: u64,
    pub(crate) newest: u64,
    pub(crate) thresholds: BTreeMap<(String, String), Fixed>,
    pub(crate) samples: BTreeMap<String, Vec<String>>,
    pub(crate) statements: Vec<Statement>,
    /// What values that nobody delivered are made of, by place, leaf and period.
    pub(crate) imputed: BTreeMap<(String, String, String), Imputation>,
    /// What reading values fails with.
    pub(crate) failure: Option<Status>,
    /// The position cannot be asked for.
    pub(crate) away: bool,
    /// Reading values stops after the first message and says no more.
    pub(crate) hangs: bool,
    /// How many readings of values have stopped so.
    pub(crate) hung: u32,
    /// The register hands out its places in another order.
    pub(crate) shuffled: bool,
}

/// An estate.
#[derive(Clone, Default)]
pub(crate) struct Estate {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) town: String,
    pub(crate) committee: String,
    pub(crate) district: String,
    pub(crate) households: Option<u64>,
    /// Further columns of the register.
    pub(crate) attributes: Vec<(String, String)>,
    /// Labels with their degrees.
    pub(crate) labels: Vec<(String, f64)>,
}

/// A value that a source stated, from a position on.
#[derive(Clone)]
pub(crate) struct Statement {
    pub(crate) position: u64,
    pub(crate) place: String,
    pub(crate) leaf: String,
    pub(crate) period: String,
    pub(crate) value: f64,
}

/// Thresholds of one leaf for one type.
#[derive(Clone, Copy)]
pub(crate) enum Fixed {
    Between(f64, f64),
    /// With a treatment of outliers.
    Of(Goalposts),
    Degenerate,
}

/// The threshold set's own classification.
pub(crate) const THEN: &str = "classification-then";
/// Another classification of the same rule set.
pub(crate) const NOW: &str = "classification-now";
/// A classification by other types.
pub(crate) const FOREIGN: &str = "classification-foreign";
/// The threshold set.
pub(crate) const SET: &str = "set-1";

impl World {
    /// A world with a catalog and types, and nothing in it yet.
    pub(crate) fn new(toml: &str, types: &[&str], period: &str, base_periods: &[&str]) -> Self {
        let facts = Facts {
            toml: toml.to_owned(),
            catalog: Catalog::parse(toml).unwrap(),
            types: owned(types),
            places: Vec::new(),
            types_then: BTreeMap::new(),
            period: period.to_owned(),
            base_periods: owned(base_periods),
            set_position: 1,
            newest: 1,
            thresholds: BTreeMap::new(),
            samples: BTreeMap::new(),
            statements: Vec::new(),
            imputed: BTreeMap::new(),
            failure: None,
            away: false,
            hangs: false,
            hung: 0,
            shuffled: false,
        };
        Self { facts: Arc::new(Mutex::new(facts)) }
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }

    /// Adds an estate; places stay in the order of their ids.
    pub(crate) fn estate(&self, estate: Estate) {
        let mut facts = self.facts();
        facts.places.push(estate);
        facts.places.sort_by(|left, right| left.id.cmp(&right.id));
    }

    /// What the register and the rules say of an estate beside its type.
    pub(crate) fn describe(&self, id: &str, attributes: &[(&str, &str)], labels: &[(&str, f64)]) {
        let mut facts = self.facts();
        let estate = facts.places.iter_mut().find(|estate| estate.id == id).unwrap();
        estate.attributes = attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        estate.labels = labels.iter().map(|(label, degree)| ((*label).to_owned(), *degree)).collect();
    }

    /// Puts an estate into another type, in every classification.
    pub(crate) fn retype(&self, id: &str, kind: &str) {
        let mut facts = self.facts();
        facts.places.iter_mut().find(|estate| estate.id == id).unwrap().kind = kind.to_owned();
    }

    pub(crate) fn threshold(&self, kind: &str, leaf: &str, fixed: Fixed) {
        self.facts().thresholds.insert((kind.to_owned(), leaf.to_owned()), fixed);
    }

    pub(crate) fn sample(&self, kind: &str, places: &[&str]) {
        self.facts().samples.insert(kind.to_owned(), owned(places));
    }

    /// A value stated in the first delivery.
    pub(crate) fn value(&self, place: &str, leaf: &str, period: &str, value: f64) {
        self.correction(1, place, leaf, period, value);
    }

    /// A value that fills a gap.
    pub(crate) fn imputed(&self, place: &str, leaf: &str, period: &str, value: f64, of: Imputation) {
        self.value(place, leaf, period, value);
        self.facts().imputed.insert((place.to_owned(), leaf.to_owned(), period.to_owned()), of);
    }

    /// A value stated in a later delivery.
    pub(crate) fn correction(&self, position: u64, place: &str, leaf: &str, period: &str, value: f64) {
        let mut facts = self.facts();
        facts.newest = facts.newest.max(position);
        facts.statements.push(Statement {
            position,
            place: place.to_owned(),
            leaf: leaf.to_owned(),
            period: period.to_owned(),
            value,
        });
    }
}

impl Facts {
    /// The value in force as of a position.
    fn effective(&self, place: &str, leaf: &str, period: &str, position: u64) -> Option<f64> {
        let stated = |statement: &&Statement| {
            statement.place == place
                && statement.leaf == leaf
                && statement.period == period
                && statement.position <= position
        };
        self.statements
            .iter()
            .filter(stated)
            .max_by_key(|statement| statement.position)
            .map(|found| found.value)
    }

    fn kind_of(&self, estate: &Estate, classification: &str) -> String {
        let then = (classification == THEN).then(|| self.types_then.get(&estate.id)).flatten();
        then.cloned().unwrap_or_else(|| estate.kind.clone())
    }

    /// The rule the specification writes down: (x - lower)/(upper - lower), turned for an inverse indicator.
    fn z(&self, kind: &str, leaf: &str, value: f64) -> f64 {
        let known = self.catalog.leaf(self.catalog.find(leaf).unwrap()).unwrap();
        let (lower, upper) = match self.thresholds.get(&(kind.to_owned(), leaf.to_owned())) {
            Some(Fixed::Between(lower, upper)) => (lower, upper),
            Some(Fixed::Of(goalposts)) => {
                return Scaler::new(known, *goalposts).unwrap().scale(value).unwrap().raw;
            }
            Some(Fixed::Degenerate) | None => return f64::NAN,
        };
        let inverse = known.direction == xiuhua_indicators::catalog::Direction::Inverse;
        if inverse { (upper - value) / (upper - lower) } else { (value - lower) / (upper - lower) }
    }

    /// Codes of the observed leaves, in catalog order.
    fn observed_leaves(&self) -> Vec<String> {
        let catalog = &self.catalog;
        let observed = catalog.leaves().filter(|leaf| !catalog.is_derived(*leaf));
        observed.map(|leaf| catalog.item(leaf).code.clone()).collect()
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
