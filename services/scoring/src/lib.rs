//! Scoring: weighs, ranks and explains. Assessments are immutable runs with a digest.
//!
//! Knowledge flows left: this service pulls from normalization, classification and ingestion and names nothing to its
//! right. The door is `service.rs`, the worker that runs assessments is `worker.rs`, what a run computes is
//! `domain/run.rs` over `xiuhua_indicators`, what it leaves is kept by `store.rs`.

mod bench;
mod changes;
mod config;
mod convert;
mod convert_uncertainty;
mod domain;
mod error;
mod lately;
mod recent;
mod service;
mod shelf;
mod store;
mod upstream;
mod worker;

use std::sync::Arc;

use tonic::transport::Channel;
use xiuhua_contracts::scoring::v1::learning_service_server::LearningServiceServer;
use xiuhua_contracts::scoring::v1::structure_service_server::StructureServiceServer;
use xiuhua_contracts::scoring::v1::uncertainty_service_server::UncertaintyServiceServer;
use xiuhua_contracts::scoring::v1::warning_service_server::WarningServiceServer;
use xiuhua_contracts::scoring::v1::weight_service_server::WeightServiceServer;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::ids::new_id;
use xiuhua_service_kit::server::Part;

pub use self::config::{Config, ReadingConfig, UpstreamConfig, WorkerConfig};
pub use self::store::StoreError;
use crate::bench::Bench;
use crate::changes::Changes;
use crate::lately::Lately;
use crate::recent::RecentResults;
use crate::service::weights::Weights;
use crate::service::{Door, PageShelf, Scoring};
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
    let recent = Arc::new(RecentResults::new(config.reading.recent_results_bytes));
    let changes = Changes::new();
    let upstream = Lines::new(upstream, &config.upstream);
    let workshop = Workshop {
        store: Arc::clone(&store),
        shelf: Arc::clone(&shelf),
        recent: Arc::clone(&recent),
        upstream: upstream.clone(),
        clock: Arc::clone(&clock),
        changes: changes.clone(),
        name: new_id("worker"),
        bench: Bench::new(),
        config: config.worker,
    };
    let limit = config.limits.max_message_bytes;
    let scoring = Scoring {
        store,
        shelf,
        recent,
        upstream,
        clock,
        changes,
        verifying: Bench::new(),
        analysing: Bench::new(),
        studying: Bench::new(),
        scanning: Bench::new(),
        weighing: Bench::new(),
        types: Arc::new(Lately::new()),
        portraits: Arc::new(Lately::new()),
        structures: Arc::new(Lately::new()),
    };
    let weights = WeightServiceServer::new(Weights(scoring.clone()))
        .max_decoding_message_size(limit)
        .max_encoding_message_size(limit);
    let uncertainty = UncertaintyServiceServer::new(scoring.clone())
        .max_decoding_message_size(limit)
        .max_encoding_message_size(limit);
    let learning = LearningServiceServer::new(scoring.clone())
        .max_decoding_message_size(limit)
        .max_encoding_message_size(limit);
    let structure = StructureServiceServer::new(scoring.clone())
        .max_decoding_message_size(limit)
        .max_encoding_message_size(limit);
    let warnings = WarningServiceServer::new(scoring.clone())
        .max_decoding_message_size(limit)
        .max_encoding_message_size(limit);
    let pages = PageShelf::new(config.reading.ranking_pages_bytes);
    Ok(Part::new(Door::new(scoring, pages, limit))
        .with_service(weights)
        .with_service(uncertainty)
        .with_service(learning)
        .with_service(structure)
        .with_service(warnings)
        .with_worker(workshop.into_worker()))
}
