//! Structure checks against published figures, known functions and a naive second reading.

use std::f64::consts::PI;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use xiuhua_indicators::compose::{Composer, NodeScore};
use xiuhua_indicators::outline::{Outline, Position};
use xiuhua_indicators::structure::{
    Correlation, Flag, Influence, Measurements, Reliability, Structure, alpha,
};
use xiuhua_indicators::table::Table;
use xiuhua_indicators::threshold::ThresholdStatus;
use xiuhua_indicators::weight::{declared_weights, effective_weights};

use crate::sketch::{self, Sketch, group, leaf};

fn all(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1.0)
}

/// F. J. Anscombe, "Graphs in statistical analysis" (The American Statistician 27, 1973), first set.
#[test]
fn the_first_of_anscombes_sets_correlates_by_0_816() {
    let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
    let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    let found = Correlation::of(&all(&x), &all(&y)).unwrap();
    assert!((found.pearson - 0.816_420_516_344_84).abs() < 1e-13, "{}", found.pearson);
    assert_eq!(found.places, 11);
    let influence = Influence::of(&all(&x), &all(&y)).unwrap();
    assert!((influence.linear - 0.666_542_459_508_775).abs() < 1e-12);
}

/// Intelligence and hours of television a week, the worked example of textbooks: ρ = -29/165.
#[test]
fn the_textbook_example_of_rank_correlation_comes_out() {
    let iq = [106.0, 100.0, 86.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0];
    let hours = [7.0, 27.0, 2.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0];
    let found = Correlation::of(&all(&iq), &all(&hours)).unwrap();
    assert!((found.spearman + 29.0 / 165.0).abs() < 1e-14);
}

#[test]
fn ties_share_their_ranks() {
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: r = 4.5/√(4.5·5).
    let found = Correlation::of(&all(&[1.0, 2.0, 2.0, 9.0]), &all(&[1.0, 2.0, 3.0, 4.0])).unwrap();
    assert!(close(found.spearman, 4.5 / (4.5_f64 * 5.0).sqrt()));
}

#[test]
fn what_does_not_vary_or_is_too_little_has_no_correlation() {
    let x = all(&[0.1, 0.2, 0.7]);
    assert_eq!(Correlation::of(&x, &all(&[0.3, 0.3, 0.3])), None);
    // 0.1 added up and divided again is not quite 0.1.
    assert_eq!(Correlation::of(&x, &all(&[0.1, 0.1, 0.1])), None);
    assert_eq!(Correlation::of(&x, &[Some(1.0), None, Some(2.0)]), None);
    assert_eq!(Influence::of(&x, &all(&[0.3, 0.3, 0.3])), None);
}

/// Four congeneric items with covariances of 6: the usual example of a reliability of 0.8135.
#[test]
fn alpha_of_the_published_covariances_is_0_8136() {
    let own = [10.0, 11.0, 12.0, 13.0];
    let row = |at: usize| (0..4).map(|other| if other == at { own[at] } else { 6.0 }).collect();
    let covariances: Vec<Vec<f64>> = (0..4).map(row).collect();
    assert!(close(alpha(&covariances).unwrap(), 4.0 / 3.0 * (1.0 - 46.0 / 118.0)));
    assert!((alpha(&covariances).unwrap() - 0.813_559_322).abs() < 1e-9);
}

#[test]
fn alpha_by_hand() {
    // Variances 1, 1; covariance 0.5: alpha = 2·(1 - 2/3).
    let left = all(&[0.0, 1.0, 2.0]);
    let right = all(&[0.0, 2.0, 1.0]);
    let constant = all(&[5.0, 5.0, 5.0]);
    let rare = [Some(1.0), None, None];
    let found = Reliability::of(&[&left, &right, &constant, &rare]).unwrap();
    assert!(close(found.alpha, 2.0 / 3.0));
    assert_eq!((found.items, found.places), (2, 3));
    assert_eq!(Reliability::of(&[&left, &constant]), None);
    let against = all(&[2.0, 1.1, 0.0]);
    assert!(Reliability::of(&[&left, &against]).unwrap().alpha < -10.0);
    assert_eq!(Reliability::of(&[]), None);
}

