//! Review of types: an estate whose papers contradict each other is seen, decided on and ranked; what is decided holds
//! for as long as the papers say the same, and touches nothing that was computed before.

use serde_json::Value;
use xiuhua_service_kit::testing::temporary_postgres;

use super::small_district::{CATALOG, OBSERVATIONS, PLACES, SmallDistrict};
use super::workbench::Workbench;

/// What S3's papers say: for two types at once.
const MIXED: &str = "商品房住宅动迁配套房";
const LOOK: [&str; 2] = ["--year", "2021"];

/// The small district on SQLite, and on PostgreSQL.
fn on_each_database() -> Vec<SmallDistrict> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let services = ["ingestion", "classification", "normalization", "scoring"];
    let urls: Vec<_> = services.iter().map(|it| (*it, runtime.block_on(temporary_postgres()))).collect();
    vec![mixed_district(Workbench::new()), mixed_district(Workbench::on(&urls))]
}

/// The small district with a mixed estate S3.
fn mixed_district(bench: Workbench) -> SmallDistrict {
    let district = SmallDistrict::empty(bench);
    district.places(&places(MIXED));
    district.observations(OBSERVATIONS);
    district
}

/// [`PLACES`] with another nature of S3.
fn places(nature: &str) -> String {
    let (others, s3) = PLACES.split_once("S3,").expect("there is an S3");
    format!("{others}S3,{}", s3.replacen("商品房", nature, 1))
}

fn review(district: &SmallDistrict, arguments: &[&str]) -> Value {
    district.bench.json(&[&["review"], arguments].concat())
}

fn listed(district: &SmallDistrict) -> Value {
    review(district, &[&["list"][..], &LOOK].concat())["places"].clone()
}

fn decide(district: &SmallDistrict, kind: &str) -> Value {
    let said = ["decide", "S3", "--type", kind, "--author", "王芳", "--reason", "现场核实"];
    review(district, &[&said[..], &LOOK].concat())
}

fn type_in(district: &SmallDistrict, run: &Value) -> Value {
    let shown = district.bench.json(&["show", "S3", "--run", run["id"].as_str().expect("an id")]);
    assert_eq!(shown["assessment"]["id"], run["id"]);
    shown["place"]["type"].clone()
}

#[test]
fn a_contradictory_estate_is_seen_decided_on_and_ranked_and_what_was_computed_before_stays() {
    for district in on_each_database() {
        let bench = &district.bench;
        let first = district.assess();
        assert_eq!(type_in(&district, &first), "UNCLASSIFIED");

        let seen = listed(&district);
        assert_eq!(seen.as_array().expect("places").len(), 1, "{seen}");
        assert_eq!((&seen[0]["place_id"], &seen[0]["housing_nature"]), (&"S3".into(), &MIXED.into()));
        assert_eq!(seen[0]["reasons"][0]["reason"], "EVIDENCE_CONTRADICTORY");
        let speaks = |i: usize| seen[0]["evidence"][i]["type"].clone();
        assert_eq!([speaks(0), speaks(1)], ["COMMODITY", "RELOCATION"]);
        let table = bench.run(&["review", "list", "--lang", "zh"]).expect_success().stdout();
        assert!(table.contains("商品房住宅 → COMMODITY; 动迁配套房 → RELOCATION"), "{table}");

        // The name of a type will do, and the effect on the next run is told at once.
        let decided = decide(&district, "商品房");
        assert_eq!(decided["decided"][0]["type_before"], "UNCLASSIFIED");
        assert_eq!(decided["decided"][0]["type_after"], "COMMODITY");
        let frame = |of: &Value, kind: &str| {
            let frames = of["frames"].as_array().expect("frames");
            let frame = frames.iter().find(|frame| frame["type"] == kind).expect("a frame").clone();
            ["places_before", "places_after", "sample_before", "sample_after"].map(|key| frame[key].as_u64())
        };
        assert_eq!(frame(&decided, "COMMODITY"), [Some(2), Some(3), Some(2), Some(3)]);
        assert_eq!(frame(&decided, "UNCLASSIFIED"), [Some(1), Some(0), None, None]);
        let effect = review(&district, &["effect"]);
        assert_eq!((&effect["assessment_id"], &effect["changed"]), (&first["id"], &1.into()));
        assert_eq!(effect["places"][0]["type_after"], "COMMODITY");
        assert_eq!(frame(&effect, "COMMODITY"), frame(&decided, "COMMODITY"));

        // Said twice, it is taken once.
        let again = decide(&district, "COMMODITY");
        assert_eq!((again["decided"].as_array().map(Vec::len), &again["standing"]), (Some(0), &1.into()));

        // Nothing that there is has changed.
        assert_eq!(type_in(&district, &first), "UNCLASSIFIED");
        assert_eq!(bench.json(&["verify"])["intact"], true);

        let second = district.assess();
        assert_ne!(second["digest"], first["digest"]);
        assert_eq!(type_in(&district, &second), "COMMODITY");
        let ranking = bench.json(&["rank", "--type", "COMMODITY"]);
        let ranked: Vec<_> = ranking["places"].as_array().expect("places").iter().collect();
        assert!(ranked.iter().any(|place| place["place_id"] == "S3" && place["score"]["rank"].is_u64()));
        assert_eq!(review(&district, &["effect"])["changed"], 0);
        let shown = bench.run(&["show", "S3", "--lang", "zh"]).expect_success().stdout();
        assert!(shown.contains("类型为人工认定：王芳（现场核实）"), "{shown}");
        let told = bench.json(&["explain", "S3", "--node", "A"]);
        assert_eq!(told["type_decision"]["author"], "王芳");
        assert_eq!(bench.json(&["explain", "S1", "--node", "A"])["type_decision"], Value::Null);

        // As of the instant of the last delivery, when nothing was decided, everything is as it was.
        let batches = bench.json(&["batches"]);
        let then = batches["batches"][0]["sealed_time"].as_str().expect("a delivery is sealed at an instant");
        let as_of_then = district.assess_as_of(then);
        assert_eq!(as_of_then["digest"], first["digest"]);
        assert_eq!(bench.json(&["verify"])["intact"], true);
    }
}

