//! The assessment (测评): values in, scores and ranks out, in two passes.
//!
//! Derived indicators are changes of scores, so a period is computed twice over: the nodes they watch first, in this
//! period and in earlier ones, all under the thresholds of the assessed period, so that a change of thresholds never
//! shows as growth; then their own thresholds and values; then everything.
//!
//! [`derived_thresholds`] and [`score`] begin where dimensionless values are at hand: the first reads the base periods
//! alone, on a place axis of their own, the second the assessed period and the one before. [`assess`] begins where
//! values are and calls both. Each is one pure call with columns in and columns out, whoever fetches them.
//!
//! Source: specification page 1, sections 1.4 and 1.7.

use crate::base::{BaseValue, base_of, nothing_on_record};
use crate::catalog::Leaf;
use crate::change::{base_change, change};
use crate::column::Column;
use crate::compose::{Composer, NodeColumn, NodeScores, compose_types};
use crate::imputation::{FilledPeriods, Filling};
use crate::normalise::{ScaledTable, scale_column, scale_table};
use crate::outline::Outline;
use crate::rank::{Order, StandingColumn};
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessed {
    /// Values of the assessed period, imputed and derived ones included.
    pub values: Table,
    /// What the imputed ones were made of, by leaf position, then place.
    pub fillings: Vec<Vec<Filling>>,
    /// Dimensionless values of the assessed period, derived ones included.
    pub scaled: ScaledTable,
    /// Thresholds by type and leaf position, derived ones included.
    pub thresholds: Vec<Vec<LeafThreshold>>,
    /// The base was the assessed period itself, as no place has an earlier one on record.
    pub base_is_assessed_period: bool,
    /// Scores and ranks.
    pub scored: Scored,
}

/// Dimensionless values of the base periods, and who was in which type and sample by then.
#[derive(Clone, Debug)]
pub struct Base<'a> {
    /// Positions of the catalog.
    pub outline: &'a Outline<'a>,
    /// Declared weights by type, then by item: [`declared_weights`] for every type, or another scheme.
    pub declared_weights: &'a [Vec<f64>],
    /// Type of each place, as a position in the list of types; `None` is `UNCLASSIFIED`.
    pub types: &'a [Option<usize>],
    /// Thresholds by type and leaf position; what stands at a derived leaf is not read.
    pub thresholds: &'a [Vec<Threshold>],
    /// Sample of each type: place indices. A member that is not in the type gives no base value.
    pub samples: &'a [Vec<usize>],
    /// Capped dimensionless values of the base periods: consecutive, oldest first, a period without records as a table
    /// of missing values. The columns of derived leaves hold none. Empty where the base is the assessed period itself.
    pub periods: &'a [&'a Table],
}

/// The thresholds of one derived leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedThresholds {
    /// Leaf position.
    pub leaf: usize,
    /// Thresholds by type.
    pub by_type: Vec<LeafThreshold>,
}

/// Dimensionless values of the assessed period and of the one before, and who is in which type.
#[derive(Clone, Debug)]
pub struct Scoring<'a> {
    /// Positions of the catalog.
    pub outline: &'a Outline<'a>,
    /// Declared weights by type, then by item: [`declared_weights`] for every type, or another scheme.
    pub declared_weights: &'a [Vec<f64>],
    /// Type of each place, as a position in the list of types; `None` is `UNCLASSIFIED`.
    pub types: &'a [Option<usize>],
    /// Thresholds by type and leaf position, derived ones included.
    pub thresholds: &'a [Vec<Threshold>],
    /// Capped dimensionless values of the assessed period; the columns of derived leaves hold none.
    pub current: &'a Table,
    /// The same of the period before, under the same thresholds; `None` where there is none.
    pub previous: Option<&'a Table>,
}

/// Scores and ranks of one period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// The derived leaves, in catalog order.
    pub derived: Vec<DerivedLeaf>,
    /// Weights in force, by type.
    pub weights: Vec<Weights>,
    /// Capped dimensionless values, derived ones included.
    pub z: Table,
    /// Score and coverage: by node position, a cell a place.
    pub nodes: Vec<NodeColumn>,
    /// Rank and percentile within the place's type: by node position, a cell a place.
    pub standings: Vec<StandingColumn>,
}

