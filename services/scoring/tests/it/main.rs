//! The scoring service from outside: through its gRPC door, over every back end, with an upstream of its own whose
//! numbers were worked out by hand.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "an absent value fails the test, and a figure that must be exact is compared exactly"
)]

mod decisions;
mod district;
mod fakes;
mod house;
mod learning;
mod leases;
mod pages;
mod reading;
mod runs;
mod store_suite;
mod structure;
mod uncertainty;
mod uncertainty_of_runs;
mod verifying;
mod walk_back;
mod warnings;
mod weights;
mod worked_examples;
