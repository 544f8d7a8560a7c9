//! Ingestion: the register, the position, the statements behind a value.

use futures_util::stream::{self, BoxStream, StreamExt};
use tonic::{Request, Response, Status, Streaming};
use xiuhua_contracts::ingestion::v1 as wire;
use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionService;

use super::World;

type Empty<T> = stream::Empty<Result<T, Status>>;

/// Implements the contract: what is listed is not offered, what is written out is.
macro_rules! ingestion_offering_only {
    (not [$($method:ident($request:ty) -> $response:ty;)+] but $($offered:tt)+) => {
        #[tonic::async_trait]
        impl IngestionService for World {
            type ImportPlacesStream = Empty<wire::ImportPlacesResponse>;
            type ImportObservationsStream = Empty<wire::ImportObservationsResponse>;
            type ReadObservationsStream = Empty<wire::ReadObservationsResponse>;
            $(
                async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented(concat!("scoring has no business with ", stringify!($method))))
                }
            )+
            $($offered)+
        }
    };
}

ingestion_offering_only! {
    not [
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

    ] but
    type ReadPlacesStream = BoxStream<'static, Result<wire::ReadPlacesResponse, Status>>;

    async fn read_places(
        &self,
        _: Request<wire::ReadPlacesRequest>,
    ) -> Result<Response<Self::ReadPlacesStream>, Status> {
        let facts = self.facts();
        let place = |estate: &super::Estate| wire::Place {
            id: estate.id.clone(),
            name: format!("小区 {}", estate.id),
            town_code: estate.town.clone(),
            town_name: format!("街道 {}", estate.town),
            committee: estate.committee.clone(),
            households: estate.households,
            district_code: estate.district.clone(),
            district_name: "浦东新区".to_owned(),
            attributes: estate.attributes.iter().cloned().collect(),
            ..Default::default()
        };
        let mut places: Vec<wire::Place> = facts.places.iter().map(place).collect();
        if facts.shuffled {
            places.reverse();
        }
        let batches: Vec<_> =
            places.chunks(2).map(|places| Ok(wire::ReadPlacesResponse { places: places.to_vec() })).collect();
        Ok(Response::new(stream::iter(batches).boxed()))
    }

    async fn get_position(
        &self,
        _: Request<wire::GetPositionRequest>,
    ) -> Result<Response<wire::GetPositionResponse>, Status> {
        let facts = self.facts();
        if facts.away {
            return Err(Status::unavailable("not here"));
        }
        Ok(Response::new(wire::GetPositionResponse { position: facts.newest }))
    }

    async fn list_observation_revisions(
        &self,
        request: Request<wire::ListObservationRevisionsRequest>,
    ) -> Result<Response<wire::ListObservationRevisionsResponse>, Status> {
        let asked = request.into_inner();
        let facts = self.facts();
        let position = asked.as_of_position.unwrap_or(facts.newest);
        let measure_of = |leaf: &str| {
            let index = facts.catalog.find(leaf).unwrap();
            facts.catalog.measure_of(index).unwrap().id.clone()
        };
        let mut statements: Vec<&super::Statement> = facts
            .statements
            .iter()
            .filter(|statement| {
                statement.place == asked.place_id
                    && statement.period == asked.period
                    && statement.position <= position
                    && measure_of(&statement.leaf) == asked.measure_id
            })
            .collect();
        statements.sort_by_key(|statement| std::cmp::Reverse(statement.position));
        let revision = |(at, statement): (usize, &&super::Statement)| wire::ObservationRevision {
            place_id: statement.place.clone(),
            measure_id: asked.measure_id.clone(),
            period: statement.period.clone(),
            source_id: "file".to_owned(),
            value: statement.value,
            batch_id: format!("batch-{}", statement.position),
            position: statement.position,
            row: 2,
            effective: at == 0,
            file_name: "observations.csv".to_owned(),
            ..Default::default()
        };
        let revisions = statements.iter().enumerate().map(revision).collect();
        Ok(Response::new(wire::ListObservationRevisionsResponse { revisions, next_page_token: String::new() }))
    }
}
