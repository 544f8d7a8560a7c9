//! What holds for any values and judgements.

use proptest::prelude::*;
use xiuhua_indicators::weighting::Objective;
use xiuhua_indicators::weighting::ahp::{Ahp, RandomIndex};
use xiuhua_indicators::weighting::combine::{Combination, combine};
use xiuhua_indicators::weighting::critic::{Correlation, critic};
use xiuhua_indicators::weighting::entropy::entropy;
use xiuhua_indicators::weighting::limits::{Caps, shrink};
use xiuhua_indicators::weighting::matrix::PairwiseMatrix;
use xiuhua_indicators::weighting::pca::{Components, pca};
use xiuhua_indicators::weighting::variation::variation;

type Columns = Vec<Vec<Option<f64>>>;

const METHODS: usize = 6;

fn method(which: usize, columns: &Columns) -> Objective {
    match which {
        0 => entropy(columns).unwrap().found,
        1 => critic(columns, Correlation::Pearson).unwrap(),
        2 => critic(columns, Correlation::Spearman).unwrap(),
        3 => variation(columns).unwrap(),
        4 => pca(columns, Components::Kaiser).unwrap().found,
        _ => pca(columns, Components::First).unwrap().found,
    }
}

/// Columns of steps between 0 and 1, with gaps: ties, constants and zeros come about by themselves.
fn columns() -> impl Strategy<Value = Columns> {
    let cell = prop_oneof![3 => (0_u32..=20).prop_map(|step| Some(f64::from(step) / 20.0)), 1 => Just(None)];
    (1_usize..=6, 2_usize..=12).prop_flat_map(move |(columns, places)| {
        prop::collection::vec(prop::collection::vec(cell.clone(), places), columns)
    })
}

fn weights(length: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![4 => 0.001_f64..1.0, 1 => Just(0.0)], length)
        .prop_filter("something weighs", |weights| weights.iter().sum::<f64>() > 0.0)
        .prop_map(|weights| {
            let total: f64 = weights.iter().sum();
            weights.iter().map(|weight| weight / total).collect()
        })
}

/// Judgements on Saaty's seventeen steps.
fn judgements() -> impl Strategy<Value = PairwiseMatrix> {
    (1_usize..=10).prop_flat_map(|items| {
        prop::collection::vec((1_u32..=9, any::<bool>()), items * items).prop_map(move |steps| {
            PairwiseMatrix::from_pairs(items, |row, column| {
                let (step, turned) = steps[row * items + column];
                if turned { 1.0 / f64::from(step) } else { f64::from(step) }
            })
            .unwrap()
        })
    })
}

fn close(left: &[f64], right: &[f64], tolerance: f64) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| (left - right).abs() <= tolerance)
}

