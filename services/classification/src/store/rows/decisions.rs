//! Rows of decisions, and the copy of one that a classification keeps beside a place.

use serde::{Deserialize, Serialize};

use super::{EvidenceJson, read_evidence, read_instant, read_json, read_natural, write_evidence, write_json};
use crate::domain::{DecisionState, MetDecision, Step, TypeDecision};
use crate::error::Error;

/// A row of `type_decisions`.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct TypeDecisionRow {
    number: i64,
    place_id: String,
    rule_set_id: String,
    #[sqlx(rename = "type")]
    type_id: Option<String>,
    evidence: String,
    author: String,
    reason: String,
    position: i64,
    decided_us: i64,
}

impl TypeDecisionRow {
    pub(in crate::store) fn read(self) -> Result<TypeDecision, Error> {
        Ok(TypeDecision {
            number: read_natural("number", self.number)?,
            place_id: self.place_id,
            rule_set_id: self.rule_set_id,
            type_id: self.type_id,
            evidence: read_evidence(read_json("evidence", &self.evidence)?),
            author: self.author,
            reason: self.reason,
            decided_at: read_instant("decided_us", self.decided_us)?,
            position: read_natural("position", self.position)?,
        })
    }
}

/// The number, position and time of a decision.
pub(in crate::store) fn read_step((number, position, decided_us): (i64, i64, i64)) -> Result<Step, Error> {
    Ok(Step {
        number: read_natural("number", number)?,
        position: read_natural("position", position)?,
        at: read_instant("decided_us", decided_us)?,
    })
}

/// A decision with what it did, about the place of the row.
#[derive(Serialize, Deserialize)]
struct MetDecisionJson {
    state: String,
    number: u64,
    rule_set_id: String,
    #[serde(rename = "type")]
    type_id: Option<String>,
    evidence: Vec<EvidenceJson>,
    author: String,
    reason: String,
    position: u64,
    decided_us: i64,
}

pub(super) fn write_met(met: MetDecision) -> Result<String, Error> {
    let MetDecision { decision, state } = met;
    let json = MetDecisionJson {
        state: state.as_str().to_owned(),
        number: decision.number,
        rule_set_id: decision.rule_set_id,
        type_id: decision.type_id,
        evidence: write_evidence(decision.evidence),
        author: decision.author,
        reason: decision.reason,
        position: decision.position,
        decided_us: decision.decided_at.as_microsecond(),
    };
    write_json("decision", &json)
}

pub(super) fn read_met(place_id: &str, json: &str) -> Result<MetDecision, Error> {
    let json: MetDecisionJson = read_json("decision", json)?;
    let state = DecisionState::named(&json.state).ok_or_else(|| Error::corrupt("decision"))?;
    let decision = TypeDecision {
        number: json.number,
        place_id: place_id.to_owned(),
        rule_set_id: json.rule_set_id,
        type_id: json.type_id,
        evidence: read_evidence(json.evidence),
        author: json.author,
        reason: json.reason,
        decided_at: read_instant("decision", json.decided_us)?,
        position: json.position,
    };
    Ok(MetDecision { decision, state })
}
