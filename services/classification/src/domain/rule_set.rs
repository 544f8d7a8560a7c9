//! A rule set (规则集): types, the evidence that gives them, and labels; data, never code.

use sha2::{Digest, Sha256};

use super::evidence::{Fact, FeatureRules, Speaks, TypeIndex};
use super::fault::RuleFaults;
use super::label::Label;
use super::place::Place;
use super::place_class::{Evidence, LabelDegree, PlaceClass, Reason, TypeDegree, UNCLASSIFIED};
use super::reading;
use super::text::Text;
use super::weighing::{suffices, weigh};

/// A type or a label as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: Text,
}

/// A rule set, checked: every reference resolves and every function is one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RuleSet {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) title: Text,
    pub(super) hash: String,
    pub(super) types: Vec<Named>,
    pub(super) giving: Giving,
    pub(super) labels: Vec<Label>,
}

/// How a place comes by its type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Giving {
    /// Every place has this type, whatever is on record about it.
    EveryPlace(TypeIndex),
    /// The type that the evidence supports to the minimum degree, above 0.5 and at most 1.
    ByEvidence { rules: Vec<FeatureRules>, minimum_degree: f64 },
}

impl RuleSet {
    /// Reads a rule set; `services/classification/rules/README.md` describes the layout.
    ///
    /// # Errors
    /// Every fault of the text, each with its line and column.
    pub(crate) fn parse(text: &str) -> Result<Self, RuleFaults> {
        reading::read(text)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn title(&self) -> &Text {
        &self.title
    }

    /// SHA-256 of the text, lower-case hexadecimal.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// The types, in the order of the text, without `UNCLASSIFIED`.
    pub(crate) fn types(&self) -> &[Named] {
        &self.types
    }

    /// The labels, in the order of the text.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &Named> {
        self.labels.iter().map(|label| &label.named)
    }

    /// Says what a place is. `reference_year` is the year that ages refer to.
    pub(crate) fn classify(&self, place: &Place, reference_year: i32) -> PlaceClass {
        let Typed { type_id, reasons, evidence, type_degrees } = self.give_type(place);
        let labels = self.labels.iter().filter_map(|label| {
            let degree = label.degree(place, reference_year).filter(|degree| *degree > 0.0)?;
            Some(LabelDegree { label_id: label.named.id.clone(), degree })
        });
        PlaceClass {
            place_id: place.id.clone(),
            type_id,
            reasons,
            evidence,
            labels: labels.collect(),
            type_degrees,
            decision: None,
        }
    }

    /// The type that the rules give a place of this support, or `UNCLASSIFIED`, whatever a person decided about it.
    pub(crate) fn type_by(&self, degrees: &[TypeDegree]) -> String {
        let minimum_degree = match &self.giving {
            Giving::EveryPlace(_) => 1.0,
            Giving::ByEvidence { minimum_degree, .. } => *minimum_degree,
        };
        let given = degrees.iter().find(|supported| suffices(supported.degree, minimum_degree));
        given.map_or_else(|| UNCLASSIFIED.to_owned(), |supported| supported.type_id.clone())
    }

    fn give_type(&self, place: &Place) -> Typed {
        let (rules, minimum_degree) = match &self.giving {
            Giving::EveryPlace(index) => {
                let type_id = self.type_id(*index);
                let type_degrees = vec![TypeDegree { type_id: type_id.clone(), degree: 1.0 }];
                return Typed { type_id, reasons: Vec::new(), evidence: Vec::new(), type_degrees };
            }
            Giving::ByEvidence { rules, minimum_degree } => (rules, *minimum_degree),
        };
        let facts: Vec<Fact<'_>> = rules.iter().flat_map(|of_feature| of_feature.facts(place)).collect();
        let verdict = weigh(&facts, &self.types, minimum_degree, rules.iter().map(FeatureRules::feature));
        let degrees = verdict.degrees.into_iter();
        Typed {
            type_id: verdict.given.map_or_else(|| UNCLASSIFIED.to_owned(), |index| self.type_id(index)),
            reasons: verdict.reasons,
            evidence: facts.into_iter().map(|fact| self.evidence(fact)).collect(),
            type_degrees: degrees
                .map(|(index, degree)| TypeDegree { type_id: self.type_id(index), degree })
                .collect(),
        }
    }

    fn evidence(&self, fact: Fact<'_>) -> Evidence {
        let type_id = match fact.speaks {
            Some(Speaks::For(index)) => Some(self.type_id(index)),
            Some(Speaks::NotResidential) | None => None,
        };
        Evidence { feature: fact.feature.name().to_owned(), value: fact.value, type_id }
    }

    fn type_id(&self, TypeIndex(index): TypeIndex) -> String {
        self.types[index].id.clone()
    }
}

/// The part of a result that concerns the type.
struct Typed {
    type_id: String,
    reasons: Vec<Reason>,
    evidence: Vec<Evidence>,
    type_degrees: Vec<TypeDegree>,
}

/// The hash that names a text: SHA-256, lower-case hexadecimal.
pub(super) fn hash_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
