//! The digest (摘要) of a run: SHA-256 over a canonical form of inputs and results (invariant 2).
//!
//! Catalog and rule-set hashes, sample members, the places with what groups are made of, the types and values that were
//! read, thresholds, scores and groups, each sorted by its key. No ids of runs or sets, no instants, no positions, no version of the code: two runs that read the
//! same and found the same have one digest, wherever and whenever they ran.

use xiuhua_indicators::digest::DigestBuilder;
use xiuhua_indicators::imputation::imputes;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::threshold::Threshold;
use xiuhua_indicators::treatment::Treatment;

use super::assessment::{Place, Plan, UNCLASSIFIED};
use super::groups::group_type_name;
use super::id::PlaceId;
use super::inputs::{Inputs, PeriodValues};
use super::results::{GroupScore, Level, Score, TypeMeasure, absence_word};
use super::weight_scheme::add_weights;

/// The digest of a run that read `inputs` and found `types`, `scores[node][place]` and `groups`.
pub(crate) fn run_digest(
    outline: &Outline<'_>,
    inputs: &Inputs,
    types: &[TypeMeasure],
    scores: &[Vec<Score>],
    groups: &[GroupScore],
) -> String {
    let plan = &inputs.plan;
    let mut digest = DigestBuilder::new("assessment");
    digest.text(&plan.catalog.hash).text(&plan.rule_set.hash).text(plan.period.as_str());

    // Only where one is used: a run under the catalog's own weights has the digest it always had.
    if let (Some(scheme), Some(weights)) = (&plan.weight_scheme, &inputs.scheme_weights) {
        digest.text("weights").text(&scheme.hash);
        add_weights(&mut digest, outline.catalog(), &plan.types, weights);
    }

    digest.text("samples").count(inputs.samples.len() as u64);
    for (name, members) in plan.types.iter().zip(&inputs.samples) {
        digest.text(name).count(members.len() as u64);
        members.iter().for_each(|member| {
            digest.text(member.as_str());
        });
    }

    digest.text("places").count(inputs.places.len() as u64);
    inputs.places.iter().for_each(|place| add_place(&mut digest, place));

    digest.text("assessed");
    add_axis(&mut digest, plan, inputs.places.iter().map(|place| (&place.id, place.type_at)));
    let assessed: Vec<&PeriodValues> = inputs.previous.iter().chain([&inputs.assessed]).collect();
    add_values(&mut digest, outline, &assessed);
    add_imputed(&mut digest, outline, &assessed);

    digest.text("base");
    add_axis(&mut digest, plan, inputs.base.axis.iter().zip(inputs.base.types.iter().copied()));
    let base: Vec<&PeriodValues> = inputs.base.periods.iter().collect();
    add_values(&mut digest, outline, &base);
    add_imputed(&mut digest, outline, &base);

    digest.text("thresholds");
    for (name, measure) in plan.types.iter().zip(types) {
        digest.text(name).count(measure.leaves.len() as u64);
        for (leaf, found) in measure.leaves.iter().enumerate() {
            digest.text(&outline.leaf_item(leaf).code);
            add_threshold(&mut digest, found.threshold);
        }
    }

    digest.text("scores");
    for (node, column) in scores.iter().enumerate() {
        digest.text(&outline.node_item(node).code).count(column.len() as u64);
        column.iter().for_each(|score| add_score(&mut digest, score));
    }

    digest.text("groups").count(groups.len() as u64);
    groups.iter().for_each(|group| add_group(&mut digest, outline, plan, group));
    digest.finish()
}

/// What puts a place in its groups and weighs it there. Names are for reading alone.
fn add_place(digest: &mut DigestBuilder, place: &Place) {
    digest.text(place.id.as_str());
    digest.text(&place.district_code).text(&place.town_code).text(&place.committee);
    add_optional_count(digest, place.households);
}

