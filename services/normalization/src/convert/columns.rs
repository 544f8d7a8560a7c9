//! The stream of values: its request, the place axis, the columns.

use std::collections::HashSet;

use xiuhua_contracts::measure::v1::TextColumn;
use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::read_values_response::Part;
use xiuhua_service_kit::status::{InvalidRequest, Violations};

use super::imputations::Around;
use super::threshold_sets::{period, set_id};
use crate::domain::id::{ClassificationId, PlaceId, ThresholdSetId};
use crate::domain::period::Period;
use crate::domain::place_types::{PlaceTypes, UNCLASSIFIED};
use crate::domain::rolling::RolledLeaf;
use crate::domain::values::{Cell, Column};

/// Most periods of one request.
const MOST_PERIODS: usize = 64;
/// Most places of one message, and most bytes of their ids: ids may be long, a message may not.
const PLACES_A_MESSAGE: usize = 10_000;
const ID_BYTES_A_MESSAGE: usize = 2 * 1024 * 1024;
/// Most values of one message: 32 bytes each, so well below a message's 4 MiB.
pub(super) const VALUES_A_MESSAGE: usize = 50_000;
/// The same where some were imputed: a hundred bytes each, should it be all of them.
const IMPUTED_VALUES_A_MESSAGE: usize = 20_000;

/// What a request for values asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValuesRequest {
    /// The thresholds.
    pub(crate) set: ThresholdSetId,
    /// The types; `None` for the set's own.
    pub(crate) classification: Option<ClassificationId>,
    /// The periods, distinct.
    pub(crate) periods: Vec<Period>,
    /// `None` for now.
    pub(crate) as_of_position: Option<u64>,
}

/// Reads a request for values.
pub(crate) fn values_request(request: &wire::ReadValuesRequest) -> Result<ValuesRequest, InvalidRequest> {
    let mut faults = Violations::new();
    let set = faults.keep(set_id("threshold_set_id", &request.threshold_set_id));
    faults.check(
        request.periods.len() <= MOST_PERIODS,
        "periods",
        format!("最多 {MOST_PERIODS} 个期次"),
        format!("must be at most {MOST_PERIODS}"),
    );
    let mut seen = HashSet::new();
    let mut periods = Vec::new();
    for (at, text) in request.periods.iter().take(MOST_PERIODS).enumerate() {
        let field = format!("periods[{at}]");
        faults.check(seen.insert(text), field.as_str(), "重复", "is repeated");
        periods.extend(faults.keep(period(&field, text)));
    }
    faults.into_result()?;
    Ok(ValuesRequest {
        set: set.expect("a set that is not there was noted as a fault"),
        classification: super::given(&request.classification_id).map(ClassificationId::new),
        periods,
        as_of_position: request.as_of_position,
    })
}

/// The place axis in bounded messages; one message without places where there are none.
pub(crate) fn place_messages(places: &PlaceTypes) -> Vec<wire::ReadValuesResponse> {
    let mut dictionary = places.types().to_vec();
    dictionary.push(UNCLASSIFIED.to_owned());
    let unclassified = places.types().len();
    let index: Vec<u32> = places.type_at().iter().map(|at| position(at.unwrap_or(unclassified))).collect();
    let stretch = |range: std::ops::Range<usize>| wire::ReadValuesResponse {
        part: Some(Part::Places(wire::TypedPlaces {
            ids: places.places()[range.clone()].iter().map(PlaceId::to_string).collect(),
            r#type: Some(TextColumn { dictionary: dictionary.clone(), index: index[range].to_vec() }),
            places_total: places.places().len() as u64,
        })),
    };
    stretches(places.places()).into_iter().map(stretch).collect()
}

fn stretches(places: &[PlaceId]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, place) in places.iter().enumerate() {
        let length = place.as_str().len();
        if at - start == PLACES_A_MESSAGE || (at > start && bytes + length > ID_BYTES_A_MESSAGE) {
            found.push(start..at);
            (start, bytes) = (at, 0);
        }
        bytes += length;
    }
    found.push(start..places.len());
    found
}

