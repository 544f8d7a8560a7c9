//! The arithmetic from outside: published numbers, laws, and an independent reference.

#![allow(clippy::unwrap_used, reason = "an absent value fails the test, which is what it is for")]

mod catalogs;
mod detecting;
mod explaining;
mod hdi;
mod laws;
mod reference;
mod sketch;
mod worked_examples;
