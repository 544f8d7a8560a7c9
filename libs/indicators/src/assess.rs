//! The assessment (测评): values in, scores and ranks out, in two passes.
//!
//! Derived indicators are changes of scores, so a period is computed twice over: the nodes they watch first, in this
//! period and in earlier ones, all under the thresholds of the assessed period, so that a change of thresholds never
//! shows as growth; then their own thresholds and values; then everything.
//!
//! [`score`] begins where dimensionless values are at hand, [`assess`] where values are. Both are one pure call with
//! columns in and columns out, whoever fetches them.
//!
//! Source: specification page 1, sections 1.4 and 1.7.

use std::ops::Range;

use crate::base::{BaseValue, base_table, nothing_on_record};
use crate::change::{base_change, change};
use crate::compose::{Composer, NodeScore, NodeScores};
use crate::normalise::{ScaledTable, scale_column, scale_table};
use crate::outline::Outline;
use crate::rank::{Standing, standings};
use crate::table::{ShapeError, Table, check_index, check_length};
use crate::threshold::{
    LeafThreshold, Threshold, ThresholdStatus, check_thresholds, fix_from_members, fix_thresholds,
};
use crate::weight::{Weights, declared_weights, effective_weights};

/// Values of all periods, and who is in which type and sample.
#[derive(Clone, Copy, Debug)]
pub struct Assessment<'a> {
    /// Positions of the catalog.
    pub outline: &'a Outline<'a>,
    /// Type of each place, as a position in the caller's list of types; `None` is `UNCLASSIFIED`.
    pub types: &'a [Option<usize>],
    /// Sample of each type: place indices.
    pub samples: &'a [Vec<usize>],
    /// Observed values of the assessed period.
    pub current: &'a Table,
    /// Observed values of the earlier periods: consecutive, oldest first, ending just before the assessed one. A period
    /// without records is a table of missing values.
    pub earlier: &'a [Table],
}

/// All that an assessment computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessed {
    /// Values of the assessed period, derived ones included.
    pub values: Table,
    /// Dimensionless values of the assessed period, derived ones included.
    pub scaled: ScaledTable,
    /// Thresholds by type and leaf position, derived ones included.
    pub thresholds: Vec<Vec<LeafThreshold>>,
    /// The base was the assessed period itself, as no place has an earlier one on record.
    pub base_is_assessed_period: bool,
    /// Scores and ranks.
    pub scored: Scored,
}

/// Dimensionless values of all periods, and who is in which type and sample.
#[derive(Clone, Debug)]
pub struct Scoring<'a> {
    /// Positions of the catalog.
    pub outline: &'a Outline<'a>,
    /// Declared weights by item: [`declared_weights`], or another scheme.
    pub declared_weights: &'a [f64],
    /// Type of each place, as a position in the list of types; `None` is `UNCLASSIFIED`.
    pub types: &'a [Option<usize>],
    /// Thresholds by type and leaf position; what stands at a derived leaf is not read.
    pub thresholds: &'a [Vec<Threshold>],
    /// Sample of each type: place indices. A member that is no longer in the type gives no base value.
    pub samples: &'a [Vec<usize>],
    /// Capped dimensionless values of the assessed period; the columns of derived leaves hold none.
    pub current: &'a Table,
    /// The same of the earlier periods, all under the thresholds of the assessed one: consecutive, oldest first, ending
    /// just before the assessed period.
    pub earlier: &'a [Table],
    /// Which of the earlier periods are base periods; empty where the base is the assessed period itself.
    pub base: Range<usize>,
}

/// Scores and ranks of one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The derived leaves, in catalog order.
    pub derived: Vec<DerivedLeaf>,
    /// Weights in force, by type.
    pub weights: Vec<Weights>,
    /// Capped dimensionless values, derived ones included.
    pub z: Table,
    /// `nodes[node position][place]`: score and coverage.
    pub nodes: Vec<Vec<NodeScore>>,
    /// `standings[node position][place]`: rank and percentile within the place's type.
    pub standings: Vec<Vec<Option<Standing>>>,
}

/// A derived indicator, computed.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedLeaf {
    /// Leaf position.
    pub leaf: usize,
    /// Changes of the node's score since the period before, by place.
    pub values: Vec<Option<f64>>,
    /// Thresholds by type.
    pub thresholds: Vec<LeafThreshold>,
    /// Uncapped dimensionless values, by place.
    pub raw: Vec<Option<f64>>,
    /// Capped dimensionless values, by place.
    pub capped: Vec<Option<f64>>,
}

