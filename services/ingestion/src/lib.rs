//! Ingestion (接入): keeps what came in, unchanged, with its proof.
//!
//! The registers of places, measures and sources; observations with every revision; deliveries, and what was rejected
//! of them and why. It never changes what came in and never judges it.
//!
//! | room | holds |
//! |---|---|
//! | [`domain`] | the nouns and their rules, pure |
//! | `service`, `convert` | the gRPC door and the way through it |
//! | [`store`] | the record, behind one trait |
//! | [`error`] | what can go wrong, and its codes |
//!
//! It calls no other service: everything else reads from here.

mod config;
mod convert;
pub mod domain;
pub mod error;
mod service;
pub mod store;

use std::time::Duration;

use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionServiceServer;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::server::Part;

pub use config::Config;
pub use error::Error;

/// Opens the store, migrates it, and gives the part to be served.
///
/// # Errors
/// [`Error::Config`] if deliveries would be given up while they stream, or the share that needs a second person is none;
/// [`Error::Store`] if the store cannot be opened
/// or migrated.
pub async fn assemble(config: &Config, clock: SharedClock) -> Result<Part, Error> {
    if config.deliveries.abandon_after_ms < config.limits.stream_timeout_ms {
        return Err(Error::Config("deliveries.abandon_after_ms is shorter than limits.stream_timeout_ms"));
    }
    let share = config.review.second_person_above_ratio;
    if !share.is_finite() || share < 0.0 {
        return Err(Error::Config("review.second_person_above_ratio is no share"));
    }
    let second_person_above = (share > 0.0).then_some(share);
    let store = store::open(&config.database.url).await?;
    let abandon_after = Duration::from_millis(config.deliveries.abandon_after_ms);
    let service =
        IngestionServiceServer::new(service::Door::new(store, clock, abandon_after, second_person_above))
            .max_decoding_message_size(config.limits.max_message_bytes)
            .max_encoding_message_size(config.limits.max_message_bytes);
    Ok(Part::new(service))
}
