//! The worked examples of specification page 1, number for number.

use xiuhua_indicators::assess::{Assessed, Assessment, assess};
use xiuhua_indicators::catalog::{Bounds, Catalog, Direction, Extension, ThresholdPolicy};
use xiuhua_indicators::column::Column;
use xiuhua_indicators::compose::{Absence, NodeScore};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::shipped::shipped;
use xiuhua_indicators::table::{ShapeError, Table};
use xiuhua_indicators::threshold::{Threshold, ThresholdStatus};
use xiuhua_indicators::weight::{declared_weights, effective_weights};

use crate::sketch::{self, LeafSketch, Sketch, group, leaf};

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
}

fn table(columns: Vec<Vec<Option<f64>>>) -> Table {
    Table::from_columns(columns[0].len(), columns.into_iter().map(Column::from).collect()).unwrap()
}

fn goalposts(threshold: Threshold) -> (f64, f64) {
    let goalposts = threshold.goalposts().unwrap();
    (goalposts.lower(), goalposts.upper())
}

/// One type, one earlier period that the whole sample has on record.
fn assess_one(catalog: &Catalog, sample: &[usize], earlier: &[Table], current: &Table) -> Assessed {
    let types = vec![Some(0); current.places()];
    let samples = [sample.to_vec()];
    let outline = Outline::of(catalog);
    assess(&Assessment { outline: &outline, types: &types, samples: &samples, current, earlier }).unwrap()
}

/// Three sampled places, then the two estates of section 1.10.
fn section_1_10() -> (Catalog, Assessed) {
    let inverse = LeafSketch { direction: Direction::Inverse, ..leaf("Q", 12.5) };
    let catalog =
        sketch::catalog(&group("INDEX", vec![Sketch::Leaf(leaf("P", 12.5)), Sketch::Leaf(inverse)]));
    let before = table(vec![
        vec![Some(40.0), Some(60.0), Some(80.0), None, None],
        vec![Some(0.0), Some(2.0), Some(5.0), None, None],
    ]);
    let now =
        table(vec![vec![None, None, None, Some(62.0), Some(95.0)], vec![None, None, None, Some(1.1), None]]);
    let assessed = assess_one(&catalog, &[0, 1, 2], &[before], &now);
    (catalog, assessed)
}

#[test]
fn two_indicators_with_sampled_thresholds() {
    let (_, assessed) = section_1_10();
    let (lower, upper) = goalposts(assessed.thresholds[0][0].threshold);
    assert!(close(lower, 36.0) && close(upper, 88.0));
    let (lower, upper) = goalposts(assessed.thresholds[0][1].threshold);
    assert!(close(lower, 0.0) && close(upper, 5.5));

    let z = |leaf: usize, place: usize| assessed.scaled.capped.column(leaf).get(place).unwrap();
    assert!(close(z(0, 3), 0.5) && close(z(1, 3), 0.8));
    assert!(close(assessed.scored.nodes[0].get(3).value().unwrap(), 65.0));
}

#[test]
fn a_capped_value_keeps_its_uncapped_one_and_low_coverage_has_no_score() {
    let (_, assessed) = section_1_10();
    assert_eq!(assessed.scaled.capped.column(0).get(4), Some(1.0));
    assert!(close(assessed.scaled.raw.column(0).get(4).unwrap(), 59.0 / 52.0));
    assert_eq!(
        assessed.scored.nodes[0].get(4),
        NodeScore { score: Err(Absence::LowCoverage), coverage: 0.5 }
    );
    assert_eq!(assessed.scored.standings[0].get(4), None);
}

#[test]
fn base_values_resting_on_fewer_periods_are_counted() {
    let (_, assessed) = section_1_10();
    let found = assessed.thresholds[0][0];
    assert_eq!((found.base_values, found.short_base_values), (3, 3));
    assert!(!assessed.base_is_assessed_period);
}

#[test]
fn exactly_two_thirds_pass_and_hardly_less_does_not() {
    let coverage_of = |missing: f64| {
        let leaves = [("P", 1.0), ("Q", 1.0), ("R", missing)];
        let leaves = leaves.map(|(code, weight)| Sketch::Leaf(leaf(code, weight))).to_vec();
        let catalog = sketch::catalog(&group("INDEX", leaves));
        let full = vec![Some(1.0), Some(2.0)];
        let now = table(vec![full.clone(), full.clone(), vec![None, None]]);
        let before = table(vec![full.clone(), full.clone(), full]);
        assess_one(&catalog, &[0, 1], &[before], &now).scored.nodes[0].get(0).score.map(|_| ())
    };
    assert_eq!(coverage_of(1.0), Ok(()));
    assert_eq!(coverage_of(1.000_001), Err(Absence::LowCoverage));
}

