//! `cargo xtask gen`: the Rust of the contracts, and the list of their fields.

use std::fs;

use anyhow::{Result, bail};
use xtask::contracts::{GENERATED, PROTO, generate, write};
use xtask::promises::{LIST, Promises};

/// Writes both.
///
/// # Errors
/// The contracts do not compile or break a promise.
pub(crate) fn run() -> Result<()> {
    let root = xtask::repository_root();
    let list = root.join(LIST);
    let promised = fs::read_to_string(&list).unwrap_or_default();
    match Promises::of(&root.join(PROTO))?.added_to(&promised) {
        Ok(grown) => fs::write(list, grown)?,
        Err(broken) => bail!("the contracts break promises of {LIST}:\n{}", broken.join("\n")),
    }
    let files = generate(&root.join(PROTO))?;
    let changed = write(&root.join(GENERATED), &files)?;
    eprintln!("{changed} of {} generated files changed in {GENERATED}", files.len());
    Ok(())
}