/// A derived indicator, computed.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedLeaf {
    /// Leaf position.
    pub leaf: usize,
    /// The node's score in the period before, by place.
    pub previous: Column,
    /// The node's score in the assessed period before anything derived counts, by place.
    pub current: Column,
    /// Their differences, by place.
    pub values: Column,
    /// Uncapped dimensionless values, by place.
    pub raw: Column,
    /// Capped dimensionless values, by place.
    pub capped: Column,
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
/// has an earlier one on record. Where the catalog fills gaps, they are filled first, from the periods given; a period
/// without records is never a base for that.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub fn assess(input: &Assessment<'_>) -> Result<Assessed, ShapeError> {
    let outline = input.outline;
    let places = input.types.len();
    let members = members_by_type(input.types, input.samples.len())?;
    for table in input.earlier.iter().chain([input.current]) {
        check_observed(outline, table, places)?;
    }

    let filled = FilledPeriods::of(outline, &members, input.current, input.earlier)?;
    let asked_periods = usize::try_from(outline.catalog().base_periods).unwrap_or(usize::MAX);
    let base_is_assessed_period = nothing_on_record(input.earlier.iter());
    let base = if base_is_assessed_period {
        0..0
    } else {
        input.earlier.len().saturating_sub(asked_periods)..input.earlier.len()
    };
    let base_tables: Vec<&Table> = if base_is_assessed_period {
        vec![filled.current()]
    } else {
        base.clone().map(|at| filled.base(at)).collect()
    };
    let asked_periods = if base_is_assessed_period { 1 } else { asked_periods };
    let fix = |sample: &Vec<usize>| {
        for &place in sample {
            check_index("sample member", place, places)?;
        }
        // Base values are only asked for in the sample, which is a small part of all places.
        let base_values = base_of(outline.leaf_count(), &base_tables, &sample.iter().copied());
        fix_thresholds(outline, &base_values, &(0..sample.len()).collect::<Vec<_>>(), asked_periods)
    };
    let mut thresholds = input.samples.iter().map(fix).collect::<Result<Vec<_>, _>>()?;
    let mut fixed: Vec<Vec<Threshold>> =
        thresholds.iter().map(|leaves| leaves.iter().map(|leaf| leaf.threshold).collect()).collect();

    let rescale = |table: &Table| scale_table(outline, &fixed, &members, table);
    let mut scaled = rescale(filled.current())?;
    let earlier = filled.earlier().map(|table| Ok(rescale(table)?.capped)).collect::<Result<Vec<_>, _>>()?;
    let gap = Table::missing(outline.leaf_count(), places);
    let of_base = |at: usize| if filled.base(at).is_empty() { &gap } else { &earlier[at] };
    let declared_weights = &vec![declared_weights(outline.catalog()); members.len()];
    let derived = derived_thresholds(&Base {
        outline,
        declared_weights,
        types: input.types,
        thresholds: &fixed,
        samples: input.samples,
        periods: &base.map(of_base).collect::<Vec<_>>(),
    })?;
    for derived in &derived {
        for (kind, found) in derived.by_type.iter().enumerate() {
            thresholds[kind][derived.leaf] = *found;
            fixed[kind][derived.leaf] = found.threshold;
        }
    }
    let scoring = Scoring {
        outline,
        declared_weights,
        types: input.types,
        thresholds: &fixed,
        current: &scaled.capped,
        previous: earlier.last(),
    };
    let scored = score(&scoring)?;

    let mut values = filled.current().clone();
    for derived in &scored.derived {
        values.column_mut(derived.leaf).clone_from(&derived.values);
        scaled.raw.column_mut(derived.leaf).clone_from(&derived.raw);
        scaled.capped.column_mut(derived.leaf).clone_from(&derived.capped);
    }
    let fillings = filled.into_fillings();
    Ok(Assessed { values, fillings, scaled, thresholds, base_is_assessed_period, scored })
}

/// Fixes the thresholds of the derived leaves from the base periods, in catalog order.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub fn derived_thresholds(input: &Base<'_>) -> Result<Vec<DerivedThresholds>, ShapeError> {
    let outline = input.outline;
    check_length("samples by type", input.thresholds.len(), input.samples.len())?;
    let tables = input.periods.iter().copied();
    let members = check_scored(outline, input.types, input.declared_weights, input.thresholds, tables)?;
    let places = input.types.len();

    let blank = |leaf| DerivedThresholds { leaf, by_type: Vec::with_capacity(members.len()) };
    let mut derived: Vec<DerivedThresholds> = outline.derived_leaves().map(blank).collect();
    if derived.is_empty() {
        return Ok(derived);
    }
    for (kind, members) in members.iter().enumerate() {
        let mut sampled = vec![false; places];
        for &place in &input.samples[kind] {
            check_index("sample member", place, places)?;
            sampled[place] = true;
        }
        let sample: Vec<usize> = members.iter().copied().filter(|&place| sampled[place]).collect();
        let composer = first_pass(outline, &input.declared_weights[kind], &input.thresholds[kind])?;
        let history: Vec<NodeScores> =
            input.periods.iter().map(|table| composer.compose(table, &sample)).collect::<Result<_, _>>()?;
        for found in &mut derived {
            if let Some((node, leaf)) = watched(outline, found.leaf) {
                found.by_type.push(fix_change(leaf, node, &history, sample.len(), composer.scale));
            }
        }
    }
    Ok(derived)
}

/// Fixes the thresholds of one derived leaf from its sample's scores at the node in the base periods.
fn fix_change(leaf: &Leaf, node: usize, history: &[NodeScores], sample: usize, scale: f64) -> LeafThreshold {
    let of_member = |at: usize| {
        let scores: Vec<Option<f64>> = history.iter().map(|scores| scores.columns[node].value(at)).collect();
        base_change(&scores, scale)
    };
    let base: Vec<BaseValue> = (0..sample).filter_map(of_member).collect();
    fix_from_members(leaf, None, base.iter().copied(), history.len().saturating_sub(1))
}

