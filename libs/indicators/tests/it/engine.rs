//! The fast ways against the plain ones: many runs give the bits of one assessment each, ranks are those of counting.

use proptest::collection::vec;
use proptest::prelude::*;
use xiuhua_indicators::assess::{Assessment, members_by_type};
use xiuhua_indicators::catalog::{Catalog, Extension, ItemKind, Mean, ThresholdPolicy};
use xiuhua_indicators::compose::NodeColumn;
use xiuhua_indicators::imputation::impute_periods;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rank::standings;
use xiuhua_indicators::reassess::{Assessor, Configuration};
use xiuhua_indicators::shipped::shipped;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::weight::declared_weights;

use crate::reference::assess_scenario;
use crate::reference::scenario::{Scenario, scenario};

/// The scenario's catalog with other extensions, means and floors.
fn variant(catalog: &Catalog, extension: Extension, mean: Mean, floor: Option<f64>) -> Catalog {
    let mut catalog = catalog.clone();
    for item in &mut catalog.items {
        match &mut item.kind {
            ItemKind::Leaf(leaf) => {
                if let ThresholdPolicy::Sampled { extension: own, .. } = &mut leaf.threshold {
                    *own = extension;
                }
            }
            ItemKind::Node(node) => (node.mean, node.floor) = (mean, floor),
        }
    }
    catalog
}

