//! Outliers treated and gaps filled before values are normalised. Source: specification page 1, section 1.9.

use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::treatment::Kind;
use xiuhua_service_kit::testing::{TemporaryDatabase, temporary_postgres};

use crate::house::{EXAMPLE, House, drawing, every_backend, members};
use crate::world::World;

/// The example with keys of its own for the leaf P.
fn example(keys: &str) -> String {
    EXAMPLE.replace("measure = \"p_measure\"", &format!("measure = \"p_measure\"\n{keys}"))
}

/// Twelve sampled places of one type: ten ordinary ones, one far out, one out of all bounds; in 2021 all but the first
/// have the value of the one before.
fn populate(world: &World) {
    let places = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    world.classify("c1", &["T"], places.map(|place| (place, "T")));
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 30.0, 100.0];
    for (place, value) in places.into_iter().zip(values) {
        world.state(place, "p_measure", "2020", value);
    }
    for (place, value) in places.into_iter().skip(1).zip(values) {
        world.state(place, "p_measure", "2021", value);
    }
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
}

fn column<'a>(reading: &'a crate::house::Reading, leaf: &str, period: &str) -> &'a wire::ValueColumn {
    reading.columns.iter().find(|column| column.leaf == leaf && column.period == period).unwrap()
}

#[tokio::test]
async fn an_outlier_is_winsorised_and_the_treatment_is_kept_with_the_thresholds() {
    for mut house in every_backend().await {
        populate(&house.world);
        house.register("r1", &example("treat = { share = 0.25 }")).await.unwrap();
        let set = house.draw(drawing("d1")).await.unwrap();
        let p = house.threshold(&set.id, "P").await;
        assert!(close(p.lower.unwrap(), 0.9) && close(p.upper.unwrap(), 33.0), "{p:?}");
        let expected = wire::Winsorised { lower: None, upper: Some(30.0), low_points: 0, high_points: 1 };
        assert_eq!(p.treatment.and_then(|treatment| treatment.kind), Some(Kind::Winsorised(expected)));
        assert_eq!(house.threshold(&set.id, "Q").await.treatment, None);

        // A later value far out counts as the limit, under the same set.
        house.world.correct(2, "a", "p_measure", "2022", 500.0);
        let reading = house.values(&set.id, &["2020", "2022"]).await;
        let (value, uncapped, _) = reading.cell("l", "P", "2020").unwrap();
        assert!(close(value, 100.0) && close(uncapped, 29.1 / 32.1), "the value is shown as it came");
        assert!(close(reading.cell("a", "P", "2022").unwrap().1, 29.1 / 32.1));
    }
}

