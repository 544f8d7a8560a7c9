//! Normalization: makes values comparable. Catalogs, reference samples, threshold sets, dimensionless values.
//!
//! Knowledge flows left: this service pulls from classification and ingestion and names nothing to its right. The door
//! is `service.rs`; what a threshold set is made of is `domain/threshold_set.rs` over `xiuhua_indicators`; what is
//! kept is kept by `store.rs` and never edited.
//!
//! [`assemble`] gives the part that a server serves, here or in one process with other services; `src/main.rs` is the
//! service as a program of its own.
//!
//! Source: specification page 1, sections 1.3 to 1.5.

mod config;
mod convert;
mod domain;
mod error;
mod service;
mod store;
mod upstream;

use tonic::transport::Channel;
use xiuhua_contracts::normalization::v1::normalization_service_server::NormalizationServiceServer;
use xiuhua_contracts::normalization::v1::series_service_server::SeriesServiceServer;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::server::Part;

pub use self::config::{Config, UpstreamConfig};
use self::service::Normalization;
pub use self::store::StoreError;
use self::upstream::Lines;

/// The services that this one calls.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Where measures are registered and observations come from.
    pub ingestion: Channel,
    /// Where the types of places come from.
    pub classification: Channel,
}

/// Why normalization could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The record could not be opened.
    #[error("normalization's record could not be opened")]
    Store(#[from] StoreError),
}

/// Opens the record, brings it to the present version, and gives the part to be served.
///
/// # Errors
/// [`AssembleError`] if the record cannot be opened.
pub async fn assemble(
    config: &Config,
    upstream: Upstream,
    clock: SharedClock,
) -> Result<Part, AssembleError> {
    let store = store::open(&config.database.url).await?;
    let door = Normalization::new(store, Lines::new(upstream, &config.upstream), clock);
    let series = SeriesServiceServer::new(door.clone())
        .max_decoding_message_size(config.limits.max_message_bytes)
        .max_encoding_message_size(config.limits.max_message_bytes);
    let server = NormalizationServiceServer::new(door)
        .max_decoding_message_size(config.limits.max_message_bytes)
        .max_encoding_message_size(config.limits.max_message_bytes);
    Ok(Part::new(server).with_service(series))
}
