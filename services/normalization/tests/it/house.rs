//! A normalization service in memory, with the world upstream of it and its client.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::TryStreamExt;
use tonic::transport::Channel;
use xiuhua_contracts::classification::v1::classification_service_server::ClassificationServiceServer;
use xiuhua_contracts::ingestion::v1::ingestion_service_server::IngestionServiceServer;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::normalization_service_client::NormalizationServiceClient;
use xiuhua_contracts::normalization::v1::read_values_response::Part as ValuesPart;
use xiuhua_contracts::normalization::v1::sample_choice::Choice;
use xiuhua_contracts::normalization::v1::series_service_client::SeriesServiceClient;
use xiuhua_normalization::{Config, Upstream, assemble};
use xiuhua_service_kit::clock::ManualClock;
use xiuhua_service_kit::server::Part;
use xiuhua_service_kit::status::{Explained, explain};
use xiuhua_service_kit::testing::{Served, TemporaryDatabase, serve, temporary_postgres};

use crate::fakes::{FakeClassification, FakeIngestion};
use crate::world::World;

/// Two indicators, a yes/no indicator, and a derived one, which is none of this service's business.
pub(crate) const EXAMPLE: &str = r#"
id = "example"
version = "1"
title = { zh = "示例", en = "Example" }
scale = 100
rule_set = "example-rules"

[defaults]
direction = "positive"
threshold = { extend = "value", share = 0.1, clip = false }

[[node]]
code = "R"
name = { zh = "根", en = "Root" }

[[node]]
code = "N"
name = { zh = "现状", en = "State" }
parent = "R"
points = 50

[[leaf]]
code = "P"
name = { zh = "正", en = "Positive" }
parent = "N"
measure = "p_measure"

[[leaf]]
code = "Q"
name = { zh = "逆", en = "Inverse" }
parent = "N"
measure = "q_measure"
direction = "inverse"

[[leaf]]
code = "Y"
name = { zh = "是否", en = "Yes or no" }
parent = "N"
measure = "y_measure"

[[node]]
code = "G"
name = { zh = "进步", en = "Growth" }
parent = "R"
points = 50

[[leaf]]
code = "D"
name = { zh = "变化", en = "Change" }
parent = "G"
change_of = "N"

[[measure]]
id = "p_measure"
name = { zh = "正计量", en = "Measure of P" }
unit = "%"
bounds = "[0, 100]"
source_system = "community-cloud"
derivation = "As delivered."

[[measure]]
id = "q_measure"
name = { zh = "逆计量", en = "Measure of Q" }
unit = "cases/100 households"
bounds = "[0, )"

[[measure]]
id = "y_measure"
name = { zh = "是否计量", en = "Measure of Y" }
unit = "yes/no"
bounds = "[0, 1]"
"#;

/// A refused call, read back from its details.
pub(crate) type Refusal = Explained;

/// The service and all it needs; ends when dropped.
pub(crate) struct House {
    pub(crate) world: World,
    pub(crate) client: NormalizationServiceClient<Channel>,
    pub(crate) series: SeriesServiceClient<Channel>,
    clock: ManualClock,
    /// Kept for as long as the house stands.
    _servers: [Served; 2],
    _database: Option<TemporaryDatabase>,
}

/// Values of one reading: the types of the places, and the columns in their order.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) types: Vec<(String, String)>,
    pub(crate) columns: Vec<wire::ValueColumn>,
}

/// A fresh house over every back end of the store.
pub(crate) async fn every_backend() -> Vec<House> {
    let on_postgres = House::over(&temporary_postgres().await, World::default()).await;
    vec![House::in_memory().await, House::in_file().await, on_postgres]
}

pub(crate) fn census() -> Option<wire::SampleChoice> {
    Some(wire::SampleChoice { choice: Some(Choice::Census(wire::Census {})) })
}

pub(crate) fn random(seed: u64) -> Option<wire::SampleChoice> {
    Some(wire::SampleChoice { choice: Some(Choice::Random(wire::RandomSample { seed })) })
}

