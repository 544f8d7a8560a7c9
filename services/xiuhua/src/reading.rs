//! Reading results: rankings, one place, groups, and a score walked back to its observations.

use anyhow::{Context, Result, bail};
use serde_json::json;
use tonic::Code;
use xiuhua_contracts::classification::v1::TypeDecision;
use xiuhua_contracts::scoring::v1::{
    Assessment, AssessmentState, ExplainScoreRequest, GetAssessmentRequest, GetPlaceScoresRequest,
    GetPlaceScoresResponse, GetPublishedAssessmentRequest, GroupLevel, GroupScore, LeafExplanation,
    ListAssessmentsRequest, ListGroupScoresRequest, ListRankingRequest, NodeScore, RankedPlace,
};

use crate::cli::{ExplainArgs, RankArgs, RunArg, ShowArgs};
use crate::deciding::has_results;
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::results::{all, each_group};
use crate::reviewing::{decided_type, decision_json, say_decision};
use crate::screen::{Column, Screen, count, numbers, percent, score, value, words};

/// All types together, in group scores.
const ALL: &str = "ALL";

/// The assessment asked for: by id, the published one, else the newest that has results and is not withdrawn.
///
/// # Errors
/// If there is none.
pub(crate) async fn find_run(platform: &Platform, run: &RunArg) -> Result<Assessment> {
    const NOTHING: &str = "the service answered without an assessment";
    if let Some(id) = &run.run {
        let request = GetAssessmentRequest { id: id.clone() };
        let found = platform.scoring().get_assessment(request).await?.into_inner();
        return found.assessment.context(NOTHING);
    }
    let (catalog_id, period) =
        (run.catalog.clone().unwrap_or_default(), run.period.clone().unwrap_or_default());
    if run.published {
        let request = GetPublishedAssessmentRequest { catalog_id, period };
        let found = platform.scoring().get_published_assessment(request).await?.into_inner();
        return found.assessment.context(NOTHING);
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
            bail!(
                "no assessment has results yet: run `xiuhua assess` first / 还没有有结果的测评，请先运行 xiuhua assess"
            );
        }
        among.page_token = page.next_page_token;
    }
}

/// `xiuhua rank`.
///
/// # Errors
/// If the ranking cannot be read.
pub(crate) async fn rank(platform: &Platform, arguments: &RankArgs, screen: &mut Screen) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let request = ListRankingRequest {
        assessment_id: run.id.clone(),
        node: arguments.node.clone(),
        r#type: arguments.place_type.clone(),
        town_code: arguments.town.clone(),
        reverse: arguments.reverse,
        page_size: arguments.top.clamp(1, 1000),
        page_token: String::new(),
    };
    let places = platform.scoring().list_ranking(request).await?.into_inner().places;
    show_ranking(&places, screen)?;
    let places: Vec<_> = places.iter().map(json::ranked).collect();
    screen.json(&json!({ "assessment": json::assessment(&run), "places": places }))
}

/// Prints places of a ranking.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn show_ranking(places: &[RankedPlace], screen: &mut Screen) -> Result<()> {
    let columns = [
        numbers("名次", "rank"),
        words("编号", "place"),
        words("小区", "name"),
        words("街镇", "town"),
        numbers("得分", "score"),
        numbers("百分位", "percentile"),
        numbers("覆盖率", "coverage"),
    ];
    let row = |place: &RankedPlace| {
        let node = place.score.clone().unwrap_or_default();
        vec![
            count(node.rank),
            place.place_id.clone(),
            place.place_name.clone(),
            place.town_name.clone(),
            score(node.score),
            score(node.percentile),
            percent(node.coverage_ratio),
        ]
    };
    screen.table(&columns, places.iter().map(row).collect())
}

/// `xiuhua show`: a place, or the group of that code.
///
/// # Errors
/// If neither exists.
pub(crate) async fn show(platform: &Platform, arguments: &ShowArgs, screen: &mut Screen) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let request = GetPlaceScoresRequest { assessment_id: run.id.clone(), place_id: arguments.id.clone() };
    let names = Names::read(platform, &run).await?;
    match platform.scoring().get_place_scores(request).await {
        Ok(place) => {
            let decision = decided_type(platform, &run, &arguments.id).await?;
            show_place(&run, &place.into_inner(), decision.as_ref(), &names, screen)
        }
        Err(status) if status.code() == Code::NotFound => {
            let groups = group_scores(platform, &run, GroupLevel::Unspecified, &arguments.id).await?;
            if groups.is_empty() {
                return Err(status.into());
            }
            show_group(&groups, &names, screen)?;
            let groups: Vec<_> = groups.iter().map(json::group).collect();
            screen.json(&json!({ "assessment": json::assessment(&run), "groups": groups }))
        }
        Err(status) => Err(status.into()),
    }
}

