//! The normalization service from outside: through its gRPC door, over every back end, with an ingestion and a
//! classification of its own.

mod base_periods;
mod catalogs;
mod fakes;
mod house;
mod store_suite;
mod thresholds;
mod values;
mod world;
