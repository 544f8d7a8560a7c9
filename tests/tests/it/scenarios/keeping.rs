//! Backup, restore, verification: what is kept can be put back, and what is not what it was is found.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::Result;
use sqlx::{Connection as _, SqliteConnection};
use xiuhua_tests::program;

use super::workbench::Workbench;

const RESULTS: [&str; 5] = ["scores.csv", "groups.csv", "values.csv", "thresholds.csv", "sample.csv"];

#[test]
fn a_backup_taken_while_a_delivery_arrives_restores_to_the_same_bytes_and_digests() -> Result<()> {
    let data = program::demo_data()?;
    let bench = Workbench::new();
    let data_dir = data.path().to_str().expect("UTF-8");
    let served = program::serve(data.path())?;
    let url = format!("http://{}", served.address);
    bench.run(&["export", "--out", "served", "--quiet", "--server", &url]).expect_success();
    let runs = bench.json(&["runs", "--server", &url]);
    bench.run(&["sample", "--seed", "2", "--out", "."]).expect_success();

    let arguments = ["import", "observations", "observations.csv", "--yes", "--quiet", "--server", &url];
    let mut import = bench.command(&arguments).stdout(Stdio::null()).spawn()?;
    let mut backups = Vec::new();
    while import.try_wait()?.is_none() {
        let name = format!("backup-{}", backups.len());
        bench.run(&["backup", "--out", &name, "--data-dir", data_dir]).expect_success();
        backups.push(name);
    }
    assert!(import.wait()?.success());
    // Another district's values move everything.
    let listed = bench.json(&["batches", "--top", "1", "--server", &url]);
    assert_eq!(listed["batches"][0]["state"], "AWAITING_APPROVAL");
    let id = listed["batches"][0]["batch_id"].as_str().expect("a batch has an id");
    let approve = ["approve", id, "--author", "李强", "--reason", "演练", "--server", &url];
    bench.run(&approve).expect_success();
    bench.run(&["backup", "--out", "after", "--data-dir", data_dir]).expect_success();
    drop(served);
    let first = backups.first().expect("a delivery takes longer than nothing").as_str();

    for backup in [first, "after"] {
        let restored = format!("{backup}-restored");
        bench.run(&["restore", "--from", backup, "--data-dir", &restored]).expect_success();
        assert_eq!(bench.json(&["runs", "--data-dir", &restored]), runs, "{backup}");
        let out = format!("{backup}-out");
        bench.run(&["export", "--out", &out, "--quiet", "--data-dir", &restored]).expect_success();
        for name in RESULTS {
            let read = |folder: &str| fs::read(bench.path(folder).join(name)).unwrap();
            assert!(read("served") == read(&out), "{name} of {backup} differs");
        }
        let verified = bench.json(&["verify", "--data-dir", &restored]);
        assert_eq!(verified["intact"], true, "{verified}");
    }
    let manifest = |backup: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(bench.path(backup).join("manifest.json")).unwrap()).unwrap()
    };
    assert_eq!(manifest(first)["position"], 2, "the delivery was not sealed yet");
    assert_eq!(manifest("after")["position"], 3);
    let digest = &runs["assessments"][0]["digest"];
    assert_eq!(&manifest(first)["assessments"][0]["digest"], digest);
    assert_eq!(bench.json(&["verify", "--from", first])["intact"], true);
    Ok(())
}

#[test]
fn a_file_that_is_not_the_one_that_was_copied_is_named_and_nothing_is_restored() -> Result<()> {
    let (bench, _data) = backed_up()?;
    let restore = ["restore", "--from", "backup", "--data-dir", "restored"];
    let refused = |part: &str| {
        let said = bench.run(&restore).expect_code(2).stderr();
        assert!(said.contains(part), "{part} is not in {said}");
        assert!(!bench.path("restored").exists(), "nothing is left behind");
    };
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>), part: &str| {
        let path = bench.path("backup").join(name);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        refused(part);
        if name != "manifest.json" {
            let differs = bench.run(&["verify", "--from", "backup"]).expect_code(1).stdout();
            assert!(differs.contains(name), "{name} is not in {differs}");
        }
        fs::write(&path, whole).unwrap();
    };
    let flipped = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    changed("scoring.db", &flipped, "scoring.db");
    changed("ingestion.db", &|bytes| bytes.truncate(bytes.len() - 1), "ingestion.db");
    changed("classification.db", &Vec::clear, "classification.db");
    let replaced = |from: &'static str, to: &'static str| {
        move |bytes: &mut Vec<u8>| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(from), "{text}");
            *bytes = text.replacen(from, to, 1).into_bytes();
        }
    };
    changed("manifest.json", &replaced("\"format\": 1", "\"format\": 2"), "newer version");
    changed("manifest.json", &replaced("\"migration\": ", "\"migration\": 9"), "newer version");
    changed("manifest.json", &|bytes| bytes.truncate(100), "manifest.json");
    fs::remove_file(bench.path("backup").join("normalization.db"))?;
    refused("normalization.db");
    Ok(())
}

