//! What becomes of rows that were rejected: mended in the sheet that came back, delivered again as they are, or given up.
//! The counts always add up.

use serde_json::Value as Json;

use super::super::small_district::CATALOG;
use super::super::workbench::Workbench;
use super::returned_sheet::ReturnedSheet;
use xiuhua_sheet_makers::text::{Encoding, encoded};
use xiuhua_sheet_makers::{Book, Sheet};

const REGISTER: &str = "\
2026年小区名册
小区编号|小区名称|街镇代码|街镇|居委会|房屋性质|户数|备注
P1|梅园一村|310115004000|潍坊新村街道|一居|商品房|100|
P2|㛃𠮷小区|310115004000|潍坊新村街道|一居|商品房|约300|=1+1
P3|梅园三村|310115004000|潍坊新村街道|二居|商品房|三百|
合计||||||500|";

fn counts(batch: &Json) -> [u64; 5] {
    ["read", "accepted", "corrected", "duplicate", "rejected"]
        .map(|key| batch[key].as_u64().expect("a count"))
}

/// Open, closed and given up rows of a batch, which are all that were rejected.
fn quarantine(bench: &Workbench, batch: &str) -> [u64; 3] {
    let listed = bench.json(&["quarantine", "list"]);
    let batches = listed["batches"].as_array().expect("batches");
    let found = batches.iter().find(|it| it["batch_id"] == batch).expect("the batch has rejected rows");
    let count = |key: &str| found[key].as_u64().expect("a count");
    let states = ["open", "closed", "given_up"].map(count);
    assert_eq!(states.iter().sum::<u64>(), count("rejected"));
    states
}

fn id(batch: &Json) -> &str {
    batch["batch_id"].as_str().expect("a batch has an id")
}

#[test]
fn a_returned_sheet_that_is_mended_imports_clean_and_closes_its_rows() {
    let bench = Workbench::new();
    std::fs::write(bench.path("名册.xlsx"), Book::of_texts(REGISTER).xlsx()).expect("the folder is ours");
    let sent = bench.json(&["import", "places", "名册.xlsx", "--yes", "--author", "王芳"]);
    assert_eq!(counts(&sent), [3, 1, 0, 0, 2]);
    assert_eq!(quarantine(&bench, id(&sent)), [2, 0, 0]);

    let path = bench.path("名册.待修改.xlsx");
    let mut returned = ReturnedSheet::read(&path);
    let numbers: Vec<_> = returned.rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, [4, 5]);
    assert_eq!(returned.rows[0].cells[1], "㛃𠮷小区");
    assert_eq!(returned.rows[0].cells[7], "=1+1");
    assert!(returned.rows[0].verdict.contains("约300"), "{}", returned.rows[0].verdict);
    let summary = returned.summary();
    for part in ["名册.xlsx", id(&sent), "NOT_A_NUMBER", "户数"] {
        assert!(summary.contains(part), "{part} is not in {summary}");
    }

    // One is mended, the other only looks better.
    returned.mend(4, "户数", "300");
    returned.mend(5, "户数", "300户左右");
    returned.save(&bench.path("改一.xlsx"));
    let first = bench.json(&["import", "places", "改一.xlsx", "--yes", "--author", "王芳"]);
    assert_eq!(counts(&first), [2, 1, 0, 0, 1]);
    // Both rows have come back: what is still wrong is now open in the batch that brought it.
    assert_eq!(quarantine(&bench, id(&sent)), [0, 2, 0]);
    assert_eq!(quarantine(&bench, id(&first)), [1, 0, 0]);

    let mut again = ReturnedSheet::read(&bench.path("改一.待修改.xlsx"));
    assert_eq!(again.rows.len(), 1);
    let row = again.rows[0].number;
    again.mend(row, "户数", "300");
    again.save(&bench.path("改二.xlsx"));
    let second = bench.json(&["import", "places", "改二.xlsx", "--yes", "--author", "王芳"]);
    assert_eq!(counts(&second), [1, 1, 0, 0, 0]);
    assert_eq!(quarantine(&bench, id(&first)), [0, 1, 0]);

    // A batch that mended something and is withdrawn mended nothing.
    bench.json(&["withdraw", id(&second), "--author", "王芳", "--reason", "发错文件"]);
    assert_eq!(quarantine(&bench, id(&first)), [1, 0, 0]);
}

