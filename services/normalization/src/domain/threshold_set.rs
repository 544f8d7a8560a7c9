//! A threshold set (阈值集): samples, base values and thresholds of every type, fixed once.
//!
//! Source: specification page 1, section 1.4.

use jiff::Timestamp;
use xiuhua_indicators::base::base_table;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::{ShapeError, Table};
use xiuhua_indicators::threshold::{LeafThreshold, Threshold, fix_thresholds};

use super::catalog::CatalogKey;
use super::id::{ClassificationId, PlaceId, ThresholdSetId};
use super::period::Period;
use super::sample::SampleKind;

/// A threshold set without its members and thresholds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ThresholdSet {
    /// Its name.
    pub(crate) id: ThresholdSetId,
    /// The catalog whose leaves it measures.
    pub(crate) catalog: CatalogKey,
    /// Hash of that catalog's text.
    pub(crate) catalog_hash: String,
    /// The classification that gave the frames.
    pub(crate) classification: ClassificationId,
    /// The period it was drawn for.
    pub(crate) period: Period,
    /// The periods its base values come from, earliest first: those of the window before [`ThresholdSet::period`] in
    /// which any place has a value of the catalog's measures, or that period alone where there is none.
    pub(crate) base_periods: Vec<Period>,
    /// Ingestion position its base values were read at.
    pub(crate) as_of_position: u64,
    /// How its samples were chosen.
    pub(crate) sample: SampleKind,
    /// Its types in the rule set's order.
    pub(crate) types: Vec<TypeSample>,
    /// When it was drawn.
    pub(crate) created_at: Timestamp,
}

/// Size of the sample of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeSample {
    /// The type.
    pub(crate) type_id: String,
    /// Places of the type.
    pub(crate) frame: u64,
    /// Members drawn.
    pub(crate) members: u64,
}

/// A complete threshold set, about to be kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drawing {
    /// The set.
    pub(crate) set: ThresholdSet,
    /// Members by type, by id.
    pub(crate) members: Vec<Vec<PlaceId>>,
    /// Thresholds of the observed leaves, by type, in catalog order.
    pub(crate) thresholds: Vec<FixedThreshold>,
}

/// Thresholds of one observed leaf for one type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FixedThreshold {
    /// Position of the type.
    pub(crate) type_at: usize,
    /// Leaf position in the catalog.
    pub(crate) leaf_at: usize,
    /// Code of the leaf.
    pub(crate) leaf: String,
    /// The thresholds, or why there are none, and what they rest on.
    pub(crate) fixed: LeafThreshold,
}

/// Fixes the thresholds of the observed leaves of every type.
///
/// `samples` are positions on the axis of `base`, which holds the base periods with their gaps filled. A base value rests
/// on fewer periods than it should if it has fewer than `asked_periods`.
///
/// # Errors
/// [`ShapeError`] if a sample member lies off the axis.
pub(crate) fn fix(
    catalog: &Catalog,
    base: &[Table],
    samples: &[Vec<usize>],
    asked_periods: usize,
) -> Result<Vec<FixedThreshold>, ShapeError> {
    let outline = Outline::of(catalog);
    let tables: Vec<&Table> = base.iter().collect();
    let places = base.first().map_or(0, Table::places);
    let base_values = base_table(outline.leaf_count(), places, &tables)?;
    let mut thresholds = Vec::new();
    for (type_at, sample) in samples.iter().enumerate() {
        let fixed = fix_thresholds(&outline, &base_values, sample, asked_periods)?;
        let observed = |leaf_at: &usize| !catalog.is_derived(outline.leaf_index(*leaf_at));
        thresholds.extend((0..outline.leaf_count()).filter(observed).map(|leaf_at| FixedThreshold {
            type_at,
            leaf_at,
            leaf: outline.leaf_item(leaf_at).code.clone(),
            fixed: fixed[leaf_at],
        }));
    }
    Ok(thresholds)
}

/// Lays thresholds out for the types of a classification, which need not be the set's own: `[type][leaf position]`.
///
/// A type that the set does not know, and a derived leaf, have none.
pub(crate) fn lay_out(
    set: &ThresholdSet,
    thresholds: &[FixedThreshold],
    types: &[String],
    leaf_count: usize,
) -> Vec<Vec<Threshold>> {
    let mut laid_out = vec![vec![Threshold::NoData; leaf_count]; types.len()];
    for threshold in thresholds {
        let type_id = set.types.get(threshold.type_at).map(|sample| &sample.type_id);
        let Some(row) = types.iter().position(|listed| Some(listed) == type_id) else { continue };
        if let Some(cell) = laid_out[row].get_mut(threshold.leaf_at) {
            *cell = threshold.fixed.threshold;
        }
    }
    laid_out
}