/// The places of each type, in place order.
///
/// # Errors
/// [`ShapeError::Index`] if a place names a type beyond `type_count`.
pub fn members_by_type(types: &[Option<usize>], type_count: usize) -> Result<Vec<Vec<usize>>, ShapeError> {
    let mut members = vec![Vec::new(); type_count];
    for (place, kind) in types.iter().enumerate() {
        if let Some(kind) = *kind {
            check_index("type of a place", kind, type_count)?;
            members[kind].push(place);
        }
    }
    Ok(members)
}

/// Assesses one period from values.
///
/// The base is the catalog's number of periods before the assessed one, or the assessed period itself where no place
/// has an earlier one on record.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub fn assess(input: &Assessment<'_>) -> Result<Assessed, ShapeError> {
    let outline = input.outline;
    let (leaves, places) = (outline.leaf_count(), input.types.len());
    let members = members_by_type(input.types, input.samples.len())?;
    for table in input.earlier.iter().chain([input.current]) {
        check_observed(outline, table, places)?;
    }

    let asked_periods = usize::try_from(outline.catalog().base_periods).unwrap_or(usize::MAX);
    let base_is_assessed_period = nothing_on_record(input.earlier.iter());
    let base = if base_is_assessed_period {
        0..0
    } else {
        input.earlier.len().saturating_sub(asked_periods)..input.earlier.len()
    };
    let base_tables: Vec<&Table> = if base_is_assessed_period {
        vec![input.current]
    } else {
        input.earlier[base.clone()].iter().collect()
    };
    let base_values = base_table(leaves, places, &base_tables)?;
    let asked_periods = if base_is_assessed_period { 1 } else { asked_periods };
    let fix = |sample: &Vec<usize>| fix_thresholds(outline, &base_values, sample, asked_periods);
    let mut thresholds = input.samples.iter().map(fix).collect::<Result<Vec<_>, _>>()?;
    let fixed: Vec<Vec<Threshold>> =
        thresholds.iter().map(|leaves| leaves.iter().map(|leaf| leaf.threshold).collect()).collect();

    let rescale = |table: &Table| scale_table(outline, &fixed, &members, table);
    let mut scaled = rescale(input.current)?;
    let earlier =
        input.earlier.iter().map(|table| Ok(rescale(table)?.capped)).collect::<Result<Vec<_>, _>>()?;
    let scored = score(&Scoring {
        outline,
        declared_weights: &declared_weights(outline.catalog()),
        types: input.types,
        thresholds: &fixed,
        samples: input.samples,
        current: &scaled.capped,
        earlier: &earlier,
        base,
    })?;

    let mut values = input.current.clone();
    for derived in &scored.derived {
        values.column_mut(derived.leaf).copy_from_slice(&derived.values);
        scaled.raw.column_mut(derived.leaf).copy_from_slice(&derived.raw);
        scaled.capped.column_mut(derived.leaf).copy_from_slice(&derived.capped);
        for (leaves, threshold) in thresholds.iter_mut().zip(&derived.thresholds) {
            leaves[derived.leaf] = *threshold;
        }
    }
    Ok(Assessed { values, scaled, thresholds, base_is_assessed_period, scored })
}

/// Scores one period from dimensionless values: both passes, then ranks.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub fn score(input: &Scoring<'_>) -> Result<Scored, ShapeError> {
    let outline = input.outline;
    let members = check_scoring(input)?;

    let statuses = |thresholds: &Vec<Threshold>| {
        let mut statuses: Vec<ThresholdStatus> =
            thresholds.iter().map(|threshold| threshold.status()).collect();
        // Not known yet in the first pass; missing keeps the weight where it is.
        outline.derived_leaves().for_each(|leaf| statuses[leaf] = ThresholdStatus::NoData);
        statuses
    };
    let mut statuses: Vec<Vec<ThresholdStatus>> = input.thresholds.iter().map(statuses).collect();
    let derived = derive(input, &members, &statuses)?;

    let mut z = input.current.clone();
    for leaf in &derived {
        z.column_mut(leaf.leaf).copy_from_slice(&leaf.capped);
        for (statuses, found) in statuses.iter_mut().zip(&leaf.thresholds) {
            statuses[leaf.leaf] = found.threshold.status();
        }
    }
    let mut scored = Scored {
        derived,
        weights: Vec::with_capacity(members.len()),
        nodes: vec![vec![NodeScore::unclassified(); z.places()]; outline.node_count()],
        standings: vec![vec![None; z.places()]; outline.node_count()],
        z,
    };
    for (statuses, members) in statuses.iter().zip(&members) {
        let weights = effective_weights(outline, input.declared_weights, statuses)?;
        let scores = Composer::new(outline, &weights)?.compose(&scored.z, members)?;
        scored.weights.push(weights);
        scored.place(&scores, members, outline.catalog().rank_decimals);
    }
    Ok(scored)
}

