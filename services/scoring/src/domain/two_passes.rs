//! The two passes: scores of the nodes that derived leaves watch, then the derived leaves, then everything.
//!
//! Every figure is a function of `xiuhua_indicators`; here is only their order. It differs from the library's own
//! `assess::score` in one thing: the thresholds of derived leaves are a property of the threshold set. They come from
//! its base periods, at its position and under its classification, and a run of any period takes them as they are.
//!
//! Source: specification page 1, sections 1.4 and 1.7.

use xiuhua_indicators::assess::{Scoring, members_by_type, score};
use xiuhua_indicators::change::change;
use xiuhua_indicators::compose::{Composer, NodeScore};
use xiuhua_indicators::normalise::scale_column;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rank::standings;
use xiuhua_indicators::table::{ShapeError, Table};
use xiuhua_indicators::threshold::{Threshold, ThresholdStatus};
use xiuhua_indicators::weight::{Weights, effective_weights};

use super::id::PlaceId;
use super::inputs::{BaseReadings, Inputs};
use super::results::{ChangeOfScores, Score};

/// What both passes give.
pub(super) struct TwoPasses {
    /// The places of each type.
    pub(super) members: Vec<Vec<usize>>,
    /// Thresholds by type and leaf position, derived ones included.
    pub(super) thresholds: Vec<Vec<Threshold>>,
    /// Weights in force, by type.
    pub(super) weights: Vec<Weights>,
    /// The derived leaves, in catalog order.
    pub(super) derived: Vec<DerivedLeaf>,
    /// Capped dimensionless values, derived ones included.
    pub(super) z: Table,
    /// `scores[node][place]`.
    pub(super) scores: Vec<Vec<Score>>,
}

/// A derived leaf, computed.
pub(super) struct DerivedLeaf {
    /// Leaf position.
    pub(super) leaf: usize,
    /// The scores it is the difference of, by place.
    pub(super) changes: Vec<ChangeOfScores>,
    /// Its values in points, by place.
    pub(super) values: Vec<Option<f64>>,
    /// Uncapped dimensionless values, by place.
    pub(super) raw: Vec<Option<f64>>,
    /// Capped dimensionless values, by place.
    pub(super) capped: Vec<Option<f64>>,
}

/// Node scores of all places, `[node][place]`.
type ScoreColumns = Vec<Vec<NodeScore>>;

/// Runs both passes over what was read.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub(super) fn run_both(
    outline: &Outline<'_>,
    inputs: &Inputs,
    declared: &[f64],
) -> Result<TwoPasses, ShapeError> {
    let types: Vec<Option<usize>> = inputs.places.iter().map(|place| place.type_at).collect();
    let members = members_by_type(&types, inputs.plan.types.len())?;

    let first = weights_of(outline, &without_derived(outline, &inputs.thresholds), declared)?;
    let current = compose(outline, &first, &members, &inputs.assessed.capped)?;
    let previous = match &inputs.previous {
        Some(previous) => compose(outline, &first, &members, &previous.capped)?,
        None => unscored(outline, inputs.places.len()),
    };

    let thresholds = with_derived_thresholds(outline, inputs, declared)?;
    let mut z = inputs.assessed.capped.clone();
    let mut derived = Vec::new();
    for leaf in outline.derived_leaves() {
        let found = derive(outline, leaf, &thresholds, &members, (&previous, &current))?;
        z.column_mut(leaf).copy_from_slice(&found.capped);
        derived.push(found);
    }

    let weights = weights_of(outline, &thresholds, declared)?;
    let composed = compose(outline, &weights, &members, &z)?;
    let scores = rank(outline, &members, composed);
    Ok(TwoPasses { members, thresholds, weights, derived, z, scores })
}

/// The thresholds with those of the derived leaves, from the base readings alone.
fn with_derived_thresholds(
    outline: &Outline<'_>,
    inputs: &Inputs,
    declared: &[f64],
) -> Result<Vec<Vec<Threshold>>, ShapeError> {
    let base = &inputs.base;
    let earlier = consecutive_tables(outline, base);
    let found = score(&Scoring {
        outline,
        declared_weights: declared,
        types: &base.types,
        thresholds: &inputs.thresholds,
        samples: &samples_on(&base.axis, &inputs.samples),
        // Only the thresholds are wanted: no period is assessed here.
        current: &Table::missing(outline.leaf_count(), base.axis.len()),
        earlier: &earlier,
        base: 0..earlier.len(),
    })?;
    let mut thresholds = inputs.thresholds.clone();
    for derived in &found.derived {
        for (of_type, found) in thresholds.iter_mut().zip(&derived.thresholds) {
            of_type[derived.leaf] = found.threshold;
        }
    }
    Ok(thresholds)
}

