//! What a run leaves behind: everything that readers ask for, by position.
//!
//! Positions are those of the catalog's outline (leaves, nodes, items) and of the run's types; places are sorted by
//! the bytes of their ids.

use xiuhua_indicators::compose::{Absence, NodeScore};
use xiuhua_indicators::rank::Standing;
use xiuhua_indicators::threshold::Threshold;

use super::assessment::{Place, TypeSummary};
use super::imputation::ImputedCell;

/// The results of one run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Results {
    /// SHA-256 over the canonical form of inputs and results.
    pub(crate) digest: String,
    /// Places by type, UNCLASSIFIED last.
    pub(crate) summaries: Vec<TypeSummary>,
    /// Places with scores that weigh nothing in groups for want of households.
    pub(crate) places_without_households: u64,
    /// The places, by id.
    pub(crate) places: Vec<Place>,
    /// `scores[node][place]`.
    pub(crate) scores: Vec<Vec<Score>>,
    /// `leaf_values[leaf][place]`; `None` where nothing is known.
    pub(crate) leaf_values: Vec<Vec<Option<LeafValue>>>,
    /// The leaf values that nobody delivered, by place, then leaf.
    pub(crate) imputed: Vec<ImputedCell>,
    /// `types[type]`.
    pub(crate) types: Vec<TypeMeasure>,
    /// Committees, towns and the district.
    pub(crate) groups: Vec<GroupScore>,
}

/// Score and standing of a place at one node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    /// Score and coverage.
    pub(crate) composed: NodeScore,
    /// Rank and percentile within the type; `None` without a score.
    pub(crate) standing: Option<Standing>,
}

/// Value of a place at one leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LeafValue {
    /// In the measure's unit (derived: points); `None` only for a derived leaf that lacks one of its scores.
    pub(crate) value: Option<f64>,
    /// Dimensionless; `None` where the type has no thresholds for the leaf.
    pub(crate) z: Option<Dimensionless>,
    /// Of a derived leaf: the scores it is the difference of.
    pub(crate) change: Option<ChangeOfScores>,
    /// What the value is made of; `None` where it was delivered as it is, or derived.
    pub(crate) rolled: Option<RolledFrom>,
}

/// Of how much of the last twelve months a value is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RolledFrom {
    /// Months (or days) on record.
    pub(crate) on_record: u32,
    /// Months (or days) of the window.
    pub(crate) window: u32,
}

/// A dimensionless value, before and after capping to 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dimensionless {
    /// Uncapped.
    pub(crate) raw: f64,
    /// Capped.
    pub(crate) capped: f64,
}

/// The two scores behind a derived value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ChangeOfScores {
    /// Score of the node in the period before.
    pub(crate) previous: Option<f64>,
    /// Score of the node in the assessed period.
    pub(crate) current: Option<f64>,
}

/// How one type was measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeMeasure {
    /// Members of its sample.
    pub(crate) sample_size: u64,
    /// By leaf position.
    pub(crate) leaves: Vec<LeafMeasure>,
    /// By item position.
    pub(crate) weights: Vec<ItemWeight>,
}

/// How one leaf was measured for one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LeafMeasure {
    /// Thresholds, or why there are none.
    pub(crate) threshold: Threshold,
    /// Median of the capped dimensionless values of the type's places; `None` without one.
    pub(crate) median_z: Option<f64>,
}

/// Weight of an item for one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ItemWeight {
    /// Before anything was left out.
    pub(crate) catalog: f64,
    /// In force; 0 where left out.
    pub(crate) in_force: f64,
}

/// The levels at which estates are read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Neighbourhood committee (居委会).
    Committee,
    /// Sub-district or town (街镇).
    Town,
    /// District.
    District,
}

/// A household-weighted mean over the estates of a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupScore {
    /// Level.
    pub(crate) level: Level,
    /// Town code, district code, or `town code/committee`.
    pub(crate) code: String,
    /// Name.
    pub(crate) name: String,
    /// Position of the type; one beyond the last means all types together.
    pub(crate) type_at: usize,
    /// Node position.
    pub(crate) node_at: usize,
    /// Mean on the catalog's scale; `None` where no estate with households has a score.
    pub(crate) score: Option<f64>,
    /// Estates behind the mean.
    pub(crate) places: u64,
    /// Their share of the households of the group's estates of the type, 0..=1.
    pub(crate) household_share: f64,
    /// Towns within a type only.
    pub(crate) rank: Option<u64>,
}

/// The word for why there is no score.
pub(crate) fn absence_word(absence: Absence) -> &'static str {
    match absence {
        Absence::Unclassified => "UNCLASSIFIED",
        Absence::NothingInUse => "NOTHING_IN_USE",
        Absence::LowCoverage => "LOW_COVERAGE",
        Absence::ZeroRefused => "ZERO_REFUSED",
    }
}

/// Why there is no score, from its word.
pub(crate) fn absence_from_word(word: &str) -> Option<Absence> {
    [Absence::Unclassified, Absence::NothingInUse, Absence::LowCoverage, Absence::ZeroRefused]
        .into_iter()
        .find(|absence| absence_word(*absence) == word)
}
