//! An import is two steps: what a file would do is shown first, and exactly that is committed, by two people where it
//! moves much.

use serde_json::Value;

use super::sheet::Sheets;
use super::small_district::{OBSERVATIONS, PLACES, SmallDistrict};
use super::workbench::Workbench;

/// Places and observations as [`SmallDistrict`] has them, under the rule of the second person.
fn reviewed() -> Workbench {
    let bench = SmallDistrict::empty(Workbench::new()).bench;
    bench.write("places.csv", PLACES);
    bench.write("observations.csv", OBSERVATIONS);
    bench.write("xiuhua.toml", "[review]\nsecond_person_above_ratio = 0.05\n");
    bench
}

fn import<'a>(kind: &'a str, file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let base =
        ["import", kind, file, "--catalog", "catalog.toml", "--author", "王芳", "--config", "xiuhua.toml"];
    [&base[..], more].concat()
}

fn counts(batch: &Value) -> [u64; 5] {
    ["read", "accepted", "corrected", "duplicate", "rejected"].map(|key| batch[key].as_u64().expect(key))
}

fn words(command: &Value) -> Vec<&str> {
    let mut words = command.as_str().expect("a command").split(' ');
    assert_eq!(words.next(), Some("xiuhua"));
    words.collect()
}

#[test]
fn a_preview_changes_nothing_and_the_command_it_shows_commits_it() {
    let bench = reviewed();
    let staged = bench.json(&import("places", "places.csv", &[]));
    assert_eq!((&staged["state"], &staged["position"]), (&"STAGED".into(), &Value::Null));
    assert_eq!(counts(&staged["preview"]), [3, 3, 0, 0, 0]);
    assert_eq!(staged["preview"]["samples"][0]["place_id"], "S1");
    // The places do not count yet.
    let early = bench.json(&import("observations", "observations.csv", &[]));
    assert_eq!(counts(&early["preview"]), [12, 0, 0, 0, 12]);
    assert_eq!(early["rejected_rows"][0]["reasons"][0], "UNKNOWN_PLACE");

    let committed = bench.json(&words(&staged["next"]["commit"]));
    assert_eq!((&committed["state"], &committed["position"]), (&"SEALED".into(), &1.into()));
    assert_eq!(counts(&committed), counts(&staged["preview"]));
    assert_eq!(committed["committed"]["author"], "王芳");
    // What was previewed is not what would be committed now.
    let moved_on = bench.run(&words(&early["next"]["commit"])).expect_code(1).stderr();
    assert!(moved_on.contains("OUTCOME_CHANGED"), "{moved_on}");
    let discard =
        [&words(&early["next"]["discard"])[..], &["--author", "王芳", "--reason", "次序有误"]].concat();
    assert_eq!(bench.json(&discard)["state"], "DISCARDED");
    let again = bench.json(&import("observations", "observations.csv", &["--yes"]));
    assert_eq!((counts(&again), &again["state"]), ([12, 12, 0, 0, 0], &"SEALED".into()));
    // A discarded one stays listed, and no longer can be committed.
    let listed = bench.json(&["batches"]);
    let states: Vec<_> = listed["batches"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["SEALED", "DISCARDED", "SEALED"]);
    bench.run(&words(&early["next"]["commit"])).expect_code(1);
}

#[test]
fn a_preview_shows_what_was_on_record_beside_what_the_file_says() {
    let bench = reviewed();
    bench.json(&import("places", "places.csv", &["--yes"]));
    bench.write("later.csv", &PLACES.replace("100,250", "120,250").replace("S3,三", "S4,四"));
    let preview = bench.json(&import("places", "later.csv", &[]))["preview"].clone();
    assert_eq!(counts(&preview), [3, 1, 1, 1, 0]);
    let samples = preview["samples"].as_array().unwrap();
    let corrected = samples.iter().find(|sample| sample["verdict"] == "CORRECTED").unwrap();
    assert_eq!(corrected["place_id"], "S1");
    let change = &corrected["changes"][0];
    assert_eq!(
        (&change["column"], &change["before"], &change["after"]),
        (&"households".into(), &"100".into(), &"120".into())
    );
    let shown = bench.run(&import("places", "later.csv", &["--lang", "zh"])).expect_success().stdout();
    for said in ["households: 100 → 120", "尚未提交", " commit "] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
}

#[test]
fn only_the_file_that_was_previewed_is_committed() {
    let bench = reviewed();
    let staged = bench.json(&import("places", "places.csv", &[]));
    bench.write("places.csv", &PLACES.replace("S3", "S9"));
    let refused = bench.run(&words(&staged["next"]["commit"])).expect_code(1).stderr();
    assert!(refused.contains("CONTENT_DIFFERS"), "{refused}");
    bench.write("places.csv", PLACES);
    assert_eq!(bench.json(&words(&staged["next"]["commit"]))["state"], "SEALED");
}

