//! Contributions, attribution of a change, diagnosis.

use proptest::prelude::*;
use xiuhua_indicators::attribution::{AttributionError, State, attribute_change};
use xiuhua_indicators::catalog::{Direction, Mean, Over};
use xiuhua_indicators::compose::{Absence, Composer};
use xiuhua_indicators::contribution::contributions;
use xiuhua_indicators::diagnosis::{diagnose, type_medians};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::threshold::{Goalposts, Threshold, ThresholdStatus};
use xiuhua_indicators::weight::{declared_weights, effective_weights};

use crate::reference::assess_scenario;
use crate::reference::scenario::scenario;
use crate::sketch::{self, LeafSketch, NodeSketch, Sketch, group, leaf};

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn contributions_sum_to_the_score_under_every_policy(scenario in scenario()) {
        let assessed = assess_scenario(&scenario);
        let outline = Outline::of(&scenario.catalog);
        let scale = scenario.catalog.scale;
        for (place, kind) in scenario.types.iter().enumerate() {
            let Some(kind) = *kind else { continue };
            let composer = Composer::new(&outline, &assessed.scored.weights[kind]).unwrap();
            let z = assessed.scored.z.row(place);
            for node in 0..outline.node_count() {
                let score = assessed.scored.nodes[node].get(place).score;
                let found = contributions(&composer, node, &z).unwrap();
                prop_assert_eq!(found.as_ref().err(), score.as_ref().err());
                let (Ok(found), Ok(score)) = (found, score) else { continue };
                prop_assert!(close(found.iter().map(|part| part.points).sum(), score));
                prop_assert!(close(found.iter().map(|part| part.share).sum(), 1.0));
                for part in found {
                    prop_assert!(part.lost >= -1e-9 && close(part.points + part.lost, part.share * scale));
                    prop_assert!(z[part.leaf].is_some());
                }
            }
        }
    }

    #[test]
    fn attributed_effects_sum_to_the_change(scenario in scenario(), other in any::<prop::sample::Index>()) {
        let assessed = assess_scenario(&scenario);
        let outline = Outline::of(&scenario.catalog);
        let classified: Vec<usize> =
            (0..scenario.types.len()).filter(|&place| scenario.types[place].is_some()).collect();
        prop_assume!(!classified.is_empty());
        // Two places of (perhaps) two types stand for two times: values and thresholds both differ.
        let (one, two) = (classified[0], classified[other.index(classified.len())]);
        let values = [one, two].map(|place| assessed.values.row(place));
        let thresholds = [one, two].map(|place| -> Vec<Threshold> {
            let kind = scenario.types[place].unwrap();
            assessed.thresholds[kind].iter().map(|leaf| leaf.threshold).collect()
        });
        let declared = declared_weights(&scenario.catalog);
        let squared: Vec<f64> = declared.iter().map(|weight| weight * weight).collect();
        let before = State { values: &values[0], thresholds: &thresholds[0], weights: &declared };
        let after = State { values: &values[1], thresholds: &thresholds[1], weights: &declared };
        for node in 0..outline.node_count() {
            let scores = [one, two].map(|place| assessed.scored.nodes[node].get(place).value());
            match attribute_change(&outline, node, &before, &after) {
                Ok(found) => {
                    prop_assert!(close(found.total.sum(), scores[1].unwrap() - scores[0].unwrap()));
                    prop_assert!(close(found.leaves.iter().map(|leaf| leaf.sum()).sum(), found.total.sum()));
                    prop_assert!(found.total.weights.abs() < 1e-9);
                }
                Err(AttributionError::NoScore { .. }) => {}
                Err(error) => prop_assert!(false, "{}", error),
            }
            // Only the weights differ: all of the change is theirs.
            let reweighted = State { weights: &squared, ..before };
            if let Ok(found) = attribute_change(&outline, node, &before, &reweighted) {
                prop_assert!(close(found.total.values, 0.0) && close(found.total.thresholds, 0.0));
            }
        }
    }
}

fn two_leaves() -> NodeSketch {
    let inverse = LeafSketch { direction: Direction::Inverse, ..leaf("Q", 12.5) };
    group("INDEX", vec![Sketch::Leaf(leaf("P", 12.5)), Sketch::Leaf(inverse)])
}

fn between(lower: f64, upper: f64) -> Threshold {
    Threshold::Ok(Goalposts::new(lower, upper).unwrap())
}

#[test]
fn contributions_of_the_worked_example_are_25_and_40() {
    let catalog = sketch::catalog(&two_leaves());
    let outline = Outline::of(&catalog);
    let weights =
        effective_weights(&outline, &declared_weights(&catalog), &[ThresholdStatus::Ok; 2]).unwrap();
    let composer = Composer::new(&outline, &weights).unwrap();
    let found = contributions(&composer, 0, &[Some(0.5), Some(0.8)]).unwrap().unwrap();
    assert!(close(found[0].points, 25.0) && close(found[1].points, 40.0));
    assert!(close(found[0].lost, 25.0) && close(found[1].lost, 10.0));
    assert_eq!(contributions(&composer, 0, &[Some(0.5), None]).unwrap(), Err(Absence::LowCoverage));
}

