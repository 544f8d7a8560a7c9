//! Gaps are filled and outliers treated where a catalog asks for it, and nobody who reads a score is left in the dark
//! about either.

use serde_json::Value;

use super::workbench::Workbench;

/// One outlier indicator, one with gaps, and what became of their index.
const CATALOG: &str = r#"
id = "prepared"
version = "1"
title = { zh = "处理过的指标", en = "Prepared indicators" }
scale = 100
rule_set = "pudong-housing"

[defaults]
direction = "positive"

[[measure]]
id = "visits"
name = { zh = "走访", en = "Visits" }
unit = "visits/household/year"
bounds = "[0, )"

[[measure]]
id = "rate"
name = { zh = "收缴率", en = "Collection rate" }
unit = "%"
bounds = "[0, 100]"

[[node]]
code = "INDEX"
name = { zh = "指数", en = "Index" }

[[node]]
code = "A"
parent = "INDEX"
name = { zh = "现状", en = "State" }
points = 80

[[node]]
code = "D"
parent = "INDEX"
name = { zh = "进步", en = "Growth" }
points = 20

[[leaf]]
code = "V"
parent = "A"
name = { zh = "走访", en = "Visits" }
measure = "visits"
treat = { share = 0.25 }

[[leaf]]
code = "R"
parent = "A"
name = { zh = "收缴率", en = "Collection rate" }
measure = "rate"
impute = "linear"

[[leaf]]
code = "D1"
parent = "D"
name = { zh = "现状变化", en = "Change of state" }
change_of = "A"
"#;

const ESTATES: usize = 12;

/// Twelve estates: the visits of the vector of section c3 of the reference, every year the same; rates that rise by 2
/// a year, of which S01 did not deliver 2020 and S02 not 2021.
fn observations() -> Vec<String> {
    let visits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100];
    let mut rows = Vec::new();
    for (at, visits) in visits.into_iter().enumerate() {
        let place = format!("S{:02}", at + 1);
        for year in 2018..=2022 {
            rows.push(format!("{place},V,{year},{visits}"));
            let missing = (at == 0 && year == 2020) || (at == 1 && year == 2021);
            if !missing {
                let rate = 50 + 2 * at + 2 * (year - 2018);
                rows.push(format!("{place},R,{year},{rate}"));
            }
        }
    }
    rows
}

fn places() -> String {
    let row = |at: usize| {
        format!("S{at:02},小区{at},310115004000,潍坊新村街道,甲,商品房,{},{}\n", 100 * at, 250 * at)
    };
    let header = "place_id,name,town_code,town,committee,housing_nature,households,population\n";
    std::iter::once(header.to_owned()).chain((1..=ESTATES).map(row)).collect()
}

/// A platform with the estates, their observations in the order given.
fn delivered(rows: &[String]) -> Workbench {
    let mut bench = Workbench::new();
    bench.write("alone.toml", "[review]\nsecond_person_above_ratio = 0\n");
    let config = bench.path("alone.toml").display().to_string();
    bench.set("XIUHUA_CONFIG", &config);
    bench.write("catalog.toml", CATALOG);
    bench.write("places.csv", &places());
    bench.write("observations.csv", &format!("place_id,indicator,period,value\n{}\n", rows.join("\n")));
    bench.json(&["import", "places", "places.csv", "--yes"]);
    bench.json(&["import", "observations", "observations.csv", "--catalog", "catalog.toml", "--yes"]);
    bench
}

fn assess(bench: &Workbench, period: &str, more: &[&str]) -> Value {
    let arguments = ["assess", "--catalog", "catalog.toml", "--period", period];
    bench.json(&[&arguments[..], more].concat())
}

fn leaf(bench: &Workbench, run: &Value, place: &str, code: &str) -> Value {
    let told = bench.json(&["explain", place, "--node", "INDEX", "--run", run["id"].as_str().unwrap()]);
    let leaves = told["explanation"]["leaves"].as_array().unwrap().clone();
    leaves.into_iter().find(|leaf| leaf["leaf"] == code).unwrap()
}

fn close(found: &Value, expected: f64) -> bool {
    found.as_f64().is_some_and(|found| (found - expected).abs() < 1e-9)
}

