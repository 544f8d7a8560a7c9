//! The stream of months: its request, the place axis, the columns.

use std::collections::HashSet;

use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::read_series_response::Part;
use xiuhua_contracts::normalization::v1::read_values_response::Part as ValuesPart;
use xiuhua_service_kit::status::{InvalidRequest, Violations};

use super::columns::{VALUES_A_MESSAGE, place_messages, position};
use super::threshold_sets::period;
use crate::domain::id::ClassificationId;
use crate::domain::period::Period;
use crate::domain::place_types::PlaceTypes;

/// Most months of one request.
const MOST_MONTHS: usize = 64;

/// What a request for series asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeriesRequest {
    /// The catalog.
    pub(crate) catalog_id: String,
    /// `None` for the newest.
    pub(crate) catalog_version: Option<String>,
    /// The places.
    pub(crate) classification: ClassificationId,
    /// The months, distinct.
    pub(crate) months: Vec<Period>,
    /// `None` for now.
    pub(crate) as_of_position: Option<u64>,
}

/// Reads a request for series.
pub(crate) fn series_request(request: &wire::ReadSeriesRequest) -> Result<SeriesRequest, InvalidRequest> {
    let mut faults = Violations::new();
    faults.required_text("catalog_id", &request.catalog_id);
    faults.required_text("classification_id", &request.classification_id);
    faults.check(
        request.months.len() <= MOST_MONTHS,
        "months",
        format!("最多 {MOST_MONTHS} 个月"),
        format!("must be at most {MOST_MONTHS}"),
    );
    let mut seen = HashSet::new();
    let mut months = Vec::new();
    for (at, text) in request.months.iter().take(MOST_MONTHS).enumerate() {
        let field = format!("months[{at}]");
        faults.check(seen.insert(text), field.as_str(), "重复", "is repeated");
        if let Some(month) = faults.keep(period(&field, text)) {
            faults.check(
                month.is_month(),
                field.as_str(),
                "应为月，如 2021-06",
                "is no month such as 2021-06",
            );
            months.push(month);
        }
    }
    faults.into_result()?;
    Ok(SeriesRequest {
        catalog_id: request.catalog_id.clone(),
        catalog_version: super::given(&request.catalog_version),
        classification: ClassificationId::new(request.classification_id.clone()),
        months,
        as_of_position: request.as_of_position,
    })
}

/// The place axis in bounded messages.
pub(crate) fn series_places(places: &PlaceTypes) -> Vec<wire::ReadSeriesResponse> {
    let turned = |message: wire::ReadValuesResponse| match message.part {
        Some(ValuesPart::Places(stretch)) => Some(wire::ReadSeriesResponse {
            part: Some(Part::Places(wire::SeriesPlaces {
                ids: stretch.ids,
                r#type: stretch.r#type,
                places_total: stretch.places_total,
            })),
        }),
        _ => None,
    };
    place_messages(places).into_iter().filter_map(turned).collect()
}

/// A column in bounded messages; one message without values where there are none.
pub(crate) fn series_column(
    month: &Period,
    leaf: &str,
    values: &[Option<f64>],
) -> Vec<wire::ReadSeriesResponse> {
    let present = values.iter().enumerate().filter_map(|(place, value)| Some((position(place), (*value)?)));
    let present: Vec<(u32, f64)> = present.collect();
    let message = |cells: &[(u32, f64)]| wire::ReadSeriesResponse {
        part: Some(Part::Column(wire::SeriesColumn {
            leaf: leaf.to_owned(),
            month: month.to_string(),
            place: cells.iter().map(|cell| cell.0).collect(),
            value: cells.iter().map(|cell| cell.1).collect(),
        })),
    };
    if present.is_empty() {
        return vec![message(&[])];
    }
    present.chunks(VALUES_A_MESSAGE).map(message).collect()
}
