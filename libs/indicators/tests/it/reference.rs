//! The engine against an independent, naive reading of the specification, on random worlds.

#![allow(
    clippy::disallowed_methods,
    reason = "the platform's own logarithms and powers check libm's; agreement is to nine digits, not to the bit"
)]

mod naive;
pub(crate) mod scenario;

use std::collections::HashMap;

use proptest::prelude::*;
use xiuhua_indicators::assess::{Assessed, Assessment, assess};
use xiuhua_indicators::catalog::{Catalog, Reads, Transform};
use xiuhua_indicators::compose::Absence;
use xiuhua_indicators::outline::Outline;

use naive::{Findings, World};
use scenario::{Scenario, TYPES, scenario};

const YEAR: i32 = 2021;

fn place_name(place: usize) -> String {
    format!("place-{place}")
}

fn type_name(kind: usize) -> String {
    format!("type-{kind}")
}

pub(crate) fn assess_scenario(scenario: &Scenario) -> Assessed {
    let outline = Outline::of(&scenario.catalog);
    let (current, earlier) = scenario.periods.split_last().unwrap();
    let (types, samples) = (&scenario.types, &scenario.samples);
    assess(&Assessment { outline: &outline, types, samples, current, earlier }).unwrap()
}

fn world(scenario: &Scenario) -> World<'_> {
    let outline = Outline::of(&scenario.catalog);
    let mut values = HashMap::new();
    for (back, table) in scenario.periods.iter().rev().enumerate() {
        for leaf in 0..outline.leaf_count() {
            for (place, value) in table.column(leaf).iter().enumerate() {
                let key = (
                    place_name(place),
                    outline.leaf_item(leaf).code.clone(),
                    YEAR - i32::try_from(back).unwrap(),
                );
                if let Some(value) = value {
                    values.insert(key, value);
                }
            }
        }
    }
    let named = |places: &Vec<usize>| places.iter().copied().map(place_name).collect::<Vec<_>>();
    let types = scenario.types.iter().enumerate();
    World {
        catalog: &scenario.catalog,
        types: types.filter_map(|(place, kind)| Some((place_name(place), type_name((*kind)?)))).collect(),
        places: (0..scenario.types.len()).map(place_name).collect(),
        samples: (0..TYPES).map(|kind| (type_name(kind), named(&scenario.samples[kind]))).collect(),
        values,
        filled: HashMap::new(),
        year: YEAR,
    }
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1e-3)
}

fn same(left: Option<f64>, right: Option<f64>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => close(left, right),
        (left, right) => left.is_none() && right.is_none(),
    }
}

fn reason(absence: Absence) -> &'static str {
    match absence {
        Absence::Unclassified => "unclassified",
        Absence::NothingInUse => "nothing in use",
        Absence::LowCoverage => "low coverage",
        Absence::ZeroRefused => "zero refused",
    }
}

/// Whether a refused zero may hang on the last bit: where a value falls on its threshold but for round-off, and the two
/// readings round differently. Derived values are differences of scores, and under a logarithm the last bit is that of
/// the logarithm each reading calls. Such a world proves nothing.
fn hangs_on_the_last_bit(findings: &Findings, catalog: &Catalog) -> bool {
    let rounds_differently = |code: &str| {
        let leaf = catalog.find(code).and_then(|at| catalog.leaf(at));
        leaf.is_some_and(|leaf| matches!(leaf.reads, Reads::ChangeOf(_)) || leaf.transform == Transform::Ln)
    };
    findings.raw.iter().any(|((_, code), raw)| raw.abs() < 1e-9 && rounds_differently(code))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_the_naive_reading(scenario in scenario()) {
        let expected = world(&scenario).assess();
        prop_assume!(!expected.close_call && !hangs_on_the_last_bit(&expected, &scenario.catalog));
        let found = assess_scenario(&scenario);
        let outline = Outline::of(&scenario.catalog);

        for leaf in 0..outline.leaf_count() {
            let code = outline.leaf_item(leaf).code.clone();
            for kind in 0..TYPES {
                let (status, lower, upper) = expected.thresholds[&(type_name(kind), code.clone())];
                let threshold = found.thresholds[kind][leaf].threshold;
                prop_assert_eq!(threshold.status().as_str(), status, "status of {} for {}", code, kind);
                if let Some(goalposts) = threshold.goalposts() {
                    prop_assert!(close(goalposts.lower(), lower) && close(goalposts.upper(), upper), "thresholds of {}", code);
                }
            }
            for place in 0..scenario.types.len() {
                let key = (place_name(place), code.clone());
                let raw = expected.raw.get(&key).copied();
                prop_assert!(same(found.scaled.raw.column(leaf).get(place), raw), "z of {:?}", key);
                let capped = raw.map(|raw| raw.clamp(0.0, 1.0));
                prop_assert!(same(found.scaled.capped.column(leaf).get(place), capped), "capped z of {:?}", key);
                if outline.changing_node(leaf).is_some() {
                    let value = expected.derived.get(&key).copied();
                    prop_assert!(same(found.values.column(leaf).get(place), value), "derived value of {:?}", key);
                }
            }
        }
        for node in 0..outline.node_count() {
            let code = outline.node_item(node).code.clone();
            for place in 0..scenario.types.len() {
                let (score, coverage) = expected.nodes[&(place_name(place), code.clone())];
                let node_score = found.scored.nodes[node].get(place);
                prop_assert_eq!(node_score.score.err().map(reason), score.err(), "{} of {}", code, place);
                prop_assert!(same(node_score.value(), score.ok()), "{} of {}: {:?} {:?}", code, place, node_score, score);
                prop_assert!(close(node_score.coverage, coverage), "coverage of {} of {}", code, place);
            }
            for kind in 0..TYPES {
                let places: Vec<usize> = (0..scenario.types.len()).filter(|&place| scenario.types[place] == Some(kind)).collect();
                let score = |place: usize| expected.nodes[&(place_name(place), code.clone())].0.ok();
                let all: Vec<f64> = places.iter().filter_map(|&place| score(place)).collect();
                let decimals = i32::try_from(scenario.catalog.rank_decimals).unwrap();
                // A score that would be rounded up or down by the last bit can stand on either side.
                let halfway = |score: &f64| ((score * 10f64.powi(decimals)).fract().abs() - 0.5).abs() < 0.02;
                if all.iter().any(halfway) {
                    continue;
                }
                for place in places {
                    let standing = found.scored.standings[node].get(place).map(|standing| (standing.rank, standing.percentile));
                    let naive = score(place).map(|score| naive::standing(score, &all, decimals));
                    prop_assert_eq!(standing.map(|standing| standing.0), naive.map(|naive| naive.0), "rank at {}", code);
                    prop_assert!(same(standing.and_then(|standing| standing.1), naive.and_then(|naive| naive.1)));
                }
            }
        }
    }
}
