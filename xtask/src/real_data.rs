//! Real public data that some tests read in place. It never enters the repository, so it may be absent: then those
//! tests say so aloud and pass, and the test command names them as skipped.

use std::env;
use std::io::Write as _;
use std::path::PathBuf;

/// The one setting: a folder; unset, it is [`DEFAULT`].
pub const SETTING: &str = "XIUHUA_REAL_DATA";
/// Relative to the root of the repository.
pub const DEFAULT: &str = "../shared/data";

/// The files that tests read.
pub const NEEDED: [&str; 7] = [
    "hdi/hdi_2022_all.csv",
    "estates/ganji2019_shanghai.csv",
    "estates/ganji2019_pudong.csv",
    "estates/lianjia2019_shanghai_estates_from_listings.csv",
    "estates/lianjia2023_pudong_estates_from_listings.csv",
    "admin/pudong_towns_2022.csv",
    "admin/pudong_villages_2022.csv",
];

/// Those of [`NEEDED`] that are not on this machine: tests on them are skipped.
#[must_use]
pub fn absent() -> Vec<&'static str> {
    let there = |file: &&str| folder().is_some_and(|folder| folder.join(file).is_file());
    NEEDED.into_iter().filter(|file| !there(file)).collect()
}

/// The folder of real data, if it is there. A relative setting is read from the root of the repository.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let setting = env::var_os(SETTING).unwrap_or_else(|| DEFAULT.into());
    let folder = crate::repository_root().join(setting);
    folder.is_dir().then_some(folder)
}

/// A file of the real data, such as `hdi/hdi_2022_all.csv`; `None`, said aloud, if it is not on this machine.
///
/// # Panics
/// If it is not one of [`NEEDED`]: then the summary could not name it as skipped.
#[must_use]
pub fn file(path: &str) -> Option<PathBuf> {
    assert!(NEEDED.contains(&path), "{path} is read by a test and not listed in xtask/src/real_data.rs");
    let found = folder().map(|folder| folder.join(path)).filter(|file| file.is_file());
    if found.is_none() {
        // Straight to standard error: the test harness hides what a passing test prints by macro.
        let _ =
            writeln!(std::io::stderr(), "SKIPPED: no {path} in the real data; set {SETTING} to its folder");
    }
    found
}
