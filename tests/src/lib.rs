//! What the tests of the whole line share: the files of the repository, the program `xiuhua` as a user runs it, and the
//! line under fire: its services as processes, a proxy that breaks connections, and rounds that kill and compare.
//!
//! The tests themselves are one binary, `tests/it/`: rules of the repository (`tidy`, `arrows`, `dependencies`),
//! `scenarios`, and `faults`, named as sentences.

pub mod chance;
pub mod deliveries;
pub mod district;
pub mod findings;
pub mod journal;
pub mod memory;
pub mod patience;
pub mod processes;
pub mod program;
pub mod proxy;
pub mod repository;
pub mod rounds;
