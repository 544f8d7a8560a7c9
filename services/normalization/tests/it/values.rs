//! Dimensionless values by column. Source: specification page 1, sections 1.5 and 1.10.

use tonic::{Code, Status};
use xiuhua_contracts::normalization::v1 as wire;

use crate::house::{House, drawing};

/// The sample of the worked example, and places to be measured by it.
async fn worked_example() -> (House, String) {
    let mut house = House::with_example().await;
    let sampled = [("a", "T"), ("b", "T"), ("c", "T")];
    house.world.classify("c1", &["T"], sampled);
    let base = [("a", 40.0, 0.0, 0.0), ("b", 60.0, 2.0, 1.0), ("c", 80.0, 5.0, 1.0)];
    for (place, p, q, y) in base {
        house.world.state(place, "p_measure", "2020", p);
        house.world.state(place, "q_measure", "2020", q);
        house.world.state(place, "y_measure", "2020", y);
    }
    let set = house.draw(drawing("d1")).await.unwrap();
    house.world.state("a", "p_measure", "2021", 62.0);
    house.world.state("a", "q_measure", "2021", 1.1);
    house.world.state("a", "y_measure", "2021", 1.0);
    house.world.state("b", "p_measure", "2021", 95.0);
    house.world.state("b", "y_measure", "2021", 0.0);
    house.world.state("c", "p_measure", "2021", 10.0);
    (house, set.id)
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12
}

#[tokio::test]
async fn the_dimensionless_values_of_the_worked_example_come_out() {
    let (mut house, set) = worked_example().await;
    let reading = house.values(&set, &["2021"]).await;
    let z = |place, leaf| reading.cell(place, leaf, "2021").unwrap();
    let (value, uncapped, capped) = z("a", "P");
    assert!(close(value, 62.0) && close(uncapped, 0.5) && close(capped, 0.5));
    assert!(close(z("a", "Q").2, 0.8), "an inverse indicator is turned");
    assert!(close(z("a", "Y").2, 1.0 / 1.1) && close(z("b", "Y").2, 0.0));
    let (_, uncapped, capped) = z("b", "P");
    assert!(close(uncapped, 59.0 / 52.0) && close(capped, 1.0), "capped at 1, the rest is kept beside it");
    let (_, uncapped, capped) = z("c", "P");
    assert!(close(uncapped, -0.5) && close(capped, 0.0), "and floored at 0");
    assert_eq!(reading.cell("b", "Q", "2021"), None, "missing is missing");
}

#[tokio::test]
async fn columns_come_by_period_as_asked_then_in_catalog_order_without_derived_leaves() {
    let (mut house, set) = worked_example().await;
    let reading = house.values(&set, &["2021", "1999", "2020"]).await;
    let order: Vec<(&str, &str, usize)> = reading
        .columns
        .iter()
        .map(|column| (column.period.as_str(), column.leaf.as_str(), column.place.len()))
        .collect();
    let expected = [
        ("2021", "P", 3),
        ("2021", "Q", 1),
        ("2021", "Y", 2),
        ("1999", "P", 0),
        ("1999", "Q", 0),
        ("1999", "Y", 0),
        ("2020", "P", 3),
        ("2020", "Q", 3),
        ("2020", "Y", 3),
    ];
    assert_eq!(order, expected);
    assert!(reading.columns.iter().all(|column| column.place.is_sorted()));
}

#[tokio::test]
async fn a_place_without_type_or_thresholds_has_values_and_no_dimensionless_ones() {
    let (mut house, set) = worked_example().await;
    house.world.state("é", "p_measure", "2021", 50.0);
    house.world.state("Z", "p_measure", "2021", 50.0);
    let places = [("a", "T"), ("b", "UNCLASSIFIED"), ("é", "NEW"), ("Z", "T")];
    house.world.classify("c2", &["NEW", "T"], places);
    let request = wire::ReadValuesRequest {
        threshold_set_id: set,
        classification_id: "c2".to_owned(),
        periods: vec!["2021".to_owned()],
        as_of_position: None,
    };
    let reading = house.read(request).await.unwrap();
    let axis: Vec<(&str, &str)> =
        reading.types.iter().map(|(place, name)| (place.as_str(), name.as_str())).collect();
    assert_eq!(axis, [("Z", "T"), ("a", "T"), ("b", "UNCLASSIFIED"), ("é", "NEW")], "by bytes of the id");
    for place in ["b", "é"] {
        let (value, uncapped, capped) = reading.cell(place, "P", "2021").unwrap();
        assert!(value.is_finite() && uncapped.is_nan() && capped.is_nan(), "{place}");
    }
    assert!(close(reading.cell("Z", "P", "2021").unwrap().2, 14.0 / 52.0), "types are matched by name");
}

#[tokio::test]
async fn values_are_read_as_of_the_position_asked_for() {
    let (mut house, set) = worked_example().await;
    house.world.correct(2, "a", "p_measure", "2021", 88.0);
    let request = |as_of_position| wire::ReadValuesRequest {
        threshold_set_id: set.clone(),
        classification_id: String::new(),
        periods: vec!["2021".to_owned()],
        as_of_position,
    };
    let then = house.read(request(Some(1))).await.unwrap();
    let now = house.read(request(None)).await.unwrap();
    assert!(close(then.cell("a", "P", "2021").unwrap().0, 62.0));
    assert!(close(now.cell("a", "P", "2021").unwrap().2, 1.0));
    let refusal = house.read(request(Some(3))).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::OutOfRange, "POSITION_NOT_REACHED"));
}

#[tokio::test]
async fn a_reading_that_breaks_off_upstream_says_so_and_never_looks_complete() {
    let (mut house, set) = worked_example().await;
    house.world.facts().breaks_off = Some(Status::unavailable("the line is cut"));
    let request = wire::ReadValuesRequest {
        threshold_set_id: set,
        periods: vec!["2021".to_owned()],
        ..Default::default()
    };
    let refusal = house.read(request).await.unwrap_err();
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "UPSTREAM_UNAVAILABLE"));
}

#[tokio::test]
async fn every_fault_of_a_reading_is_named_at_once() {
    let (mut house, set) = worked_example().await;
    let periods = ["2021", "21", "2021"].map(str::to_owned).to_vec();
    let request = wire::ReadValuesRequest { periods, ..Default::default() };
    let refusal = house.read(request).await.unwrap_err();
    let fields: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["threshold_set_id", "periods[1]", "periods[2]"]);
    let many = (1900..1965).map(|year| year.to_string()).collect();
    let request = wire::ReadValuesRequest { threshold_set_id: set, periods: many, ..Default::default() };
    assert_eq!(house.read(request).await.unwrap_err().violations[0].field, "periods");
}
