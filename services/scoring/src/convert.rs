//! Between the contract's messages and scoring's own: requests read with all their faults, answers written.

mod gaps;
mod warnings;
pub(crate) mod weight_report;
pub(crate) mod weights;

use std::collections::BTreeMap;

use jiff::Timestamp;
use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::measure::v1 as measure;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::rolling::is_before_the_close;
use xiuhua_indicators::threshold::{Threshold, ThresholdStatus};
use xiuhua_service_kit::request_id::RequestId;
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

pub(crate) use self::gaps::{imputation, read_imputation, read_treatment, treated_value, treatment};
pub(crate) use self::warnings::{
    listing, month, scan_asked, state_asked, tally, warning, warning_level_asked,
};
use crate::domain::assessment::{Assessment, Failure, Place, Plan, State, Success, UNCLASSIFIED};
use crate::domain::decision::Decision;
use crate::domain::groups::group_type_name;
use crate::domain::growth::Growth;
use crate::domain::period::Period;
use crate::domain::results::{GroupScore, LeafValue, Level, Score, absence_word};
use crate::store::{Listed, PlaceRows, RankedPlace, ThresholdUsed, WeightUsed};
use crate::upstream::Asked;

/// What a request to create an assessment asks for.
pub(crate) fn asked(request: &proto::CreateAssessmentRequest) -> Result<(RequestId, Asked), InvalidRequest> {
    let mut faults = Violations::new();
    let request_id = faults.keep(RequestId::parse(&request.request_id));
    let set = faults.required_text("threshold_set_id", &request.threshold_set_id).map(str::to_owned);
    let period = match request.period.as_str() {
        "" => None,
        text => faults.keep(
            Period::parse(text).map_err(|fault| Violation::new("period", fault.zh(), fault.to_string())),
        ),
    };
    match (request_id, set) {
        (Some(request_id), Some(threshold_set_id)) if faults.is_empty() => Ok((
            request_id,
            Asked {
                threshold_set_id,
                classification_id: given(&request.classification_id),
                period,
                as_of_position: request.as_of_position,
            },
        )),
        // Nothing is missing without a fault that says so.
        _ => Err(faults.into_result().err().unwrap_or_else(no_fault_found)),
    }
}

/// A request of which something is missing, though no fault says what.
pub(crate) fn no_fault_found() -> InvalidRequest {
    Violation::new("request", "无法读取", "cannot be read").into()
}

/// A text that may be empty for "any" or "the default".
pub(crate) fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The page token was made by this service, yet its key cannot be read.
pub(crate) fn bad_key() -> Violation {
    Violation::new("page_token", "不是本查询的翻页标记", "is not a page token of this query")
}

/// The answer for an assessment.
pub(crate) fn assessment(assessment: &Assessment) -> proto::Assessment {
    let plan = &assessment.plan;
    let mut answer = proto::Assessment {
        id: assessment.id.to_string(),
        state: state(&assessment.state).into(),
        period: plan.period.to_string(),
        threshold_set_id: plan.threshold_set.id.clone(),
        classification_id: plan.classification_id.clone(),
        catalog_id: plan.catalog.id.clone(),
        catalog_version: plan.catalog.version.clone(),
        catalog_hash: plan.catalog.hash.clone(),
        rule_set_id: plan.rule_set.id.clone(),
        rule_set_version: plan.rule_set.version.clone(),
        rule_set_hash: plan.rule_set.hash.clone(),
        base_periods: plan.threshold_set.base_periods.iter().map(Period::to_string).collect(),
        as_of_position: plan.as_of_position,
        created_time: Some(timestamp(assessment.created)),
        scale: plan.scale,
        attempts: assessment.attempts,
        weight_scheme_id: plan.weight_scheme.as_ref().map(|scheme| scheme.id.clone()).unwrap_or_default(),
        weight_scheme_version: plan
            .weight_scheme
            .as_ref()
            .and_then(|scheme| scheme.version.parse().ok())
            .unwrap_or_default(),
        weight_scheme_hash: plan.weight_scheme.as_ref().map(|scheme| scheme.hash.clone()).unwrap_or_default(),
        provisional: is_before_the_close(&plan.period, &plan.threshold_set.base_periods),
        ..Default::default()
    };
    if let Some(success) = assessment.success() {
        add_success(&mut answer, success);
    }
    match &assessment.state {
        State::Pending | State::Succeeded(_) => {}
        State::Running(ratio) => answer.progress_ratio = *ratio,
        State::Cancelled(cancelled) => {
            answer.finished_time = Some(timestamp(cancelled.time));
            answer.cancelled = Some(decision(cancelled));
        }
        State::Published { published, .. } => answer.published = Some(decision(published)),
        State::Withdrawn { published, withdrawn, .. } => {
            answer.published = Some(decision(published));
            answer.withdrawn = Some(decision(withdrawn));
        }
        State::Failed(failure) => {
            answer.finished_time = Some(timestamp(failure.finished));
            answer.failure = Some(measure::Text { zh: failure.zh.clone(), en: failure.en.clone() });
        }
    }
    answer
}

