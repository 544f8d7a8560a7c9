//! Adoption of a scheme, and its end.

use prost::Message;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_service_kit::request_id::{RequestId, fingerprint};
use xiuhua_service_kit::status::{InvalidRequest, Violations};

use super::Weights;
use crate::convert;
use crate::domain::decision::Decision;
use crate::domain::weight_scheme::{DecidedScheme, SchemeName};
use crate::error::Error;
use crate::service::decisions::{AUTHOR_CHARS, REASON_CHARS, named, text};
use crate::store::{SchemeRuled, SchemeRuling, SchemeVerdict};

/// What both requests have in common.
struct Asked<'a> {
    request_id: &'a str,
    scheme: &'a str,
    author: &'a str,
    reason: &'a str,
}

impl Weights {
    pub(super) async fn adopt(
        &self,
        request: proto::AdoptWeightSchemeRequest,
    ) -> Result<proto::AdoptWeightSchemeResponse, Error> {
        let proto::AdoptWeightSchemeRequest { request_id, scheme, author, reason } = &request;
        let answer = |found: &DecidedScheme| {
            let scheme = convert::weights::listed_scheme(found).ok();
            proto::AdoptWeightSchemeResponse { scheme }.encode_to_vec()
        };
        let fingerprint = fingerprint(&named("adopt weight scheme", &request));
        let asked = Asked { request_id, scheme, author, reason };
        self.decide(SchemeVerdict::Adopt, &asked, answer, fingerprint).await
    }

    pub(super) async fn withdraw(
        &self,
        request: proto::WithdrawAdoptionRequest,
    ) -> Result<proto::WithdrawAdoptionResponse, Error> {
        let proto::WithdrawAdoptionRequest { request_id, scheme, author, reason } = &request;
        let answer = |found: &DecidedScheme| {
            let scheme = convert::weights::listed_scheme(found).ok();
            proto::WithdrawAdoptionResponse { scheme }.encode_to_vec()
        };
        let fingerprint = fingerprint(&named("withdraw adoption", &request));
        let asked = Asked { request_id, scheme, author, reason };
        self.decide(SchemeVerdict::Withdraw, &asked, answer, fingerprint).await
    }

    /// Keeps a decision and its answer. A request sent again gets the first answer, whatever has happened since.
    async fn decide<A: Message + Default>(
        &self,
        verdict: SchemeVerdict,
        asked: &Asked<'_>,
        answer: fn(&DecidedScheme) -> Vec<u8>,
        fingerprint: [u8; 32],
    ) -> Result<A, Error> {
        let (request_id, author, reason) = read(asked)?;
        let missing = || Error::NoWeightScheme(asked.scheme.to_owned());
        let name = SchemeName::parse(asked.scheme).ok_or_else(missing)?;
        let decision = Decision { author, reason, time: self.0.now() };
        let request = request_id.clone();
        let ruling = SchemeRuling { name, verdict, decision, request_id: request, fingerprint, answer };
        let bytes = match self.0.store.decide_scheme(ruling).await? {
            SchemeRuled::Kept(bytes) => bytes,
            SchemeRuled::Before(before) => before.into_replay(&request_id)?.unwrap_or_default(),
            SchemeRuled::NoScheme => return Err(missing()),
            SchemeRuled::InForce => return Err(Error::WeightSchemeInForce(asked.scheme.to_owned())),
            SchemeRuled::NotAdopted => return Err(Error::WeightSchemeNotAdopted(asked.scheme.to_owned())),
        };
        Ok(A::decode(bytes.as_slice())?)
    }
}

fn read(asked: &Asked<'_>) -> Result<(RequestId, String, String), InvalidRequest> {
    let mut faults = Violations::new();
    let request_id = faults.keep(RequestId::parse(asked.request_id));
    faults.required_text("scheme", asked.scheme);
    let author = faults.keep(text("author", asked.author, AUTHOR_CHARS));
    let reason = faults.keep(text("reason", asked.reason, REASON_CHARS));
    match (request_id, author, reason) {
        (Some(request_id), Some(author), Some(reason)) if faults.is_empty() => {
            Ok((request_id, author, reason))
        }
        // Nothing is missing without a fault that says so.
        _ => Err(faults.into_result().err().unwrap_or_else(convert::no_fault_found)),
    }
}
