//! From an assessment to ranks with intervals: assessed, drawn again, read, exported, reported; and warned where there is none.

use std::fmt::Write as _;

use serde_json::Value;

use super::small_district::SmallDistrict;
use super::workbench::Workbench;

/// Forty estates of one type, of which a random sample sets the thresholds.
fn forty_estates() -> SmallDistrict {
    let district = SmallDistrict::empty(Workbench::new());
    let mut places =
        "place_id,name,town_code,town,committee,housing_nature,households,population\n".to_owned();
    let mut observations = "place_id,indicator,period,value,source,revised_at\n".to_owned();
    for at in 0..40_u32 {
        writeln!(places, "E{at:02},小区{at},310115004000,潍坊新村街道,甲,商品房,100,250").expect("a text");
        for (period, turn) in [(2019, 3), (2020, 5), (2021, 7)] {
            // Numbers that look drawn, the same in every run.
            let (p, q) = (40 + at * 17 * turn % 61, 3 + at * 29 * turn % 23);
            writeln!(observations, "E{at:02},P,{period},{p},register,").expect("a text");
            writeln!(observations, "E{at:02},Q,{period},{q},register,").expect("a text");
        }
    }
    district.places(&places);
    district.observations(&observations);
    district
}

fn assess(district: &SmallDistrict, options: &[&str]) -> Value {
    let assess = ["assess", "--catalog", "catalog.toml", "--period", "2021"];
    district.bench.json(&[&assess[..], options].concat())
}

fn rank(district: &SmallDistrict) -> Vec<Value> {
    let told = district.bench.json(&["rank", "--type", "COMMODITY", "--top", "40"]);
    told["places"].as_array().expect("places").clone()
}

#[test]
fn an_assessment_ranks_with_intervals_in_every_reading() {
    let district = forty_estates();
    assess(&district, &[]);
    let bench = &district.bench;
    let ranked = rank(&district);
    assert_eq!(ranked.len(), 40);
    for place in &ranked {
        let end = |name: &str| place["interval"][name].as_f64().expect("an end");
        assert!(1.0 <= end("low") && end("low") <= end("median"), "{place}");
        assert!(end("median") <= end("high") && end("high") <= 40.0, "{place}");
    }
    let printed = bench.run(&["rank", "--type", "COMMODITY", "--lang", "en"]).expect_success().stdout();
    assert!(printed.contains("9 in 10"), "{printed}");
    let best = ranked[0]["place_id"].as_str().expect("a place");
    let shown = bench.json(&["show", best]);
    assert!(shown.to_string().contains("\"median\""), "{shown}");

    bench.json(&["export", "--out", "out"]);
    let table = bench.table("rank_intervals.csv");
    assert_eq!(table.rows().len(), 40 * 2);
    let row = table.only(&[("place_id", best), ("node", "INDEX")]);
    assert_eq!(row.number("low"), ranked[0]["interval"]["low"].as_f64());

    bench.json(&["report", "--lang", "zh", "--format", "html", "--out", "report"]);
    let page = std::fs::read_to_string(bench.path("report/report-2021.html")).expect("a page");
    assert!(page.contains("名次的可靠程度") && page.contains("重算 1,000 次"));
}

#[test]
fn what_is_varied_can_be_chosen_and_the_same_seed_finds_the_same() {
    let district = forty_estates();
    assess(&district, &["--no-uncertainty"]);
    let bench = &district.bench;
    assert!(rank(&district).iter().all(|place| place["interval"].is_null()));
    let warned =
        bench.run(&["publish", "--author", "王芳", "--reason", "审定", "--lang", "en"]).expect_success();
    assert!(warned.stdout().contains("xiuhua uncertainty"), "{}", warned.stdout());

    let asked = ["uncertainty", "--draws", "50", "--factors", "weights=uniform:0.5", "extension=0,0.3"];
    let (one, two) = (bench.json(&asked), bench.json(&asked));
    assert_eq!(one["analysis"]["digest"], two["analysis"]["digest"]);
    let factors = one["analysis"]["factors"].as_array().expect("factors");
    assert_eq!(factors.len(), 2);
    assert!(factors.iter().all(|used| used["drawn"]["differed"].as_u64() > Some(0)), "{factors:?}");
    assert!(one["groups"]["COMMODITY"][0]["first_rank"] == 1, "{one}");
    assert!(rank(&district).iter().all(|place| place["interval"]["analysis_id"] == two["analysis"]["id"]));

    let told = bench.json(&["sensitivity", "--rows", "16", "--draws", "20"]);
    let types = told["types"].as_array().expect("types");
    assert_eq!(types.last().expect("all together")["type"], "ALL");
    let without = told["leave_one_out"].as_array().expect("items");
    assert!(without.iter().any(|item| item["item"] == "P"), "{told}");

    let refused = bench.run(&["uncertainty", "--factors", "extension=0.1"]).expect_code(1);
    assert!(refused.stderr().contains("extension"), "{}", refused.stderr());
}
