//! What an official does about a score: sees where it is lost, what one step would bring, whom to ask, why it moved. And
//! what the owners of the method see of its structure.

use serde_json::Value;

use super::analysts::{Assessed, width};
use super::workbench::Ended;

/// 45 of 36..88 at P, 1 of 5.5..0 at Q.
const WEAK: &str = "310115004000-001";
const NEAR: &str = "310115004000-003";

fn list<'a>(document: &'a Value, key: &str) -> &'a Vec<Value> {
    document[key].as_array().unwrap_or_else(|| panic!("{key} is a list in {document}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * right.abs().max(1.0)
}

#[test]
fn a_quick_win_is_what_the_next_assessment_shows_once_it_is_done() {
    let assessed = Assessed::new();
    let diagnosis = assessed.bench.json(&["diagnose", WEAK, "--run", &assessed.run]);
    let win = &list(&diagnosis, "quick_wins")[0];
    assert_eq!((win["leaf"].as_str(), win["no_step"].as_str()), (Some("P"), Some("")));
    let step = &list(win, "steps")[0];
    assert_eq!((step["goal"].as_str(), number(&step["target"])), (Some("MEDIAN"), 70.5));
    assert!(close(number(&step["gain_points"]), 50.0 * 25.5 / 52.0), "{step}");
    let done = assessed.correct(WEAK, "P", "2021", "70.5");
    let shown = assessed.bench.json(&["show", WEAK, "--run", &done]);
    let root = &list(&shown["place"], "scores")[0];
    assert!(close(number(&root["score"]), number(&step["score"])), "{root} {step}");
    assert_eq!(root["rank"], step["rank"]);

    // Why it moved: by the value alone, and to the last point.
    let changes = assessed.bench.json(&["changes", WEAK, &assessed.run, &done]);
    let total = &changes["total"];
    assert!(close(number(&total["values_points"]), number(&step["gain_points"])), "{changes}");
    let parts = ["values_points", "thresholds_points", "weights_points"].map(|part| number(&total[part]));
    assert!(close(parts.iter().sum(), number(&changes["change_points"])), "{changes}");
    assert_eq!(list(&changes, "leaves").len(), 1);
}

#[test]
fn a_weak_place_finds_a_comparable_one_that_does_well_and_is_told_how_near_it_is() {
    let assessed = Assessed::new();
    let found = assessed.bench.json(&["peers", WEAK, "--run", &assessed.run, "--node", "P"]);
    // The fourth has no households on record: nothing to compare it by.
    assert_eq!((number(&found["others"]), number(&found["comparable"])), (3.0, 2.0));
    let peers: Vec<_> = list(&found, "peers").iter().map(|peer| peer["place_id"].as_str()).collect();
    assert_eq!(peers, [Some("310115004000-002"), Some(NEAR)]);
    let lesson = &list(&found, "lessons")[0];
    assert!(close(number(&lesson["value"]), 45.0) && close(number(&lesson["median"]), 70.5));
    let teachers = list(lesson, "teachers");
    assert_eq!(teachers.len(), 1, "the second has less than the middle of the type: {lesson}");
    assert_eq!((teachers[0]["place_id"].as_str(), number(&teachers[0]["value"])), (Some(NEAR), 79.0));
    let refused = assessed.bench.run(&["peers", WEAK, "--run", &assessed.run, "--node", "Z9"]);
    assert!(refused.expect_code(2).stderr().contains("Z9"));
}

#[test]
fn the_owners_see_the_structure_of_each_type() {
    let assessed = Assessed::new();
    let found = assessed.bench.json(&["structure", &assessed.run]);
    let types: Vec<_> = list(&found, "types").iter().map(|kind| kind["type"].as_str()).collect();
    assert_eq!(types, [Some("OLD_PUBLIC"), Some("COMMODITY")]);
    let commodity = &list(&found, "types")[1];
    assert_eq!(list(commodity, "leaves").len(), 2);
    let r = number(&list(commodity, "pairs")[0]["correlation"]["pearson"]);
    assert!((-1.0..=1.0).contains(&r));
    // Four estates raise no finding.
    assert!(list(commodity, "findings").is_empty());
}

#[test]
fn one_screen_holds_it_in_either_language() {
    let assessed = Assessed::new();
    let (run, earlier) = (assessed.run.as_str(), assessed.earlier.as_str());
    for (command, zh, en) in [
        (
            &["diagnose", WEAK, "--run", run][..],
            "速赢：单独改进一项能得多少分",
            "quick wins: what one step alone would bring",
        ),
        (
            &["peers", WEAK, "--run", run],
            "同类型另有 3 个小区，2 个可比",
            "3 other places of the type, 2 comparable",
        ),
        (&["changes", WEAK, earlier, run], "数值", "values"),
        (&["structure", run], "提示是问题而不是结论", "A finding is a question, no verdict"),
    ] {
        for (language, told_in) in [("zh", zh), ("en", en)] {
            let arguments = [command, &["--quiet", "--lang", language]].concat();
            let output = assessed.bench.command(&arguments).env("COLUMNS", "80").output().expect("it runs");
            let told = Ended(output).expect_success().stdout();
            assert!(told.contains(told_in), "{told_in} is missing in\n{told}");
            // A table is as wide as its rule, whatever it holds.
            for table in told.split("\n\n").filter(|table| table.contains('─')) {
                let lines = table.lines().skip_while(|line| !line.starts_with('─'));
                for line in lines.take_while(|line| line.starts_with([' ', '─'])) {
                    assert!(width(line) <= 80, "{} {line}\n{told}", width(line));
                }
            }
        }
    }
}
