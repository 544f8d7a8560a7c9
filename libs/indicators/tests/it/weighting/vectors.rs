//! Published examples, number for number.

use xiuhua_indicators::weighting::LeftOut;
use xiuhua_indicators::weighting::ahp::{Ahp, RandomIndex};
use xiuhua_indicators::weighting::combine::{Combination, CombineError, GameFailure, combine};
use xiuhua_indicators::weighting::critic::{Correlation, critic};
use xiuhua_indicators::weighting::entropy::entropy;
use xiuhua_indicators::weighting::limits::{Capped, Caps, shrink};
use xiuhua_indicators::weighting::matrix::{MatrixFault, PairwiseMatrix};
use xiuhua_indicators::weighting::pca::{Components, pca};
use xiuhua_indicators::weighting::variation::variation;

use super::{assert_close, columns_of, min_max};

/// Experience, education, charisma and age of a leader; after Saaty, on the discussion page of Wikipedia.
fn leader() -> PairwiseMatrix {
    matrix(&[
        &[1.0, 4.0, 3.0, 7.0],
        &[1.0 / 4.0, 1.0, 1.0 / 3.0, 3.0],
        &[1.0 / 3.0, 3.0, 1.0, 5.0],
        &[1.0 / 7.0, 1.0 / 3.0, 1.0 / 5.0, 1.0],
    ])
}

