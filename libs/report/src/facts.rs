//! Everything a report says, as numbers and names: filled by whoever reads the services, worded by `sections`.
//!
//! Scores are on the catalog's scale, shares are 0..=1, and what is absent is `None`.

use crate::structure::StructureFacts;

/// A name in the two languages of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What the report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole district, or all that was assessed; its name may be empty.
    District {
        /// As on record.
        name: String,
    },
    /// One sub-district or town (街镇).
    Town {
        /// Its code.
        code: String,
        /// As on record.
        name: String,
    },
}

/// All facts of a report.
#[derive(Clone, Debug)]
pub struct Facts {
    /// District or town.
    pub scope: Scope,
    /// The assessment.
    pub run: Run,
    /// Nodes above the leaves, in catalog order, the root first.
    pub nodes: Vec<Node>,
    /// Types that have places in the scope, in the rule set's order.
    pub types: Vec<TypeFacts>,
    /// Towns across types: shown, never ranked.
    pub towns_together: Vec<Group>,
    /// The scope itself across types.
    pub together: Option<Group>,
    /// How far ranks would move under other choices; absent where nobody has analysed it.
    pub uncertainty: Option<Uncertainty>,
    /// The earlier assessment under the same thresholds, if there is one.
    pub previous: Option<Previous>,
    /// Places of the scope without a type, by reason, most first.
    pub unclassified: Vec<(Name, u64)>,
    /// The leaves, in catalog order.
    pub leaves: Vec<LeafQuality>,
    /// Rows of the sealed deliveries the assessment read.
    pub deliveries: Deliveries,
    /// Median dimensionless value below which an indicator is weak in the whole type.
    pub common_cut: f64,
    /// How the indicators go together, by type; empty where the scope is a town.
    pub structures: Vec<StructureFacts>,
}

/// What an assessment is.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// SHA-256 of inputs and results.
    pub digest: String,
    /// The assessed period.
    pub period: String,
    /// The period is a part of a year.
    pub provisional: bool,
    /// Catalog id.
    pub catalog_id: String,
    /// Catalog version.
    pub catalog_version: String,
    /// Catalog title.
    pub catalog_title: Name,
    /// SHA-256 of the catalog.
    pub catalog_hash: String,
    /// Rule set id and version.
    pub rule_set: String,
    /// The threshold set.
    pub threshold_set_id: String,
    /// The periods its base values come from.
    pub base_periods: Vec<String>,
    /// Least share of the root's weight that must be observed for a total.
    pub minimum_coverage: f64,
    /// Ingestion position the values were read at.
    pub as_of_position: u64,
    /// The day the newest delivery was sealed that it read, such as `2026-03-01`; empty where unknown.
    pub as_of_day: String,
    /// Whether it is in force.
    pub standing: Standing,
    /// Score of a perfect node.
    pub scale: f64,
}

/// Whether an assessment is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Computed, not decided about.
    #[default]
    Draft,
    /// In force.
    Published(Decision),
    /// Was in force.
    Withdrawn(Decision),
}

/// Who decided, when and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
    /// The day in Shanghai, such as `2026-03-01`.
    pub day: String,
}

/// A node above the leaves.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Name,
    /// 0 for the root.
    pub depth: usize,
}

/// One type of the scope.
#[derive(Clone, Debug, Default)]
pub struct TypeFacts {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Name,
    /// Places of the scope.
    pub places: u64,
    /// Of these, places with a score at the root.
    pub scored: u64,
    /// The scope's household-weighted mean at the root; of a town, its rank among the towns.
    pub mean: Option<Group>,
    /// Root scores of all places of the type, rising; of a town's report those of the whole district.
    pub scores: Vec<f64>,
    /// Of a town's report: the root scores of its own places, rising.
    pub own: Vec<f64>,
    /// One a node of [`Facts::nodes`].
    pub nodes: Vec<NodeFacts>,
    /// Mean coverage of the scope's places at the root.
    pub coverage: f64,
    /// Towns at the root.
    pub towns: Vec<Group>,
    /// Of a town's report: its committees at the root.
    pub committees: Vec<Group>,
    /// Best places of the scope, best first.
    pub best: Vec<Listed>,
    /// Worst places of the scope, worst first.
    pub worst: Vec<Listed>,
    /// Against the previous period.
    pub change: Option<Change>,
    /// Points to a perfect place, on average over the type (a town's report: over its own places), most first.
    pub losses: Vec<Loss>,
    /// Of a town's report: points to the type's median, on average over its own places, most first, losses only.
    pub own_losses: Vec<Loss>,
}

/// One node within a type.
#[derive(Clone, Debug, Default)]
pub struct NodeFacts {
    /// Over all places of the type with a score.
    pub spread: Option<Spread>,
    /// The scope's household-weighted mean.
    pub mean: Option<f64>,
}

/// Quartiles of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// Lower quartile.
    pub lower: f64,
    /// Median.
    pub median: f64,
    /// Upper quartile.
    pub upper: f64,
}

/// A household-weighted mean of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Absent where no place with households has a score.
    pub score: Option<f64>,
    /// Towns within a type.
    pub rank: Option<u32>,
    /// Places behind the mean.
    pub places: u64,
    /// Their share of the households of the group's places of the type.
    pub household_share: f64,
}

/// A place in a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Absent where it has too few households to be named.
    pub name: Option<String>,
    /// Name of the town or committee it belongs to; empty where the place is not named.
    pub belongs_to: String,
    /// Code of that town; empty for a committee and where the place is not named.
    pub town_code: String,
    /// Score now.
    pub score: f64,
    /// Rank within the type, 0 where not asked for.
    pub rank: u32,
    /// Points gained since the previous period, 0 where not asked for.
    pub growth: f64,
}

