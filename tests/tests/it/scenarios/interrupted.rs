//! A delivery over a connection that breaks arrives once and whole.

use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use xiuhua_tests::chance::Chance;
use xiuhua_tests::program;
use xiuhua_tests::proxy::{Cut, Proxy};

use super::workbench::Workbench;

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_whose_connection_breaks_is_resumed_and_arrives_once() -> Result<()> {
    let bench = Workbench::new();
    bench.run(&["sample", "--out", "."]).expect_success();
    let served = program::serve(&bench.path("xiuhua-data"))?;
    let proxy = Proxy::before(served.address.parse()?, Chance::seeded(1)).await?;
    let url = format!("http://{}", proxy.address());
    bench.run(&["import", "places", "places.csv", "--yes", "--quiet", "--server", &url]).expect_success();

    let text = std::fs::read_to_string(bench.path("observations.csv"))?;
    let rows = text.lines().count() as u64 - 1;
    let arguments =
        ["import", "observations", "observations.csv", "--yes", "--json", "--quiet", "--server", &url];
    // Late enough that chunks are on record, early enough that many are not. The row appears once in the file.
    let first = text.lines().nth(1).context("a large file")?;
    ensure!(text.matches(first).count() == 1, "{first} is not alone");
    let late = text.lines().nth(300_000).context("a large file")?;
    for (row, cut) in [(text.lines().nth(150_000), Cut::BeforeItArrives), (Some(late), Cut::BeforeTheAnswer)]
    {
        let row = row.context("a large file")?;
        ensure!(text.matches(row).count() == 1, "{row} is not alone");
        let cut = proxy.cut_next(row.as_bytes(), cut);
        let output = tokio::spawn(ended(bench.command(&arguments)));
        cut.await.context("the connection was cut")?;
        // The first row of the file is on record by now, and is not sent again.
        let mut again = proxy.cut_next(first.as_bytes(), Cut::BeforeItArrives);
        let output = output.await??;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        ensure!(again.try_recv().is_err(), "the delivery began again instead of going on");
        let batch: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let count = |key: &str| batch[key].as_u64().unwrap();
        assert_eq!(count("read"), rows, "every row once: {batch}");
        assert_eq!(count("rejected"), 47, "the sample's mistakes and no others: {batch}");
    }
    // Places, and each of the two deliveries once, although both were begun twice.
    let listed = bench.json(&["batches", "--server", &url]);
    let states: Vec<_> = listed["batches"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["SEALED", "SEALED", "SEALED"]);
    Ok(())
}

#[test]
fn a_delivery_repeated_under_its_name_is_the_same_delivery_and_with_another_file_refused() {
    let bench = Workbench::new();
    bench.write("places.csv", "place_id,housing_nature\nP1,商品房\n");
    let import = ["import", "places", "places.csv", "--yes", "--request-id", "estates-2021"];
    let first = bench.json(&import);
    assert_eq!(bench.json(&import), first);
    bench.write("places.csv", "place_id,housing_nature\nP2,商品房\n");
    let refused = bench.run(&import).expect_code(1);
    assert!(refused.stderr().contains("KEY_REUSED_WITH_DIFFERENT_BODY"), "{}", refused.stderr());
    let listed = bench.json(&["batches"]);
    assert_eq!(listed["batches"].as_array().unwrap().len(), 1);
}

#[test]
fn a_delivery_that_is_given_up_says_by_what_name_it_goes_on() {
    let bench = Workbench::new();
    bench.write("places.csv", "place_id,housing_nature\nP1,商品房\n");
    // The port of no service.
    let import = ["import", "places", "places.csv", "--server", "http://127.0.0.1:1"];
    let unnamed = bench.run(&import).expect_code(1).stderr();
    assert!(unnamed.contains("--request-id cli-"), "{unnamed}");
}

#[test]
fn a_file_from_a_pipe_is_delivered_like_any_other() -> Result<()> {
    let bench = Workbench::new();
    let mut command = bench.command(&["import", "places", "/dev/stdin", "--yes", "--json"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().context("a pipe")?;
    std::io::Write::write_all(&mut input, "place_id,housing_nature\nP1,商品房\n".as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    let batch: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(batch["accepted"], 1);
    Ok(())
}

/// Runs a command while the proxy of this runtime carries what it says.
async fn ended(mut command: std::process::Command) -> Result<Output> {
    Ok(tokio::task::spawn_blocking(move || command.output()).await??)
}
