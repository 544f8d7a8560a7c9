//! The whole line in one binary: rules of the repository, then scenarios named as sentences.

mod arrows;
mod dependencies;
mod documents;
mod scenarios;
mod tidy;

/// Real public data, read in place; a test without its file says so aloud and returns.
mod real_data {
    pub(crate) use xtask::real_data::file as real_data;
}
