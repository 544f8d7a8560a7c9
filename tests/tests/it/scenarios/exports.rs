//! Results as files: CSV, one workbook, one document — the same values to the bit, whole or a part, near or far.

use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::Value;
use xiuhua_tests::program;

use super::analysts::Assessed;
use super::workbench::Table;

/// Tables as files and sheets call them.
const TABLES: [(&str, &str); 5] = [
    ("scores", "得分"),
    ("groups", "汇总"),
    ("values", "指标值"),
    ("thresholds", "阈值"),
    ("sample", "样本"),
];

/// The records of a CSV file, its header first.
fn csv(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).expect("the file");
    reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
}

fn bits(number: &str) -> Option<u64> {
    number.parse().ok().map(f64::to_bits)
}

/// The number of a column as a line of a document writes it: what reads JSON may be a bit off.
fn written<'a>(line: &'a str, column: &str) -> &'a str {
    let (_, rest) = line.split_once(&format!("\"{column}\":")).expect("the column");
    rest.split([',', '}']).next().expect("a number")
}

/// Whether a cell of a sheet holds what a CSV field says.
fn agrees(cell: &Data, field: &str) -> bool {
    match cell {
        Data::Empty => field.is_empty(),
        Data::String(text) => text == field,
        Data::Float(number) => bits(field) == Some(number.to_bits()),
        _ => false,
    }
}

#[test]
fn a_workbook_and_a_document_hold_what_the_files_hold_to_the_bit() {
    let assessed = Assessed::new();
    let bench = &assessed.bench;
    for out in ["files", "book.xlsx", "document.json"] {
        bench.run(&["export", "--out", out, "--run", &assessed.run, "--quiet"]).expect_success();
    }
    let mut book: Xlsx<_> = open_workbook(bench.path("book.xlsx")).expect("a workbook");
    assert_eq!(book.sheet_names(), ["导出说明", "得分", "汇总", "指标值", "阈值", "样本"]);
    let document_text = std::fs::read_to_string(bench.path("document.json")).expect("the file");
    let document: Value = serde_json::from_str(&document_text).expect("JSON");
    let mut lines = document_text.lines().filter(|line| line.starts_with("{\""));
    for (name, sheet) in TABLES {
        let records = csv(&bench.path("files").join(name).with_extension("csv"));
        assert!(records.len() > 1, "{name}");
        let range = book.worksheet_range(sheet).expect("the sheet");
        assert_eq!(range.height(), records.len(), "{name}");
        for (row, record) in range.rows().zip(&records) {
            // What people call a place stands behind its id in the workbook alone.
            let at = records[0].iter().position(|column| column == "place_id").unwrap_or(usize::MAX - 3);
            let row: Vec<_> = (0..).zip(row).filter(|(i, _)| !(at + 1..=at + 3).contains(i)).collect();
            let cells = row.iter().map(|(_, cell)| *cell).zip(record);
            assert_eq!(row.len(), record.len());
            cells.for_each(|(cell, field)| assert!(agrees(cell, field), "{name}: {cell:?} is not {field}"));
        }
        let rows = document[name].as_array().expect("a table");
        assert_eq!(rows.len() + 1, records.len(), "{name}");
        for (row, record) in rows.iter().zip(&records[1..]) {
            let line = lines.next().expect("a line a row");
            for (column, field) in records[0].iter().zip(record) {
                let same = match &row[column] {
                    Value::Null => field.is_empty(),
                    Value::String(text) => text == field,
                    _ => bits(written(line, column)) == bits(field),
                };
                assert!(same, "{name} {column}: {line} does not say {field}");
            }
        }
    }

    // Whoever reads it sees names, and headers in the language that was asked for.
    bench.run(&["export", "--out", "zh.xlsx", "--run", &assessed.run, "--lang", "zh"]).expect_success();
    let mut zh: Xlsx<_> = open_workbook(bench.path("zh.xlsx")).expect("a workbook");
    let scores = zh.worksheet_range("得分").expect("the sheet");
    let texts = |row: usize| -> Vec<String> {
        scores.rows().nth(row).expect("a row").iter().take(6).map(ToString::to_string).collect()
    };
    assert_eq!(texts(0), ["小区编号", "小区", "街镇", "居委会", "类型", "期次"]);
    assert_eq!(texts(1)[..4], ["310115004000-001", "一", "潍坊新村街道", "=1+1"]);

    // A committee that would be a formula is a text.
    let groups = book.worksheet_range("汇总").expect("the sheet");
    assert!(groups.rows().any(|row| row.contains(&Data::String("310115004000/=1+1".into()))));
    assert!(book.worksheet_formula("汇总").expect("the sheet").is_empty());

    let account = book.worksheet_range("导出说明").expect("the sheet");
    let told: Vec<_> = account.rows().map(|row| (row[0].to_string(), row[1].to_string())).collect();
    let text = |what: &str| &told.iter().find(|(name, _)| name.starts_with(what)).expect("a line").1;
    assert_eq!(text("测评 "), &assessed.run);
    assert_eq!(text("期次 "), "2021");
    assert_eq!(text("街镇 "), "全部 / all");
    assert_eq!(text("目录 "), "small@1");
    assert_eq!(Value::from(text("摘要 ").as_str()), document["assessment"]["digest"]);
}

