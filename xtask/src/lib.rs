//! What the repository's tasks share with its tests: where things are, and how contracts become Rust.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

pub mod contracts;
pub mod promises;
pub mod real_data;

/// The setting that names the PostgreSQL server of the tests to them. The kit's tests read it; a test of the whole line
/// holds the two names together, so that this package need not wait for the kit to build.
pub const TEST_POSTGRES: &str = "XIUHUA_TEST_POSTGRES";

/// Takes from a cargo that is started by a program that cargo runs what that program was told of its own package. The
/// build script of `ring` looks at it, so that `ring` and all that needs it would be built again, and again for whoever
/// calls cargo by hand.
pub fn forget_package(cargo: &mut Command) {
    let told = env::vars_os().map(|(name, _)| name);
    let of_package = |name: &OsString| {
        name.to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
    };
    told.filter(of_package).for_each(|name| {
        cargo.env_remove(name);
    });
}

/// The root of the repository this program was built from.
#[must_use]
pub fn repository_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the root of the repository")
}
