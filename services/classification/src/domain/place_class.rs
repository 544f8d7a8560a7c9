//! What a place is, and why.

use super::decision::{DecisionState, MetDecision};
use super::text::Text;

/// Stands where a type would stand for a place that the evidence gives none: it waits in the review
/// list with the reason, and is never guessed into a type.
pub(crate) const UNCLASSIFIED: &str = "UNCLASSIFIED";

/// The result of one rule set on one place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlaceClass {
    pub(crate) place_id: String,
    /// A type of the rule set, or [`UNCLASSIFIED`].
    pub(crate) type_id: String,
    /// Why it has no type, and whether a decision about it is outdated; empty otherwise.
    pub(crate) reasons: Vec<Reason>,
    /// The facts used, in rule order, what no rule lists last.
    pub(crate) evidence: Vec<Evidence>,
    /// Labels with a degree above 0, in rule-set order.
    pub(crate) labels: Vec<LabelDegree>,
    /// Types with a degree above 0, in rule-set order.
    pub(crate) type_degrees: Vec<TypeDegree>,
    /// The newest decision about the place among those heeded.
    pub(crate) decision: Option<MetDecision>,
}

impl PlaceClass {
    /// Whether a person should look: it has no type, or evidence for several, or a decision that was not revoked.
    pub(crate) fn is_for_review(&self) -> bool {
        self.type_id == UNCLASSIFIED
            || self.type_degrees.len() > 1
            || self.decision.as_ref().is_some_and(|met| met.state != DecisionState::Revoked)
    }
}

/// Why a place has no type, or its decision is outdated; stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReasonCode {
    /// Nothing is on record that a rule reads.
    EvidenceMissing,
    /// Facts speak for more than one type, or for a type and against housing.
    EvidenceContradictory,
    /// A part of the text is in no rule.
    NatureUnlisted,
    /// It is not housing.
    NotResidential,
    /// A person decided about it on other evidence.
    DecisionOutdated,
}

impl ReasonCode {
    pub(crate) const ALL: [Self; 5] = [
        Self::EvidenceMissing,
        Self::EvidenceContradictory,
        Self::NatureUnlisted,
        Self::NotResidential,
        Self::DecisionOutdated,
    ];

    /// The code other systems match on.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EvidenceMissing => "EVIDENCE_MISSING",
            Self::EvidenceContradictory => "EVIDENCE_CONTRADICTORY",
            Self::NatureUnlisted => "NATURE_UNLISTED",
            Self::NotResidential => "NOT_RESIDENTIAL",
            Self::DecisionOutdated => "DECISION_OUTDATED",
        }
    }

    /// The code with this spelling.
    pub(crate) fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }
}

/// A reason with its sentence, naming the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) code: ReasonCode,
    pub(crate) message: Text,
}

/// A fact that a rule read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Feature, such as `housing_nature`.
    pub(crate) feature: String,
    /// The term a rule recognised, or the part that no rule lists.
    pub(crate) value: String,
    /// The type it speaks for; `None` where it speaks for none.
    pub(crate) type_id: Option<String>,
}

/// Membership in a label, above 0 and at most 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LabelDegree {
    pub(crate) label_id: String,
    pub(crate) degree: f64,
}

/// Support for a type, above 0 and at most 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeDegree {
    pub(crate) type_id: String,
    pub(crate) degree: f64,
}
