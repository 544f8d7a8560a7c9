//! Values of twelve months from months and days, and the months themselves. Source: specification page 1, section 1.7.

use futures_util::stream::TryStreamExt;
use tonic::Code;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::read_series_response::Part;
use xiuhua_service_kit::status::explain;

use crate::house::{EXAMPLE, House, Reading, drawing};

/// The example with P a mean of months, Q a sum of months and Y the latest of days.
fn rolling_catalog() -> String {
    let rolls =
        [("p_measure", "mean", "month"), ("q_measure", "sum", "month"), ("y_measure", "latest", "day")];
    rolls.iter().fold(EXAMPLE.to_owned(), |toml, (measure, take, from)| {
        let id = format!("id = \"{measure}\"\n");
        toml.replace(&id, &format!("{id}roll = {{ take = \"{take}\", from = \"{from}\" }}\n"))
    })
}

async fn house() -> House {
    let mut house = House::in_memory().await;
    house.register("rolling", &rolling_catalog()).await.unwrap();
    house.world.classify("c1", &["T"], [("a", "T"), ("b", "T"), ("c", "T")]);
    house
}

/// States `value(month)` of the months of some years.
fn state_months(house: &House, place: &str, measure: &str, years: &[u32], value: impl Fn(u32) -> f64) {
    for year in years {
        for month in 1..=12 {
            house.world.state(place, measure, &format!("{year}-{month:02}"), value(month));
        }
    }
}

/// A set whose base is the years before 2021.
async fn set(house: &mut House) -> String {
    for (place, value) in [("a", 10.0), ("b", 30.0), ("c", 50.0)] {
        house.world.state(place, "q_measure", "2020", value);
        house.world.state(place, "p_measure", "2020", value);
        house.world.state(place, "y_measure", "2020", f64::from(u8::from(place != "a")));
    }
    house.draw(drawing("d1")).await.unwrap().id
}

/// Of how many months the value of a place is made, and how many there are.
fn made_of(reading: &Reading, place: u32, leaf: &str, period: &str) -> (u32, u32) {
    let column =
        reading.columns.iter().find(|column| column.leaf == leaf && column.period == period).unwrap();
    let row = column.place.iter().position(|at| *at == place).unwrap();
    (column.rolled_on_record[row], column.rolled_window)
}

#[tokio::test]
async fn a_year_that_was_not_delivered_is_made_of_its_months_and_one_that_was_goes_first() {
    let mut house = house().await;
    let set = set(&mut house).await;
    state_months(&house, "a", "q_measure", &[2021], f64::from);
    state_months(&house, "b", "q_measure", &[2021], |_| 2.0);
    house.world.state("b", "q_measure", "2021", 25.0);
    state_months(&house, "a", "p_measure", &[2021], f64::from);
    let reading = house.values(&set, &["2021", "2021-12"]).await;
    for period in ["2021", "2021-12"] {
        assert_eq!(reading.cell("a", "Q", period).unwrap().0, 78.0, "the sum of 1 to 12 in {period}");
        assert_eq!(reading.cell("b", "Q", period).unwrap().0, 25.0, "as delivered in {period}");
        assert_eq!(reading.cell("a", "P", period).unwrap().0, 6.5);
        assert_eq!(made_of(&reading, 0, "Q", period), (12, 12));
        assert_eq!(made_of(&reading, 1, "Q", period), (0, 12));
        assert_eq!(reading.cell("c", "Q", period), None, "neither the year nor a month");
    }
    // Dimensionless as any other value: 9 to 55 inverse.
    let (_, uncapped, _) = reading.cell("a", "Q", "2021").unwrap();
    assert!((uncapped - (55.0 - 78.0) / 46.0).abs() < 1e-12);
}

#[tokio::test]
async fn a_month_is_the_twelve_months_that_end_with_it_and_a_gap_is_said() {
    let mut house = house().await;
    let set = set(&mut house).await;
    state_months(&house, "a", "q_measure", &[2020, 2021], f64::from);
    for month in ["2021-01", "2021-02", "2021-03", "2021-04", "2021-05", "2021-06"] {
        house.world.state("b", "q_measure", month, 3.0);
    }
    house.world.state("c", "q_measure", "2021-06", 3.0);
    let reading = house.values(&set, &["2021-06"]).await;
    // July to December 2020, then January to June 2021: the same twelve numbers in another order.
    assert_eq!(reading.cell("a", "Q", "2021-06").unwrap().0, 78.0);
    assert_eq!(reading.cell("b", "Q", "2021-06").unwrap().0, 36.0, "half a year at the rate of a year");
    assert_eq!(
        (made_of(&reading, 0, "Q", "2021-06"), made_of(&reading, 1, "Q", "2021-06")),
        ((12, 12), (6, 12))
    );
    assert_eq!(reading.cell("c", "Q", "2021-06"), None, "one month of twelve is no year");
}

