//! Threshold sets between the contracts and the domain.

use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::sample_choice::Choice;
use xiuhua_indicators::threshold::ThresholdStatus;
use xiuhua_service_kit::page::{self, Page};
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

use super::imputations::treatment;
use super::{Mutation, PageOf, binding, given, instant, mutation, numbered, page_of};
use crate::domain::id::{ClassificationId, PlaceId, ThresholdSetId};
use crate::domain::period::Period;
use crate::domain::sample::{SampleChoice, SampleKind};
use crate::domain::threshold_set::{FixedThreshold, ThresholdSet};
use crate::store::{Kept, SetNumber};

/// Most members that a request may name.
const MOST_MEMBERS: usize = 100_000;
/// Rows of a page of sets: default and most.
const SET_PAGES: (u32, u32) = (100, 1_000);
/// Rows of a page of thresholds or members: default and most.
const ROW_PAGES: (u32, u32) = (1_000, 1_000);
/// Tell the pages of these lists from those of any other.
const SETS: &str = "threshold_sets";
const THRESHOLDS: &str = "thresholds";
const MEMBERS: &str = "sample_members";

/// What a request for a threshold set asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DrawRequest {
    /// Its name.
    pub(crate) mutation: Mutation,
    /// The catalog.
    pub(crate) catalog_id: String,
    /// `None` for the newest registered.
    pub(crate) catalog_version: Option<String>,
    /// The classification that gives the frames.
    pub(crate) classification: ClassificationId,
    /// The period to be assessed.
    pub(crate) period: Period,
    /// How the sample is chosen.
    pub(crate) sample: SampleChoice,
    /// `None` for now.
    pub(crate) as_of_position: Option<u64>,
}

/// Reads a request for a threshold set.
pub(crate) fn draw_request(request: wire::DrawThresholdSetRequest) -> Result<DrawRequest, InvalidRequest> {
    let mut faults = Violations::new();
    let mutation = mutation(&mut faults, &request.request_id, &request);
    faults.required_text("catalog_id", &request.catalog_id);
    faults.required_text("classification_id", &request.classification_id);
    let period = faults.keep(period("period", &request.period));
    let sample = faults.keep(sample_choice(request.sample));
    faults.into_result()?;
    let ((mutation, period), sample) =
        mutation.zip(period).zip(sample).expect("every field that is not there was noted as a fault");
    Ok(DrawRequest {
        mutation,
        catalog_id: request.catalog_id,
        catalog_version: given(&request.catalog_version),
        classification: ClassificationId::new(request.classification_id),
        period,
        sample,
        as_of_position: request.as_of_position,
    })
}

/// Reads a period found at `field`.
pub(super) fn period(field: &str, text: &str) -> Result<Period, Violation> {
    Period::parse(text).map_err(|fault| Violation::new(field, fault.zh(), fault.to_string()))
}

fn sample_choice(sample: Option<wire::SampleChoice>) -> Result<SampleChoice, Violation> {
    match sample.and_then(|sample| sample.choice) {
        Some(Choice::Random(wire::RandomSample { seed })) => Ok(SampleChoice::Random { seed }),
        Some(Choice::Census(wire::Census {})) => Ok(SampleChoice::Census),
        Some(Choice::Members(wire::MemberList { place_ids })) => {
            if place_ids.is_empty() || place_ids.len() > MOST_MEMBERS {
                return Err(Violation::new(
                    "sample.members.place_ids",
                    format!("须有 1 至 {MOST_MEMBERS} 个地点"),
                    format!("must name 1 to {MOST_MEMBERS} places"),
                ));
            }
            Ok(SampleChoice::Members(place_ids.into_iter().map(PlaceId::new).collect()))
        }
        None => Err(Violation::new("sample.choice", "必须填写", "is required")),
    }
}

/// Reads the id of a threshold set found at `field`.
pub(crate) fn set_id(field: &str, id: &str) -> Result<ThresholdSetId, Violation> {
    if id.is_empty() {
        return Err(Violation::new(field, "必须填写", "is required"));
    }
    Ok(ThresholdSetId::new(id))
}

/// Reads a page of threshold sets.
pub(crate) fn set_page(request: &wire::ListThresholdSetsRequest) -> Result<PageOf<SetNumber>, Violation> {
    let number = |key: &str| key.parse().ok().map(SetNumber);
    page_of((request.page_size, &request.page_token), (SETS, ""), SET_PAGES, number)
}

/// Cuts rows to their page; the token of the next.
pub(crate) fn next_sets(rows: &mut Vec<Kept>, page: &Page) -> String {
    page::cut(rows, page, &binding(SETS, ""), |kept| kept.number.0.to_string())
}

