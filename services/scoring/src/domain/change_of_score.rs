//! Why a score moved between two runs: values, thresholds and weights apart, leaf by leaf.
//!
//! Source: specification page 1, section 1.7 (growth), through `xiuhua_indicators::attribution`.

use xiuhua_indicators::attribution::{AttributionError, Effects, State, attribute_change};
use xiuhua_indicators::catalog::{Catalog, Item, ItemKind, Reads};
use xiuhua_indicators::compose::Absence;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::ShapeError;
use xiuhua_indicators::threshold::Threshold;

use super::results::{ItemWeight, LeafValue};
use super::walk_back::Measured;

/// Points below which a difference is round-off, as a share of the scale.
const ROUND_OFF: f64 = 1e-11;
/// How exactly the parts must add up to the change on record, as a share of the scale.
const EXACT: f64 = 1e-9;

/// One place in one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    /// The run's catalog.
    pub(crate) catalog: &'a Catalog,
    /// What the run kept of the place's leaves: leaf position and value.
    pub(crate) leaves: &'a [(usize, LeafValue)],
    /// Thresholds of the place's type, by leaf position.
    pub(crate) thresholds: &'a [Threshold],
    /// Weights of the place's type, by item position.
    pub(crate) weights: &'a [ItemWeight],
    /// Its score at the node.
    pub(crate) score: Option<f64>,
}

/// A change taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Explained {
    /// Sums over the leaves; `None` where the change cannot be split.
    pub(crate) total: Option<Effects>,
    /// Leaves that differ, greatest change first, then catalog order.
    pub(crate) leaves: Vec<LeafChanged>,
    /// Why it cannot be split.
    pub(crate) unsplit: Option<Unsplit>,
}

/// Why a change cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsplit {
    /// A mixture of old and new has no score.
    NoScore(Absence),
    /// What the run kept does not give its score again: it measured with something that is in neither of the three.
    NotReproduced,
}

/// What became of one leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LeafChanged {
    /// Leaf position.
    pub(crate) leaf: usize,
    /// In the measure's unit, before and after.
    pub(crate) values: [Option<f64>; 2],
    /// What it adds to the score less what it added.
    pub(crate) points: f64,
    /// The same by cause; `None` where the change cannot be split.
    pub(crate) effects: Option<Effects>,
}

/// Whether two catalogs have one tree and one way of composing it, so that only weights and how thresholds are drawn may
/// differ between them.
pub(crate) fn is_comparable(before: &Catalog, after: &Catalog) -> bool {
    let measure = |catalog: &Catalog, item: &Item| match &item.kind {
        ItemKind::Leaf(leaf) => match leaf.reads {
            Reads::Measure(at) => catalog.measures.get(at).map(|measure| measure.id.clone()),
            Reads::ChangeOf(_) => None,
        },
        ItemKind::Node(_) => None,
    };
    let is_same = |(was, is): (&Item, &Item)| {
        let composed_alike = match (&was.kind, &is.kind) {
            (ItemKind::Node(was), ItemKind::Node(is)) => {
                (was.mean, was.over, was.minimum_coverage.to_bits(), was.floor.map(f64::to_bits))
                    == (is.mean, is.over, is.minimum_coverage.to_bits(), is.floor.map(f64::to_bits))
                    && was.group_points.is_some() == is.group_points.is_some()
            }
            (ItemKind::Leaf(left), ItemKind::Leaf(right)) => {
                (left.direction, left.transform) == (right.direction, right.transform)
                    && measure(before, was) == measure(after, is)
            }
            _ => false,
        };
        composed_alike && (&was.code, was.parent) == (&is.code, is.parent)
    };
    before.scale.total_cmp(&after.scale).is_eq()
        && before.items.len() == after.items.len()
        && before.items.iter().zip(&after.items).all(is_same)
}

/// Takes the change of a place's score at a node apart. Nothing is split unless both sides have a score.
///
/// # Errors
/// [`ShapeError`] if what was kept does not fit the catalogs.
pub(crate) fn explain<'a>(
    node_at: usize,
    before: &Side<'a>,
    after: &Side<'a>,
) -> Result<Explained, ShapeError> {
    let outline = Outline::of(after.catalog);
    let count = outline.leaf_count();
    let scale = after.catalog.scale;
    let values = [before, after].map(|side| values_of(side, count));
    let Some((was, is)) = before.score.zip(after.score) else {
        return Ok(Explained { total: None, leaves: Vec::new(), unsplit: None });
    };
    let declared =
        [before, after].map(|side| -> Vec<f64> { side.weights.iter().map(|w| w.catalog).collect() });
    let state = |at: usize, side: &Side<'a>| State {
        values: &values[at],
        thresholds: side.thresholds,
        weights: &declared[at],
    };
    let (effects, unsplit) = match attribute_change(&outline, node_at, &state(0, before), &state(1, after)) {
        Ok(found) if (found.total.sum() - (is - was)).abs() <= EXACT * scale => (Some(found), None),
        Ok(_) => (None, Some(Unsplit::NotReproduced)),
        Err(AttributionError::NoScore { absence, .. }) => (None, Some(Unsplit::NoScore(absence))),
        Err(AttributionError::Shape(error)) => return Err(error),
    };
    let points: Vec<f64> = match &effects {
        Some(found) => found.leaves.iter().map(|leaf| leaf.sum()).collect(),
        None => {
            let contributions = |side: &Side<'_>| {
                Measured { catalog: side.catalog, weights: side.weights, leaves: side.leaves }
                    .contributions(node_at)
            };
            let sides = contributions(before)?.into_iter().zip(contributions(after)?);
            sides.map(|(was, is)| is.unwrap_or(0.0) - was.unwrap_or(0.0)).collect()
        }
    };
    let is_moved = |leaf: &usize| {
        let bits = |at: usize| values[at][*leaf].map(f64::to_bits);
        points[*leaf].abs() > ROUND_OFF * scale || bits(0) != bits(1)
    };
    let changed = |leaf: usize| LeafChanged {
        leaf,
        values: [values[0][leaf], values[1][leaf]],
        points: points[leaf],
        effects: effects.as_ref().map(|found| found.leaves[leaf]),
    };
    let below = outline.leaves_below(node_at);
    let mut leaves: Vec<LeafChanged> = below.filter(is_moved).map(changed).collect();
    // The sort is stable: equal changes keep catalog order.
    leaves.sort_by(|left, right| right.points.abs().total_cmp(&left.points.abs()));
    Ok(Explained { total: effects.map(|found| found.total), leaves, unsplit })
}

fn values_of(side: &Side<'_>, leaves: usize) -> Vec<Option<f64>> {
    let mut values = vec![None; leaves];
    for (leaf, value) in side.leaves {
        if let Some(cell) = values.get_mut(*leaf) {
            *cell = value.value;
        }
    }
    values
}