fn matrix(rows: &[&[f64]]) -> PairwiseMatrix {
    PairwiseMatrix::new(&rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_leader_of_saaty_comes_out_to_the_last_digit() {
    let found = Ahp::accepted(&leader(), RandomIndex::Saaty1980).unwrap();
    let weights = [
        0.547_569_238_961_829_7,
        0.126_555_284_373_418_62,
        0.269_949_922_452_202_56,
        0.055_925_554_212_549_02,
    ];
    assert_close(&found.weights, &weights, 1e-14);
    let geometric =
        [0.546_240_297_655_846, 0.127_584_794_000_301, 0.269_808_989_655_805, 0.056_365_918_688_048];
    assert_close(&found.geometric_weights, &geometric, 1e-14);
    assert_close(&[found.lambda_max], &[4.118_418_024_313_366], 1e-13);
    assert_close(&[found.consistency_index], &[0.039_472_674_771_121_895], 1e-13);
    assert_close(&[found.consistency_ratio], &[0.043_858_5], 5e-8);
    assert_eq!(found.random_index.name(), "saaty-1980");
    let other = Ahp::inspect(&leader(), RandomIndex::TummalaLing1998);
    assert_close(&[other.consistency_ratio], &[0.044_246_9], 5e-8);
    // The geometric index is of the geometric weights: recomputed here from its definition.
    let expected: f64 = (0..4)
        .flat_map(|row| (row + 1..4).map(move |column| (row, column)))
        .map(|(row, column)| {
            libm::log(leader().at(row, column) / (geometric[row] / geometric[column])).powi(2)
        })
        .sum();
    assert_close(&[found.geometric_consistency_index], &[expected * 2.0 / 6.0], 1e-12);
}

#[test]
fn the_candidates_of_saaty_and_their_totals_come_out() {
    type Candidate = (&'static [&'static [f64]], [f64; 3], f64);
    let candidates: [Candidate; 4] = [
        (
            &[&[1.0, 1.0 / 4.0, 4.0], &[4.0, 1.0, 9.0], &[1.0 / 4.0, 1.0 / 9.0, 1.0]],
            [0.217_165_608_802_806, 0.717_065_041_228_776, 0.065_769_349_968_418],
            3.036_895_540_778_419,
        ),
        (
            &[&[1.0, 3.0, 1.0 / 5.0], &[1.0 / 3.0, 1.0, 1.0 / 7.0], &[5.0, 7.0, 1.0]],
            [0.188_394_096_639_12, 0.080_961_231_999_751, 0.730_644_671_361_13],
            3.064_887_579_872_818,
        ),
        (
            &[&[1.0, 5.0, 9.0], &[1.0 / 5.0, 1.0, 4.0], &[1.0 / 9.0, 1.0 / 4.0, 1.0]],
            [0.742_866_622_202_038, 0.193_881_633_397_545, 0.063_251_744_400_418],
            3.071_265_312_783_175,
        ),
        (
            &[&[1.0, 1.0 / 3.0, 5.0], &[3.0, 1.0, 9.0], &[1.0 / 5.0, 1.0 / 9.0, 1.0]],
            [0.265_433_341_883_498, 0.671_625_453_014_247, 0.062_941_205_102_256],
            3.029_063_766_798_437,
        ),
    ];
    let criteria = Ahp::accepted(&leader(), RandomIndex::Saaty1980).unwrap().weights;
    let mut totals = [0.0; 3];
    for ((rows, weights, lambda), criterion) in candidates.into_iter().zip(criteria) {
        let found = Ahp::accepted(&matrix(rows), RandomIndex::Saaty1980).unwrap();
        assert_close(&found.weights, &weights, 1e-13);
        assert_close(&[found.lambda_max], &[lambda], 1e-13);
        // With three items the two methods are one.
        assert_close(&found.geometric_weights, &found.weights, 1e-13);
        for (total, weight) in totals.iter_mut().zip(&found.weights) {
            *total += criterion * weight;
        }
    }
    assert_close(&totals, &[0.358_136_769_422_365, 0.492_788_188_234_374, 0.149_075_042_343_26], 1e-13);
}

#[test]
fn the_inconsistent_matrix_of_wang_and_chin_is_refused_and_can_be_looked_at() {
    let rows: [&[f64]; 6] = [
        &[1.0, 4.0, 3.0, 1.0, 3.0, 4.0],
        &[1.0 / 4.0, 1.0, 7.0, 3.0, 1.0 / 5.0, 1.0],
        &[1.0 / 3.0, 1.0 / 7.0, 1.0, 1.0 / 5.0, 1.0 / 5.0, 1.0 / 6.0],
        &[1.0, 1.0 / 3.0, 5.0, 1.0, 1.0, 1.0 / 3.0],
        &[1.0 / 3.0, 5.0, 5.0, 1.0, 1.0, 3.0],
        &[1.0 / 4.0, 1.0, 6.0, 3.0, 1.0 / 3.0, 1.0],
    ];
    let matrix = matrix(&rows);
    let refused = Ahp::accepted(&matrix, RandomIndex::Saaty1980).unwrap_err();
    assert_close(&[refused.ratio], &[0.229], 5e-4);
    let found = Ahp::inspect(&matrix, RandomIndex::Saaty1980);
    let weights = [
        0.320_770_183_263_106,
        0.139_502_745_420_942,
        0.034_768_307_699_656,
        0.128_486_018_463_092,
        0.237_389_994_740_016,
        0.139_082_750_413_188,
    ];
    assert_close(&found.weights, &weights, 1e-13);
    assert_close(&[found.lambda_max], &[7.419_870_101_921_271], 1e-12);
    assert_close(&[found.consistency_index], &[0.283_974_020_384_254_2], 1e-12);
    assert!(!found.is_consistent());
    // By hand, over all fifteen: the one farthest from what the weights say, and it is what the refusal names.
    let worst = (0..6)
        .flat_map(|row| (row + 1..6).map(move |column| (row, column)))
        .map(|(row, column)| {
            (libm::log(rows[row][column] / (weights[row] / weights[column])).abs(), (row, column))
        })
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .unwrap();
    assert_eq!((refused.worst.row, refused.worst.column), worst.1);
    assert_close(&[refused.worst.deviation], &[worst.0], 1e-12);
    assert_close(&[refused.worst.fitting], &[weights[worst.1.0] / weights[worst.1.1]], 1e-12);
}

#[test]
fn tables_of_random_indices_are_named_and_end_at_ten() {
    let three: Vec<(&str, Option<f64>)> =
        RandomIndex::ALL.into_iter().map(|table| (table.name(), table.of(3))).collect();
    assert_eq!(
        three,
        [
            ("saaty-1980", Some(0.58)),
            ("saaty-later", Some(0.52)),
            ("tummala-ling-1998", Some(0.5799)),
            ("alonso-lamata-2006", Some(0.5245)),
        ]
    );
    assert_eq!(RandomIndex::Saaty1980.of(10), Some(1.49));
    assert_eq!((RandomIndex::Saaty1980.of(2), RandomIndex::Saaty1980.of(11)), (None, None));
    assert!(RandomIndex::ALL.into_iter().all(|table| RandomIndex::of_name(table.name()) == Some(table)));
}

#[test]
fn every_fault_of_a_matrix_is_told_at_once() {
    let faults =
        PairwiseMatrix::new(&[vec![1.0, 12.0, f64::NAN], vec![1.0 / 12.0, 2.0, 3.0], vec![0.5, 3.0, 1.0]])
            .unwrap_err();
    assert!(faults.contains(&MatrixFault::OffScale { row: 0, column: 1, value: 12.0 }));
    assert!(faults.contains(&MatrixFault::Diagonal { row: 1, value: 2.0 }));
    assert!(faults.contains(&MatrixFault::NotReciprocal { row: 1, column: 2, value: 3.0, mirror: 3.0 }));
    assert!(faults.iter().any(|fault| matches!(fault, MatrixFault::NotPositive { row: 0, column: 2, .. })));
    assert_eq!(PairwiseMatrix::new(&[]).unwrap_err(), [MatrixFault::Size { items: 0 }]);
    let eleven = vec![vec![1.0; 11]; 11];
    assert_eq!(PairwiseMatrix::new(&eleven).unwrap_err(), [MatrixFault::Size { items: 11 }]);
    let ragged = PairwiseMatrix::new(&[vec![1.0, 2.0], vec![0.5]]).unwrap_err();
    assert_eq!(ragged, [MatrixFault::NotSquare { row: 1, cells: 1, expected: 2 }]);
    // As an office writes it: 1/7 in two decimals.
    assert!(PairwiseMatrix::new(&[vec![1.0, 7.0], vec![0.14, 1.0]]).is_ok());
}

#[test]
fn two_experts_who_disagree_in_opposite_ways_agree_on_equal_weights() {
    let one = PairwiseMatrix::from_pairs(2, |_, _| 4.0).unwrap();
    let other = PairwiseMatrix::from_pairs(2, |_, _| 0.25).unwrap();
    let joint = PairwiseMatrix::aggregate(&[(&one, 1.0), (&other, 1.0)]).unwrap();
    assert_close(&Ahp::inspect(&joint, RandomIndex::Saaty1980).weights, &[0.5, 0.5], 1e-15);
    // Counted three times, the first pulls the judgement to 4^(1/2) = 2.
    let joint = PairwiseMatrix::aggregate(&[(&one, 3.0), (&other, 1.0)]).unwrap();
    assert_close(&[joint.at(0, 1)], &[2.0], 1e-14);
    assert!(PairwiseMatrix::aggregate(&[]).is_err());
    let three = PairwiseMatrix::from_pairs(3, |_, _| 1.0).unwrap();
    let faults = PairwiseMatrix::aggregate(&[(&one, 0.0), (&three, 1.0)]).unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn critic_agrees_with_diakoulaki_and_others_1995() {
    let raw = columns_of(&[
        &[61.0, 1.08, 4.33],
        &[20.7, 0.26, 4.34],
        &[16.3, 1.98, 2.53],
        &[9.0, 3.29, 1.65],
        &[5.4, 2.77, 2.33],
        &[4.0, 4.12, 1.21],
        &[-6.1, 3.52, 2.10],
        &[-34.6, 3.31, 0.98],
    ]);
    let z = min_max(&raw);
    let found = critic(&z, Correlation::Pearson).unwrap().weights;
    assert_close(&found, &[0.202_225_539_787_78, 0.480_901_729_019_719, 0.316_872_731_192_501], 1e-13);
    let found = critic(&z, Correlation::Spearman).unwrap().weights;
    assert_close(&found, &[0.214_546_445_374_014, 0.489_856_297_629_535, 0.295_597_256_996_451], 1e-13);
    let found = critic(&raw, Correlation::Pearson).unwrap().weights;
    assert_close(&found, &[0.868_742_34, 0.083_414_34, 0.047_843_31], 5e-9);
}

#[test]
fn critic_agrees_with_tus_and_adali_2019() {
    let z = min_max(&columns_of(&[
        &[5000.0, 3.0, 3.0, 4.0, 3.0, 2.0],
        &[680.0, 5.0, 3.0, 2.0, 2.0, 1.0],
        &[2000.0, 3.0, 2.0, 3.0, 4.0, 3.0],
        &[600.0, 4.0, 3.0, 1.0, 2.0, 2.0],
        &[800.0, 2.0, 4.0, 3.0, 3.0, 4.0],
    ]));
    let expected = [0.157_003_432, 0.249_489_243, 0.167_675_249, 0.121_100_222, 0.154_099_292, 0.150_632_562];
    assert_close(&critic(&z, Correlation::Pearson).unwrap().weights, &expected, 5e-10);
}

#[test]
fn entropy_agrees_with_elsayed_and_others_2017() {
    let found = entropy(&columns_of(&[
        &[7.0, 312.0, 1891.0, 6613.0, 163.0],
        &[72.0, 88.0, 728.0, 941_804.0, 1078.0],
        &[10.0, 252.0, 2594.0, 3466.0, 117_471.0],
        &[10.0, 145.0, 980.0, 2371.0, 86_329.0],
        &[65.0, 54.0, 350.0, 501.0, 29_897.0],
        &[29.0, 48.0, 380.0, 912.0, 34_051.0],
        &[7.0, 476.0, 3300.0, 78_470.0, 2212.0],
        &[70.0, 87.0, 650.0, 733.0, 819_000.0],
        &[4.0, 86.0, 591.0, 3015.0, 103.0],
        &[12.0, 79.0, 579.0, 3240.0, 96_098.0],
        &[21.0, 45.0, 261.0, 1253.0, 453.0],
        &[1.0, 72.0, 530.0, 4333.0, 0.1048],
    ]))
    .unwrap();
    let entropies = [
        0.807_440_875_226_583,
        0.873_222_530_563_933,
        0.869_097_421_385_142,
        0.174_788_843_558_302,
        0.441_391_288_014_215,
    ];
    assert_close(&found.entropies.iter().map(|it| it.unwrap()).collect::<Vec<_>>(), &entropies, 1e-13);
    let weights = [
        0.104_990_690_289_876,
        0.069_123_984_879_754,
        0.071_373_154_119_134,
        0.449_937_072_842_789,
        0.304_575_097_868_447,
    ];
    assert_close(&found.found.weights, &weights, 1e-13);
}

#[test]
fn entropy_takes_the_smallest_table_and_zeros() {
    let found = entropy(&columns_of(&[&[1.0, 2.0], &[4.0, 16.0]])).unwrap();
    assert_close(&found.found.weights, &[0.358_888_790_488_911, 0.641_111_209_511_089], 1e-13);
    let found = entropy(&columns_of(&[&[0.0, 1.0], &[0.5, 0.9], &[0.5, 1.1], &[1.0, 1.0]])).unwrap();
    assert_close(
        &found.entropies.iter().map(|it| it.unwrap()).collect::<Vec<_>>(),
        &[0.75, 0.998_193_613_496_952],
        1e-13,
    );
    assert_close(&found.found.weights, &[0.992_826_287_974_129, 0.007_173_712_025_871], 1e-13);
}

#[test]
fn what_says_nothing_weighs_nothing_and_all_that_say_nothing_weigh_the_same() {
    let zeros = vec![Some(0.0); 4];
    let constant = vec![Some(0.7); 4];
    let gap = vec![None, Some(0.2), None, None];
    let differs = vec![Some(0.1), Some(0.4), None, Some(0.9)];
    let columns = vec![zeros.clone(), constant.clone(), gap, differs];
    let left_out = [(0, LeftOut::AllZero), (1, LeftOut::Constant), (2, LeftOut::TooFew)];
    let found = [
        entropy(&columns).unwrap().found,
        critic(&columns, Correlation::Pearson).unwrap(),
        critic(&columns, Correlation::Spearman).unwrap(),
        variation(&columns).unwrap(),
        pca(&columns, Components::Kaiser).unwrap().found,
        pca(&columns, Components::First).unwrap().found,
    ];
    for found in found {
        assert_eq!((found.weights.as_slice(), found.equal_by_default), (&[0.0, 0.0, 0.0, 1.0][..], false));
        assert_eq!(found.left_out, left_out);
    }
    let silent = vec![zeros, constant];
    for found in [
        entropy(&silent).unwrap().found,
        critic(&silent, Correlation::Pearson).unwrap(),
        variation(&silent).unwrap(),
        pca(&silent, Components::Kaiser).unwrap().found,
    ] {
        assert_eq!((found.weights.as_slice(), found.equal_by_default), (&[0.5, 0.5][..], true));
    }
    let negative = vec![vec![Some(-0.1), Some(0.2)]];
    assert!(entropy(&negative).is_err() && variation(&negative).is_err());
    let endless = vec![vec![Some(f64::INFINITY), Some(0.2)]];
    assert!(critic(&endless, Correlation::Pearson).is_err() && pca(&endless, Components::First).is_err());
}

#[test]
fn a_constant_column_leaves_the_critic_weights_of_the_others_alone() {
    let mut columns =
        min_max(&columns_of(&[&[1.0, 5.0, 2.0], &[2.0, 3.0, 9.0], &[4.0, 4.0, 3.0], &[8.0, 1.0, 7.0]]));
    let without = critic(&columns, Correlation::Pearson).unwrap().weights;
    columns.push(vec![Some(0.3); 4]);
    let with = critic(&columns, Correlation::Pearson).unwrap().weights;
    assert_close(&with[..3], &without, 0.0);
    assert_close(&with[3..], &[0.0], 0.0);
}

#[test]
fn variation_is_the_spread_against_the_mean() {
    // s = 1 and 2, means 2 and 2: weights 1/3 and 2/3.
    let found = variation(&columns_of(&[&[1.0, 0.0], &[2.0, 2.0], &[3.0, 4.0]])).unwrap().weights;
    assert_close(&found, &[1.0 / 3.0, 2.0 / 3.0], 1e-15);
}

#[test]
fn components_of_known_correlations_come_out() {
    // Two columns that are one, and a third that has nothing to do with them: eigenvalues 2, 1, 0.
    let columns = columns_of(&[&[0.0, 0.0, 1.0], &[1.0, 1.0, 0.0], &[0.0, 0.0, 0.0], &[1.0, 1.0, 1.0]]);
    let found = pca(&columns, Components::Kaiser).unwrap();
    assert_close(&found.eigenvalues, &[2.0, 1.0, 0.0], 1e-12);
    assert_eq!(found.retained, 2);
    assert_close(&found.found.weights, &[1.0 / 3.0; 3], 1e-12);
    let found = pca(&columns, Components::First).unwrap();
    assert_eq!(found.retained, 1);
    assert_close(&found.found.weights, &[0.5, 0.5, 0.0], 1e-12);
}

#[test]
fn uncorrelated_columns_share_one_eigenvalue_and_weigh_the_same_under_either_rule() {
    let columns = columns_of(&[&[0.0, 0.0], &[0.0, 1.0], &[1.0, 0.0], &[1.0, 1.0]]);
    for components in [Components::Kaiser, Components::First] {
        let found = pca(&columns, components).unwrap();
        assert_eq!(found.retained, 2);
        assert_close(&found.found.weights, &[0.5, 0.5], 1e-12);
    }
}

#[test]
fn combinations_agree_with_the_reference() {
    let s = Ahp::inspect(&leader(), RandomIndex::Saaty1980).weights;
    let o = [0.2, 0.3, 0.1, 0.4];
    let of = |combination| combine(&s, &o, combination).unwrap();
    assert_close(
        &of(Combination::Product).weights,
        &[0.556_343_761_937_997, 0.192_874_904_190_013, 0.137_137_867_419_903, 0.113_643_466_452_088],
        1e-13,
    );
    assert_close(
        &of(Combination::SquareRoot).weights,
        &[0.394_128_333_441_143, 0.232_061_933_920_457, 0.195_679_234_767_522, 0.178_130_497_870_878],
        1e-13,
    );
    assert_close(
        &of(Combination::Mean(0.5)).weights,
        &[0.373_784_619_480_915, 0.213_277_642_186_709, 0.184_974_961_226_101, 0.227_962_777_106_275],
        1e-13,
    );
    let found = of(Combination::GameTheory);
    assert_close(
        &found.weights,
        &[0.405_547_420_911_92, 0.197_427_303_767_35, 0.200_505_926_095_685, 0.196_519_349_225_045],
        1e-13,
    );
    let game = found.game.unwrap();
    let raw = game.raw.unwrap();
    assert_close(&[raw.0, raw.1], &[0.742_337_341_833_749, 0.512_913_752_095_891], 1e-12);
    assert_close(&[game.used.0, game.used.1], &[0.591_385_536_665_67, 0.408_614_463_334_33], 1e-12);
    assert_eq!(game.failure, None);
}

#[test]
fn game_theory_shows_how_it_fails() {
    let game = |s: &[f64], o: &[f64]| {
        let found = combine(s, o, Combination::GameTheory).unwrap();
        (found.weights, found.game.unwrap())
    };
    let o = [0.5, 0.3, 0.2];
    // Equal judgements are thrown away entirely.
    let (weights, found) = game(&[1.0 / 3.0; 3], &o);
    assert_eq!(found.failure, Some(GameFailure::SubjectiveIgnored));
    assert_close(&weights, &o, 1e-12);
    let (weights, found) = game(&o, &[1.0 / 3.0; 3]);
    assert_eq!(found.failure, Some(GameFailure::ObjectiveIgnored));
    assert_close(&weights, &o, 1e-12);
    // The alpha of the judgements is negative here: clamped and said, never its absolute value.
    let (weights, found) = game(&[0.4, 0.3, 0.3], &[0.8, 0.1, 0.1]);
    assert!(found.raw.unwrap().0 < 0.0);
    assert_eq!((found.used, found.failure), ((0.0, 1.0), Some(GameFailure::NegativeClamped)));
    assert_close(&weights, &[0.8, 0.1, 0.1], 1e-12);
    let (weights, found) = game(&o, &o);
    assert_eq!((found.raw, found.failure), (None, Some(GameFailure::Singular)));
    assert_close(&weights, &o, 1e-15);
}

#[test]
fn a_zero_ends_an_item_under_products_and_not_under_the_mean() {
    let (s, o) = ([0.5, 0.5], [1.0, 0.0]);
    assert_eq!(combine(&s, &o, Combination::SquareRoot).unwrap().weights, [1.0, 0.0]);
    assert_eq!(combine(&s, &o, Combination::Mean(0.5)).unwrap().weights, [0.75, 0.25]);
    assert_eq!(combine(&[0.0, 1.0], &o, Combination::Product), Err(CombineError::NothingShared));
    assert!(combine(&s, &o, Combination::Mean(1.5)).is_err());
    assert!(combine(&[f64::NAN, 1.0], &o, Combination::Product).is_err());
    assert!(combine(&[1.0], &o, Combination::Product).is_err());
}

#[test]
fn caps_end_where_one_clip_and_division_would_not() {
    // Clipped once: 0.5, 0.25, 0.125, 0.125 / sum keeps nothing inside. Here everything is, and sums to 1.
    let caps = Caps::new(0.5, 2.0).unwrap();
    let found = caps.apply(&[0.90, 0.08, 0.015, 0.005]);
    // 0.9 stands at 2/4; the rest shares 0.5 as 0.08·c with the two least at 0.5/4.
    assert_close(&found.weights, &[0.5, 0.25, 0.125, 0.125], 1e-12);
    assert_eq!(found.capped, [(0, Capped::Lowered), (2, Capped::Raised), (3, Capped::Raised)]);
    // All that weigh stand at their cap: the rest goes to the zeros.
    let found = Caps::new(0.0, 2.0).unwrap().apply(&[1.0, 0.0, 0.0, 0.0]);
    assert_close(&found.weights, &[0.5, 0.5 / 3.0, 0.5 / 3.0, 0.5 / 3.0], 1e-12);
    // Inside the caps nothing moves.
    let inside = [0.3, 0.3, 0.2, 0.2];
    assert_close(&caps.apply(&inside).weights, &inside, 1e-15);
    for (lower, upper) in [(-0.1, 2.0), (1.1, 2.0), (0.5, 0.9), (f64::NAN, 2.0), (0.5, f64::INFINITY)] {
        assert!(Caps::new(lower, upper).is_err(), "{lower} {upper}");
    }
    assert_close(&shrink(&[0.9, 0.1], 0.5).unwrap(), &[0.7, 0.3], 1e-15);
    assert!(shrink(&[1.0], -0.1).is_err() && shrink(&[1.0], f64::NAN).is_err());
}
