//! Checking and registering catalogs. Source: specification page 1, section 1.3; page 5, section 5.1.

use tonic::Code;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_indicators::shipped::{SHIPPED, shipped};

use crate::house::{EXAMPLE, House};

/// The example with a leaf code that is taken and a parent that is not there.
fn faulty() -> String {
    EXAMPLE.replace("code = \"Q\"", "code = \"P\"").replace("parent = \"G\"", "parent = \"X\"")
}

#[tokio::test]
async fn a_faulty_catalog_is_checked_to_its_end_and_a_sound_one_is_shown() {
    let mut house = House::in_memory().await;
    let request = wire::ValidateCatalogRequest { toml: faulty() };
    let answer = house.client.validate_catalog(request).await.unwrap().into_inner();
    let reasons: Vec<&str> = answer.faults.iter().map(|fault| fault.reason.as_str()).collect();
    assert!(reasons.contains(&"DUPLICATE_CODE") && reasons.contains(&"UNKNOWN_PARENT"), "{reasons:?}");
    assert!(answer.faults.iter().all(|fault| fault.line > 1 && fault.column >= 1));
    assert_eq!(answer.catalog, None);

    let request = wire::ValidateCatalogRequest { toml: EXAMPLE.to_owned() };
    let answer = house.client.validate_catalog(request).await.unwrap().into_inner();
    assert_eq!(answer.faults, []);
    let catalog = answer.catalog.unwrap();
    let codes: Vec<&str> = catalog.items.iter().map(|item| item.code.as_str()).collect();
    assert_eq!(codes, ["R", "N", "P", "Q", "Y", "G", "D"]);
    assert_eq!(catalog.registered_time, None, "checking registers nothing");
    assert!(house.all_catalogs(10).await.is_empty());
    assert!(house.world.facts().registrations.is_empty());
}

#[tokio::test]
async fn registering_a_faulty_catalog_is_refused_with_line_and_column_of_every_fault() {
    let mut house = House::in_memory().await;
    let request = wire::ValidateCatalogRequest { toml: faulty() };
    let faults = house.client.validate_catalog(request).await.unwrap().into_inner().faults;
    let refusal = house.register("r1", &faulty()).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "CATALOG_INVALID"));
    let places: Vec<String> =
        faults.iter().map(|fault| format!("line {}, column {}", fault.line, fault.column)).collect();
    let fields: Vec<String> = refusal.violations.into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, places);
    assert!(house.all_catalogs(10).await.is_empty());
}

#[tokio::test]
async fn registering_a_catalog_registers_its_measures_with_ingestion() {
    let mut house = House::in_memory().await;
    house.register("r1", EXAMPLE).await.unwrap();
    let registrations = house.world.facts().registrations.clone();
    assert_eq!(registrations.len(), 1);
    let measures = &registrations[0].measures;
    let ids: Vec<&str> = measures.iter().map(|measure| measure.id.as_str()).collect();
    assert_eq!(ids, ["p_measure", "q_measure", "y_measure"]);
    let p = &measures[0];
    let bounds = p.bounds.unwrap();
    assert_eq!((p.unit.as_str(), bounds.lower, bounds.upper), ("%", Some(0.0), Some(100.0)));
    assert_eq!((p.source_system.as_str(), p.derivation.as_str()), ("community-cloud", "As delivered."));
    assert_eq!(p.name.as_ref().unwrap().zh, "正计量");
    assert_eq!(measures[1].bounds.unwrap().upper, None);
}

#[tokio::test]
async fn a_catalog_whose_measure_is_known_otherwise_is_not_registered() {
    let mut house = House::in_memory().await;
    house.world.facts().contested_measure = Some("q_measure".to_owned());
    let refusal = house.register("r1", EXAMPLE).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "MEASURE_DIFFERS"));
    assert!(refusal.message.contains("q_measure"), "{}", refusal.message);
    assert!(house.all_catalogs(10).await.is_empty());
    house.world.facts().contested_measure = None;
    house.register("r1", EXAMPLE).await.unwrap();
}

#[tokio::test]
async fn every_shipped_catalog_can_be_registered_and_read_back() {
    let mut house = House::in_memory().await;
    for known in SHIPPED {
        let registered = house.register(known.id, known.text).await.unwrap();
        let read = house.catalog(known.id, "").await.unwrap();
        assert_eq!((read.catalog.as_ref(), read.toml.as_str()), (Some(&registered), known.text));
    }
    let pudong = house.catalog("pudong-2021", "1").await.unwrap().catalog.unwrap();
    let item = |code: &str| pudong.items.iter().find(|item| item.code == code).unwrap();
    assert!((item("A1.1").weight - 25.0 / 11.0).abs() < 1e-12);
    assert_eq!((item("A1.1").leaf, item("A1.1").parent.as_str()), (true, "A1"));
    assert_eq!((item("D2.1").change_of.as_str(), item("D2.1").measure_id.as_str()), ("A", ""));
    assert!(item("C2.2").inverse && !item("C1.1").inverse);
    assert_eq!(item("A2.2").measure_id, "waste_sorting_score");
    assert_eq!((pudong.rule_set_id.as_str(), pudong.items[0].code.as_str()), ("pudong-housing", "INDEX"));
    assert_eq!(house.catalog("hdi-2024", "").await.unwrap().catalog.unwrap().rule_set_id, "");
    assert!(shipped("hdi-2024").is_some());
}

#[tokio::test]
async fn a_text_beyond_the_bound_is_refused_before_it_is_read() {
    let mut house = House::in_memory().await;
    let refusal = house.register("r1", &"#".repeat(3 * 1024 * 1024 + 1)).await.unwrap_err();
    assert_eq!(refusal.violations[0].field, "toml");
    let refusal = house.register("", EXAMPLE).await.unwrap_err();
    assert_eq!(refusal.violations[0].field, "request_id");
}

#[tokio::test]
async fn a_refusal_speaks_the_language_of_its_caller() {
    let mut house = House::in_memory().await;
    let chinese = house.catalog("none", "").await.unwrap_err();
    assert_eq!((chinese.code, chinese.message.as_str()), (Code::NotFound, "没有登记指标目录 none"));
    let mut request =
        tonic::Request::new(wire::GetCatalogRequest { id: "none".to_owned(), version: String::new() });
    request.metadata_mut().insert("accept-language", "en".parse().unwrap());
    let english = house.client.get_catalog(request).await.unwrap_err();
    assert_eq!(xiuhua_service_kit::status::explain(&english).message, "no catalog none");
}
