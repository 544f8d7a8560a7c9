//! Scoring: weighs, ranks and explains. Assessments are immutable runs with a digest.
//!
//! Knowledge flows left: this service pulls from normalization, classification and ingestion and names nothing to its
//! right. The door is `service.rs`, the worker that runs assessments is `worker.rs`, what a run computes is
//! `domain/run.rs` over `xiuhua_indicators`, what it leaves is kept by `store.rs`.

mod bench;
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

use tonic::transport::Channel;
use xiuhua_contracts::scoring::v1::scoring_service_server::ScoringServiceServer;
use xiuhua_contracts::scoring::v1::warning_service_server::WarningServiceServer;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::ids::new_id;
use xiuhua_service_kit::server::Part;

pub use self::config::{Config, UpstreamConfig, WorkerConfig};
pub use self::store::StoreError;
use crate::bench::Bench;
use crate::changes::Changes;
use crate::service::Scoring;
use crate::shelf::CatalogShelf;
use crate::upstream::Lines;
use crate::worker::Workshop;

/// The services that scoring calls.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Places, observations, the position that "now" means.
    pub ingestion: Channel,
    /// Types of places.
    pub classification: Channel,
    /// Catalogs, threshold sets, dimensionless values.
    pub normalization: Channel,
}

/// Why scoring could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The record could not be opened.
    #[error("scoring's record could not be opened")]
    Store(#[from] StoreError),
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
    let upstream = Lines::new(upstream, &config.upstream);
    let workshop = Workshop {
        store: Arc::clone(&store),
        shelf: Arc::clone(&shelf),
        upstream: upstream.clone(),
        clock: Arc::clone(&clock),
        changes: changes.clone(),
        name: new_id("worker"),
        bench: Bench::new(),
        config: config.worker,
    };
    let verifying = Bench::new();
    let scoring = Scoring { store, shelf, upstream, clock, changes, verifying };
    let warnings = WarningServiceServer::new(scoring.clone())
        .max_decoding_message_size(config.limits.max_message_bytes)
        .max_encoding_message_size(config.limits.max_message_bytes);
    let door = ScoringServiceServer::new(scoring)
        .max_decoding_message_size(config.limits.max_message_bytes)
        .max_encoding_message_size(config.limits.max_message_bytes);
    Ok(Part::new(door).with_service(warnings).with_worker(workshop.into_worker()))
}