#[test]
fn an_import_that_moves_an_indicator_much_waits_for_a_second_person() {
    let bench = reviewed();
    bench.json(&import("places", "places.csv", &["--yes"]));
    bench.json(&import("observations", "observations.csv", &["--yes"]));
    let rank = ["assess", "--catalog", "catalog.toml", "--period", "2021", "--sample", "census"];
    let before = bench.json(&rank)["digest"].clone();
    bench.write("higher.csv", &OBSERVATIONS.replace("P,2021,", "P,2021,1"));

    let waits = bench.json(&import("observations", "higher.csv", &["--yes"]));
    assert_eq!(waits["state"], "AWAITING_APPROVAL");
    assert_eq!(
        (&waits["movements"][0]["measure_id"], &waits["movements"][0]["period"]),
        (&"p".into(), &"2021".into())
    );
    assert_eq!(bench.json(&rank)["digest"], before, "nothing counts yet");
    let id = waits["batch_id"].as_str().unwrap();
    let approve = |author: &str| {
        bench.run(&[
            "approve",
            id,
            "--author",
            author,
            "--reason",
            "已与街道核对",
            "--json",
            "--config",
            "xiuhua.toml",
        ])
    };
    let refused = approve("王芳").expect_code(1).stderr();
    assert!(refused.contains("SAME_PERSON"), "{refused}");
    let approved: Value = serde_json::from_str(&approve("李强").expect_success().stdout()).unwrap();
    assert_eq!((&approved["state"], &approved["approved"]["author"]), (&"SEALED".into(), &"李强".into()));
    assert_ne!(bench.json(&rank)["digest"], before);

    // Said in words, by whom and how it goes on.
    bench.write("higher.csv", OBSERVATIONS);
    let said = bench
        .run(&import("observations", "higher.csv", &["--yes", "--lang", "zh"]))
        .expect_success()
        .stdout();
    assert!(said.contains("待复核") && said.contains("xiuhua approve"), "{said}");
}

#[test]
fn a_template_that_is_filled_in_imports_without_further_words() {
    let bench = reviewed();
    bench.json(&["template", "places", "--out", "places.xlsx", "--catalog", "catalog.toml"]);
    let mut sheets = Sheets::read(&bench.path("places.xlsx"));
    assert_eq!(sheets.visible(), ["小区", "填写说明"]);
    for (row, cells) in (2..).zip(PLACES.lines().skip(1)) {
        let headers = ["小区编号", "小区名称", "街镇代码", "街镇", "居委会", "房屋性质", "户数", "常住人口"];
        for (header, text) in headers.iter().zip(cells.split(',')) {
            sheets.set("小区", row, header, text);
        }
    }
    sheets.write(&bench.path("places.xlsx"));
    let places = bench.json(&["import", "places", "places.xlsx", "--yes", "--author", "王芳"]);
    assert_eq!(counts(&places), [3, 3, 0, 0, 0], "{places}");

    for layout in ["wide", "long"] {
        let file = format!("{layout}.xlsx");
        let town = ["--town", "310115004000", "--period", "2021"];
        let written =
            ["template", "observations", "--layout", layout, "--out", &file, "--catalog", "catalog.toml"];
        let written = bench.json(&[&written[..], &town].concat());
        assert_eq!(written["rows"], if layout == "wide" { 3 } else { 6 });
        let mut sheets = Sheets::read(&bench.path(&file));
        let rows = sheets.rows("指标").len();
        for row in 2..rows {
            if layout == "wide" {
                sheets.set("指标", row, "P 正指标", "1,045.5");
                sheets.set("指标", row, "Q 逆指标", "无");
            } else {
                sheets.set("指标", row, "数值", "1,045.5");
            }
        }
        sheets.write(&bench.path(&file));
        let import =
            ["import", "observations", &file, "--catalog", "catalog.toml", "--yes", "--author", "王芳"];
        let imported = bench.json(&import);
        // The wide sheet says nothing of Q; the long one says again what the wide one said of P.
        let expected = if layout == "wide" { [3, 3, 0, 0, 0] } else { [6, 3, 0, 3, 0] };
        assert_eq!(counts(&imported), expected, "{imported}");
    }
}

#[test]
fn a_source_is_put_on_record_and_keeps_what_is_not_said_anew() {
    let bench = Workbench::new();
    bench.json(&["source", "put", "survey", "--precedence", "10", "--name-zh", "满意度调查"]);
    bench.json(&["source", "put", "survey", "--name-en", "Survey"]);
    let listed = bench.json(&["source", "list"]);
    let survey = &listed["sources"][0];
    assert_eq!((&survey["precedence"], &survey["name"]["zh"]), (&10.into(), &"满意度调查".into()));
    assert_eq!(survey["name"]["en"], "Survey");
}

#[test]
fn a_template_of_one_kind_is_refused_as_another_and_nothing_is_delivered() {
    let bench = Workbench::new();
    bench.json(&["template", "places", "--out", "小区.xlsx"]);
    let refused = bench.run(&["import", "observations", "小区.xlsx", "--yes"]).expect_code(2).stderr();
    assert!(refused.contains("xiuhua import places"), "{refused}");
    assert_eq!(bench.json(&["batches"])["batches"], Value::Array(Vec::new()));
}

#[test]
fn a_mapping_is_drafted_for_a_file_that_nobody_has_seen_and_reads_as_one() {
    let bench = Workbench::new();
    bench.write(
        "外来.csv",
        "estate_no,楼盘,街道编码,产权\nE1,一,310115004000,商品房\nE2,二,310115004000,动迁房\n",
    );
    let draft = bench.run(&["import", "places", "外来.csv", "--propose"]).expect_success().stdout();
    assert!(draft.contains("town_code") && draft.contains("街道编码"), "{draft}");
    bench.write("mapping.toml", &format!("{draft}\n"));
    let read: toml::Table = draft.parse().unwrap_or_else(|fault| panic!("{fault}: {draft}"));
    assert!(read.contains_key("columns"), "{draft}");
    assert!(!bench.path("xiuhua-data").exists(), "a draft needs no platform");
}
