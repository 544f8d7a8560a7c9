//! The same inputs, in any row order and doubled, with any number of threads, give the same digest and the same bytes.

use super::workbench::Workbench;

const RESULTS: [&str; 5] = ["scores.csv", "groups.csv", "values.csv", "thresholds.csv", "sample.csv"];

#[test]
fn row_order_doubling_and_threads_change_neither_the_digest_nor_a_byte_of_the_results() {
    let sample = Workbench::new();
    sample.run(&["sample", "--seed", "5", "--out", "."]).expect_success();
    let places = std::fs::read_to_string(sample.path("places.csv")).unwrap();
    let observations = std::fs::read_to_string(sample.path("observations.csv")).unwrap();

    let plain = computed(&places, &observations, "1");
    let disturbed = computed(&reversed(&places), &doubled(&reversed(&observations)), "16");
    assert_eq!(plain.summary()["digest"], disturbed.summary()["digest"]);
    for name in RESULTS {
        assert!(plain.bytes(name) == disturbed.bytes(name), "{name} differs");
    }
    let counts = &disturbed.summary()["files"]["observations"];
    let number = |key: &str| counts[key].as_u64().unwrap();
    assert_eq!(
        number("read"),
        number("accepted") + number("corrected") + number("duplicate") + number("rejected")
    );
}

#[test]
fn a_run_before_and_after_a_restart_and_on_a_temporary_store_has_one_digest_and_the_same_bytes() {
    let bench = Workbench::new();
    // Each command opens the platform anew and closes it.
    bench.run(&["sample", "--out", "."]).expect_success();
    bench.run(&["import", "places", "places.csv", "--yes", "--quiet"]).expect_success();
    bench.run(&["import", "observations", "observations.csv", "--yes", "--quiet"]).expect_success();
    let assess = ["assess", "--catalog", "pudong-2021", "--period", "2021", "--json", "--quiet"];
    let digest = || {
        let run: serde_json::Value =
            serde_json::from_str(&bench.run(&assess).expect_success().stdout()).unwrap();
        run["digest"].clone()
    };
    let first = digest();
    bench.run(&["export", "--out", "first", "--quiet"]).expect_success();
    assert_eq!(digest(), first);
    bench.run(&["export", "--out", "second", "--quiet"]).expect_success();
    bench.compute(&["--catalog", "pudong-2021", "--period", "2021"]).expect_success();
    assert_eq!(bench.summary()["digest"], first);
    for name in RESULTS {
        let read = |dir: &str| std::fs::read(bench.path(dir).join(name)).unwrap();
        assert!(read("first") == read("second"), "{name} differs after a restart");
        assert!(read("first") == read("out"), "{name} differs on a temporary store");
    }
}

fn computed(places: &str, observations: &str, threads: &str) -> Workbench {
    let bench = Workbench::new();
    bench.write("places.csv", places);
    bench.write("observations.csv", observations);
    bench.compute(&["--catalog", "pudong-2021", "--period", "2021", "--threads", threads]).expect_success();
    bench
}

fn reversed(text: &str) -> String {
    let (header, rows) = text.split_once('\n').expect("a header and rows");
    let rows: Vec<_> = rows.lines().rev().collect();
    format!("{header}\n{}\n", rows.join("\n"))
}

fn doubled(text: &str) -> String {
    let (_, rows) = text.split_once('\n').expect("a header and rows");
    format!("{text}{rows}")
}
