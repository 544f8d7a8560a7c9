//! The gRPC door: decode, one call, encode. What a request means is in `convert.rs`, what it does in the store.

mod deciding;
mod deliveries;
mod observations;
mod paging;
mod places;
mod registers;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use jiff::{SignedDuration, Timestamp};
use tonic::{Request, Response, Status, Streaming};
use xiuhua_contracts::ingestion::v1 as pb;
use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionService;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::status::{InvalidRequest, refuse};

use crate::convert;
use crate::domain::batch::{AsOf, Position};
use crate::error::Error;
use crate::store::Store;

/// The service behind its contract.
#[derive(Clone)]
pub(crate) struct Door {
    store: Arc<dyn Store>,
    clock: SharedClock,
    give_up_after: Duration,
    second_person_above: Option<f64>,
}

impl Door {
    /// A door to a store; deliveries that are not resumed or committed within `give_up_after` are given up, and those
    /// that move a measure by more than `second_person_above` wait for a second person.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: SharedClock,
        give_up_after: Duration,
        second_person_above: Option<f64>,
    ) -> Self {
        Self { store, clock, give_up_after, second_person_above }
    }

    fn given_up_before(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.give_up_after).unwrap_or(Timestamp::MIN)
    }

    /// As of when a request wants to read; absent means now.
    async fn as_of(&self, position: Option<u64>) -> Result<AsOf, Error> {
        let newest = self.store.position().await?;
        match position.map(Position) {
            None => Ok(AsOf::now(newest)),
            // What has not happened would be another answer later.
            Some(asked) if asked > newest => Err(Error::PositionNotReached { asked, newest }),
            Some(asked) => Ok(AsOf::at(asked)),
        }
    }
}

impl Door {
    async fn get_position(&self, request: &pb::GetPositionRequest) -> Result<pb::GetPositionResponse, Error> {
        let position = match &request.as_of_time {
            None => self.store.position().await?,
            Some(time) => {
                let instant = convert::instant("as_of_time", time).map_err(InvalidRequest::from)?;
                let now = self.clock.now();
                // Until then another position may become the newest.
                if instant > now && !self.has_reached(instant).await? {
                    return Err(Error::TimeNotReached { asked: instant, now });
                }
                self.store.position_at(instant).await?
            }
        };
        Ok(pb::GetPositionResponse { position: position.0 })
    }

    /// Whether a position was given out at an instant or later, as one may have been whose clock was set back since:
    /// the next gets a later time still.
    async fn has_reached(&self, instant: Timestamp) -> Result<bool, Error> {
        let before = instant.saturating_sub(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MIN);
        Ok(self.store.position_at(before).await? < self.store.position().await?)
    }
}

type Answer<T> = Result<Response<T>, Status>;
type Stream<T> = BoxStream<'static, Result<T, Status>>;

/// One answer to one request.
fn answer<T>(outcome: Result<T, Error>) -> Answer<T> {
    outcome.map(Response::new).map_err(refuse)
}

#[tonic::async_trait]
impl IngestionService for Door {
    async fn register_measures(
        &self,
        request: Request<pb::RegisterMeasuresRequest>,
    ) -> Answer<pb::RegisterMeasuresResponse> {
        answer(self.register_measures(request.into_inner()).await)
    }

    async fn get_measure(&self, request: Request<pb::GetMeasureRequest>) -> Answer<pb::GetMeasureResponse> {
        answer(self.get_measure(&request.into_inner()).await)
    }

    async fn list_measures(
        &self,
        request: Request<pb::ListMeasuresRequest>,
    ) -> Answer<pb::ListMeasuresResponse> {
        answer(self.list_measures(&request.into_inner()).await)
    }

    async fn put_source(&self, request: Request<pb::PutSourceRequest>) -> Answer<pb::PutSourceResponse> {
        answer(self.put_source(request.into_inner()).await)
    }

    async fn list_sources(
        &self,
        request: Request<pb::ListSourcesRequest>,
    ) -> Answer<pb::ListSourcesResponse> {
        answer(self.list_sources(&request.into_inner()).await)
    }

    type ImportPlacesStream = Stream<pb::ImportPlacesResponse>;

    async fn import_places(
        &self,
        request: Request<Streaming<pb::ImportPlacesRequest>>,
    ) -> Answer<Self::ImportPlacesStream> {
        Ok(Response::new(deliveries::receive::<deliveries::Places>(self, request.into_inner())))
    }

    type ImportObservationsStream = Stream<pb::ImportObservationsResponse>;