fn yes_no(base: [f64; 3]) -> Assessed {
    let catalog = sketch::catalog(&group("INDEX", vec![Sketch::Leaf(leaf("Y", 1.0))]));
    let before = table(vec![base.iter().copied().map(Some).chain([None, None]).collect()]);
    let now = table(vec![vec![None, None, None, Some(1.0), Some(0.0)]]);
    assess_one(&catalog, &[0, 1, 2], &[before], &now)
}

#[test]
fn a_constant_indicator_is_degenerate_before_the_extension_could_hide_it() {
    for constant in [1.0, 0.0, -3.0] {
        let assessed = yes_no([constant; 3]);
        assert_eq!(assessed.thresholds[0][0].threshold, Threshold::Degenerate);
        assert_eq!(assessed.scaled.capped.column(0), &Column::missing(5));
        let expected = NodeScore { score: Err(Absence::NothingInUse), coverage: 0.0 };
        assert_eq!(assessed.scored.nodes[0].get(3), expected);
    }
}

#[test]
fn yes_need_not_reach_a_hundred() {
    let assessed = yes_no([0.0, 1.0, 1.0]);
    let (lower, upper) = goalposts(assessed.thresholds[0][0].threshold);
    assert!(close(lower, 0.0) && close(upper, 1.1));
    assert!(close(assessed.scaled.capped.column(0).get(3).unwrap(), 1.0 / 1.1));
    assert_eq!(assessed.scaled.capped.column(0).get(4), Some(0.0));
}

#[test]
fn clipping_and_range_extension_are_one_line_of_a_catalog() {
    let thresholds = |threshold: ThresholdPolicy, base: [f64; 2]| {
        let bounds = Bounds { lower: Some(0.0), upper: Some(100.0), lower_open: false, upper_open: false };
        let leaf = LeafSketch { threshold, bounds, ..leaf("L", 1.0) };
        let catalog = sketch::catalog(&group("INDEX", vec![Sketch::Leaf(leaf)]));
        let values = table(vec![base.map(Some).to_vec()]);
        let found = assess_one(&catalog, &[0, 1], std::slice::from_ref(&values), &values);
        goalposts(found.thresholds[0][0].threshold)
    };
    let sampled = |extension, clip| ThresholdPolicy::Sampled { extension, clip };
    assert_eq!(thresholds(sampled(Extension::ByValue(0.5), true), [40.0, 80.0]), (20.0, 100.0));
    assert_eq!(thresholds(sampled(Extension::ByValue(0.5), false), [40.0, 80.0]), (20.0, 120.0));
    assert_eq!(thresholds(sampled(Extension::ByRange(0.25), false), [40.0, 80.0]), (30.0, 90.0));
    assert_eq!(thresholds(sampled(Extension::ByRange(2.0), true), [40.0, 80.0]), (0.0, 100.0));
    assert_eq!(thresholds(sampled(Extension::None, false), [40.0, 80.0]), (40.0, 80.0));
    assert_eq!(thresholds(ThresholdPolicy::Fixed { lower: 1.0, upper: 2.0 }, [5.0, 5.0]), (1.0, 2.0));
    // Negative extremes are extended away from each other as well.
    assert_eq!(thresholds(sampled(Extension::ByValue(0.5), false), [-8.0, -4.0]), (-12.0, -2.0));
}

#[test]
fn min_max_without_extension_agrees_with_coinr() {
    let plain = ThresholdPolicy::Sampled { extension: Extension::None, clip: false };
    let catalog = sketch::catalog(&group(
        "INDEX",
        vec![Sketch::Leaf(LeafSketch { threshold: plain, ..leaf("L", 1.0) })],
    ));
    let values = table(vec![vec![Some(1.0), Some(2.0), Some(4.0), None, Some(5.0)]]);
    let assessed = assess_one(&catalog, &[0, 1, 2, 3, 4], &[], &values);
    let expected = vec![Some(0.0), Some(0.25), Some(0.75), None, Some(1.0)];
    assert_eq!(assessed.scaled.capped.column(0), &Column::from(expected));
    assert!(assessed.base_is_assessed_period);
}

fn pudong() -> Catalog {
    Catalog::parse(shipped("pudong-2021").unwrap()).unwrap()
}