/// The function of Ishigami and Homma with a = 7, b = 0.1, whose first-order indices are known in closed form.
#[test]
fn the_correlation_ratio_finds_the_indices_of_a_known_function() {
    const POINTS: u32 = 4_000;
    // A lattice that fills the cube evenly (R. Korobov), so that no chance is in the test.
    let at = |factor: u32| -> Vec<f64> {
        let share = |i: u32| f64::from(i * factor % POINTS) / f64::from(POINTS);
        (0..POINTS).map(|i| PI * (2.0 * share(i) - 1.0)).collect()
    };
    let x = [at(1), at(1_237), at(2_753)];
    let y: Vec<f64> = (0..x[0].len())
        .map(|i| x[0][i].sin() + 7.0 * x[1][i].sin().powi(2) + 0.1 * x[2][i].powi(4) * x[0][i].sin())
        .collect();
    let found = [0, 1, 2].map(|at| Influence::of(&all(&x[at]), &all(&y)).unwrap());
    for (found, expected) in found.iter().zip([0.313_905_191_147_811_46, 0.442_411_144_790_040_9, 0.0]) {
        assert!((found.any_curve - expected).abs() < 0.01, "{} is not {expected}", found.any_curve);
    }
    // A straight line does not see the second at all.
    assert!(found[1].linear < 0.01);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn correlations_agree_with_the_formulas_written_out(
        cells in vec((option::weighted(0.9, 0..9u8), option::weighted(0.9, 0..9u8)), 3..25),
    ) {
        let number = |cell: Option<u8>| cell.map(f64::from);
        let (left, right): (Vec<_>, Vec<_>) = cells.iter().map(|cell| (number(cell.0), number(cell.1))).unzip();
        let both: Vec<(f64, f64)> =
            cells.iter().filter_map(|(l, r)| Some((f64::from((*l)?), f64::from((*r)?)))).collect();
        let plain = (both.len() >= 3).then(|| plain_pearson(&both)).flatten();
        let found = Correlation::of(&left, &right);
        prop_assert_eq!(found.is_some(), plain.is_some());
        let (Some(found), Some(plain)) = (found, plain) else { return Ok(()) };
        prop_assert!(close(found.pearson, plain));
        let rank = |value: f64, all: &dyn Fn(&(f64, f64)) -> f64| {
            let below = both.iter().filter(|pair| all(pair) < value).count() as f64;
            let same = both.iter().filter(|pair| all(pair).total_cmp(&value).is_eq()).count() as f64;
            below + (same + 1.0) / 2.0
        };
        let ranked: Vec<(f64, f64)> =
            both.iter().map(|&(l, r)| (rank(l, &|pair| pair.0), rank(r, &|pair| pair.1))).collect();
        prop_assert!(close(found.spearman, plain_pearson(&ranked).unwrap()));
        // The other way round, turned over, in another unit, in another order: the same.
        let mirrored = Correlation::of(&right, &left).unwrap();
        prop_assert!(close(found.pearson, mirrored.pearson) && close(found.spearman, mirrored.spearman));
        let scaled: Vec<Option<f64>> = left.iter().map(|value| value.map(|value| 7.0 - 3.0 * value)).collect();
        let turned = Correlation::of(&scaled, &right).unwrap();
        prop_assert!(close(found.pearson, -turned.pearson) && close(found.spearman, -turned.spearman));
        let back = |column: &[Option<f64>]| column.iter().rev().copied().collect::<Vec<_>>();
        let reversed = Correlation::of(&back(&left), &back(&right)).unwrap();
        prop_assert!(close(found.pearson, reversed.pearson));
    }

    /// With few values the correlation ratio is the share of the variance between the groups, freed of bias.
    #[test]
    fn the_ratio_of_few_values_is_the_variance_between_their_groups(
        cells in vec((0..4u8, 0..20u8), 3..40),
    ) {
        let x: Vec<Option<f64>> = cells.iter().map(|cell| Some(f64::from(cell.0))).collect();
        let y: Vec<Option<f64>> = cells.iter().map(|cell| Some(f64::from(cell.1))).collect();
        let Some(found) = Influence::of(&x, &y) else { return Ok(()) };
        let mean = |of: &dyn Fn(u8) -> bool| {
            let group: Vec<f64> =
                cells.iter().filter(|cell| of(cell.0)).map(|cell| f64::from(cell.1)).collect();
            (group.iter().sum::<f64>() / group.len() as f64, group.len() as f64)
        };
        let (middle, _) = mean(&|_| true);
        let total: f64 = cells.iter().map(|cell| (f64::from(cell.1) - middle).powi(2)).sum();
        let mut between = 0.0;
        for value in 0..4 {
            if cells.iter().any(|cell| cell.0 == value) {
                let (group, count) = mean(&|other| other == value);
                between += count * (group - middle).powi(2);
            }
        }
        let groups = (0..4).filter(|value| cells.iter().any(|cell| cell.0 == *value)).count() as f64;
        let (count, within) = (cells.len() as f64, total - between);
        if count > groups {
            let unbiased = 1.0 - within / (count - groups) * (count - 1.0) / total;
            prop_assert!(close(found.any_curve, unbiased.max(found.linear)));
        }
        prop_assert!(found.linear <= found.any_curve);
    }

    #[test]
    fn alpha_agrees_with_the_other_way_to_write_it(
        cells in vec(vec(option::weighted(0.9, 0..6u8), 4), 3..20), scale in 0.1..9.0,
    ) {
        let column = |at: usize| -> Vec<Option<f64>> { cells.iter().map(|row| row[at].map(f64::from)).collect() };
        let columns = [column(0), column(1), column(2), column(3)];
        let least = 2.0 / 3.0 * cells.len() as f64 - 1e-9;
        let kept: Vec<&Vec<Option<f64>>> =
            columns.iter().filter(|column| column.iter().flatten().count() as f64 >= least).collect();
        let complete: Vec<usize> =
            (0..cells.len()).filter(|&at| kept.iter().all(|column| column[at].is_some())).collect();
        let listed: Vec<Vec<f64>> = kept
            .iter()
            .map(|column| complete.iter().map(|&at| column[at].unwrap()).collect::<Vec<f64>>())
            .filter(|column| column.iter().any(|value| value.total_cmp(&column[0]).is_ne()))
            .collect();
        let variance = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
        };
        let sums: Vec<f64> = (0..complete.len()).map(|at| listed.iter().map(|column| column[at]).sum()).collect();
        let slices: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
        let found = Reliability::of(&slices);
        if complete.len() < 3 || listed.len() < 2 || variance(&sums) < 1e-9 {
            prop_assert!(found.is_none());
            return Ok(());
        }
        let count = listed.len() as f64;
        let own: f64 = listed.iter().map(|column| variance(column)).sum();
        let expected = count / (count - 1.0) * (1.0 - own / variance(&sums));
        let found = found.unwrap();
        prop_assert!((found.alpha - expected).abs() <= 1e-9 * expected.abs().max(1.0));
        prop_assert_eq!((found.items, found.places), (listed.len(), complete.len()));
        // In another unit for all of them: the same.
        let scaled = columns.map(|column| column.into_iter().map(|value| value.map(|v| scale * v - 4.0)).collect::<Vec<_>>());
        let again = Reliability::of(&scaled.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        prop_assert!((found.alpha - again.alpha).abs() <= 1e-6 * found.alpha.abs().max(1.0));
    }
}

