//! The kit as a service meets it: over a pipe, with the health service as the only real one.

mod calls;
mod database;
mod postgres;
mod retries;
mod snapshot;
