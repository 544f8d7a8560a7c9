//! Changes since the period before, under the same threshold set and weights.

use std::collections::VecDeque;

use anyhow::Result;
use xiuhua_contracts::scoring::v1::{
    Assessment, AssessmentState, GetPlaceScoresRequest, Growth, ListAssessmentsRequest, ListGrowthRequest,
};
use xiuhua_report::facts::{Change, Listed, Previous, Spread, TypeFacts};

use crate::deciding::has_results;
use crate::platform::Platform;
use crate::reading::history::measure_alike;
use crate::reporting::listing::Members;
use crate::reporting::scores::Seen;

/// How many risers and how many fallers are listed a type.
const LISTED: usize = 6;

/// Fills the changes of the types and names the assessment they refer to.
pub(super) async fn read(
    platform: &Platform,
    run: &Assessment,
    root: &str,
    types: &mut [TypeFacts],
    seen: &Seen,
    members: Option<&Members>,
) -> Result<Option<Previous>> {
    let Some(previous) = find(platform, run).await? else { return Ok(None) };
    for it in types.iter_mut() {
        it.change = Some(change(platform, run, &previous, root, &it.id, seen, members).await?);
    }
    Ok(Some(previous))
}

/// The newest assessment of the latest earlier period that measures as a run does.
async fn find(platform: &Platform, run: &Assessment) -> Result<Option<Previous>> {
    let mut request = ListAssessmentsRequest {
        catalog_id: run.catalog_id.clone(),
        page_size: 1000,
        ..ListAssessmentsRequest::default()
    };
    let mut found: Option<Previous> = None;
    loop {
        let page = platform.scoring().list_assessments(request.clone()).await?.into_inner();
        for other in page.assessments {
            let comparable = has_results(other.state())
                && other.state() != AssessmentState::Withdrawn
                && measure_alike(&other, run)
                && other.period.len() == run.period.len()
                && other.period < run.period;
            if comparable && found.as_ref().is_none_or(|found| found.period < other.period) {
                found = Some(Previous { id: other.id, period: other.period });
            }
        }
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

async fn change(
    platform: &Platform,
    run: &Assessment,
    previous: &Previous,
    root: &str,
    kind: &str,
    seen: &Seen,
    members: Option<&Members>,
) -> Result<Change> {
    let mut request = ListGrowthRequest {
        assessment_id: run.id.clone(),
        previous_assessment_id: previous.id.clone(),
        node: root.to_owned(),
        r#type: kind.to_owned(),
        page_size: 1000,
        page_token: String::new(),
    };
    let mut points = Vec::new();
    let mut first = Vec::new();
    let mut last = VecDeque::new();
    loop {
        let page = platform.scoring().list_growth(request.clone()).await?.into_inner();
        for growth in page.growths {
            if members.is_some_and(|members| !members.has(&growth.place_id)) {
                continue;
            }
            points.push(growth.growth_points);
            if growth.growth_points > 0.0 && first.len() < LISTED {
                first.push(growth);
            } else if growth.growth_points < 0.0 {
                if last.len() == LISTED {
                    last.pop_front();
                }
                last.push_back(growth);
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    points.sort_by(f64::total_cmp);
    let count = |is_meant: fn(&f64) -> bool| points.iter().filter(|it| is_meant(it)).count().try_into();
    Ok(Change {
        places: points.len().try_into()?,
        risen: count(|it| *it > 0.0)?,
        fallen: count(|it| *it < 0.0)?,
        median: Spread::of(&points).map(|spread| spread.median).unwrap_or_default(),
        risers: listed(platform, run, first, seen, members).await?,
        fallers: listed(platform, run, last.into_iter().rev(), seen, members).await?,
    })
}

async fn listed(
    platform: &Platform,
    run: &Assessment,
    growths: impl IntoIterator<Item = Growth>,
    seen: &Seen,
    members: Option<&Members>,
) -> Result<Vec<Listed>> {
    let mut all = Vec::new();
    for growth in growths {
        let mut place = Listed { score: growth.score, growth: growth.growth_points, ..Listed::default() };
        if seen.may_be_named(&growth.place_id) {
            let request =
                GetPlaceScoresRequest { assessment_id: run.id.clone(), place_id: growth.place_id.clone() };
            let found = platform.scoring().get_place_scores(request).await?.into_inner();
            if members.is_some() {
                place.belongs_to = found.committee;
            } else {
                (place.belongs_to, place.town_code) = (found.town_name, found.town_code);
            }
            let name = if growth.place_name.is_empty() { growth.place_id } else { growth.place_name };
            place.name = Some(name);
        }
        all.push(place);
    }
    Ok(all)
}
