//! The fast ways against the plain ones: many draws and many runs give the bits of one call each, with any number of
//! threads.

use std::num::NonZeroUsize;

use proptest::collection::vec;
use proptest::prelude::*;
use xiuhua_indicators::assess::{Assessed, Assessment, assess_into, members_by_type};
use xiuhua_indicators::catalog::{Catalog, Extension, ItemKind, Mean, ThresholdPolicy};
use xiuhua_indicators::compose::{Composer, NodeColumn};
use xiuhua_indicators::draws::{Draws, RankSummary, rank_draws};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rank::standings;
use xiuhua_indicators::reassess::{Assessor, Configuration};
use xiuhua_indicators::shipped::shipped;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::threshold::ThresholdStatus;
use xiuhua_indicators::weight::{Weights, declared_weights, effective_weights};

use crate::reference::assess_scenario;
use crate::reference::scenario::{Scenario, scenario};

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// The quantile of type 7 as its definition has it.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let h = (sorted.len() - 1) as f64 * p;
    let below = (0..sorted.len()).take_while(|&at| at as f64 <= h + 1e-9).last().unwrap();
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (h - below as f64) * (sorted[above] - sorted[below])
}

/// What became of one member: its rank in each draw, and how many were ranked in it.
fn summary(ranks: &[(Option<usize>, usize)]) -> Option<RankSummary> {
    let found: Vec<(usize, usize)> =
        ranks.iter().filter_map(|&(rank, ranked)| Some((rank?, ranked))).collect();
    let mut sorted: Vec<f64> = found.iter().map(|&(rank, _)| rank as f64).collect();
    sorted.sort_by(f64::total_cmp);
    let top = found.iter().filter(|&&(rank, ranked)| 10 * (rank - 1) < ranked).count();
    (!sorted.is_empty()).then(|| RankSummary {
        lower: quantile(&sorted, 0.05),
        median: quantile(&sorted, 0.5),
        upper: quantile(&sorted, 0.95),
        top_tenth: top as f64 / sorted.len() as f64,
        draws: sorted.len(),
    })
}

fn same(found: &[Option<RankSummary>], expected: &[Option<RankSummary>]) -> bool {
    let close = |one: f64, other: f64| (one - other).abs() < 1e-6;
    found.len() == expected.len()
        && found.iter().zip(expected).all(|pair| match pair {
            (None, None) => true,
            (Some(one), Some(other)) => {
                close(one.lower, other.lower)
                    && close(one.median, other.median)
                    && close(one.upper, other.upper)
                    && close(one.top_tenth, other.top_tenth)
                    && one.draws == other.draws
            }
            _ => false,
        })
}

/// Composes and ranks a draw at a time, by the public functions that one assessment uses.
fn plain_draws(draws: &Draws<'_>) -> Vec<Vec<Option<RankSummary>>> {
    let mut ranks = vec![vec![Vec::new(); draws.members.len()]; draws.nodes.len()];
    for weights in draws.weights {
        let scores = Composer::new(draws.outline, weights).unwrap().compose(draws.z, draws.members).unwrap();
        for (ranks, &node) in ranks.iter_mut().zip(draws.nodes) {
            let values: Vec<Option<f64>> = scores.columns[node].iter().map(|score| score.value()).collect();
            let standings = standings(&values, draws.outline.catalog().rank_decimals);
            let ranked = standings.iter().flatten().count();
            for (ranks, standing) in ranks.iter_mut().zip(standings) {
                ranks.push((standing.map(|standing| standing.rank), ranked));
            }
        }
    }
    ranks.iter().map(|node| node.iter().map(|ranks| summary(ranks)).collect()).collect()
}

