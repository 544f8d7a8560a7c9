//! A file three times as long takes no more memory: nothing holds a whole delivery. `cargo xtask bench import` shows the
//! same of ten million rows.

use std::fmt::Write as _;

use super::super::workbench::Workbench;
use xiuhua_tests::memory;

/// Rows of the shorter file: more than are ever on their way at once.
const ROWS: u32 = 120_000;
/// What the longer one may take more, in KiB; its further rows alone would be some 70 MiB in messages.
const MORE_KIB: u64 = 32 * 1024;
const PLACES: u32 = 100;

/// Most memory in use while a file of so many rows is imported, in KiB.
fn peak_kib(bench: &Workbench, rows: u32, year: u32) -> u64 {
    let mut text = String::from("place_id,indicator,period,value,source\n");
    for row in 0..rows {
        let (place, day) = (row % PLACES, row / PLACES);
        let (year, month, day) = (year + day / 336, day / 28 % 12 + 1, day % 28 + 1);
        writeln!(text, "P{place:03},A1.2,{year}-{month:02}-{day:02},{row},register")
            .expect("a text can be written");
    }
    bench.write("observations.csv", &text);
    let import =
        ["import", "observations", "observations.csv", "--yes", "--author", "王芳", "--json", "--quiet"];
    let watched = memory::watch(&mut bench.command(&import)).expect("the command starts");
    let batch: serde_json::Value = serde_json::from_slice(&watched.output.stdout).expect("JSON");
    assert_eq!(batch["accepted"], rows, "{batch}");
    watched.peak_kib
}

#[test]
fn a_file_three_times_as_long_takes_no_more_memory() {
    let bench = Workbench::new();
    let places = (0..PLACES)
        .fold(String::from("place_id,households\n"), |text, place| text + &format!("P{place:03},1\n"));
    bench.write("places.csv", &places);
    bench.json(&["import", "places", "places.csv", "--yes", "--author", "王芳"]);
    let short = peak_kib(&bench, ROWS, 1990);
    let long = peak_kib(&bench, 3 * ROWS, 2000);
    assert!(long < short + MORE_KIB, "{short} KiB for {ROWS} rows, {long} KiB for three times as many");
}
