//! Decisions about assessments: cancel, publish, withdraw; and which one is in force.

use prost::Message;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_service_kit::request_id::{RequestId, fingerprint};
use xiuhua_service_kit::status::{InvalidRequest, Violation, Violations};

use super::{Scoring, must_name};
use crate::convert;
use crate::domain::assessment::Assessment;
use crate::domain::decision::{Decision, Unfit, Verdict};
use crate::domain::id::AssessmentId;
use crate::error::Error;
use crate::store::{Ruled, Ruling};

/// Longest name of an author, in characters.
pub(super) const AUTHOR_CHARS: usize = 100;
/// Longest reason, in characters.
pub(super) const REASON_CHARS: usize = 1_000;

/// What the three requests have in common.
struct Asked<'a> {
    request_id: &'a str,
    id: &'a str,
    author: &'a str,
    reason: &'a str,
}

impl Scoring {
    pub(super) async fn cancel(
        &self,
        request: proto::CancelAssessmentRequest,
    ) -> Result<proto::CancelAssessmentResponse, Error> {
        let proto::CancelAssessmentRequest { request_id, id, author, reason } = &request;
        let answer = |assessment: &Assessment| {
            let assessment = Some(convert::assessment(assessment));
            proto::CancelAssessmentResponse { assessment }.encode_to_vec()
        };
        let asked = Asked { request_id, id, author, reason };
        self.decide(Verdict::Cancel, asked, answer, &request).await
    }

    pub(super) async fn publish(
        &self,
        request: proto::PublishAssessmentRequest,
    ) -> Result<proto::PublishAssessmentResponse, Error> {
        let proto::PublishAssessmentRequest { request_id, id, author, reason } = &request;
        let answer = |assessment: &Assessment| {
            let assessment = Some(convert::assessment(assessment));
            proto::PublishAssessmentResponse { assessment }.encode_to_vec()
        };
        let asked = Asked { request_id, id, author, reason };
        self.decide(Verdict::Publish, asked, answer, &request).await
    }

    pub(super) async fn withdraw(
        &self,
        request: proto::WithdrawAssessmentRequest,
    ) -> Result<proto::WithdrawAssessmentResponse, Error> {
        let proto::WithdrawAssessmentRequest { request_id, id, author, reason } = &request;
        let answer = |assessment: &Assessment| {
            let assessment = Some(convert::assessment(assessment));
            proto::WithdrawAssessmentResponse { assessment }.encode_to_vec()
        };
        let asked = Asked { request_id, id, author, reason };
        self.decide(Verdict::Withdraw, asked, answer, &request).await
    }

    pub(super) async fn published(
        &self,
        request: proto::GetPublishedAssessmentRequest,
    ) -> Result<proto::GetPublishedAssessmentResponse, Error> {
        let proto::GetPublishedAssessmentRequest { catalog_id: catalog, period } = request;
        must_name(&[("catalog_id", &catalog), ("period", &period)])?;
        let found = self.store.published(&catalog, &period).await?;
        let stored = found.ok_or(Error::NonePublished { catalog, period })?;
        Ok(proto::GetPublishedAssessmentResponse {
            assessment: Some(convert::assessment(&stored.assessment)),
        })
    }

    /// Keeps a decision and its answer. A request sent again gets the first answer, whatever has happened since.
    async fn decide<A: Message + Default>(
        &self,
        verdict: Verdict,
        asked: Asked<'_>,
        answer: fn(&Assessment) -> Vec<u8>,
        request: &impl Message,
    ) -> Result<A, Error> {
        let (request_id, id, author, reason) = read(&asked)?;
        let decision = Decision { author, reason, time: self.now() };
        let ruling = Ruling {
            id: id.clone(),
            verdict,
            decision,
            request_id: request_id.clone(),
            fingerprint: fingerprint(&named(method(verdict), request)),
            answer,
        };
        let bytes = match self.store.decide(ruling).await? {
            Ruled::Kept(bytes) => bytes,
            Ruled::Before(before) => before.into_replay(&request_id)?.unwrap_or_default(),
            Ruled::NoAssessment => return Err(Error::NoAssessment(id)),
            Ruled::Unfit(Unfit::Over) => return Err(Error::Over(id)),
            Ruled::Unfit(Unfit::NotReady) => return Err(Error::NotPublishable(id)),
            Ruled::Unfit(Unfit::NotPublished) => return Err(Error::NotPublished(id)),
        };
        self.changes.announce();
        Ok(A::decode(bytes.as_slice())?)
    }
}

/// A request under the name of its method: the three are alike to the byte, and one must not be answered for another.
///
/// The name has a blank in it, which no request id has. So no request to create an assessment, which begins with its
/// request id where this begins with the name, has these bytes either.
pub(super) fn named(name: &str, request: &impl Message) -> prost_types::Any {
    prost_types::Any { type_url: name.to_owned(), value: request.encode_to_vec() }
}

fn method(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Cancel => "cancel assessment",
        Verdict::Publish => "publish assessment",
        Verdict::Withdraw => "withdraw assessment",
    }
}

fn read(asked: &Asked<'_>) -> Result<(RequestId, AssessmentId, String, String), InvalidRequest> {
    let mut faults = Violations::new();
    let request_id = faults.keep(RequestId::parse(asked.request_id));
    let id = faults.required_text("id", asked.id).map(AssessmentId::new);
    let author = faults.keep(text("author", asked.author, AUTHOR_CHARS));
    let reason = faults.keep(text("reason", asked.reason, REASON_CHARS));
    match (request_id, id, author, reason) {
        (Some(request_id), Some(id), Some(author), Some(reason)) => Ok((request_id, id, author, reason)),
        // Nothing is missing without a fault that says so.
        _ => Err(faults.into_result().err().unwrap_or_else(convert::no_fault_found)),
    }
}

/// A text of 1 to `longest` characters without U+0000, which PostgreSQL cannot keep; blanks around it do not count.
pub(super) fn text(field: &str, text: &str, longest: usize) -> Result<String, Violation> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.chars().count() > longest || trimmed.contains('\0') {
        let zh = format!("须为 1 至 {longest} 个字符，且不含 U+0000");
        let en = format!("must be 1 to {longest} characters, none of them U+0000");
        return Err(Violation::new(field, zh, en));
    }
    Ok(trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_the_same_for_every_method_is_told_apart_by_the_method() {
        let body = proto::CreateAssessmentRequest {
            request_id: "r".to_owned(),
            threshold_set_id: "x".to_owned(),
            classification_id: "a".to_owned(),
            period: "b".to_owned(),
            as_of_position: None,
            weight_scheme_id: String::new(),
        };
        let mut prints = vec![fingerprint(&body)];
        for verdict in [Verdict::Cancel, Verdict::Publish, Verdict::Withdraw] {
            prints.push(fingerprint(&named(method(verdict), &body)));
        }
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), 4);
    }
}