#[test]
fn a_score_walks_back_over_what_was_filled_and_treated() {
    let bench = delivered(&observations());
    let run = assess(&bench, "2021", &["--sample", "census"]);

    // The outlier estate: observed 100, counted as 30; the thresholds are those of the treated sample.
    let outlier = leaf(&bench, &run, "S12", "V");
    assert!(close(&outlier["value"], 100.0) && close(&outlier["treated_value"], 30.0), "{outlier}");
    assert!(close(&outlier["lower"], 0.9) && close(&outlier["upper"], 33.0), "{outlier}");
    assert!(close(&outlier["z_uncapped"], 29.1 / 32.1), "{outlier}");
    assert_eq!(outlier["treatment"]["kind"], "WINSORISED");
    assert_eq!(
        (&outlier["treatment"]["high_points"], &outlier["treatment"]["lower"]),
        (&1.into(), &Value::Null)
    );
    assert_eq!(leaf(&bench, &run, "S03", "V")["treated_value"], Value::Null);

    // The gap: between 2020 and 2022, whose observations stand behind it.
    let gap = leaf(&bench, &run, "S02", "R");
    assert!(close(&gap["value"], 58.0), "{gap}");
    let made_of = &gap["imputation"];
    assert_eq!(
        (&made_of["method"], &made_of["earlier_period"], &made_of["later_period"]),
        (&"LINEAR".into(), &"2020".into(), &"2022".into())
    );
    assert!(close(&made_of["earlier_value"], 56.0) && close(&made_of["later_value"], 60.0), "{made_of}");
    let periods: Vec<&Value> =
        gap["observations"].as_array().unwrap().iter().map(|seen| &seen["period"]).collect();
    assert_eq!(periods, ["2020", "2022"]);
    assert_eq!(leaf(&bench, &run, "S03", "R")["imputation"], Value::Null);

    // It counts as covered, so the estate has a score for all its indicators.
    let id = run["id"].as_str().unwrap();
    let zh = bench.run(&["explain", "S02", "--run", id, "--lang", "zh"]).expect_success().stdout();
    assert!(zh.contains("插补：2020 = 56 与 2022 = 60 之间"), "{zh}");
    assert!(zh.contains("缩尾 ≤ 30（样本中 1 个）"), "{zh}");
    let en = bench.run(&["explain", "S12", "--run", id, "--lang", "en"]).expect_success().stdout();
    assert!(en.contains("100 → 30") && en.contains("winsorised ≤ 30 (1 in the sample)"), "{en}");

    let told = bench.json(&["quality", id]);
    assert_eq!((&told["imputed_values"], &told["treated_values"]), (&1.into(), &1.into()), "{told}");
    bench.run(&["export", "--run", id, "--out", "out", "--quiet"]).expect_success();
    let imputed = bench.table("imputed.csv");
    let row = imputed.only(&[("place_id", "S02"), ("indicator", "R")]);
    assert_eq!([row.text("value"), row.text("method")], ["58", "linear"]);
    assert_eq!(imputed.rows().len(), 1);
    let treatment = bench.table("treatment.csv");
    let row = treatment.only(&[("type", "COMMODITY"), ("indicator", "V")]);
    assert_eq!(
        [row.text("treatment"), row.text("upper"), row.text("high_points")],
        ["winsorised", "30", "1"]
    );
    bench.run(&["verify"]).expect_success();
}

#[test]
fn growth_under_one_set_knows_nothing_of_outliers_that_come_and_go() {
    let bench = delivered(&observations());
    let first = assess(&bench, "2021", &["--sample", "census"]);
    let set = first["threshold_set_id"].as_str().unwrap().to_owned();
    let second = assess(&bench, "2022", &["--thresholds", &set]);
    // Visits are the same in both years, and so is what they are worth, for the outlier as for everybody.
    for place in ["S01", "S11", "S12"] {
        let [before, after] =
            [&first, &second].map(|run| leaf(&bench, run, place, "V")["z_uncapped"].clone());
        assert_eq!(before, after, "{place}");
    }
}

#[test]
fn the_digest_is_the_same_in_any_order_and_on_the_pure_path_of_files() {
    let rows = observations();
    let backwards: Vec<String> = rows.iter().rev().cloned().collect();
    let digest = |rows: &[String]| {
        let bench = delivered(rows);
        assess(&bench, "2021", &["--sample", "census"])["digest"].clone()
    };
    let straight = digest(&rows);
    assert_eq!(straight, digest(&backwards));
    let bench = delivered(&rows);
    bench.compute(&["--catalog", "catalog.toml", "--period", "2021", "--sample", "census"]).expect_success();
    assert_eq!(bench.summary()["digest"], straight);
}

#[test]
fn a_late_value_takes_the_place_of_a_filled_one_and_the_past_stays_as_it_was() {
    let bench = delivered(&observations());
    let before = assess(&bench, "2021", &["--sample", "census"]);
    let position = before["as_of_position"].to_string();
    bench.write("late.csv", "place_id,indicator,period,value\nS02,R,2021,90\n");
    bench.json(&["import", "observations", "late.csv", "--catalog", "catalog.toml", "--yes"]);
    let after = assess(&bench, "2021", &["--sample", "census"]);
    let late = leaf(&bench, &after, "S02", "R");
    assert!(close(&late["value"], 90.0) && late["imputation"].is_null(), "{late}");
    assert_ne!(after["digest"], before["digest"]);
    let again = assess(&bench, "2021", &["--sample", "census", "--as-of", &position]);
    assert_eq!(again["digest"], before["digest"]);
}
