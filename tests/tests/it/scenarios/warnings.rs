//! Early warning from months: three calm years, then a rise; found, decided about, judged, and an index before the year
//! closes.

use std::fmt::Write;

use serde_json::Value;

use super::small_district::{CATALOG, SmallDistrict};
use super::workbench::Workbench;

/// The small district's catalog with Q as complaints by the month, and P as a state.
fn catalog() -> String {
    let rolling =
        |id: &str, take: &str| format!("id = \"{id}\"\nroll = {{ take = \"{take}\", from = \"month\" }}\n");
    let catalog = CATALOG.replace("id = \"p\"\n", &rolling("p", "latest"));
    let complaints = rolling("q", "sum");
    let catalog = catalog.replace("id = \"q\"\n", &complaints);
    // The first measure keeps its unit; the second is a rate of a year.
    let (before, after) = catalog.split_once(&complaints).expect("the measure q");
    format!("{before}{complaints}{}", after.replacen("\"score\"", "\"cases/100 households\"", 1))
}

/// Months from 2019-01 on, as many as asked for.
fn months(count: usize) -> Vec<String> {
    let year = |year: u32| (1..=12).map(move |month| format!("{year}-{month:02}"));
    (2019..=2022).flat_map(year).take(count).collect()
}

/// Rows of cases, delivered per 100 households, of S1 (100), S2 (200) and S3 (300 households).
fn rows(months: &[String], cases: impl Fn(usize, usize) -> f64) -> String {
    let mut text = "place_id,indicator,period,value,source\n".to_owned();
    for (at, month) in months.iter().enumerate() {
        for place in 1..=3_usize {
            let value = cases(place, at) / place as f64;
            writeln!(text, "S{place},Q,{month},{value},hotline").unwrap();
        }
    }
    text
}

/// Three calm years of all places, and the yearly P, assessed for 2021.
fn calm() -> (SmallDistrict, String) {
    let district = SmallDistrict::empty(Workbench::new());
    district.bench.write("catalog.toml", &catalog());
    district.places(super::small_district::PLACES);
    const CALM: [f64; 7] = [8.0, 6.0, 9.0, 10.0, 7.0, 8.0, 9.0];
    district.observations(&rows(&months(36), |place, month| CALM[(month + 2 * place) % 7]));
    let mut yearly = "place_id,indicator,period,value,source\n".to_owned();
    for (place, value) in [("S1", 40), ("S2", 60), ("S3", 80)] {
        for year in [2019, 2020, 2021, 2022] {
            writeln!(yearly, "{place},P,{year},{value},register").unwrap();
        }
    }
    district.observations(&yearly);
    let run = district.assess();
    let id = run["id"].as_str().expect("an id").to_owned();
    (district, id)
}

fn deliver(district: &SmallDistrict, month: &str, cases: [f64; 3]) -> Value {
    district.observations(&rows(&[month.to_owned()], |place, _| cases[place - 1]))
}

fn scan(district: &SmallDistrict, run: &str, month: &str) -> Value {
    let arguments = ["warnings", "scan", "--run", run, "--month", month, "--false-alarms", "0.01"];
    district.bench.json(&arguments)
}

