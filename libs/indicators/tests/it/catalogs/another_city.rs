//! A catalog for another place needs no code: the example of the layout's description, and a village in three levels.

use xiuhua_indicators::catalog::{Catalog, Direction, Extension, Mean, Over, ThresholdPolicy, Transform};

const LAYOUT: &str = include_str!("../../../catalogs/README.md");

const VILLAGE: &str = r#"
id = "clear-water-village"
version = "2024.1"
title = { zh = "清水村治理指数", en = "Clear water village index" }
scale = 1
base_periods = 5
rank_decimals = 6
units = ["盏/户"]

[[leaf]]
code = "灯"
name = { zh = "户均路灯", en = "Street lamps per household" }
parent = "公共"
measure = "street_lamps_per_household"
direction = "positive"
threshold = { extend = "range", share = 0.25, clip = true }
weight = 3

[[node]]
code = "村"
name = { zh = "村", en = "Village" }
mean = { power = 0.5 }
over = "children"
minimum_coverage = "3/4"

[[node]]
code = "公共"
name = { zh = "公共设施", en = "Public works" }
parent = "村"
mean = { power = -2 }
floor = 0.01
weight = 2

[[node]]
code = "收支"
name = { zh = "收支", en = "Income and spending" }
parent = "村"
mean = "harmonic"
weight = 1.5

[[leaf]]
code = "收入"
name = { zh = "人均收入", en = "Income per head" }
parent = "收支"
measure = "income_per_head"
direction = "positive"
transform = "ln"
threshold = { extend = "value", share = 0.5 }
weight = 1

[[leaf]]
code = "欠费"
name = { zh = "户均欠费", en = "Arrears per household" }
parent = "收支"
measure = "arrears_per_household"
direction = "inverse"
threshold = { extend = "none" }
weight = 1

[[measure]]
id = "street_lamps_per_household"
name = { zh = "户均路灯", en = "Street lamps per household" }
unit = "盏/户"
bounds = "[0, )"

[[measure]]
id = "income_per_head"
name = { zh = "人均收入", en = "Income per head" }
unit = "yuan"
bounds = "(0, )"

[[measure]]
id = "arrears_per_household"
name = { zh = "户均欠费", en = "Arrears per household" }
unit = "yuan/household"
bounds = "[0, )"
"#;

#[test]
fn the_example_of_the_layout_description_is_a_catalog() {
    let (_, rest) = LAYOUT.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let catalog = Catalog::parse(example).unwrap_or_else(|faults| panic!("{faults}"));
    let weights: Vec<(&str, f64)> =
        catalog.items.iter().map(|item| (item.code.as_str(), item.weight)).collect();
    assert_eq!(weights, [("INDEX", 100.0), ("T1", 50.0), ("T2", 50.0)]);
    // What the description says of the defaults.
    let tenth = ThresholdPolicy::Sampled { extension: Extension::ByValue(0.1), clip: false };
    assert!(catalog.leaves().all(|at| catalog.leaf(at).is_some_and(|leaf| leaf.threshold == tenth)));
    let root = catalog.node(catalog.root()).unwrap();
    assert_eq!((root.mean, root.over), (Mean::Arithmetic, Over::Leaves));
    assert!((root.minimum_coverage - 2.0 / 3.0).abs() < 1e-15);
    assert_eq!((catalog.base_periods, catalog.rank_decimals, catalog.rule_set), (3, 9, None));
}

#[test]
fn a_village_with_means_and_units_of_its_own_is_a_catalog() {
    let catalog = Catalog::parse(VILLAGE).unwrap_or_else(|faults| panic!("{faults}"));
    // Depth first, siblings as written, wherever the rows stand.
    let order: Vec<&str> = catalog.items.iter().map(|item| item.code.as_str()).collect();
    assert_eq!(order, ["村", "公共", "灯", "收支", "收入", "欠费"]);

    let root = catalog.node(catalog.root()).unwrap();
    assert_eq!((root.mean, root.over), (Mean::Power(0.5), Over::Children));
    assert!((root.minimum_coverage - 0.75).abs() < 1e-15);
    let works = catalog.find("公共").unwrap();
    assert_eq!(
        catalog.node(works).map(|node| (node.mean, node.floor)),
        Some((Mean::Power(-2.0), Some(0.01)))
    );
    let weights: Vec<f64> = catalog.items.iter().map(|item| item.weight).collect();
    // Own weights below the mean over children, whatever the leaves below them hold.
    assert_eq!(weights[1..], [2.0, 3.0, 1.5, 1.0, 1.0]);

    let leaf = |code: &str| catalog.leaf(catalog.find(code).unwrap()).unwrap();
    assert_eq!(
        leaf("灯").threshold,
        ThresholdPolicy::Sampled { extension: Extension::ByRange(0.25), clip: true }
    );
    assert_eq!(leaf("收入").transform, Transform::Ln);
    assert_eq!(leaf("欠费").direction, Direction::Inverse);
    assert_eq!(leaf("欠费").threshold, ThresholdPolicy::Sampled { extension: Extension::None, clip: false });
}