impl Scored {
    /// Puts the scores of one type's members in their places and ranks them.
    fn place(&mut self, scores: &NodeScores, members: &[usize], rank_decimals: u32) {
        for (node, column) in scores.columns.iter().enumerate() {
            let values: Vec<Option<f64>> = column.iter().map(NodeScore::value).collect();
            for ((&place, score), standing) in
                members.iter().zip(column).zip(standings(&values, rank_decimals))
            {
                self.nodes[node][place] = *score;
                self.standings[node][place] = standing;
            }
        }
    }
}

/// The first pass: the derived leaves of every type.
fn derive(
    input: &Scoring<'_>,
    members: &[Vec<usize>],
    statuses: &[Vec<ThresholdStatus>],
) -> Result<Vec<DerivedLeaf>, ShapeError> {
    let outline = input.outline;
    let places = input.types.len();
    let blank = |leaf| DerivedLeaf {
        leaf,
        values: vec![None; places],
        thresholds: Vec::with_capacity(members.len()),
        raw: vec![None; places],
        capped: vec![None; places],
    };
    let mut derived: Vec<DerivedLeaf> = outline.derived_leaves().map(blank).collect();
    if derived.is_empty() {
        return Ok(derived);
    }
    for (kind, members) in members.iter().enumerate() {
        let weights = effective_weights(outline, input.declared_weights, &statuses[kind])?;
        let composer = Composer::new(outline, &weights)?;
        let history = History::compose(input, &composer, members)?;
        let mut sampled = vec![false; places];
        for &place in &input.samples[kind] {
            check_index("sample member", place, places)?;
            sampled[place] = true;
        }
        for column in &mut derived {
            history.fill(outline, column, members, &sampled)?;
        }
    }
    Ok(derived)
}

/// The scores of one type's members, now and before.
struct History {
    scale: f64,
    current: NodeScores,
    previous: Option<NodeScores>,
    base: Vec<NodeScores>,
}

impl History {
    fn compose(input: &Scoring<'_>, composer: &Composer, members: &[usize]) -> Result<Self, ShapeError> {
        let base = input.earlier[input.base.clone()].iter().map(|table| composer.compose(table, members));
        Ok(Self {
            scale: composer.scale,
            current: composer.compose(input.current, members)?,
            previous: input.earlier.last().map(|table| composer.compose(table, members)).transpose()?,
            base: base.collect::<Result<_, _>>()?,
        })
    }

    /// Fills the members' cells of a derived leaf and fixes its thresholds for their type.
    fn fill(
        &self,
        outline: &Outline<'_>,
        column: &mut DerivedLeaf,
        members: &[usize],
        sampled: &[bool],
    ) -> Result<(), ShapeError> {
        let Some(node) = outline.changing_node(column.leaf) else { return Ok(()) };
        let Some(leaf) = outline.leaves().nth(column.leaf) else { return Ok(()) };
        let score = |scores: &NodeScores, at: usize| scores.columns[node][at].value();
        let mut base: Vec<BaseValue> = Vec::new();
        let mut base_scores = Vec::with_capacity(self.base.len());
        for (at, &place) in members.iter().enumerate() {
            let before = self.previous.as_ref().and_then(|scores| score(scores, at));
            column.values[place] = change(before, score(&self.current, at), self.scale);
            if sampled[place] {
                base_scores.clear();
                base_scores.extend(self.base.iter().map(|scores| score(scores, at)));
                base.extend(base_change(&base_scores, self.scale));
            }
        }
        let asked_changes = self.base.len().saturating_sub(1);
        let found = fix_from_members(leaf, None, base.iter().copied(), asked_changes);
        column.thresholds.push(found);
        scale_column(leaf, found.threshold, &column.values, members, &mut column.raw, &mut column.capped)
    }
}

fn check_scoring(input: &Scoring<'_>) -> Result<Vec<Vec<usize>>, ShapeError> {
    let outline = input.outline;
    check_length("samples by type", input.thresholds.len(), input.samples.len())?;
    for thresholds in input.thresholds {
        check_thresholds(outline, thresholds)?;
    }
    for table in input.earlier.iter().chain([input.current]) {
        check_observed(outline, table, input.types.len())?;
    }
    if input.base.start > input.base.end || input.base.end > input.earlier.len() {
        return Err(ShapeError::Index {
            what: "end of the base periods",
            index: input.base.end.max(input.base.start),
            len: input.earlier.len(),
        });
    }
    members_by_type(input.types, input.thresholds.len())
}

/// Checks the shape, and that derived leaves come without values.
fn check_observed(outline: &Outline<'_>, table: &Table, places: usize) -> Result<(), ShapeError> {
    table.check(outline.leaf_count(), places)?;
    for leaf in outline.derived_leaves() {
        if table.column(leaf).iter().any(Option::is_some) {
            return Err(ShapeError::DerivedDelivered { code: outline.leaf_item(leaf).code.clone() });
        }
    }
    Ok(())
}
