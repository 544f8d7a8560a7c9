//! The first measured period: there is nothing to compare with, and the index says so instead of guessing.

use std::fmt::Write;

use super::workbench::Workbench;

#[test]
fn in_a_first_period_growth_is_missing_d_has_no_score_and_the_total_covers_89_3_percent() {
    let observed = [
        "A1.1", "A1.2", "A1.3", "A2.1", "A2.2", "A2.3", "A2.4", "A2.5", "A2.6", "A2.7", "A2.8", "B1.1",
        "B1.2", "B1.3", "B1.4", "B2.1", "B2.2", "B2.3", "B2.4", "B2.5", "B2.6", "C1.1", "C1.2", "C1.3",
        "C2.1", "C2.2", "C2.3", "C2.4", "D1.1", "D1.2", "D2.4", "D2.5",
    ];
    let mut places = "place_id,housing_nature,households\n".to_owned();
    let mut observations = "place_id,indicator,period,value\n".to_owned();
    for place in 0..12 {
        writeln!(places, "P{place},商品房,{}", 100 + place).unwrap();
        for (at, leaf) in (0..).zip(observed) {
            // Between 0 and 1, and different from place to place for every indicator.
            writeln!(observations, "P{place},{leaf},2021,{}", f64::from((place * 7 + at) % 12) / 12.0)
                .unwrap();
        }
    }
    let bench = Workbench::new();
    bench.write("places.csv", &places);
    bench.write("observations.csv", &observations);
    bench.compute(&["--catalog", "pudong-2021", "--period", "2021"]).expect_success();
    let scores = bench.table("scores.csv");
    let growth = scores.only(&[("place_id", "P3"), ("node", "D")]);
    assert_eq!(growth.text("score"), "");
    assert!((growth.number("coverage").unwrap() - 4.0 / 7.0).abs() < 1e-12);
    let total = scores.only(&[("place_id", "P3"), ("node", "INDEX")]);
    assert!(total.number("score").is_some());
    assert!((total.number("coverage").unwrap() - (1.0 - 75.0 / 700.0)).abs() < 1e-12);
    assert_eq!(bench.summary()["base_periods"], serde_json::json!(["2021"]));
}
