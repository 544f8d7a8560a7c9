//! The indicators that a file may name: leaf codes, measure ids, and their names in both languages.

use std::collections::HashMap;

use crate::table::{Text, normal};

/// What values are of: known by its id, with the unit they are delivered in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Id, such as `household_visits_per_household`.
    pub id: String,
    /// Unit, such as `%` or `yuan/household`.
    pub unit: String,
    /// Name for people.
    pub name: Text,
}

/// What a text means as an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A measure, by its position.
    Measure(usize),
    /// A leaf that is made of scores and never delivered.
    Derived,
    /// Several measures have this name.
    Ambiguous,
}

/// The measures of a catalog and everything that means one of them.
#[derive(Debug, Default)]
pub struct Vocabulary {
    measures: Vec<Measure>,
    /// Codes and ids as they are spelled: what files of programs hold.
    exact: HashMap<String, Meaning>,
    /// Everything in normal form.
    normal: HashMap<String, Meaning>,
}

impl Vocabulary {
    /// Adds a measure, called by its id and its names; gives its position.
    pub fn add_measure(&mut self, measure: Measure) -> usize {
        let position = self.measures.len();
        let meaning = Meaning::Measure(position);
        self.exact.insert(measure.id.clone(), meaning);
        self.call(&measure.id, meaning);
        self.call(&measure.name.zh, meaning);
        self.call(&measure.name.en, meaning);
        self.measures.push(measure);
        position
    }

    /// Adds a leaf, called by its code, its names and both together; `measure` is the position of what it reads, `None`
    /// for a leaf that is made of scores.
    pub fn add_leaf(&mut self, code: &str, name: &Text, measure: Option<usize>) {
        let meaning = measure.map_or(Meaning::Derived, Meaning::Measure);
        self.exact.insert(code.to_owned(), meaning);
        self.call(code, meaning);
        for name in [&name.zh, &name.en] {
            self.call(name, meaning);
            self.call(&format!("{code}{name}"), meaning);
        }
    }

    /// The measures, by position.
    #[must_use]
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    fn call(&mut self, name: &str, meaning: Meaning) {
        let name = normal(name);
        if name.is_empty() {
            return;
        }
        self.normal
            .entry(name)
            .and_modify(|known| {
                if *known != meaning {
                    *known = Meaning::Ambiguous;
                }
            })
            .or_insert(meaning);
    }

    /// What a text means as it is spelled; free of any work.
    pub(crate) fn exact(&self, text: &str) -> Option<Meaning> {
        self.exact.get(text).copied()
    }

    /// What a text in normal form means.
    pub(crate) fn normal(&self, text: &str) -> Option<Meaning> {
        self.normal.get(text).copied()
    }
}