    async fn import_observations(
        &self,
        request: Request<Streaming<pb::ImportObservationsRequest>>,
    ) -> Answer<Self::ImportObservationsStream> {
        Ok(Response::new(deliveries::receive::<deliveries::Observations>(self, request.into_inner())))
    }

    async fn get_batch(&self, request: Request<pb::GetBatchRequest>) -> Answer<pb::GetBatchResponse> {
        answer(self.get_batch(&request.into_inner()).await)
    }

    async fn list_batches(
        &self,
        request: Request<pb::ListBatchesRequest>,
    ) -> Answer<pb::ListBatchesResponse> {
        answer(self.list_batches(&request.into_inner()).await)
    }

    async fn preview_batch(
        &self,
        request: Request<pb::PreviewBatchRequest>,
    ) -> Answer<pb::PreviewBatchResponse> {
        answer(self.preview_batch(&request.into_inner()).await)
    }

    async fn commit_batch(
        &self,
        request: Request<pb::CommitBatchRequest>,
    ) -> Answer<pb::CommitBatchResponse> {
        answer(self.commit_batch(request.into_inner()).await)
    }

    async fn approve_batch(
        &self,
        request: Request<pb::ApproveBatchRequest>,
    ) -> Answer<pb::ApproveBatchResponse> {
        answer(self.approve_batch(request.into_inner()).await)
    }

    async fn discard_batch(
        &self,
        request: Request<pb::DiscardBatchRequest>,
    ) -> Answer<pb::DiscardBatchResponse> {
        answer(self.discard_batch(request.into_inner()).await)
    }

    async fn list_quarantined_rows(
        &self,
        request: Request<pb::ListQuarantinedRowsRequest>,
    ) -> Answer<pb::ListQuarantinedRowsResponse> {
        answer(self.list_quarantined_rows(&request.into_inner()).await)
    }

    async fn give_up_rows(&self, request: Request<pb::GiveUpRowsRequest>) -> Answer<pb::GiveUpRowsResponse> {
        answer(self.give_up_rows(request.into_inner()).await)
    }

    async fn list_source_activity(
        &self,
        request: Request<pb::ListSourceActivityRequest>,
    ) -> Answer<pb::ListSourceActivityResponse> {
        answer(self.list_source_activity(&request.into_inner()).await)
    }

    async fn list_rejected_rows(
        &self,
        request: Request<pb::ListRejectedRowsRequest>,
    ) -> Answer<pb::ListRejectedRowsResponse> {
        answer(self.list_rejected_rows(&request.into_inner()).await)
    }

    async fn get_place(&self, request: Request<pb::GetPlaceRequest>) -> Answer<pb::GetPlaceResponse> {
        answer(self.get_place(&request.into_inner()).await)
    }

    async fn list_places(&self, request: Request<pb::ListPlacesRequest>) -> Answer<pb::ListPlacesResponse> {
        answer(self.list_places(&request.into_inner()).await)
    }

    async fn list_place_revisions(
        &self,
        request: Request<pb::ListPlaceRevisionsRequest>,
    ) -> Answer<pb::ListPlaceRevisionsResponse> {
        answer(self.list_place_revisions(&request.into_inner()).await)
    }

    type ReadPlacesStream = Stream<pb::ReadPlacesResponse>;

    async fn read_places(&self, request: Request<pb::ReadPlacesRequest>) -> Answer<Self::ReadPlacesStream> {
        answer(self.read_places(&request.into_inner()).await)
    }

    type ReadObservationsStream = Stream<pb::ReadObservationsResponse>;

    async fn read_observations(
        &self,
        request: Request<pb::ReadObservationsRequest>,
    ) -> Answer<Self::ReadObservationsStream> {
        answer(self.read_observations(&request.into_inner()).await)
    }

    async fn list_observation_revisions(
        &self,
        request: Request<pb::ListObservationRevisionsRequest>,
    ) -> Answer<pb::ListObservationRevisionsResponse> {
        answer(self.list_observation_revisions(&request.into_inner()).await)
    }

    async fn withdraw_batch(
        &self,
        request: Request<pb::WithdrawBatchRequest>,
    ) -> Answer<pb::WithdrawBatchResponse> {
        answer(self.withdraw_batch(request.into_inner()).await)
    }

    async fn get_position(
        &self,
        request: Request<pb::GetPositionRequest>,
    ) -> Answer<pb::GetPositionResponse> {
        answer(self.get_position(&request.into_inner()).await)
    }
}