#[test]
fn a_wide_sheet_in_the_encoding_of_excel_comes_back_row_by_row_and_is_mended() {
    let bench = Workbench::new();
    bench.write("catalog.toml", CATALOG);
    bench.write("小区.csv", "小区编号,房屋性质,户数\nS1,商品房,1\nS2,商品房,2\n");
    bench.json(&["import", "places", "小区.csv", "--yes", "--author", "王芳"]);
    let text = "小区编号;年度;正指标;逆指标\nS1;2021;许多;很多\nS2;2021;2;3\n";
    std::fs::write(bench.path("指标.csv"), encoded(text, Encoding::Gb18030)).expect("the folder is ours");
    let import = |file: &str| {
        bench.json(&[
            "import",
            "observations",
            file,
            "--catalog",
            "catalog.toml",
            "--yes",
            "--author",
            "王芳",
        ])
    };
    let sent = import("指标.csv");
    assert_eq!(counts(&sent), [4, 2, 0, 0, 2]);
    let mut returned = ReturnedSheet::read(&bench.path("指标.待修改.xlsx"));
    assert_eq!(returned.rows.len(), 1);
    assert_eq!(returned.rows[0].cells, ["S1", "2021", "许多", "很多"]);
    returned.mend(2, "正指标", "1.5");
    returned.mend(2, "逆指标", "0");
    returned.save(&bench.path("改好.xlsx"));
    let mended = import("改好.xlsx");
    assert_eq!(counts(&mended), [2, 2, 0, 0, 0]);
    assert_eq!(quarantine(&bench, id(&sent)), [0, 2, 0]);
}

#[test]
fn rows_are_delivered_again_when_what_they_lacked_is_known_or_given_up_with_a_reason() {
    let bench = Workbench::new();
    bench.write("catalog.toml", CATALOG);
    let header = "place_id,indicator,period,value,source\n";
    bench.write("指标.csv", &format!("{header}S1,P,2021,1,登记\nS2,P,2021,2,登记\nS1,P,21,3,登记\n"));
    let import =
        ["import", "observations", "指标.csv", "--catalog", "catalog.toml", "--yes", "--author", "王芳"];
    let sent = bench.json(&import);
    assert_eq!(counts(&sent), [3, 0, 0, 0, 3]);

    bench.write("小区.csv", "place_id,housing_nature,households\nS1,商品房,1\nS2,商品房,2\n");
    bench.json(&["import", "places", "小区.csv", "--yes", "--author", "王芳"]);
    let replay =
        ["quarantine", "replay", id(&sent), "--catalog", "catalog.toml", "--yes", "--author", "王芳"];
    let replayed = bench.json(&replay);
    assert_eq!(counts(&replayed), [3, 2, 0, 0, 1]);
    assert_eq!(quarantine(&bench, id(&sent)), [0, 3, 0]);
    assert_eq!(quarantine(&bench, id(&replayed)), [1, 0, 0]);

    let give_up = ["quarantine", "give-up", id(&replayed), "--author", "李强", "--reason", "无法核实"];
    bench.json(&give_up);
    assert_eq!(quarantine(&bench, id(&replayed)), [0, 0, 1]);
}

#[test]
fn nothing_counts_before_it_is_committed_and_only_the_very_file_is() {
    let bench = Workbench::new();
    let book = Book::of(Sheet::of_texts("名册", "小区编号|户数\nP1|10\nP2|约20"));
    std::fs::write(bench.path("名册.xls"), book.xls()).expect("the folder is ours");
    let staged = bench.json(&["import", "places", "名册.xls", "--author", "王芳"]);
    assert_eq!(staged["state"], "STAGED");
    let preview = &staged["preview"];
    assert_eq!(counts(preview), [2, 1, 0, 0, 1], "{preview}");
    std::fs::write(bench.path("别的.xls"), Book::of_texts("小区编号|户数\nP1|11").xls())
        .expect("the folder is ours");
    let wrong = ["commit", id(&staged), "--file", "别的.xls", "--author", "王芳"];
    let refused = bench.run(&wrong);
    assert_ne!(refused.0.status.code(), Some(0), "{}", refused.stderr());

    let commit = ["commit", id(&staged), "--file", "名册.xls", "--author", "王芳"];
    let committed = bench.json(&commit);
    assert_eq!(committed["state"], "SEALED");
    assert_eq!(counts(&committed), [2, 1, 0, 0, 1]);
    let again = bench.run(&commit).expect_code(1).stderr();
    assert!(again.contains("BATCH_NOT_STAGED"), "{again}");

    let other = bench.json(&["import", "places", "别的.xls", "--author", "王芳"]);
    let discarded = bench.json(&["discard", id(&other), "--author", "王芳", "--reason", "旧版"]);
    assert_eq!(discarded["state"], "DISCARDED");
}
