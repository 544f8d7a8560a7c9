//! The result files of an assessment (specification page 5, section 5.2): UTF-8, comma, header; floats parse back to
//! the same bits; rows by place id (bytes), then catalog order.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};
use xiuhua_contracts::ingestion::v1::Batch;
use xiuhua_contracts::normalization::v1::ListSampleMembersRequest;
use xiuhua_contracts::scoring::v1::{
    Assessment, GroupLevel, GroupScore, ListGroupScoresRequest, ListThresholdsUsedRequest, NodeScore,
    ReadLeafValuesRequest, ReadScoresRequest, ThresholdUsed,
};

use crate::delivery::each_rejected_row;
use crate::platform::Platform;

/// The files [`write_results`] writes.
pub(crate) const RESULT_FILES: [&str; 5] =
    ["scores.csv", "groups.csv", "values.csv", "thresholds.csv", "sample.csv"];

type Writer = csv::Writer<BufWriter<File>>;

/// Writes scores, groups, values, thresholds and sample of an assessment.
///
/// # Errors
/// If a service cannot be read or a file not be written.
pub(crate) async fn write_results(platform: &Platform, assessment: &Assessment, dir: &Path) -> Result<()> {
    write_scores(platform, assessment, dir).await?;
    write_groups(platform, assessment, dir).await?;
    write_values(platform, assessment, dir).await?;
    write_thresholds(platform, assessment, dir).await?;
    write_sample(platform, assessment, dir).await
}

async fn write_scores(platform: &Platform, assessment: &Assessment, dir: &Path) -> Result<()> {
    let header = ["place_id", "type", "period", "node", "score", "coverage", "rank", "percentile"];
    let mut file = create(dir, "scores.csv", &header)?;
    let request = ReadScoresRequest { assessment_id: assessment.id.clone() };
    let mut stream = platform.scoring().read_scores(request).await?.into_inner();
    while let Some(part) = stream.message().await? {
        for place in part.places {
            for NodeScore { node, score, coverage_ratio, rank, percentile, .. } in place.scores {
                file.write_record([
                    &place.place_id,
                    &place.r#type,
                    &assessment.period,
                    &node,
                    &cell(score),
                    &coverage_ratio.to_string(),
                    &cell(rank),
                    &cell(percentile),
                ])?;
            }
        }
    }
    finish(file)
}

async fn write_groups(platform: &Platform, assessment: &Assessment, dir: &Path) -> Result<()> {
    let header =
        ["level", "code", "name", "type", "period", "node", "score", "places", "household_share", "rank"];
    let mut file = create(dir, "groups.csv", &header)?;
    each_group(
        platform,
        &ListGroupScoresRequest { assessment_id: assessment.id.clone(), ..all() },
        |group| {
            let level = level_name(group.level());
            file.write_record([
                level,
                &group.code,
                &group.name,
                &group.r#type,
                &assessment.period,
                &group.node,
                &cell(group.score),
                &group.places.to_string(),
                &group.household_share_ratio.to_string(),
                &cell(group.rank),
            ])?;
            Ok(())
        },
    )
    .await?;
    finish(file)
}

async fn write_values(platform: &Platform, assessment: &Assessment, dir: &Path) -> Result<()> {
    let header = ["place_id", "indicator", "period", "value", "z_uncapped", "z"];
    let mut file = create(dir, "values.csv", &header)?;
    let request = ReadLeafValuesRequest { assessment_id: assessment.id.clone() };
    let mut stream = platform.scoring().read_leaf_values(request).await?.into_inner();
    while let Some(part) = stream.message().await? {
        for place in part.places {
            for leaf in place.values {
                file.write_record([
                    &place.place_id,
                    &leaf.leaf,
                    &assessment.period,
                    &leaf.value.to_string(),
                    &cell(leaf.z_uncapped),
                    &cell(leaf.z),
                ])?;
            }
        }
    }
    finish(file)
}

async fn write_thresholds(platform: &Platform, assessment: &Assessment, dir: &Path) -> Result<()> {
    let mut file =
        create(dir, "thresholds.csv", &["type", "indicator", "lower", "upper", "status", "sample_size"])?;
    each_threshold(platform, assessment, |threshold| {
        file.write_record([
            &threshold.r#type,
            &threshold.leaf,
            &cell(threshold.lower),
            &cell(threshold.upper),
            &threshold.status.to_lowercase(),
            &threshold.sample_size.to_string(),
        ])?;
        Ok(())
    })
    .await?;
    finish(file)
}