pub(crate) fn members(places: &[&str]) -> Option<wire::SampleChoice> {
    let place_ids = places.iter().map(|place| (*place).to_owned()).collect();
    Some(wire::SampleChoice { choice: Some(Choice::Members(wire::MemberList { place_ids })) })
}

/// A request for a threshold set of the example catalog by census, for 2021.
pub(crate) fn drawing(request_id: &str) -> wire::DrawThresholdSetRequest {
    wire::DrawThresholdSetRequest {
        request_id: request_id.to_owned(),
        catalog_id: "example".to_owned(),
        catalog_version: String::new(),
        classification_id: "c1".to_owned(),
        period: "2021".to_owned(),
        sample: census(),
        as_of_position: None,
    }
}

impl House {
    pub(crate) async fn in_memory() -> Self {
        Self::over("sqlite::memory:", World::default()).await
    }

    async fn in_file() -> Self {
        let database = TemporaryDatabase::new();
        let house = Self::over(&database.url(), World::default()).await;
        Self { _database: Some(database), ..house }
    }

    /// A house with the example catalog.
    pub(crate) async fn with_example() -> Self {
        let mut house = Self::in_memory().await;
        house.register("example", EXAMPLE).await.unwrap();
        house
    }

    /// A house over a store and a world of the caller's.
    pub(crate) async fn over(url: &str, world: World) -> Self {
        let upstream = serve(vec![
            Part::new(IngestionServiceServer::new(FakeIngestion(world.clone()))),
            Part::new(ClassificationServiceServer::new(FakeClassification(world.clone()))),
        ]);
        let clock = ManualClock::starting_at("2022-01-01T00:00:00Z".parse().unwrap());
        let config = Config::embedded(url).unwrap();
        let lines =
            Upstream { ingestion: upstream.channel.clone(), classification: upstream.channel.clone() };
        let part = assemble(&config, lines, clock.shared()).await.unwrap();
        let served = serve(vec![part]);
        let client = NormalizationServiceClient::new(served.channel.clone());
        let series = SeriesServiceClient::new(served.channel.clone());
        Self { world, client, series, clock, _servers: [upstream, served], _database: None }
    }

    pub(crate) fn clock_forward(&self) {
        self.clock.advance(Duration::from_secs(3_600));
    }

    pub(crate) async fn register(&mut self, request_id: &str, toml: &str) -> Result<wire::Catalog, Refusal> {
        let request =
            wire::RegisterCatalogRequest { request_id: request_id.to_owned(), toml: toml.to_owned() };
        let answer = self.client.register_catalog(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner().catalog.unwrap())
    }

    pub(crate) async fn catalog(
        &mut self,
        id: &str,
        version: &str,
    ) -> Result<wire::GetCatalogResponse, Refusal> {
        let request = wire::GetCatalogRequest { id: id.to_owned(), version: version.to_owned() };
        Ok(self.client.get_catalog(request).await.map_err(|status| explain(&status))?.into_inner())
    }

