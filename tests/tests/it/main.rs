//! The whole line in one binary: rules of the repository, then scenarios named as sentences.

mod arrows;
mod dependencies;
mod documents;
mod promises;
mod scenarios;
mod tidy;