/// The places and their types. What follows names a place by its position here.
fn add_axis<'a>(
    digest: &mut DigestBuilder,
    plan: &Plan,
    places: impl ExactSizeIterator<Item = (&'a PlaceId, Option<usize>)>,
) {
    digest.count(places.len() as u64);
    for (id, type_at) in places {
        digest.text(id.as_str()).text(type_at.map_or(UNCLASSIFIED, |at| plan.type_name(at)));
    }
}

/// Every value there is, by period, leaf, place.
fn add_values(digest: &mut DigestBuilder, outline: &Outline<'_>, periods: &[&PeriodValues]) {
    digest.count(periods.len() as u64);
    for read in periods {
        digest.text(read.period.as_str());
        for (leaf, column) in read.values.columns().iter().enumerate() {
            digest.text(&outline.leaf_item(leaf).code);
            digest.count(column.iter().flatten().count() as u64);
            for (place, value) in column.iter().enumerate().filter_map(|(at, value)| Some((at, value?))) {
                digest.count(place as u64).number(value);
            }
        }
    }
}

/// Which values nobody delivered and what they were made of; nothing at all where the catalog fills no gap, so that a
/// digest of before stands.
fn add_imputed(digest: &mut DigestBuilder, outline: &Outline<'_>, periods: &[&PeriodValues]) {
    if !imputes(outline) {
        return;
    }
    digest.text("imputed").count(periods.len() as u64);
    for read in periods {
        digest.text(read.period.as_str()).count(read.imputed.len() as u64);
        for cell in &read.imputed {
            digest.text(&outline.leaf_item(cell.leaf_at).code).count(cell.place_at as u64);
            digest.text(cell.imputation.method());
            add_optional_count(digest, cell.imputation.places());
            for neighbour in cell.imputation.earlier().into_iter().chain(cell.imputation.later()) {
                digest.text(neighbour.period.as_str()).number(neighbour.value);
            }
        }
    }
}

fn add_threshold(digest: &mut DigestBuilder, threshold: Threshold) {
    digest.text(threshold.status().as_str());
    if let Some(goalposts) = threshold.goalposts() {
        digest.number(goalposts.lower()).number(goalposts.upper());
        add_treatment(digest, goalposts.treatment());
    }
}

/// How outliers are treated; nothing where they are not.
fn add_treatment(digest: &mut DigestBuilder, treatment: Treatment) {
    match treatment {
        Treatment::Untreated => {}
        Treatment::Winsorised(limits) => {
            digest.text("winsorised").optional_number(limits.lower).optional_number(limits.upper);
            digest.count(limits.low_points as u64).count(limits.high_points as u64);
        }
        Treatment::Logarithm(logarithm) => {
            digest.text(if logarithm.mirrored { "mirrored logarithm" } else { "logarithm" });
            digest.number(logarithm.origin);
        }
    }
}

fn add_score(digest: &mut DigestBuilder, score: &Score) {
    digest.number(score.composed.coverage);
    match score.composed.score {
        Ok(points) => digest.number(points),
        Err(absence) => digest.text(absence_word(absence)),
    };
}

fn add_group(digest: &mut DigestBuilder, outline: &Outline<'_>, plan: &Plan, group: &GroupScore) {
    digest.text(level_word(group.level)).text(&group.code);
    digest.text(group_type_name(plan, group.type_at)).text(&outline.node_item(group.node_at).code);
    digest.optional_number(group.score).count(group.places).number(group.household_share);
    add_optional_count(digest, group.rank);
}

/// The word for a level.
pub(crate) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Committee => "COMMITTEE",
        Level::Town => "TOWN",
        Level::District => "DISTRICT",
    }
}

/// A count that may be missing, exact at any size; missing is not zero.
fn add_optional_count(digest: &mut DigestBuilder, count: Option<u64>) {
    match count {
        Some(count) => digest.count(count),
        None => digest.optional_number(None),
    };
}
