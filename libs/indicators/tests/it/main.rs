//! The arithmetic from outside: published numbers, laws, and an independent reference.

#![allow(clippy::unwrap_used, reason = "an absent value fails the test, which is what it is for")]

mod catalogs;
mod engine;
mod detecting;
mod explaining;
mod hdi;
mod imputation;
mod laws;
mod learning;
mod reference;
mod sketch;
mod weighting;
mod treatment;
mod uncertainty;
mod structure;
mod worked_examples;
