//! What the platform does for someone, from files in to an answer read: one file a scenario, its tests sentences.
//!
//! `xiuhua_tests::program` runs the program; `crate::real_data` finds real data or says aloud that it is absent.

mod analysts;
mod bad_input;
mod clerk;
mod deciding;
mod desk;
mod determinism;
mod documented;
mod exports;
mod files;
mod first_period;
mod gaps_and_outliers;
mod hdi;
mod history;
mod hostile_messages;
mod importing;
mod interrupted;
mod keeping;
mod learning;
mod postgres_operations;
mod python_client;
mod quarantine;
mod real_estates;
mod reporting;
mod reviewing;
mod sample_months;
mod sheet;
mod small_district;
mod stopping;
mod two_databases;
mod uncertainty;
mod unmended;
mod warnings;
mod weighing;
mod workbench;
mod worked_examples;
