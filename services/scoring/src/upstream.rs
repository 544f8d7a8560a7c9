//! The only room that calls other services: normalization, classification, ingestion, all to the left.
//!
//! Their messages end here; what leaves is scoring's own. Every call has a time limit, every list a bound, and an
//! answer that breaks its contract is refused rather than scored.

mod columns;
mod gathering;
mod planning;

use std::time::Duration;

use tonic::transport::Channel;
use tonic::{Request, Status};
use xiuhua_contracts::classification::v1::classification_service_client::ClassificationServiceClient;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::normalization::v1::normalization_service_client::NormalizationServiceClient;
use xiuhua_service_kit::channel::{ChannelConfig, Line, line};
use xiuhua_service_kit::status::UpstreamError;

pub(crate) use self::planning::Asked;
use crate::domain::assessment::Plan;
use crate::domain::id::PlaceId;
use crate::domain::period::Period;
use crate::error::Error;

const NORMALIZATION: &str = "normalization";
const CLASSIFICATION: &str = "classification";
const INGESTION: &str = "ingestion";

/// Time for one question and its answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// Time for a stream from its first message to its last.
const STREAM_TIMEOUT: Duration = Duration::from_secs(15 * 60);

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

impl Upstream {
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
        let answer = self.ingestion().list_observation_revisions(unary(request)).await;
        Ok(answer.map_err(|status| failed(INGESTION, status))?.into_inner().revisions)
    }

    fn ingestion(&self) -> IngestionServiceClient<Line> {
        IngestionServiceClient::new(to(&self.ingestion))
    }

    fn classifier(&self) -> ClassificationServiceClient<Line> {
        ClassificationServiceClient::new(to(&self.classification))
    }

    fn normalization(&self) -> NormalizationServiceClient<Line> {
        NormalizationServiceClient::new(to(&self.normalization))
    }
}

fn to(channel: &Channel) -> Line {
    line(channel.clone(), &ChannelConfig::default())
}

fn unary<T>(message: T) -> Request<T> {
    limited(message, CALL_TIMEOUT)
}

fn streamed<T>(message: T) -> Request<T> {
    limited(message, STREAM_TIMEOUT)
}

fn limited<T>(message: T, limit: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

fn failed(service: &'static str, status: Status) -> Error {
    UpstreamError::of(service, status).into()
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