proptest! {
    #[test]
    fn weights_of_every_method_are_shares(columns in columns()) {
        for which in 0..METHODS {
            let found = method(which, &columns);
            prop_assert!(found.weights.iter().all(|weight| (0.0..=1.0).contains(weight)), "{which}: {found:?}");
            prop_assert!((found.weights.iter().sum::<f64>() - 1.0).abs() <= 1e-12, "{which}: {found:?}");
            if !found.equal_by_default {
                prop_assert!(found.left_out.iter().all(|(at, _)| found.weights[*at] <= 0.0), "{which}");
            }
        }
    }

    #[test]
    fn the_order_of_places_changes_nothing_but_round_off(columns in columns(), turn in 0_usize..12) {
        let turned: Columns = columns.iter().map(|cells| {
            let mut cells = cells.clone();
            let turn = turn % cells.len();
            cells.rotate_left(turn);
            cells
        }).collect();
        for which in 0..METHODS {
            prop_assert!(close(&method(which, &columns).weights, &method(which, &turned).weights, 1e-9), "{which}");
        }
    }

    #[test]
    fn the_order_of_columns_changes_nothing_but_their_order(columns in columns(), turn in 0_usize..6) {
        let turn = turn % columns.len();
        let mut turned = columns.clone();
        turned.rotate_left(turn);
        for which in 0..METHODS {
            let mut expected = method(which, &columns).weights;
            expected.rotate_left(turn);
            prop_assert!(close(&expected, &method(which, &turned).weights, 1e-9), "{which}");
        }
    }

    #[test]
    fn a_common_factor_changes_nothing(columns in columns(), factor in 0.01_f64..100.0) {
        let scaled: Columns =
            columns.iter().map(|cells| cells.iter().map(|cell| cell.map(|value| value * factor)).collect()).collect();
        for which in 0..METHODS {
            prop_assert!(close(&method(which, &columns).weights, &method(which, &scaled).weights, 1e-9), "{which}");
        }
    }

    #[test]
    fn a_shift_changes_neither_correlations_nor_components(columns in columns(), shift in 0.5_f64..2.0) {
        let shifted: Columns =
            columns.iter().map(|cells| cells.iter().map(|cell| cell.map(|value| value + shift)).collect()).collect();
        for which in [1, 2, 4, 5] {
            prop_assert!(close(&method(which, &columns).weights, &method(which, &shifted).weights, 1e-9), "{which}");
        }
    }

    #[test]
    fn judgements_give_shares_that_never_depend_on_the_order_of_items(matrix in judgements(), turn in 0_usize..10) {
        let found = Ahp::inspect(&matrix, RandomIndex::default());
        prop_assert!(found.weights.iter().all(|weight| *weight > 0.0));
        prop_assert!((found.weights.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
        prop_assert!(found.lambda_max >= matrix.size() as f64 - 1e-9);
        let (size, turn) = (matrix.size(), turn % matrix.size());
        let turned = PairwiseMatrix::new(
            &(0..size)
                .map(|row| (0..size).map(|at| matrix.at((row + turn) % size, (at + turn) % size)).collect())
                .collect::<Vec<Vec<f64>>>(),
        )
        .unwrap();
        let mut expected = found.weights.clone();
        expected.rotate_left(turn);
        prop_assert!(close(&expected, &Ahp::inspect(&turned, RandomIndex::default()).weights, 1e-10));
    }

    #[test]
    fn judgements_made_of_weights_give_them_back(weights in prop::collection::vec(1.0_f64..3.0, 1..=10)) {
        let matrix = PairwiseMatrix::from_pairs(weights.len(), |row, column| weights[row] / weights[column]).unwrap();
        let found = Ahp::accepted(&matrix, RandomIndex::default()).unwrap();
        let total: f64 = weights.iter().sum();
        let expected: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
        prop_assert!(close(&found.weights, &expected, 1e-12));
        prop_assert!(found.consistency_ratio <= 1e-9 && found.geometric_consistency_index <= 1e-9);
    }

    #[test]
    fn joint_judgements_stay_on_the_scale_and_of_one_mind_they_stay_what_they_are(
        matrix in judgements(), weight in 0.1_f64..10.0,
    ) {
        let joint = PairwiseMatrix::aggregate(&[(&matrix, weight), (&matrix, 1.0)]).unwrap();
        for row in 0..matrix.size() {
            prop_assert!(close(joint.row(row), matrix.row(row), 1e-12));
        }
    }

    #[test]
    fn combined_weights_are_shares_and_agreement_stays(one in weights(4), other in weights(4)) {
        let all = [Combination::Mean(0.3), Combination::Product, Combination::SquareRoot, Combination::GameTheory];
        for combination in all {
            if let Ok(found) = combine(&one, &other, combination) {
                prop_assert!(found.weights.iter().all(|weight| (0.0..=1.0).contains(weight)));
                prop_assert!((found.weights.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
            }
        }
        for combination in [Combination::Mean(0.3), Combination::SquareRoot, Combination::GameTheory] {
            prop_assert!(close(&combine(&one, &one, combination).unwrap().weights, &one, 1e-12));
        }
    }

    #[test]
    fn capped_weights_are_inside_in_order_and_shares(
        weights in weights(1..=12), lower in 0.0_f64..=1.0, upper in 1.0_f64..4.0, shrinkage in 0.0_f64..=1.0,
    ) {
        let caps = Caps::new(lower, upper).unwrap();
        let count = weights.len() as f64;
        let found = caps.apply(&weights).weights;
        prop_assert!((found.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
        let inside = |weight: &f64| *weight >= lower / count - 1e-9 && *weight <= upper / count + 1e-9;
        prop_assert!(found.iter().all(inside), "{found:?}");
        for (at, weight) in weights.iter().enumerate() {
            for (other_at, other) in weights.iter().enumerate() {
                prop_assert!(weight > other || found[at] <= found[other_at] + 1e-9);
            }
        }
        // Again nothing moves, and shrinking stays inside.
        prop_assert!(close(&caps.apply(&found).weights, &found, 1e-9));
        let shrunk = shrink(&found, shrinkage).unwrap();
        prop_assert!((shrunk.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
        prop_assert!(shrunk.iter().all(inside));
    }
}
