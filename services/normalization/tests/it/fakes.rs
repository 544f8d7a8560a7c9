//! Ingestion and classification over a [`World`], as far as normalization has business with them.

use futures_util::stream::{self, BoxStream, StreamExt};
use tonic::{Request, Response, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt};
use xiuhua_contracts::classification::v1 as classification;
use xiuhua_contracts::classification::v1::classification_service_server::ClassificationService;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionService;
use xiuhua_contracts::ingestion::v1::read_observations_response::Part;
use xiuhua_contracts::measure::v1::TextColumn;

use crate::world::World;

/// Places and values of one message: few, so that every test reads several.
const A_MESSAGE: usize = 2;

#[derive(Clone)]
pub(crate) struct FakeIngestion(pub(crate) World);

#[derive(Clone)]
pub(crate) struct FakeClassification(pub(crate) World);

type Empty<T> = stream::Empty<Result<T, Status>>;
type Messages<T> = BoxStream<'static, Result<T, Status>>;

/// Implements a contract: what is listed is not offered, what is written out is.
macro_rules! offering_only {
    ($service:ident for $fake:ident not { $($method:ident($request:ty) -> $response:ty;)+ } but { $($offered:tt)+ }) => {
        #[tonic::async_trait]
        impl $service for $fake {
            $(
                async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented(concat!("normalization has no business with ", stringify!($method))))
                }
            )+
            $($offered)+
        }
    };
}

offering_only! {
    IngestionService for FakeIngestion not {
    get_measure(ingestion::GetMeasureRequest) -> ingestion::GetMeasureResponse;
    list_measures(ingestion::ListMeasuresRequest) -> ingestion::ListMeasuresResponse;
    put_source(ingestion::PutSourceRequest) -> ingestion::PutSourceResponse;
    list_sources(ingestion::ListSourcesRequest) -> ingestion::ListSourcesResponse;
    import_places(Streaming<ingestion::ImportPlacesRequest>) -> Self::ImportPlacesStream;
    import_observations(Streaming<ingestion::ImportObservationsRequest>) -> Self::ImportObservationsStream;
    get_batch(ingestion::GetBatchRequest) -> ingestion::GetBatchResponse;
    list_batches(ingestion::ListBatchesRequest) -> ingestion::ListBatchesResponse;
    withdraw_batch(ingestion::WithdrawBatchRequest) -> ingestion::WithdrawBatchResponse;
    list_rejected_rows(ingestion::ListRejectedRowsRequest) -> ingestion::ListRejectedRowsResponse;
    preview_batch(ingestion::PreviewBatchRequest) -> ingestion::PreviewBatchResponse;
    commit_batch(ingestion::CommitBatchRequest) -> ingestion::CommitBatchResponse;
    approve_batch(ingestion::ApproveBatchRequest) -> ingestion::ApproveBatchResponse;
    discard_batch(ingestion::DiscardBatchRequest) -> ingestion::DiscardBatchResponse;
    list_quarantined_rows(ingestion::ListQuarantinedRowsRequest) -> ingestion::ListQuarantinedRowsResponse;
    give_up_rows(ingestion::GiveUpRowsRequest) -> ingestion::GiveUpRowsResponse;
    list_source_activity(ingestion::ListSourceActivityRequest) -> ingestion::ListSourceActivityResponse;
    get_place(ingestion::GetPlaceRequest) -> ingestion::GetPlaceResponse;
    list_places(ingestion::ListPlacesRequest) -> ingestion::ListPlacesResponse;
    list_place_revisions(ingestion::ListPlaceRevisionsRequest) -> ingestion::ListPlaceRevisionsResponse;
    read_places(ingestion::ReadPlacesRequest) -> Self::ReadPlacesStream;
    list_observation_revisions(ingestion::ListObservationRevisionsRequest)
        -> ingestion::ListObservationRevisionsResponse;
    } but {
    type ImportPlacesStream = Empty<ingestion::ImportPlacesResponse>;
    type ImportObservationsStream = Empty<ingestion::ImportObservationsResponse>;
    type ReadPlacesStream = Empty<ingestion::ReadPlacesResponse>;
    type ReadObservationsStream = Messages<ingestion::ReadObservationsResponse>;

    async fn register_measures(
        &self,
        request: Request<ingestion::RegisterMeasuresRequest>,
    ) -> Result<Response<ingestion::RegisterMeasuresResponse>, Status> {
        let request = request.into_inner();
        let mut facts = self.0.facts();
        let contested = facts.contested_measure.clone();
        if request.measures.iter().any(|measure| Some(&measure.id) == contested.as_ref()) {
            let details = ErrorDetails::with_error_info("MEASURE_DIFFERS", "xiuhua", []);
            let text = format!("{} has another unit", contested.unwrap());
            return Err(Status::with_error_details(tonic::Code::AlreadyExists, text, details));
        }
        facts.registrations.push(request);
        Ok(Response::new(ingestion::RegisterMeasuresResponse::default()))
    }

    async fn get_position(
        &self,
        _: Request<ingestion::GetPositionRequest>,
    ) -> Result<Response<ingestion::GetPositionResponse>, Status> {
        let position = self.0.facts().newest;
        Ok(Response::new(ingestion::GetPositionResponse { position }))
    }

    async fn read_observations(
        &self,
        request: Request<ingestion::ReadObservationsRequest>,
    ) -> Result<Response<Self::ReadObservationsStream>, Status> {
        let messages = self.observations(&request.into_inner());
        Ok(Response::new(stream::iter(messages).boxed()))
    }
    }
}

