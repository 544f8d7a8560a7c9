//! Ingestion and classification, as this service sees them. The only file that calls another service.

use std::time::Duration;

use tonic::{Code, Streaming};
use xiuhua_contracts::FILE_DESCRIPTOR_SET;
use xiuhua_contracts::classification::v1::classification_service_client::ClassificationServiceClient;
use xiuhua_contracts::classification::v1::{GetClassificationRequest, ReadPlaceTypesRequest};
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::read_observations_response::Part;
use xiuhua_contracts::ingestion::v1::{
    GetPositionRequest, ReadObservationsRequest, ReadObservationsResponse, RegisterMeasuresRequest,
};
use xiuhua_indicators::catalog::Catalog;
use xiuhua_service_kit::channel::{Line, line, within};
use xiuhua_service_kit::request_id::fingerprint;
use xiuhua_service_kit::status::{UpstreamError, explain};

use crate::Upstream;
use crate::config::UpstreamConfig;
use crate::convert;
use crate::domain::id::{ClassificationId, PlaceId};
use crate::domain::observed::Observed;
use crate::domain::place_types::{PlaceTypes, UNCLASSIFIED};
use crate::error::Error;

const INGESTION: &str = "ingestion";
const CLASSIFICATION: &str = "classification";

/// Most measures in one request to ingestion.
const MEASURES_A_REQUEST: usize = 1_000;
/// Most periods in one request to ingestion.
const PERIODS_A_REQUEST: usize = 64;

/// The services that normalization calls.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    ingestion: IngestionServiceClient<Line>,
    classification: ClassificationServiceClient<Line>,
    /// Longest wait for an answer, or for the next message of a stream.
    silence: Duration,
}

impl Lines {
    /// Lines over channels; every call carries a deadline and the caller's id and language.
    pub(crate) fn new(upstream: Upstream, config: &UpstreamConfig) -> Self {
        let line = |channel| line(channel, &config.channel, FILE_DESCRIPTOR_SET);
        Self {
            ingestion: IngestionServiceClient::new(line(upstream.ingestion)),
            classification: ClassificationServiceClient::new(line(upstream.classification)),
            silence: config.silence(),
        }
    }

    /// The position to read at: the newest, or the one asked for if it is reached.
    ///
    /// # Errors
    /// [`Error::PositionNotReached`] for a later one: it would show something else tomorrow.
    pub(crate) async fn position(&self, asked: Option<u64>) -> Result<u64, Error> {
        let mut client = self.ingestion.clone();
        let answer =
            within(INGESTION, self.silence, client.get_position(GetPositionRequest::default())).await?;
        let newest = answer.into_inner().position;
        match asked {
            Some(asked) if asked > newest => Err(Error::PositionNotReached { asked, newest }),
            Some(asked) => Ok(asked),
            None => Ok(newest),
        }
    }

    /// Registers the measures of a catalog with ingestion; again changes nothing.
    ///
    /// # Errors
    /// [`Error::MeasureDiffers`] if one is known with another unit or other bounds.
    pub(crate) async fn register_measures(&self, catalog: &Catalog) -> Result<(), Error> {
        for measures in catalog.measures.chunks(MEASURES_A_REQUEST) {
            let measures = measures.iter().map(convert::measure).collect();
            let mut request = RegisterMeasuresRequest { request_id: String::new(), measures };
            // Named after what it holds: the same measures are one request, whoever sends them and whenever.
            request.request_id = format!("measures-{}", convert::hexadecimal(&fingerprint(&request)));
            let mut client = self.ingestion.clone();
            within(INGESTION, self.silence, client.register_measures(request)).await.map_err(|error| {
                match error {
                    UpstreamError::Refused { status, .. } if explain(&status).reason == "MEASURE_DIFFERS" => {
                        Error::MeasureDiffers(status)
                    }
                    other => other.into(),
                }
            })?;
        }
        Ok(())
    }

    /// The places of a classification with their types.
    ///
    /// # Errors
    /// [`Error::NoClassification`] if there is none of this id.
    pub(crate) async fn place_types(&self, id: &ClassificationId) -> Result<PlaceTypes, Error> {
        let mut client = self.classification.clone();
        let request = GetClassificationRequest { id: id.as_str().to_owned() };
        let answer = within(CLASSIFICATION, self.silence, client.get_classification(request)).await.map_err(
            |error| match error {
                UpstreamError::Refused { status, .. } if status.code() == Code::NotFound => {
                    Error::NoClassification(id.clone())
                }
                other => other.into(),
            },
        )?;
        let counts = answer.into_inner().classification.unwrap_or_default().counts;
        let types =
            counts.into_iter().map(|count| count.r#type).filter(|name| name != UNCLASSIFIED).collect();

        let request = ReadPlaceTypesRequest { classification_id: id.as_str().to_owned() };
        let mut stream =
            within(CLASSIFICATION, self.silence, client.read_place_types(request)).await?.into_inner();
        let mut rows = Vec::new();
        while let Some(batch) = within(CLASSIFICATION, self.silence, stream.message()).await? {
            let types = convert::texts(&batch.r#type.unwrap_or_default())
                .filter(|types| types.len() == batch.place_ids.len())
                .ok_or_else(|| bad(CLASSIFICATION, "not one type for each place"))?;
            rows.extend(batch.place_ids.into_iter().map(PlaceId::new).zip(types));
        }
        PlaceTypes::new(types, rows).map_err(|fault| bad(CLASSIFICATION, fault.to_string()))
    }

    /// Gathers the values that `observed` asks for, as of a position.
    pub(crate) async fn observations(
        &self,
        observed: &mut Observed,
        as_of_position: u64,
    ) -> Result<(), Error> {
        let periods: Vec<String> =
            observed.periods().iter().map(|period| period.as_str().to_owned()).collect();
        let measures = observed.measures().to_vec();
        for periods in periods.chunks(PERIODS_A_REQUEST) {
            for measures in measures.chunks(MEASURES_A_REQUEST) {
                let request = ReadObservationsRequest {
                    measure_ids: measures.to_vec(),
                    periods: periods.to_vec(),
                    as_of_position: Some(as_of_position),
                };
                let mut client = self.ingestion.clone();
                let stream = within(INGESTION, self.silence, client.read_observations(request)).await?;
                self.gather(observed, stream.into_inner()).await?;
            }
        }
        Ok(())
    }

    async fn gather(
        &self,
        observed: &mut Observed,
        mut stream: Streaming<ReadObservationsResponse>,
    ) -> Result<(), Error> {
        observed.begin_axis();
        let (mut places, mut places_total) = (0_u64, 0_u64);
        while let Some(message) = within(INGESTION, self.silence, stream.message()).await? {
            match message.part {
                Some(Part::Places(stretch)) => {
                    places_total = stretch.places_total;
                    places += stretch.ids.len() as u64;
                    observed.take_axis(stretch.ids);
                }
                Some(Part::Column(column)) => observed
                    .take_column(&column.measure_id, &column.period, &column.place, &column.value)
                    .map_err(|fault| bad(INGESTION, fault.to_string()))?,
                None => return Err(bad(INGESTION, "a message without a part")),
            }
        }
        if places != places_total {
            return Err(bad(INGESTION, "the stream of observations ended before all places came"));
        }
        Ok(())
    }
}

fn bad(service: &'static str, what: impl Into<String>) -> Error {
    UpstreamError::bad_answer(service, what).into()
}