/// An assessment in a list. One that cannot be read says so, in the state that the record has it in: so whoever goes
/// through those with results comes upon it.
pub(crate) fn listed(listed: &Listed) -> proto::Assessment {
    let unreadable = match listed {
        Listed::Whole(stored) => return assessment(&stored.assessment),
        Listed::Unreadable(unreadable) => unreadable,
    };
    let state = proto::AssessmentState::from_str_name(&format!("ASSESSMENT_STATE_{}", unreadable.state));
    let (zh, en) = Failure::UNREADABLE;
    proto::Assessment {
        id: unreadable.id.to_string(),
        state: state.unwrap_or_default().into(),
        digest: unreadable.digest.clone().unwrap_or_default(),
        failure: Some(measure::Text { zh: zh.to_owned(), en: en.to_owned() }),
        ..Default::default()
    }
}

fn add_success(answer: &mut proto::Assessment, success: &Success) {
    answer.progress_ratio = 1.0;
    answer.digest.clone_from(&success.digest);
    answer.code_version.clone_from(&success.code_version);
    answer.finished_time = Some(timestamp(success.finished));
    answer.places_without_households = success.places_without_households;
    answer.types = success
        .types
        .iter()
        .map(|summary| proto::TypeSummary {
            r#type: summary.name.clone(),
            places: summary.places,
            scored: summary.scored,
        })
        .collect();
}

fn decision(decision: &Decision) -> proto::Decision {
    proto::Decision {
        author: decision.author.clone(),
        reason: decision.reason.clone(),
        time: Some(timestamp(decision.time)),
    }
}

fn state(state: &State) -> proto::AssessmentState {
    match state {
        State::Pending => proto::AssessmentState::Pending,
        State::Running(_) => proto::AssessmentState::Running,
        State::Succeeded(_) => proto::AssessmentState::Succeeded,
        State::Failed(_) => proto::AssessmentState::Failed,
        State::Cancelled(_) => proto::AssessmentState::Cancelled,
        State::Published { .. } => proto::AssessmentState::Published,
        State::Withdrawn { .. } => proto::AssessmentState::Withdrawn,
    }
}

/// The score of a node.
pub(crate) fn node_score(outline: &Outline<'_>, node_at: usize, score: &Score) -> proto::NodeScore {
    proto::NodeScore {
        node: outline.node_item(node_at).code.clone(),
        score: score.composed.value(),
        coverage_ratio: score.composed.coverage,
        rank: score.standing.map(|standing| u32::try_from(standing.rank).unwrap_or(u32::MAX)),
        percentile: score.standing.and_then(|standing| standing.percentile),
        absence_reason: score.composed.score.err().map_or("", absence_word).to_owned(),
        interval: None,
    }
}

/// A row of a ranking.
pub(crate) fn ranked_place(
    plan: &Plan,
    outline: &Outline<'_>,
    node_at: usize,
    row: RankedPlace,
) -> proto::RankedPlace {
    proto::RankedPlace {
        interval: None,
        r#type: type_name(plan, row.place.type_at),
        score: Some(node_score(outline, node_at, &row.score)),
        place_id: row.place.id.to_string(),
        place_name: row.place.name,
        town_code: row.place.town_code,
        town_name: row.place.town_name,
        committee: row.place.committee,
    }
}

/// All nodes of one place.
pub(crate) fn place_scores(
    plan: &Plan,
    outline: &Outline<'_>,
    place: Place,
    scores: &[Score],
) -> proto::GetPlaceScoresResponse {
    let score = |(node_at, score): (usize, &Score)| node_score(outline, node_at, score);
    proto::GetPlaceScoresResponse {
        r#type: type_name(plan, place.type_at),
        scores: scores.iter().enumerate().map(score).collect(),
        place_id: place.id.to_string(),
        place_name: place.name,
        town_code: place.town_code,
        town_name: place.town_name,
        committee: place.committee,
        households: place.households,
    }
}

/// A group's score.
pub(crate) fn group(plan: &Plan, outline: &Outline<'_>, group: GroupScore) -> proto::GroupScore {
    proto::GroupScore {
        level: group_level(group.level).into(),
        r#type: group_type_name(plan, group.type_at).to_owned(),
        node: outline.node_item(group.node_at).code.clone(),
        code: group.code,
        name: group.name,
        score: group.score,
        places: group.places,
        household_share_ratio: group.household_share,
        rank: group.rank.map(|rank| u32::try_from(rank).unwrap_or(u32::MAX)),
    }
}

fn group_level(level: Level) -> proto::GroupLevel {
    match level {
        Level::Committee => proto::GroupLevel::Committee,
        Level::Town => proto::GroupLevel::Town,
        Level::District => proto::GroupLevel::District,
    }
}