#[test]
fn after_three_calm_years_a_rise_gives_one_warning_which_is_decided_about_and_judged() {
    let (district, run) = calm();
    let bench = &district.bench;
    let quiet = scan(&district, &run, "2021-12");
    assert_eq!((&quiet["series"], &quiet["found"]), (&3.into(), &0.into()), "{quiet}");

    let batch = deliver(&district, "2022-01", [7.0, 31.0, 8.0]);
    let scanned = scan(&district, &run, "2022-01");
    assert_eq!((&scanned["found"], &scanned["added"]), (&1.into(), &1.into()), "{scanned}");
    let warning = &scanned["warnings"][0];
    assert_eq!((&warning["place_id"], &warning["leaf"]), (&"S2".into(), &"Q".into()));
    assert_eq!((&warning["month"], &warning["level"]), (&"2022-01".into(), &"WARN".into()));
    let reason = warning["reason"]["en"].as_str().unwrap();
    assert!(reason.contains("rose from") && reason.contains("15.50 in 2022-01"), "{reason}");
    let records = warning["observations"].as_array().unwrap();
    assert_eq!(records.len(), 1, "{warning}");
    assert_eq!((&records[0]["period"], &records[0]["batch_id"]), (&"2022-01".into(), &batch["batch_id"]));
    assert_eq!((&records[0]["file_name"], &records[0]["row"]), (&"observations.csv".into(), &3.into()));
    // The same scan again finds it and adds nothing.
    let again = scan(&district, &run, "2022-01");
    assert_eq!((&again["found"], &again["added"]), (&1.into(), &0.into()));

    let id = warning["id"].as_str().unwrap();
    let decided = bench.json(&[
        "warnings",
        "decide",
        id,
        "--as",
        "acknowledged",
        "--author",
        "王芳",
        "--reason",
        "已派人核实",
    ]);
    assert_eq!(decided["state"], "ACKNOWLEDGED");
    let shown = bench.run(&["warnings", "show", id, "--lang", "zh"]).expect_success().stdout();
    for told in ["升至 15.50（2022-01）", "王芳: 已派人核实", "observations.csv", "年末"] {
        assert!(shown.contains(told), "{told} is not in\n{shown}");
    }

    for month in ["2022-02", "2022-03", "2022-04"] {
        deliver(&district, month, [8.0, 29.0, 7.0]);
    }
    let later = scan(&district, &run, "2022-04");
    assert_eq!((&later["added"], &later["judged"]), (&0.into(), &1.into()), "{later}");
    let record = bench.json(&["warnings", "record", "--catalog", "small"]);
    let tally = &record["tallies"][0];
    assert_eq!((&tally["hits"], &tally["precision_ratio"]), (&1.into(), &1.0.into()), "{record}");
    let listed = bench.json(&["warnings", "list", "--state", "acknowledged"]);
    assert_eq!(listed["warnings"][0]["outcome"], "HIT", "{listed}");
}

#[test]
fn before_the_year_closes_the_index_stands_on_the_last_twelve_months_and_says_that_it_is_provisional() {
    let (district, run) = calm();
    let bench = &district.bench;
    for month in ["2022-01", "2022-02", "2022-03", "2022-04", "2022-05", "2022-06"] {
        deliver(&district, month, [8.0, 16.0, 8.0]);
    }
    let runs = bench.json(&["runs"]);
    let first = &runs["assessments"][0];
    assert_eq!((first["id"].as_str(), &first["provisional"]), (Some(run.as_str()), &false.into()));
    let set = first["threshold_set_id"].as_str().unwrap();
    let live =
        bench.json(&["assess", "--catalog", "catalog.toml", "--period", "2022-06", "--thresholds", set]);
    assert_eq!((&live["provisional"], &live["period"]), (&true.into(), &"2022-06".into()), "{live}");
    let live = live["id"].as_str().unwrap();
    let told = bench.json(&["explain", "S2", "--node", "A", "--run", live]);
    let leaves = told["explanation"]["leaves"].as_array().unwrap();
    assert!(told["explanation"]["score"]["score"].is_f64(), "{told}");
    let p = leaves.iter().find(|leaf| leaf["leaf"] == "P").unwrap();
    assert_eq!(p["value"], 60.0, "the state at the end of 2021 is the latest");
    let q = leaves.iter().find(|leaf| leaf["leaf"] == "Q").unwrap();
    assert_eq!(
        (&q["rolled_on_record"], &q["rolled_window"], &q["rolled_short"]),
        (&12.into(), &12.into(), &false.into())
    );
    let months: Vec<&str> =
        q["observations"].as_array().unwrap().iter().map(|it| it["period"].as_str().unwrap()).collect();
    assert_eq!((months.len(), months[0], months[11]), (12, "2022-06", "2021-07"));
    let sum: f64 = q["observations"].as_array().unwrap().iter().map(|it| it["value"].as_f64().unwrap()).sum();
    assert!((q["value"].as_f64().unwrap() - sum).abs() < 1e-9);
    assert!(sum > 48.0, "six months of eight per 100 households and six calm ones: {sum}");
    let ranked = bench.run(&["rank", "--type", "COMMODITY", "--run", live, "--lang", "zh"]).expect_success();
    assert!(ranked.stdout().contains("暂定"), "{}", ranked.stdout());
    let verified = bench.run(&["verify"]).expect_success().stdout();
    assert!(!verified.is_empty());
}
