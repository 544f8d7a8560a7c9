//! What only shows from inside: two schemas that mean the same, plans that use an index, and writes that meet each other
//! or lose their caller. What the store promises its service is in `tests/it/store_suite.rs`.

mod meeting;
mod schema;

use xiuhua_indicators::catalog::Text;
use xiuhua_indicators::threshold::{LeafThreshold, Threshold};
use xiuhua_service_kit::request_id::{Remembered, RequestId};
use xiuhua_service_kit::testing::{TemporaryDatabase, postgres_plan, sqlite_plan, temporary_postgres};

use super::{Added, SharedStore, open};
use crate::domain::catalog::{CatalogEntry, CatalogKey, RegisteredCatalog};
use crate::domain::id::{ClassificationId, PlaceId, ThresholdSetId};
use crate::domain::period::Period;
use crate::domain::sample::SampleKind;
use crate::domain::threshold_set::{Drawing, FixedThreshold, ThresholdSet, TypeSample};

/// A database of either kind; the file goes with it.
struct Place {
    url: String,
    _file: Option<TemporaryDatabase>,
}

impl Place {
    async fn of_each_kind() -> [Self; 2] {
        let file = TemporaryDatabase::new();
        [Self { url: file.url(), _file: Some(file) }, Self { url: temporary_postgres().await, _file: None }]
    }

    fn on_postgres(&self) -> bool {
        self.url.starts_with("postgres:")
    }

    async fn plan(&self, statement: &str) -> String {
        if self.on_postgres() {
            postgres_plan(&self.url, statement).await
        } else {
            sqlite_plan(&self.url, statement).await
        }
    }

    /// A store there, with the catalog that [`drawing`] uses.
    async fn store(&self) -> SharedStore {
        let store = open(&self.url).await.unwrap();
        let added = store.add_catalog(catalog("1", "text"), answer("catalog", 0)).await.unwrap();
        assert!(matches!(added, Added::Done(_)));
        store
    }
}

fn answer(request_id: &str, body: u8) -> Remembered {
    let request_id = RequestId::parse(request_id).unwrap();
    Remembered { request_id, fingerprint: [body; 32], response: vec![body] }
}

fn catalog(version: &str, text: &str) -> RegisteredCatalog {
    let entry = CatalogEntry {
        key: CatalogKey { id: "catalog".to_owned(), version: version.to_owned() },
        title: Text { zh: "目录".to_owned(), en: "Catalog".to_owned() },
        hash: format!("hash of {text}"),
        scale: 100.0,
        rule_set: String::new(),
        registered_at: "2022-01-01T00:00:00Z".parse().unwrap(),
    };
    RegisteredCatalog { entry, toml: text.to_owned() }
}

/// A threshold set of one type with three members and one threshold.
fn drawing(id: &str) -> Drawing {
    let period = Period::parse("2021").unwrap();
    let set = ThresholdSet {
        id: ThresholdSetId::new(id),
        catalog: CatalogKey { id: "catalog".to_owned(), version: "1".to_owned() },
        catalog_hash: "hash of text".to_owned(),
        classification: ClassificationId::new("classification"),
        period: period.clone(),
        base_periods: vec![period],
        as_of_position: 7,
        sample: SampleKind::Census,
        types: vec![TypeSample { type_id: "T".to_owned(), frame: 3, members: 3 }],
        created_at: "2022-01-01T00:00:00Z".parse().unwrap(),
    };
    let fixed = LeafThreshold { threshold: Threshold::NoData, base_values: 0, short_base_values: 0 };
    Drawing {
        set,
        members: vec![["A", "B", "C"].map(PlaceId::new).into()],
        thresholds: vec![FixedThreshold { type_at: 0, leaf_at: 0, leaf: "L".to_owned(), fixed }],
    }
}