impl FakeIngestion {
    fn observations(
        &self,
        request: &ingestion::ReadObservationsRequest,
    ) -> Vec<Result<ingestion::ReadObservationsResponse, Status>> {
        let mut facts = self.0.facts();
        facts.reads += 1;
        let places = facts.places();
        let message = |part| Ok(ingestion::ReadObservationsResponse { part: Some(part) });
        let places_total = places.len() as u64;
        let axis = places.chunks(A_MESSAGE);
        let mut messages: Vec<_> = axis
            .map(|ids| message(Part::Places(ingestion::PlaceIds { ids: ids.to_vec(), places_total })))
            .collect();
        if let Some(status) = facts.breaks_off.clone() {
            messages.push(Err(status));
            return messages;
        }
        let position = request.as_of_position.unwrap_or(facts.newest);
        for measure_id in &request.measure_ids {
            for period in &request.periods {
                let column = facts.column(measure_id, period, position);
                let column: Vec<(&str, f64)> = column.into_iter().collect();
                for cells in column.chunks(A_MESSAGE) {
                    let place = |id: &str| {
                        u32::try_from(places.iter().position(|place| place == id).unwrap()).unwrap()
                    };
                    messages.push(message(Part::Column(ingestion::ObservationColumn {
                        measure_id: measure_id.clone(),
                        period: period.clone(),
                        place: cells.iter().map(|(id, _)| place(id)).collect(),
                        value: cells.iter().map(|(_, value)| *value).collect(),
                    })));
                }
            }
        }
        messages
    }
}

offering_only! {
    ClassificationService for FakeClassification not {
    register_rule_set(classification::RegisterRuleSetRequest) -> classification::RegisterRuleSetResponse;
    get_rule_set(classification::GetRuleSetRequest) -> classification::GetRuleSetResponse;
    list_rule_sets(classification::ListRuleSetsRequest) -> classification::ListRuleSetsResponse;
    create_classification(classification::CreateClassificationRequest)
        -> classification::CreateClassificationResponse;
    list_classifications(classification::ListClassificationsRequest)
        -> classification::ListClassificationsResponse;
    list_review(classification::ListReviewRequest) -> classification::ListReviewResponse;
    decide_type(classification::DecideTypeRequest) -> classification::DecideTypeResponse;
    list_type_decisions(classification::ListTypeDecisionsRequest) -> classification::ListTypeDecisionsResponse;
    get_decision_number(classification::GetDecisionNumberRequest) -> classification::GetDecisionNumberResponse;
    get_place_class(classification::GetPlaceClassRequest) -> classification::GetPlaceClassResponse;
    list_place_classes(classification::ListPlaceClassesRequest) -> classification::ListPlaceClassesResponse;
    } but {
    type ReadPlaceTypesStream = Messages<classification::ReadPlaceTypesResponse>;

    async fn get_classification(
        &self,
        request: Request<classification::GetClassificationRequest>,
    ) -> Result<Response<classification::GetClassificationResponse>, Status> {
        let id = request.into_inner().id;
        let facts = self.0.facts();
        let Some(found) = facts.classifications.get(&id) else {
            return Err(Status::not_found("no such classification"));
        };
        let counts = found.types.iter().map(String::as_str).chain(["UNCLASSIFIED"]).map(|name| {
            let places = found.type_of.values().filter(|kind| *kind == name).count() as u64;
            classification::TypeCount { r#type: name.to_owned(), places }
        });
        let classification =
            classification::Classification { id, counts: counts.collect(), ..Default::default() };
        Ok(Response::new(classification::GetClassificationResponse { classification: Some(classification) }))
    }

    async fn read_place_types(
        &self,
        request: Request<classification::ReadPlaceTypesRequest>,
    ) -> Result<Response<Self::ReadPlaceTypesStream>, Status> {
        let facts = self.0.facts();
        let found = &facts.classifications[&request.into_inner().classification_id];
        let rows: Vec<(&String, &String)> = found.type_of.iter().collect();
        let message = |rows: &[(&String, &String)]| {
            Ok(classification::ReadPlaceTypesResponse {
                place_ids: rows.iter().map(|(place, _)| (*place).clone()).collect(),
                r#type: Some(TextColumn {
                    dictionary: rows.iter().map(|(_, name)| (*name).clone()).collect(),
                    index: (0..u32::try_from(rows.len()).unwrap()).collect(),
                }),
            })
        };
        let messages: Vec<_> = rows.chunks(1_000).map(message).collect();
        Ok(Response::new(stream::iter(messages).boxed()))
    }
    }
}