/// The group scores of a level and code; an empty code means any.
///
/// # Errors
/// If they cannot be read.
pub(crate) async fn group_scores(
    platform: &Platform,
    run: &Assessment,
    level: GroupLevel,
    code: &str,
) -> Result<Vec<GroupScore>> {
    let request = ListGroupScoresRequest {
        assessment_id: run.id.clone(),
        level: level.into(),
        code: code.to_owned(),
        ..all()
    };
    let mut groups = Vec::new();
    each_group(platform, &request, |group| {
        groups.push(group);
        Ok(())
    })
    .await?;
    Ok(groups)
}

fn show_place(
    run: &Assessment,
    place: &GetPlaceScoresResponse,
    decision: Option<&TypeDecision>,
    names: &Names,
    screen: &mut Screen,
) -> Result<()> {
    let kind = names.place_type(&place.r#type, screen);
    let heading =
        format!("{} {}  {kind}  {} {}", place.place_id, place.place_name, place.town_name, place.committee);
    screen.say(&heading, &heading)?;
    say_decision(decision, screen)?;
    show_nodes(place.scores.iter(), names, screen)?;
    let mut document = json!({ "assessment": json::assessment(run), "place": json::place(place) });
    document["type_decision"] = decision.map(decision_json).into();
    screen.json(&document)
}

/// Prints one group: a row a node, a column a type, ranks behind the scores that have one.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn show_group(groups: &[GroupScore], names: &Names, screen: &mut Screen) -> Result<()> {
    let Some(first) = groups.first() else { return Ok(()) };
    let heading = format!("{} {}", first.code, first.name);
    screen.say(&heading, &heading)?;
    let mut columns = vec![words("指标", "node"), words("名称", "name")];
    columns.extend(type_columns(names, screen));
    let rows = names.nodes.iter().map(|node| {
        let mut row = vec![node.clone(), names.item(node, screen)];
        row.extend(by_type(names).map(|kind| cell(groups.iter(), node, kind)));
        row
    });
    let rows = rows.collect();
    screen.table(&columns, rows)?;
    mixed(screen)
}

/// Prints several groups at one node: a row a group, a column a type, ranks behind the scores that have one.
///
/// # Errors
/// If standard output is gone.
pub(crate) fn show_groups(
    groups: &[GroupScore],
    node: &str,
    names: &Names,
    screen: &mut Screen,
) -> Result<()> {
    let mut columns = vec![words("代码", "code"), words("名称", "name")];
    columns.extend(type_columns(names, screen));
    let mut codes: Vec<&str> = groups.iter().map(|group| group.code.as_str()).collect();
    codes.dedup();
    let rows = codes.into_iter().map(|code| {
        let of_code = || groups.iter().filter(move |group| group.code == code);
        let name = of_code().map(|group| group.name.clone()).next().unwrap_or_default();
        let mut row = vec![code.to_owned(), name];
        row.extend(by_type(names).map(|kind| cell(of_code(), node, kind)));
        row
    });
    let rows = rows.collect();
    screen.table(&columns, rows)?;
    mixed(screen)
}

/// The types of a run, and all of them together.
fn by_type(names: &Names) -> impl Iterator<Item = &str> {
    let together = (names.types.as_slice() != [ALL]).then_some(ALL);
    names.types.iter().map(String::as_str).chain(together)
}

fn type_columns(names: &Names, screen: &Screen) -> Vec<Column> {
    let heading = |kind: &str| if kind == ALL { "ALL".to_owned() } else { names.place_type(kind, screen) };
    by_type(names).map(|kind| numbers(&heading(kind), &heading(kind))).collect()
}

fn cell<'a>(mut groups: impl Iterator<Item = &'a GroupScore>, node: &str, kind: &str) -> String {
    let found = groups.find(|group| group.node == node && group.r#type == kind);
    match found {
        Some(GroupScore { score: Some(points), rank: Some(rank), .. }) => {
            format!("{} {:>3}", score(Some(*points)), format!("#{rank}"))
        }
        Some(group) => score(group.score),
        None => String::new(),
    }
}

fn mixed(screen: &mut Screen) -> Result<()> {
    screen.say(
        "#：同类型内名次。ALL 混合了不同类型的阈值，仅供参考，不参与排名。\n",
        "#: rank within the type. ALL mixes the goalposts of several types: shown, never ranked.\n",
    )
}

/// `xiuhua explain`.
///
/// # Errors
/// If the score cannot be read.
pub(crate) async fn explain(platform: &Platform, arguments: &ExplainArgs, screen: &mut Screen) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    explain_place(platform, &run, &arguments.place, &arguments.node, screen).await
}

