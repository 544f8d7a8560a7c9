//! The classification service from outside: through its gRPC door, over every back end, with a record of places of
//! its own.

#![allow(
    clippy::unwrap_used,
    reason = "the exemption of clippy.toml reaches test functions, not what they share"
)]

mod deciding;
mod fake_ingestion;
mod house;
mod service;
mod store_suite;
