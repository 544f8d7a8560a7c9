//! The gRPC door: decode, one call into the domain or the store, encode.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tonic::{Request, Response, Status};
use xiuhua_contracts::classification::v1 as wire;
use xiuhua_contracts::classification::v1::classification_service_server::ClassificationService;
use xiuhua_service_kit::clock::SharedClock;
use xiuhua_service_kit::status::{Language, refuse, to_status};

use crate::classifying::{self, Rooms};
use crate::convert::{self, PageOf};
use crate::deciding;
use crate::domain::{Classification, ClassificationId};
use crate::error::Error;
use crate::store::{Run, SharedStore};
use crate::upstream::Ingestion;

/// Most places of one message of a stream.
const STREAM_PLACES: i64 = 10_000;

/// The service over its rooms.
#[derive(Clone, Debug)]
pub(crate) struct Classifications {
    rooms: Arc<Rooms>,
}

impl Classifications {
    pub(crate) fn new(store: SharedStore, ingestion: Ingestion, clock: SharedClock) -> Self {
        Self { rooms: Arc::new(Rooms { store, ingestion, clock }) }
    }

    fn store(&self) -> &SharedStore {
        &self.rooms.store
    }

    async fn found(&self, id: &ClassificationId) -> Result<(Run, Classification), Error> {
        self.store().classification(id).await?.ok_or_else(|| Error::no_classification(id))
    }

    async fn register(
        &self,
        request: wire::RegisterRuleSetRequest,
    ) -> Result<wire::RegisterRuleSetResponse, Error> {
        let (mutation, toml) = convert::registration(request)?;
        let record = classifying::register(&self.rooms, mutation, toml).await?;
        Ok(wire::RegisterRuleSetResponse { rule_set: Some(convert::rule_set(record)) })
    }

    async fn rule_set(&self, request: wire::GetRuleSetRequest) -> Result<wire::GetRuleSetResponse, Error> {
        let id = convert::required("id", &request.id)?;
        let version = Some(request.version).filter(|version| !version.is_empty());
        let found = self.store().rule_set(&id, version.as_deref()).await?;
        let (record, toml) = found.ok_or(Error::RuleSetNotFound { id, version })?;
        Ok(wire::GetRuleSetResponse { rule_set: Some(convert::rule_set(record)), toml })
    }

    async fn rule_sets(
        &self,
        request: wire::ListRuleSetsRequest,
    ) -> Result<wire::ListRuleSetsResponse, Error> {
        let PageOf { page, after } = convert::rule_set_page(&request)?;
        let records = self.store().rule_sets(after.as_ref(), page.limit_and_one()).await?;
        Ok(convert::rule_sets(records, &page))
    }

    async fn create(
        &self,
        request: wire::CreateClassificationRequest,
    ) -> Result<wire::CreateClassificationResponse, Error> {
        let request = convert::classification_request(request)?;
        let made = classifying::create(&self.rooms, request).await?;
        Ok(wire::CreateClassificationResponse { classification: Some(convert::classification(made)) })
    }

    async fn classification(
        &self,
        request: wire::GetClassificationRequest,
    ) -> Result<wire::GetClassificationResponse, Error> {
        let id = ClassificationId(convert::required("id", &request.id)?);
        let (_, classification) = self.found(&id).await?;
        Ok(wire::GetClassificationResponse { classification: Some(convert::classification(classification)) })
    }

    async fn classifications(
        &self,
        request: wire::ListClassificationsRequest,
    ) -> Result<wire::ListClassificationsResponse, Error> {
        let PageOf { page, after } = convert::classification_page(&request)?;
        let rows = self.store().classifications(after, page.limit_and_one()).await?;
        Ok(convert::classifications(rows, &page))
    }

    async fn place_class(
        &self,
        request: wire::GetPlaceClassRequest,
    ) -> Result<wire::GetPlaceClassResponse, Error> {
        let (id, place_id) = convert::place_in_classification(request)?;
        let (run, _) = self.found(&id).await?;
        let found = self.store().place_class(run, &place_id).await?;
        let class = found.ok_or(Error::PlaceNotFound { classification_id: id.0, place_id })?;
        Ok(wire::GetPlaceClassResponse { place_class: Some(convert::place_class(class)) })
    }

    async fn place_classes(
        &self,
        request: wire::ListPlaceClassesRequest,
    ) -> Result<wire::ListPlaceClassesResponse, Error> {
        let page = convert::place_page(&request)?;
        let (run, classification) = self.found(&ClassificationId(request.classification_id.clone())).await?;
        let type_id = convert::type_filter(&request, &classification)?;
        let after = page.after.as_deref();
        let classes = self.store().place_classes(run, type_id, after, page.limit_and_one()).await?;
        Ok(convert::place_classes(classes, &page, &request))
    }

    async fn review(&self, request: wire::ListReviewRequest) -> Result<wire::ListReviewResponse, Error> {
        let page = convert::review_page(&request)?;
        let (run, _) = self.found(&ClassificationId(request.classification_id.clone())).await?;
        let classes = self.store().review(run, page.after.as_deref(), page.limit_and_one()).await?;
        Ok(convert::review(classes, &page, &request))
    }