/// Walks one score back and prints it.
///
/// # Errors
/// If the score cannot be read.
pub(crate) async fn explain_place(
    platform: &Platform,
    run: &Assessment,
    place_id: &str,
    node: &str,
    screen: &mut Screen,
) -> Result<()> {
    let request = ExplainScoreRequest {
        assessment_id: run.id.clone(),
        place_id: place_id.to_owned(),
        node: node.to_owned(),
    };
    let found = platform.scoring().explain_score(request).await?.into_inner();
    let names = Names::read(platform, run).await?;
    let kind = names.place_type(&found.r#type, screen);
    let heading = format!("{} {}  {kind}", found.place_id, found.place_name);
    screen.say(&heading, &heading)?;
    let decision = decided_type(platform, run, place_id).await?;
    say_decision(decision.as_ref(), screen)?;
    show_nodes(found.score.iter().chain(&found.nodes), &names, screen)?;
    let columns = [
        words("指标", "leaf"),
        words("名称", "name"),
        numbers("数值", "value"),
        numbers("下限", "lower"),
        numbers("上限", "upper"),
        numbers("Z", "Z"),
        numbers("权重", "weight"),
        numbers("贡献", "points"),
        words("来源", "from"),
    ];
    let rows = found.leaves.iter().map(|leaf| leaf_row(leaf, screen)).collect();
    screen.table(&columns, rows)?;
    screen.say(
        &format!(
            "阈值集 {}，分类 {}，数据位置 {}，目录 {}",
            run.threshold_set_id, run.classification_id, run.as_of_position, run.catalog_hash
        ),
        &format!(
            "threshold set {}, classification {}, as of position {}, catalog {}",
            run.threshold_set_id, run.classification_id, run.as_of_position, run.catalog_hash
        ),
    )?;
    let mut document =
        json!({ "assessment": json::assessment(run), "explanation": json::explanation(&found) });
    document["type_decision"] = decision.as_ref().map(decision_json).into();
    screen.json(&document)
}

fn show_nodes<'a>(
    nodes: impl Iterator<Item = &'a NodeScore>,
    names: &Names,
    screen: &mut Screen,
) -> Result<()> {
    let columns = [
        words("指标", "node"),
        words("名称", "name"),
        numbers("得分", "score"),
        numbers("名次", "rank"),
        numbers("百分位", "percentile"),
        numbers("覆盖率", "coverage"),
        words("无分原因", "absent because"),
    ];
    let rows = nodes.map(|node| {
        vec![
            node.node.clone(),
            names.item(&node.node, screen),
            score(node.score),
            count(node.rank),
            score(node.percentile),
            percent(node.coverage_ratio),
            absence(&node.absence_reason, screen),
        ]
    });
    let rows = rows.collect();
    screen.table(&columns, rows)
}

/// Why there is no score, in words.
fn absence(reason: &str, screen: &Screen) -> String {
    let (zh, en) = match reason {
        "" => ("", ""),
        "LOW_COVERAGE" => ("数据覆盖不足", "too little observed"),
        "ZERO_REFUSED" => ("均值不接受零值", "the mean refuses a zero"),
        "NOTHING_IN_USE" => ("没有可用指标", "no indicator in use"),
        "UNCLASSIFIED" => ("未分类", "unclassified"),
        other => (other, other),
    };
    screen.choose(zh, en).to_owned()
}

fn leaf_row(leaf: &LeafExplanation, screen: &Screen) -> Vec<String> {
    let name = screen.text(leaf.name.as_ref());
    let direction = if leaf.inverse { "-" } else { "+" };
    vec![
        leaf.leaf.clone(),
        format!("{name} ({direction})"),
        value(leaf.value),
        value(leaf.lower),
        value(leaf.upper),
        value(leaf.z),
        value(Some(leaf.weight)),
        score(leaf.contribution),
        provenance(leaf),
    ]
}

/// Where a value comes from: the effective observation, or the two scores of a derived leaf, or why there is none.
fn provenance(leaf: &LeafExplanation) -> String {
    if !leaf.change_of.is_empty() {
        let scores = [leaf.previous_score, leaf.current_score].map(score);
        return format!("{}: {} → {}", leaf.change_of, scores[0], scores[1]);
    }
    match leaf.observations.iter().find(|o| o.effective) {
        Some(observed) => format!("{} · {}:{}", observed.source_id, observed.file_name, observed.row),
        None if leaf.threshold_status != "OK" => leaf.threshold_status.clone(),
        None => String::new(),
    }
}
