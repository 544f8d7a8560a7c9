//! The same sample district gives the same digest and the same bytes whatever its services keep their records in.

use std::process::Stdio;
use std::time::Duration;

use xiuhua_service_kit::testing::temporary_postgres;

use super::workbench::Workbench;

const RESULTS: [&str; 5] = ["scores.csv", "groups.csv", "values.csv", "thresholds.csv", "sample.csv"];
const SERVICES: [&str; 4] = ["ingestion", "classification", "normalization", "scoring"];

#[test]
fn sqlite_postgresql_and_a_mix_give_one_digest_and_the_same_bytes() {
    let expected = computed(&Workbench::new());
    let servers = |services: &[&'static str]| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let urls: Vec<_> = services.iter().map(|it| (*it, runtime.block_on(temporary_postgres()))).collect();
        Workbench::on(&urls)
    };
    let all = servers(&SERVICES);
    assert_same(&computed(&all), &expected, "four PostgreSQL databases");
    assert!(!all.path("xiuhua-data").exists(), "without SQLite there is no data folder");
    let mixed = computed(&servers(&["classification", "scoring"]));
    assert_same(&mixed, &expected, "two of each");

    // Nobody locks anybody out: a second process works on the databases of the one that serves them.
    let mut serving = all.command(&["serve", "--listen", "127.0.0.1:0", "--ready-file", "ready"]);
    let mut serving = serving.stdout(Stdio::null()).spawn().expect("the command starts");
    let served = loop {
        match std::fs::read_to_string(all.path("ready")) {
            Ok(address) if address.contains(':') => break format!("http://{address}"),
            _ => assert!(serving.try_wait().expect("a child").is_none(), "it ended before it served"),
        }
        #[expect(clippy::disallowed_methods, reason = "it polls for a file another process writes")]
        std::thread::sleep(Duration::from_millis(20));
    };
    let beside = all.json(&["runs"]);
    let client = Workbench::new();
    let through = client.json(&["runs", "--server", &served]);
    assert_eq!(through, beside);
    let both = all.run(&["runs", "--server", &served]).expect_code(2);
    assert!(both.stderr().contains("--server"), "{}", both.stderr());
    serving.kill().and_then(|()| serving.wait()).expect("a child");

    // What is on servers is verified by computing it again, and copied by their own tools.
    let verified = all.json(&["verify"]);
    assert_eq!(verified["intact"], true, "{verified}");
    let refused = all.run(&["backup", "--out", "backup"]).expect_code(2);
    assert!(refused.stderr().contains("pg_dump"), "{}", refused.stderr());
}

/// The digest and the result files of the sample district.
fn computed(bench: &Workbench) -> (String, Vec<Vec<u8>>) {
    bench.run(&["sample", "--out", "."]).expect_success();
    bench.run(&["import", "places", "places.csv", "--yes", "--quiet"]).expect_success();
    bench.run(&["import", "observations", "observations.csv", "--yes", "--quiet"]).expect_success();
    let run = bench.json(&["assess", "--catalog", "pudong-2021", "--period", "2021"]);
    bench.run(&["export", "--out", "out", "--quiet"]).expect_success();
    let digest = run["digest"].as_str().expect("a digest").to_owned();
    (digest, RESULTS.iter().map(|name| bench.bytes(name)).collect())
}

fn assert_same(found: &(String, Vec<Vec<u8>>), expected: &(String, Vec<Vec<u8>>), place: &str) {
    assert_eq!(found.0, expected.0, "the digest on {place}");
    for (name, (found, expected)) in RESULTS.iter().zip(found.1.iter().zip(&expected.1)) {
        assert!(found == expected, "{name} differs on {place}");
    }
}
