//! A little district, small enough to be worked out by hand.
//!
//! ```text
//! INDEX ─┬─ P (50 points) ─┬─ P1 positive
//!        │                 └─ P2 inverse
//!        └─ G (50 points) ─┬─ G1 positive
//!                          └─ G2 the change of P
//! ```
//! Every leaf weighs 25; half of the weight must be observed. Type X: a, b, c, thresholds 0..10 everywhere. Type Y: d, e,
//! P1 between 0 and 20, P2 degenerate, so P1 carries all 50 points of P. u is unclassified.
//!
//! ```text
//!        2019              2020                    2021
//!   a    P1 4 P2 6  P 40   P1 6 P2 4 G1 8  P 60    P1 7 P2 3 G1 8  P 70
//!   b    P1 5 P2 5  P 50   P1 5 P2 5 G1 6  P 50    P1 6 P2 4 G1 6  P 60
//!   c    P1 2 P2 8  P 20   P1 3 P2 7 G1 5  P 30    P1 2 P2 8       P 20
//!   d    P1 10      P 50   P1 12           P 60    P1 14     G1 5  P 70
//!   e    P1 5       P 25   P1 5            P 25    P1 10     G1 5  P 50
//! ```
//! The thresholds of G2 come from the changes 2019 → 2020 of the sample: X: 20, 0, 10, so lower 0 - 0 and upper
//! 20 + 2 = 22. Y: only d is sampled, one value does not differ, so G2 is left out and G1 carries the 50 points of G.

use crate::fakes::{Estate, Fixed, World};

pub(crate) const CATALOG: &str = r#"
id = "little"
version = "1"
title = { zh = "小指数", en = "Little index" }
scale = 100
rule_set = "little-housing"
base_periods = 2
rank_decimals = 9
common_cut = 0.5

[defaults]
minimum_coverage = 0.5
direction = "positive"
threshold = { extend = "value", share = 0.1, clip = false }

[[node]]
code = "INDEX"
name = { zh = "指数", en = "Index" }

[[node]]
code = "P"
name = { zh = "过程", en = "Process" }
parent = "INDEX"
points = 50

[[leaf]]
code = "P1"
name = { zh = "走访", en = "Visits" }
parent = "P"
measure = "visits"

[[leaf]]
code = "P2"
name = { zh = "投诉", en = "Complaints" }
parent = "P"
measure = "complaints"
direction = "inverse"

[[node]]
code = "G"
name = { zh = "成长", en = "Growth" }
parent = "INDEX"
points = 50

[[leaf]]
code = "G1"
name = { zh = "演练", en = "Drills" }
parent = "G"
measure = "drills"

[[leaf]]
code = "G2"
name = { zh = "过程变化", en = "Change of process" }
parent = "G"
change_of = "P"

[[measure]]
id = "visits"
name = { zh = "走访", en = "Visits" }
unit = "visits/household/year"
bounds = "[0, )"

[[measure]]
id = "complaints"
name = { zh = "投诉", en = "Complaints" }
unit = "cases/100 households"
bounds = "[0, )"

[[measure]]
id = "drills"
name = { zh = "演练", en = "Drills" }
unit = "drills/year"
bounds = "[0, )"
"#;

/// z of G2 for a change of 10 points: 10 of 22.
pub(crate) const Z_OF_TEN: f64 = 10.0 / 22.0;

/// The district as drawn above, with thresholds drawn for 2021.
pub(crate) fn little_district() -> World {
    let world = World::new(CATALOG, &["X", "Y"], "2021", &["2019", "2020"]);
    let estate = |id: &str, kind: &str, town: &str, committee: &str, households| Estate {
        id: id.to_owned(),
        kind: kind.to_owned(),
        town: town.to_owned(),
        committee: committee.to_owned(),
        district: "310115".to_owned(),
        households,
        ..Estate::default()
    };
    world.estate(estate("a", "X", "T1", "C1", Some(100)));
    world.estate(estate("b", "X", "T1", "C1", Some(300)));
    world.estate(estate("c", "X", "T2", "C1", Some(200)));
    world.estate(estate("d", "Y", "T1", "C2", Some(100)));
    world.estate(estate("e", "Y", "T2", "C1", Some(0)));
    world.estate(estate("u", "UNCLASSIFIED", "T2", "", Some(50)));
    for leaf in ["P1", "P2", "G1"] {
        world.threshold("X", leaf, Fixed::Between(0.0, 10.0));
    }
    world.threshold("Y", "P1", Fixed::Between(0.0, 20.0));
    world.threshold("Y", "P2", Fixed::Degenerate);
    world.threshold("Y", "G1", Fixed::Between(0.0, 10.0));
    world.sample("X", &["c", "a", "b"]);
    world.sample("Y", &["d"]);

    let values: [(&str, &str, [f64; 3]); 8] = [
        ("a", "P1", [4.0, 6.0, 7.0]),
        ("a", "P2", [6.0, 4.0, 3.0]),
        ("b", "P1", [5.0, 5.0, 6.0]),
        ("b", "P2", [5.0, 5.0, 4.0]),
        ("c", "P1", [2.0, 3.0, 2.0]),
        ("c", "P2", [8.0, 7.0, 8.0]),
        ("d", "P1", [10.0, 12.0, 14.0]),
        ("e", "P1", [5.0, 5.0, 10.0]),
    ];
    for (place, leaf, by_year) in values {
        for (period, value) in ["2019", "2020", "2021"].into_iter().zip(by_year) {
            world.value(place, leaf, period, value);
        }
    }
    for (place, period, value) in
        [("a", "2020", 8.0), ("b", "2020", 6.0), ("c", "2020", 5.0), ("a", "2021", 8.0), ("b", "2021", 6.0)]
    {
        world.value(place, "G1", period, value);
    }
    world.value("d", "G1", "2021", 5.0);
    world.value("e", "G1", "2021", 5.0);
    world.value("u", "P1", "2021", 9.0);
    world
}
