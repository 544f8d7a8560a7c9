//! The normalization service from outside: through its gRPC door, over every back end, with an ingestion and a
//! classification of its own.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "an absent value fails the test, and a figure that must be exact is compared exactly"
)]

mod base_periods;
mod catalogs;
mod fakes;
mod house;
mod preparing;
mod rolling;
mod store_suite;
mod thresholds;
mod values;
mod world;