fn column_bits(column: &NodeColumn) -> Vec<(Option<u64>, u64)> {
    column.iter().map(|score| (score.value().map(f64::to_bits), score.coverage.to_bits())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_run_has_the_bits_of_an_assessment_of_its_own(
        scenario in scenario(),
        extension in prop::sample::select(vec![Extension::None, Extension::ByRange(0.2), Extension::ByValue(0.1)]),
        mean in prop::sample::select(vec![Mean::Arithmetic, Mean::Geometric, Mean::Power(0.5)]),
        floor in prop::option::of(Just(0.05)),
        factors in vec(prop::sample::select(vec![0.0, 0.5, 1.0, 1.7]), 5..=7),
        dropped in 0..4_usize,
    ) {
        let outline = Outline::of(&scenario.catalog);
        // Gaps are filled by whoever gathers the values.
        let members = members_by_type(&scenario.types, scenario.samples.len()).unwrap();
        let filled = impute_periods(&outline, &members, &scenario.periods.iter().collect::<Vec<_>>()).unwrap();
        let filled: Vec<Table> = filled.into_iter().map(|period| period.values).collect();
        let (current, earlier) = filled.split_last().unwrap();
        // A period without records is no base, whatever fills it: an assessor knows it only while nothing does.
        prop_assume!(scenario.periods.iter().zip(earlier).all(|(given, filled)| given.is_empty() == filled.is_empty()));
        let input = Assessment { outline: &outline, types: &scenario.types, samples: &scenario.samples, current, earlier };
        let nodes: Vec<usize> = (0..outline.node_count()).collect();
        let other = variant(&scenario.catalog, extension, mean, floor);
        for kind in 0..scenario.samples.len() {
            let assessor = Assessor::new(&input, kind).unwrap();
            let mut scratch = assessor.scratch();
            // Two runs in the same room: nothing of the first may show in the second.
            for (catalog, keep) in [(&other, dropped), (&scenario.catalog, usize::MAX)] {
                let outline = Outline::of(catalog);
                let mut catalog = catalog.clone();
                if keep < usize::MAX {
                    let factor = |at: usize| factors[at % factors.len()];
                    catalog.items.iter_mut().enumerate().for_each(|(at, item)| item.weight *= factor(at));
                }
                let declared = declared_weights(&catalog);
                let sample: Vec<usize> = scenario.samples[kind].iter().copied().take(keep).collect();
                let position = |place: &usize| assessor.members().binary_search(place).unwrap();
                let positions: Vec<usize> = sample.iter().map(position).collect();
                assessor
                    .reassess(
                        &mut scratch,
                        &Configuration { outline: &outline, sample: &positions, declared_weights: &declared, nodes: &nodes },
                    )
                    .unwrap();

                let mut samples = scenario.samples.clone();
                samples[kind] = sample;
                let alone = Scenario { catalog, samples, ..scenario.clone() };
                let assessed = assess_scenario(&alone);
                let thresholds: Vec<_> = assessed.thresholds[kind].iter().map(|found| found.threshold).collect();
                prop_assert_eq!(scratch.thresholds(), &thresholds);
                prop_assert_eq!(scratch.weights(), &assessed.scored.weights[kind]);
                for &node in &nodes {
                    let all = column_bits(&assessed.scored.nodes[node]);
                    let expected: Vec<_> = assessor.members().iter().map(|&place| all[place]).collect();
                    prop_assert_eq!(column_bits(scratch.scores(node)), expected);
                    let standings = &assessed.scored.standings[node];
                    let expected: Vec<_> =
                        assessor.members().iter().map(|&place| standings.get(place).map(|found| found.rank)).collect();
                    prop_assert_eq!(scratch.ranks(node).iter().collect::<Vec<_>>(), expected);
                }
            }
        }
    }
}

#[test]
fn room_that_another_assessor_worked_in_is_as_good_as_new() {
    let catalog = Catalog::parse(shipped("pudong-2021").unwrap()).unwrap();
    let outline = &Outline::of(&catalog);
    let cell = |place: usize, leaf: usize| {
        outline.changing_node(leaf).is_none().then(|| ((place * 31 + leaf * 17) % 97) as f64)
    };
    let columns = (0..outline.leaf_count()).map(|leaf| (0..80).map(|place| cell(place, leaf)).collect());
    let current = &Table::from_columns(80, columns.collect()).unwrap();
    let types: &[Option<usize>] = &(0..80).map(|place| Some(place % 2)).collect::<Vec<_>>();
    let samples: &[Vec<usize>] = &[vec![], vec![]];
    let input = Assessment { outline, types, samples, current, earlier: &[] };
    let assessors = [0, 1].map(|kind| Assessor::new(&input, kind).unwrap());
    let declared = declared_weights(&catalog);
    let sample: Vec<usize> = (0..40).collect();
    let run = Configuration { outline, sample: &sample, declared_weights: &declared, nodes: &[0] };
    let mut shared = assessors[0].scratch();
    for assessor in &assessors {
        let mut own = assessor.scratch();
        assessor.reassess(&mut own, &run).unwrap();
        assessor.reassess(&mut shared, &run).unwrap();
        assert_eq!((shared.thresholds(), shared.scores(0)), (own.thresholds(), own.scores(0)));
    }
}

/// The plain definition: a rank is one more than how many are better.
fn plain_ranks(scores: &[Option<f64>], decimals: u32) -> Vec<Option<(usize, Option<f64>)>> {
    let shift = 10.0_f64.powi(i32::try_from(decimals).unwrap());
    let rounded: Vec<Option<f64>> =
        scores.iter().map(|score| score.map(|score| (score * shift).round())).collect();
    let present: Vec<f64> = rounded.iter().copied().flatten().collect();
    let standing = |score: f64| {
        let count =
            |wanted: fn(&f64, &f64) -> bool| present.iter().filter(|other| wanted(other, &score)).count();
        let (above, below) = (count(|a, b| a > b), count(|a, b| a < b));
        let tied = present.len() - above - below;
        let others = present.len() - 1;
        let percentile = 100.0 * (below as f64 + 0.5 * (tied - 1) as f64) / others as f64;
        (above + 1, (others > 0).then_some(percentile))
    };
    rounded.into_iter().map(|score| score.map(standing)).collect()
}

proptest! {
    #[test]
    fn ranks_are_counted_whatever_the_scores_are(
        scores in vec(prop_oneof![
            8 => (0..100_u32).prop_map(|score| Some(f64::from(score) * 1.000_000_01)),
            8 => (0.0..100.0).prop_map(Some),
            4 => (0.0..1e-6).prop_map(|far| Some(50.0 + far)),
            2 => Just(None),
            1 => (-1e3..1e3).prop_map(Some),
            1 => prop::sample::select(vec![-0.0, 0.0, 1e18, -1e18, 1e300]).prop_map(Some),
        ], 0..600),
        decimals in prop::sample::select(vec![0_u32, 3, 6, 9, 12, 15]),
        tame in any::<bool>(),
    ) {
        // Most catalogs give scores in 0..=100 alone; the wild ones need the other way to sort.
        let keep = |score: &f64| !tame || (0.0..=100.0).contains(score);
        let scores: Vec<Option<f64>> = scores.into_iter().map(|score| score.filter(keep)).collect();
        let found = standings(&scores, decimals);
        let found: Vec<_> = found.into_iter().map(|found| found.map(|found| (found.rank, found.percentile))).collect();
        prop_assert_eq!(found, plain_ranks(&scores, decimals));
    }
}

#[test]
fn ranks_of_many_places_and_of_a_crowd_come_out() {
    fn spread(at: u32) -> f64 {
        f64::from(at.wrapping_mul(2_654_435_761)) / 42_949_672.96
    }
    fn crowd(at: u32) -> f64 {
        if at == 0 { 0.0 } else { 99.0 + spread(at) * 1e-6 }
    }
    // Beyond what two passes tell apart; the crowd lies in less than one step of the upper bits.
    for (count, score) in [(100_000, spread as fn(u32) -> f64), (20_000, crowd)] {
        let scores: Vec<Option<f64>> = (0..count).map(|at| (at % 50 != 7).then(|| score(at))).collect();
        let mut sorted: Vec<f64> = scores.iter().flatten().map(|score| (score * 1e9).round()).collect();
        sorted.sort_by(|left, right| right.total_cmp(left));
        for (score, standing) in scores.iter().zip(standings(&scores, 9)) {
            let expected =
                score.map(|score| sorted.partition_point(|other| *other > (score * 1e9).round()) + 1);
            assert_eq!(standing.map(|standing| standing.rank), expected);
        }
    }
}
