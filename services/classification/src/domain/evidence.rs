//! Evidence rules: which word of which feature speaks for which type.

use std::collections::BTreeSet;

use super::feature::Feature;
use super::place::Place;
use super::terms::{Part, TermList, fold};

/// A type by its position in the rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TypeIndex(pub(super) usize);

/// What a listed word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    For(TypeIndex),
    /// The place is not housing: a fact that supports no type.
    NotResidential,
}

/// How the value of a feature meets the listed words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The value is made of terms; what no term covers is a fact of its own, an unlisted one.
    Terms,
    /// Listed words are looked for in the value; the rest of it says nothing.
    Contains,
    /// The whole value is a listed word, or says nothing.
    Equals,
}

/// All words listed for one feature, in rule order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FeatureRules {
    feature: Feature,
    reading: Reading,
    words: TermList,
    /// One a word.
    speaks: Vec<Speaks>,
}

/// A distinct fact of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact<'r> {
    pub(super) feature: &'r Feature,
    pub(super) value: String,
    /// `None` for an unlisted remainder.
    pub(super) speaks: Option<Speaks>,
}

impl FeatureRules {
    /// The rules of one feature from its folded words, each with what it says.
    pub(super) fn new(feature: Feature, reading: Reading, words: Vec<(String, Speaks)>) -> Self {
        let (words, speaks) = words.into_iter().unzip();
        Self { feature, reading, words: TermList::new(words), speaks }
    }

    pub(super) fn feature(&self) -> &Feature {
        &self.feature
    }

    /// The distinct facts of a place: listed ones in rule order, then unlisted remainders by bytes, so
    /// that the order of the text does not matter.
    pub(super) fn facts(&self, place: &Place) -> impl Iterator<Item = Fact<'_>> {
        let (listed, unlisted) = self.read(self.feature.text(place).unwrap_or_default());
        let listed = listed.into_iter().map(|position| Fact {
            feature: &self.feature,
            value: self.words.term(position).to_owned(),
            speaks: Some(self.speaks[position]),
        });
        let unlisted = unlisted.into_iter().map(|value| Fact { feature: &self.feature, value, speaks: None });
        listed.chain(unlisted)
    }

    fn read(&self, text: &str) -> (BTreeSet<usize>, BTreeSet<String>) {
        let mut listed = BTreeSet::new();
        let mut unlisted = BTreeSet::new();
        if self.reading == Reading::Equals {
            listed.extend(self.words.position(&fold(text)));
            return (listed, unlisted);
        }
        for part in self.words.cut(text) {
            match part {
                Part::Listed(position) => {
                    listed.insert(position);
                }
                Part::Unlisted(remainder) => {
                    if self.reading == Reading::Terms {
                        unlisted.insert(remainder);
                    }
                }
            }
        }
        (listed, unlisted)
    }
}
