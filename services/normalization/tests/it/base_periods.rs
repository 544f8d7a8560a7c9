//! Which periods the base values come from. Source: specification page 1, section 1.4, point 2.

use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::{Threshold, ThresholdSet, ThresholdStatus};

use crate::house::{House, drawing};

/// Draws by census from places `a`, `b`, … of one type; each statement is a place, a period and a value of P.
async fn drawn(period: &str, statements: &[(&str, &str, f64)]) -> (ThresholdSet, Threshold) {
    let mut house = House::with_example().await;
    house.world.classify("c1", &["T"], [("a", "T"), ("b", "T"), ("w", "UNCLASSIFIED")]);
    for (place, period, value) in statements {
        house.world.state(place, "p_measure", period, *value);
    }
    let request = wire::DrawThresholdSetRequest { period: period.to_owned(), ..drawing("d1") };
    let set = house.draw(request).await.unwrap();
    let threshold = house.threshold(&set.id, "P").await;
    (set, threshold)
}

fn ends(threshold: &Threshold) -> [f64; 2] {
    [threshold.lower.unwrap(), threshold.upper.unwrap()].map(|end| (end * 1e9).round() / 1e9)
}

#[tokio::test]
async fn the_base_is_the_mean_of_the_three_periods_before() {
    let (set, p) = drawn(
        "2021",
        &[
            ("a", "2017", 99.0),
            ("a", "2018", 10.0),
            ("a", "2019", 20.0),
            ("a", "2020", 60.0),
            ("a", "2021", 99.0),
            ("b", "2018", 40.0),
            ("b", "2019", 50.0),
            ("b", "2020", 60.0),
        ],
    )
    .await;
    assert_eq!(set.base_periods, ["2018", "2019", "2020"]);
    assert_eq!(ends(&p), [27.0, 55.0], "means 30 and 50, extended by a tenth");
    assert_eq!((p.base_values, p.short_base_values, p.sample_size), (2, 0, 2));
}

#[tokio::test]
async fn a_place_with_fewer_periods_has_the_mean_of_those_and_counts_as_short() {
    let (set, p) = drawn("2021", &[("a", "2019", 10.0), ("a", "2020", 30.0), ("b", "2020", 40.0)]).await;
    assert_eq!(set.base_periods, ["2019", "2020"], "only periods on record");
    assert_eq!(ends(&p), [18.0, 44.0]);
    assert_eq!((p.base_values, p.short_base_values), (2, 2));
}

#[tokio::test]
async fn a_place_without_an_earlier_period_has_no_base_value() {
    let (set, p) = drawn("2021", &[("a", "2020", 30.0), ("b", "2021", 99.0)]).await;
    assert_eq!(set.base_periods, ["2020"]);
    assert_eq!((p.status(), p.base_values, p.sample_size), (ThresholdStatus::Degenerate, 1, 2));
}

#[tokio::test]
async fn where_nobody_has_an_earlier_period_the_base_is_the_assessed_one() {
    let (set, p) = drawn("2021", &[("a", "2021", 20.0), ("b", "2021", 40.0)]).await;
    assert_eq!(set.base_periods, ["2021"]);
    assert_eq!(ends(&p), [18.0, 44.0]);
    assert_eq!((p.base_values, p.short_base_values), (2, 0));
}

#[tokio::test]
async fn an_earlier_record_of_any_place_keeps_the_base_in_the_past() {
    let (set, p) = drawn("2021", &[("a", "2021", 20.0), ("b", "2021", 40.0), ("w", "2019", 5.0)]).await;
    assert_eq!(set.base_periods, ["2019"]);
    assert_eq!((p.status(), p.base_values), (ThresholdStatus::NoData, 0));
}

#[tokio::test]
async fn months_and_days_have_windows_of_their_own_length() {
    let months =
        [("a", "2020-11", 10.0), ("a", "2020-12", 20.0), ("b", "2021-01", 40.0), ("b", "2020", 99.0)];
    let (set, p) = drawn("2021-02", &months).await;
    assert_eq!(set.base_periods, ["2020-11", "2020-12", "2021-01"]);
    assert_eq!(ends(&p), [13.5, 44.0]);
    let days = [("a", "2024-02-29", 10.0), ("b", "2024-02-27", 20.0), ("b", "2024-02-26", 99.0)];
    let (set, p) = drawn("2024-03-01", &days).await;
    assert_eq!(set.base_periods, ["2024-02-27", "2024-02-29"]);
    assert_eq!(ends(&p), [9.0, 22.0]);
}

#[tokio::test]
async fn a_set_rests_on_the_position_it_names() {
    let mut house = House::with_example().await;
    house.world.classify("c1", &["T"], [("a", "T"), ("b", "T")]);
    house.world.state("a", "p_measure", "2020", 20.0);
    house.world.state("b", "p_measure", "2020", 40.0);
    house.world.correct(2, "b", "p_measure", "2020", 80.0);
    let then = wire::DrawThresholdSetRequest { as_of_position: Some(1), ..drawing("then") };
    let then = house.draw(then).await.unwrap();
    let now = house.draw(drawing("now")).await.unwrap();
    assert_eq!((then.as_of_position, now.as_of_position), (1, 2));
    assert_eq!(ends(&house.threshold(&then.id, "P").await), [18.0, 44.0]);
    assert_eq!(ends(&house.threshold(&now.id, "P").await), [18.0, 88.0]);
}
