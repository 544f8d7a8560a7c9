//! The worked examples of specification page 1, sections 1.7 and 1.10, number for number, through the door.

use crate::fakes::{Estate, Fixed, World};
use crate::house::{Backend, House, assert_close, on_both};

const TWO_INDICATORS: &str = r#"
id = "example"
version = "1"
title = { zh = "例", en = "Example" }
scale = 100
rule_set = "little-housing"

[defaults]
minimum_coverage = "2/3"
direction = "positive"
threshold = { extend = "value", share = 0.1 }

[[node]]
code = "I"
name = { zh = "指数", en = "Index" }
points = 100

[[leaf]]
code = "P"
name = { zh = "正", en = "Positive" }
parent = "I"
measure = "p"

[[leaf]]
code = "Q"
name = { zh = "逆", en = "Inverse" }
parent = "I"
measure = "q"
direction = "inverse"

[[measure]]
id = "p"
name = { zh = "正", en = "Positive" }
unit = "score"
bounds = "( , )"

[[measure]]
id = "q"
name = { zh = "逆", en = "Inverse" }
unit = "score"
bounds = "( , )"
"#;

/// A world of one type with places that have values in 2021.
fn world(toml: &str, values: &[(&str, &str, f64)]) -> World {
    let world = World::new(toml, &["X"], "2021", &["2020"]);
    let mut places: Vec<&str> = values.iter().map(|(place, ..)| *place).collect();
    places.dedup();
    for place in places {
        world.estate(Estate {
            id: place.to_owned(),
            kind: "X".to_owned(),
            households: Some(1),
            ..Default::default()
        });
    }
    for (place, leaf, value) in values {
        world.value(place, leaf, "2021", *value);
    }
    world
}

async fn the_estates_of_section_1_10_score_65_and_nothing(on: Backend) {
    let world = world(TWO_INDICATORS, &[("full", "P", 62.0), ("full", "Q", 1.1), ("half", "P", 95.0)]);
    world.threshold("X", "P", Fixed::Between(36.0, 88.0));
    world.threshold("X", "Q", Fixed::Between(0.0, 5.5));
    let mut house = House::on(on, world).await;
    let id = house.assess_default().await.id;

    let full = house.explain(&id, "full", "").await;
    assert_close(full.leaves[0].z, 0.5);
    assert_close(full.leaves[1].z, 0.8);
    assert_close(full.score.unwrap().score, 65.0);

    let half = house.explain(&id, "half", "").await;
    assert_eq!(half.leaves[0].z, Some(1.0));
    assert_close(half.leaves[0].z_uncapped, 59.0 / 52.0);
    let score = half.score.unwrap();
    assert_eq!((score.score, score.coverage_ratio), (None, 0.5));
    assert_eq!(score.absence_reason, "LOW_COVERAGE");
}

async fn scores_80_70_70_60_rank_1_2_2_4_with_percentiles_100_50_50_0(on: Backend) {
    let scores = [("a", 80.0), ("b", 70.0), ("c", 70.0), ("d", 60.0)];
    let values: Vec<(&str, &str, f64)> = scores
        .iter()
        .flat_map(|(place, score)| [(*place, "P", *score), (*place, "Q", 100.0 - score)])
        .collect();
    let world = world(TWO_INDICATORS, &values);
    world.threshold("X", "P", Fixed::Between(0.0, 100.0));
    world.threshold("X", "Q", Fixed::Between(0.0, 100.0));
    let mut house = House::on(on, world).await;
    let id = house.assess_default().await.id;
    for ((place, expected), (rank, percentile)) in
        scores.into_iter().zip([(1, 100.0), (2, 50.0), (2, 50.0), (4, 0.0)])
    {
        let score = house.score(&id, place, "I").await;
        assert_close(score.score, expected);
        assert_eq!((score.rank, score.percentile), (Some(rank), Some(percentile)), "{place}");
    }
}

async fn in_a_first_period_the_growth_index_has_no_score_and_the_total_has_89_3_percent_coverage(
    on: Backend,
) {
    let toml = xiuhua_indicators::shipped::shipped("pudong-2021").unwrap();
    let world = World::new(toml, &["X"], "2021", &["2021"]);
    world.estate(Estate {
        id: "a".to_owned(),
        kind: "X".to_owned(),
        households: Some(1),
        ..Default::default()
    });
    world.sample("X", &["a"]);
    let catalog = world.facts().catalog.clone();
    for leaf in catalog.leaves().filter(|leaf| !catalog.is_derived(*leaf)) {
        let code = &catalog.item(leaf).code;
        world.threshold("X", code, Fixed::Between(0.0, 2.0));
        world.value("a", code, "2021", 1.0);
    }
    let mut house = House::on(on, world).await;
    let id = house.assess_default().await.id;

    let growth = house.score(&id, "a", "D").await;
    assert_eq!((growth.score, growth.absence_reason.as_str()), (None, "LOW_COVERAGE"));
    assert_close(growth.coverage_ratio, 4.0 / 7.0);
    let total = house.score(&id, "a", "INDEX").await;
    // Every value lies in the middle, so positive and inverse alike give a half.
    assert_close(total.score, 50.0);
    assert_close(total.coverage_ratio, 0.892_857_142_857_142_9);
}

on_both!(
    the_estates_of_section_1_10_score_65_and_nothing,
    scores_80_70_70_60_rank_1_2_2_4_with_percentiles_100_50_50_0,
    in_a_first_period_the_growth_index_has_no_score_and_the_total_has_89_3_percent_coverage
);
