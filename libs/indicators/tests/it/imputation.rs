//! Imputation: every choice by hand, an independent slow reading, and laws.

use proptest::prelude::*;
use xiuhua_indicators::assess::members_by_type;
use xiuhua_indicators::catalog::{Catalog, Impute};
use xiuhua_indicators::column::Column;
use xiuhua_indicators::imputation::{Filling, FillingSource, Imputed, Neighbour, impute_periods};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::Table;

/// One observed leaf and one derived.
fn catalog(impute: &str) -> Catalog {
    let text = format!(
        r#"
id = "gaps"
version = "1"
title = {{ zh = "缺失", en = "Gaps" }}
scale = 100
defaults = {{ direction = "positive", impute = {impute} }}
node = [
    {{ code = "R", name = {{ zh = "根", en = "Root" }} }},
    {{ code = "A", name = {{ zh = "甲", en = "A" }}, parent = "R", points = 50 }},
    {{ code = "D", name = {{ zh = "丁", en = "D" }}, parent = "R", points = 50 }},
]
leaf = [
    {{ code = "A1", name = {{ zh = "一", en = "One" }}, parent = "A", measure = "m" }},
    {{ code = "D1", name = {{ zh = "变", en = "Change" }}, parent = "D", change_of = "A" }},
]
measure = [{{ id = "m", name = {{ zh = "量", en = "M" }}, unit = "%", bounds = "( , )" }}]
"#
    );
    Catalog::parse(&text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Periods of values, place by place.
fn tables(periods: &[Vec<Option<f64>>]) -> Vec<Table> {
    let table = |values: &Vec<Option<f64>>| {
        let places = values.len();
        Table::from_columns(places, vec![values.clone().into(), Column::missing(places)]).unwrap()
    };
    periods.iter().map(table).collect()
}

fn imputed(impute: &str, types: &[Option<usize>], periods: &[Vec<Option<f64>>]) -> Vec<Imputed> {
    let catalog = catalog(impute);
    let outline = Outline::of(&catalog);
    let members = members_by_type(types, 2).unwrap();
    let tables = tables(periods);
    impute_periods(&outline, &members, &tables.iter().collect::<Vec<_>>()).unwrap()
}

/// The observed leaf of a period.
fn values(imputed: &Imputed) -> Vec<Option<f64>> {
    (0..imputed.values.places()).map(|place| imputed.values.row(place)[0]).collect()
}

#[test]
fn the_median_is_that_of_the_type_in_the_same_period() {
    let types = [Some(0), Some(0), Some(0), Some(1), Some(1), None, Some(0)];
    let period = vec![Some(1.0), Some(9.0), None, Some(50.0), None, None, Some(4.0)];
    let found = imputed("\"group_median\"", &types, &[period, vec![None; 7]]);
    let expected = vec![Some(1.0), Some(9.0), Some(4.0), Some(50.0), Some(50.0), None, Some(4.0)];
    assert_eq!(values(&found[0]), expected, "a place in no type takes no median");
    let sources: Vec<Filling> = found[0].fillings[0].clone();
    let of = |place, value, places| Filling { place, value, source: FillingSource::GroupMedian { places } };
    assert_eq!(sources, [of(2, 4.0, 3), of(4, 50.0, 1)]);
    assert_eq!(values(&found[1]), vec![None; 7], "there is no median of nothing");
}

#[test]
fn the_median_of_an_even_number_is_the_middle_of_two() {
    let found =
        imputed("\"group_median\"", &[Some(0); 5], &[vec![Some(1.0), Some(2.0), Some(7.0), Some(8.0), None]]);
    assert_eq!(values(&found[0])[4], Some(4.5));
}

#[test]
fn the_last_value_reaches_so_far_and_no_further() {
    let periods = [Some(5.0), None, None, None, None].map(|value| vec![value]);
    let found = imputed("{ method = \"last\", reach = 2 }", &[None], &periods);
    let values: Vec<_> = found.iter().map(|period| values(period)[0]).collect();
    assert_eq!(values, [Some(5.0), Some(5.0), Some(5.0), None, None], "what was filled fills nothing");
    let far = FillingSource::Last(Neighbour { distance: 2, value: 5.0 });
    assert_eq!(found[2].fillings[0], [Filling { place: 0, value: 5.0, source: far }]);
    let back = imputed("\"last\"", &[None], &[vec![None], vec![Some(5.0)]]);
    assert_eq!(back[0].values.row(0)[0], None, "nothing is carried back");
}

#[test]
fn between_two_values_lies_a_straight_line_and_behind_the_last_one_the_last() {
    let periods = [None, Some(2.0), None, None, Some(8.0), None].map(|value| vec![value]);
    let found = imputed("\"linear\"", &[None], &periods);
    let values: Vec<_> = found.iter().map(|period| values(period)[0]).collect();
    assert_eq!(values, [None, Some(2.0), Some(4.0), Some(6.0), Some(8.0), Some(8.0)]);
    let earlier = Neighbour { distance: 1, value: 2.0 };
    let later = Neighbour { distance: 2, value: 8.0 };
    assert_eq!(found[2].fillings[0][0].source, FillingSource::Linear { earlier, later });
    assert!(matches!(found[5].fillings[0][0].source, FillingSource::Last(_)));
    let short = imputed("{ method = \"linear\", reach = 1 }", &[None], &periods);
    assert_eq!(short[3].values.row(0)[0], None, "the neighbour before is two periods away");
    assert_eq!(short[2].values.row(0)[0], Some(2.0), "and so is the one after");
}

#[test]
fn derived_leaves_are_never_filled_and_nothing_is_where_the_catalog_is_silent() {
    let periods = [vec![Some(5.0), None], vec![None, None]];
    for found in imputed("\"last\"", &[Some(0); 2], &periods) {
        assert!(found.fillings[1].is_empty() && found.values.row(0)[1].is_none());
    }
    for (found, given) in imputed("\"none\"", &[Some(0); 2], &periods).iter().zip(&periods) {
        assert!(found.fillings.iter().all(Vec::is_empty));
        assert_eq!(&values(found), given);
    }
}

/// A plain reading: what stands in a cell in the end.
fn naive(
    method: &str,
    reach: usize,
    types: &[Option<usize>],
    periods: &[Vec<Option<f64>>],
    at: usize,
    place: usize,
) -> Option<f64> {
    if let Some(value) = periods[at][place] {
        return Some(value);
    }
    let mut before = None;
    for distance in 1..=reach {
        if distance <= at && before.is_none() {
            before = periods[at - distance][place].map(|value| (distance, value));
        }
    }
    let mut after = None;
    for distance in 1..=reach {
        if at + distance < periods.len() && after.is_none() {
            after = periods[at + distance][place].map(|value| (distance, value));
        }
    }
    match method {
        "group_median" => {
            let kind = types[place]?;
            let mut of_type: Vec<f64> = (0..types.len())
                .filter(|&other| types[other] == Some(kind))
                .filter_map(|other| periods[at][other])
                .collect();
            of_type.sort_by(f64::total_cmp);
            match of_type.len() {
                0 => None,
                odd if odd % 2 == 1 => Some(of_type[odd / 2]),
                even => Some((of_type[even / 2 - 1] + of_type[even / 2]) / 2.0),
            }
        }
        "last" => before.map(|(_, value)| value),
        _ => {
            let ((back, earlier), ahead) = (before?, after);
            let Some((ahead, later)) = ahead else { return Some(earlier) };
            Some(earlier + (later - earlier) * back as f64 / (back + ahead) as f64)
        }
    }
}

fn world() -> impl Strategy<Value = (Vec<Option<usize>>, Vec<Vec<Option<f64>>>)> {
    let value = proptest::option::weighted(0.5, -100.0..100.0);
    (1..8_usize, 1..8_usize).prop_flat_map(move |(places, periods)| {
        let types = proptest::collection::vec(proptest::option::weighted(0.9, 0..2_usize), places);
        (types, proptest::collection::vec(proptest::collection::vec(value.clone(), places), periods))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_choice_agrees_with_the_naive_reading((types, periods) in world(), reach in 1..5_usize) {
        for method in ["group_median", "last", "linear"] {
            let key = match method {
                "group_median" => "\"group_median\"".to_owned(),
                _ => format!("{{ method = \"{method}\", reach = {reach} }}"),
            };
            let found = imputed(&key, &types, &periods);
            for (at, period) in found.iter().enumerate() {
                for (place, value) in values(period).into_iter().enumerate() {
                    let expected = naive(method, reach, &types, &periods, at, place);
                    let same = match (value, expected) {
                        (Some(value), Some(expected)) => (value - expected).abs() < 1e-9,
                        (value, expected) => value.is_none() && expected.is_none(),
                    };
                    prop_assert!(same, "{method} of {place} in {at}: {value:?}, not {expected:?}");
                    let flagged = period.fillings[0].iter().any(|filling| filling.place == place);
                    prop_assert_eq!(flagged, value.is_some() && periods[at][place].is_none());
                }
            }
        }
    }

    #[test]
    fn what_fills_a_gap_does_not_hang_on_how_many_periods_were_given(
        (types, periods) in world(),
        reach in 1..4_usize,
    ) {
        let key = format!("{{ method = \"linear\", reach = {reach} }}");
        let whole = imputed(&key, &types, &periods);
        for at in 0..periods.len() {
            let from = at.saturating_sub(reach);
            let to = (at + reach + 1).min(periods.len());
            let part = imputed(&key, &types, &periods[from..to]);
            prop_assert_eq!(&part[at - from].fillings, &whole[at].fillings);
        }
    }

    #[test]
    fn a_filled_value_lies_between_those_it_was_made_of((types, periods) in world()) {
        for period in imputed("\"linear\"", &types, &periods) {
            for filling in &period.fillings[0] {
                if let FillingSource::Linear { earlier, later } = filling.source {
                    let (low, high) = (earlier.value.min(later.value), earlier.value.max(later.value));
                    prop_assert!((low..=high).contains(&filling.value));
                }
            }
        }
    }
}

#[test]
fn the_kinds_of_imputation_come_from_the_catalog() {
    let of = |key: &str| Outline::of(&catalog(key)).leaves().next().unwrap().impute;
    assert_eq!(of("\"none\""), Impute::None);
    assert_eq!(of("\"group_median\""), Impute::GroupMedian);
    assert_eq!(of("\"last\""), Impute::Last { reach: 3 });
    assert_eq!(of("{ method = \"linear\", reach = 12 }"), Impute::Linear { reach: 12 });
    assert_eq!(Outline::of(&catalog("\"last\"")).leaves().nth(1).unwrap().impute, Impute::None);
}
