//! The result tables of an assessment (specification page 5, section 5.2), row by row into whatever takes them: floats as
//! they are, rows by place id (bytes), then catalog order. Memory stays flat.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};
use xiuhua_contracts::ingestion::v1::Batch;
use xiuhua_contracts::normalization::v1::ListSampleMembersRequest;
use xiuhua_contracts::scoring::v1::{
    Assessment, GroupLevel, GroupScore, LeafValue, ListGroupScoresRequest, ListThresholdsUsedRequest,
    NodeScore, PlaceLeafValues, PlaceScores, ReadLeafValuesRequest, ThresholdUsed,
};

use crate::delivery::each_rejected_row;
use crate::joining::{Scores, Values};
use crate::platform::Platform;

/// The files of [`write_results`] as CSV; the last two only where there is something to say.
pub(crate) const RESULT_FILES: [&str; 7] = [
    "scores.csv",
    "groups.csv",
    "values.csv",
    "thresholds.csv",
    "sample.csv",
    "imputed.csv",
    "treatment.csv",
];

/// A result table: its name among files, its name in Chinese, its columns.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) columns: &'static [&'static str],
}

const SCORES: Form = Form {
    name: "scores",
    zh: "得分",
    columns: &["place_id", "type", "period", "node", "score", "coverage", "rank", "percentile"],
};
const GROUPS: Form = Form {
    name: "groups",
    zh: "汇总",
    columns: &[
        "level",
        "code",
        "name",
        "type",
        "period",
        "node",
        "score",
        "places",
        "household_share",
        "rank",
    ],
};
const VALUES: Form = Form {
    name: "values",
    zh: "指标值",
    columns: &["place_id", "indicator", "period", "value", "z_uncapped", "z"],
};
const THRESHOLDS: Form = Form {
    name: "thresholds",
    zh: "阈值",
    columns: &["type", "indicator", "lower", "upper", "status", "sample_size"],
};
/// Written only where there is any: most catalogs fill nothing.
const IMPUTED: Form =
    Form {
        name: "imputed", zh: "插补值", columns: &["place_id", "indicator", "period", "value", "method"]
    };
/// Written only where there is any.
const TREATMENT: Form = Form {
    name: "treatment",
    zh: "离群值处理",
    columns: &["type", "indicator", "treatment", "lower", "upper", "low_points", "high_points", "origin"],
};
const SAMPLE: Form = Form { name: "sample", zh: "样本", columns: &["type", "place_id"] };

/// A cell of a result table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    Text(&'a str),
    Real(Option<f64>),
    Whole(Option<u64>),
}

/// What takes result tables, one after another.
pub(crate) trait Sink {
    /// Begins a table; the one before is over.
    fn begin(&mut self, form: &'static Form) -> Result<()>;
    /// Takes the next row, one cell a column.
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()>;
}

/// What of an assessment is written.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// Only this type.
    pub(crate) place_type: Option<String>,
    /// Only this town, and its places.
    pub(crate) town: Option<(String, HashSet<String>)>,
}

impl Part {
    fn is_all(&self) -> bool {
        self.place_type.is_none() && self.town.is_none()
    }

    fn has_type(&self, place_type: &str) -> bool {
        self.place_type.as_ref().is_none_or(|only| only == place_type)
    }

    /// Whether a place of a type is in it.
    pub(crate) fn has(&self, place_id: &str, place_type: &str) -> bool {
        self.has_type(place_type) && self.town.as_ref().is_none_or(|(_, places)| places.contains(place_id))
    }

