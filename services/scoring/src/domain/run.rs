//! One run: what was read in, results out. A single pure call.
//!
//! The order of the computation is in `two_passes.rs`; here what it gives is put in the form that is kept.
//!
//! Source: specification page 1, sections 1.4 to 1.7.

use xiuhua_indicators::assess::{DerivedLeaf, Scored};
use xiuhua_indicators::catalog::{Catalog, ItemIndex};
use xiuhua_indicators::compose::NodeColumn;
use xiuhua_indicators::diagnosis::type_medians;
use xiuhua_indicators::outline::{Outline, Position};
use xiuhua_indicators::rank::StandingColumn;
use xiuhua_indicators::table::ShapeError;

use super::assessment::{Place, Plan, TypeSummary, UNCLASSIFIED};
use super::digest::run_digest;
use super::groups::group_scores;
use super::imputation::ImputedCell;
use super::inputs::Inputs;
use super::results::{
    ChangeOfScores, Dimensionless, ItemWeight, LeafMeasure, LeafValue, Results, RolledFrom, Score,
    TypeMeasure,
};
use super::two_passes::{TwoPasses, run_both};

/// Computes a run.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub(crate) fn run(catalog: &Catalog, inputs: Inputs) -> Result<Results, ShapeError> {
    let outline = Outline::of(catalog);
    let declared = inputs.declared_weights(catalog);
    let passes = run_both(&outline, &inputs, &declared)?;
    let types = type_measures(&outline, &inputs, &passes, &declared)?;
    let leaf_values = leaf_values(&outline, &inputs, &passes);
    let scores = scores(&passes.scored);
    let groups = group_scores(catalog, &inputs.plan, &inputs.places, &scores);
    Ok(Results {
        digest: run_digest(&outline, &inputs, &types, &scores, &groups),
        summaries: summarise(&inputs.plan, &inputs.places, &scores),
        places_without_households: count_weightless(&inputs.places, &scores),
        groups,
        imputed: by_place(inputs.assessed.imputed),
        places: inputs.places,
        scores,
        leaf_values,
        types,
    })
}

/// Imputed values in the order of the results.
fn by_place(mut imputed: Vec<ImputedCell>) -> Vec<ImputedCell> {
    imputed.sort_by_key(|cell| (cell.place_at, cell.leaf_at));
    imputed
}

/// `[node][place]`.
fn scores(scored: &Scored) -> Vec<Vec<Score>> {
    let of_node = |(composed, standings): (&NodeColumn, &StandingColumn)| {
        let pairs = composed.iter().zip(standings.iter());
        pairs.map(|(composed, standing)| Score { composed, standing }).collect()
    };
    scored.nodes.iter().zip(&scored.standings).map(of_node).collect()
}

fn type_measures(
    outline: &Outline<'_>,
    inputs: &Inputs,
    passes: &TwoPasses,
    declared: &[Vec<f64>],
) -> Result<Vec<TypeMeasure>, ShapeError> {
    let measure = |type_at: usize| {
        let medians = type_medians(&passes.scored.z, &passes.members[type_at])?;
        let thresholds = passes.thresholds[type_at].iter().zip(medians);
        Ok(TypeMeasure {
            sample_size: inputs.samples[type_at].len() as u64,
            leaves: thresholds.map(|(&threshold, median_z)| LeafMeasure { threshold, median_z }).collect(),
            weights: item_weights(outline, &passes.scored.weights[type_at].leaves, &declared[type_at]),
        })
    };
    (0..inputs.plan.types.len()).map(measure).collect()
}

/// Weights by item: a node's weight in force is that of its leaves.
fn item_weights(outline: &Outline<'_>, leaves: &[f64], declared: &[f64]) -> Vec<ItemWeight> {
    let in_force = |item: usize| match outline.position(ItemIndex(item)) {
        Position::Leaf(leaf) => leaves[leaf],
        Position::Node(node) => leaves[outline.leaves_below(node)].iter().sum(),
    };
    let weights = declared.iter().enumerate();
    weights.map(|(item, &catalog)| ItemWeight { catalog, in_force: in_force(item) }).collect()
}

/// `[leaf][place]`.
fn leaf_values(outline: &Outline<'_>, inputs: &Inputs, passes: &TwoPasses) -> Vec<Vec<Option<LeafValue>>> {
    let of_leaf = |leaf| match passes.scored.derived.iter().find(|derived| derived.leaf == leaf) {
        Some(derived) => derived_values(derived),
        None => observed_values(inputs, leaf),
    };
    (0..outline.leaf_count()).map(of_leaf).collect()
}

fn observed_values(inputs: &Inputs, leaf: usize) -> Vec<Option<LeafValue>> {
    let read = &inputs.assessed;
    let (raw, capped) = (read.raw.column(leaf), read.capped.column(leaf));
    let cell = |(place, value): (usize, Option<f64>)| {
        let z = dimensionless(raw.get(place), capped.get(place));
        value.map(|value| LeafValue {
            value: Some(value),
            z,
            change: None,
            rolled: rolled_from(inputs, leaf, place),
        })
    };
    read.values.column(leaf).iter().enumerate().map(cell).collect()
}

fn rolled_from(inputs: &Inputs, leaf: usize, place: usize) -> Option<RolledFrom> {
    let column = inputs.assessed.rolled.get(&leaf)?;
    let on_record = *column.on_record.get(place)?;
    (on_record > 0).then_some(RolledFrom { on_record, window: column.window })
}

fn derived_values(derived: &DerivedLeaf) -> Vec<Option<LeafValue>> {
    let cell = |place: usize| {
        let change =
            ChangeOfScores { previous: derived.previous.get(place), current: derived.current.get(place) };
        let z = dimensionless(derived.raw.get(place), derived.capped.get(place));
        let known = change.previous.is_some() || change.current.is_some();
        known.then_some(LeafValue { value: derived.values.get(place), z, change: Some(change), rolled: None })
    };
    (0..derived.values.len()).map(cell).collect()
}

fn dimensionless(raw: Option<f64>, capped: Option<f64>) -> Option<Dimensionless> {
    let (raw, capped) = raw.zip(capped)?;
    Some(Dimensionless { raw, capped })
}

fn summarise(plan: &Plan, places: &[Place], scores: &[Vec<Score>]) -> Vec<TypeSummary> {
    let summary = |name: &str, type_at: Option<usize>| {
        let of_type = || (0..places.len()).filter(|&at| places[at].type_at == type_at);
        // The root is the first node.
        let scored = |at: &usize| scores.first().is_some_and(|root| root[*at].composed.score.is_ok());
        TypeSummary {
            name: name.to_owned(),
            places: of_type().count() as u64,
            scored: of_type().filter(scored).count() as u64,
        }
    };
    let typed = plan.types.iter().enumerate().map(|(at, name)| summary(name, Some(at)));
    typed.chain([summary(UNCLASSIFIED, None)]).collect()
}

/// Places that have a score somewhere and no households to weigh it with.
fn count_weightless(places: &[Place], scores: &[Vec<Score>]) -> u64 {
    let weightless = |at: &usize| {
        places[*at].households.unwrap_or(0) == 0
            && scores.iter().any(|column| column[*at].composed.score.is_ok())
    };
    (0..places.len()).filter(weightless).count() as u64
}
