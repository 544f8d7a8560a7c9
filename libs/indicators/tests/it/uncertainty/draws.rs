//! Draws: the assessment itself where nothing is varied, the same bits on any number of threads, and intervals that a
//! slow second way finds too.

use std::num::NonZeroUsize;

use proptest::prelude::*;
use xiuhua_indicators::assess::members_by_type;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::imputation::impute_periods;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::shipped::shipped;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::uncertainty::draws::{DrawPlan, Drawn, draw};
use xiuhua_indicators::uncertainty::factors::{Factor, Perturbation};
use xiuhua_indicators::uncertainty::model::{Model as _, Rank, Reach, Reassessment, Study};
use xiuhua_indicators::uncertainty::perturbation::perturbed_weights;
use xiuhua_indicators::uncertainty::sensitivity::{SensitivityPlan, analyse};
use xiuhua_indicators::uncertainty::settings::Settings;

use super::district::{District, TYPES};
use crate::reference::assess_scenario;
use crate::reference::scenario::scenario;

fn drawn(district: &District, seed: u64, draws: u32, threads: usize) -> Drawn {
    let factors = Factor::defaults();
    district.with(seed, |model| {
        let nominal = model.run(&Settings::default(), Reach::AllNodes).unwrap();
        let plan = DrawPlan {
            factors: &factors,
            seed,
            draws,
            types: &district.types,
            type_count: TYPES,
            threads: NonZeroUsize::new(threads).unwrap(),
        };
        draw(model, &nominal, &plan).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_run_is_the_assessment_and_the_fast_way_is_the_plain_one(scenario in scenario(), seed: u64) {
        let assessed = assess_scenario(&scenario);
        let outline = Outline::of(&scenario.catalog);
        // Gaps are filled by whoever gathers the values; a period without records is no base, whatever fills it.
        let members = members_by_type(&scenario.types, scenario.samples.len()).unwrap();
        let delivered: Vec<&Table> = scenario.periods.iter().collect();
        let filled = impute_periods(&outline, &members, &delivered).unwrap();
        let filled: Vec<Table> = filled.into_iter().map(|period| period.values).collect();
        let (current, earlier) = filled.split_last().unwrap();
        let asked = scenario.catalog.base_periods as usize;
        let first = earlier.len().saturating_sub(asked);
        let as_base = |at: usize| if delivered[at].is_empty() { delivered[at] } else { &earlier[at] };
        let on_record = (0..earlier.len()).any(|at| !delivered[at].is_empty());
        let base: Vec<Table> = if on_record {
            (first..earlier.len()).map(|at| as_base(at).clone()).collect()
        } else {
            vec![current.clone()]
        };
        let weights: Vec<f64> = scenario.catalog.items.iter().map(|item| item.weight).collect();
        let weights = vec![weights; scenario.samples.len()];
        let model = || Reassessment::new(Study {
            outline: &outline,
            declared_weights: &weights,
            types: &scenario.types,
            current,
            previous: earlier.last(),
            base_types: &scenario.types,
            one_axis: true,
            base: &base,
            samples: &scenario.samples,
        }, seed).unwrap();
        let (fast, model) = (model(), model().plain());
        let (thresholds, scored) = model.assess(&Settings::default()).unwrap();
        let expected: Vec<Vec<_>> = assessed.thresholds.iter()
            .map(|leaves| leaves.iter().map(|leaf| leaf.threshold).collect()).collect();
        prop_assert_eq!(thresholds, expected);
        prop_assert_eq!(scored, assessed.scored);
        // Scenarios have their own extensions, means and coverages; the choices of the factors go over all of them.
        let settings = (0..6).map(|draw| Settings::of_draw(&Factor::defaults(), seed, draw));
        for settings in settings.chain([Settings::default()]) {
            for reach in [Reach::AllNodes, Reach::Root] {
                prop_assert_eq!(fast.run(&settings, reach).unwrap(), model.run(&settings, reach).unwrap());
            }
        }
    }

    #[test]
    fn perturbed_weights_keep_the_total_and_stay_near(scenario in scenario(), seed: u64, realisation: u64) {
        let catalog: &Catalog = &scenario.catalog;
        let declared: Vec<f64> = catalog.items.iter().map(|item| item.weight).collect();
        for perturbation in [Perturbation::Uniform(0.25), Perturbation::Dirichlet(50.0)] {
            let found = perturbed_weights(catalog, &declared, perturbation, seed, realisation);
            for (at, item) in catalog.items.iter().enumerate().filter(|(_, item)| !item.children.is_empty()) {
                // The shares of siblings move; their sum follows their parent.
                let sum = |weights: &[f64]| item.children.iter().map(|child| weights[child.0]).sum::<f64>();
                if declared[at] > 0.0 && sum(&declared) > 0.0 {
                    let ratio = sum(&found) / sum(&declared) * declared[at] / found[at];
                    prop_assert!((ratio - 1.0).abs() < 1e-9);
                }
                for child in item.children.iter().filter(|child| declared[child.0] > 0.0) {
                    let moved = found[child.0] / declared[child.0] * declared[at] / found[at];
                    // Between the least over the greatest and the other way about.
                    let within = !matches!(perturbation, Perturbation::Uniform(_))
                        || (0.75 / 1.25 - 1e-9..1.25 / 0.75 + 1e-9).contains(&moved);
                    prop_assert!(declared[at] <= 0.0 || within, "{moved}");
                }
            }
            prop_assert!(declared.iter().zip(&found).all(|(before, after)| *before > 0.0 || after.to_bits() == 0));
        }
    }
}

#[test]
fn a_sample_with_a_member_of_another_type_is_not_cut_short_for_the_sake_of_speed() {
    let mut district = District::new();
    // Place 2 is of the second type; it drops out of none of the thresholds that it was drawn for.
    district.samples[0].push(2);
    let outline = Outline::of(&district.catalog);
    let model = || Reassessment::new(district.study(&outline), 3).unwrap();
    let (fast, plain) = (model(), model().plain());
    let draws = (0..8).map(|draw| Settings::of_draw(&Factor::defaults(), 3, draw));
    for settings in draws.chain([Settings::default()]) {
        let (found, expected) =
            [&fast, &plain].map(|model| model.run(&settings, Reach::AllNodes).unwrap()).into();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_bits_are_the_same_with_any_number_of_threads() {
    let district = District::new();
    let one = drawn(&district, 5, 60, 1);
    for threads in 2..=8 {
        assert_eq!(drawn(&district, 5, 60, threads), one, "{threads} threads");
    }
    assert_ne!(drawn(&district, 6, 60, 1).intervals, one.intervals);
}

/// Whatever is kept from one run for the next: weights alone, another mean beside them, everything.
#[test]
fn a_thousand_places_are_drawn_as_by_the_plain_way_with_any_number_of_threads() {
    let catalog = Catalog::parse(shipped("pudong-2021").unwrap()).unwrap();
    let outline = Outline::of(&catalog);
    let cell = |place: usize, leaf: usize, period: usize| {
        // Some places lack much more than others.
        let missing = (place * 7 + leaf * 13 + period).is_multiple_of(29)
            || place % 50 == 3 && leaf % 3 == place % 2
            || outline.changing_node(leaf).is_some();
        (!missing).then(|| ((place * (31 + period) + leaf * 17) % 101) as f64)
    };
    let period = |period| {
        let column = |leaf| (0..1000).map(|place| cell(place, leaf, period)).collect();
        Table::from_columns(1000, (0..outline.leaf_count()).map(column).collect()).unwrap()
    };
    let (base, current) = ([period(0), period(1)], period(2));
    // Not a whole number of lanes in either type.
    let types: Vec<Option<usize>> =
        (0..1000).map(|place| (place % 11 != 5).then_some(usize::from(place % 7 == 1))).collect();
    let samples: Vec<Vec<usize>> = (0..TYPES)
        .map(|kind| (0..1000).filter(|&place| types[place] == Some(kind) && place % 3 == 0).collect())
        .collect();
    let declared_weights = vec![catalog.items.iter().map(|item| item.weight).collect::<Vec<f64>>(); TYPES];
    let study = Study {
        outline: &outline,
        declared_weights: &declared_weights,
        types: &types,
        current: &current,
        previous: base.last(),
        base_types: &types,
        one_axis: true,
        base: &base,
        samples: &samples,
    };
    let (fast, plain) = (Reassessment::new(study, 4).unwrap(), Reassessment::new(study, 4).unwrap().plain());
    for factors in [
        &["weights=uniform:0.5"] as &[&str],
        &["weights=dirichlet:9", "aggregation=declared,geometric:0.05,geometric:0.01", "missing=1/2,0.9"],
        &["sample=bootstrap", "weights", "extension=0,0.2", "aggregation=arithmetic,geometric:0.01"],
    ] {
        let factors = Factor::parse_all(factors.iter().copied()).unwrap();
        let drawn = |model: &Reassessment<'_>, threads| {
            let plan = DrawPlan {
                factors: &factors,
                seed: 4,
                draws: 30,
                types: &types,
                type_count: TYPES,
                threads: NonZeroUsize::new(threads).unwrap(),
            };
            draw(model, &model.run(&Settings::default(), Reach::AllNodes).unwrap(), &plan).unwrap()
        };
        let expected = drawn(&plain, 2);
        for threads in [1, 2, 3, 8] {
            assert_eq!(drawn(&fast, threads), expected, "{factors:?}, {threads} threads");
        }
    }
}

#[test]
fn sensitivity_too_has_the_same_bits_with_any_number_of_threads() {
    let district = District::new();
    let factors = Factor::defaults();
    let analysed = |threads| {
        district.with(5, |model| {
            let nominal = model.run(&Settings::default(), Reach::AllNodes).unwrap();
            let plan = SensitivityPlan {
                factors: &factors,
                seed: 5,
                log2: 4,
                types: &district.types,
                type_count: TYPES,
                threads: NonZeroUsize::new(threads).unwrap(),
            };
            analyse(model, &nominal, &plan).unwrap()
        })
    };
    let one = analysed(1);
    assert_eq!(analysed(3), one);
    assert_eq!(one.outputs.len(), TYPES + 1);
    assert!(one.outputs.iter().all(|output| output.variance > 0.0 && output.indices.len() == factors.len()));
    assert!(one.records.iter().all(|record| record.runs == 16 * 7 && record.differed > 0));
}

#[test]
fn a_draw_does_not_depend_on_how_many_are_asked_for() {
    let district = District::new();
    let (few, many) = (drawn(&district, 5, 20, 2), drawn(&district, 5, 60, 2));
    assert_eq!(few.settings, many.settings[..20]);
}

/// Runs again with the settings on record, one by one, and counts by hand.
#[test]
fn intervals_are_what_the_recorded_settings_give_one_by_one() {
    let district = District::new();
    let found = drawn(&district, 8, 41, 2);
    district.with(8, |model| {
        let runs: Vec<Vec<Vec<Rank>>> = found
            .settings
            .iter()
            .map(|settings| model.run(settings, Reach::AllNodes).unwrap().ranks)
            .collect();
        let nominal = model.run(&Settings::default(), Reach::AllNodes).unwrap().ranks;
        for (node, column) in found.intervals.iter().enumerate() {
            for (place, interval) in column.iter().enumerate() {
                let mut ranks: Vec<u32> =
                    runs.iter().filter_map(|run| run[node][place]).map(|rank| rank.get()).collect();
                ranks.sort_unstable();
                let Some(interval) = interval else {
                    assert!(ranks.is_empty());
                    continue;
                };
                assert_eq!(interval.scored, ranks.len());
                if ranks.len() == 41 {
                    // With 41 draws the quantiles are the third, the middle and the last but two.
                    let expected = [ranks[2], ranks[20], ranks[38]].map(f64::from);
                    let found = [interval.low, interval.median, interval.high];
                    assert!(
                        found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-9)
                    );
                }
                let top = runs.iter().filter(|run| {
                    let peers = (0..120).filter(|&peer| {
                        district.types[peer] == district.types[place] && run[node][peer].is_some()
                    });
                    let tenth = peers.count().div_ceil(10);
                    run[node][place].is_some_and(|rank| rank.get() as usize <= tenth)
                });
                assert!((interval.top_tenth - top.count() as f64 / 41.0).abs() < 1e-12);
            }
            for kind in 0..TYPES {
                let mut order: Vec<usize> = (0..120)
                    .filter(|&at| district.types[at] == Some(kind) && nominal[node][at].is_some())
                    .collect();
                order.sort_by_key(|&at| nominal[node][at]);
                let apart = |one: usize, other: usize| {
                    let pairs: Vec<(Rank, Rank)> = runs
                        .iter()
                        .map(|run| (run[node][one], run[node][other]))
                        .filter(|(one, other)| one.is_some() && other.is_some())
                        .collect();
                    let above = pairs.iter().filter(|(one, other)| one < other).count() as f64;
                    let below = pairs.iter().filter(|(one, other)| one > other).count() as f64;
                    let needed = 0.95 * pairs.len() as f64;
                    !pairs.is_empty() && (above >= needed || below >= needed)
                };
                let (mut leader, mut tier) = (order[0], 1);
                for place in order {
                    if apart(leader, place) {
                        (leader, tier) = (place, tier + 1);
                    }
                    assert_eq!(found.tiers[node][place], Some(tier));
                }
            }
        }
    });
}

#[test]
fn a_place_without_a_type_has_neither_interval_nor_group() {
    let found = drawn(&District::new(), 5, 20, 1);
    for node in 0..found.intervals.len() {
        assert_eq!((found.intervals[node][5], found.tiers[node][5]), (None, None));
    }
}
