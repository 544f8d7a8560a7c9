//! Weights from experts and from values: asked for in a workbook, looked at, made a scheme, compared, adopted, and seen in
//! the ranks of the next assessment.

use serde_json::Value;
use xiuhua_tests::program;

use super::desk::Workbook;
use super::workbench::Workbench;

const DECISION: [&str; 4] = ["--author", "王芳", "--reason", "专家会"];
const ASSESS: [&str; 5] = ["assess", "--catalog", "pudong-2021", "--period", "2021"];
/// Digest of the sample district under the shipped catalog, which no weight scheme may move.
const DIGEST: &str = "b026836704d50f7e";

/// Fills the judgements of a template, saves it under another name.
fn fill(bench: &Workbench, save: &str, judge: impl Fn(&str, usize) -> &'static str) {
    let mut book = Workbook::open(&bench.path("判断.xlsx"));
    let sheet = &mut book.sheets[0];
    let (parent, ratio) = (sheet.column("上级指标"), sheet.column("重要程度"));
    sheet.rows.retain(|cells| !cells.iter().any(|cell| cell.starts_with("示例（")));
    let mut nth = 0;
    let mut last = String::new();
    for row in sheet.rows.iter_mut().skip(1) {
        nth = if row[parent] == last { nth + 1 } else { 0 };
        last.clone_from(&row[parent]);
        let code = last.split(' ').next().expect("a code").to_owned();
        row[ratio] = judge(&code, nth).to_owned();
    }
    book.save(&bench.path(save));
}

fn leaf<'a>(explained: &'a Value, code: &str) -> &'a Value {
    let leaves = explained["explanation"]["leaves"].as_array().expect("leaves");
    leaves.iter().find(|leaf| leaf["leaf"] == code).expect("the leaf")
}

