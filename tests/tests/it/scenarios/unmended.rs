//! Rejected rows that nobody has mended do not come in by the way back, and bring nothing back that was corrected since.

use rust_xlsxwriter::{Format, Workbook as Book};
use serde_json::Value;

use super::sheet::Sheets;
use super::small_district::{PLACES, SmallDistrict};
use super::workbench::Workbench;

const AUTHOR: [&str; 5] = ["--catalog", "catalog.toml", "--yes", "--author", "王芳"];

fn counts(batch: &Value) -> [u64; 5] {
    ["read", "accepted", "corrected", "duplicate", "rejected"].map(|key| batch[key].as_u64().expect(key))
}

fn import(bench: &Workbench, kind: &str, file: &str, more: &[&str]) -> Value {
    bench.json(&[&["import", kind, file][..], &AUTHOR, more].concat())
}

/// Delivers what is open of a batch again, unchanged; it is open in the new batch then.
fn replay(bench: &Workbench, batch: &Value) -> Value {
    let id = batch["batch_id"].as_str().expect("an id");
    bench.json(&[&["quarantine", "replay", id][..], &AUTHOR].concat())
}

/// Reasons of each rejected row.
fn reasons(batch: &Value) -> Vec<String> {
    let rows = batch["rejected_rows"].as_array().expect("rows");
    let words = |row: &Value| {
        let reasons = row["reasons"].as_array().expect("reasons").iter();
        reasons.map(|reason| reason.as_str().expect("a word")).collect::<Vec<_>>().join("+")
    };
    rows.iter().map(words).collect()
}

#[test]
fn a_row_that_nobody_mended_is_rejected_again_although_its_text_shows_no_fault() {
    let district = SmallDistrict::empty(Workbench::new());
    let bench = &district.bench;
    bench.write("小区.csv", "小区编号,小区名称,户数,备注\nA1,甲,1,200,x\nA2,东方花园\u{FFFD},3,\nA3,丙\n");
    let first = import(bench, "places", "小区.csv", &[]);
    assert_eq!(counts(&first), [3, 0, 0, 0, 3]);
    assert_eq!(reasons(&first), ["WRONG_CELL_COUNT", "NOT_TEXT", "WRONG_CELL_COUNT"]);
    let second = replay(bench, &first);
    assert_eq!((counts(&second), reasons(&second)), ([3, 0, 0, 0, 3], reasons(&first)));
    // And once more: what was rejected twice was not mended either.
    let third = replay(bench, &second);
    assert_eq!((counts(&third), reasons(&third)), ([3, 0, 0, 0, 3], reasons(&first)));

    let id = third["batch_id"].as_str().unwrap();
    bench.json(&["quarantine", "export", id, "--out", "改.xlsx"]);
    let mut sheets = Sheets::read(&bench.path("改.xlsx"));
    sheets.set("待修改", 1, "户数", "1200");
    sheets.set("待修改", 2, "小区名称", "东方花园");
    sheets.write(&bench.path("改.xlsx"));
    let mended = import(bench, "places", "改.xlsx", &[]);
    assert_eq!(counts(&mended), [3, 2, 0, 0, 1]);
    assert_eq!(reasons(&mended), ["WRONG_CELL_COUNT"]);
}

#[test]
fn what_a_cell_was_is_not_forgotten_when_it_comes_back_as_a_text() {
    let district = SmallDistrict::empty(Workbench::new());
    let bench = &district.bench;
    let mut book = Book::new();
    let sheet = book.add_worksheet();
    for (column, header) in (0..).zip(["小区编号", "小区名称", "户数"]) {
        sheet.write(0, column, header).unwrap();
    }
    sheet.write(1, 0, 12_345_678_901_234_567_890_f64).unwrap().write(1, 1, "甲").unwrap();
    sheet.merge_range(2, 2, 3, 2, "", &Format::new()).unwrap().write(2, 2, 900).unwrap();
    sheet.write(2, 0, "A2").unwrap().write(3, 0, "A3").unwrap();
    book.save(bench.path("小区.xlsx")).unwrap();
    let first = import(bench, "places", "小区.xlsx", &[]);
    assert_eq!(counts(&first), [3, 0, 0, 0, 3]);
    assert_eq!(reasons(&first), ["LOST_DIGITS", "MERGED_NUMBER", "MERGED_NUMBER"]);
    let second = replay(bench, &first);
    assert_eq!((counts(&second), reasons(&second)), ([3, 0, 0, 0, 3], reasons(&first)));

    district.places(PLACES);
    let mut book = Book::new();
    let sheet = book.add_worksheet();
    for (column, header) in (0..).zip(["小区编号", "指标", "年度", "数值"]) {
        sheet.write(0, column, header).unwrap();
    }
    sheet.write(1, 0, "S1").unwrap().write(1, 1, "P").unwrap();
    sheet.write(1, 2, 2017.1).unwrap().write(1, 3, 5).unwrap();
    book.save(bench.path("月报.xlsx")).unwrap();
    let first = import(bench, "observations", "月报.xlsx", &[]);
    assert_eq!(reasons(&first), ["BAD_PERIOD"]);
    assert_eq!(reasons(&replay(bench, &first)), ["BAD_PERIOD"]);
}