#[test]
fn a_geometric_mean_is_split_by_logarithms() {
    let catalog =
        sketch::catalog(&NodeSketch { mean: Mean::Geometric, over: Over::Children, ..two_leaves() });
    let outline = Outline::of(&catalog);
    let weights =
        effective_weights(&outline, &declared_weights(&catalog), &[ThresholdStatus::Ok; 2]).unwrap();
    let composer = Composer::new(&outline, &weights).unwrap();
    // The mean is 50; ln 0.25 : ln 1 = all : nothing, so the first leaf has lost all 50 points.
    let found = contributions(&composer, 0, &[Some(0.25), Some(1.0)]).unwrap().unwrap();
    assert!(close(found[0].points, 0.0) && close(found[1].points, 50.0));
    // ln 0.25 : ln 0.5 = 2 : 1.
    let found = contributions(&composer, 0, &[Some(0.25), Some(0.5)]).unwrap().unwrap();
    assert!(close(found[0].lost, 2.0 * found[1].lost));
}

#[test]
fn a_change_of_one_factor_is_all_its_own() {
    let catalog = sketch::catalog(&two_leaves());
    let outline = Outline::of(&catalog);
    let declared = declared_weights(&catalog);
    let thresholds = [between(36.0, 88.0), between(0.0, 5.5)];
    let before = State { values: &[Some(62.0), Some(1.1)], thresholds: &thresholds, weights: &declared };

    let grown = State { values: &[Some(75.0), Some(1.1)], ..before };
    let found = attribute_change(&outline, 0, &before, &grown).unwrap();
    assert!(close(found.total.values, 12.5) && close(found.leaves[0].values, 12.5));
    assert!(close(found.total.thresholds, 0.0) && close(found.total.weights, 0.0));

    let moved = [between(36.0, 140.0), between(0.0, 5.5)];
    let found = attribute_change(&outline, 0, &before, &State { thresholds: &moved, ..before }).unwrap();
    assert!(close(found.total.thresholds, -12.5) && close(found.total.values, 0.0));

    let reweighted: Vec<f64> = vec![25.0, 20.0, 5.0];
    let found = attribute_change(&outline, 0, &before, &State { weights: &reweighted, ..before }).unwrap();
    assert!(close(found.total.weights, 100.0 * (0.8 * 0.5 + 0.2 * 0.8) - 65.0));
}

#[test]
fn an_indicator_that_goes_out_of_use_is_an_effect_of_the_thresholds() {
    let catalog = sketch::catalog(&two_leaves());
    let outline = Outline::of(&catalog);
    let declared = declared_weights(&catalog);
    let values = [Some(62.0), Some(1.1)];
    let before =
        State { values: &values, thresholds: &[between(36.0, 88.0), between(0.0, 5.5)], weights: &declared };
    let after = State { thresholds: &[between(36.0, 88.0), Threshold::Degenerate], ..before };
    let found = attribute_change(&outline, 0, &before, &after).unwrap();
    assert!(close(found.total.thresholds, 50.0 - 65.0) && close(found.total.sum(), -15.0));
}

#[test]
fn a_change_from_nothing_cannot_be_attributed() {
    let catalog = sketch::catalog(&two_leaves());
    let outline = Outline::of(&catalog);
    let declared = declared_weights(&catalog);
    let thresholds = [between(36.0, 88.0), between(0.0, 5.5)];
    let before = State { values: &[None, Some(1.1)], thresholds: &thresholds, weights: &declared };
    let after = State { values: &[Some(62.0), Some(1.1)], ..before };
    let error = attribute_change(&outline, 0, &before, &after).unwrap_err();
    assert!(matches!(
        error,
        AttributionError::NoScore { absence: Absence::LowCoverage, new_values: false, .. }
    ));
}

#[test]
fn a_loss_is_common_where_the_median_of_the_type_is_low() {
    let catalog = sketch::catalog(&two_leaves());
    let outline = Outline::of(&catalog);
    let weights =
        effective_weights(&outline, &declared_weights(&catalog), &[ThresholdStatus::Ok; 2]).unwrap();
    let composer = Composer::new(&outline, &weights).unwrap();
    let p = vec![Some(0.2), Some(0.4), Some(0.0), None];
    let q = vec![Some(0.9), Some(0.7), Some(0.1), None];
    let z = Table::from_columns(4, vec![p.into(), q.into()]).unwrap();
    let medians = type_medians(&z, &[0, 1, 2, 3]).unwrap();
    assert_eq!(medians, [Some(0.2), Some(0.7)]);

    let losses = diagnose(&composer, 0, &z.row(2), &medians, catalog.common_cut).unwrap();
    assert!(close(losses[0].points, 10.0) && losses[0].common);
    assert!(close(losses[1].points, 30.0) && !losses[1].common);
    // A place that does better than its type has a negative loss; one that is not observed has none.
    let losses = diagnose(&composer, 0, &z.row(0), &medians, catalog.common_cut).unwrap();
    assert!(close(losses[1].points, -10.0));
    assert!(diagnose(&composer, 0, &z.row(3), &medians, catalog.common_cut).unwrap().is_empty());
    // What is missing leaves the weight of the rest.
    let losses = diagnose(&composer, 0, &[Some(0.0), None], &medians, catalog.common_cut).unwrap();
    assert!(losses.len() == 1 && close(losses[0].points, 20.0));
}
