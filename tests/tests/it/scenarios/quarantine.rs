//! Rejected rows go back in the sender's own sheet, and none is lost: mended, delivered again or given up, they are
//! counted to the end.

use serde_json::Value;

use super::sheet::Sheets;
use super::small_district::{PLACES, SmallDistrict};
use super::workbench::Workbench;

const WITH_MISTAKES: &str = "\
小区编号;指标;年度;指标值;备注
S1;P;2021;八十;窗口录入
S2;P;2021;\"1,062\";
S3;Q;2021年;-4;=HYPERLINK(\"x\")
S9;Q;2021;4;𠮷祥苑
";

fn counts(batch: &Value) -> [u64; 5] {
    ["read", "accepted", "corrected", "duplicate", "rejected"].map(|key| batch[key].as_u64().expect(key))
}

fn quarantine(batch: &Value) -> [u64; 3] {
    ["open", "closed", "given_up"].map(|key| batch["quarantine"][key].as_u64().expect(key))
}

fn district() -> Workbench {
    let district = SmallDistrict::empty(Workbench::new());
    district.places(PLACES);
    district.bench.write("月报.csv", WITH_MISTAKES);
    district.bench
}

fn import(bench: &Workbench, file: &str) -> Value {
    bench.json(&["import", "observations", file, "--catalog", "catalog.toml", "--yes", "--author", "王芳"])
}

fn batch(bench: &Workbench, id: &Value) -> Value {
    let listed = bench.json(&["batches"]);
    let found = listed["batches"].as_array().unwrap().iter().find(|batch| batch["batch_id"] == *id);
    found.expect("the batch is listed").clone()
}

/// Every list of counts adds up, and gives their sum as (rejected, open, closed, given up).
fn adds_up(bench: &Workbench) -> [u64; 4] {
    let listed = bench.json(&["quarantine", "list"]);
    let numbers =
        |it: &Value| ["rejected", "open", "closed", "given_up"].map(|key| it[key].as_u64().expect(key));
    let mut sum = [0; 4];
    for batch in listed["batches"].as_array().unwrap() {
        let [rejected, open, closed, given_up] = numbers(batch);
        assert_eq!(rejected, open + closed + given_up, "{batch}");
        let id = batch["batch_id"].as_str().unwrap();
        let rows = bench.json(&["quarantine", "list", id]);
        let reasons = rows["reasons"].as_array().unwrap();
        assert_eq!(
            reasons.iter().map(|reason| reason["rows"].as_u64().unwrap()).sum::<u64>(),
            rejected,
            "{rows}"
        );
        sum = std::array::from_fn(|at| sum[at] + numbers(batch)[at]);
    }
    assert_eq!(sum, numbers(&listed["all"]));
    sum
}

#[test]
fn rejected_rows_come_back_in_their_own_columns_and_mended_they_import_clean_and_close() {
    let bench = district();
    let first = import(&bench, "月报.csv");
    assert_eq!(counts(&first), [4, 1, 0, 0, 3], "{first}");
    assert_eq!(quarantine(&first), [3, 0, 0]);
    let returned = first["returned"].as_str().unwrap();
    assert!(returned.ends_with("月报.待修改.xlsx"), "{returned}");
    let mut sheets = Sheets::read(&bench.path("月报.待修改.xlsx"));
    assert_eq!(sheets.visible(), ["待修改", "汇总"]);
    let rows = sheets.texts("待修改");
    assert_eq!(rows[0], ["原行号", "小区编号", "指标", "年度", "指标值", "备注", "校验结果"]);
    assert_eq!(rows[1][..6], ["2", "S1", "P", "2021", "八十", "窗口录入"]);
    assert_eq!(rows[2][..6], ["4", "S3", "Q", "2021年", "-4", "=HYPERLINK(\"x\")"]);
    assert_eq!(rows[3][..6], ["5", "S9", "Q", "2021", "4", "𠮷祥苑"]);
    assert_eq!(rows.len(), 4);
    for (row, said) in rows[1..].iter().zip(["指标值】“八十”", "指标值】", "小区编号】"]) {
        assert!(row[6].contains(said), "{said}: {}", row[6]);
    }

    for (row, header, text) in [(1, "指标值", "80"), (2, "指标值", "4"), (3, "小区编号", "S2")] {
        sheets.set("待修改", row, header, text);
    }
    sheets.write(&bench.path("月报.待修改.xlsx"));
    let second = import(&bench, "月报.待修改.xlsx");
    assert_eq!(counts(&second), [3, 3, 0, 0, 0], "{second}");
    assert_eq!(second["corrects_batch_id"], first["batch_id"]);
    assert_eq!(second["returned"], Value::Null);
    assert_eq!(quarantine(&batch(&bench, &first["batch_id"])), [0, 3, 0]);
    assert_eq!(adds_up(&bench), [3, 0, 3, 0]);
    // The same again closes nothing twice.
    assert_eq!(counts(&import(&bench, "月报.待修改.xlsx")), [3, 0, 0, 3, 0]);
    assert_eq!(adds_up(&bench), [3, 0, 3, 0]);
}

#[test]
fn a_row_that_is_rejected_again_is_closed_where_it_was_and_open_where_it_is() {
    let bench = district();
    let first = import(&bench, "月报.csv");
    let mut sheets = Sheets::read(&bench.path("月报.待修改.xlsx"));
    sheets.set("待修改", 1, "指标值", "九十");
    sheets.rows("待修改").truncate(2);
    sheets.write(&bench.path("半.xlsx"));
    let second = import(&bench, "半.xlsx");
    assert_eq!(counts(&second), [1, 0, 0, 0, 1], "{second}");
    assert_eq!(quarantine(&batch(&bench, &first["batch_id"])), [2, 1, 0]);
    assert_eq!(quarantine(&batch(&bench, &second["batch_id"])), [1, 0, 0]);
    assert_eq!(adds_up(&bench), [4, 3, 1, 0]);
    // Taken back, it has closed nothing.
    let id = second["batch_id"].as_str().unwrap();
    bench.json(&["withdraw", id, "--author", "王芳", "--reason", "误报"]);
    assert_eq!(quarantine(&batch(&bench, &first["batch_id"])), [3, 0, 0]);
}

#[test]
fn several_faults_of_a_wide_row_come_back_as_one_row_and_close_together() {
    let bench = district();
    bench.write("宽表.csv", "小区编号,小区名称,P,Q\nS1,一,八十,-1\nS2,二,62,1.5\nS3,三,,x\n");
    let wide =
        ["import", "observations", "宽表.csv", "--catalog", "catalog.toml", "--period", "2021", "--yes"];
    let first = bench.json(&[&wide[..], &["--author", "王芳"]].concat());
    assert_eq!(counts(&first), [5, 2, 0, 0, 3], "{first}");
    let mut sheets = Sheets::read(&bench.path("宽表.待修改.xlsx"));
    let rows = sheets.texts("待修改");
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows[1][5].contains("【P】") && rows[1][5].contains("【Q】"), "{rows:?}");
    sheets.set("待修改", 1, "P", "80");
    sheets.set("待修改", 1, "Q", "1");
    sheets.set("待修改", 2, "Q", "2");
    sheets.write(&bench.path("宽表.待修改.xlsx"));
    // The period was said once, when the file came.
    let second = import(&bench, "宽表.待修改.xlsx");
    assert_eq!(counts(&second), [3, 3, 0, 0, 0], "{second}");
    assert_eq!(adds_up(&bench), [3, 0, 3, 0]);
}

