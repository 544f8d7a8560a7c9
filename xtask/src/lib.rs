//! What the repository's tasks share with its tests: where things are, and how contracts become Rust.

use std::path::Path;

pub mod contracts;
pub mod promises;
pub mod real_data;

/// The root of the repository this program was built from.
#[must_use]
pub fn repository_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the root of the repository")
}
