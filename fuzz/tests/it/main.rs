//! A short run of every fuzzer, the same each time: the seeds, and some thousand damaged ones. `cargo xtask fuzz` goes on
//! from there, guided by coverage.

use xiuhua_fuzz::Target;
use xiuhua_fuzz::mutation::Mutations;

fn assert_holds(target: Target, mutations: usize) {
    for seed in target.seeds() {
        target.check(&seed);
    }
    for input in Mutations::of(target, 1).take(mutations) {
        let shown = String::from_utf8_lossy(&input[..input.len().min(2000)]).into_owned();
        let checked = std::panic::catch_unwind(|| target.check(&input));
        assert!(checked.is_ok(), "{} does not survive:\n{shown}\n{input:?}", target.name());
    }
}

#[test]
fn damaged_csv_is_read_or_refused() {
    assert_holds(Target::Csv, 3_000);
}

#[test]
fn damaged_workbooks_are_read_or_refused() {
    assert_holds(Target::Excel, 1_500);
}

#[test]
fn damaged_catalogs_are_read_or_refused() {
    assert_holds(Target::Catalog, 20_000);
}
