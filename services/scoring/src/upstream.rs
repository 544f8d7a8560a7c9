//! The only room that calls other services: normalization, classification, ingestion, all to the left.
//!
//! Their messages end here; what leaves is scoring's own. Every wait and every call has a time limit, every list a bound, and an
//! answer that breaks its contract is refused rather than scored.

mod columns;
mod gathering;
mod planning;
mod portraits;
mod series;

use std::time::Duration;

use xiuhua_contracts::FILE_DESCRIPTOR_SET;
use xiuhua_contracts::classification::v1::classification_service_client::ClassificationServiceClient;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::normalization::v1::normalization_service_client::NormalizationServiceClient;
use xiuhua_contracts::normalization::v1::series_service_client::SeriesServiceClient;
use xiuhua_service_kit::channel::{Line, line, within};
use xiuhua_service_kit::status::UpstreamError;

pub(crate) use self::planning::Asked;
pub(crate) use self::portraits::Portraits;
use crate::Upstream;
use crate::config::UpstreamConfig;
use crate::domain::assessment::Plan;
use crate::domain::id::PlaceId;
use crate::domain::period::Period;
use crate::error::Error;

const NORMALIZATION: &str = "normalization";
const CLASSIFICATION: &str = "classification";
const INGESTION: &str = "ingestion";

/// The services that scoring calls.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    ingestion: IngestionServiceClient<Line>,
    classification: ClassificationServiceClient<Line>,
    normalization: NormalizationServiceClient<Line>,
    series: SeriesServiceClient<Line>,
    /// Longest wait for an answer, or for the next message of a stream.
    silence: Duration,
}

/// One value whose statements are asked for.
#[derive(Clone, Debug)]
pub(crate) struct ValueKey<'a> {
    /// Place.
    pub(crate) place: &'a PlaceId,
    /// Measure.
    pub(crate) measure_id: &'a str,
    /// Period.
    pub(crate) period: &'a Period,
    /// Position to read at.
    pub(crate) as_of_position: u64,
}

impl Lines {
    /// Lines over channels; every call carries a deadline and the caller's id and language.
    pub(crate) fn new(upstream: Upstream, config: &UpstreamConfig) -> Self {
        let line = |channel| line(channel, &config.channel, FILE_DESCRIPTOR_SET);
        Self {
            ingestion: IngestionServiceClient::new(line(upstream.ingestion)),
            classification: ClassificationServiceClient::new(line(upstream.classification)),
            series: SeriesServiceClient::new(line(upstream.normalization.clone())),
            normalization: NormalizationServiceClient::new(line(upstream.normalization)),
            silence: config.silence(),
        }
    }

    /// The statements behind one value, the effective one first, at most `limit`.
    pub(crate) async fn observation_revisions(
        &self,
        key: ValueKey<'_>,
        limit: u32,
    ) -> Result<Vec<ingestion::ObservationRevision>, Error> {
        let request = ingestion::ListObservationRevisionsRequest {
            place_id: key.place.as_str().to_owned(),
            measure_id: key.measure_id.to_owned(),
            period: key.period.as_str().to_owned(),
            as_of_position: Some(key.as_of_position),
            page_size: limit,
            page_token: String::new(),
        };
        let mut client = self.ingestion.clone();
        let answer = within(INGESTION, self.silence, client.list_observation_revisions(request)).await?;
        Ok(answer.into_inner().revisions)
    }
}

fn bad(service: &'static str, what: impl Into<String>) -> Error {
    UpstreamError::bad_answer(service, what).into()
}

fn period(service: &'static str, text: &str) -> Result<Period, Error> {
    Period::parse(text).map_err(|fault| bad(service, fault.to_string()))
}

fn type_at(plan: &Plan, service: &'static str, name: &str) -> Result<usize, Error> {
    let known = plan.types.iter().position(|known| known == name);
    known.ok_or_else(|| bad(service, format!("the type {name}, which the classification does not have")))
}
