//! The order of work: classify the places, fix the thresholds, then measure, all as of one position of the record.

use std::path::Path;

use anyhow::{Result, bail};
use jiff::Timestamp;
use xiuhua_contracts::classification::v1::{
    Classification, CreateClassificationRequest, GetDecisionNumberRequest, RegisterRuleSetRequest, RuleSet,
};
use xiuhua_contracts::ingestion::v1::GetPositionRequest;
use xiuhua_contracts::normalization::v1::sample_choice::Choice;
use xiuhua_contracts::normalization::v1::{
    Census, DrawThresholdSetRequest, MemberList, RandomSample, RegisterCatalogRequest, SampleChoice,
    ThresholdSet,
};
use xiuhua_contracts::scoring::v1::{
    Assessment, AssessmentState, CreateAssessmentRequest, Decision, WatchAssessmentRequest,
};
use xiuhua_indicators::catalog::Catalog;
use xiuhua_spreadsheets::table::Text;

use crate::cli::AsOf;
use crate::deciding::has_results;
use crate::intake::places::PlaceFile;
use crate::intake::{Chunked, Mapping, UnusableFile};
use crate::method::{Method, Sample};
use crate::platform::{Platform, request_id};
use crate::progress::Progress;
use crate::screen::told;

/// Registers the method's catalog (and so its measures) and rule set, and gives the rule set's identity.
///
/// # Errors
/// If a service refuses one of them.
pub(crate) async fn register(platform: &Platform, method: &Method) -> Result<RuleSet> {
    let catalog = RegisterCatalogRequest { request_id: request_id(), toml: method.catalog_text.clone() };
    platform.normalization().register_catalog(catalog).await?;
    let rules = RegisterRuleSetRequest { request_id: request_id(), toml: method.rules_text.clone() };
    let registered = platform.classification().register_rule_set(rules).await?.into_inner();
    Ok(registered.rule_set.unwrap_or_default())
}

/// The position that a past state of the record stands for; the newest where none is named. Every step of an assessment
/// names it, so that a delivery in between is in all of them or in none.
///
/// # Errors
/// If ingestion cannot be read.
pub(crate) async fn position(platform: &Platform, as_of: Option<AsOf>) -> Result<u64> {
    let as_of_time = match as_of {
        Some(AsOf::Position(position)) => return Ok(position),
        Some(AsOf::Instant(instant)) => Some(wire_instant(instant)),
        None => None,
    };
    let request = GetPositionRequest { as_of_time };
    Ok(platform.ingestion().get_position(request).await?.into_inner().position)
}

/// The number of the decisions about types that a past state of the record knew. `None` leaves it to the service, which
/// heeds those taken while the position, or an earlier one, was the newest: only an instant says it more exactly.
///
/// # Errors
/// If classification cannot be read, or the instant lies ahead.
pub(crate) async fn decision_number(platform: &Platform, as_of: Option<AsOf>) -> Result<Option<u64>> {
    let Some(AsOf::Instant(instant)) = as_of else { return Ok(None) };
    let request = GetDecisionNumberRequest { as_of_time: Some(wire_instant(instant)) };
    let answer = platform.classification().get_decision_number(request).await?;
    Ok(Some(answer.into_inner().number))
}

fn wire_instant(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() }
}

/// Classifies every place on record as of a position, heeding decisions up to a number as [`decision_number`] gives it.
///
/// # Errors
/// If the classification service refuses.
pub(crate) async fn classify(
    platform: &Platform,
    rule_set: &RuleSet,
    year: i32,
    as_of: u64,
    decision_number: Option<u64>,
) -> Result<Classification> {
    let request = CreateClassificationRequest {
        request_id: request_id(),
        rule_set_id: rule_set.id.clone(),
        rule_set_version: rule_set.version.clone(),
        as_of_position: Some(as_of),
        reference_year: year,
        decision_number,
    };
    let answer = platform.classification().create_classification(request).await?.into_inner();
    Ok(answer.classification.unwrap_or_default())
}