    /// A town has its own rows and those of its committees, `town code/committee`.
    fn has_group(&self, code: &str) -> bool {
        self.town.as_ref().is_none_or(|(town, _)| {
            code.strip_prefix(town.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// Writes scores, groups, values, thresholds and sample of an assessment, and gives the places that have scores but no
/// households, which therefore weigh nothing in groups.
///
/// # Errors
/// If a service cannot be read or a row not be written.
pub(crate) async fn write_results(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<Vec<String>> {
    let without_households = write_scores(platform, assessment, part, sink).await?;
    write_groups(platform, assessment, part, sink).await?;
    let has_imputed = write_values(platform, assessment, part, sink).await?;
    write_thresholds(platform, assessment, part, sink).await?;
    write_sample(platform, assessment, part, sink).await?;
    if has_imputed {
        write_imputed(platform, assessment, part, sink).await?;
    }
    write_treatments(platform, assessment, part, sink).await?;
    Ok(without_households)
}

async fn write_scores(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<Vec<String>> {
    sink.begin(&SCORES)?;
    let mut without_households = Vec::new();
    let mut scores = Scores::read(platform, &assessment.id).await?;
    while let Some(place) = scores.next().await? {
        let PlaceScores { place_id, r#type, scores, households } = place;
        if !part.has(&place_id, &r#type) {
            continue;
        }
        for NodeScore { node, score, coverage_ratio, rank, percentile, .. } in &scores {
            sink.row(&[
                Cell::Text(&place_id),
                Cell::Text(&r#type),
                Cell::Text(&assessment.period),
                Cell::Text(node),
                Cell::Real(*score),
                Cell::Real(Some(*coverage_ratio)),
                Cell::Whole(rank.map(u64::from)),
                Cell::Real(*percentile),
            ])?;
        }
        let scored = scores.iter().any(|node| node.score.is_some());
        if scored && households.unwrap_or(0) == 0 {
            without_households.push(place_id);
        }
    }
    Ok(without_households)
}

async fn write_groups(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<()> {
    sink.begin(&GROUPS)?;
    let place_type = part.place_type.clone().unwrap_or_default();
    let request =
        ListGroupScoresRequest { assessment_id: assessment.id.clone(), r#type: place_type, ..all() };
    each_group(platform, &request, |group| {
        if !part.has_group(&group.code) {
            return Ok(());
        }
        sink.row(&[
            Cell::Text(level_name(group.level())),
            Cell::Text(&group.code),
            Cell::Text(&group.name),
            Cell::Text(&group.r#type),
            Cell::Text(&assessment.period),
            Cell::Text(&group.node),
            Cell::Real(group.score),
            Cell::Whole(Some(group.places)),
            Cell::Real(Some(group.household_share_ratio)),
            Cell::Whole(group.rank.map(u64::from)),
        ])
    })
    .await
}

/// Writes the values, and says whether any of them was imputed.
async fn write_values(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<bool> {
    sink.begin(&VALUES)?;
    let mut has_imputed = false;
    each_value(platform, assessment, part, |place, leaf| {
        has_imputed |= !leaf.imputation_method.is_empty();
        sink.row(&[
            Cell::Text(place),
            Cell::Text(&leaf.leaf),
            Cell::Text(&assessment.period),
            Cell::Real(Some(leaf.value)),
            Cell::Real(leaf.z_uncapped),
            Cell::Real(leaf.z),
        ])
    })
    .await?;
    Ok(has_imputed)
}

/// The values that nobody delivered: another pass, so that memory stays flat.
async fn write_imputed(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<()> {
    sink.begin(&IMPUTED)?;
    each_value(platform, assessment, part, |place, leaf| {
        if leaf.imputation_method.is_empty() {
            return Ok(());
        }
        sink.row(&[
            Cell::Text(place),
            Cell::Text(&leaf.leaf),
            Cell::Text(&assessment.period),
            Cell::Real(Some(leaf.value)),
            Cell::Text(&leaf.imputation_method.to_lowercase()),
        ])
    })
    .await
}

/// How outliers were treated; the file is begun with the first.
async fn write_treatments(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<()> {
    let mut begun = false;
    each_threshold(platform, assessment, |threshold| {
        let Some(treatment) = threshold.treatment.filter(|_| part.has_type(&threshold.r#type)) else {
            return Ok(());
        };
        if !std::mem::replace(&mut begun, true) {
            sink.begin(&TREATMENT)?;
        }
        let points = |count: u64| Cell::Whole((treatment.kind == "WINSORISED").then_some(count));
        sink.row(&[
            Cell::Text(&threshold.r#type),
            Cell::Text(&threshold.leaf),
            Cell::Text(&treatment.kind.to_lowercase()),
            Cell::Real(treatment.lower),
            Cell::Real(treatment.upper),
            points(treatment.low_points),
            points(treatment.high_points),
            Cell::Real(treatment.origin),
        ])
    })
    .await
}

/// Every value of a part of an assessment, with the id of its place.
async fn each_value(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    mut each: impl FnMut(&str, &LeafValue) -> Result<()>,
) -> Result<()> {
    let mut write =
        |place: &PlaceLeafValues| place.values.iter().try_for_each(|leaf| each(&place.place_id, leaf));
    if part.is_all() {
        let request = ReadLeafValuesRequest { assessment_id: assessment.id.clone() };
        let mut stream = platform.scoring().read_leaf_values(request).await?.into_inner();
        while let Some(message) = stream.message().await? {
            message.places.iter().try_for_each(&mut write)?;
        }
        return Ok(());
    }
    // Values do not say of which type their place is; scores do.
    let mut scores = Scores::read(platform, &assessment.id).await?;
    let mut values = Values::read(platform, &assessment.id).await?;
    while let Some(place) = scores.next().await? {
        if part.has(&place.place_id, &place.r#type)
            && let Some(found) = values.of(&place.place_id).await?
        {
            write(&found)?;
        }
    }
    Ok(())
}

async fn write_thresholds(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<()> {
    sink.begin(&THRESHOLDS)?;
    each_threshold(platform, assessment, |threshold| {
        if !part.has_type(&threshold.r#type) {
            return Ok(());
        }
        sink.row(&[
            Cell::Text(&threshold.r#type),
            Cell::Text(&threshold.leaf),
            Cell::Real(threshold.lower),
            Cell::Real(threshold.upper),
            Cell::Text(&threshold.status.to_lowercase()),
            Cell::Whole(Some(threshold.sample_size)),
        ])
    })
    .await
}

async fn write_sample(
    platform: &Platform,
    assessment: &Assessment,
    part: &Part,
    sink: &mut dyn Sink,
) -> Result<()> {
    let mut members = Vec::new();
    let mut request = ListSampleMembersRequest {
        threshold_set_id: assessment.threshold_set_id.clone(),
        ..ListSampleMembersRequest::default()
    };
    loop {
        let page = platform.normalization().list_sample_members(request.clone()).await?.into_inner();
        members.extend(page.members.into_iter().filter(|member| part.has(&member.place_id, &member.r#type)));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    members.sort_unstable_by(|a, b| a.place_id.cmp(&b.place_id));
    sink.begin(&SAMPLE)?;
    members
        .iter()
        .try_for_each(|member| sink.row(&[Cell::Text(&member.r#type), Cell::Text(&member.place_id)]))
}

/// Writes the rejected rows of some batches, with every fault of a row.
///
/// # Errors
/// If a batch cannot be read or the file not be written.
pub(crate) async fn write_rejected(platform: &Platform, batches: &[&Batch], dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let path = dir.join("rejected.csv");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut file = csv::Writer::from_writer(BufWriter::new(file));
    file.write_record(["file", "row", "columns", "reasons", "original"])?;
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
    file.flush()?;
    Ok(())
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
