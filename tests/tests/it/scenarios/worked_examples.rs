//! The worked examples of specification page 1, section 1.10, through `xiuhua index compute`.

use super::small_district::CATALOG;
use super::workbench::Workbench;

const PLACES: &str = "\
place_id,name,town_code,town,committee,housing_nature,households,population
S1,一,310115004000,潍坊新村街道,甲,商品房,100,250
S2,二,310115004000,潍坊新村街道,甲,商品房,200,500
S3,三,310115004000,潍坊新村街道,乙,商品房住宅,300,750
E1,四,310115004000,潍坊新村街道,乙,商品房,400,1000
E2,五,310115004000,潍坊新村街道,乙,商品房,,
";

const OBSERVATIONS: &str = "\
place_id,indicator,period,value
S1,P,2020,40
S2,P,2020,60
S3,P,2020,80
S1,Q,2020,0
S2,q,2020,2
S3,Q,2020,5
E1,P,2021,62
E1,Q,2021,1.1
E2,P,2021,95
";

fn computed() -> Workbench {
    let bench = Workbench::new();
    bench.write("catalog.toml", CATALOG);
    bench.write("places.csv", PLACES);
    bench.write("observations.csv", OBSERVATIONS);
    bench.write("sample.csv", "place_id\nS1\nS2\nS3\n");
    bench
        .compute(&["--catalog", "catalog.toml", "--period", "2021", "--sample", "sample.csv"])
        .expect_success();
    bench
}

#[test]
fn thresholds_extend_the_sampled_extremes_by_a_tenth_of_their_value() {
    let thresholds = computed().table("thresholds.csv");
    let p = thresholds.only(&[("type", "COMMODITY"), ("indicator", "P")]);
    assert_eq!([p.number("lower"), p.number("upper")], [Some(36.0), Some(88.0)]);
    let q = thresholds.only(&[("type", "COMMODITY"), ("indicator", "Q")]);
    assert_eq!([q.number("lower"), q.number("upper")], [Some(0.0), Some(5.5)]);
    assert_eq!([q.text("status"), q.text("sample_size")], ["ok", "3"]);
}

#[test]
fn an_estate_between_the_thresholds_scores_the_mean_of_its_dimensionless_values() {
    let bench = computed();
    let values = bench.table("values.csv");
    assert_eq!(values.only(&[("place_id", "E1"), ("indicator", "P")]).number("z"), Some(0.5));
    assert_close(values.only(&[("place_id", "E1"), ("indicator", "Q")]).number("z"), 0.8);
    let scores = bench.table("scores.csv");
    let score = scores.only(&[("place_id", "E1"), ("node", "INDEX")]);
    assert_close(score.number("score"), 65.0);
    assert_eq!([score.text("rank"), score.text("coverage"), score.text("percentile")], ["1", "1", ""]);
}

#[test]
fn a_value_beyond_the_threshold_is_capped_and_half_coverage_gives_no_score() {
    let bench = computed();
    let p = bench.table("values.csv");
    let p = p.only(&[("place_id", "E2"), ("indicator", "P")]);
    assert_eq!(p.number("z"), Some(1.0));
    assert_close(p.number("z_uncapped"), 1.134_615_384_615_384_6);
    let score = bench.table("scores.csv");
    let score = score.only(&[("place_id", "E2"), ("node", "INDEX")]);
    assert_eq!([score.text("score"), score.text("rank")], ["", ""]);
    assert_eq!(score.number("coverage"), Some(0.5));
}

#[test]
fn a_constant_indicator_is_left_out_and_a_0_1_indicator_runs_to_1_1() {
    let bench = Workbench::new();
    bench.write("catalog.toml", CATALOG);
    bench.write("places.csv", PLACES);
    bench.write("sample.csv", "place_id\nS1\nS2\nS3\n");
    bench.write(
        "observations.csv",
        "place_id,indicator,period,value\nS1,P,2020,0\nS2,P,2020,1\nS3,P,2020,1\nS1,Q,2020,1\nS2,Q,2020,1\n\
         S3,Q,2020,1\nE1,P,2021,1\nE1,Q,2021,1\nE2,P,2021,0\n",
    );
    bench
        .compute(&["--catalog", "catalog.toml", "--period", "2021", "--sample", "sample.csv"])
        .expect_success();
    let thresholds = bench.table("thresholds.csv");
    let q = thresholds.only(&[("type", "COMMODITY"), ("indicator", "Q")]);
    assert_eq!([q.text("status"), q.text("lower"), q.text("upper")], ["degenerate", "", ""]);
    let p = thresholds.only(&[("type", "COMMODITY"), ("indicator", "P")]);
    assert_eq!(p.number("lower"), Some(0.0));
    assert_close(p.number("upper"), 1.1);
    let scores = bench.table("scores.csv");
    assert_close(scores.only(&[("place_id", "E1"), ("node", "INDEX")]).number("score"), 100.0 / 1.1);
    let no = scores.only(&[("place_id", "E2"), ("node", "INDEX")]);
    assert_eq!([no.number("score"), no.number("coverage")], [Some(0.0), Some(1.0)]);
    let summary = bench.summary();
    let left_out = serde_json::json!({ "type": "COMMODITY", "indicator": "Q", "status": "degenerate" });
    assert!(summary["degenerate"].as_array().unwrap().contains(&left_out), "{summary}");
    assert_eq!(summary["base_periods"], serde_json::json!(["2020"]));
}

#[test]
fn groups_weigh_by_households_and_leave_out_estates_without_them() {
    let bench = Workbench::new();
    bench.write("catalog.toml", CATALOG);
    bench.write("places.csv", PLACES);
    bench.write("sample.csv", "place_id\nS1\nS2\nS3\n");
    let later = "S1,P,2021,49\nS1,Q,2021,2.75\nE2,Q,2021,1\n";
    bench.write("observations.csv", &format!("{OBSERVATIONS}{later}"));
    bench
        .compute(&["--catalog", "catalog.toml", "--period", "2021", "--sample", "sample.csv"])
        .expect_success();
    let groups = bench.table("groups.csv");
    let town = groups.only(&[("level", "town"), ("type", "COMMODITY"), ("node", "INDEX")]);
    // S1: (0.25 + 0.5) / 2 = 37.5 of 100 households; E1: 65 of 400; E2 scores but has no households.
    assert_close(town.number("score"), (37.5 * 100.0 + 65.0 * 400.0) / 500.0);
    assert_eq!([town.text("code"), town.text("places"), town.text("rank")], ["310115004000", "2", "1"]);
    assert_close(town.number("household_share"), 0.5);
    let all = groups.only(&[("level", "district"), ("type", "ALL"), ("node", "INDEX")]);
    assert_eq!([all.text("code"), all.text("rank")], ["310115", ""]);
}

fn assert_close(found: Option<f64>, expected: f64) {
    let found = found.expect("a number");
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}
