//! Scoring: weighs, ranks and explains. Assessments are immutable runs with a digest.
//!
//! Knowledge flows left: this service pulls from normalization, classification and ingestion and names nothing to its
//! right. The door is `service.rs`, the worker that runs assessments is `worker.rs`, what a run computes is
//! `domain/run.rs` over `xiuhua_indicators`, what it leaves is kept by `store.rs`.

mod changes;
mod config;
mod convert;
mod domain;
mod error;
mod service;
mod shelf;
mod store;
mod upstream;
mod worker;

use std::sync::Arc;

use xiuhua_contracts::scoring::v1::scoring_service_server::ScoringServiceServer;
use xiuhua_service_kit::CancellationToken;
use xiuhua_service_kit::channel::{ChannelConfig, connect};
use xiuhua_service_kit::clock::{SharedClock, SystemClock};
use xiuhua_service_kit::server::{Part, ServeError, serve_tcp};

pub use self::config::{Config, DEFAULTS, DatabaseConfig, ServerConfig, UpstreamConfig};
pub use self::store::StoreError;
pub use self::upstream::Upstream;
use crate::changes::Changes;
use crate::service::Scoring;
use crate::shelf::CatalogShelf;
use crate::worker::Workshop;

/// Why scoring could not be put together or served.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The record could not be opened.
    #[error("scoring's record could not be opened")]
    Store(#[from] StoreError),
    /// The address of a service upstream is none.
    #[error("the address of {service} is no URL")]
    Address {
        /// The service.
        service: &'static str,
        /// What is wrong with it.
        source: tonic::transport::Error,
    },
    /// The door could not be served.
    #[error("scoring could not be served")]
    Serve(#[from] ServeError),
}

/// Opens the record, brings it to the present version, and gives the part to be served: door and worker.
///
/// # Errors
/// [`AssembleError`] if the record cannot be opened.
pub async fn assemble(
    config: &Config,
    upstream: Upstream,
    clock: SharedClock,
) -> Result<Part, AssembleError> {
    let store = store::open(&config.database.url).await?;
    let shelf = Arc::new(CatalogShelf::new(Arc::clone(&store)));
    let changes = Changes::new();
    let workshop = Workshop {
        store: Arc::clone(&store),
        shelf: Arc::clone(&shelf),
        upstream: upstream.clone(),
        clock: Arc::clone(&clock),
        changes: changes.clone(),
    };
    let door = ScoringServiceServer::new(Scoring { store, shelf, upstream, clock, changes })
        .max_decoding_message_size(config.limits.max_message_bytes)
        .max_encoding_message_size(config.limits.max_message_bytes);
    Ok(Part::new(door).with_worker(workshop.into_worker()))
}

/// Serves scoring as a process of its own until `shutdown`.
///
/// # Errors
/// [`AssembleError`] if it cannot be put together or its address is taken.
pub async fn run(config: &Config, shutdown: CancellationToken) -> Result<(), AssembleError> {
    let to = |service, url: &str| {
        connect(url, &ChannelConfig::default()).map_err(|source| AssembleError::Address { service, source })
    };
    let upstream = Upstream {
        ingestion: to("ingestion", &config.upstream.ingestion)?,
        classification: to("classification", &config.upstream.classification)?,
        normalization: to("normalization", &config.upstream.normalization)?,
    };
    let part = assemble(config, upstream, SystemClock::shared()).await?;
    let reflection = config.server.reflection.unwrap_or(cfg!(debug_assertions));
    let reflection = reflection.then_some(xiuhua_contracts::FILE_DESCRIPTOR_SET);
    serve_tcp(config.server.listen, vec![part], &config.limits, reflection, shutdown).await?;
    Ok(())
}