async fn write_sample(platform: &Platform, assessment: &Assessment, dir: &Path) -> Result<()> {
    let mut members = Vec::new();
    let mut request = ListSampleMembersRequest {
        threshold_set_id: assessment.threshold_set_id.clone(),
        ..ListSampleMembersRequest::default()
    };
    loop {
        let page = platform.normalization().list_sample_members(request.clone()).await?.into_inner();
        members.extend(page.members);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    members.sort_unstable_by(|a, b| a.place_id.cmp(&b.place_id));
    let mut file = create(dir, "sample.csv", &["type", "place_id"])?;
    for member in members {
        file.write_record([&member.r#type, &member.place_id])?;
    }
    finish(file)
}

/// Writes the rejected rows of some batches, with every fault of a row.
///
/// # Errors
/// If a batch cannot be read or the file not be written.
pub(crate) async fn write_rejected(platform: &Platform, batches: &[&Batch], dir: &Path) -> Result<()> {
    let mut file = create(dir, "rejected.csv", &["file", "row", "columns", "reasons", "original"])?;
    for batch in batches {
        each_rejected_row(platform, batch, |row| {
            let columns: Vec<_> = row.columns.iter().map(|c| file_column(c)).collect();
            let reasons: Vec<_> = row
                .reasons
                .iter()
                .map(|r| {
                    let message = r.message.clone().unwrap_or_default();
                    // "; " stands between reasons and nowhere else.
                    format!("{}: {} / {}", r.reason, message.zh, message.en).replace("; ", ", ")
                })
                .collect();
            let number = row.row.to_string();
            file.write_record([
                &batch.file_name,
                &number,
                &columns.join("; "),
                &reasons.join("; "),
                &row.original,
            ])?;
            Ok(())
        })
        .await?;
    }
    finish(file)
}

/// A column as files call it, where ingestion's name differs.
pub(crate) fn file_column(column: &str) -> &str {
    match column {
        "measure_id" => "indicator",
        "source_id" => "source",
        "id" => "place_id",
        "town_name" => "town",
        other => other,
    }
}

/// Every group score the request asks for, page by page.
///
/// # Errors
/// If the service cannot be read, or `each` fails.
pub(crate) async fn each_group(
    platform: &Platform,
    request: &ListGroupScoresRequest,
    mut each: impl FnMut(GroupScore) -> Result<()>,
) -> Result<()> {
    let mut request = request.clone();
    loop {
        let page = platform.scoring().list_group_scores(request.clone()).await?.into_inner();
        page.groups.into_iter().try_for_each(&mut each)?;
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

/// Every threshold an assessment used, page by page; types without a place have nothing to measure and are passed over.
///
/// # Errors
/// If the service cannot be read, or `each` fails.
pub(crate) async fn each_threshold(
    platform: &Platform,
    assessment: &Assessment,
    mut each: impl FnMut(ThresholdUsed) -> Result<()>,
) -> Result<()> {
    let inhabited = |name: &str| assessment.types.iter().any(|t| t.r#type == name && t.places > 0);
    let mut request = ListThresholdsUsedRequest {
        assessment_id: assessment.id.clone(),
        ..ListThresholdsUsedRequest::default()
    };
    loop {
        let page = platform.scoring().list_thresholds_used(request.clone()).await?.into_inner();
        page.thresholds.into_iter().filter(|t| inhabited(&t.r#type)).try_for_each(&mut each)?;
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

/// A request for group scores without any filter, in the largest pages.
pub(crate) fn all() -> ListGroupScoresRequest {
    ListGroupScoresRequest { page_size: 5000, ..ListGroupScoresRequest::default() }
}

fn level_name(level: GroupLevel) -> &'static str {
    match level {
        GroupLevel::Committee => "committee",
        GroupLevel::Town => "town",
        GroupLevel::District => "district",
        GroupLevel::Unspecified => "",
    }
}

fn create(dir: &Path, name: &str, header: &[&str]) -> Result<Writer> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let path = dir.join(name);
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut writer = csv::Writer::from_writer(BufWriter::new(file));
    writer.write_record(header)?;
    Ok(writer)
}

fn finish(mut file: Writer) -> Result<()> {
    file.flush()?;
    Ok(())
}

/// Empty when absent. `f64` prints in the fewest digits that parse back to the same bits.
fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}