/// What counts for a measure of S1 in 2021.
fn value(bench: &Workbench, indicator: &str) -> f64 {
    // Delivered again, it is a duplicate if it is what counts.
    let says = |value: &str| {
        bench.write("probe.csv", &format!("place_id,indicator,period,value\nS1,{indicator},2021,{value}\n"));
        let staged = bench.json(&[
            "import",
            "observations",
            "probe.csv",
            "--catalog",
            "catalog.toml",
            "--author",
            "王芳",
        ]);
        counts(&staged["preview"])[3] == 1
    };
    ["50", "51", "80"].into_iter().find(|value| says(value)).expect("one of them").parse().unwrap()
}

#[test]
fn a_wide_row_that_comes_again_brings_back_nothing_that_was_corrected_since() {
    let district = SmallDistrict::empty(Workbench::new());
    district.places(PLACES);
    let bench = &district.bench;
    bench.write("宽表.csv", "小区编号,P,Q\nS1,八十,50\n");
    let first = import(bench, "observations", "宽表.csv", &["--period", "2021"]);
    assert_eq!(counts(&first), [2, 1, 0, 0, 1]);
    bench.write("更正.csv", "小区编号,Q\nS1,51\n");
    import(bench, "observations", "更正.csv", &["--period", "2021"]);

    let again = replay(bench, &first);
    assert_eq!(counts(&again), [1, 0, 0, 0, 1]);
    assert_eq!(reasons(&again), ["NOT_A_NUMBER"]);
    assert!((value(bench, "Q") - 51.0).abs() < 1e-9);
    let id = again["batch_id"].as_str().unwrap();
    bench.json(&["quarantine", "export", id, "--out", "改.xlsx"]);
    let mut sheets = Sheets::read(&bench.path("改.xlsx"));
    sheets.set("待修改", 1, "P", "80");
    sheets.write(&bench.path("改.xlsx"));
    // What is said of the layout lies over what is on record of it.
    let mended = import(bench, "observations", "改.xlsx", &["--sheet", "待修改"]);
    assert_eq!(counts(&mended), [1, 1, 0, 0, 0]);
    assert!((value(bench, "Q") - 51.0).abs() < 1e-9 && (value(bench, "P") - 80.0).abs() < 1e-9);
}

#[test]
fn a_returned_sheet_keeps_its_mapping_when_its_sheet_or_period_is_named() {
    let district = SmallDistrict::empty(Workbench::new());
    district.places(PLACES);
    let bench = &district.bench;
    bench.write("m.toml", "period = \"2020\"\n[columns]\nplace_id = \"楼盘\"\n");
    bench.write("宽表.csv", "楼盘,P\nS1,八十\n");
    let first = import(bench, "observations", "宽表.csv", &["--mapping", "m.toml"]);
    assert_eq!(counts(&first), [1, 0, 0, 0, 1]);
    let mut sheets = Sheets::read(&bench.path("宽表.待修改.xlsx"));
    sheets.set("待修改", 1, "P", "80");
    sheets.write(&bench.path("宽表.待修改.xlsx"));
    let named = ["--sheet", "待修改", "--period", "2021"];
    assert_eq!(counts(&import(bench, "observations", "宽表.待修改.xlsx", &named)), [1, 1, 0, 0, 0]);
    assert!((value(bench, "P") - 80.0).abs() < 1e-9);
}

#[test]
fn the_rejected_rows_never_replace_the_file_they_are_from() {
    let district = SmallDistrict::empty(Workbench::new());
    let bench = &district.bench;
    let text = "小区编号,小区名称,户数\nA1,甲,多\n";
    bench.write("小区.csv", text);
    let arguments = ["import", "places", "小区.csv", "--returned", "./小区.csv", "--yes", "--author", "王芳"];
    let refused = bench.run(&arguments).expect_code(2).stderr();
    assert!(refused.contains("--returned"), "{refused}");
    assert_eq!(std::fs::read_to_string(bench.path("小区.csv")).unwrap(), text);
    let listed = bench.json(&["batches"]);
    assert_eq!(listed["batches"].as_array().map(Vec::len), Some(0), "nothing was delivered");
}
