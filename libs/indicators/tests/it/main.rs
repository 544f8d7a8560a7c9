//! The arithmetic from outside: published numbers, laws, and an independent reference.

#![allow(clippy::unwrap_used, reason = "an absent value fails the test, which is what it is for")]

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