    /// Every catalog as `id version`, by pages of a size.
    pub(crate) async fn all_catalogs(&mut self, page_size: u32) -> Vec<String> {
        let mut listed = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = wire::ListCatalogsRequest { page_size, page_token };
            let answer = self.client.list_catalogs(request).await.unwrap().into_inner();
            listed.extend(answer.catalogs.into_iter().map(|known| format!("{} {}", known.id, known.version)));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return listed;
            }
        }
    }

    pub(crate) async fn draw(
        &mut self,
        request: wire::DrawThresholdSetRequest,
    ) -> Result<wire::ThresholdSet, Refusal> {
        let answer = self.client.draw_threshold_set(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner().threshold_set.unwrap())
    }

    pub(crate) async fn set(&mut self, id: &str) -> Result<wire::ThresholdSet, Refusal> {
        let request = wire::GetThresholdSetRequest { id: id.to_owned() };
        let answer = self.client.get_threshold_set(request).await.map_err(|status| explain(&status))?;
        Ok(answer.into_inner().threshold_set.unwrap())
    }

    /// The ids of all sets, by pages of a size.
    pub(crate) async fn all_sets(&mut self, page_size: u32) -> Vec<String> {
        let mut listed = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = wire::ListThresholdSetsRequest { page_size, page_token };
            let answer = self.client.list_threshold_sets(request).await.unwrap().into_inner();
            listed.extend(answer.threshold_sets.into_iter().map(|set| set.id));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return listed;
            }
        }
    }

    /// All thresholds of a set in their order, by pages of a size.
    pub(crate) async fn all_thresholds(&mut self, set: &str, page_size: u32) -> Vec<wire::Threshold> {
        let mut listed = Vec::new();
        let mut request =
            wire::ListThresholdsRequest { threshold_set_id: set.to_owned(), page_size, ..Default::default() };
        loop {
            let answer = self.client.list_thresholds(request.clone()).await.unwrap().into_inner();
            listed.extend(answer.thresholds);
            request.page_token = answer.next_page_token;
            if request.page_token.is_empty() {
                return listed;
            }
        }
    }

    /// The thresholds of a set by (type, leaf).
    pub(crate) async fn thresholds(&mut self, set: &str) -> BTreeMap<(String, String), wire::Threshold> {
        let thresholds = self.all_thresholds(set, 1_000).await;
        thresholds.into_iter().map(|found| ((found.r#type.clone(), found.leaf.clone()), found)).collect()
    }

    /// The one threshold of a leaf for the type `T`.
    pub(crate) async fn threshold(&mut self, set: &str, leaf: &str) -> wire::Threshold {
        self.thresholds(set).await.remove(&("T".to_owned(), leaf.to_owned())).unwrap()
    }

    /// The members of a set as (type, place), by pages of a size.
    pub(crate) async fn all_members(&mut self, set: &str, page_size: u32) -> Vec<(String, String)> {
        let mut listed = Vec::new();
        let mut request = wire::ListSampleMembersRequest {
            threshold_set_id: set.to_owned(),
            page_size,
            ..Default::default()
        };
        loop {
            let answer = self.client.list_sample_members(request.clone()).await.unwrap().into_inner();
            listed.extend(answer.members.into_iter().map(|member| (member.r#type, member.place_id)));
            request.page_token = answer.next_page_token;
            if request.page_token.is_empty() {
                return listed;
            }
        }
    }

    pub(crate) async fn read(&mut self, request: wire::ReadValuesRequest) -> Result<Reading, Refusal> {
        let answer = self.client.read_values(request).await.map_err(|status| explain(&status))?;
        let messages: Vec<wire::ReadValuesResponse> =
            answer.into_inner().try_collect().await.map_err(|status| explain(&status))?;
        let mut reading = Reading { types: Vec::new(), columns: Vec::new() };
        for message in messages {
            match message.part.unwrap() {
                ValuesPart::Places(places) => {
                    assert!(reading.columns.is_empty(), "the places come first");
                    let column = places.r#type.unwrap();
                    assert_eq!(column.index.len(), places.ids.len());
                    let types = column.index.iter().map(|&at| column.dictionary[at as usize].clone());
                    reading.types.extend(places.ids.into_iter().zip(types));
                }
                ValuesPart::Column(column) => reading.columns.push(column),
            }
        }
        Ok(reading)
    }

    /// Reads periods under a set, as of now.
    pub(crate) async fn values(&mut self, set: &str, periods: &[&str]) -> Reading {
        self.read(wire::ReadValuesRequest {
            threshold_set_id: set.to_owned(),
            classification_id: String::new(),
            periods: periods.iter().map(|period| (*period).to_owned()).collect(),
            as_of_position: None,
        })
        .await
        .unwrap()
    }
}

impl Reading {
    /// Value, uncapped and capped dimensionless value of one cell.
    pub(crate) fn cell(&self, place: &str, leaf: &str, period: &str) -> Option<(f64, f64, f64)> {
        let at = self.types.iter().position(|(id, _)| id == place).unwrap();
        let at = u32::try_from(at).unwrap();
        let column = self.columns.iter().find(|column| column.leaf == leaf && column.period == period)?;
        let row = column.place.iter().position(|place| *place == at)?;
        Some((column.value[row], column.z_uncapped[row], column.z[row]))
    }
}
