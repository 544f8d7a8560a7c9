//! What the repository's tasks share with its tests: where things are, and how contracts become Rust.

use std::path::Path;

pub mod contracts;
pub mod promises;
pub mod real_data;

/// The setting that names the PostgreSQL server of the tests to them. The kit's tests read it; a test of the whole line
/// holds the two names together, so that this package need not wait for the kit to build.
pub const TEST_POSTGRES: &str = "XIUHUA_TEST_POSTGRES";

/// The root of the repository this program was built from.
#[must_use]
pub fn repository_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the root of the repository")
}
