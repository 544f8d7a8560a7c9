//! A little district: a few hundred places, three measures, four years; enough for an assessment that takes a moment
//! and small enough for hundreds of them.

use anyhow::{Context as _, Result};
use tokio_stream::StreamExt as _;
use tonic::transport::Channel;
use xiuhua_contracts::classification::v1::classification_service_client::ClassificationServiceClient;
use xiuhua_contracts::classification::v1::{CreateClassificationRequest, RegisterRuleSetRequest};
use xiuhua_contracts::ingestion::v1::ingestion_service_client::IngestionServiceClient;
use xiuhua_contracts::ingestion::v1::{
    ImportEnd, ImportHeader, ImportPlacesRequest, Place, PlaceChunk, PlaceRow, import_places_request,
    import_places_response,
};
use xiuhua_contracts::normalization::v1::normalization_service_client::NormalizationServiceClient;
use xiuhua_contracts::normalization::v1::sample_choice::Choice;
use xiuhua_contracts::normalization::v1::{
    DrawThresholdSetRequest, RandomSample, RegisterCatalogRequest, SampleChoice,
};

use crate::deliveries::{Delivery, Row, deliver};
use crate::journal::Journal;
use crate::patience::asking;
use crate::processes::{Line, Process};
use crate::repository;

/// Places on record.
pub const PLACES: usize = 300;
/// Measures that have values.
pub const MEASURES: [&str; 3] = ["visits", "complaints", "drills"];
/// The assessed year; base values come from the two before it, changes from one more.
pub const PERIOD: &str = "2021";

const YEARS: [&str; 4] = ["2018", "2019", "2020", PERIOD];
const NATURES: [&str; 3] = ["商品房", "售后公房", "动迁房"];

/// The id of a place, by its number.
#[must_use]
pub fn place_id(number: usize) -> String {
    format!("310115{:06}-{number:03}", number % 7)
}

/// Registers the catalog, and so its measures. Repeating it changes nothing.
///
/// # Errors
/// As [`NormalizationServiceClient::register_catalog`].
pub async fn register(normalization: &Process) -> Result<()> {
    let request = RegisterCatalogRequest {
        request_id: "little-catalog".into(),
        toml: include_str!("district.toml").to_owned(),
    };
    NormalizationServiceClient::new(normalization.channel()).register_catalog(asking(request)).await?;
    Ok(())
}

/// Delivers the places.
///
/// # Errors
/// They are refused.
pub async fn deliver_places(ingestion: &Channel) -> Result<()> {
    use import_places_request::Part;
    let rows = (0..PLACES).map(|number| PlaceRow {
        row: number as u64 + 2,
        place: Some(place(number)),
        original: String::new(),
        ..PlaceRow::default()
    });
    let header = ImportHeader { request_id: "little-places".into(), ..Default::default() };
    let chunk = PlaceChunk { sequence: 1, rows: rows.collect(), faults: Vec::new() };
    let parts = [Part::Header(header), Part::Chunk(chunk), Part::End(ImportEnd { chunks: 1 })];
    let parts = parts.map(|part| ImportPlacesRequest { part: Some(part) });
    let mut client = IngestionServiceClient::new(ingestion.clone());
    let mut answers = client.import_places(tokio_stream::iter(parts)).await?.into_inner();
    let mut sealed = None;
    while let Some(answer) = answers.next().await {
        if let Some(import_places_response::Part::Batch(batch)) = answer?.part {
            sealed = batch.counts;
        }
    }
    let accepted = sealed.context("the delivery of places was not sealed")?.accepted;
    anyhow::ensure!(accepted == PLACES as u64, "{accepted} places were accepted");
    Ok(())
}

/// What an assessment begins with.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Of all places.
    pub classification_id: String,
    /// For [`PERIOD`].
    pub threshold_set_id: String,
}

/// Sets the whole district up: catalog, rules, places, observations, classification, thresholds.
///
/// # Errors
/// A service refuses.
pub async fn set_up(line: &Line) -> Result<Drawn> {
    register(&line.normalization).await?;
    let rules = RegisterRuleSetRequest {
        request_id: "little-rules".into(),
        toml: repository::text("services/classification/rules/pudong-housing.toml"),
    };
    let mut classification = ClassificationServiceClient::new(line.classification.channel());
    classification.register_rule_set(asking(rules)).await?;
    let ingestion = line.ingestion.channel();
    deliver_places(&ingestion).await?;
    deliver(&ingestion, &observations(), &Journal::default()).await?;

    let request = CreateClassificationRequest {
        request_id: "little-classification".into(),
        rule_set_id: "pudong-housing".into(),
        reference_year: 2021,
        ..Default::default()
    };
    let classified = classification.create_classification(asking(request)).await?.into_inner();
    let classification_id = classified.classification.unwrap_or_default().id;
    let mut normalization = NormalizationServiceClient::new(line.normalization.channel());
    let request = draw_request("little-thresholds", &classification_id);
    let drawn = normalization.draw_threshold_set(asking(request)).await?.into_inner();
    let threshold_set_id = drawn.threshold_set.unwrap_or_default().id;
    Ok(Drawn { classification_id, threshold_set_id })
}

/// Asks for the district's thresholds; every such draw has the same members and values.
#[must_use]
pub fn draw_request(request_id: &str, classification_id: &str) -> DrawThresholdSetRequest {
    DrawThresholdSetRequest {
        request_id: request_id.to_owned(),
        catalog_id: "little".into(),
        catalog_version: "1".into(),
        classification_id: classification_id.to_owned(),
        period: PERIOD.into(),
        sample: Some(SampleChoice { choice: Some(Choice::Random(RandomSample { seed: 11 })) }),
        // Places, then observations: what later rounds deliver changes nothing here.
        as_of_position: Some(2),
    }
}

fn place(number: usize) -> Place {
    Place {
        id: place_id(number),
        name: format!("小区{number}"),
        town_code: format!("310115{:06}", number % 7),
        town_name: format!("镇{}", number % 7),
        committee: format!("居委{}", number % 21),
        housing_nature: NATURES[number % NATURES.len()].to_owned(),
        households: Some(100 + (number as u64 * 37) % 900),
        population: Some(250 + (number as u64 * 91) % 2000),
        ..Default::default()
    }
}

/// A value for every place, measure and year but a few, as real records have.
fn observations() -> Delivery {
    let mut rows = Vec::new();
    for (year, period) in YEARS.iter().enumerate() {
        for (nth, measure) in MEASURES.iter().enumerate() {
            for number in (0..PLACES).filter(|number| (number + nth + year) % 17 != 0) {
                let value = ((number * 7919 + nth * 104_729 + year * 1_299_709) % 1000) as f64 / 10.0;
                rows.push(Row {
                    place_id: place_id(number),
                    measure_id: (*measure).to_owned(),
                    period: (*period).to_owned(),
                    value,
                });
            }
        }
    }
    Delivery::of("little-observations", "observations.csv", "", &rows, 2000)
}