/// Dimensionless values of the base periods, with an empty table wherever periods are left out between two: no change
/// is taken across a gap.
fn consecutive_tables(outline: &Outline<'_>, base: &BaseReadings) -> Vec<Table> {
    let mut tables = Vec::with_capacity(base.periods.len());
    for (at, read) in base.periods.iter().enumerate() {
        let follows = at == 0 || read.period.before().as_ref() == Some(&base.periods[at - 1].period);
        if !follows {
            tables.push(Table::missing(outline.leaf_count(), base.axis.len()));
        }
        tables.push(read.capped.clone());
    }
    tables
}

fn samples_on(axis: &[PlaceId], samples: &[Vec<PlaceId>]) -> Vec<Vec<usize>> {
    let positions = |members: &Vec<PlaceId>| {
        members.iter().filter_map(|member| axis.binary_search(member).ok()).collect()
    };
    samples.iter().map(positions).collect()
}

/// In the first pass derived leaves are merely missing: their weight stays where it is.
fn without_derived(outline: &Outline<'_>, thresholds: &[Vec<Threshold>]) -> Vec<Vec<Threshold>> {
    let mut thresholds = thresholds.to_vec();
    for of_type in &mut thresholds {
        outline.derived_leaves().for_each(|leaf| of_type[leaf] = Threshold::NoData);
    }
    thresholds
}

fn weights_of(
    outline: &Outline<'_>,
    thresholds: &[Vec<Threshold>],
    declared: &[f64],
) -> Result<Vec<Weights>, ShapeError> {
    let of_type = |thresholds: &Vec<Threshold>| {
        let statuses: Vec<ThresholdStatus> = thresholds.iter().map(|threshold| threshold.status()).collect();
        effective_weights(outline, declared, &statuses)
    };
    thresholds.iter().map(of_type).collect()
}

fn compose(
    outline: &Outline<'_>,
    weights: &[Weights],
    members: &[Vec<usize>],
    z: &Table,
) -> Result<ScoreColumns, ShapeError> {
    let mut scores = unscored(outline, z.places());
    for (weights, members) in weights.iter().zip(members) {
        let composed = Composer::new(outline, weights)?.compose(z, members)?;
        for (column, found) in scores.iter_mut().zip(composed.columns) {
            for (&place, score) in members.iter().zip(found) {
                column[place] = score;
            }
        }
    }
    Ok(scores)
}

fn unscored(outline: &Outline<'_>, places: usize) -> ScoreColumns {
    vec![vec![NodeScore::unclassified(); places]; outline.node_count()]
}

fn derive(
    outline: &Outline<'_>,
    leaf: usize,
    thresholds: &[Vec<Threshold>],
    members: &[Vec<usize>],
    (previous, current): (&ScoreColumns, &ScoreColumns),
) -> Result<DerivedLeaf, ShapeError> {
    let node = outline.changing_node(leaf).unwrap_or_default();
    let pairs = previous[node].iter().zip(&current[node]);
    let changes: Vec<ChangeOfScores> = pairs
        .map(|(previous, current)| ChangeOfScores { previous: previous.value(), current: current.value() })
        .collect();
    let scale = outline.catalog().scale;
    let values: Vec<Option<f64>> =
        changes.iter().map(|scores| change(scores.previous, scores.current, scale)).collect();
    let (mut raw, mut capped) = (vec![None; values.len()], vec![None; values.len()]);
    if let Some(rules) = outline.leaves().nth(leaf) {
        for (of_type, members) in thresholds.iter().zip(members) {
            scale_column(rules, of_type[leaf], &values, members, &mut raw, &mut capped)?;
        }
    }
    Ok(DerivedLeaf { leaf, changes, values, raw, capped })
}

/// Ranks every node within every type.
fn rank(outline: &Outline<'_>, members: &[Vec<usize>], composed: ScoreColumns) -> Vec<Vec<Score>> {
    let decimals = outline.catalog().rank_decimals;
    let of_node = |column: Vec<NodeScore>| {
        let mut ranked: Vec<Score> =
            column.into_iter().map(|composed| Score { composed, standing: None }).collect();
        for members in members {
            let scores: Vec<Option<f64>> =
                members.iter().map(|&place| ranked[place].composed.value()).collect();
            for (&place, standing) in members.iter().zip(standings(&scores, decimals)) {
                ranked[place].standing = standing;
            }
        }
        ranked
    };
    composed.into_iter().map(of_node).collect()
}
