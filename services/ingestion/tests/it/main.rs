//! Ingestion from outside: its record on every backend, against a slow model, and through the gRPC door.

#![allow(
    clippy::unwrap_used,
    reason = "the exemption of clippy.toml reaches test functions, not what they share"
)]

mod activity;
mod against_model;
mod delivering;
mod delivery_streams;
mod door;
mod dump;
mod model;
mod plans;
mod poison;
mod quarantine;
mod schemas;
mod service;
mod service_staging;
mod side_by_side;
mod sifting;
mod staging;
mod store_deliveries;
mod store_places;
mod store_suite;
mod through_door;
mod withdrawals;