fn points(outline: &Outline<'_>, weights: &[f64], code: &str) -> f64 {
    weights[outline.leaves_below(outline.node_of_code(code).unwrap())].iter().sum()
}

#[test]
fn the_weights_of_section_1_6_come_out() {
    let catalog = pudong();
    let outline = Outline::of(&catalog);
    let statuses = [ThresholdStatus::Ok; 35];
    let weights = effective_weights(&outline, &declared_weights(&catalog), &statuses).unwrap();
    let expected = [
        ("INDEX", 100.0),
        ("A", 25.0),
        ("A1", 75.0 / 11.0),
        ("A2", 200.0 / 11.0),
        ("B", 25.0),
        ("B1", 10.0),
        ("B2", 15.0),
        ("C", 25.0),
        ("C1", 75.0 / 7.0),
        ("C2", 100.0 / 7.0),
        ("D", 25.0),
        ("D1", 50.0 / 7.0),
        ("D2", 125.0 / 7.0),
    ];
    for (code, expected) in expected {
        assert!(close(points(&outline, &weights.leaves, code), expected), "{code}");
    }
}

#[test]
fn what_is_left_out_shares_its_weight_inside_its_level_2_index() {
    let catalog = pudong();
    let outline = Outline::of(&catalog);
    let mut statuses = [ThresholdStatus::Ok; 35];
    statuses[outline.leaf_of_code("B1.1").unwrap()] = ThresholdStatus::Degenerate;
    statuses[outline.leaf_of_code("B2.1").unwrap()] = ThresholdStatus::NoData;
    for leaf in outline.leaves_below(outline.node_of_code("C").unwrap()) {
        statuses[leaf] = ThresholdStatus::NoData;
    }
    let weights = effective_weights(&outline, &declared_weights(&catalog), &statuses).unwrap().leaves;
    let weight = |code: &str| weights[outline.leaf_of_code(code).unwrap()];
    assert_eq!((weight("B1.1"), weight("B2.1")), (0.0, 0.0));
    assert!(close(weight("B1.2"), 25.0 / 8.0) && close(weight("B2.6"), 25.0 / 8.0));
    assert!(close(points(&outline, &weights, "B"), 25.0) && close(points(&outline, &weights, "A"), 25.0));
    // A level-2 index without indicators loses its points, visibly.
    assert!(close(points(&outline, &weights, "INDEX"), 75.0));
}

#[test]
fn a_derived_leaf_without_data_keeps_its_weight_and_a_degenerate_one_does_not() {
    let catalog = pudong();
    let outline = Outline::of(&catalog);
    let derived: Vec<usize> = outline.derived_leaves().collect();
    assert_eq!(derived.len(), 3);
    let d11 = |status: ThresholdStatus| {
        let mut statuses = [ThresholdStatus::Ok; 35];
        derived.iter().for_each(|&leaf| statuses[leaf] = status);
        let weights = effective_weights(&outline, &declared_weights(&catalog), &statuses).unwrap().leaves;
        weights[outline.leaf_of_code("D1.1").unwrap()]
    };
    assert!(close(d11(ThresholdStatus::NoData), 25.0 / 7.0));
    assert!(close(d11(ThresholdStatus::Degenerate), 25.0 / 4.0));
}

/// Four places with a value everywhere but in the derived leaves; each earlier period shifts the values a little.
fn pudong_period(outline: &Outline<'_>, shift: f64) -> Table {
    let mut table = Table::missing(outline.leaf_count(), 4);
    for leaf in (0..outline.leaf_count()).filter(|&leaf| outline.changing_node(leaf).is_none()) {
        for place in 0..4 {
            let value = 0.2 * place as f64 + shift * ((place * place + 2 * leaf) % 7) as f64;
            table.column_mut(leaf).set(place, Some(value));
        }
    }
    table
}

#[test]
fn in_a_first_period_d_has_no_score_and_the_total_is_covered_to_89_3_percent() {
    let catalog = pudong();
    let outline = Outline::of(&catalog);
    let assessed = assess_one(&catalog, &[0, 1, 2, 3], &[], &pudong_period(&outline, 0.1));
    let node = |code: &str| assessed.scored.nodes[outline.node_of_code(code).unwrap()].get(2);
    assert!(assessed.base_is_assessed_period);
    assert_eq!(node("D").score, Err(Absence::LowCoverage));
    assert!(close(node("D").coverage, 4.0 / 7.0));
    assert!(node("D1").value().is_some());
    assert!(node("INDEX").value().is_some());
    assert!(close(node("INDEX").coverage, 1.0 - 0.25 * 3.0 / 7.0));
    for leaf in outline.derived_leaves() {
        assert_eq!(assessed.thresholds[0][leaf].threshold, Threshold::NoData);
    }
}

