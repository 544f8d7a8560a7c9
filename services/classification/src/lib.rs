//! The classification service: says what a place is.
//!
//! A rule set is data ([`SHIPPED`] ones come with the platform); applied to all places as of a position it gives an
//! immutable classification: one crisp type with its evidence, or `UNCLASSIFIED` with the reason, and any number of
//! fuzzy labels with a degree. It calls ingestion and nobody else; it never counts or scores.
//!
//! [`assemble`] gives the part that a server serves, here or in one process with other services; `src/main.rs` is the
//! service as a program of its own.
//!
//! Source: specification page 1, section 1.2; page 5, section 5.3.

mod classifying;
mod config;
mod convert;
mod deciding;
mod domain;
mod error;
mod service;
mod shipped;
mod store;
mod upstream;

use tonic::transport::Channel;
use xiuhua_contracts::FILE_DESCRIPTOR_SET;
use xiuhua_contracts::classification::v1::classification_service_server::ClassificationServiceServer;
use xiuhua_service_kit::channel;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::server::Part;

pub use self::config::{Config, UpstreamConfig};
pub use self::domain::{FaultReason, RuleFault, RuleFaults};
pub use self::error::Error;
pub use self::shipped::{SHIPPED, ShippedRuleSet, shipped};

/// The services that this one calls.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Where places come from.
    pub ingestion: Channel,
}

/// Finds every fault of a rule set's text, without registering it; `rules/README.md` describes the layout.
///
/// # Errors
/// All faults, each with its line and column.
pub fn check(toml: &str) -> Result<(), RuleFaults> {
    domain::RuleSet::parse(toml).map(drop)
}

/// Opens the store, migrates it, and gives the part to be served.
///
/// # Errors
/// [`Error::Open`].
pub async fn assemble(config: &Config, upstream: Upstream, clock: SharedClock) -> Result<Part, Error> {
    let store = store::open(&config.database.url).await?;
    let ingestion = channel::line(upstream.ingestion, &config.upstream.channel, FILE_DESCRIPTOR_SET);
    let ingestion = upstream::Ingestion::new(ingestion, config.upstream.silence());
    let service = service::Classifications::new(store, ingestion, clock);
    let server = ClassificationServiceServer::new(service)
        .max_decoding_message_size(config.limits.max_message_bytes)
        .max_encoding_message_size(config.limits.max_message_bytes);
    Ok(Part::new(server))
}
