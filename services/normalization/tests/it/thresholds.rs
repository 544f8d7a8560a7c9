//! Samples and thresholds. Source: specification page 1, sections 1.4 and 1.10.

use sha2::{Digest, Sha256};
use tonic::Code;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::ThresholdStatus;
use xiuhua_indicators::shipped::shipped;

use crate::house::{House, drawing, members, random};

/// Three sampled places of the type `T`, with base values of one leaf in 2020.
async fn three_places(measure: &str, base: [f64; 3]) -> House {
    let house = House::with_example().await;
    house.world.classify("c1", &["T"], [("a", "T"), ("b", "T"), ("c", "T")]);
    for (place, value) in ["a", "b", "c"].into_iter().zip(base) {
        house.world.state(place, measure, "2020", value);
    }
    house
}

fn close(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() <= 1e-12 * expected.abs())
}

#[tokio::test]
async fn the_thresholds_of_the_worked_example_come_out() {
    let mut house = three_places("p_measure", [40.0, 60.0, 80.0]).await;
    for (place, value) in [("a", 0.0), ("b", 2.0), ("c", 5.0)] {
        house.world.state(place, "q_measure", "2020", value);
    }
    let set = house.draw(drawing("d1")).await.unwrap();
    let p = house.threshold(&set.id, "P").await;
    assert_eq!(p.status(), ThresholdStatus::Ok);
    assert!(close(p.lower, 36.0) && close(p.upper, 88.0), "{p:?}");
    let q = house.threshold(&set.id, "Q").await;
    assert!(close(q.lower, 0.0) && close(q.upper, 5.5), "{q:?}");
}

#[tokio::test]
async fn an_indicator_that_does_not_differ_is_degenerate_and_has_no_figures() {
    let mut house = three_places("y_measure", [1.0, 1.0, 1.0]).await;
    let set = house.draw(drawing("d1")).await.unwrap();
    let y = house.threshold(&set.id, "Y").await;
    assert_eq!((y.status(), y.lower, y.upper), (ThresholdStatus::Degenerate, None, None));
    assert_eq!((y.base_values, y.sample_size), (3, 3));
}

#[tokio::test]
async fn yes_and_no_run_from_0_to_1_1() {
    let mut house = three_places("y_measure", [0.0, 1.0, 1.0]).await;
    let set = house.draw(drawing("d1")).await.unwrap();
    let y = house.threshold(&set.id, "Y").await;
    assert!(close(y.lower, 0.0) && close(y.upper, 1.1), "{y:?}");
}

