//! What the newest analysis of an assessment says of its ranks, as facts of the report.

use anyhow::Result;
use xiuhua_contracts::scoring::v1::{
    Assessment, GetSensitivityRequest, ListIndistinguishableRequest, ListRankIntervalsRequest, RankedInterval,
};
use xiuhua_report::facts::{RankRange, UncertainType, Uncertainty};

use super::ALL;
use crate::platform::Platform;
use crate::uncertainty::{as_typed, newest};

/// Ranks shown at either end.
const ENDS: usize = 5;

/// Reads the analysis; none where there is none.
///
/// # Errors
/// If the service cannot be read.
pub(super) async fn read(platform: &Platform, run: &Assessment) -> Result<Option<Uncertainty>> {
    let Some(analysis) = newest(platform, run).await? else { return Ok(None) };
    let request = GetSensitivityRequest { analysis_id: analysis.id.clone() };
    let sensitivity = platform.uncertainty().get_sensitivity(request).await?.into_inner().types;
    let together = sensitivity.into_iter().rfind(|of_type| of_type.r#type == ALL).unwrap_or_default();
    let index = |factor: xiuhua_contracts::scoring::v1::FactorSensitivity| {
        (as_typed(&factor.factor), factor.total.unwrap_or_default().value)
    };
    let mut types = Vec::new();
    for kind in run.types.iter().filter(|kind| kind.scored > 0) {
        types.push(of_type(platform, &analysis.id, &kind.r#type).await?);
    }
    Ok(Some(Uncertainty {
        id: analysis.id,
        draws: u64::from(analysis.draws),
        factors: analysis.factors.iter().map(|used| as_typed(&used.factor)).collect(),
        indices: together.factors.into_iter().map(index).collect(),
        types,
    }))
}

async fn of_type(platform: &Platform, analysis: &str, kind: &str) -> Result<UncertainType> {
    let mut ranked: Vec<RankedInterval> = Vec::new();
    let mut request = ListRankIntervalsRequest {
        analysis_id: analysis.to_owned(),
        r#type: kind.to_owned(),
        page_size: 1_000,
        ..ListRankIntervalsRequest::default()
    };
    loop {
        let page = platform.uncertainty().list_rank_intervals(request.clone()).await?.into_inner();
        ranked.extend(page.intervals.into_iter().filter(|row| row.rank.is_some()));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let request = ListIndistinguishableRequest {
        analysis_id: analysis.to_owned(),
        r#type: kind.to_owned(),
        page_size: 1,
        ..ListIndistinguishableRequest::default()
    };
    let first = platform.uncertainty().list_indistinguishable(request).await?.into_inner().groups;
    let ranges: Vec<RankRange> = ranked
        .iter()
        .map(|row| {
            let interval = row.interval.clone().unwrap_or_default();
            let rank = row.rank.unwrap_or_default();
            RankRange { rank, low: interval.low, median: interval.median, high: interval.high }
        })
        .collect();
    let groups = ranked.iter().filter_map(|row| row.interval.as_ref()?.tier).max();
    let mut widths: Vec<f64> = ranges.iter().map(|range| range.high - range.low).collect();
    widths.sort_unstable_by(f64::total_cmp);
    let ends = if ranges.len() <= 2 * ENDS {
        ranges.clone()
    } else {
        [&ranges[..ENDS], &ranges[ranges.len() - ENDS..]].concat()
    };
    Ok(UncertainType {
        id: kind.to_owned(),
        ranked: ranges.len() as u64,
        groups: u64::from(groups.unwrap_or(0)),
        first_group: first.first().map_or(0, |group| u64::from(group.places)),
        width: widths.get(widths.len() / 2).copied().unwrap_or(0.0),
        ends,
    })
}
