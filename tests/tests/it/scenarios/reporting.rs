//! The report of a small district: a page that needs nothing else and a PDF, the same bytes every time. Poppler and the
//! font are Debian packages that `cargo xtask test` installs.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::small_district::{CATALOG, OBSERVATIONS, PLACES, SmallDistrict};
use super::workbench::Workbench;

/// Text of a PDF, as it is copied out of it.
fn text(pdf: &Path) -> String {
    let ended = Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").output();
    let ended = ended.expect("the package poppler-utils is installed");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).expect("UTF-8")
}

fn report(bench: &Workbench, options: &[&str]) -> Vec<String> {
    let told = bench.json(&[&["report", "--lang", "zh"], options].concat());
    let files = told["files"].as_array().expect("files");
    files.iter().map(|file| file.as_str().expect("a path").to_owned()).collect()
}

fn id(run: &Value) -> &str {
    run["id"].as_str().expect("an assessment has an id")
}

#[test]
fn a_report_of_the_same_assessment_is_the_same_bytes_and_names_its_digest() {
    let district = SmallDistrict::new();
    let run = district.assess();
    let bench = &district.bench;
    bench.json(&["publish", "--author", "王芳", "--reason", "区政府审定"]);
    let written = report(bench, &["--run", id(&run), "--out", "one"]);
    assert_eq!(written, ["one/report-2021.html", "one/report-2021.pdf"]);
    // Something else on record changes nothing: the run says what it read.
    district.says("register", "50");
    report(bench, &["--run", id(&run), "--out", "two"]);
    for file in ["report-2021.html", "report-2021.pdf"] {
        let bytes = |folder: &str| std::fs::read(bench.path(folder).join(file)).expect("a report");
        assert!(bytes("one") == bytes("two"), "{file} differs");
    }

    let told = text(&bench.path("one/report-2021.pdf"));
    let page = std::fs::read_to_string(bench.path("one/report-2021.html")).expect("UTF-8");
    let digest = run["digest"].as_str().expect("a digest");
    for told in [&told, &page] {
        for said in [
            digest,
            id(&run),
            "潍坊新村街道",
            "已发布",
            "王芳：区政府审定",
            "3 个小区参评",
            "商品房",
            "数据质量",
        ] {
            assert!(told.contains(said), "{said} is not in {told}");
        }
        // The median of the three totals.
        assert!(told.contains("54.98"), "{told}");
    }
}

#[test]
fn a_town_reads_its_committees_its_estates_and_its_change_since_the_period_before() {
    let district = SmallDistrict::empty(Workbench::new());
    // The first estate has too few households to be named.
    district.places(&PLACES.replace(
        "S1,一,310115004000,潍坊新村街道,甲,商品房,100",
        "S1,云台里,310115004000,潍坊新村街道,甲,商品房,4",
    ));
    district.observations(OBSERVATIONS);
    let bench = &district.bench;
    let run = district.assess();
    let alone = report(bench, &["--town", "310115004000", "--format", "pdf", "--out", "alone"]);
    assert_eq!(alone, ["alone/report-2021-310115004000.pdf"]);
    let told = text(&bench.path(&alone[0]));
    assert!(told.contains("没有同一阈值集、同一权重下的上期测评"), "{told}");
    assert!(told.contains("在全区的位置") && told.contains("居委会"), "{told}");
    assert!(told.contains("（不列名）") && !told.contains("云台里"), "{told}");

    let thresholds = run["threshold_set_id"].as_str().expect("a threshold set");
    bench.json(&["assess", "--catalog", "catalog.toml", "--period", "2020", "--thresholds", thresholds]);
    report(bench, &["--run", id(&run), "--town", "310115004000", "--format", "pdf", "--out", "changed"]);
    let told = text(&bench.path("changed/report-2021-310115004000.pdf"));
    assert!(told.contains("与 2020 年相比（同一阈值集、同一权重）"), "{told}");
    assert!(told.contains("上升最多") && told.contains("下降最多"), "{told}");
}

#[test]
fn without_types_there_is_one_ranking_and_nothing_across_types() {
    let district = SmallDistrict::empty(Workbench::new());
    district.bench.write("catalog.toml", &CATALOG.replace("rule_set = \"pudong-housing\"\n", ""));
    district.places(PLACES);
    district.observations(OBSERVATIONS);
    district.assess();
    let files = report(&district.bench, &["--format", "pdf"]);
    let told = text(&district.bench.path(&files[0]));
    assert!(told.contains("总分中位数") && !told.contains("不能跨类型比较"), "{told}");
    assert!(!told.contains("街镇混合总分"), "{told}");
}

#[test]
fn an_unknown_town_and_an_unusable_font_are_named_before_anything_is_written() {
    let district = SmallDistrict::new();
    district.assess();
    let bench = &district.bench;
    let town = bench.run(&["report", "--town", "310115999000", "--out", "none"]).expect_code(2);
    assert!(town.stderr().contains("310115999000"), "{}", town.stderr());
    let font = bench.run(&["report", "--font", "catalog.toml", "--out", "none"]).expect_code(2);
    assert!(font.stderr().contains("catalog.toml"), "{}", font.stderr());
    assert!(!bench.path("none").exists());
}