#[tokio::test]
async fn what_winsorising_does_not_cure_is_taken_the_logarithm_of() {
    for mut house in every_backend().await {
        populate(&house.world);
        house.register("r1", &example("treat = {}")).await.unwrap();
        let set = house.draw(drawing("d1")).await.unwrap();
        let p = house.threshold(&set.id, "P").await;
        assert!(close(p.lower.unwrap(), 0.9) && close(p.upper.unwrap(), 110.0), "{p:?}");
        let Some(Kind::Logarithm(found)) = p.treatment.and_then(|treatment| treatment.kind) else {
            panic!("no logarithm")
        };
        assert!(close(found.origin, 0.01) && !found.mirrored);
        let z = house.values(&set.id, &["2020"]).await.cell("k", "P", "2020").unwrap().1;
        let expected = (libm_ln(29.99) - libm_ln(0.89)) / (libm_ln(109.99) - libm_ln(0.89));
        assert!(close(z, expected), "{z} is not {expected}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the platform's own logarithm checks libm's to twelve digits")]
fn libm_ln(value: f64) -> f64 {
    value.ln()
}

#[tokio::test]
async fn a_treatment_is_there_after_a_restart() {
    let database = TemporaryDatabase::new();
    for url in [database.url(), temporary_postgres().await] {
        let world = World::default();
        populate(&world);
        let mirrored = "treat = { force_log = true }";
        let (set, before) = {
            let mut house = House::over(&url, world.clone()).await;
            house.register("r1", &example(mirrored)).await.unwrap();
            let set = house.draw(drawing("d1")).await.unwrap();
            let before = house.all_thresholds(&set.id, 0).await;
            (set, before)
        };
        let mut house = House::over(&url, world).await;
        assert_eq!(house.all_thresholds(&set.id, 0).await, before);
        assert!(before.iter().any(|threshold| threshold.treatment.is_some()));
    }
}

#[tokio::test]
async fn a_gap_is_filled_with_the_last_value_and_says_so() {
    let mut house = House::in_memory().await;
    populate(&house.world);
    house.register("r1", &example("impute = \"last\"")).await.unwrap();
    let set = house.draw(drawing("d1")).await.unwrap();
    let reading = house.values(&set.id, &["2021"]).await;
    assert!(close(reading.cell("a", "P", "2021").unwrap().0, 1.0));
    let expected = wire::Imputation {
        entry: 0,
        method: wire::ImputationMethod::Last.into(),
        earlier_period: "2020".to_owned(),
        earlier_value: Some(1.0),
        ..wire::Imputation::default()
    };
    assert_eq!(column(&reading, "P", "2021").imputed, [expected]);
    let delivered = house.values(&set.id, &["2020"]).await;
    assert!(column(&delivered, "P", "2020").imputed.is_empty());
}

#[tokio::test]
async fn a_gap_is_filled_the_same_whatever_else_is_read() {
    let mut house = House::in_memory().await;
    populate(&house.world);
    for (period, value) in [("2018", 10.0), ("2022", 30.0)] {
        house.world.state("a", "q_measure", period, value);
    }
    let keys = "impute = { method = \"linear\", reach = 3 }";
    let text = EXAMPLE.replace("measure = \"q_measure\"", &format!("measure = \"q_measure\"\n{keys}"));
    house.register("r1", &text).await.unwrap();
    let set = house.draw(drawing("d1")).await.unwrap();
    let together = house.values(&set.id, &["2022", "2017", "2021", "2019", "2025", "2026"]).await;
    let value = |period: &str| together.cell("a", "Q", period).map(|(value, _, _)| value);
    assert!(close(value("2019").unwrap(), 15.0) && close(value("2021").unwrap(), 25.0));
    assert!(close(value("2025").unwrap(), 30.0), "the last value where nothing follows");
    assert_eq!((value("2017"), value("2026")), (None, None), "not back, and no further than three periods");
    for period in ["2017", "2019", "2021", "2025", "2026"] {
        let alone = house.values(&set.id, &[period]).await;
        assert_eq!(column(&alone, "Q", period).imputed, column(&together, "Q", period).imputed, "{period}");
    }
    let made_of = &column(&together, "Q", "2019").imputed[0];
    assert_eq!((made_of.earlier_period.as_str(), made_of.later_period.as_str()), ("2018", "2022"));
    assert_eq!((made_of.earlier_value, made_of.later_value), (Some(10.0), Some(30.0)));
}

#[tokio::test]
async fn a_median_is_that_of_the_whole_type_even_where_few_of_it_are_sampled() {
    let mut house = House::in_memory().await;
    let places = [("a", "T"), ("b", "T"), ("c", "T"), ("d", "T"), ("u", "U"), ("w", "UNCLASSIFIED")];
    house.world.classify("c1", &["T", "U"], places);
    for (place, value) in [("a", 10.0), ("b", 20.0), ("c", 60.0), ("u", 99.0)] {
        house.world.state(place, "p_measure", "2020", value);
    }
    house.register("r1", &example("impute = \"group_median\"")).await.unwrap();
    let request = wire::DrawThresholdSetRequest { sample: members(&["a", "d"]), ..drawing("d1") };
    let set = house.draw(request).await.unwrap();
    let p = house.threshold(&set.id, "P").await;
    assert_eq!(p.base_values, 2, "the gap of d is filled");
    assert!(close(p.lower.unwrap(), 9.0) && close(p.upper.unwrap(), 22.0), "{p:?}");
    let reading = house.values(&set.id, &["2020"]).await;
    assert!(close(reading.cell("d", "P", "2020").unwrap().0, 20.0));
    assert_eq!(reading.cell("w", "P", "2020"), None, "a place in no type has no median");
    let imputed = &column(&reading, "P", "2020").imputed;
    assert_eq!(imputed.len(), 1);
    assert_eq!((imputed[0].method(), imputed[0].places), (wire::ImputationMethod::GroupMedian, 3));
}

#[tokio::test]
async fn gaps_are_filled_from_what_was_on_record_at_the_position() {
    let mut house = House::in_memory().await;
    populate(&house.world);
    house.register("r1", &example("impute = \"last\"")).await.unwrap();
    let set = house.draw(drawing("d1")).await.unwrap();
    house.world.correct(2, "a", "p_measure", "2020", 7.0);
    let read = |as_of_position| wire::ReadValuesRequest {
        threshold_set_id: set.id.clone(),
        periods: vec!["2021".to_owned()],
        as_of_position,
        ..wire::ReadValuesRequest::default()
    };
    let then = house.read(read(Some(1))).await.unwrap();
    let now = house.read(read(None)).await.unwrap();
    assert!(close(then.cell("a", "P", "2021").unwrap().0, 1.0));
    assert!(close(now.cell("a", "P", "2021").unwrap().0, 7.0));
}

#[tokio::test]
async fn a_period_without_any_record_is_no_base_though_its_gaps_could_be_filled() {
    let mut house = House::in_memory().await;
    house.world.classify("c1", &["T"], [("a", "T"), ("b", "T")]);
    for (place, period, value) in [("a", "2018", 10.0), ("b", "2018", 20.0), ("a", "2020", 40.0)] {
        house.world.state(place, "p_measure", period, value);
    }
    house.register("r1", &example("impute = \"last\"")).await.unwrap();
    let set = house.draw(drawing("d1")).await.unwrap();
    assert_eq!(set.base_periods, ["2018", "2020"]);
    let p = house.threshold(&set.id, "P").await;
    // a: 10 and 40; b: 20 and, filled, 20 again. Nothing of 2019.
    assert!(close(p.lower.unwrap(), 18.0) && close(p.upper.unwrap(), 27.5), "{p:?}");
    assert_eq!(p.short_base_values, 2);
}

#[tokio::test]
async fn a_catalog_shows_what_is_done_to_its_values() {
    let mut house = House::in_memory().await;
    let keys = "treat = { force_high = 1 }\nimpute = { method = \"linear\", reach = 5 }";
    let catalog = house.register("r1", &example(keys)).await.unwrap();
    let item = |code: &str| catalog.items.iter().find(|item| item.code == code).unwrap().clone();
    let p = item("P");
    assert_eq!((p.treat.as_str(), p.impute(), p.impute_reach), ("FORCED", wire::ImputationMethod::Linear, 5));
    let q = item("Q");
    assert_eq!((q.treat.as_str(), q.impute()), ("", wire::ImputationMethod::Unspecified));
}
