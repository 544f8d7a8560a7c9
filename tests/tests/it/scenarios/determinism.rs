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
fn a_restart_of_the_embedded_platform_changes_nothing_that_was_computed() {
    let bench = Workbench::new();
    bench.run(&["demo", "--no-serve", "--quiet", "--json"]).expect_success();
    bench.run(&["export", "--out", "first", "--quiet"]).expect_success();
    bench.run(&["export", "--out", "second", "--quiet"]).expect_success();
    for name in RESULTS {
        let read = |dir: &str| std::fs::read(bench.path(dir).join(name)).unwrap();
        assert!(read("first") == read("second"), "{name} differs");
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
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<_> = rows.lines().rev().collect();
    format!("{header}\n{}\n", rows.join("\n"))
}

fn doubled(text: &str) -> String {
    let (_, rows) = text.split_once('\n').unwrap();
    format!("{text}{rows}")
}
