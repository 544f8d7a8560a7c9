//! Results as JSON: the contracts' names, absent values as `null`, floats that parse back to the same bits.

use serde_json::{Value, json};
use xiuhua_contracts::ingestion::v1::{Batch, BatchDecision, Movement};
use xiuhua_contracts::scoring::v1::{
    Assessment, Decision, ExplainScoreResponse, GetPlaceScoresResponse, GroupScore, LeafExplanation,
    NodeScore, RankedPlace, Treatment,
};

use crate::reading::nodes::quarter;
use crate::uncertainty::interval_json;

/// What an assessment is.
pub(crate) fn assessment(run: &Assessment) -> Value {
    json!({
        "id": run.id,
        "state": run_state(run),
        "period": run.period,
        "catalog": { "id": run.catalog_id, "version": run.catalog_version, "hash": run.catalog_hash },
        "rule_set": { "id": run.rule_set_id, "version": run.rule_set_version, "hash": run.rule_set_hash },
        "threshold_set_id": run.threshold_set_id,
        "weight_scheme": (!run.weight_scheme_id.is_empty()).then(|| json!({
            "id": run.weight_scheme_id, "version": run.weight_scheme_version, "hash": run.weight_scheme_hash,
        })),
        "classification_id": run.classification_id,
        "base_periods": run.base_periods,
        "provisional": run.provisional,
        "as_of_position": run.as_of_position,
        "digest": run.digest,
        "code_version": run.code_version,
        "types": run.types.iter().map(|t| json!({
            "type": t.r#type, "places": t.places, "scored": t.scored,
        })).collect::<Vec<_>>(),
        "published": run.published.as_ref().map(decision),
        "withdrawn": run.withdrawn.as_ref().map(decision),
        "cancelled": run.cancelled.as_ref().map(decision),
    })
}

/// The state of an assessment, such as `SUCCEEDED`.
pub(crate) fn run_state(run: &Assessment) -> &'static str {
    run.state().as_str_name().trim_start_matches("ASSESSMENT_STATE_")
}

/// One delivery.
pub(crate) fn batch(batch: &Batch) -> Value {
    let counts = batch.counts.unwrap_or_default();
    json!({
        "batch_id": batch.id,
        "kind": batch.kind().as_str_name().trim_start_matches("BATCH_KIND_"),
        "state": batch_state(batch),
        "file_name": batch.file_name,
        "position": batch.position,
        "read": counts.read,
        "accepted": counts.accepted,
        "corrected": counts.corrected,
        "duplicate": counts.duplicate,
        "rejected": counts.rejected,
        "received_time": batch.received_time.as_ref().map(rfc3339),
        "sealed_time": batch.sealed_time.as_ref().map(rfc3339),
        "request_id": batch.request_id,
        "withdrawn": batch.withdrawal.as_ref().map(|w| json!({
            "author": w.author,
            "reason": w.reason,
            "position": w.position,
            "time": w.time.as_ref().map(rfc3339),
        })),
        "content_sha256": hexadecimal(&batch.content_sha256),
        "corrects_batch_id": batch.corrects_batch_id,
        "committed": batch.committed.as_ref().map(batch_decision),
        "approved": batch.approved.as_ref().map(batch_decision),
        "discarded": batch.discarded.as_ref().map(batch_decision),
        "movements": batch.movements.iter().map(movement).collect::<Vec<_>>(),
        "quarantine": batch.quarantine.as_ref().map(|q| json!({
            "open": q.open, "closed": q.closed, "given_up": q.given_up,
        })),
    })
}

/// Who decided something about a delivery.
pub(crate) fn batch_decision(decision: &BatchDecision) -> Value {
    json!({
        "author": decision.author,
        "reason": decision.reason,
        "time": decision.time.as_ref().map(rfc3339),
    })
}

/// How far a delivery moves a measure.
pub(crate) fn movement(movement: &Movement) -> Value {
    json!({
        "measure_id": movement.measure_id,
        "period": movement.period,
        "moved_ratio": movement.moved_ratio,
        "places_moved": movement.places_moved,
        "places_before": movement.places_before,
    })
}

/// Bytes as people compare them.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The state of a delivery, such as `SEALED`.
pub(crate) fn batch_state(batch: &Batch) -> &'static str {
    batch.state().as_str_name().trim_start_matches("BATCH_STATE_")
}

fn decision(decision: &Decision) -> Value {
    json!({
        "author": decision.author,
        "reason": decision.reason,
        "time": decision.time.as_ref().map(rfc3339),
    })
}

