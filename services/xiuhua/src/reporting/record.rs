//! What the record behind an assessment was: deliveries, and places without a type.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::Offset;
use xiuhua_contracts::classification::v1::ListPlaceClassesRequest;
use xiuhua_contracts::ingestion::v1::{Batch, BatchState, ListBatchesRequest};
use xiuhua_contracts::scoring::v1::Assessment;
use xiuhua_report::facts::{Deliveries, Name};

use crate::platform::Platform;
use crate::reporting::listing::Members;

/// Shanghai's offset from UTC; no daylight saving since 1991.
const SHANGHAI: Offset = Offset::constant(8);

/// The day of an instant in Shanghai, such as `2026-03-01`; empty where there is none.
pub(super) fn day(time: Option<&prost_types::Timestamp>) -> String {
    let instant = time.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
    instant.map(|instant| SHANGHAI.to_datetime(instant).date().to_string()).unwrap_or_default()
}

/// Rows of the deliveries in force as of a position, and the day the last of them was sealed.
pub(super) async fn deliveries(platform: &Platform, as_of: u64) -> Result<(Deliveries, String)> {
    let mut found = Deliveries::default();
    let mut newest: (Option<u64>, String) = (None, String::new());
    let mut request = ListBatchesRequest { page_size: 1000, ..ListBatchesRequest::default() };
    loop {
        let page = platform.ingestion().list_batches(request.clone()).await?.into_inner();
        for batch in page.batches.iter().filter(|batch| was_in_force(batch, as_of)) {
            let counts = batch.counts.unwrap_or_default();
            found.batches += 1;
            found.read += counts.read;
            found.taken += counts.accepted + counts.corrected;
            found.duplicate += counts.duplicate;
            found.rejected += counts.rejected;
            if newest.0 < batch.position {
                newest = (batch.position, day(batch.sealed_time.as_ref()));
            }
        }
        if page.next_page_token.is_empty() {
            return Ok((found, newest.1));
        }
        request.page_token = page.next_page_token;
    }
}

fn was_in_force(batch: &Batch, as_of: u64) -> bool {
    let withdrawn = batch.withdrawal.as_ref().is_some_and(|withdrawal| withdrawal.position <= as_of);
    let sealed = matches!(batch.state(), BatchState::Sealed | BatchState::Withdrawn);
    sealed && batch.position.is_some_and(|position| position <= as_of) && !withdrawn
}

/// Places of the scope without a type, by their first reason, most first.
pub(super) async fn unclassified(
    platform: &Platform,
    run: &Assessment,
    members: Option<&Members>,
) -> Result<Vec<(Name, u64)>> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut request = ListPlaceClassesRequest {
        classification_id: run.classification_id.clone(),
        r#type: "UNCLASSIFIED".to_owned(),
        page_size: 1000,
        page_token: String::new(),
    };
    loop {
        let page = platform.classification().list_place_classes(request.clone()).await?.into_inner();
        let ours = page.place_classes.iter();
        for place in ours.filter(|place| members.is_none_or(|members| members.has(&place.place_id))) {
            let reason = place.reasons.first().map(|reason| reason.reason.clone()).unwrap_or_default();
            *counts.entry(reason).or_default() += 1;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, places)| std::cmp::Reverse(*places));
    Ok(counts.into_iter().map(|(reason, places)| (words(&reason), places)).collect())
}

/// Why a place has no type, in words.
fn words(reason: &str) -> Name {
    let (zh, en) = match reason {
        "EVIDENCE_MISSING" => ("没有房屋性质等证据", "no evidence"),
        "EVIDENCE_CONTRADICTORY" => ("证据互相矛盾", "contradictory evidence"),
        "NATURE_UNLISTED" => ("房屋性质不在规则内", "nature of housing not in the rules"),
        "NOT_RESIDENTIAL" => ("非住宅", "not residential"),
        "DECISION_OUTDATED" => ("人工决定所依据的证据已变", "evidence changed since it was decided"),
        other => (other, other),
    };
    Name { zh: zh.to_owned(), en: en.to_owned() }
}
