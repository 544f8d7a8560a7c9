//! What the tests of the whole line share: the files of the repository, and the program `xiuhua` as a user runs it.
//!
//! The tests themselves are one binary, `tests/it/`: rules of the repository (`tidy`, `arrows`, `dependencies`) and
//! `scenarios`, named as sentences.

pub mod program;
pub mod repository;