/// One place of a ranking.
pub(crate) fn ranked(place: &RankedPlace) -> Value {
    json!({
        "place_id": place.place_id,
        "name": place.place_name,
        "town_code": place.town_code,
        "town": place.town_name,
        "committee": place.committee,
        "type": place.r#type,
        "score": place.score.as_ref().map(node),
        "interval": interval_json(place.interval.as_ref()),
    })
}

/// All scores of one place.
pub(crate) fn place(place: &GetPlaceScoresResponse) -> Value {
    json!({
        "place_id": place.place_id,
        "name": place.place_name,
        "town_code": place.town_code,
        "town": place.town_name,
        "committee": place.committee,
        "type": place.r#type,
        "households": place.households,
        "scores": place.scores.iter().map(node).collect::<Vec<_>>(),
    })
}

/// A group score.
pub(crate) fn group(group: &GroupScore) -> Value {
    json!({
        "level": group.level().as_str_name().trim_start_matches("GROUP_LEVEL_").to_lowercase(),
        "code": group.code,
        "name": group.name,
        "type": group.r#type,
        "node": group.node,
        "score": group.score,
        "places": group.places,
        "household_share_ratio": group.household_share_ratio,
        "rank": group.rank,
    })
}

/// A score walked back.
pub(crate) fn explanation(found: &ExplainScoreResponse) -> Value {
    json!({
        "place_id": found.place_id,
        "name": found.place_name,
        "type": found.r#type,
        "score": found.score.as_ref().map(node),
        "nodes": found.nodes.iter().map(node).collect::<Vec<_>>(),
        "leaves": found.leaves.iter().map(leaf).collect::<Vec<_>>(),
    })
}

/// A score of a node.
pub(crate) fn node(node: &NodeScore) -> Value {
    json!({
        "node": node.node,
        "score": node.score,
        "coverage_ratio": node.coverage_ratio,
        "rank": node.rank,
        "percentile": node.percentile,
        "quarter": quarter(node.percentile),
        "absence_reason": node.absence_reason,
        "interval": interval_json(node.interval.as_ref()),
    })
}

/// A leaf under a score.
pub(crate) fn leaf(leaf: &LeafExplanation) -> Value {
    let name = leaf.name.clone().unwrap_or_default();
    json!({
        "leaf": leaf.leaf,
        "name": { "zh": name.zh, "en": name.en },
        "unit": leaf.unit,
        "inverse": leaf.inverse,
        "value": leaf.value,
        "lower": leaf.lower,
        "upper": leaf.upper,
        "threshold_status": leaf.threshold_status,
        "z_uncapped": leaf.z_uncapped,
        "z": leaf.z,
        "catalog_weight": leaf.catalog_weight,
        "weight": leaf.weight,
        "contribution": leaf.contribution,
        "sampled": leaf.sampled,
        "change_of": leaf.change_of,
        "previous_score": leaf.previous_score,
        "current_score": leaf.current_score,
        "imputation": leaf.imputation.as_ref().map(|made_of| json!({
            "method": made_of.method,
            "places": (made_of.method == "GROUP_MEDIAN").then_some(made_of.places),
            "earlier_period": made_of.earlier_value.map(|_| &made_of.earlier_period),
            "earlier_value": made_of.earlier_value,
            "later_period": made_of.later_value.map(|_| &made_of.later_period),
            "later_value": made_of.later_value,
        })),
        "treatment": leaf.treatment.as_ref().map(treatment),
        "treated_value": leaf.treated_value,
        "rolled_on_record": leaf.rolled_on_record,
        "rolled_window": leaf.rolled_window,
        "rolled_short": leaf.rolled_short,
        "observations": leaf.observations.iter().map(|o| json!({
            "measure_id": o.measure_id,
            "period": o.period,
            "value": o.value,
            "source_id": o.source_id,
            "batch_id": o.batch_id,
            "file_name": o.file_name,
            "row": o.row,
            "received_time": o.received_time.as_ref().map(rfc3339),
            "revised_time": o.revised_time.as_ref().map(rfc3339),
            "effective": o.effective,
        })).collect::<Vec<_>>(),
    })
}

/// How the outliers of a leaf are treated for a type.
pub(crate) fn treatment(treatment: &Treatment) -> Value {
    json!({
        "kind": treatment.kind,
        "lower": treatment.lower,
        "upper": treatment.upper,
        "low_points": treatment.low_points,
        "high_points": treatment.high_points,
        "origin": treatment.origin,
    })
}

/// An instant as JSON and tables show it, in UTC.
pub(crate) fn rfc3339(time: &prost_types::Timestamp) -> String {
    jiff::Timestamp::new(time.seconds, time.nanos).map_or_else(|_| String::new(), |t| t.to_string())
}