/// Scores one period from dimensionless values: both passes, then ranks.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub fn score(input: &Scoring<'_>) -> Result<Scored, ShapeError> {
    let outline = input.outline;
    let tables = input.previous.into_iter().chain([input.current]);
    let members = check_scored(outline, input.types, input.declared_weights, input.thresholds, tables)?;
    let derived = derive(input, &members)?;

    let mut z = input.current.clone();
    for leaf in &derived {
        z.column_mut(leaf.leaf).clone_from(&leaf.capped);
    }
    let (mut weights, mut composers) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
    for (thresholds, declared) in input.thresholds.iter().zip(input.declared_weights) {
        let in_force = effective_weights(outline, declared, &statuses(thresholds))?;
        composers.push(Composer::new(outline, &in_force)?);
        weights.push(in_force);
    }
    let nodes = compose_types(&composers, &members, &z, outline.node_count());

    let mut order = Order::default();
    let mut rank = |node: &NodeColumn| {
        let mut standings = StandingColumn::missing(node.len());
        for members in &members {
            standings.rank(&mut order, node.scores(), outline.catalog().rank_decimals, members);
        }
        standings
    };
    let standings = nodes.iter().map(&mut rank).collect();
    Ok(Scored { derived, weights, z, nodes, standings })
}

/// The first pass: the derived leaves of every type.
fn derive(input: &Scoring<'_>, members: &[Vec<usize>]) -> Result<Vec<DerivedLeaf>, ShapeError> {
    let outline = input.outline;
    let missing = || Column::missing(input.types.len());
    let blank = |leaf| DerivedLeaf {
        leaf,
        previous: missing(),
        current: missing(),
        values: missing(),
        raw: missing(),
        capped: missing(),
    };
    let mut derived: Vec<DerivedLeaf> = outline.derived_leaves().map(blank).collect();
    if derived.is_empty() {
        return Ok(derived);
    }
    for (kind, members) in members.iter().enumerate() {
        let thresholds = &input.thresholds[kind];
        let composer = first_pass(outline, &input.declared_weights[kind], thresholds)?;
        let current = composer.compose(input.current, members)?;
        let previous = input.previous.map(|table| composer.compose(table, members)).transpose()?;
        for found in &mut derived {
            let Some((node, leaf)) = watched(outline, found.leaf) else { continue };
            for (at, &place) in members.iter().enumerate() {
                let score = |scores: &NodeScores| scores.columns[node].value(at);
                let (before, now) = (previous.as_ref().and_then(score), score(&current));
                found.previous.set(place, before);
                found.current.set(place, now);
                found.values.set(place, change(before, now, composer.scale));
            }
            let threshold = thresholds[found.leaf];
            scale_column(leaf, threshold, &found.values, members, &mut found.raw, &mut found.capped)?;
        }
    }
    Ok(derived)
}

/// Composes one type's scores before anything derived is known: derived leaves are merely missing, which keeps their
/// weight where it is.
fn first_pass(
    outline: &Outline<'_>,
    declared_weights: &[f64],
    thresholds: &[Threshold],
) -> Result<Composer, ShapeError> {
    let mut statuses = statuses(thresholds);
    outline.derived_leaves().for_each(|leaf| statuses[leaf] = ThresholdStatus::NoData);
    Composer::new(outline, &effective_weights(outline, declared_weights, &statuses)?)
}

fn statuses(thresholds: &[Threshold]) -> Vec<ThresholdStatus> {
    thresholds.iter().map(|threshold| threshold.status()).collect()
}

/// The node that a derived leaf watches, and the leaf's rules.
fn watched<'a>(outline: &'a Outline<'_>, leaf: usize) -> Option<(usize, &'a Leaf)> {
    outline.changing_node(leaf).zip(outline.leaves().nth(leaf))
}

/// Checks what both passes read, and gives the places of each type.
fn check_scored<'a>(
    outline: &Outline<'_>,
    types: &[Option<usize>],
    declared_weights: &[Vec<f64>],
    thresholds: &[Vec<Threshold>],
    tables: impl Iterator<Item = &'a Table>,
) -> Result<Vec<Vec<usize>>, ShapeError> {
    check_length("declared weights by type", thresholds.len(), declared_weights.len())?;
    for thresholds in thresholds {
        check_thresholds(outline, thresholds)?;
    }
    for table in tables {
        check_observed(outline, table, types.len())?;
    }
    members_by_type(types, thresholds.len())
}

/// Checks the shape, and that derived leaves come without values.
fn check_observed(outline: &Outline<'_>, table: &Table, places: usize) -> Result<(), ShapeError> {
    table.check(outline.leaf_count(), places)?;
    for leaf in outline.derived_leaves() {
        if !table.column(leaf).is_all_missing() {
            return Err(ShapeError::DerivedDelivered { code: outline.leaf_item(leaf).code.clone() });
        }
    }
    Ok(())
}