/// Change of a type's places since the previous period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Places with a score in both.
    pub places: u64,
    /// Of these, places that gained points.
    pub risen: u64,
    /// Of these, places that lost points.
    pub fallen: u64,
    /// Median of the change in points.
    pub median: f64,
    /// Greatest gains, greatest first.
    pub risers: Vec<Listed>,
    /// Greatest losses, greatest first.
    pub fallers: Vec<Listed>,
}

/// The earlier assessment that changes refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Its id.
    pub id: String,
    /// Its period.
    pub period: String,
}

/// How far ranks within the types of the whole district would move under other choices.
#[derive(Clone, Debug, Default)]
pub struct Uncertainty {
    /// Id of the analysis.
    pub id: String,
    /// Draws.
    pub draws: u64,
    /// What was varied, as text.
    pub factors: Vec<String>,
    /// Kind of each factor and its total Sobol index over all types; empty where none were computed.
    pub indices: Vec<(String, f64)>,
    /// By type, those that have ranks.
    pub types: Vec<UncertainType>,
}

/// The ranks of one type at the root, in the draws.
#[derive(Clone, Debug, Default)]
pub struct UncertainType {
    /// Its id.
    pub id: String,
    /// Places with a rank.
    pub ranked: u64,
    /// Groups of places that cannot be told apart.
    pub groups: u64,
    /// Places in the first group.
    pub first_group: u64,
    /// Median over the places of the width of their intervals, in ranks.
    pub width: f64,
    /// Intervals of the first and of the last ranks, without names.
    pub ends: Vec<RankRange>,
}

/// A rank and where it stands in nine of ten draws.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RankRange {
    /// In the assessment.
    pub rank: u32,
    /// 5 % quantile.
    pub low: f64,
    /// Median.
    pub median: f64,
    /// 95 % quantile.
    pub high: f64,
}

/// Points an indicator costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// Leaf code.
    pub code: String,
    /// Its name.
    pub name: Name,
    /// On the catalog's scale.
    pub points: f64,
    /// Median dimensionless value of the type.
    pub median_z: f64,
    /// The whole type is weak here.
    pub common: bool,
}

/// What the data of one leaf is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeafQuality {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Name,
    /// Places of the scope that have a type.
    pub places: u64,
    /// Of these, places with a value.
    pub observed: u64,
    /// Places with a dimensionless value.
    pub comparable: u64,
    /// Of these, places below the lower threshold, raised to 0.
    pub raised: u64,
    /// Of these, places above the upper threshold, lowered to 1.
    pub lowered: u64,
    /// Ids of the types whose sample does not differ.
    pub degenerate: Vec<String>,
    /// Ids of the types whose sample has no value.
    pub without_data: Vec<String>,
}

/// What became of the rows that were delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// Sealed batches in force.
    pub batches: u64,
    /// Rows read.
    pub read: u64,
    /// Rows accepted or corrected.
    pub taken: u64,
    /// Rows that repeated what was known.
    pub duplicate: u64,
    /// Rows rejected.
    pub rejected: u64,
}

/// A place with fewer households than this is not named in lists.
pub const FEWEST_HOUSEHOLDS_NAMED: u64 = 5;

/// Of fewer places than this no order and no average is told: it would be the score of one or two places.
pub const FEWEST_PLACES_LISTED: u64 = 3;

impl Spread {
    /// Of scores in rising order; nothing of none. Quartiles lie between neighbours in proportion.
    #[must_use]
    pub fn of(rising: &[f64]) -> Option<Self> {
        let last = rising.len().checked_sub(1)?;
        let at = |share: f64| {
            #[expect(clippy::cast_precision_loss, reason = "a count of places")]
            let position = share * last as f64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=last")]
            let below = position.floor() as usize;
            let above = (below + 1).min(last);
            rising[below] + (rising[above] - rising[below]) * position.fract()
        };
        Some(Self {
            count: u64::try_from(rising.len()).unwrap_or(u64::MAX),
            lower: at(0.25),
            median: at(0.5),
            upper: at(0.75),
        })
    }
}

impl TypeFacts {
    /// Whether the scope has so few places of it that a list of them orders nothing.
    #[must_use]
    pub fn is_too_small(&self) -> bool {
        self.places < FEWEST_PLACES_LISTED
    }
}

impl Facts {
    /// Whether any place of the scope has a score at the root.
    #[must_use]
    pub fn has_totals(&self) -> bool {
        self.types.iter().any(|it| it.scored > 0)
    }

    /// The town of a town's report.
    #[must_use]
    pub fn town(&self) -> Option<(&str, &str)> {
        match &self.scope {
            Scope::Town { code, name } => Some((code, name)),
            Scope::District { .. } => None,
        }
    }

    /// Name of a type; its id where it has none.
    #[must_use]
    pub fn type_name(&self, id: &str) -> Name {
        let known = self.types.iter().find(|it| it.id == id).map(|it| it.name.clone());
        known.unwrap_or_else(|| Name { zh: id.to_owned(), en: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_neighbours() {
        let spread = Spread::of(&[10.0, 20.0, 30.0, 40.0]).unwrap();
        assert_eq!((spread.lower, spread.median, spread.upper, spread.count), (17.5, 25.0, 32.5, 4));
        assert_eq!(Spread::of(&[7.0]).map(|it| it.median), Some(7.0));
        assert_eq!(Spread::of(&[]), None);
    }
}