/// A column in bounded messages; one message without values where there are none. `rolled` says what its values are made
/// of, where its measure rolls.
pub(crate) fn column_messages(
    period: &Period,
    column: &Column,
    rolled: Option<&RolledLeaf>,
) -> Vec<wire::ReadValuesResponse> {
    let message = |cells: &[Cell], imputed| wire::ReadValuesResponse {
        part: Some(Part::Column(wire::ValueColumn {
            leaf: column.leaf.clone(),
            period: period.to_string(),
            place: cells.iter().map(|cell| position(cell.place)).collect(),
            value: cells.iter().map(|cell| cell.value).collect(),
            z_uncapped: cells.iter().map(|cell| cell.scaled.map_or(f64::NAN, |scaled| scaled.raw)).collect(),
            z: cells.iter().map(|cell| cell.scaled.map_or(f64::NAN, |scaled| scaled.capped)).collect(),
            imputed,
            rolled_on_record: rolled
                .map(|rolled| cells.iter().map(|cell| rolled.on_record[cell.place]).collect())
                .unwrap_or_default(),
            rolled_window: rolled.map_or(0, |rolled| rolled.window),
        })),
    };
    if column.cells.is_empty() {
        return vec![message(&[], Vec::new())];
    }
    if column.fillings.is_empty() {
        return column.cells.chunks(VALUES_A_MESSAGE).map(|cells| message(cells, Vec::new())).collect();
    }
    let around = Around::of(period, &column.fillings);
    let chunks = column.cells.chunks(IMPUTED_VALUES_A_MESSAGE);
    chunks.map(|cells| message(cells, around.imputations(cells, &column.fillings))).collect()
}

pub(super) fn position(at: usize) -> u32 {
    u32::try_from(at).expect("an axis of four billion places does not fit into memory")
}

#[cfg(test)]
mod tests {
    use xiuhua_indicators::imputation::{Filling, FillingSource, Neighbour};

    use super::*;

    fn places(ids: impl Iterator<Item = String>) -> Vec<PlaceId> {
        ids.map(PlaceId::new).collect()
    }

    #[test]
    fn the_axis_is_cut_by_number_and_by_bytes_without_a_gap() {
        assert!(stretches(&[]).iter().eq([&(0..0)]), "an axis without places is still said");
        let short = places((0..25_000).map(|number| number.to_string()));
        assert_eq!(stretches(&short), [0..10_000, 10_000..20_000, 20_000..25_000]);
        let long = places((0..9_000).map(|number| format!("{number:0>400}")));
        let found = stretches(&long);
        assert_eq!(found, [0..5_242, 5_242..9_000]);
    }

    #[test]
    fn a_long_column_comes_in_several_messages_and_an_empty_one_in_one() {
        let period = Period::parse("2021").unwrap();
        let cells = (0..120_000).map(|place| Cell { place, value: 1.0, scaled: None }).collect();
        let column = |cells| Column { leaf: "L".to_owned(), cells, fillings: Vec::new() };
        let messages = column_messages(&period, &column(cells), None);
        let lengths: Vec<usize> = messages
            .iter()
            .map(|message| match &message.part {
                Some(Part::Column(column)) => column.place.len(),
                _ => 0,
            })
            .collect();
        assert_eq!(lengths, [50_000, 50_000, 20_000]);
        assert!(messages.iter().all(|message| prost::Message::encoded_len(message) < 4 * 1024 * 1024));
        let empty = column_messages(&period, &column(Vec::new()), None);
        assert_eq!(empty.len(), 1);
    }

    #[test]
    fn a_column_with_nothing_but_imputed_values_stays_within_a_message() {
        let period = Period::parse("2021-12-31").unwrap();
        let neighbour = |distance| Neighbour { distance, value: 0.1 };
        let source = FillingSource::Linear { earlier: neighbour(12), later: neighbour(12) };
        let cells = (0..45_000).map(|place| Cell { place, value: 1.0, scaled: None }).collect();
        let fillings = (0..45_000).map(|place| Filling { place, value: 1.0, source }).collect();
        let messages = column_messages(&period, &Column { leaf: "L".to_owned(), cells, fillings }, None);
        assert!(messages.iter().all(|message| prost::Message::encoded_len(message) < 4 * 1024 * 1024));
        let entries: Vec<Vec<u32>> = messages
            .iter()
            .map(|message| match &message.part {
                Some(Part::Column(column)) => column.imputed.iter().map(|imputed| imputed.entry).collect(),
                _ => Vec::new(),
            })
            .collect();
        let all = |count: u32| (0..count).collect::<Vec<_>>();
        assert_eq!(entries, [all(20_000), all(20_000), all(5_000)]);
    }
}