/// Draws the reference sample and fixes the thresholds.
///
/// # Errors
/// If the normalization service refuses, for example an unknown sample member.
pub(crate) async fn draw_thresholds(
    platform: &Platform,
    catalog: &Catalog,
    classification: &Classification,
    period: &str,
    sample: &Sample,
    as_of: u64,
) -> Result<ThresholdSet> {
    let choice = match sample {
        Sample::Random(seed) => Choice::Random(RandomSample { seed: *seed }),
        Sample::Census => Choice::Census(Census {}),
        Sample::Members(place_ids) => Choice::Members(MemberList { place_ids: place_ids.clone() }),
    };
    let request = DrawThresholdSetRequest {
        request_id: request_id(),
        catalog_id: catalog.id.clone(),
        catalog_version: catalog.version.clone(),
        classification_id: classification.id.clone(),
        period: period.to_owned(),
        sample: Some(SampleChoice { choice: Some(choice) }),
        as_of_position: Some(as_of),
    };
    let answer = platform.normalization().draw_threshold_set(request).await?.into_inner();
    Ok(answer.threshold_set.unwrap_or_default())
}

/// What an assessment measures, and with what.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Threshold set.
    pub(crate) threshold_set_id: &'a str,
    /// Classification.
    pub(crate) classification_id: &'a str,
    /// The assessed period.
    pub(crate) period: &'a str,
    /// Position to read at.
    pub(crate) as_of: u64,
}

/// Assesses a period under a threshold set and waits for the end of the run. `weights` names a weight scheme or `catalog`;
/// empty means what is adopted.
///
/// # Errors
/// If the run is refused, fails or is cancelled.
pub(crate) async fn assess(
    platform: &Platform,
    asked: Asked<'_>,
    weights: &str,
    progress: &Progress,
) -> Result<Assessment> {
    let request = CreateAssessmentRequest {
        request_id: request_id(),
        threshold_set_id: asked.threshold_set_id.to_owned(),
        classification_id: asked.classification_id.to_owned(),
        period: asked.period.to_owned(),
        as_of_position: Some(asked.as_of),
        weight_scheme_id: weights.to_owned(),
    };
    let created = platform.scoring().create_assessment(request).await?.into_inner();
    let watch = WatchAssessmentRequest { id: created.assessment.unwrap_or_default().id };
    let mut states = platform.scoring().watch_assessment(watch).await?.into_inner();
    let mut newest = Assessment::default();
    while let Some(change) = states.message().await? {
        newest = change.assessment.unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage, 0..=100")]
        progress.set((newest.progress_ratio * 100.0) as u64);
    }
    match newest.state() {
        state if has_results(state) => Ok(newest),
        AssessmentState::Cancelled => {
            let Decision { author, reason, .. } = newest.cancelled.unwrap_or_default();
            bail!(told(
                format!("测评已由 {author} 取消：{reason}"),
                format!("the assessment was cancelled by {author}: {reason}"),
            ))
        }
        AssessmentState::Failed => {
            let failure = newest.failure.unwrap_or_default();
            bail!(
                told(format!("测评失败：{}", failure.zh), format!("the assessment failed: {}", failure.en),)
            )
        }
        _ => bail!(told("测评没有结束", "the assessment did not end")),
    }
}

/// Reads a list of sample members.
///
/// # Errors
/// [`UnusableFile`] if the file cannot be used.
pub(crate) fn read_members(path: &Path) -> Result<Vec<String>, UnusableFile> {
    let mut file = PlaceFile::open(path, &Mapping::default())?;
    let mut members = Vec::new();
    let mut faults = Vec::new();
    while let Some(chunk) = file.next_chunk()? {
        for fault in chunk.faults {
            let row = chunk.rows.get(fault.index as usize).map_or(0, |row| row.row);
            let message = fault.message.unwrap_or_default();
            faults.push(Text::new(
                format!("第 {row} 行: {}", message.zh),
                format!("row {row}: {}", message.en),
            ));
        }
        for row in chunk.rows {
            let (id, row) = (row.place.unwrap_or_default().id, row.row);
            if id.is_empty() {
                faults.push(Text::new(
                    format!("第 {row} 行: place_id 为空"),
                    format!("row {row}: place_id is empty"),
                ));
            } else {
                members.push(id);
            }
        }
    }
    if members.is_empty() && faults.is_empty() {
        faults.push(Text::new("没有列出任何地点", "names no place"));
    }
    members.sort_unstable();
    members.dedup();
    if faults.is_empty() { Ok(members) } else { Err(UnusableFile { path: path.to_owned(), faults }) }
}
