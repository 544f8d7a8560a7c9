//! Nothing is lost and nothing bad gets in: counts add up, rejected rows keep their text, unusable input ends with 2.

use super::small_district::SmallDistrict;
use super::workbench::Workbench;

const PLACES: &str = "\
place_id,name,town_code,town,committee,housing_nature,households,population
P1,梅园一村,310115004000,潍坊新村街道,一居,售后公房,100,250
P2,梅园二村,310115004000,潍坊新村街道,一居,售后公房,约300,
,无名小区,,,,商品房,1,1
P1,梅园一村,310115004000,潍坊新村街道,一居,售后公房,100,250
P3,双面小区,310115004000,潍坊新村街道,一居,商品房,100,250
P3,双面小区,310115004000,潍坊新村街道,一居,动迁房,100,250
P4,办公楼,310115004000,潍坊新村街道,二居,办公,0,
";

const OBSERVATIONS: &str = "\
place_id,indicator,period,value,source,revised_at
P1,C2.3,2021,1.5,hotline-12345,
P1,C2.3,2021,1.5,hotline-12345,
P1,D2.1,2021,3,hotline-12345,
P9,C9.9,21,八十,hotline-12345,
P1,C1.2,2021,101,register,
P1,A2.2,2021,80,register,2022-01-01
P1,A2.2,2021,82,register,2022-02-01
P4,A2.2,2021,70,register,
P4,A2.2,2021,71,register,
";

fn computed(arguments: &[&str], code: i32) -> Workbench {
    let bench = Workbench::new();
    bench.write("places.csv", PLACES);
    bench.write("observations.csv", OBSERVATIONS);
    let method = ["--catalog", "pudong-2021", "--period", "2021"];
    bench.compute(&[&method, arguments].concat()).expect_code(code);
    bench
}

#[test]
fn counts_add_up_and_a_rejected_row_keeps_its_text_with_every_reason() {
    let bench = computed(&[], 0);
    let summary = bench.summary();
    let counts = |file: &str| {
        let file = &summary["files"][file];
        ["read", "accepted", "corrected", "duplicate", "rejected"].map(|key| file[key].as_u64().unwrap())
    };
    assert_eq!(counts("places"), [7, 2, 0, 1, 4]);
    assert_eq!(counts("observations"), [9, 2, 1, 1, 5]);
    let rejected = bench.table("rejected.csv");
    assert_eq!(rejected.rows().len(), 9);
    let worst = rejected.only(&[("file", "observations.csv"), ("row", "5")]);
    assert_eq!(worst.text("original"), "P9,C9.9,21,八十,hotline-12345,");
    let reasons = worst.text("reasons");
    for reason in ["UNKNOWN_PLACE", "UNKNOWN_MEASURE", "BAD_PERIOD", "NOT_A_NUMBER"] {
        assert!(reasons.contains(reason), "{reason} is not in {reasons}");
    }
    assert_eq!(reasons.split("; ").count(), 4, "{reasons}");
    assert_eq!(worst.text("columns"), "place_id; indicator; period; value");
    for row in ["6", "7"] {
        assert!(rejected.only(&[("file", "places.csv"), ("row", row)]).text("reasons").contains("CONFLICT"));
    }
}

#[test]
fn the_newest_revision_by_the_sources_own_time_counts() {
    let values = computed(&[], 0).table("values.csv");
    assert_eq!(values.only(&[("place_id", "P1"), ("indicator", "A2.2")]).number("value"), Some(82.0));
}

#[test]
fn an_estate_that_is_not_residential_is_a_place_without_scores() {
    let scores = computed(&[], 0).table("scores.csv");
    let office = scores.only(&[("place_id", "P4"), ("node", "INDEX")]);
    let cells = ["type", "score", "rank", "percentile"].map(|column| office.text(column));
    assert_eq!(cells, ["UNCLASSIFIED", "", "", ""]);
}