/// Weights that differ from draw to draw; some leaves weigh nothing in some.
fn drawn_weights(outline: &Outline<'_>, scenario: &Weights, factors: &[f64]) -> Vec<Weights> {
    let leaf_count = outline.leaf_count();
    let draw = |at: usize| {
        let factor = |nth: usize| factors[(at * 7 + nth * 3) % factors.len()];
        Weights {
            leaves: (0..leaf_count).map(|leaf| scenario.leaves[leaf] * factor(leaf)).collect(),
            declared: scenario
                .declared
                .iter()
                .enumerate()
                .map(|(item, weight)| weight * factor(item))
                .collect(),
        }
    };
    (0..21).map(draw).collect()
}

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

    /// Whatever was in it, of whatever shape, and whether its columns are shared.
    #[test]
    fn an_assessment_into_what_another_left_is_that_into_nothing(one in scenario(), other in scenario()) {
        let fresh = [&one, &other].map(assess_scenario);
        let mut reused = Assessed::default();
        let mut copies = Vec::new();
        for at in [0, 1, 1, 0] {
            let scenario = [&one, &other][at];
            let (outline, (current, earlier)) =
                (&Outline::of(&scenario.catalog), scenario.periods.split_last().unwrap());
            let (types, samples) = (&scenario.types, &scenario.samples);
            assess_into(&Assessment { outline, types, samples, current, earlier }, &mut reused).unwrap();
            prop_assert_eq!(&reused, &fresh[at]);
            copies.push((at, reused.clone()));
        }
        for (at, copy) in copies.into_iter().skip(1) {
            prop_assert_eq!(&copy, &fresh[at]);
        }
    }

    #[test]
    fn draws_are_the_ranks_of_one_assessment_after_the_other_with_any_number_of_threads(
        scenario in scenario(),
        factors in vec(prop::sample::select(vec![0.0, 0.5, 1.0, 1.7]), 11..=13),
    ) {
        let outline = Outline::of(&scenario.catalog);
        let assessed = assess_scenario(&scenario);
        let nodes: Vec<usize> = (0..outline.node_count()).rev().collect();
        let members = members_by_type(&scenario.types, scenario.samples.len()).unwrap();
        for (members, weights) in members.iter().zip(&assessed.scored.weights) {
            let weights = drawn_weights(&outline, weights, &factors);
            let z = &assessed.scored.z;
            let one = threads(1);
            let draws = Draws { outline: &outline, z, members, weights: &weights, nodes: &nodes, threads: one };
            let found = rank_draws(&draws).unwrap();
            for (found, expected) in found.iter().zip(plain_draws(&draws)) {
                prop_assert!(same(found, &expected), "{:?} is not {:?}", found, expected);
            }
            for count in [2, 3, 8] {
                prop_assert_eq!(&rank_draws(&Draws { threads: threads(count), ..draws }).unwrap(), &found);
            }
        }
    }

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
        let (current, earlier) = scenario.periods.split_last().unwrap();
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

#[test]
fn a_thousand_places_come_out_the_same_with_any_number_of_threads() {
    let catalog = Catalog::parse(shipped("pudong-2021").unwrap()).unwrap();
    let outline = Outline::of(&catalog);
    let cell = |place: u32, leaf: u32| {
        // Some places lack much more than others.
        let missing = (place * 7 + leaf * 13).is_multiple_of(29) || place % 50 == 3 && leaf % 3 == place % 2;
        (!missing).then(|| f64::from((place * 31 + leaf * 17) % 101) / 100.0)
    };
    let columns = (0..35).map(|leaf| (0..1000).map(|place| cell(place, leaf)).collect());
    let z = Table::from_columns(1000, columns.collect()).unwrap();
    // Not in the order of the table, and not a whole number of lanes.
    let members: Vec<usize> = (0..1000).filter(|place| place % 11 != 5).rev().collect();
    let statuses = [ThresholdStatus::Ok; 35];
    let declared = effective_weights(&outline, &declared_weights(&catalog), &statuses).unwrap();
    let weights = drawn_weights(&outline, &declared, &[0.1, 1.0, 3.0, 0.0, 0.7, 2.0, 1.5]);
    let one = threads(1);
    let draws = Draws {
        outline: &outline,
        z: &z,
        members: &members,
        weights: &weights,
        nodes: &[0, 4],
        threads: one,
    };
    let found = rank_draws(&draws).unwrap();
    for (found, expected) in found.iter().zip(plain_draws(&draws)) {
        assert!(same(found, &expected));
    }
    for count in [2, 3, 8] {
        assert_eq!(rank_draws(&Draws { threads: threads(count), ..draws }).unwrap(), found);
    }
}
