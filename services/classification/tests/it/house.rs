//! A classification service in memory, with its record of places and its client.

use std::time::Duration;

use futures_util::stream::TryStreamExt;
use tonic::transport::Channel;
use xiuhua_classification::{Config, Upstream, assemble};
use xiuhua_contracts::classification::v1 as wire;
use xiuhua_contracts::classification::v1::classification_service_client::ClassificationServiceClient;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionServiceServer;
use xiuhua_service_kit::clock::ManualClock;
use xiuhua_service_kit::server::Part;
use xiuhua_service_kit::status::{Explained, explain};
use xiuhua_service_kit::testing::{Served, TemporaryDatabase, serve, temporary_postgres};

use crate::fake_ingestion::FakeIngestion;

/// A refused call, read back from its details.
pub(crate) type Refusal = Explained;

/// The service and all it needs; ends when dropped.
pub(crate) struct House {
    pub(crate) ingestion: FakeIngestion,
    pub(crate) client: ClassificationServiceClient<Channel>,
    clock: ManualClock,
    /// Kept for as long as the house stands.
    _servers: [Served; 2],
    _database: Option<TemporaryDatabase>,
}

/// A fresh house over every back end of the store.
pub(crate) async fn every_backend() -> Vec<House> {
    vec![House::in_memory().await, House::in_file().await, House::over(&temporary_postgres().await).await]
}

/// A place with a nature and 2,000 households.
pub(crate) fn estate(id: &str, housing_nature: &str) -> ingestion::Place {
    ingestion::Place {
        id: id.to_owned(),
        housing_nature: housing_nature.to_owned(),
        households: Some(2_000),
        ..ingestion::Place::default()
    }
}

impl House {
    pub(crate) async fn in_memory() -> Self {
        Self::over("sqlite::memory:").await
    }

    async fn in_file() -> Self {
        let database = TemporaryDatabase::new();
        let house = Self::over(&database.url()).await;
        Self { _database: Some(database), ..house }
    }

    /// A house over a store of the caller's.
    pub(crate) async fn over(url: &str) -> Self {
        let ingestion = FakeIngestion::default();
        let upstream = serve(vec![Part::new(IngestionServiceServer::new(ingestion.clone()))]);
        let clock = ManualClock::starting_at("2022-01-01T00:00:00Z".parse().unwrap());
        let config = Config::embedded(url).unwrap();
        let part = assemble(&config, Upstream { ingestion: upstream.channel.clone() }, clock.shared())
            .await
            .unwrap();
        let served = serve(vec![part]);
        let client = ClassificationServiceClient::new(served.channel.clone());
        Self { ingestion, client, clock, _servers: [upstream, served], _database: None }
    }

    pub(crate) fn clock_forward(&self) {
        self.clock.advance(Duration::from_secs(3_600));
    }

    pub(crate) async fn register(&mut self, request_id: &str, toml: &str) -> Result<wire::RuleSet, Refusal> {
        let request =
            wire::RegisterRuleSetRequest { request_id: request_id.to_owned(), toml: toml.to_owned() };
        let answer = self.client.register_rule_set(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner().rule_set.unwrap())
    }

    pub(crate) async fn rule_set(
        &mut self,
        id: &str,
        version: &str,
    ) -> Result<(wire::RuleSet, String), Refusal> {
        let request = wire::GetRuleSetRequest { id: id.to_owned(), version: version.to_owned() };
        let answer = self.client.get_rule_set(request).await.map_err(|status| explain(&status))?.into_inner();
        Ok((answer.rule_set.unwrap(), answer.toml))
    }

