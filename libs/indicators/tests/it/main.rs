//! The arithmetic from outside: published numbers, laws, and an independent reference.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "an absent value fails the test, and a figure that must be exact is compared exactly"
)]

mod catalogs;
mod detecting;
mod engine;
mod explaining;
mod hdi;
mod imputation;
mod laws;
mod learning;
mod reference;
mod sketch;
mod structure;
mod treatment;
mod uncertainty;
mod weighting;
mod worked_examples;
