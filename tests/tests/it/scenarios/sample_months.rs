//! Early warning seen to work on the months of the sample district: of twelve series that get worse most are found, and
//! hardly more is found than was said would be by chance.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use xiuhua_tests::repository;

use super::analysts::width;
use super::workbench::Workbench;

/// What a reader is told to type, in this order.
const COMMANDS: [&[&str]; 5] = [
    &["sample", "--months", "--out", "."],
    &["import", "places", "places.csv", "--yes"],
    &["import", "observations", "months.csv", "--catalog", "pudong-monthly", "--yes"],
    &["assess", "--catalog", "pudong-monthly", "--period", "2020"],
    &["warnings", "scan", "--month", "2021-09", "--false-alarms", "5"],
];

/// False alarms that a scan may raise, as the last of [`COMMANDS`] says.
const FALSE_ALARMS: usize = 5;
/// Of the estates that stay what they are every so many is kept: a test need not wait for all 2,790.
const EVERY: usize = 5;

/// Place and indicator.
type Key = (String, String);

fn key(of: &Value) -> Key {
    let text = |name: &str| of[name].as_str().expect("a text").to_owned();
    (text("place_id"), text("leaf"))
}

/// The sample with its months on record, assessed for 2020, and the series that get worse.
fn district() -> (Workbench, BTreeSet<Key>) {
    let bench = Workbench::new();
    let written = bench.json(COMMANDS[0]);
    assert_eq!((&written["places"], &written["observations"]), (&2_799.into(), &357_179.into()));
    assert_eq!(written["months"], 2_790 * 6 * 48);
    let steps: BTreeSet<Key> = written["steps"].as_array().expect("steps").iter().map(key).collect();
    keep_some(&bench, &steps);

    bench.run(COMMANDS[1]).expect_success();
    let months = bench.json(COMMANDS[2]);
    assert_eq!(months["rejected"], 0, "{months}");
    let run = bench.json(COMMANDS[3]);
    assert_eq!(run["base_periods"], Value::from(["2018", "2019"].map(Value::from).to_vec()), "{run}");
    (bench, steps)
}

/// Leaves of each file the rows of the estates that get worse and of one in [`EVERY`] of the others.
fn keep_some(bench: &Workbench, steps: &BTreeSet<Key>) {
    let read = |name: &str| std::fs::read_to_string(bench.path(name)).expect("it was just written");
    let place = |row: &str| row.split(',').next().expect("a first cell").to_owned();
    let months = read("months.csv");
    let mut places: Vec<String> = months.lines().skip(1).map(place).collect();
    places.dedup();
    let stepped: BTreeSet<&String> = steps.iter().map(|(place, _)| place).collect();
    let others = places.iter().filter(|place| !stepped.contains(place)).step_by(EVERY);
    let kept: BTreeSet<&String> = others.chain(stepped.iter().copied()).collect();
    let some = |text: &str, kept: &BTreeSet<&String>| {
        let (header, rows) = text.split_once('\n').expect("a header");
        let mut some = format!("{header}\n");
        for row in rows.lines().filter(|row| kept.contains(&place(row))) {
            writeln!(some, "{row}").expect("a text grows");
        }
        some
    };
    bench.write("months.csv", &some(&months, &kept));
    bench.write("places.csv", &some(&read("places.csv"), &kept));
    bench.write("observations.csv", &some(&read("observations.csv"), &stepped));
}

fn scan(bench: &Workbench, month: &str) -> Value {
    let mut scan = COMMANDS[4].to_vec();
    scan[3] = month;
    bench.json(&scan)
}

#[test]
fn the_documents_tell_the_commands_that_are_run_here() {
    let commands: String =
        COMMANDS.iter().map(|words| format!("xiuhua {}", words.join(" "))).collect::<Vec<_>>().join("\n");
    let methods = "docs/methods/trend-and-warning";
    for file in ["README.md", "README.zh-CN.md", &format!("{methods}.md"), &format!("{methods}.zh-CN.md")] {
        assert!(repository::text(file).contains(&commands), "{file} does not say\n{commands}");
    }
}

