//! The assessment (测评): what is to be run, and what became of it.

use jiff::Timestamp;

use super::id::{AssessmentId, PlaceId};
use super::period::Period;

/// The type of a place that no rule could place; it has no scores.
pub(crate) const UNCLASSIFIED: &str = "UNCLASSIFIED";

/// All types together, and the only type of a catalog without a rule set.
pub(crate) const ALL: &str = "ALL";

/// One immutable run of the index.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assessment {
    /// Its name.
    pub(crate) id: AssessmentId,
    /// What it computes, fixed when it was asked for.
    pub(crate) plan: Plan,
    /// When it was asked for.
    pub(crate) created: Timestamp,
    /// How far it is.
    pub(crate) state: State,
}

/// Everything that decides what a run computes: the same plan gives the same digest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// The assessed period.
    pub(crate) period: Period,
    /// Ingestion position its values are read at.
    pub(crate) as_of_position: u64,
    /// Types of the places, from the classification of the run.
    pub(crate) classification_id: String,
    /// The rule set behind the types.
    pub(crate) rule_set: Version,
    /// Types in the rule set's order, without UNCLASSIFIED.
    pub(crate) types: Vec<String>,
    /// The thresholds it measures with.
    pub(crate) threshold_set: ThresholdSetUse,
    /// The catalog, which is the threshold set's.
    pub(crate) catalog: Version,
    /// Score of a perfect node: 100 or 1.
    pub(crate) scale: f64,
}

/// A version of something kept as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Stable id.
    pub(crate) id: String,
    /// Version.
    pub(crate) version: String,
    /// SHA-256 of the text, lower-case hexadecimal.
    pub(crate) hash: String,
}

/// What a run takes from a threshold set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ThresholdSetUse {
    /// Its id.
    pub(crate) id: String,
    /// The classification its samples were drawn from.
    pub(crate) classification_id: String,
    /// The periods its base values come from, earliest first.
    pub(crate) base_periods: Vec<Period>,
    /// Ingestion position its base values were read at.
    pub(crate) as_of_position: u64,
}

/// The life of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// Waits for a worker.
    Pending,
    /// A worker is at it; the share of the work done, 0..=1.
    Running(f64),
    /// Complete; its results can be read.
    Succeeded(Box<Success>),
    /// Ended without results.
    Failed(Failure),
}

/// What stands beside the results of a complete run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Success {
    /// SHA-256 over the canonical form of inputs and results, lower-case hexadecimal.
    pub(crate) digest: String,
    /// Version of the code that computed it.
    pub(crate) code_version: String,
    /// When it ended.
    pub(crate) finished: Timestamp,
    /// Places by type in the rule set's order, UNCLASSIFIED last.
    pub(crate) types: Vec<TypeSummary>,
    /// Places with scores that weigh nothing in groups for want of households.
    pub(crate) places_without_households: u64,
}

/// Places of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeSummary {
    /// The type, or [`UNCLASSIFIED`].
    pub(crate) name: String,
    /// Places of it.
    pub(crate) places: u64,
    /// Of these, places with a score at the root.
    pub(crate) scored: u64,
}

/// Why a run has no results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// In Chinese.
    pub(crate) zh: String,
    /// In English.
    pub(crate) en: String,
    /// When it ended.
    pub(crate) finished: Timestamp,
}

/// A place as the run saw it: kept, as the register moves on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Id.
    pub(crate) id: PlaceId,
    /// Name.
    pub(crate) name: String,
    /// Sub-district or town (街镇); empty where unknown.
    pub(crate) town_code: String,
    /// Its name.
    pub(crate) town_name: String,
    /// Neighbourhood committee (居委会); empty where unknown.
    pub(crate) committee: String,
    /// District; empty where unknown.
    pub(crate) district_code: String,
    /// Its name.
    pub(crate) district_name: String,
    /// Households; `None` where unknown.
    pub(crate) households: Option<u64>,
    /// Position of its type in [`Plan::types`]; `None` where unclassified.
    pub(crate) type_at: Option<usize>,
    /// It is in the sample of its type.
    pub(crate) sampled: bool,
}

impl Assessment {
    /// Whether nothing will change any more.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.state, State::Succeeded(_) | State::Failed(_))
    }
}

impl Plan {
    /// Position of UNCLASSIFIED in lists by type: after the last type.
    pub(crate) fn unclassified_at(&self) -> usize {
        self.types.len()
    }

    /// Position of a type in lists by type, UNCLASSIFIED included.
    pub(crate) fn type_at(&self, name: &str) -> Option<usize> {
        if name == UNCLASSIFIED {
            return Some(self.unclassified_at());
        }
        self.types.iter().position(|known| known == name)
    }

    /// Name of the type at a position of lists by type.
    pub(crate) fn type_name(&self, at: usize) -> &str {
        self.types.get(at).map_or(UNCLASSIFIED, String::as_str)
    }
}