#[test]
fn a_byte_order_mark_is_written_on_request_only() {
    let assessed = Assessed::new();
    let bench = &assessed.bench;
    bench.run(&["export", "--out", "plain", "--run", &assessed.run]).expect_success();
    bench.run(&["export", "--out", "marked", "--run", &assessed.run, "--bom"]).expect_success();
    for (name, _) in TABLES {
        let read =
            |dir: &str| std::fs::read(bench.path(dir).join(name).with_extension("csv")).expect("the file");
        assert_eq!([b"\xef\xbb\xbf", read("plain").as_slice()].concat(), read("marked"), "{name}");
    }
    bench.run(&["export", "--out", "book.xlsx", "--bom"]).expect_code(2);
}

#[test]
fn a_part_is_of_a_town_or_a_type_and_says_so() {
    let assessed = Assessed::new();
    let bench = &assessed.bench;
    let part = ["--town", "310115008000", "--type", "OLD_PUBLIC", "--run", &assessed.run];
    bench.run(&[&["export", "--out", "out"][..], &part].concat()).expect_success();
    let own = |column: &str, table: &Table| {
        let mut found: Vec<_> = table.rows().iter().map(|row| row.text(column).to_owned()).collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    let places = ["310115008000-005", "310115008000-006"];
    for name in ["scores.csv", "values.csv", "sample.csv"] {
        assert_eq!(own("place_id", &bench.table(name)), places, "{name}");
    }
    assert_eq!(own("code", &bench.table("groups.csv")), ["310115008000", "310115008000/丙"]);
    assert_eq!(own("type", &bench.table("groups.csv")), ["OLD_PUBLIC"]);
    assert_eq!(own("type", &bench.table("thresholds.csv")), ["OLD_PUBLIC"]);

    let told = bench.json(&[&["export", "--out", "part.json"][..], &part].concat());
    assert_eq!(told["export"]["filters"]["town"], "310115008000");
    let document: Value = serde_json::from_slice(&std::fs::read(bench.path("part.json")).unwrap()).unwrap();
    assert_eq!(document["export"]["filters"]["type"], "OLD_PUBLIC");

    let wrong = bench.run(&["export", "--out", "x", "--town", "1", "--type", "VILLA"]).expect_code(2);
    assert!(wrong.stderr().contains("VILLA") && wrong.stderr().contains("a town 1"), "{}", wrong.stderr());
    assert!(!bench.path("x").exists(), "nothing is written of what is not there");
}

#[test]
fn an_export_from_a_running_platform_is_the_same() {
    let assessed = Assessed::new();
    let bench = &assessed.bench;
    bench.run(&["export", "--out", "near", "--run", &assessed.run]).expect_success();
    let served = program::serve(&bench.path("xiuhua-data")).expect("it serves");
    let url = format!("http://{}", served.address);
    for out in ["far", "far.xlsx", "far.json"] {
        bench.run(&["export", "--out", out, "--run", &assessed.run, "--server", &url]).expect_success();
    }
    for (name, _) in TABLES {
        let read =
            |dir: &str| std::fs::read(bench.path(dir).join(name).with_extension("csv")).expect("the file");
        assert!(read("near") == read("far"), "{name}");
    }
    let shown = bench.json(&["rank", "--type", "COMMODITY", "--run", &assessed.run, "--server", &url]);
    assert_eq!(shown["places"].as_array().unwrap().len(), 4);
}
