//! The catalog (指标目录): an index as data — its tree, measures, thresholds and weights.
//!
//! A [`Catalog`] is only ever made by [`Catalog::parse`], which reports every fault at once with its line and
//! column; whoever holds one may rely on what the fields say. Reading lives in `catalog/reading.rs`, checking in
//! `catalog/checking.rs`, questions to a catalog in `catalog/lookup.rs`.

mod bounds;
mod checking;
mod fault;
mod lookup;
pub(crate) mod preparing;
mod reading;
mod units;

pub use bounds::BoundsError;
pub use fault::{CatalogFault, CatalogFaults, Reason};
pub use preparing::{Force, Impute, Share, Treat};
pub use units::{known_units, unit_in_chinese};

use crate::rolling::Roll;

/// A text in the two languages of the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A validated index definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    /// Stable id, such as `pudong-2021`.
    pub id: String,
    /// Version of this text of the catalog.
    pub version: String,
    /// Title.
    pub title: Text,
    /// 100 or 1: what a perfect node scores.
    pub scale: f64,
    /// Rule set that gives the types; `None` puts every place into the type `ALL`.
    pub rule_set: Option<String>,
    /// How many periods before the assessed one make the base value (基期), default 3.
    pub base_periods: u32,
    /// Decimals to which a score is rounded before ranking, on the catalog's scale.
    pub rank_decimals: u32,
    /// A loss is common to the type where the type's median dimensionless value lies below this cut.
    pub common_cut: f64,
    /// The measures (计量) its leaves read, in file order.
    pub measures: Vec<Measure>,
    /// Every node and leaf in catalog order: depth first, as written; the root is the first.
    pub items: Vec<Item>,
    /// SHA-256 of the catalog text, lower-case hexadecimal (what `sha256sum FILE` prints).
    pub hash: String,
}

impl Catalog {
    /// Reads and checks a catalog text in TOML; `catalogs/README.md` describes the layout.
    ///
    /// # Errors
    /// Every fault of the text at once, each with its line and column; only the first one where the text is not TOML
    /// at all.
    ///
    /// Source: specification page 1, section 1.3 (validation), and page 5, section 5.1 (layout).
    pub fn parse(text: &str) -> Result<Self, CatalogFaults> {
        checking::parse(text)
    }
}

/// What is measured, independent of any catalog: registered with ingestion.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Stable id, such as `household_visits_per_household`.
    pub id: String,
    /// Name.
    pub name: Text,
    /// Unit, such as `visits/household/year`.
    pub unit: String,
    /// Natural bounds (自然界限): a value outside is refused at the door.
    pub bounds: Bounds,
    /// System the raw records come from, such as `community-cloud` (社区云); may be empty.
    pub source_system: String,
    /// How raw records become a value, in words; may be empty.
    pub derivation: String,
    /// How values of months or days become one of twelve months; `None` where they are delivered by the period.
    pub roll: Option<Roll>,
}

/// An interval in the measure's own unit, written `[0, 100]`, `[0, )`, `(0, )`, `( , )`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Lower end, `None` if unbounded.
    pub lower: Option<f64>,
    /// Upper end, `None` if unbounded.
    pub upper: Option<f64>,
    /// The lower end itself is outside.
    pub lower_open: bool,
    /// The upper end itself is outside.
    pub upper_open: bool,
}

/// A position in [`Catalog::items`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemIndex(pub usize);

/// A node above the leaves, or a leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Code, unique in the catalog, such as `A2.4`.
    pub code: String,
    /// Name.
    pub name: Text,
    /// Parent; `None` only for the root.
    pub parent: Option<ItemIndex>,
    /// Children in catalog order; empty for a leaf.
    pub children: Vec<ItemIndex>,
    /// Weight in points, before anything is left out. Of a leaf: its share as its weight policy gives it; of a node:
    /// the sum of its leaves' weights, or its own fixed weight where its parent aggregates over children.
    pub weight: f64,
    /// What it is.
    pub kind: ItemKind,
}

/// The two kinds of item.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// Composed from what lies below it.
    Node(Node),
    /// A level-4 indicator (四级指标).
    Leaf(Leaf),
}

/// How a node is composed.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The mean it takes.
    pub mean: Mean,
    /// Over what.
    pub over: Over,
    /// A node covered less than this has no score; a fraction in 0..=1, compared with a tolerance of 1e-9.
    pub minimum_coverage: f64,
    /// What lies below this is raised to it before a geometric, harmonic or power mean; above 0 and below 1, and
    /// `None` for an arithmetic mean. Without it a geometric, harmonic or negative power mean refuses a zero, so that
    /// the node has no score there; a power mean with a positive exponent takes the zero as it is.
    pub floor: Option<f64>,
    /// Set on the nodes that are weight groups (权重组): what is left out below shares its weight inside the group.
    /// The points the group holds.
    pub group_points: Option<f64>,
}

/// A mean of dimensionless values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mean {
    /// Weighted arithmetic mean.
    Arithmetic,
    /// Weighted geometric mean.
    Geometric,
    /// Weighted harmonic mean.
    Harmonic,
    /// Weighted generalised mean with this exponent, not 0.
    Power(f64),
}

/// What a node's mean runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// All leaves below it, flat (specification page 1, section 1.7).
    Leaves,
    /// Its direct children.
    Children,
}

/// How an indicator becomes a number in 0..=1.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Where its values come from.
    pub reads: Reads,
    /// Which way is better.
    pub direction: Direction,
    /// Applied to value and thresholds alike before rescaling.
    pub transform: Transform,
    /// Where its thresholds come from.
    pub threshold: ThresholdPolicy,
    /// How its outliers are treated; [`Treat::None`] under a logarithm, with fixed goalposts and for a derived leaf.
    pub treat: Treat,
    /// How its gaps are filled; [`Impute::None`] for a derived leaf.
    pub impute: Impute,
    /// Evidence for it in its source: `n` named, `o` older wording, `i` inferred; may be empty.
    pub evidence: String,
    /// Note; may be empty.
    pub note: String,
}

/// Source of a leaf's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Observations of this measure (position in [`Catalog::measures`]).
    Measure(usize),
    /// The change of this node's score since the period before (derived, computed in the second pass).
    ChangeOf(ItemIndex),
}

/// Direction of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// 正指标: more is better.
    Positive,
    /// 逆指标: less is better.
    Inverse,
}

/// Transform of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// As it is.
    None,
    /// Natural logarithm; the measure's bounds keep its values above 0.
    Ln,
}

/// Where thresholds (上、下限阈值) come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThresholdPolicy {
    /// Least and greatest base value of the sample, extended; `clip` cuts the result at the natural bounds.
    Sampled {
        /// How the extremes are extended.
        extension: Extension,
        /// Cut at the measure's natural bounds.
        clip: bool,
    },
    /// Fixed goalposts in the measure's own unit.
    Fixed {
        /// Lower goalpost.
        lower: f64,
        /// Upper goalpost.
        upper: f64,
    },
}

/// Extension (顺延) of the sampled extremes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extension {
    /// `max + share·|max|`, `min - share·|min|`.
    ByValue(f64),
    /// `max + share·(max - min)`, `min - share·(max - min)`.
    ByRange(f64),
    /// Not at all.
    None,
}
