//! The review list, one place of it, and decisions, as people read them and as JSON.

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::classification::v1::{
    Classification, DecisionState, Evidence, PlaceClass, RuleSet, TypeDecision,
};
use xiuhua_contracts::ingestion::v1::Place;

use crate::json::rfc3339;
use crate::reading::moment;
use crate::screen::{Screen, marks, numbers, value, words};

/// A type as people call it, with its id.
pub(super) fn type_name(rule_set: &RuleSet, id: &str, screen: &Screen) -> String {
    if id == "UNCLASSIFIED" {
        return screen.choose("未分类", "UNCLASSIFIED").to_owned();
    }
    match rule_set.types.iter().find(|known| known.id == id) {
        Some(known) => format!("{} {id}", screen.text(known.name.as_ref())),
        None => id.to_owned(),
    }
}

/// Prints places of the review list, each with the place as it was classified.
pub(super) fn review(rule_set: &RuleSet, shown: &[(Place, PlaceClass)], screen: &mut Screen) -> Result<()> {
    if shown.is_empty() {
        return Ok(());
    }
    let columns = [
        marks("编号", "place"),
        words("小区", "name"),
        words("街镇", "town").spare(2),
        words("房屋性质", "housing nature").spare(1),
        words("类型", "type"),
        words("分类依据", "evidence"),
        words("原因", "reasons"),
        words("人工认定", "decision"),
    ];
    let row = |(place, class): &(Place, PlaceClass)| {
        vec![
            class.place_id.clone(),
            place.name.clone(),
            place.town_name.clone(),
            place.housing_nature.clone(),
            type_name(rule_set, &class.r#type, screen),
            evidence_by_type(&class.evidence, screen),
            reasons(class, screen),
            met(class, screen),
        ]
    };
    let rows = shown.iter().map(row).collect();
    screen.table(&columns, rows)
}

/// Prints one place with everything that speaks for and against its types.
pub(super) fn reviewed(
    rule_set: &RuleSet,
    place: &Place,
    class: &PlaceClass,
    screen: &mut Screen,
) -> Result<()> {
    let kind = type_name(rule_set, &class.r#type, screen);
    let heading = format!("{} {}  {kind}  {} {}", place.id, place.name, place.town_name, place.committee);
    screen.say(&heading, &heading)?;
    screen.say(
        &format!("房屋性质：{}", place.housing_nature),
        &format!("housing nature: {}", place.housing_nature),
    )?;
    for reason in &class.reasons {
        let text = screen.text(reason.message.as_ref());
        screen.say(&text, &text)?;
    }
    let met = met(class, screen);
    if !met.is_empty() {
        screen.say(&format!("人工认定：{met}"), &format!("decision: {met}"))?;
    }
    let columns = [words("特征", "feature"), words("内容", "value"), words("指向", "speaks for")];
    let rows = class.evidence.iter().map(|fact| {
        vec![feature(&fact.feature, screen), fact.value.clone(), speaks_for(rule_set, fact, screen)]
    });
    let rows = rows.collect();
    screen.table(&columns, rows)?;
    let columns = [words("类型", "type"), numbers("支持度", "support")];
    let rows = class.type_degrees.iter();
    let rows = rows.map(|d| vec![type_name(rule_set, &d.r#type, screen), value(Some(d.degree))]);
    let rows = rows.collect();
    screen.table(&columns, rows)
}

/// Prints decisions.
pub(super) fn decisions(decisions: &[TypeDecision], screen: &mut Screen) -> Result<()> {
    let columns = [
        numbers("序号", "number"),
        marks("编号", "place"),
        words("认定类型", "type"),
        words("认定人", "author"),
        words("理由", "reason"),
        words("分类依据", "evidence").spare(2),
        marks("时间", "time").spare(3),
        numbers("数据位置", "position").spare(1),
    ];
    let row = |decision: &TypeDecision| {
        vec![
            decision.number.to_string(),
            decision.place_id.clone(),
            decided(decision, screen),
            decision.author.clone(),
            decision.reason.clone(),
            evidence_by_type(&decision.evidence, screen),
            decision.time.as_ref().and_then(moment).unwrap_or_default(),
            decision.position.to_string(),
        ]
    };
    let rows = decisions.iter().map(row).collect();
    screen.table(&columns, rows)
}

/// Says that a person gave a place its type, who and why; nothing where the rules did.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn say_decision(decision: Option<&TypeDecision>, screen: &mut Screen) -> Result<()> {
    let Some(TypeDecision { number, author, reason, time, .. }) = decision else { return Ok(()) };
    let time = time.as_ref().and_then(moment).unwrap_or_default();
    screen.say(
        &format!("类型为人工认定：{author}（{reason}），{time}，第 {number} 号"),
        &format!("type decided by {author} ({reason}), {time}, decision {number}"),
    )
}

/// What the facts of a place say, one type after the other: `商品房 → COMMODITY; 动迁房 → RELOCATION`.
fn evidence_by_type(evidence: &[Evidence], screen: &Screen) -> String {
    let mut types: Vec<&str> = Vec::new();
    for fact in evidence {
        if !types.contains(&fact.r#type.as_str()) {
            types.push(&fact.r#type);
        }
    }
    let said = types.into_iter().map(|id| {
        let of_type = evidence.iter().filter(|fact| fact.r#type == id);
        let values: Vec<&str> = of_type.map(|fact| fact.value.as_str()).collect();
        let id = if id.is_empty() { screen.choose("无类型", "no type") } else { id };
        format!("{} → {id}", values.join("、"))
    });
    said.collect::<Vec<_>>().join("; ")
}

/// A feature of a place as people call it.
fn feature(name: &str, screen: &Screen) -> String {
    if name == "housing_nature" {
        screen.choose("房屋性质", "housing nature").to_owned()
    } else {
        name.to_owned()
    }
}

fn speaks_for(rule_set: &RuleSet, fact: &Evidence, screen: &Screen) -> String {
    if fact.r#type.is_empty() {
        return screen.choose("无类型", "no type").to_owned();
    }
    type_name(rule_set, &fact.r#type, screen)
}

fn reasons(class: &PlaceClass, screen: &Screen) -> String {
    let reasons = class.reasons.iter().map(|reason| screen.text(reason.message.as_ref()));
    reasons.collect::<Vec<_>>().join("; ")
}

/// The decision that a classification met: what, who, why, and what became of it.
fn met(class: &PlaceClass, screen: &Screen) -> String {
    let Some(decision) = &class.decision else { return String::new() };
    let (zh, en) = match class.decision_state() {
        DecisionState::Applied => ("有效", "applied"),
        DecisionState::Outdated => ("已失效", "outdated"),
        DecisionState::Revoked | DecisionState::Unspecified => ("已撤销", "revoked"),
    };
    let state = screen.choose(zh, en);
    format!("{} {}: {} [{state}]", decided(decision, screen), decision.author, decision.reason)
}

fn decided(decision: &TypeDecision, screen: &Screen) -> String {
    if decision.r#type.is_empty() {
        return screen.choose("撤销", "revoked").to_owned();
    }
    decision.r#type.clone()
}

/// A classification as JSON.
pub(super) fn classification_json(classification: &Classification) -> Value {
    json!({
        "id": classification.id,
        "rule_set": { "id": classification.rule_set_id, "version": classification.rule_set_version },
        "as_of_position": classification.as_of_position,
        "reference_year": classification.reference_year,
        "decision_number": classification.decision_number,
    })
}

/// A place of the review list as JSON.
pub(super) fn reviewed_json(place: &Place, class: &PlaceClass) -> Value {
    let degrees = class.type_degrees.iter().map(|d| (d.r#type.clone(), Value::from(d.degree)));
    let state = class.decision_state().as_str_name().trim_start_matches("DECISION_STATE_");
    json!({
        "place_id": class.place_id,
        "name": place.name,
        "town_code": place.town_code,
        "town": place.town_name,
        "committee": place.committee,
        "housing_nature": place.housing_nature,
        "type": class.r#type,
        "reasons": class.reasons.iter().map(|reason| {
            let text = reason.message.clone().unwrap_or_default();
            json!({ "reason": reason.reason, "zh": text.zh, "en": text.en })
        }).collect::<Vec<_>>(),
        "evidence": evidence_json(&class.evidence),
        "type_degrees": degrees.collect::<serde_json::Map<_, _>>(),
        "decision": class.decision.as_ref().map(decision_json),
        "decision_state": class.decision.as_ref().map(|_| state),
    })
}

/// A decision as JSON; a type of `null` revokes the decision before.
pub(crate) fn decision_json(decision: &TypeDecision) -> Value {
    json!({
        "number": decision.number,
        "place_id": decision.place_id,
        "rule_set_id": decision.rule_set_id,
        "type": Some(&decision.r#type).filter(|id| !id.is_empty()),
        "author": decision.author,
        "reason": decision.reason,
        "evidence": evidence_json(&decision.evidence),
        "time": decision.time.as_ref().map(rfc3339),
        "position": decision.position,
    })
}

fn evidence_json(evidence: &[Evidence]) -> Vec<Value> {
    let fact = |fact: &Evidence| {
        let speaks_for = Some(&fact.r#type).filter(|id| !id.is_empty());
        json!({ "feature": fact.feature, "value": fact.value, "type": speaks_for })
    };
    evidence.iter().map(fact).collect()
}
