//! Spreadsheets as offices make them, in every format, for tests and fuzzers: one description of a workbook, written as
//! .xlsx, .xls, .xlsb, .ods or as text in any usual encoding; and [`hostile`] ones, which no honest program writes.
//!
//! The writers of the old formats put down the least that a reader needs. They are independent of the library under
//! test: what they write is what the published formats say.

mod cells;
pub mod hostile;
mod ods;
pub mod parts;
pub mod text;
mod xls;
mod xlsb;
mod xlsx;

pub use cells::{Book, Look, Sheet, Value};
