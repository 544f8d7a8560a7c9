//! Reading results: which assessment is read, and what of it.

mod course;
mod explaining;
mod groups;
pub(crate) mod history;
pub(crate) mod nodes;
mod place;
pub(crate) mod preparing;
mod ranking;
mod standing;
mod towns;

use anyhow::{Context, Result, bail};
use xiuhua_contracts::scoring::v1::{
    Assessment, AssessmentState, GetAssessmentRequest, GetPublishedAssessmentRequest, ListAssessmentsRequest,
};

pub(crate) use self::course::place_scores;
pub(crate) use self::explaining::{explain, explain_place, explained, threshold_status};
pub(crate) use self::groups::{group_scores, show_group, show_groups};
pub(crate) use self::place::show;
pub(crate) use self::ranking::{rank, show_ranking};
pub(crate) use self::standing::{Standing, clock, moment};
pub(crate) use self::towns::each_place;
use crate::cli::RunArg;
use crate::deciding::has_results;
use crate::platform::Platform;
use crate::screen::told;

/// The service answers every read of an assessment with it.
const NO_RUN: &str = "the service answered without an assessment";

/// The assessment asked for: by id, the published one, else the newest that has results and is not withdrawn.
///
/// # Errors
/// If there is none.
pub(crate) async fn find_run(platform: &Platform, run: &RunArg) -> Result<Assessment> {
    if let Some(id) = &run.run {
        let request = GetAssessmentRequest { id: id.clone() };
        let found = platform.scoring().get_assessment(request).await?.into_inner();
        return found.assessment.context(NO_RUN);
    }
    let (catalog_id, period) =
        (run.catalog.clone().unwrap_or_default(), run.period.clone().unwrap_or_default());
    if run.published {
        let request = GetPublishedAssessmentRequest { catalog_id, period };
        let found = platform.scoring().get_published_assessment(request).await?.into_inner();
        return found.assessment.context(NO_RUN);
    }
    let among = ListAssessmentsRequest { catalog_id, period, ..ListAssessmentsRequest::default() };
    let in_force = |state| has_results(state) && state != AssessmentState::Withdrawn;
    newest_run(platform, among, in_force).await
}

/// The newest assessment of those asked for in such a state.
///
/// # Errors
/// If there is none.
pub(crate) async fn newest_run(
    platform: &Platform,
    mut among: ListAssessmentsRequest,
    is_meant: impl Fn(AssessmentState) -> bool,
) -> Result<Assessment> {
    loop {
        let page = platform.scoring().list_assessments(among.clone()).await?.into_inner();
        if let Some(found) = page.assessments.into_iter().find(|run| is_meant(run.state())) {
            return Ok(found);
        }
        if page.next_page_token.is_empty() {
            bail!(told(
                "还没有有结果的测评，请先运行 xiuhua assess",
                "no assessment has results yet: run `xiuhua assess` first"
            ));
        }
        among.page_token = page.next_page_token;
    }
}
