//! Quick wins and peers: every promised gain is the score computed again, and nearness is what a plain rule says.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use xiuhua_indicators::assess::{Scored, Scoring, score};
use xiuhua_indicators::catalog::{Bounds, Direction, Impute, ItemKind, Mean, Over};
use xiuhua_indicators::compose::Absence;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::peers::{Profile, Yardstick, doing_better, nearest};
use xiuhua_indicators::quick_wins::{Goal, NoStep, QuickWin, TypeSpread, quick_wins};
use xiuhua_indicators::table::Table;
use xiuhua_indicators::threshold::{Goalposts, Threshold};
use xiuhua_indicators::weight::declared_weights;
use xiuhua_indicators::what_if::{PlaceRecord, WhatIf};

use crate::reference::assess_scenario;
use crate::reference::scenario::scenario;
use crate::sketch::{self, LeafSketch, NodeSketch, Sketch, group, leaf};

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1.0)
}

/// Scores of the nodes before the period, which derived leaves are the change from.
fn previous(scored: &Scored, leaves: usize, place: usize) -> Vec<Option<f64>> {
    let mut previous = vec![None; leaves];
    scored.derived.iter().for_each(|derived| previous[derived.leaf] = derived.previous.get(place));
    previous
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The whole assessment is run again on the changed values, under the thresholds there are.
    #[test]
    fn what_would_be_is_what_assessing_the_changed_record_gives(
        mut scenario in scenario(), at in any::<prop::sample::Index>(), leaf in any::<prop::sample::Index>(), to in -3.0..4.0,
    ) {
        // A question changes what stands, gaps filled; filling from the changed value anew would be another record.
        for item in &mut scenario.catalog.items {
            if let ItemKind::Leaf(leaf) = &mut item.kind {
                leaf.impute = Impute::None;
            }
        }
        let assessed = assess_scenario(&scenario);
        let outline = Outline::of(&scenario.catalog);
        let place = at.index(scenario.types.len());
        let observed: Vec<usize> =
            (0..outline.leaf_count()).filter(|&leaf| outline.changing_node(leaf).is_none()).collect();
        let changed = observed[leaf.index(observed.len())];
        prop_assume!(scenario.types[place].is_some());
        let kind = scenario.types[place].unwrap();
        let thresholds: Vec<Vec<Threshold>> = assessed
            .thresholds
            .iter()
            .map(|leaves| leaves.iter().map(|leaf| leaf.threshold).collect())
            .collect();
        let declared = declared_weights(&scenario.catalog);
        let what_if = WhatIf::new(&outline, &PlaceRecord {
            z: &assessed.scored.z.row(place),
            previous: &previous(&assessed.scored, outline.leaf_count(), place),
            thresholds: &thresholds[kind],
            declared_weights: &declared,
        }).unwrap();

        let mut values = scenario.periods.last().unwrap().clone();
        values.column_mut(changed).set(place, Some(to));
        let members = xiuhua_indicators::assess::members_by_type(&scenario.types, thresholds.len()).unwrap();
        let rescaled = |table: &Table| {
            xiuhua_indicators::normalise::scale_table(&outline, &thresholds, &members, table).unwrap().capped
        };
        let before = scenario.periods.len().checked_sub(2).map(|at| rescaled(&scenario.periods[at]));
        let again = score(&Scoring {
            outline: &outline,
            declared_weights: &vec![declared.clone(); thresholds.len()],
            types: &scenario.types,
            thresholds: &thresholds,
            current: &rescaled(&values),
            previous: before.as_ref(),
        }).unwrap();
        for node in 0..outline.node_count() {
            prop_assert_eq!(what_if.score(node, &[]).unwrap(), assessed.scored.nodes[node].get(place));
            let (found, expected) = (what_if.score(node, &[(changed, to)]).unwrap(), again.nodes[node].get(place));
            prop_assert!(close(found.coverage, expected.coverage));
            match (found.score, expected.score) {
                (Ok(found), Ok(expected)) => prop_assert!(close(found, expected), "{found} is not {expected}"),
                (found, expected) => prop_assert_eq!(found, expected),
            }
        }
    }

    #[test]
    fn a_place_is_its_own_nearest_and_nearness_goes_both_ways(
        profiles in vec(profile(), 2..12), scale in 0.1..100.0, shift in -50.0..50.0,
    ) {
        let yardstick = Yardstick::of(&profiles).unwrap();
        let moved: Vec<Profile> = profiles.iter().map(|profile| Profile {
            features: profile.features.iter().map(|value| value.map(|value| value * scale + shift)).collect(),
            labels: profile.labels.clone(),
        }).collect();
        let other_units = Yardstick::of(&moved).unwrap();
        for (left, of_left) in profiles.iter().enumerate() {
            if let Some(own) = yardstick.nearness(of_left, of_left) {
                prop_assert!(own.distance.abs() < 1e-15);
            }
            for (right, of_right) in profiles.iter().enumerate() {
                let found = yardstick.nearness(of_left, of_right);
                prop_assert_eq!(found, yardstick.nearness(of_right, of_left));
                prop_assert_eq!(found.map(|it| it.distance), plain_distance(&profiles, left, right));
                if let Some(found) = found {
                    prop_assert!((0.0..=1.0).contains(&found.distance));
                    let elsewhere = other_units.nearness(&moved[left], &moved[right]).unwrap();
                    prop_assert!(close(found.distance, elsewhere.distance));
                }
            }
            let all = nearest(&profiles, left, usize::MAX).unwrap();
            prop_assert_eq!(all.comparable, all.peers.len());
            prop_assert!(all.peers.windows(2).all(|two| two[0].nearness.distance <= two[1].nearness.distance));
            prop_assert!(all.peers.iter().all(|peer| peer.place != left));
            let few = nearest(&profiles, left, 2).unwrap();
            prop_assert_eq!(&few.peers[..], &all.peers[..all.peers.len().min(2)]);
        }
    }
}