/// The level asked for; `None` means any.
pub(crate) fn level_asked(level: i32) -> Result<Option<Level>, Violation> {
    match proto::GroupLevel::try_from(level) {
        Ok(proto::GroupLevel::Unspecified) => Ok(None),
        Ok(proto::GroupLevel::Committee) => Ok(Some(Level::Committee)),
        Ok(proto::GroupLevel::Town) => Ok(Some(Level::Town)),
        Ok(proto::GroupLevel::District) => Ok(Some(Level::District)),
        Err(_) => Err(Violation::new("level", "没有这一层级", "is not a level")),
    }
}

/// A change in points.
pub(crate) fn growth(node: &str, growth: Growth) -> proto::Growth {
    proto::Growth {
        place_id: growth.place.to_string(),
        place_name: growth.name,
        node: node.to_owned(),
        previous_score: growth.previous,
        score: growth.score,
        growth_points: growth.points,
    }
}

/// Thresholds of one leaf.
pub(crate) fn threshold_used(
    plan: &Plan,
    outline: &Outline<'_>,
    row: &ThresholdUsed,
) -> proto::ThresholdUsed {
    proto::ThresholdUsed {
        r#type: plan.type_name(row.type_at).to_owned(),
        leaf: outline.leaf_item(row.leaf_at).code.clone(),
        status: status_word(row.threshold).to_owned(),
        lower: row.threshold.goalposts().map(|goalposts| goalposts.lower()),
        upper: row.threshold.goalposts().map(|goalposts| goalposts.upper()),
        sample_size: row.sample_size,
        treatment: treatment(row.threshold),
    }
}

/// OK, DEGENERATE or NO_DATA.
pub(crate) fn status_word(threshold: Threshold) -> &'static str {
    match threshold.status() {
        ThresholdStatus::Ok => "OK",
        ThresholdStatus::Degenerate => "DEGENERATE",
        ThresholdStatus::NoData => "NO_DATA",
    }
}

/// Weight of one item.
pub(crate) fn weight(plan: &Plan, catalog: &Catalog, row: &WeightUsed) -> proto::Weight {
    proto::Weight {
        r#type: plan.type_name(row.type_at).to_owned(),
        code: catalog.items.get(row.item_at).map(|item| item.code.clone()).unwrap_or_default(),
        catalog_weight: row.weight.catalog,
        weight: row.weight.in_force,
    }
}

/// All scores of one place, in a stream of all places.
pub(crate) fn streamed_scores(
    plan: &Plan,
    outline: &Outline<'_>,
    place: &PlaceRows<Score>,
) -> proto::PlaceScores {
    let score = |(node_at, score): &(usize, Score)| node_score(outline, *node_at, score);
    proto::PlaceScores {
        place_id: place.id.to_string(),
        r#type: type_name(plan, place.type_at),
        scores: place.rows.iter().map(score).collect(),
        households: place.households,
    }
}

/// All leaf values of one place, in a stream of all places; `imputed` says by leaf position how those were made that
/// nobody delivered.
pub(crate) fn streamed_values(
    outline: &Outline<'_>,
    place: &PlaceRows<LeafValue>,
    imputed: &BTreeMap<usize, &'static str>,
) -> proto::PlaceLeafValues {
    let value = |(leaf_at, leaf): &(usize, LeafValue)| {
        Some(proto::LeafValue {
            leaf: outline.leaf_item(*leaf_at).code.clone(),
            value: leaf.value?,
            z_uncapped: leaf.z.map(|z| z.raw),
            z: leaf.z.map(|z| z.capped),
            imputation_method: imputed.get(leaf_at).copied().unwrap_or_default().to_owned(),
        })
    };
    proto::PlaceLeafValues {
        place_id: place.id.to_string(),
        values: place.rows.iter().filter_map(value).collect(),
    }
}

/// A statement of a source.
pub(crate) fn observed(revision: ingestion::ObservationRevision) -> proto::ObservedValue {
    proto::ObservedValue {
        measure_id: revision.measure_id,
        period: revision.period,
        value: revision.value,
        source_id: revision.source_id,
        batch_id: revision.batch_id,
        file_name: revision.file_name,
        row: revision.row,
        received_time: revision.received_time,
        revised_time: revision.revised_time,
        effective: revision.effective,
    }
}

/// A text in two languages.
pub(crate) fn text(text: &xiuhua_indicators::catalog::Text) -> measure::Text {
    measure::Text { zh: text.zh.clone(), en: text.en.clone() }
}

/// Name of a place's type.
pub(crate) fn type_name(plan: &Plan, type_at: Option<usize>) -> String {
    type_at.map_or(UNCLASSIFIED, |at| plan.type_name(at)).to_owned()
}

/// An instant as the wire has it: nanoseconds count upward from the second, before 1970 too.
pub(crate) fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    let (mut seconds, mut nanos) = (instant.as_second(), instant.subsec_nanosecond());
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    prost_types::Timestamp { seconds, nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_before_1970_has_nanoseconds_that_count_upward() {
        let instant = Timestamp::from_microsecond(-1_500_000).unwrap();
        assert_eq!(timestamp(instant), prost_types::Timestamp { seconds: -2, nanos: 500_000_000 });
    }
}
