//! Which assessments stand for the periods of a catalog: of each period the one published last, else the newest that is
//! not withdrawn.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use xiuhua_contracts::scoring::v1::{
    Assessment, AssessmentState, GetAssessmentRequest, ListAssessmentsRequest,
};

use super::NO_RUN;
use crate::deciding::has_results;
use crate::platform::Platform;
use crate::screen::told;

/// Periods looked back at.
pub(crate) const PERIODS: usize = 24;

/// The assessments of a catalog that are meant, by period.
///
/// # Errors
/// If scoring cannot be read.
pub(crate) async fn by_period(
    platform: &Platform,
    catalog_id: &str,
    is_meant: impl Fn(&Assessment) -> bool,
) -> Result<BTreeMap<String, Assessment>> {
    let mut found: BTreeMap<String, Assessment> = BTreeMap::new();
    let mut request = ListAssessmentsRequest {
        catalog_id: catalog_id.to_owned(),
        page_size: 1000,
        ..ListAssessmentsRequest::default()
    };
    loop {
        let page = platform.scoring().list_assessments(request.clone()).await?.into_inner();
        for run in page.assessments {
            let in_force = has_results(run.state()) && run.state() != AssessmentState::Withdrawn;
            let stands = found.get(&run.period).is_none_or(|other| published(&run) > published(other));
            if in_force && is_meant(&run) && stands {
                found.insert(run.period.clone(), run);
            }
        }
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

/// When it was published; none comes before any.
fn published(run: &Assessment) -> Option<(i64, i32)> {
    let time = run.published.as_ref()?.time.as_ref()?;
    Some((time.seconds, time.nanos))
}

/// Whether two assessments measure alike: under one threshold set and the same weights. Otherwise a change of either would
/// show as a change of the places.
pub(crate) fn measure_alike(one: &Assessment, other: &Assessment) -> bool {
    let weights = |run: &Assessment| {
        (run.weight_scheme_id.clone(), run.weight_scheme_version, run.weight_scheme_hash.clone())
    };
    one.threshold_set_id == other.threshold_set_id && weights(one) == weights(other)
}

/// The assessments of earlier periods of the same length that measure as a run does, earliest first, at most
/// [`PERIODS`].
///
/// # Errors
/// If scoring cannot be read.
pub(crate) async fn before(platform: &Platform, run: &Assessment) -> Result<Vec<Assessment>> {
    let is_alike = |other: &Assessment| {
        measure_alike(other, run) && other.period.len() == run.period.len() && other.period < run.period
    };
    let mut found: Vec<_> = by_period(platform, &run.catalog_id, is_alike).await?.into_values().collect();
    found.drain(..found.len().saturating_sub(PERIODS));
    Ok(found)
}

/// An assessment by its id.
///
/// # Errors
/// If there is none, or it has no results.
pub(crate) async fn by_id(platform: &Platform, id: &str) -> Result<Assessment> {
    let request = GetAssessmentRequest { id: id.to_owned() };
    let run = platform.scoring().get_assessment(request).await?.into_inner().assessment.context(NO_RUN)?;
    if !has_results(run.state()) {
        bail!(told(format!("测评 {id} 没有结果"), format!("assessment {id} has no results")));
    }
    Ok(run)
}
