//! What must hold for any input: the same bits in any order and any split.

use proptest::prelude::*;
use xiuhua_indicators::assess::Assessed;
use xiuhua_indicators::catalog::{Direction, Impute, Leaf, Reads, ThresholdPolicy, Transform, Treat};
use xiuhua_indicators::column::Column;
use xiuhua_indicators::compose::{Composer, NodeColumn, NodeScore};
use xiuhua_indicators::normalise::Scaler;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::threshold::{Goalposts, Threshold, ThresholdStatus, fix_threshold};
use xiuhua_indicators::weight::{declared_weights, effective_weights};

use crate::reference::assess_scenario;
use crate::reference::scenario::{Scenario, scenario};

/// One place's results, numbers as bits.
fn bits_of_place(assessed: &Assessed, place: usize) -> Vec<(Option<u64>, u64, Option<usize>)> {
    let nodes = assessed.scored.nodes.iter().zip(&assessed.scored.standings);
    nodes
        .map(|(scores, standings)| {
            let score = scores.get(place);
            let rank = standings.get(place).map(|standing| standing.rank);
            (score.value().map(f64::to_bits), score.coverage.to_bits(), rank)
        })
        .collect()
}

fn permuted(scenario: &Scenario, order: &[usize]) -> Scenario {
    let table = |table: &Table| {
        let column = |column: &Column| order.iter().map(|&place| column.get(place)).collect();
        Table::from_columns(order.len(), table.columns().iter().map(column).collect()).unwrap()
    };
    let new_place = |place: &usize| order.iter().position(|old| old == place).unwrap();
    Scenario {
        catalog: scenario.catalog.clone(),
        types: order.iter().map(|&place| scenario.types[place]).collect(),
        // Members come in another order too.
        samples: scenario.samples.iter().map(|sample| sample.iter().rev().map(new_place).collect()).collect(),
        periods: scenario.periods.iter().map(table).collect(),
    }
}

fn scenario_and_order() -> impl Strategy<Value = (Scenario, Vec<usize>)> {
    scenario().prop_flat_map(|scenario| {
        let order: Vec<usize> = (0..scenario.types.len()).collect();
        (Just(scenario), Just(order).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_order_of_places_does_not_change_a_bit((scenario, order) in scenario_and_order()) {
        let straight = assess_scenario(&scenario);
        let shuffled = assess_scenario(&permuted(&scenario, &order));
        prop_assert_eq!(&straight.thresholds, &shuffled.thresholds);
        for (new, &old) in order.iter().enumerate() {
            prop_assert_eq!(bits_of_place(&straight, old), bits_of_place(&shuffled, new));
        }
    }

    #[test]
    fn scores_stay_on_their_scale_and_coverage_is_a_share(scenario in scenario()) {
        let assessed = assess_scenario(&scenario);
        let scale = scenario.catalog.scale;
        for score in assessed.scored.nodes.iter().flat_map(NodeColumn::iter) {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&score.coverage));
            if let Some(value) = score.value() {
                prop_assert!((0.0..=scale * (1.0 + 1e-12)).contains(&value));
            }
        }
    }
}

#[test]
fn splitting_places_over_calls_does_not_change_a_bit() {
    let catalog = xiuhua_indicators::catalog::Catalog::parse(
        xiuhua_indicators::shipped::shipped("pudong-2021").expect("it is shipped"),
    )
    .expect("it is valid");
    let outline = Outline::of(&catalog);
    let weights =
        effective_weights(&outline, &declared_weights(&catalog), &[ThresholdStatus::Ok; 35]).unwrap();
    let composer = Composer::new(&outline, &weights).unwrap();

    // More places than any block the composer may work in, every seventh cell missing.
    let places: Vec<usize> = (0..1000).collect();
    let mut z = Table::missing(35, places.len());
    for leaf in 0..35 {
        for place in 0..places.len() {
            let step = (place * 31 + leaf * 17) % 101;
            z.column_mut(leaf).set(place, (step % 7 != 0).then_some(step as f64 / 100.0));
        }
    }
    let whole = composer.compose(&z, &places).unwrap();
    assert!(whole.columns[0].iter().filter(|score| score.value().is_some()).count() > 900);
    for size in [1, 3, 255, 256, 257, 999] {
        for chunk in places.chunks(size) {
            let part = composer.compose(&z, chunk).unwrap();
            for (whole, part) in whole.columns.iter().zip(&part.columns) {
                let expected: Vec<NodeScore> = chunk.iter().map(|&place| whole.get(place)).collect();
                assert_eq!(expected, part.iter().collect::<Vec<_>>());
            }
        }
    }
}

/// A leaf under a logarithm with fixed goalposts.
fn logarithmic_leaf(direction: Direction, lower: f64, upper: f64) -> Leaf {
    Leaf {
        reads: Reads::Measure(0),
        direction,
        transform: Transform::Ln,
        threshold: ThresholdPolicy::Fixed { lower, upper },
        treat: Treat::None,
        impute: Impute::None,
        evidence: String::new(),
        note: String::new(),
    }
}

proptest! {
    #[test]
    fn a_capped_value_under_a_logarithm_is_a_share_however_near_the_goalposts_are(
        lower in 1e-300..1e300_f64,
        steps in 1..64_u64,
        value in prop_oneof![1e-300..1e300_f64, Just(f64::MIN_POSITIVE), Just(f64::MAX), Just(-1.0), Just(0.0)],
        inverse in any::<bool>(),
    ) {
        let direction = if inverse { Direction::Inverse } else { Direction::Positive };
        let upper = f64::from_bits(lower.to_bits() + steps);
        let leaf = logarithmic_leaf(direction, lower, upper);
        let scaler = Scaler::new(&leaf, Goalposts::new(lower, upper).unwrap());
        let threshold = fix_threshold(&leaf, None, std::iter::empty());
        prop_assert_eq!(threshold.status() == ThresholdStatus::Ok, scaler.is_some());
        for value in [value, lower, upper] {
            if let Some(scaled) = scaler.and_then(|scaler| scaler.scale(value)) {
                prop_assert!((0.0..=1.0).contains(&scaled.capped), "{:?}", scaled);
                prop_assert!(scaled.raw.is_finite());
            }
        }
    }
}

#[test]
fn goalposts_with_one_logarithm_are_degenerate_and_scale_nothing() {
    let (lower, upper) = (1e10_f64, 1e10_f64.next_up());
    let leaf = logarithmic_leaf(Direction::Positive, lower, upper);
    assert_eq!(fix_threshold(&leaf, None, std::iter::empty()), Threshold::Degenerate);
    assert!(Scaler::new(&leaf, Goalposts::new(lower, upper).unwrap()).is_none());
}