#[test]
fn of_twelve_series_that_get_worse_most_are_found_and_little_else() {
    let (bench, steps) = district();
    assert_eq!(steps.len(), 12);

    // Before anything gets worse: what is found is found by chance, about as often as stated.
    let quiet = ["2020-09", "2020-11", "2021-01", "2021-03"];
    let by_chance: Vec<usize> = quiet
        .iter()
        .map(|month| {
            let found = scan(&bench, month);
            assert!(found["series"].as_u64().expect("a number") > 3_300, "{found}");
            usize::try_from(found["found"].as_u64().expect("a number")).expect("a few")
        })
        .collect();
    let mean = by_chance.iter().sum::<usize>() as f64 / quiet.len() as f64;
    assert!((1.0..=FALSE_ALARMS as f64 + 1.0).contains(&mean), "{by_chance:?}");

    let mut found: BTreeSet<Key> = BTreeSet::new();
    let mut others = Vec::new();
    for month in
        ["2021-04", "2021-05", "2021-06", "2021-07", "2021-08", "2021-09", "2021-10", "2021-11", "2021-12"]
    {
        let scanned = scan(&bench, month);
        let new = scanned["warnings"].as_array().expect("warnings").iter().map(key);
        let (right, wrong): (Vec<Key>, Vec<Key>) = new.partition(|key| steps.contains(key));
        found.extend(right);
        others.push(wrong.len());
    }
    assert!(found.len() >= 10, "{found:?} of {steps:?}");
    assert!(others.iter().sum::<usize>() <= FALSE_ALARMS * others.len(), "{others:?}");

    each_is_explained_with_its_records(&bench, &steps);
    the_yearly_catalog_has_room_in_the_same_record(&bench);
}

fn each_is_explained_with_its_records(bench: &Workbench, steps: &BTreeSet<Key>) {
    let listed = bench.json(&["warnings", "list", "--catalog", "pudong-monthly", "--level", "warn"]);
    let warning = listed["warnings"].as_array().expect("warnings").iter().find(|it| steps.contains(&key(it)));
    let warning = warning.expect("one that gets worse");
    let id = warning["id"].as_str().expect("an id");
    let (place, leaf) = key(warning);
    let shown = bench.json(&["warnings", "show", id]);
    let records = shown["observations"].as_array().expect("records");
    assert!(!records.is_empty(), "{shown}");
    // Each stands in the file at the row that is said, the header being row 1.
    let months = std::fs::read_to_string(bench.path("months.csv")).expect("the file");
    for record in records {
        assert_eq!(record["file_name"], "months.csv");
        let row = usize::try_from(record["row"].as_u64().expect("a row")).expect("a row");
        let line = months.lines().nth(row - 1).expect("the row");
        let period = record["period"].as_str().expect("a period");
        let told = format!("{place},{leaf},{period},{},", record["value"]);
        assert!(line.starts_with(&told), "{line} is not {told}");
    }
    // A narrow terminal does not break the id, which is what the next command needs.
    for (lang, told) in [("zh", "若无变化"), ("en", "without a change")] {
        let mut command = bench.command(&["warnings", "show", id, "--lang", lang]);
        let output = command.env("COLUMNS", "80").output().expect("the command starts");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains(id) && text.contains(&place) && text.contains("months.csv"), "{text}");
        let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(told), "{text}");
        assert!(text.lines().all(|line| width(line) <= 80), "{text}");
    }
}

fn the_yearly_catalog_has_room_in_the_same_record(bench: &Workbench) {
    let yearly = ["import", "observations", "observations.csv", "--catalog", "pudong-2021", "--yes"];
    let yearly = bench.json(&yearly);
    assert!(yearly["accepted"].as_u64() > Some(1_400), "{yearly}");
}