#[tokio::test]
async fn a_state_is_the_latest_and_that_of_a_closed_year_is_its_last_day() {
    let mut house = house().await;
    let set = set(&mut house).await;
    house.world.state("b", "y_measure", "2020-10-31", 0.0);
    house.world.state("c", "y_measure", "2021-02-28", 0.0);
    let reading = house.values(&set, &["2021-06", "2022-06"]).await;
    let state = |place, period| reading.cell(place, "Y", period).map(|cell| cell.0);
    assert_eq!(state("a", "2021-06"), Some(0.0), "nothing newer than the year 2020");
    assert_eq!(state("b", "2021-06"), Some(1.0), "the year was stated for its end, after October");
    assert_eq!(state("c", "2021-06"), Some(0.0), "and February came after it");
    assert_eq!(
        [state("a", "2022-06"), state("c", "2022-06")],
        [None, None],
        "what is older than a year is no state"
    );
}

#[tokio::test]
async fn base_years_that_came_by_the_month_set_thresholds_too() {
    let mut house = house().await;
    for (place, rate) in [("a", 1.0), ("b", 2.0), ("c", 4.0)] {
        state_months(&house, place, "q_measure", &[2018, 2019, 2020], |_| rate);
    }
    let set = house.draw(drawing("d1")).await.unwrap();
    assert_eq!(set.base_periods, ["2018", "2019", "2020"]);
    let threshold = house.threshold(&set.id, "Q").await;
    let ends = (threshold.lower.unwrap(), threshold.upper.unwrap());
    assert!((ends.0 - 10.8).abs() < 1e-9 && (ends.1 - 52.8).abs() < 1e-9, "{ends:?}");
    assert_eq!((threshold.base_values, threshold.short_base_values), (3, 0));
}

#[tokio::test]
async fn what_came_late_does_not_show_at_an_earlier_position() {
    let mut house = house().await;
    let set = set(&mut house).await;
    state_months(&house, "a", "q_measure", &[2021], |_| 1.0);
    house.world.correct(2, "a", "q_measure", "2021-03", 7.0);
    let read = |as_of_position| wire::ReadValuesRequest {
        threshold_set_id: set.clone(),
        classification_id: String::new(),
        periods: vec!["2021".to_owned()],
        as_of_position,
    };
    let value = |reading: Reading| reading.cell("a", "Q", "2021").unwrap().0;
    assert_eq!(value(house.read(read(Some(1))).await.unwrap()), 12.0);
    assert_eq!(value(house.read(read(None)).await.unwrap()), 18.0);
}

async fn series(
    house: &mut House,
    request: wire::ReadSeriesRequest,
) -> Result<(Vec<String>, Vec<wire::SeriesColumn>), xiuhua_service_kit::status::Explained> {
    let answer = house.series.read_series(request).await.map_err(|status| explain(&status))?;
    let messages: Vec<wire::ReadSeriesResponse> =
        answer.into_inner().try_collect().await.map_err(|status| explain(&status))?;
    let (mut places, mut columns) = (Vec::new(), Vec::new());
    for message in messages {
        match message.part.unwrap() {
            Part::Places(stretch) => places.extend(stretch.ids),
            Part::Column(column) => columns.push(column),
        }
    }
    Ok((places, columns))
}

#[tokio::test]
async fn months_come_one_after_another_as_they_were_delivered_and_days_as_months() {
    let mut house = house().await;
    house.world.state("a", "q_measure", "2021-01", 4.0);
    house.world.state("c", "q_measure", "2021-02", 5.0);
    house.world.state("b", "y_measure", "2021-02-03", 1.0);
    house.world.state("b", "y_measure", "2021-02-20", 0.0);
    house.world.state("a", "q_measure", "2021", 40.0);
    let request = wire::ReadSeriesRequest {
        catalog_id: "example".to_owned(),
        classification_id: "c1".to_owned(),
        months: vec!["2021-01".to_owned(), "2021-02".to_owned()],
        ..Default::default()
    };
    let (places, columns) = series(&mut house, request).await.unwrap();
    assert_eq!(places, ["a", "b", "c"]);
    let found: Vec<(&str, &str, &[u32], &[f64])> = columns
        .iter()
        .map(|it| (it.month.as_str(), it.leaf.as_str(), it.place.as_slice(), it.value.as_slice()))
        .collect();
    let expected: [(&str, &str, &[u32], &[f64]); 6] = [
        ("2021-01", "P", &[], &[]),
        ("2021-01", "Q", &[0], &[4.0]),
        ("2021-01", "Y", &[], &[]),
        ("2021-02", "P", &[], &[]),
        ("2021-02", "Q", &[2], &[5.0]),
        ("2021-02", "Y", &[1], &[0.0]),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn every_fault_of_a_reading_of_months_is_named_at_once() {
    let mut house = house().await;
    let months = ["2021", "2021-13", "2021-01", "2021-01"].map(str::to_owned).to_vec();
    let refusal =
        series(&mut house, wire::ReadSeriesRequest { months, ..Default::default() }).await.unwrap_err();
    let fields: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["catalog_id", "classification_id", "months[0]", "months[1]", "months[3]"]);
    let unknown = wire::ReadSeriesRequest {
        catalog_id: "none".to_owned(),
        classification_id: "c1".to_owned(),
        ..Default::default()
    };
    assert_eq!(series(&mut house, unknown).await.unwrap_err().code, Code::NotFound);
}
