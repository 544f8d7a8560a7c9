//! The pure half of ingestion: what the registers hold, what is wrong with a row, and which statement counts.
//!
//! Sync and free of contracts, SQL and transport (invariant 5 of ARCHITECTURE). What needs the whole record to be
//! decided (is it known, is it a conflict, is it a correction) is decided in the store, set by set, because a
//! delivery may be larger than memory; the rules themselves are written down in [`batch`] and [`observation`].

pub mod activity;
pub mod batch;
pub mod effective;
pub mod ids;
pub mod layout;
pub mod measure;
pub mod observation;
pub mod pack;
pub mod place;
pub mod quarantine;
pub mod rejection;
pub mod review;
pub mod sifting;
pub mod source;
pub mod text;

pub use xiuhua_indicators::period;