    async fn decide(&self, request: wire::DecideTypeRequest) -> Result<wire::DecideTypeResponse, Error> {
        let id = ClassificationId(request.classification_id.clone());
        // Read first, because it names the types: all faults of the request are told at once.
        let looked_at = self.store().classification(&id).await?;
        let asked = convert::decision_request(request, looked_at.as_ref().map(|(_, found)| found))?;
        let looked_at = looked_at.ok_or_else(|| Error::no_classification(&id))?;
        Ok(convert::decided(deciding::decide(&self.rooms, asked, looked_at).await?))
    }

    async fn decisions(
        &self,
        request: wire::ListTypeDecisionsRequest,
    ) -> Result<wire::ListTypeDecisionsResponse, Error> {
        let PageOf { page, after } = convert::decision_page(&request)?;
        let place_id = Some(request.place_id.as_str()).filter(|place_id| !place_id.is_empty());
        let rows = self.store().decisions(place_id, after, page.limit_and_one()).await?;
        Ok(convert::decisions(rows, &page, &request))
    }

    async fn decision_number(
        &self,
        request: wire::GetDecisionNumberRequest,
    ) -> Result<wire::GetDecisionNumberResponse, Error> {
        let instant = request.as_of_time.as_ref().map(convert::instant_asked).transpose()?;
        Ok(wire::GetDecisionNumberResponse { number: deciding::number_at(&self.rooms, instant).await? })
    }

    async fn place_types(
        &self,
        request: wire::ReadPlaceTypesRequest,
    ) -> Result<BoxStream<'static, Result<wire::ReadPlaceTypesResponse, Error>>, Error> {
        let id = ClassificationId(convert::required("classification_id", &request.classification_id)?);
        let (run, _) = self.found(&id).await?;
        let store = Arc::clone(self.store());
        // A batch is read when the one before it has been taken: nothing waits in memory.
        let batches = stream::try_unfold(None, move |after: Option<String>| {
            let store = Arc::clone(&store);
            async move {
                let mut places = store.place_types(run, after.as_deref(), STREAM_PLACES).await?;
                places.truncate(convert::places_of_a_message(&places));
                let last = places.last().map(|(place_id, _)| place_id.clone());
                Ok::<_, Error>(last.map(|last| (convert::place_types(places), Some(last))))
            }
        });
        Ok(batches.boxed())
    }
}

#[tonic::async_trait]
impl ClassificationService for Classifications {
    async fn register_rule_set(
        &self,
        request: Request<wire::RegisterRuleSetRequest>,
    ) -> Result<Response<wire::RegisterRuleSetResponse>, Status> {
        self.register(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_rule_set(
        &self,
        request: Request<wire::GetRuleSetRequest>,
    ) -> Result<Response<wire::GetRuleSetResponse>, Status> {
        self.rule_set(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_rule_sets(
        &self,
        request: Request<wire::ListRuleSetsRequest>,
    ) -> Result<Response<wire::ListRuleSetsResponse>, Status> {
        self.rule_sets(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn create_classification(
        &self,
        request: Request<wire::CreateClassificationRequest>,
    ) -> Result<Response<wire::CreateClassificationResponse>, Status> {
        self.create(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_classification(
        &self,
        request: Request<wire::GetClassificationRequest>,
    ) -> Result<Response<wire::GetClassificationResponse>, Status> {
        self.classification(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_classifications(
        &self,
        request: Request<wire::ListClassificationsRequest>,
    ) -> Result<Response<wire::ListClassificationsResponse>, Status> {
        self.classifications(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_place_class(
        &self,
        request: Request<wire::GetPlaceClassRequest>,
    ) -> Result<Response<wire::GetPlaceClassResponse>, Status> {
        self.place_class(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_place_classes(
        &self,
        request: Request<wire::ListPlaceClassesRequest>,
    ) -> Result<Response<wire::ListPlaceClassesResponse>, Status> {
        self.place_classes(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_review(
        &self,
        request: Request<wire::ListReviewRequest>,
    ) -> Result<Response<wire::ListReviewResponse>, Status> {
        self.review(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn decide_type(
        &self,
        request: Request<wire::DecideTypeRequest>,
    ) -> Result<Response<wire::DecideTypeResponse>, Status> {
        self.decide(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn list_type_decisions(
        &self,
        request: Request<wire::ListTypeDecisionsRequest>,
    ) -> Result<Response<wire::ListTypeDecisionsResponse>, Status> {
        self.decisions(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    async fn get_decision_number(
        &self,
        request: Request<wire::GetDecisionNumberRequest>,
    ) -> Result<Response<wire::GetDecisionNumberResponse>, Status> {
        self.decision_number(request.into_inner()).await.map(Response::new).map_err(refuse)
    }

    type ReadPlaceTypesStream = BoxStream<'static, Result<wire::ReadPlaceTypesResponse, Status>>;

    async fn read_place_types(
        &self,
        request: Request<wire::ReadPlaceTypesRequest>,
    ) -> Result<Response<Self::ReadPlaceTypesStream>, Status> {
        // The stream outlives this call, and with it what "the caller's language" refers to.
        let language = Language::current();
        let batches = self.place_types(request.into_inner()).await.map_err(refuse)?;
        Ok(Response::new(batches.map_err(move |error| to_status(&error, language)).boxed()))
    }
}