#[test]
fn strict_refuses_to_compute_and_leaves_nothing_of_an_earlier_run() {
    let bench = computed(&[], 0);
    bench.write("out/of-mine.txt", "");
    bench.compute(&["--catalog", "pudong-2021", "--period", "2021", "--strict"]).expect_code(2);
    let mut written: Vec<_> = std::fs::read_dir(bench.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    written.sort();
    assert_eq!(written, ["of-mine.txt", "rejected.csv", "summary.json"]);
    assert_eq!(bench.summary()["digest"], serde_json::Value::Null);
}

#[test]
fn everything_unusable_is_named_at_once_and_nothing_is_written() {
    let bench = Workbench::new();
    bench.write("places.csv", "name\n一\n");
    bench.write("observations.csv", "");
    bench.write("catalog.toml", "id = \"x\"\nscale = 7\ncolour = 1\n");
    let ended = bench.compute(&["--catalog", "catalog.toml", "--period", "21"]).expect_code(2);
    let said = ended.stderr();
    for part in ["--period", "line 2, column 9", "line 3, column 1", "`place_id`", "observations.csv"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert!(!bench.path("out").exists());
}

#[test]
fn an_unknown_catalog_and_a_sample_member_without_a_type_end_with_2() {
    let bench = Workbench::new();
    bench.write("places.csv", PLACES);
    bench.write("observations.csv", OBSERVATIONS);
    let ended = bench.compute(&["--catalog", "hdi-1990", "--period", "2021"]).expect_code(2);
    assert!(ended.stderr().contains("hdi-1990"));
    bench.write("sample.csv", "place_id\nP1\nP4\nP7\n");
    let sampled = ["--catalog", "pudong-2021", "--period", "2021", "--sample", "sample.csv"];
    let said = bench.compute(&sampled).expect_code(2).stderr();
    assert!(said.contains("P4") && said.contains("P7"), "{said}");
    assert_eq!(std::fs::read_dir(bench.path("out")).unwrap().count(), 0);
    bench.write("sample.csv", "place_id\n");
    assert!(bench.compute(&sampled).expect_code(2).stderr().contains("sample.csv: names no place"));
    bench.write("out/sample.csv", "place_id\nP1\n");
    let own = ["--catalog", "pudong-2021", "--period", "2021", "--sample", "out/sample.csv"];
    assert!(bench.compute(&own).expect_code(2).stderr().contains("out/sample.csv: is a result file"));
    assert!(bench.path("out/sample.csv").exists());
    bench.write("file", "");
    let ended = bench.run(
        &[
            &[
                "index",
                "compute",
                "--places",
                "places.csv",
                "--observations",
                "observations.csv",
                "--out",
                "file",
            ],
            &sampled[..4],
        ]
        .concat(),
    );
    assert!(ended.expect_code(1).stderr().contains("cannot make file"));
}

#[test]
fn the_demo_goes_into_no_record_of_somebodys_own() {
    let district = SmallDistrict::new();
    district.assess();
    let demo = |bench: &Workbench, options: &[&str]| {
        bench.run(&[&["demo", "--no-serve", "--quiet"], options].concat()).expect_code(1).stderr()
    };
    let said = demo(&district.bench, &["--data-dir", "xiuhua-data"]);
    assert!(said.contains("xiuhua-data"), "{said}");
    for service in ["ingestion", "classification", "normalization", "scoring"] {
        let (option, url) = (format!("--{service}-db"), format!("sqlite:xiuhua-data/{service}.db"));
        let said = demo(&district.bench, &[&option, &url]);
        assert!(said.contains(&option), "{said}");
    }
    let exported = Workbench::on(&[("scoring", "mysql://of-the-environment".to_owned())]);
    let data = district.bench.path("xiuhua-data");
    let said = demo(&exported, &["--data-dir", data.to_str().expect("UTF-8")]);
    assert!(said.contains("xiuhua-data") && !said.contains("mysql"), "{said}");
}