#[test]
fn judgements_in_a_workbook_become_a_scheme_that_is_compared_adopted_and_moves_ranks() {
    let data = program::demo_data().expect("the demo's record");
    let mut bench = Workbench::new();
    bench.set("XIUHUA_DATA_DIR", data.path().to_str().expect("UTF-8"));
    let first = bench.json(&["runs"])["assessments"][0].clone();
    assert!(first["digest"].as_str().expect("a digest").starts_with(DIGEST));
    assert_eq!(first["weight_scheme"], Value::Null);

    let asked = bench.json(&["weights", "template", "--out", "判断.xlsx"]);
    // A1 3, A2 28, B1 6, B2 15, C1 3, C2 6, D2 10 and one each for A, B, C, D and D1.
    assert_eq!(asked["pairs"], 76);
    // Complaints weigh most: C2 against C1, and 110 against everything.
    fill(&bench, "王芳.xlsx", |parent, nth| match (parent, nth) {
        ("C", _) => "1/5",
        ("C2", 0) => "1/3",
        _ => "1",
    });
    let judged = bench.json(&["weights", "judge", "王芳.xlsx", "--expert", "王芳"]);
    let of_c = judged["judged"].as_array().unwrap().iter().find(|it| it["parent"] == "C").unwrap().clone();
    assert_eq!((&of_c["expert"], &of_c["consistent"]), (&"王芳".into(), &true.into()));
    assert!((of_c["weights"]["C2"].as_f64().unwrap() - 5.0 / 6.0).abs() < 1e-12);

    let expert =
        ["weights", "create", "expert", "--judgements", "王芳.xlsx", "--expert", "王芳", "--no-objective"];
    let made = bench.json(&[&expert[..], &DECISION].concat());
    assert_eq!((&made["scheme"]["version"], &made["scheme"]["in_force"]), (&1.into(), &false.into()));
    let data_only = [
        "weights",
        "create",
        "data",
        "--subjective",
        "none",
        "--objective",
        "entropy,critic",
        "--caps",
        "0.5,2",
    ];
    bench.json(&[&data_only[..], &DECISION].concat());

    let compared = bench.json(&["weights", "compare", "catalog", "expert", "data"]);
    assert_eq!(compared["schemes"], serde_json::json!(["catalog", "expert@1", "data@1"]));
    let shifts = compared["shifts"].as_array().unwrap();
    assert_eq!(shifts.len(), 8, "two schemes, four types");
    assert!(shifts.iter().all(|shift| shift["mean_shift"].as_f64().unwrap() > 0.0), "{shifts:?}");
    assert!(shifts.iter().all(|shift| shift["spearman"].as_f64().unwrap() < 1.0));
    let weight = |code: &str, scheme: usize| {
        let weights = compared["weights"].as_array().unwrap();
        let found = weights.iter().find(|it| it["type"] == "COMMODITY" && it["code"] == code).unwrap();
        found["weights"][scheme].as_f64().unwrap()
    };
    for group in ["A", "B", "C", "D"] {
        assert!((weight(group, 1) - 25.0).abs() < 1e-9 && (weight(group, 2) - 25.0).abs() < 1e-9);
    }
    assert!((weight("C2", 1) - 25.0 * 5.0 / 6.0).abs() < 1e-9);

    let adopted = bench.json(&[&["weights", "adopt", "expert"][..], &DECISION].concat());
    assert_eq!(
        (&adopted["in_force"], &adopted["adoptions"][0]["adopted"]["author"]),
        (&true.into(), &"王芳".into())
    );
    let run = bench.json(&ASSESS);
    assert_eq!(run["weight_scheme"]["id"], "expert");
    assert_ne!(run["digest"], first["digest"]);
    let ranked = |run: &Value| {
        let id = run["id"].as_str().unwrap();
        let page = bench.json(&["rank", "--type", "COMMODITY", "--top", "50", "--run", id]);
        let places = page["places"].as_array().expect("places").clone();
        places.iter().map(|place| place["place_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let best = ranked(&run);
    assert_ne!(best, ranked(&first), "other weights, other ranks");
    // The year before, once under other weights and once under these: only then does a change mean anything.
    let set = run["threshold_set_id"].as_str().expect("its thresholds");
    let before =
        ["assess", "--catalog", "pudong-2021", "--period", "2020", "--thresholds", set, "--no-uncertainty"];
    for (weights, is_comparable) in [("catalog", false), ("expert", true)] {
        bench.json(&[&before[..], &["--weights", weights]].concat());
        let course = bench.json(&["trend", &best[0]]);
        let points = course["periods"].as_array().expect("periods");
        let last = &points[points.len() - 1];
        assert_eq!(
            (&last["period"], &last["comparable"]),
            (&"2021".into(), &is_comparable.into()),
            "{course}"
        );
        assert!(is_comparable || last["change_points"].is_null(), "{course}");
    }

    let explained = bench.json(&["explain", &best[0], "--node", "C", "--run", run["id"].as_str().unwrap()]);
    let declared = leaf(&explained, "C2.2")["catalog_weight"].as_f64().unwrap();
    assert!((declared - weight("C2.2", 1)).abs() < 1e-12);
    let intact = bench.json(&["verify"]);
    assert_eq!(intact["intact"], true, "{intact}");

    // The catalog's own weights are always at hand, to the digit.
    let own = bench.json(&[&ASSESS[..], &["--weights", "catalog"]].concat());
    assert_eq!((&own["digest"], &own["weight_scheme"]), (&first["digest"], &Value::Null));
    let gone = bench.json(&[&["weights", "withdraw", "expert@1"][..], &DECISION].concat());
    assert_eq!(gone["in_force"], false);
    let shown = bench.run(&["weights", "list", "--lang", "zh"]).expect_success().stdout();
    assert!(shown.contains("expert@1") && shown.contains("已撤回") && shown.contains("层次分析"), "{shown}");
    let shown = bench
        .run(&["weights", "show", "data", "--type", "COMMODITY", "--lang", "en"])
        .expect_success()
        .stdout();
    assert!(shown.contains("entropy") && shown.contains("final"), "{shown}");
}

#[test]
fn judgements_that_contradict_one_another_or_cannot_be_read_are_refused_with_what_to_mend() {
    let data = program::demo_data().expect("the demo's record");
    let mut bench = Workbench::new();
    bench.set("XIUHUA_DATA_DIR", data.path().to_str().expect("UTF-8"));
    bench.json(&["weights", "template", "--out", "判断.xlsx"]);
    // C1: a circle, each far more important than the next, and the last more than the first.
    fill(&bench, "circle.xlsx", |parent, nth| match (parent, nth) {
        ("C1", 0 | 2) => "9",
        ("C1", 1) => "1/9",
        _ => "1",
    });
    let looked =
        bench.run(&["weights", "judge", "circle.xlsx", "--expert", "李强"]).expect_success().stdout();
    assert!(looked.contains("refused") && looked.contains("C1"), "{looked}");
    let create = ["weights", "create", "circle", "--judgements", "circle.xlsx", "--expert", "李强"];
    let refused = bench.run(&[&create[..], &DECISION].concat());
    assert_ne!(refused.0.status.code(), Some(0));
    let said = refused.stderr();
    assert!(said.contains("C1") && said.contains("saaty-1980") && said.contains("mend"), "{said}");
    assert!(bench.json(&["weights", "list"])["schemes"].as_array().unwrap().is_empty(), "nothing is kept");

    let torn = "上级指标,指标,比较指标,重要程度\n\
                C1,C1.1,C1.2,3\nC1,C1.1,C1.2,3\nC1,C1.2,C1.1,3\nC1,C1.1,C9,3\nD1,D1.1,D1.2,10\nZ,C1.1,C1.2,x\n";
    bench.write("torn.csv", torn);
    let refused = bench.run(&["weights", "judge", "torn.csv", "--expert", "李强"]).expect_code(2).stderr();
    for part in [
        "row 3, 指标",
        "JUDGED_TWICE",
        "row 4, 重要程度",
        "CONTRADICTS",
        "row 5, 比较指标",
        "UNKNOWN_CODE",
        "row 6, 重要程度",
        "OFF_SCALE",
        "row 7, 重要程度",
        "NOT_A_RATIO",
        "row 7, 上级指标",
        "C1.1 against C1.3",
        "PAIR_MISSING",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}