/// Reads a page of thresholds.
pub(crate) fn threshold_page(
    request: &wire::ListThresholdsRequest,
) -> Result<PageOf<(usize, usize)>, Violation> {
    let of = (THRESHOLDS, request.threshold_set_id.as_str());
    page_of((request.page_size, &request.page_token), of, ROW_PAGES, |key| {
        let (type_at, leaf_at) = numbered(key)?;
        Some((type_at, leaf_at.parse().ok()?))
    })
}

/// Cuts rows to their page; the token of the next.
pub(crate) fn next_thresholds(rows: &mut Vec<FixedThreshold>, page: &Page, set: &ThresholdSetId) -> String {
    page::cut(rows, page, &binding(THRESHOLDS, set.as_str()), |row| {
        format!("{} {}", row.type_at, row.leaf_at)
    })
}

/// Reads a page of sample members.
pub(crate) fn member_page(
    request: &wire::ListSampleMembersRequest,
) -> Result<PageOf<(usize, PlaceId)>, Violation> {
    let of = (MEMBERS, request.threshold_set_id.as_str());
    page_of((request.page_size, &request.page_token), of, ROW_PAGES, |key| {
        numbered(key).map(|(type_at, place)| (type_at, PlaceId::new(place)))
    })
}

/// Cuts rows to their page; the token of the next.
pub(crate) fn next_members(rows: &mut Vec<(usize, PlaceId)>, page: &Page, set: &ThresholdSetId) -> String {
    page::cut(rows, page, &binding(MEMBERS, set.as_str()), |(type_at, place)| format!("{type_at} {place}"))
}

/// A threshold set.
pub(crate) fn threshold_set(set: &ThresholdSet) -> wire::ThresholdSet {
    let sizes = set.types.iter().map(|sample| wire::SampleSize {
        r#type: sample.type_id.clone(),
        frame: sample.frame,
        members: sample.members,
    });
    wire::ThresholdSet {
        id: set.id.to_string(),
        catalog_id: set.catalog.id.clone(),
        catalog_version: set.catalog.version.clone(),
        catalog_hash: set.catalog_hash.clone(),
        classification_id: set.classification.to_string(),
        period: set.period.to_string(),
        base_periods: set.base_periods.iter().map(Period::to_string).collect(),
        as_of_position: set.as_of_position,
        sample: Some(wire::SampleChoice { choice: Some(choice(set.sample)) }),
        sample_sizes: sizes.collect(),
        created_time: Some(instant(set.created_at)),
    }
}

/// Named places are not repeated: a hundred thousand ids do not fit into an answer, and the set lists its members.
fn choice(kind: SampleKind) -> Choice {
    match kind {
        SampleKind::Random { seed } => Choice::Random(wire::RandomSample { seed }),
        SampleKind::Census => Choice::Census(wire::Census {}),
        SampleKind::Members => Choice::Members(wire::MemberList { place_ids: Vec::new() }),
    }
}

/// Thresholds of one leaf for one type of `set`.
pub(crate) fn threshold(set: &ThresholdSet, row: FixedThreshold) -> wire::Threshold {
    let sample = set.types.get(row.type_at);
    let goalposts = row.fixed.threshold.goalposts();
    let status = match row.fixed.threshold.status() {
        ThresholdStatus::Ok => wire::ThresholdStatus::Ok,
        ThresholdStatus::Degenerate => wire::ThresholdStatus::Degenerate,
        ThresholdStatus::NoData => wire::ThresholdStatus::NoData,
    };
    wire::Threshold {
        r#type: sample.map(|sample| sample.type_id.clone()).unwrap_or_default(),
        leaf: row.leaf,
        status: status.into(),
        lower: goalposts.map(|goalposts| goalposts.lower()),
        upper: goalposts.map(|goalposts| goalposts.upper()),
        base_values: row.fixed.base_values as u64,
        short_base_values: row.fixed.short_base_values as u64,
        sample_size: sample.map(|sample| sample.members).unwrap_or_default(),
        treatment: goalposts.and_then(|goalposts| treatment(goalposts.treatment())),
    }
}

/// A member of a sample of `set`.
pub(crate) fn sample_member(set: &ThresholdSet, (type_at, place): (usize, PlaceId)) -> wire::SampleMember {
    let type_id = set.types.get(type_at).map(|sample| sample.type_id.clone()).unwrap_or_default();
    wire::SampleMember { r#type: type_id, place_id: place.to_string() }
}
