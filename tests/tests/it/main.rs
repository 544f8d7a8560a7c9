//! The whole line in one binary: rules of the repository, then scenarios and faults, named as sentences.

#![allow(
    clippy::unwrap_used,
    reason = "the exemption of clippy.toml reaches test functions, not what they share"
)]

mod arrows;
mod dependencies;
mod documents;
mod faults;
mod promises;
mod scenarios;
mod tidy;