#[tokio::test]
async fn an_indicator_without_any_base_value_is_listed_as_without_data() {
    let mut house = three_places("p_measure", [40.0, 60.0, 80.0]).await;
    house.world.classify("c1", &["T", "EMPTY"], [("a", "T"), ("b", "T"), ("c", "T")]);
    let set = house.draw(drawing("d1")).await.unwrap();
    let thresholds = house.all_thresholds(&set.id, 2).await;
    let rows: Vec<(&str, &str, ThresholdStatus, u64)> = thresholds
        .iter()
        .map(|row| (row.r#type.as_str(), row.leaf.as_str(), row.status(), row.base_values))
        .collect();
    let expected = [
        ("T", "P", ThresholdStatus::Ok, 3),
        ("T", "Q", ThresholdStatus::NoData, 0),
        ("T", "Y", ThresholdStatus::NoData, 0),
        ("EMPTY", "P", ThresholdStatus::NoData, 0),
        ("EMPTY", "Q", ThresholdStatus::NoData, 0),
        ("EMPTY", "Y", ThresholdStatus::NoData, 0),
    ];
    assert_eq!(rows, expected, "every type, in the rule set's order, and no derived leaf");
}

#[tokio::test]
async fn fixed_goalposts_need_no_data() {
    let mut house = House::in_memory().await;
    house.register("hdi", shipped("hdi-2024").unwrap()).await.unwrap();
    house.world.classify("c1", &["ALL"], [("CHE", "ALL")]);
    let request = wire::DrawThresholdSetRequest {
        catalog_id: "hdi-2024".to_owned(),
        period: "2022".to_owned(),
        ..drawing("d1")
    };
    let set = house.draw(request).await.unwrap();
    let found: Vec<_> = house
        .all_thresholds(&set.id, 1_000)
        .await
        .into_iter()
        .map(|row| (row.leaf.clone(), row.status(), row.lower, row.upper))
        .collect();
    let expected = [("LE", 20.0, 85.0), ("EYS", 0.0, 18.0), ("MYS", 0.0, 15.0), ("GNI", 100.0, 75_000.0)]
        .map(|(leaf, lower, upper)| (leaf.to_owned(), ThresholdStatus::Ok, Some(lower), Some(upper)));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_random_sample_can_be_drawn_again_by_anyone_with_sha_256() {
    let mut house = House::with_example().await;
    let commodity = (0..1_590).map(|number| (format!("小区-{number:04}"), "COMMODITY"));
    let old = (0..50).map(|number| (format!("old-{number}"), "OLD"));
    let waiting = (0..30).map(|number| (format!("waiting-{number}"), "UNCLASSIFIED"));
    house.world.classify("c1", &["OLD", "COMMODITY"], commodity.chain(old).chain(waiting));
    let seed = u64::MAX;
    let set =
        house.draw(wire::DrawThresholdSetRequest { sample: random(seed), ..drawing("d1") }).await.unwrap();
    let sizes: Vec<_> =
        set.sample_sizes.iter().map(|size| (size.r#type.as_str(), size.frame, size.members)).collect();
    assert_eq!(sizes, [("OLD", 50, 34), ("COMMODITY", 1_590, 91)]);
    assert_eq!(set.sample, random(seed));

    let first_by_hash = |mut frame: Vec<String>, size: usize| {
        frame.sort_by_cached_key(|place| {
            let mut text = seed.to_string().into_bytes();
            text.push(0);
            text.extend_from_slice(place.as_bytes());
            Sha256::digest(text).to_vec()
        });
        frame.truncate(size);
        frame.sort();
        frame
    };
    let old = first_by_hash((0..50).map(|number| format!("old-{number}")).collect(), 34);
    let commodity = first_by_hash((0..1_590).map(|number| format!("小区-{number:04}")).collect(), 91);
    let expected: Vec<(String, String)> = (old.into_iter().map(|place| ("OLD".to_owned(), place)))
        .chain(commodity.into_iter().map(|place| ("COMMODITY".to_owned(), place)))
        .collect();
    assert_eq!(house.all_members(&set.id, 40).await, expected);
}

#[tokio::test]
async fn only_the_sample_sets_the_thresholds_of_its_type() {
    let mut house = House::with_example().await;
    let places = [("a", "T"), ("b", "T"), ("far", "T"), ("other", "U"), ("wild", "UNCLASSIFIED")];
    house.world.classify("c1", &["T", "U"], places);
    for (place, value) in [("a", 10.0), ("b", 20.0), ("far", 100.0), ("other", 50.0), ("wild", 99.0)] {
        house.world.state(place, "p_measure", "2020", value);
    }
    let request = wire::DrawThresholdSetRequest { sample: members(&["b", "a", "b"]), ..drawing("d1") };
    let set = house.draw(request).await.unwrap();
    let sizes: Vec<_> =
        set.sample_sizes.iter().map(|size| (size.r#type.as_str(), size.frame, size.members)).collect();
    assert_eq!(sizes, [("T", 3, 2), ("U", 1, 0)]);
    assert_eq!(set.sample, members(&[]), "the members are listed, not repeated");
    let p = house.threshold(&set.id, "P").await;
    assert!(close(p.lower, 9.0) && close(p.upper, 22.0), "{p:?}");
}

#[tokio::test]
async fn every_named_place_without_a_type_is_named_back() {
    let mut house = House::with_example().await;
    house.world.classify("c1", &["T"], [("a", "T"), ("wild", "UNCLASSIFIED")]);
    let sample = members(&["nobody", "a", "wild"]);
    let refusal = house.draw(wire::DrawThresholdSetRequest { sample, ..drawing("d1") }).await.unwrap_err();
    assert_eq!(
        (refusal.code, refusal.reason.as_str()),
        (Code::InvalidArgument, "SAMPLE_MEMBER_WITHOUT_TYPE")
    );
    let found: Vec<(&str, &str)> = refusal
        .violations
        .iter()
        .map(|violation| (violation.field.as_str(), violation.text.as_str()))
        .collect();
    let expected = [
        ("sample.members.place_ids[0]", "分类结果中没有地点 nobody"),
        ("sample.members.place_ids[2]", "地点 wild 未分类"),
    ];
    assert_eq!(found, expected);
    assert!(house.all_sets(10).await.is_empty());
}

#[tokio::test]
async fn every_fault_of_a_request_is_named_at_once() {
    let mut house = House::with_example().await;
    let refusal = house.draw(wire::DrawThresholdSetRequest::default()).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));
    let fields: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["request_id", "catalog_id", "classification_id", "period", "sample.choice"]);
    let sample = members(&[]);
    let empty = house.draw(wire::DrawThresholdSetRequest { sample, ..drawing("d1") }).await.unwrap_err();
    assert_eq!(empty.violations[0].field, "sample.members.place_ids");
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let mut house = three_places("p_measure", [1.0, 2.0, 3.0]).await;
    let mut refused = async |request| {
        let refusal = house.draw(request).await.unwrap_err();
        (refusal.code, refusal.reason)
    };
    let request = |change: fn(&mut wire::DrawThresholdSetRequest)| {
        let mut request = drawing("d1");
        change(&mut request);
        request
    };
    let catalog = refused(request(|request| request.catalog_id = "none".to_owned())).await;
    assert_eq!(catalog, (Code::NotFound, "CATALOG_NOT_FOUND".to_owned()));
    let version = refused(request(|request| request.catalog_version = "9".to_owned())).await;
    assert_eq!(version, (Code::NotFound, "CATALOG_NOT_FOUND".to_owned()));
    let classification = refused(request(|request| request.classification_id = "none".to_owned())).await;
    assert_eq!(classification, (Code::NotFound, "CLASSIFICATION_NOT_FOUND".to_owned()));
    let position = refused(request(|request| request.as_of_position = Some(2))).await;
    assert_eq!(position, (Code::OutOfRange, "POSITION_NOT_REACHED".to_owned()));
    let set = house.set("none").await.unwrap_err();
    assert_eq!((set.code, set.reason.as_str()), (Code::NotFound, "THRESHOLD_SET_NOT_FOUND"));
}