#[test]
fn derived_indicators_are_changes_of_scores_under_one_threshold_set() {
    let catalog = pudong();
    let outline = Outline::of(&catalog);
    let earlier: Vec<Table> =
        [0.02, 0.05, 0.07].iter().map(|&shift| pudong_period(&outline, shift)).collect();
    let current = pudong_period(&outline, 0.1);
    let assessed = assess_one(&catalog, &[0, 1, 2, 3], &earlier, &current);

    // The same values once more as the assessed period, under fixed thresholds, give the scores the changes are of.
    let fixed: Vec<Threshold> = assessed.thresholds[0].iter().map(|leaf| leaf.threshold).collect();
    let index_a = |values: &Table, place: usize| {
        let a = outline.node_of_code("A").unwrap();
        let below = outline.leaves_below(a);
        let z = below.clone().map(|leaf| {
            let (lower, upper) = goalposts(fixed[leaf]);
            let value = (values.column(leaf).get(place).unwrap() - lower) / (upper - lower);
            let inverse = matches!(outline.leaves().nth(leaf).unwrap().direction, Direction::Inverse);
            (if inverse { 1.0 - value } else { value }).clamp(0.0, 1.0)
        });
        100.0 * z.sum::<f64>() / below.len() as f64
    };
    let d21 = outline.leaf_of_code("D2.1").unwrap();
    let mut bases = Vec::new();
    for place in 0..4 {
        let expected = index_a(&current, place) - index_a(&earlier[2], place);
        assert!((assessed.values.column(d21).get(place).unwrap() - expected).abs() < 1e-9);
        bases.push((index_a(&earlier[2], place) - index_a(&earlier[0], place)) / 2.0);
    }
    let least = bases.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = bases.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (lower, upper) = goalposts(assessed.thresholds[0][d21].threshold);
    assert!((lower - (least - 0.1 * least.abs())).abs() < 1e-9);
    assert!((upper - (greatest + 0.1 * greatest.abs())).abs() < 1e-9);
    assert_eq!(assessed.thresholds[0][d21].base_values, 4);
    assert_eq!(assessed.thresholds[0][d21].short_base_values, 0);
    assert!(assessed.scored.nodes[outline.node_of_code("D").unwrap()].get(1).value().is_some());
}

#[test]
fn an_unclassified_place_has_no_score_and_no_rank() {
    let (catalog, _) = section_1_10();
    let outline = Outline::of(&catalog);
    let current = table(vec![vec![Some(1.0), Some(2.0), Some(3.0)], vec![Some(1.0), Some(2.0), Some(3.0)]]);
    let types = [Some(0), None, Some(0)];
    let samples = [vec![0, 2]];
    let input =
        Assessment { outline: &outline, types: &types, samples: &samples, current: &current, earlier: &[] };
    let assessed = assess(&input).unwrap();
    assert_eq!(assessed.scored.nodes[0].get(1), NodeScore::unclassified());
    assert_eq!(assessed.scored.standings[0].get(1), None);
    assert_eq!(assessed.scaled.raw.column(0).get(1), None);
    assert!(assessed.scored.standings[0].get(2).is_some());
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let catalog = pudong();
    let outline = Outline::of(&catalog);
    let refused = |types: &[Option<usize>], samples: &[Vec<usize>], current: &Table| {
        assess(&Assessment { outline: &outline, types, samples, current, earlier: &[] }).unwrap_err()
    };
    let good = Table::missing(35, 2);
    let types = [Some(0), Some(0)];
    assert!(matches!(refused(&types, &[vec![2]], &good), ShapeError::Index { what: "sample member", .. }));
    assert!(matches!(refused(&[Some(1), None], &[vec![0]], &good), ShapeError::Index { .. }));
    assert!(matches!(refused(&types, &[vec![0]], &Table::missing(34, 2)), ShapeError::Length { .. }));
    let mut delivered = good;
    delivered.column_mut(outline.leaf_of_code("D2.2").unwrap()).set(0, Some(1.0));
    let expected = ShapeError::DerivedDelivered { code: "D2.2".into() };
    assert_eq!(refused(&types, &[vec![0]], &delivered), expected);
}