#[test]
fn backup_and_restore_overwrite_nothing() -> Result<()> {
    let (bench, data) = backed_up()?;
    let data_dir = data.path().to_str().expect("UTF-8");
    bench.run(&["backup", "--out", "backup", "--data-dir", data_dir]).expect_code(2);
    bench.run(&["restore", "--from", "backup", "--data-dir", data_dir]).expect_code(2);
    bench.write("file", "");
    bench.run(&["restore", "--from", "backup", "--data-dir", "file"]).expect_code(2);
    // What is not there is not made.
    bench.run(&["backup", "--out", "other", "--data-dir", "nowhere"]).expect_code(1);
    assert!(!bench.path("other").exists() && !bench.path("nowhere").exists());
    let mut left: Vec<_> = fs::read_dir(bench.path("."))?.map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["backup", "file"]);
    // An empty folder is as good as none, whatever its name.
    fs::create_dir(bench.path("a%41?"))?;
    bench.run(&["restore", "--from", "backup", "--data-dir", "a%41?"]).expect_success();
    bench.run(&["runs", "--data-dir", "a%41?"]).expect_success();
    // A copy of it too, and it is its owner's alone.
    bench.run(&["backup", "--out", "b%41?", "--data-dir", "a%41?"]).expect_success();
    let mode = fs::metadata(bench.path("b%41?"))?.permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(!bench.path("aA").exists() && !bench.path("bA").exists());
    Ok(())
}

#[test]
fn a_flipped_bit_of_a_record_is_found_by_verifying() -> Result<()> {
    let (bench, _data) = backed_up()?;
    bench.run(&["restore", "--from", "backup", "--data-dir", "restored"]).expect_success();
    let runs = bench.json(&["runs", "--data-dir", "restored"]);
    let run = runs["assessments"][0]["id"].as_str().unwrap();
    let verified = bench.json(&["verify", "--data-dir", "restored", "--run", run]);
    assert_eq!(verified["intact"], true, "{verified}");

    // One bit of a digest: no page is damaged by it.
    let digest = runs["assessments"][0]["digest"].as_str().unwrap();
    let path = bench.path("restored").join("scoring.db");
    flip(&path, digest.as_bytes());
    let found = bench.run(&["verify", "--data-dir", "restored"]).expect_code(1).stdout();
    assert!(found.contains("≠"), "{found}");

    // The kind of a page: no row can be read any more.
    let mut bytes = fs::read(&path)?;
    bytes[4096] ^= 0xff;
    fs::write(&path, bytes)?;
    let found = bench.run(&["verify", "--data-dir", "restored"]).expect_code(1).stdout();
    assert!(found.contains("scoring"), "{found}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn verifying_does_not_migrate_what_an_older_version_has_written() -> Result<()> {
    let bench = Workbench::new();
    bench.run(&["runs"]).expect_success();
    let url = format!("sqlite:{}", bench.path("xiuhua-data/scoring.db").display());
    let mut record = SqliteConnection::connect(&url).await?;
    let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    sqlx::query(newest).execute(&mut record).await?;
    record.close().await?;
    let before = fs::read(bench.path("xiuhua-data/scoring.db"))?;
    let refused = bench.run(&["verify"]).expect_code(2).stderr();
    assert!(refused.contains("scoring: was written by an older version"), "{refused}");
    assert!(!refused.contains("ingestion"), "{refused}");
    assert!(fs::read(bench.path("xiuhua-data/scoring.db"))? == before, "it was changed");
    Ok(())
}

/// The demo's record, and its backup in a workbench.
fn backed_up() -> Result<(Workbench, tempfile::TempDir)> {
    let data = program::demo_data()?;
    let bench = Workbench::new();
    let data_dir = data.path().to_str().expect("UTF-8");
    bench.run(&["backup", "--out", "backup", "--data-dir", data_dir]).expect_success();
    Ok((bench, data))
}

/// Flips one bit of the first place in a file that holds these bytes.
fn flip(path: &Path, what: &[u8]) {
    let mut bytes = fs::read(path).expect("the file is there");
    let at = bytes.windows(what.len()).position(|window| window == what).expect("the file holds it");
    bytes[at] ^= 1;
    fs::write(path, bytes).expect("the file is ours");
}
