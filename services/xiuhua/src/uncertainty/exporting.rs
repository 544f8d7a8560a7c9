//! Rank intervals as a result table of its own, where an assessment has an analysis.

use anyhow::Result;
use xiuhua_contracts::scoring::v1::{Assessment, ListRankIntervalsRequest};

use super::newest;
use crate::names::Names;
use crate::platform::Platform;
use crate::results::{Cell, Form, Part, Sink};

/// The table.
const RANK_INTERVALS: Form = Form {
    name: "rank_intervals",
    zh: "名次区间",
    columns: &[
        "place_id",
        "type",
        "period",
        "node",
        "rank",
        "low",
        "median",
        "high",
        "top_tenth",
        "scored",
        "tier",
    ],
};

/// Writes the intervals of the newest analysis, by type, node and rank; nothing without an analysis.
///
/// # Errors
/// If the service cannot be read or a row not be written.
pub(crate) async fn write_rank_intervals(
    platform: &Platform,
    run: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<()> {
    let Some(analysis) = newest(platform, run).await? else { return Ok(()) };
    let names = Names::read(platform, run).await?;
    sink.begin(&RANK_INTERVALS)?;
    for kind in run.types.iter().filter(|kind| kind.scored > 0) {
        for node in &names.nodes {
            let mut request = ListRankIntervalsRequest {
                analysis_id: analysis.id.clone(),
                node: node.clone(),
                r#type: kind.r#type.clone(),
                page_size: 1_000,
                page_token: String::new(),
            };
            loop {
                let page = platform.uncertainty().list_rank_intervals(request.clone()).await?.into_inner();
                for row in page.intervals.iter().filter(|row| part.has(&row.place_id, &kind.r#type)) {
                    let interval = row.interval.clone().unwrap_or_default();
                    sink.row(&[
                        Cell::Text(&row.place_id),
                        Cell::Text(&kind.r#type),
                        Cell::Text(&run.period),
                        Cell::Text(node),
                        Cell::Whole(row.rank.map(u64::from)),
                        Cell::Real(Some(interval.low)),
                        Cell::Real(Some(interval.median)),
                        Cell::Real(Some(interval.high)),
                        Cell::Real(Some(interval.top_tenth_ratio)),
                        Cell::Real(Some(interval.scored_ratio)),
                        Cell::Whole(interval.tier.map(u64::from)),
                    ])?;
                }
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
        }
    }
    Ok(())
}
