//! What only shows from inside: two schemas that mean the same, upgrades, plans that use an index, and leases that
//! are lost between two statements. What the store promises its service is in `tests/it`.

mod gaps;
mod leases;
mod schema;
mod upgrade;

use std::sync::Arc;

use xiuhua_indicators::compose::NodeScore;
use xiuhua_indicators::rank::Standing;
use xiuhua_indicators::threshold::Threshold;
use xiuhua_service_kit::request_id::{Remembered, RequestId, Verdict};
use xiuhua_service_kit::testing::{TemporaryDatabase, temporary_postgres};

use super::{Finished, NewAssessment, SharedStore};
use crate::domain::assessment::{Assessment, Place, Plan, State, ThresholdSetUse, TypeSummary, Version};
use crate::domain::id::{AssessmentId, PlaceId};
use crate::domain::period::Period;
use crate::domain::results::{ItemWeight, LeafMeasure, LeafValue, Results, Score, TypeMeasure};

/// A database of either kind; the file goes with it.
struct Home {
    url: String,
    _file: Option<TemporaryDatabase>,
}

impl Home {
    async fn of_each_kind() -> [Self; 2] {
        let file = TemporaryDatabase::new();
        [Self { url: file.url(), _file: Some(file) }, Self { url: temporary_postgres().await, _file: None }]
    }

    fn on_postgres(&self) -> bool {
        self.url.starts_with("postgres:")
    }
}

fn instant(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).unwrap()
}

/// Keeps a PENDING assessment, asked for at second 0.
async fn add(store: &SharedStore, id: &str) {
    add_at(store, id, instant(0)).await;
}

/// Keeps a PENDING assessment.
async fn add_at(store: &SharedStore, id: &str, created: jiff::Timestamp) {
    let version = |id: &str| Version { id: id.to_owned(), version: "1".to_owned(), hash: "hash".to_owned() };
    let plan = Plan {
        period: Period::parse("2021").unwrap(),
        as_of_position: 1,
        classification_id: "classification".to_owned(),
        rule_set: version("rules"),
        types: vec!["X".to_owned()],
        threshold_set: ThresholdSetUse {
            id: "set".to_owned(),
            classification_id: "classification".to_owned(),
            base_periods: vec![Period::parse("2020").unwrap()],
            as_of_position: 1,
        },
        catalog: version("little"),
        scale: 100.0,
        weight_scheme: None,
    };
    let assessment =
        Assessment { id: AssessmentId::new(id), plan, created, attempts: 0, state: State::Pending };
    let request_id = RequestId::parse(id).unwrap();
    let answer = Remembered { request_id, fingerprint: [0; 32], response: Vec::new() };
    let new = NewAssessment { assessment, catalog_toml: "text".to_owned(), answer };
    assert_eq!(store.create(new).await.unwrap(), Verdict::First);
}

/// Results of one place, one node and one leaf.
fn finished(score: f64) -> Finished {
    let place = Place {
        id: PlaceId::new("p"),
        name: "小区".to_owned(),
        town_code: "T1".to_owned(),
        town_name: "街道".to_owned(),
        committee: String::new(),
        district_code: String::new(),
        district_name: String::new(),
        households: Some(10),
        type_at: Some(0),
        sampled: true,
    };
    let composed = NodeScore { score: Ok(score), coverage: 1.0 };
    let standing = Some(Standing { rank: 1, percentile: None });
    let results = Results {
        digest: format!("digest of {score}"),
        summaries: vec![TypeSummary { name: "X".to_owned(), places: 1, scored: 1 }],
        places_without_households: 0,
        places: vec![place],
        scores: vec![vec![Score { composed, standing }]],
        leaf_values: vec![vec![Some(LeafValue { value: Some(score), z: None, change: None, rolled: None })]],
        imputed: Vec::new(),
        types: vec![TypeMeasure {
            sample_size: 1,
            leaves: vec![LeafMeasure { threshold: Threshold::NoData, median_z: None }],
            weights: vec![ItemWeight { catalog: 1.0, in_force: 1.0 }],
        }],
        groups: Vec::new(),
    };
    Finished { results: Arc::new(results), code_version: "test", at: instant(1_000) }
}