    /// Every rule set as `id version`, by pages of a size.
    pub(crate) async fn all_rule_sets(&mut self, page_size: u32) -> Vec<String> {
        let mut listed = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = wire::ListRuleSetsRequest { page_size, page_token };
            let answer = self.client.list_rule_sets(request).await.unwrap().into_inner();
            listed
                .extend(answer.rule_sets.into_iter().map(|known| format!("{} {}", known.id, known.version)));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return listed;
            }
        }
    }

    /// Classifies as of now.
    pub(crate) async fn create(
        &mut self,
        request_id: &str,
        rule_set_id: &str,
        reference_year: i32,
    ) -> Result<wire::Classification, Refusal> {
        self.send(wire::CreateClassificationRequest {
            request_id: request_id.to_owned(),
            rule_set_id: rule_set_id.to_owned(),
            reference_year,
            ..wire::CreateClassificationRequest::default()
        })
        .await
    }

    /// Classifies as of a position, ages referring to 2021.
    pub(crate) async fn create_as_of(
        &mut self,
        request_id: &str,
        rule_set_id: &str,
        position: u64,
    ) -> Result<wire::Classification, Refusal> {
        self.send(wire::CreateClassificationRequest {
            request_id: request_id.to_owned(),
            rule_set_id: rule_set_id.to_owned(),
            as_of_position: Some(position),
            reference_year: 2021,
            ..wire::CreateClassificationRequest::default()
        })
        .await
    }

    /// Classifies as of a position, heeding decisions up to a number.
    pub(crate) async fn create_heeding(
        &mut self,
        request_id: &str,
        position: u64,
        decision_number: u64,
    ) -> Result<wire::Classification, Refusal> {
        self.send(wire::CreateClassificationRequest {
            request_id: request_id.to_owned(),
            rule_set_id: "pudong-housing".to_owned(),
            as_of_position: Some(position),
            reference_year: 2021,
            decision_number: Some(decision_number),
            ..wire::CreateClassificationRequest::default()
        })
        .await
    }

    pub(crate) async fn decide(
        &mut self,
        request: wire::DecideTypeRequest,
    ) -> Result<wire::DecideTypeResponse, Refusal> {
        let answer = self.client.decide_type(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner())
    }

    /// The places of the review list of a classification, by pages of a size.
    pub(crate) async fn review(&mut self, classification_id: &str, page_size: u32) -> Vec<wire::PlaceClass> {
        let mut listed = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = wire::ListReviewRequest {
                classification_id: classification_id.to_owned(),
                page_size,
                page_token,
            };
            let answer = self.client.list_review(request).await.unwrap().into_inner();
            listed.extend(answer.place_classes);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return listed;
            }
        }
    }

    /// The numbers of the decisions about a place, or about any, by pages of a size.
    pub(crate) async fn decisions(&mut self, place_id: &str, page_size: u32) -> Vec<u64> {
        let mut listed = Vec::new();
        let mut page_token = String::new();
        loop {
            let request =
                wire::ListTypeDecisionsRequest { place_id: place_id.to_owned(), page_size, page_token };
            let answer = self.client.list_type_decisions(request).await.unwrap().into_inner();
            listed.extend(answer.decisions.into_iter().map(|decision| decision.number));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return listed;
            }
        }
    }

    /// The number of the decision that was the newest at an instant, or is now.
    pub(crate) async fn decision_number(
        &mut self,
        as_of_time: Option<prost_types::Timestamp>,
    ) -> Result<u64, Refusal> {
        let request = wire::GetDecisionNumberRequest { as_of_time };
        let answer = self.client.get_decision_number(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner().number)
    }

    async fn send(
        &mut self,
        request: wire::CreateClassificationRequest,
    ) -> Result<wire::Classification, Refusal> {
        let answer = self.client.create_classification(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner().classification.unwrap())
    }

    pub(crate) async fn classification(&mut self, id: &str) -> Result<wire::Classification, Refusal> {
        let request = wire::GetClassificationRequest { id: id.to_owned() };
        let answer = self.client.get_classification(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner().classification.unwrap())
    }

    /// The ids of all classifications, by pages of a size.
    pub(crate) async fn all_classifications(&mut self, page_size: u32) -> Vec<String> {
        let mut listed = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = wire::ListClassificationsRequest { page_size, page_token };
            let answer = self.client.list_classifications(request).await.unwrap().into_inner();
            listed.extend(answer.classifications.into_iter().map(|known| known.id));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return listed;
            }
        }
    }

    pub(crate) async fn place_class(
        &mut self,
        classification_id: &str,
        place_id: &str,
    ) -> Result<wire::PlaceClass, Refusal> {
        let request = wire::GetPlaceClassRequest {
            classification_id: classification_id.to_owned(),
            place_id: place_id.to_owned(),
        };
        let answer = self.client.get_place_class(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner().place_class.unwrap())
    }

    pub(crate) async fn list_places(
        &mut self,
        request: wire::ListPlaceClassesRequest,
    ) -> Result<wire::ListPlaceClassesResponse, Refusal> {
        let answer = self.client.list_place_classes(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner())
    }

    /// The ids of the places of one type, or of any, by pages of a size.
    pub(crate) async fn all_places(
        &mut self,
        classification_id: &str,
        type_id: &str,
        page_size: u32,
    ) -> Vec<String> {
        let mut listed = Vec::new();
        let mut request = wire::ListPlaceClassesRequest {
            classification_id: classification_id.to_owned(),
            r#type: type_id.to_owned(),
            page_size,
            page_token: String::new(),
        };
        loop {
            let answer = self.list_places(request.clone()).await.unwrap();
            listed.extend(answer.place_classes.into_iter().map(|class| class.place_id));
            request.page_token = answer.next_page_token;
            if request.page_token.is_empty() {
                return listed;
            }
        }
    }

    /// How many messages streamed, and each place with its type.
    pub(crate) async fn place_types(
        &mut self,
        classification_id: &str,
    ) -> Result<(usize, Vec<(String, String)>), Refusal> {
        let request = wire::ReadPlaceTypesRequest { classification_id: classification_id.to_owned() };
        let answer = self.client.read_place_types(request).await.map_err(|status| explain(&status))?;
        let messages: Vec<wire::ReadPlaceTypesResponse> =
            answer.into_inner().try_collect().await.map_err(|status| explain(&status))?;
        let mut types = Vec::new();
        for message in &messages {
            let column = message.r#type.as_ref().unwrap();
            assert_eq!(column.index.len(), message.place_ids.len());
            for (place_id, &index) in message.place_ids.iter().zip(&column.index) {
                types.push((place_id.clone(), column.dictionary[index as usize].clone()));
            }
        }
        Ok((messages.len(), types))
    }
}
