//! Decisions about types and the review list, to domain and back.

use jiff::Timestamp;
use xiuhua_contracts::classification::v1 as wire;
use xiuhua_service_kit::page::{self, Page};
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

use super::{
    PageOf, any_page, evidence, instant, leave_out_what_does_not_fit, mutation, not_a_token, present,
};
use crate::deciding::{AskedDecision, Decided};
use crate::domain::{Classification, DecisionState, MetDecision, PlaceClass, TypeDecision, UNCLASSIFIED};

/// Longest name of an author, in characters.
const AUTHOR_CHARS: usize = 100;
/// Longest reason, in characters.
const REASON_CHARS: usize = 1_000;

/// What a person asks for; `looked_at` is the classification that the request names, where there is one.
pub(crate) fn decision_request(
    request: wire::DecideTypeRequest,
    looked_at: Option<&Classification>,
) -> Result<AskedDecision, InvalidRequest> {
    let mut faults = Violations::new();
    let mutation = mutation(&request.request_id, &request, &mut faults);
    faults.required_text("classification_id", &request.classification_id);
    faults.required_text("place_id", &request.place_id);
    let type_id = Some(request.r#type).filter(|type_id| !type_id.is_empty());
    if let (Some(type_id), Some(looked_at)) = (&type_id, looked_at) {
        faults.keep(type_of(type_id, looked_at));
    }
    let author = faults.keep(text("author", &request.author, AUTHOR_CHARS));
    let reason = faults.keep(text("reason", &request.reason, REASON_CHARS));
    faults.into_result()?;
    Ok(AskedDecision {
        mutation: present(mutation)?,
        place_id: request.place_id,
        type_id,
        author: present(author)?,
        reason: present(reason)?,
    })
}

/// Whether the rule set of a classification has a type; its counts name them all.
fn type_of(type_id: &str, classification: &Classification) -> Result<(), Violation> {
    let counts = classification.counts.iter().map(|count| count.type_id.as_str());
    let known: Vec<&str> = counts.filter(|known| *known != UNCLASSIFIED).collect();
    if known.contains(&type_id) {
        return Ok(());
    }
    let known = known.join(", ");
    Err(Violation::new("type", format!("该规则集只有：{known}"), format!("this rule set has only {known}")))
}

/// A text of 1 to `longest` characters without U+0000, which PostgreSQL cannot keep; blanks around it do not count.
fn text(field: &str, text: &str, longest: usize) -> Result<String, Violation> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.chars().count() > longest || trimmed.contains('\0') {
        let zh = format!("须为 1 至 {longest} 个字符，且不含 U+0000");
        let en = format!("must be 1 to {longest} characters, none of them U+0000");
        return Err(Violation::new(field, zh, en));
    }
    Ok(trimmed.to_owned())
}

/// A decision with its effect as readers get it.
pub(crate) fn decided(decided: Decided) -> wire::DecideTypeResponse {
    wire::DecideTypeResponse {
        decision: Some(decision(decided.decision)),
        type_before: decided.type_before,
        type_after: decided.type_after,
    }
}

/// A page of the review list.
pub(crate) fn review_page(request: &wire::ListReviewRequest) -> Result<Page, InvalidRequest> {
    let mut faults = Violations::new();
    faults.required_text("classification_id", &request.classification_id);
    let page = faults.keep(any_page(request.page_size, &request.page_token, &review_pages(request)));
    faults.into_result()?;
    present(page)
}

/// A page of the review list from rows read with one to spare.
pub(crate) fn review(
    mut classes: Vec<PlaceClass>,
    page: &Page,
    request: &wire::ListReviewRequest,
) -> wire::ListReviewResponse {
    let binding = review_pages(request);
    let mut next_page_token = page::cut(&mut classes, page, &binding, |last| last.place_id.clone());
    let mut place_classes: Vec<wire::PlaceClass> = classes.into_iter().map(super::place_class).collect();
    if let Some(last) = leave_out_what_does_not_fit(&mut place_classes) {
        next_page_token = page::next_token(&place_classes[last].place_id, &binding);
    }
    wire::ListReviewResponse { place_classes, next_page_token }
}

/// A page of decisions.
pub(crate) fn decision_page(request: &wire::ListTypeDecisionsRequest) -> Result<PageOf<u64>, Violation> {
    let page = any_page(request.page_size, &request.page_token, &decision_pages(request))?;
    let before = page.after.as_deref().map(|key| key.parse().map_err(|_| not_a_token()));
    let after = before.transpose()?;
    Ok(PageOf { page, after })
}

/// A page of decisions from rows read with one to spare.
pub(crate) fn decisions(
    mut rows: Vec<TypeDecision>,
    page: &Page,
    request: &wire::ListTypeDecisionsRequest,
) -> wire::ListTypeDecisionsResponse {
    let binding = decision_pages(request);
    let mut next_page_token = page::cut(&mut rows, page, &binding, |last| last.number.to_string());
    let mut decisions: Vec<wire::TypeDecision> = rows.into_iter().map(decision).collect();
    if let Some(last) = leave_out_what_does_not_fit(&mut decisions) {
        next_page_token = page::next_token(&decisions[last].number.to_string(), &binding);
    }
    wire::ListTypeDecisionsResponse { decisions, next_page_token }
}

/// The instant that a number of decisions is asked as of.
pub(crate) fn instant_asked(time: &prost_types::Timestamp) -> Result<Timestamp, Violation> {
    let bad = || Violation::new("as_of_time", "不是有效的时间", "is no instant of the calendar");
    // Decisions are kept to the microsecond, and asked for as finely.
    let micros = (0..1_000_000_000).contains(&time.nanos).then(|| i64::from(time.nanos / 1_000));
    let whole = time.seconds.checked_mul(1_000_000);
    let micros = whole.zip(micros).and_then(|(whole, micros)| whole.checked_add(micros));
    micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()).ok_or_else(bad)
}

/// A decision that a classification met, as readers get it.
pub(super) fn met(met: Option<MetDecision>) -> (Option<wire::TypeDecision>, wire::DecisionState) {
    let Some(MetDecision { decision: met, state }) = met else {
        return (None, wire::DecisionState::Unspecified);
    };
    let state = match state {
        DecisionState::Applied => wire::DecisionState::Applied,
        DecisionState::Outdated => wire::DecisionState::Outdated,
        DecisionState::Revoked => wire::DecisionState::Revoked,
    };
    (Some(decision(met)), state)
}

fn decision(decision: TypeDecision) -> wire::TypeDecision {
    wire::TypeDecision {
        number: decision.number,
        place_id: decision.place_id,
        rule_set_id: decision.rule_set_id,
        r#type: decision.type_id.unwrap_or_default(),
        evidence: decision.evidence.into_iter().map(evidence).collect(),
        author: decision.author,
        reason: decision.reason,
        time: Some(instant(decision.decided_at)),
        position: decision.position,
    }
}

fn review_pages(request: &wire::ListReviewRequest) -> String {
    format!("review/{}", request.classification_id)
}

fn decision_pages(request: &wire::ListTypeDecisionsRequest) -> String {
    format!("type_decisions/{}", request.place_id)
}