#[test]
fn rows_that_lacked_a_place_are_delivered_again_once_it_is_on_record() {
    let bench = district();
    let first = import(&bench, "月报.csv");
    let places = PLACES.lines().next().unwrap();
    bench.write("more.csv", &format!("{places}\nS9,九,310115004000,潍坊新村街道,乙,商品房,30,80\n"));
    bench.json(&["import", "places", "more.csv", "--yes", "--author", "王芳"]);
    let id = first["batch_id"].as_str().unwrap();
    let replay = [
        "quarantine",
        "replay",
        id,
        "--catalog",
        "catalog.toml",
        "--yes",
        "--author",
        "王芳",
        "--returned",
        "again.xlsx",
    ];
    let again = bench.json(&replay);
    assert_eq!(counts(&again), [3, 1, 0, 0, 2], "{again}");
    assert_eq!(again["corrects_batch_id"], first["batch_id"]);
    assert_eq!(adds_up(&bench), [5, 2, 3, 0]);
    assert_eq!(Sheets::read(&bench.path("again.xlsx")).texts("待修改").len(), 3);
    // Nothing is open in the first batch any more.
    assert_eq!(bench.json(&replay)["rows"], 0);
}

#[test]
fn rows_are_given_up_with_a_reason_and_stay_listed() {
    let bench = district();
    let first = import(&bench, "月报.csv");
    let id = first["batch_id"].as_str().unwrap();
    let decision = ["--author", "李强", "--reason", "小区已拆除"];
    let give_up = |more: &[&str]| bench.json(&[&["quarantine", "give-up", id][..], more, &decision].concat());
    assert_eq!(give_up(&["--rows", "5,99"])["given_up"], 1);
    assert_eq!(adds_up(&bench), [3, 2, 0, 1]);
    let listed = bench.json(&["quarantine", "list", id, "--state", "given-up"]);
    assert_eq!(listed["rows"][0]["row"], 5);
    assert_eq!(listed["rows"][0]["given_up"]["reason"], "小区已拆除");
    bench.json(&["quarantine", "export", id, "--out", "open.xlsx"]);
    assert_eq!(
        Sheets::read(&bench.path("open.xlsx")).texts("待修改").len(),
        3,
        "what was given up is not asked for"
    );
    assert_eq!(give_up(&[])["given_up"], 2);
    assert_eq!(give_up(&[])["given_up"], 0);
    assert_eq!(adds_up(&bench), [3, 0, 0, 3]);
    let shown = bench.run(&["quarantine", "list", id, "--lang", "zh"]).expect_success().stdout();
    assert!(shown.contains("已放弃") && shown.contains("李强: 小区已拆除"), "{shown}");
}
