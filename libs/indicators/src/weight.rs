//! Weights (权重) as they apply to one type, after what cannot be used is left out.
//!
//! Source: specification page 1, sections 1.4 point 5, 1.6 and 1.7.

use crate::catalog::{Catalog, Leaf, Reads};
use crate::outline::Outline;
use crate::table::{ShapeError, check_length};
use crate::threshold::ThresholdStatus;

/// Weights in force for one type.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Points by leaf position, after redistribution inside the weight groups; 0 for a leaf left out.
    pub leaves: Vec<f64>,
    /// Declared points by item (place in [`Catalog::items`]): what a mean over children weighs its children with.
    pub declared: Vec<f64>,
}

/// The weights a catalog declares, by item.
#[must_use]
pub fn declared_weights(catalog: &Catalog) -> Vec<f64> {
    catalog.items.iter().map(|item| item.weight).collect()
}

/// Whether a leaf is left out for a type with this threshold status.
///
/// A degenerate leaf is, and an observed leaf without data. A derived leaf without data is not: it is merely missing,
/// as everything is that a first period cannot know, and shows as lower coverage (section 1.7).
#[must_use]
pub fn is_left_out(leaf: &Leaf, status: ThresholdStatus) -> bool {
    match status {
        ThresholdStatus::Ok => false,
        ThresholdStatus::Degenerate => true,
        ThresholdStatus::NoData => matches!(leaf.reads, Reads::Measure(_)),
    }
}

/// The weights in force for one type, whose leaves have these threshold statuses (by leaf position).
///
/// Within a weight group the weight of the leaves left out is shared among the rest in proportion to their weights,
/// so the group keeps its points; a group without a leaf loses them. Outside any group nothing is shared.
/// `declared` is by item: [`declared_weights`], or another scheme on the same tree.
///
/// # Errors
/// [`ShapeError::Length`] if there is not one weight for each item and one status for each leaf.
pub fn effective_weights(
    outline: &Outline<'_>,
    declared: &[f64],
    statuses: &[ThresholdStatus],
) -> Result<Weights, ShapeError> {
    check_length("declared weights", outline.catalog().items.len(), declared.len())?;
    check_length("threshold statuses", outline.leaf_count(), statuses.len())?;
    let full: Vec<f64> = (0..outline.leaf_count()).map(|leaf| declared[outline.leaf_index(leaf).0]).collect();
    let kept = |(at, leaf): (usize, &Leaf)| if is_left_out(leaf, statuses[at]) { 0.0 } else { full[at] };
    let mut leaves: Vec<f64> = outline.leaves().enumerate().map(kept).collect();
    for (node, _) in outline.nodes().enumerate().filter(|(_, node)| node.group_points.is_some()) {
        let group = outline.leaves_below(node);
        let points: f64 = full[group.clone()].iter().sum();
        let points_kept: f64 = leaves[group.clone()].iter().sum();
        // Both sums run in one order, so they are equal exactly if nothing (of weight) was left out.
        if points_kept > 0.0 && points_kept < points {
            leaves[group].iter_mut().for_each(|weight| *weight *= points / points_kept);
        }
    }
    Ok(Weights { leaves, declared: declared.to_vec() })
}
