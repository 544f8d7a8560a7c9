//! Classification: the types of the world's places, under three names.

use futures_util::stream;
use tonic::{Request, Response, Status};
use xiuhua_contracts::classification::v1 as wire;
use xiuhua_contracts::classification::v1::classification_service_server::ClassificationService;

use super::{FOREIGN, NOW, THEN, World};

type Empty<T> = stream::Empty<Result<T, Status>>;

/// Implements the contract: what is listed is not offered, what is written out is.
macro_rules! classification_offering_only {
    (not [$($method:ident($request:ty) -> $response:ty;)+] but $($offered:tt)+) => {
        #[tonic::async_trait]
        impl ClassificationService for World {
            type ReadPlaceTypesStream = Empty<wire::ReadPlaceTypesResponse>;
            $(
                async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented(concat!("scoring has no business with ", stringify!($method))))
                }
            )+
            $($offered)+
        }
    };
}

classification_offering_only! {
    not [
    register_rule_set(wire::RegisterRuleSetRequest) -> wire::RegisterRuleSetResponse;
    get_rule_set(wire::GetRuleSetRequest) -> wire::GetRuleSetResponse;
    list_rule_sets(wire::ListRuleSetsRequest) -> wire::ListRuleSetsResponse;
    create_classification(wire::CreateClassificationRequest) -> wire::CreateClassificationResponse;
    list_classifications(wire::ListClassificationsRequest) -> wire::ListClassificationsResponse;
    get_place_class(wire::GetPlaceClassRequest) -> wire::GetPlaceClassResponse;
    list_review(wire::ListReviewRequest) -> wire::ListReviewResponse;
    decide_type(wire::DecideTypeRequest) -> wire::DecideTypeResponse;
    list_type_decisions(wire::ListTypeDecisionsRequest) -> wire::ListTypeDecisionsResponse;
    get_decision_number(wire::GetDecisionNumberRequest) -> wire::GetDecisionNumberResponse;
    read_place_types(wire::ReadPlaceTypesRequest) -> Self::ReadPlaceTypesStream;

    ] but
    async fn get_classification(
        &self,
        request: Request<wire::GetClassificationRequest>,
    ) -> Result<Response<wire::GetClassificationResponse>, Status> {
        let id = request.into_inner().id;
        let facts = self.facts();
        let mut types = facts.types.clone();
        match id.as_str() {
            THEN | NOW => {}
            FOREIGN => types.reverse(),
            _ => return Err(Status::not_found("no such classification")),
        }
        types.push("UNCLASSIFIED".to_owned());
        let classification = wire::Classification {
            id,
            rule_set_id: "little-housing".to_owned(),
            rule_set_version: "1".to_owned(),
            rule_set_hash: "rules".to_owned(),
            counts: types.into_iter().map(|kind| wire::TypeCount { r#type: kind, places: 0 }).collect(),
            ..Default::default()
        };
        Ok(Response::new(wire::GetClassificationResponse { classification: Some(classification) }))
    }

    /// One place a page, so that every reader turns pages.
    async fn list_place_classes(
        &self,
        request: Request<wire::ListPlaceClassesRequest>,
    ) -> Result<Response<wire::ListPlaceClassesResponse>, Status> {
        let asked = request.into_inner();
        let facts = self.facts();
        let is_asked = |estate: &&super::Estate| facts.kind_of(estate, &asked.classification_id) == asked.r#type;
        let found: Vec<&super::Estate> = facts.places.iter().filter(is_asked).collect();
        let from: usize = asked.page_token.parse().unwrap_or(0);
        let label = |(label, degree): &(String, f64)| wire::LabelDegree { label: label.clone(), degree: *degree };
        let class = |estate: &&super::Estate| wire::PlaceClass {
            place_id: estate.id.clone(),
            r#type: asked.r#type.clone(),
            labels: estate.labels.iter().map(label).collect(),
            ..Default::default()
        };
        let next = if from + 1 < found.len() { (from + 1).to_string() } else { String::new() };
        let place_classes = found.iter().skip(from).take(1).map(class).collect();
        Ok(Response::new(wire::ListPlaceClassesResponse { place_classes, next_page_token: next }))
    }
}
