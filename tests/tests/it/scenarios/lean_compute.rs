//! A whole district goes through one process, from files to files, in bounded memory. How long it takes is shown by
//! `cargo xtask bench compute`.

use super::workbench::Workbench;
use xiuhua_tests::memory;

/// Most memory that `index compute` of the sample district may take, in KiB.
const MOST_KIB: u64 = 250 * 1024;
/// The digest of the sample district under the catalog and the rules that come with the platform.
const DIGEST: &str = "b026836704d50f7e";

#[test]
fn the_index_of_a_district_is_computed_in_bounded_memory_and_has_its_digest() {
    let bench = Workbench::new();
    bench.run(&["sample", "--out", "."]).expect_success();
    let compute = ["index", "compute", "--quiet", "--catalog", "pudong-2021", "--period", "2021"];
    let files = ["--places", "places.csv", "--observations", "observations.csv", "--out", "out"];
    let watched = memory::watch(&mut bench.command(&[&compute[..], &files].concat())).expect("it starts");
    assert!(watched.output.status.success(), "{}", String::from_utf8_lossy(&watched.output.stderr));
    let digest = bench.summary()["digest"].as_str().expect("a digest").to_owned();
    assert!(digest.starts_with(DIGEST), "{digest}");
    assert!(watched.peak_kib < MOST_KIB, "{} KiB", watched.peak_kib);
}