fn profile() -> impl Strategy<Value = Profile> {
    let features = vec(option::weighted(0.8, (0..6u8).prop_map(f64::from)), 3);
    let labels = vec(prop::sample::select(vec![0.0, 0.0, 0.25, 1.0]), 2);
    (features, labels).prop_map(|(features, labels)| Profile { features, labels })
}

/// The rule of `peers`, said again the slow way.
fn plain_distance(profiles: &[Profile], left: usize, right: usize) -> Option<f64> {
    let (left, right) = (&profiles[left], &profiles[right]);
    let (mut parts, mut known) = (Vec::new(), 0_usize);
    for feature in 0..left.features.len() {
        let mut all: Vec<f64> = profiles.iter().filter_map(|profile| profile.features[feature]).collect();
        all.sort_by(f64::total_cmp);
        let quartile = |share: f64| {
            let at = share * (all.len() - 1) as f64;
            let low = (0..all.len()).rfind(|low| *low as f64 <= at).unwrap();
            all[low] + (at - low as f64) * (all[(low + 1).min(all.len() - 1)] - all[low])
        };
        if all.is_empty() || all[0] >= all[all.len() - 1] {
            continue;
        }
        let middle = quartile(0.75) - quartile(0.25);
        let scale = if middle > 0.0 { middle } else { all[all.len() - 1] - all[0] };
        known += usize::from(left.features[feature].is_some() || right.features[feature].is_some());
        if let (Some(left), Some(right)) = (left.features[feature], right.features[feature]) {
            parts.push(f64::min(1.0, (left - right).abs() / scale));
        }
    }
    let is_enough = !parts.is_empty() && 2 * parts.len() >= known;
    let features = is_enough.then(|| parts.iter().sum::<f64>() / parts.len() as f64);
    let sum = |pick: fn(f64, f64) -> f64| -> f64 {
        left.labels.iter().zip(&right.labels).map(|(left, right)| pick(*left, *right)).sum()
    };
    let labels = (sum(f64::max) > 0.0).then(|| 1.0 - sum(f64::min) / sum(f64::max));
    match (features, labels) {
        (Some(features), Some(labels)) => Some((features + labels) / 2.0),
        (None, _) if known > 0 => None,
        (one, other) => one.or(other),
    }
}

