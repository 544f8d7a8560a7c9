//! Ingestion, as this service sees it. The only file that calls another service.

use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::{GetPositionRequest, ReadPlacesRequest};
use xiuhua_service_kit::channel::{Line, within};

use crate::convert;
use crate::domain::Place;
use crate::error::Error;

const INGESTION: &str = "ingestion";

/// Places in the order of their ids (bytes), in bounded batches.
pub(crate) type PlaceStream = BoxStream<'static, Result<Vec<Place>, Error>>;

/// The record of places.
#[derive(Clone, Debug)]
pub(crate) struct Ingestion {
    client: IngestionServiceClient<Line>,
    /// Longest wait for an answer or for the next message of a stream.
    silence: Duration,
}

impl Ingestion {
    pub(crate) fn new(line: Line, silence: Duration) -> Self {
        Self { client: IngestionServiceClient::new(line), silence }
    }

    /// The newest position: what "now" means.
    pub(crate) async fn newest_position(&self) -> Result<u64, Error> {
        let mut client = self.client.clone();
        let answer =
            within(INGESTION, self.silence, client.get_position(GetPositionRequest::default())).await?;
        Ok(answer.into_inner().position)
    }

    /// All places as of a position.
    pub(crate) async fn places(&self, as_of_position: u64) -> Result<PlaceStream, Error> {
        let mut client = self.client.clone();
        let silence = self.silence;
        let request = ReadPlacesRequest { as_of_position: Some(as_of_position) };
        let messages = within(INGESTION, silence, client.read_places(request)).await?.into_inner();
        let batches = stream::try_unfold(messages, move |mut messages| async move {
            let message = within(INGESTION, silence, messages.message()).await?;
            Ok(message.map(|message| (message.places.into_iter().map(convert::place).collect(), messages)))
        });
        Ok(batches.boxed())
    }
}