fn plain_pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let sum = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
    let (x, y) = (sum(|p| p.0), sum(|p| p.1));
    let products = n * sum(|p| p.0 * p.1) - x * y;
    let squares = (n * sum(|p| p.0 * p.0) - x * x) * (n * sum(|p| p.1 * p.1) - y * y);
    (squares > 0.0).then(|| products / squares.sqrt())
}

/// Twelve places: Q repeats P, R runs against both, S is a state, T lies beyond its thresholds in two places.
#[test]
fn a_flag_is_raised_on_each_thing_that_an_owner_should_look_at() {
    let leaves = ["P", "Q", "R", "S", "T"].map(|code| Sketch::Leaf(leaf(code, 1.0)));
    let catalog = sketch::catalog(&group("INDEX", leaves.to_vec()));
    let outline = Outline::of(&catalog);
    let rising: Vec<f64> = (0..12).map(|at| f64::from(at) / 11.0).collect();
    let uneven = |at: u32| f64::from(at * 7 % 12) / 11.0;
    let columns: Vec<Vec<f64>> = vec![
        rising.clone(),
        (0..12).map(|at| 0.9 * rising[at as usize] + 0.1 * uneven(at)).collect(),
        rising.iter().map(|value| 1.0 - value).collect(),
        (0..12).map(|at| f64::from(u32::from(at >= 6))).collect(),
        (0..12).map(|at| 1.2 * uneven(at)).collect(),
    ];
    let uncapped: Vec<Vec<Option<f64>>> = columns.iter().map(|column| all(column)).collect();
    let z: Vec<Vec<Option<f64>>> =
        columns.iter().map(|column| column.iter().map(|value| Some(value.min(1.0))).collect()).collect();
    let weights =
        effective_weights(&outline, &declared_weights(&catalog), &[ThresholdStatus::Ok; 5]).unwrap();
    let composer = Composer::new(&outline, &weights).unwrap();
    let table = Table::from_columns(12, z.iter().cloned().map(Into::into).collect()).unwrap();
    let scores = composer.compose(&table, &(0..12).collect::<Vec<_>>()).unwrap();
    let scores: Vec<Vec<Option<f64>>> = scores
        .columns
        .iter()
        .map(|column| column.iter().map(|score: NodeScore| score.value()).collect())
        .collect();
    let found =
        Structure::of(&outline, &composer, &Measurements { z: &z, uncapped: &uncapped, scores: &scores })
            .unwrap();
    let told: Vec<(Flag, Position)> = found.findings.iter().map(|it| (it.flag, it.item)).collect();
    let leaf = Position::Leaf;
    assert!(told.contains(&(Flag::ContradictsParent, leaf(2))), "{told:?}");
    assert!(
        told.contains(&(Flag::Redundant, leaf(0))) && told.contains(&(Flag::FewValues, leaf(3))),
        "{told:?}"
    );
    assert!(told.contains(&(Flag::StaleThresholds, leaf(4))), "{told:?}");
    assert_eq!(told.iter().filter(|(flag, _)| *flag == Flag::ContradictsParent).count(), 1);
    assert_eq!((found.leaves[4].below, found.leaves[4].above), (0, 2));
    assert_eq!((found.leaves[3].distinct, found.pairs.len(), found.links.len()), (2, 10, 5));
    let effective: f64 = found.links.iter().filter_map(|link| link.effective_share).sum();
    let nominal: f64 = found.links.iter().map(|link| link.nominal_share).sum();
    assert!(close(effective, 1.0) && close(nominal, 1.0));
    // The same of eight places raises nothing: chance alone would.
    let few = |columns: &[Vec<Option<f64>>]| -> Vec<Vec<Option<f64>>> {
        columns.iter().map(|column| column[..8].to_vec()).collect()
    };
    let (z, uncapped, scores) = (few(&z), few(&uncapped), few(&scores));
    let found =
        Structure::of(&outline, &composer, &Measurements { z: &z, uncapped: &uncapped, scores: &scores })
            .unwrap();
    assert_eq!(found.findings, []);
}

#[test]
fn an_indicator_left_out_is_no_part_of_the_structure_and_an_empty_type_has_none() {
    let leaves = ["P", "Q", "R"].map(|code| Sketch::Leaf(leaf(code, 1.0)));
    let catalog = sketch::catalog(&group("INDEX", leaves.to_vec()));
    let outline = Outline::of(&catalog);
    let statuses = [ThresholdStatus::Ok, ThresholdStatus::Degenerate, ThresholdStatus::Ok];
    let weights = effective_weights(&outline, &declared_weights(&catalog), &statuses).unwrap();
    let composer = Composer::new(&outline, &weights).unwrap();
    let empty = vec![Vec::new(); 3];
    let measured = Measurements { z: &empty, uncapped: &empty, scores: &[Vec::new()] };
    let found = Structure::of(&outline, &composer, &measured).unwrap();
    assert_eq!(found.leaves.iter().map(|leaf| leaf.leaf).collect::<Vec<_>>(), [0, 2]);
    assert_eq!((found.pairs.len(), found.pairs[0].correlation, found.nodes[0].reliability), (1, None, None));
    assert_eq!(found.findings, []);
}