#[test]
fn peers_are_compared_by_what_both_have_and_not_at_all_by_too_little() {
    let place = |features: [Option<f64>; 3]| Profile { features: features.to_vec(), labels: vec![] };
    let profiles = [
        place([Some(0.0), Some(0.0), None]),
        place([Some(1.0), None, None]),
        place([None, None, Some(5.0)]),
        place([Some(4.0), Some(8.0), Some(9.0)]),
    ];
    let found = nearest(&profiles, 0, 9).unwrap();
    // The third has nothing in common with the first; the second shares one feature of two.
    assert_eq!(found.peers.iter().map(|peer| peer.place).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(found.comparable, 2);
    assert_eq!(found.peers[0].nearness.features_compared, 1);
    // Households 0, 1, 4: quartiles 0.5 and 2.5.
    assert!(close(found.peers[0].nearness.distance, 0.5));
    assert!(close(found.peers[1].nearness.distance, 1.0));
}

#[test]
fn a_teacher_has_more_than_the_place_and_than_the_middle_of_the_type() {
    let values = [Some(0.4), None, Some(0.9), Some(0.6), Some(0.2)];
    let found: Vec<(usize, f64)> =
        doing_better(0.3, 0.5, &values).iter().map(|it| (it.peer, it.value)).collect();
    assert_eq!(found, [(2, 0.9), (3, 0.6)]);
    assert!(doing_better(0.95, 0.5, &values).is_empty());
}

/// P between 0 and 10, Q (inverse) between 0 and 10, S a state between 0 and 1.1; one place in a type of five.
struct Estate {
    mean: Mean,
    values: [Option<f64>; 3],
}

const TYPE: [[f64; 5]; 3] =
    [[2.0, 4.0, 6.0, 8.0, 10.0], [1.0, 2.0, 3.0, 4.0, 5.0], [0.0, 0.0, 1.0, 1.0, 1.0]];

impl Estate {
    fn wins(&self) -> Result<Vec<QuickWin>, Absence> {
        let state = Bounds { lower: Some(0.0), upper: Some(1.0), lower_open: false, upper_open: false };
        let index = NodeSketch {
            mean: self.mean,
            over: Over::Leaves,
            ..group(
                "INDEX",
                vec![
                    Sketch::Leaf(leaf("P", 1.0)),
                    Sketch::Leaf(LeafSketch { direction: Direction::Inverse, ..leaf("Q", 2.0) }),
                    Sketch::Leaf(LeafSketch { bounds: state, ..leaf("S", 1.0) }),
                ],
            )
        };
        let catalog = sketch::catalog(&index);
        let outline = Outline::of(&catalog);
        let between = |upper| Threshold::Ok(Goalposts::new(0.0, upper).unwrap());
        let thresholds = [between(10.0), between(10.0), between(1.1)];
        let scaled = |at: usize| {
            let leaf = outline.leaves().nth(at).unwrap();
            let scaler = xiuhua_indicators::normalise::Scaler::new(leaf, thresholds[at].goalposts().unwrap());
            self.values[at].map(|value| scaler.unwrap().scale(value).unwrap().capped)
        };
        let what_if = WhatIf::new(
            &outline,
            &PlaceRecord {
                z: &[0, 1, 2].map(scaled),
                previous: &[None; 3],
                thresholds: &thresholds,
                declared_weights: &declared_weights(&catalog),
            },
        )
        .unwrap();
        let spreads: Vec<TypeSpread> = outline
            .leaves()
            .enumerate()
            .map(|(at, leaf)| TypeSpread::of(leaf.direction, outline.natural_bounds(at), TYPE[at]))
            .collect();
        quick_wins(&outline, &what_if, 0, &self.values, &thresholds, &spreads).unwrap()
    }
}

#[test]
fn a_step_to_the_median_and_to_the_best_quarter_is_worth_what_the_weights_say() {
    // z: 0.4, 0.5, 0; weights 1, 2, 1.
    let wins = Estate { mean: Mean::Arithmetic, values: [Some(4.0), Some(5.0), Some(0.0)] }.wins().unwrap();
    let told: Vec<Vec<(Goal, f64, f64)>> = wins
        .iter()
        .map(|win| {
            win.steps.as_ref().unwrap().iter().map(|step| (step.goal, step.target, step.change)).collect()
        })
        .collect();
    assert_eq!(
        told,
        [
            vec![(Goal::Median, 6.0, 2.0), (Goal::BestQuarter, 8.0, 4.0)],
            vec![(Goal::Median, 3.0, -2.0), (Goal::BestQuarter, 2.0, -3.0)],
            vec![(Goal::NextLevel, 1.0, 1.0)],
        ]
    );
    let gains: Vec<f64> =
        wins.iter().flat_map(|win| win.steps.as_ref().unwrap()).map(|step| step.gain).collect();
    let expected = [0.25 * 20.0, 0.25 * 40.0, 0.5 * 20.0, 0.5 * 30.0, 0.25 * 100.0 / 1.1];
    assert!(gains.iter().zip(expected).all(|(found, expected)| close(*found, expected)), "{gains:?}");
    let inverse = wins[1].steps.as_ref().unwrap();
    assert!(inverse.iter().all(|step| close(step.gain_per_unit, 5.0)));
}

#[test]
fn what_is_capped_missing_or_ahead_gives_nothing_and_says_so() {
    let wins = Estate { mean: Mean::Arithmetic, values: [Some(12.0), Some(1.5), Some(1.0)] }.wins().unwrap();
    let reasons: Vec<_> = wins.iter().map(|win| win.steps.as_ref().err().copied()).collect();
    assert_eq!(reasons, [Some(NoStep::AtBest), Some(NoStep::AheadOfType), Some(NoStep::AtBest)]);
    let wins = Estate { mean: Mean::Arithmetic, values: [Some(4.0), Some(5.0), None] }.wins().unwrap();
    assert_eq!(wins[2].steps, Err(NoStep::Missing));
    // The weight of what is missing is shared: P has a third of what is observed.
    assert!(close(wins[0].steps.as_ref().unwrap()[0].gain, 20.0 / 3.0));
}

#[test]
fn a_mean_that_punishes_imbalance_makes_the_weakest_the_quickest_win() {
    let gain = |mean, values| {
        Estate { mean, values }.wins().unwrap()[0].steps.as_ref().unwrap().last().unwrap().gain
    };
    let (weak, strong) = ([Some(1.0), Some(2.0), Some(1.0)], [Some(6.0), Some(2.0), Some(1.0)]);
    let per_point = |mean, values: [Option<f64>; 3]| gain(mean, values) / (8.0 - values[0].unwrap());
    assert!(close(per_point(Mean::Arithmetic, weak), per_point(Mean::Arithmetic, strong)));
    assert!(per_point(Mean::Geometric, weak) > 1.5 * per_point(Mean::Geometric, strong));
    // A geometric mean of a zero has no score to gain from.
    let refused = Estate { mean: Mean::Geometric, values: [Some(0.0), Some(2.0), Some(1.0)] }.wins();
    assert_eq!(refused, Err(Absence::ZeroRefused));
}

proptest! {
    #[test]
    fn a_step_further_never_gives_less(
        values in vec(option::weighted(0.9, 0.0..11.0), 2), state in option::of(0..2u8),
        mean in prop::sample::select(vec![Mean::Arithmetic, Mean::Geometric, Mean::Harmonic, Mean::Power(0.5)]),
    ) {
        let values = [values[0], values[1], state.map(f64::from)];
        let Ok(wins) = (Estate { mean, values }).wins() else { return Ok(()) };
        for win in wins {
            let Ok(steps) = win.steps else { continue };
            prop_assert!(steps.iter().all(|step| step.gain > 0.0));
            prop_assert!(steps.windows(2).all(|two| two[0].gain <= two[1].gain + 1e-12));
            prop_assert!(steps.windows(2).all(|two| two[0].change.abs() < two[1].change.abs()));
        }
    }
}