#[test]
fn new_papers_outdate_a_decision_and_bring_the_estate_back_for_review() {
    for district in on_each_database() {
        decide(&district, "RELOCATION");
        let decided = district.assess();
        assert_eq!(type_in(&district, &decided), "RELOCATION");
        district.places(&places("售后公房"));
        let seen = listed(&district);
        assert_eq!((&seen[0]["place_id"], &seen[0]["type"]), (&"S3".into(), &"OLD_PUBLIC".into()));
        assert_eq!(seen[0]["reasons"][0]["reason"], "DECISION_OUTDATED");
        assert_eq!(
            (&seen[0]["decision_state"], &seen[0]["decision"]["type"]),
            (&"OUTDATED".into(), &"RELOCATION".into())
        );
        assert_eq!(type_in(&district, &district.assess()), "OLD_PUBLIC");
        // As of the delivery before, the decision that was taken then still counts.
        let as_of_then = district.assess_as_of(&decided["as_of_position"].to_string());
        assert_eq!(as_of_then["digest"], decided["digest"]);

        let revoke = ["revoke", "S3", "--author", "李强", "--reason", "以新材料为准"];
        let revoked = review(&district, &[&revoke[..], &LOOK].concat());
        assert_eq!(revoked["decided"][0]["type_after"], "OLD_PUBLIC");
        assert_eq!(listed(&district), Value::Array(Vec::new()));
        let history = review(&district, &["history", "S3"]);
        let types: Vec<_> =
            history["decisions"].as_array().expect("decisions").iter().map(|d| &d["type"]).collect();
        assert_eq!(types, [&Value::Null, &"RELOCATION".into()]);
        let nothing = district.bench.run(&[&["review"][..], &revoke, &LOOK].concat()).expect_code(1);
        assert!(nothing.stderr().contains("NOTHING_TO_REVOKE"), "{}", nothing.stderr());
        let shown = review(&district, &[&["show", "S3"][..], &LOOK].concat());
        assert_eq!(
            (&shown["type"], shown["history"].as_array().map(Vec::len)),
            (&"OLD_PUBLIC".into(), Some(2))
        );
    }
}

#[test]
fn a_file_of_decisions_is_taken_as_a_whole_or_told_every_fault() {
    let district = mixed_district(Workbench::new());
    let by_file = ["decide", "--file", "decisions.csv", "--author", "王芳"];
    district.bench.write(
        "decisions.csv",
        "place_id,type,reason\nS3,TOWN_HOUSE,\nnowhere,COMMODITY,现场核实\n,COMMODITY,现场核实\nS1,商品房,核实\nS1,商品房,核实\n",
    );
    let refused = district.bench.run(&[&["review"][..], &by_file, &LOOK].concat()).expect_code(2);
    for fault in ["row 2: type", "row 2: reason", "row 3", "row 4", "row 6"] {
        assert!(refused.stderr().contains(fault), "{fault} in {}", refused.stderr());
    }
    assert_eq!(review(&district, &["history"])["decisions"], Value::Array(Vec::new()));

    district.bench.write("decisions.csv", "place_id,type,reason\nS3,动迁房,现场核实\nS1,COMMODITY,核实\n");
    let taken = review(&district, &[&by_file[..], &LOOK].concat());
    assert_eq!(taken["decided"].as_array().map(Vec::len), Some(2));
    let again = review(&district, &[&by_file[..], &LOOK].concat());
    assert_eq!((again["decided"].as_array().map(Vec::len), &again["standing"]), (Some(0), &2.into()));
    let unknown = ["decide", "S3", "--type", "TOWN_HOUSE", "--author", "", "--reason", "r"];
    let refused = district.bench.run(&[&["review"][..], &unknown, &LOOK].concat()).expect_code(2);
    assert!(
        refused.stderr().contains("type: ") && refused.stderr().contains("author: "),
        "{}",
        refused.stderr()
    );
}

#[test]
fn a_catalog_without_types_has_nothing_to_review() {
    let district = SmallDistrict::empty(Workbench::new());
    district.bench.write("catalog.toml", &CATALOG.replace("rule_set = \"pudong-housing\"\n", ""));
    district.places(&places(MIXED));
    let seen = review(&district, &["list", "--rules", "all-places", "--year", "2021"]);
    assert_eq!((&seen["waiting"], &seen["places"]), (&0.into(), &Value::Array(Vec::new())));
}
