//! Ingestion as far as this service knows it: a record of places that grows by positions.

use std::sync::{Arc, Mutex};

use futures_util::stream::{self, BoxStream, StreamExt};
use tonic::{Request, Response, Status, Streaming};
use xiuhua_contracts::ingestion::v1 as wire;
use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionService;

/// Places of one message, as the contract bounds it.
const MESSAGE_PLACES: usize = 1_000;

/// The record: what all places were at each position. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct FakeIngestion {
    record: Arc<Mutex<Record>>,
}

#[derive(Default)]
struct Record {
    /// The places by position, from 1; each in the order of their ids.
    positions: Vec<Vec<wire::Place>>,
    /// Whether reading breaks off after the first message.
    breaks_off: bool,
    /// How often the places were read.
    reads: usize,
}

impl FakeIngestion {
    /// Seals another batch, after which these are the places.
    pub(crate) fn seal(&self, mut places: Vec<wire::Place>) {
        places.sort_by(|a, b| a.id.cmp(&b.id));
        self.record.lock().unwrap().positions.push(places);
    }

    pub(crate) fn break_off(&self, breaks_off: bool) {
        self.record.lock().unwrap().breaks_off = breaks_off;
    }

    pub(crate) fn reads(&self) -> usize {
        self.record.lock().unwrap().reads
    }

    fn read(&self, as_of_position: Option<u64>) -> Vec<Result<wire::ReadPlacesResponse, Status>> {
        let mut record = self.record.lock().unwrap();
        record.reads += 1;
        let position =
            as_of_position.map_or(record.positions.len(), |position| usize::try_from(position).unwrap());
        let places = position.checked_sub(1).map_or(&[][..], |index| &record.positions[index]);
        let chunks = places.chunks(MESSAGE_PLACES);
        let mut messages: Vec<_> =
            chunks.map(|chunk| Ok(wire::ReadPlacesResponse { places: chunk.to_vec() })).collect();
        if record.breaks_off {
            messages.truncate(1);
            messages.push(Err(Status::unavailable("the line is cut")));
        }
        messages
    }
}

type Empty<T> = stream::Empty<Result<T, Status>>;

/// Implements the contract: what is listed is not offered, what is written out is.
macro_rules! ingestion_offering_only {
    (not { $($method:ident($request:ty) -> $response:ty;)+ } but { $($offered:tt)+ }) => {
        #[tonic::async_trait]
        impl IngestionService for FakeIngestion {
            type ImportPlacesStream = Empty<wire::ImportPlacesResponse>;
            type ImportObservationsStream = Empty<wire::ImportObservationsResponse>;
            type ReadObservationsStream = Empty<wire::ReadObservationsResponse>;
            $(
                async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented(concat!("classification has no business with ", stringify!($method))))
                }
            )+
            $($offered)+
        }
    };
}

ingestion_offering_only! {
    not {
    register_measures(wire::RegisterMeasuresRequest) -> wire::RegisterMeasuresResponse;
    get_measure(wire::GetMeasureRequest) -> wire::GetMeasureResponse;
    list_measures(wire::ListMeasuresRequest) -> wire::ListMeasuresResponse;
    put_source(wire::PutSourceRequest) -> wire::PutSourceResponse;
    list_sources(wire::ListSourcesRequest) -> wire::ListSourcesResponse;
    import_places(Streaming<wire::ImportPlacesRequest>) -> Self::ImportPlacesStream;
    import_observations(Streaming<wire::ImportObservationsRequest>) -> Self::ImportObservationsStream;
    get_batch(wire::GetBatchRequest) -> wire::GetBatchResponse;
    list_batches(wire::ListBatchesRequest) -> wire::ListBatchesResponse;
    withdraw_batch(wire::WithdrawBatchRequest) -> wire::WithdrawBatchResponse;
    list_rejected_rows(wire::ListRejectedRowsRequest) -> wire::ListRejectedRowsResponse;
    preview_batch(wire::PreviewBatchRequest) -> wire::PreviewBatchResponse;
    commit_batch(wire::CommitBatchRequest) -> wire::CommitBatchResponse;
    approve_batch(wire::ApproveBatchRequest) -> wire::ApproveBatchResponse;
    discard_batch(wire::DiscardBatchRequest) -> wire::DiscardBatchResponse;
    list_quarantined_rows(wire::ListQuarantinedRowsRequest) -> wire::ListQuarantinedRowsResponse;
    give_up_rows(wire::GiveUpRowsRequest) -> wire::GiveUpRowsResponse;
    list_source_activity(wire::ListSourceActivityRequest) -> wire::ListSourceActivityResponse;
    get_place(wire::GetPlaceRequest) -> wire::GetPlaceResponse;
    list_places(wire::ListPlacesRequest) -> wire::ListPlacesResponse;
    list_place_revisions(wire::ListPlaceRevisionsRequest) -> wire::ListPlaceRevisionsResponse;
    read_observations(wire::ReadObservationsRequest) -> Self::ReadObservationsStream;
    list_observation_revisions(wire::ListObservationRevisionsRequest) -> wire::ListObservationRevisionsResponse;
    } but {
    type ReadPlacesStream = BoxStream<'static, Result<wire::ReadPlacesResponse, Status>>;

    async fn read_places(
        &self,
        request: Request<wire::ReadPlacesRequest>,
    ) -> Result<Response<Self::ReadPlacesStream>, Status> {
        let messages = self.read(request.into_inner().as_of_position);
        Ok(Response::new(stream::iter(messages).boxed()))
    }

    async fn get_position(
        &self,
        _: Request<wire::GetPositionRequest>,
    ) -> Result<Response<wire::GetPositionResponse>, Status> {
        let position = self.record.lock().unwrap().positions.len() as u64;
        Ok(Response::new(wire::GetPositionResponse { position }))
    }
    }
}
