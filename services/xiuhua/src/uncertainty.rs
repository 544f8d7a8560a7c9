//! `xiuhua uncertainty` and `xiuhua sensitivity`: how far ranks would move under other choices that were as good, and which
//! choice moves them.

mod exporting;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tonic::Code;
use xiuhua_contracts::scoring::v1::{
    AnalyseUncertaintyRequest, Assessment, GetSensitivityRequest, IndexEstimate, IndistinguishableGroup,
    LeftOut, ListIndistinguishableRequest, ListLeaveOneOutRequest, ListUncertaintyAnalysesRequest,
    RankInterval, TypeSensitivity, UncertaintyAnalysis, UncertaintyFactor,
};
use xiuhua_service_kit::status::explain;

pub(crate) use self::exporting::write_rank_intervals;
use crate::cli::{DrawArgs, SensitivityArgs, UncertaintyArgs};
use crate::names::Names;
use crate::platform::{Platform, request_id};
use crate::reading::find_run;
use crate::screen::{Screen, marks, numbers, percent, words};

/// The reason of a refusal while another assessment is analysed.
const SEAT_TAKEN: &str = "ANALYSING_ANOTHER";
/// Characters of a share up to which it is a decimal that somebody typed.
const LONG_SHARE: usize = 8;
/// Draws of an analysis that follows an assessment by itself.
const DRAWS: u32 = 1_000;

/// `xiuhua uncertainty`.
///
/// # Errors
/// If the assessment cannot be analysed.
pub(crate) async fn uncertainty(
    platform: &Platform,
    arguments: &UncertaintyArgs,
    screen: &mut Screen,
) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let names = Names::read(platform, &run).await?;
    let analysis = analyse(platform, &run, &arguments.draws, 0).await?;
    show_analysis(&analysis, screen)?;
    let mut document = json!({ "analysis": analysis_json(&analysis), "groups": {} });
    for kind in run.types.iter().filter(|kind| kind.scored > 0) {
        let groups = groups(platform, &analysis, &kind.r#type, arguments.top.clamp(1, 1_000)).await?;
        let name = names.place_type(&kind.r#type, screen);
        screen.heading(
            &format!("{name}：彼此不可区分的名次"),
            &format!("{name}: ranks that cannot be told apart"),
        )?;
        show_groups(&groups, screen)?;
        document["groups"][&kind.r#type] = groups.iter().map(group_json).collect();
    }
    screen.json(&document)
}

/// `xiuhua sensitivity`.
///
/// # Errors
/// If the assessment cannot be analysed.
pub(crate) async fn sensitivity(
    platform: &Platform,
    arguments: &SensitivityArgs,
    screen: &mut Screen,
) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let names = Names::read(platform, &run).await?;
    let analysis = analyse(platform, &run, &arguments.draws, arguments.rows).await?;
    let request = GetSensitivityRequest { analysis_id: analysis.id.clone() };
    let types = platform.uncertainty().get_sensitivity(request).await?.into_inner().types;
    show_analysis(&analysis, screen)?;
    for of_type in &types {
        show_sensitivity(of_type, &names, screen)?;
    }
    let mut left_out = left_out(platform, &analysis).await?;
    left_out.sort_by(|one, other| other.mean_shift.total_cmp(&one.mean_shift));
    left_out.truncate(arguments.top);
    screen.heading("略去一项时名次的变动", "shift of ranks without one item")?;
    show_left_out(&left_out, &names, screen)?;
    screen.json(&json!({
        "analysis": analysis_json(&analysis),
        "types": types.iter().map(sensitivity_json).collect::<Vec<_>>(),
        "leave_one_out": left_out.iter().map(left_out_json).collect::<Vec<_>>(),
    }))
}

/// Analyses an assessment that was just made, and says what came of it. One that cannot be analysed, as nothing about it can
/// vary or its thresholds are nobody's sample, is no failure: it has no intervals.
///
/// # Errors
/// If the service fails.
pub(crate) async fn after_assessing(
    platform: &Platform,
    run: &Assessment,
    screen: &mut Screen,
) -> Result<()> {
    let arguments = DrawArgs { draws: DRAWS, seed: 1, factors: Vec::new() };
    match request(platform, run, &arguments, 0).await {
        Ok(analysis) => screen.say(
            &format!("名次区间：{} 次抽取，分析 {}", analysis.draws, analysis.id),
            &format!("rank intervals: {} draws, analysis {}", analysis.draws, analysis.id),
        ),
        // What cannot be analysed, or not now because another analysis has the seat, is assessed nevertheless.
        Err(status)
            if matches!(status.code(), Code::FailedPrecondition | Code::InvalidArgument)
                || explain(&status).reason == SEAT_TAKEN =>
        {
            // In the caller's language, as the service has it in its details.
            let why = explain(&status).message;
            screen.warn(&format!("没有名次区间：{why}"), &format!("no rank intervals: {why}"))
        }
        Err(status) => Err(status.into()),
    }
}

/// The newest analysis of an assessment.
///
/// # Errors
/// If the service fails.
pub(crate) async fn newest(platform: &Platform, run: &Assessment) -> Result<Option<UncertaintyAnalysis>> {
    let request = ListUncertaintyAnalysesRequest {
        assessment_id: run.id.clone(),
        page_size: 1,
        page_token: String::new(),
    };
    let found = platform.uncertainty().list_uncertainty_analyses(request).await?.into_inner().analyses;
    Ok(found.into_iter().next())
}

/// Nine ranks of ten, such as `3–11`; empty without an interval.
pub(crate) fn interval_cell(interval: Option<&RankInterval>, screen: &Screen) -> String {
    let dash = screen.choose("–", "-");
    interval.map(|found| format!("{:.0}{dash}{:.0}", found.low, found.high)).unwrap_or_default()
}

/// An interval beside a rank.
pub(crate) fn interval_json(interval: Option<&RankInterval>) -> Value {
    interval.map_or(Value::Null, |found| {
        json!({
            "low": found.low,
            "median": found.median,
            "high": found.high,
            "top_tenth": found.top_tenth_ratio,
            "scored": found.scored_ratio,
            "tier": found.tier,
            "analysis_id": found.analysis_id,
        })
    })
}

async fn analyse(
    platform: &Platform,
    run: &Assessment,
    arguments: &DrawArgs,
    sobol_rows: u32,
) -> Result<UncertaintyAnalysis> {
    Ok(request(platform, run, arguments, sobol_rows).await?)
}

async fn request(
    platform: &Platform,
    run: &Assessment,
    arguments: &DrawArgs,
    sobol_rows: u32,
) -> Result<UncertaintyAnalysis, tonic::Status> {
    let request = AnalyseUncertaintyRequest {
        request_id: request_id(),
        assessment_id: run.id.clone(),
        seed: arguments.seed,
        draws: Some(arguments.draws),
        factors: arguments.factors.clone(),
        sobol_rows,
    };
    let answer = platform.uncertainty().analyse_uncertainty(request).await?.into_inner();
    Ok(answer.analysis.unwrap_or_default())
}

async fn groups(
    platform: &Platform,
    analysis: &UncertaintyAnalysis,
    kind: &str,
    top: u32,
) -> Result<Vec<IndistinguishableGroup>> {
    let request = ListIndistinguishableRequest {
        analysis_id: analysis.id.clone(),
        r#type: kind.to_owned(),
        page_size: top,
        ..ListIndistinguishableRequest::default()
    };
    Ok(platform.uncertainty().list_indistinguishable(request).await?.into_inner().groups)
}

async fn left_out(platform: &Platform, analysis: &UncertaintyAnalysis) -> Result<Vec<LeftOut>> {
    let mut request =
        ListLeaveOneOutRequest { analysis_id: analysis.id.clone(), ..ListLeaveOneOutRequest::default() };
    let mut found = Vec::new();
    loop {
        let page = platform.uncertainty().list_leave_one_out(request.clone()).await?.into_inner();
        found.extend(page.items);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

/// A factor as one would type it: `missing=1/2,2/3,3/4` where the record has 0.6666666666666666.
pub(crate) fn as_typed(factor: &str) -> String {
    let typed = |share: &str| {
        let long = share.len() > LONG_SHARE;
        let value = share.parse::<f64>().ok().filter(|_| long);
        let fraction = value.and_then(|value| {
            // The shortest text of a fraction is read back as the very same number.
            let whole =
                |of: &u32| ((value * f64::from(*of)).round() / f64::from(*of)).to_bits() == value.to_bits();
            let of = (2..=12_u32).find(whole)?;
            Some(format!("{:.0}/{of}", value * f64::from(of)))
        });
        fraction.unwrap_or_else(|| share.to_owned())
    };
    let (kind, choices) = factor.split_once('=').unwrap_or(("", factor));
    let choices: Vec<String> = choices.split(',').map(typed).collect();
    if kind.is_empty() { choices.join(",") } else { format!("{kind}={}", choices.join(",")) }
}

fn show_analysis(analysis: &UncertaintyAnalysis, screen: &mut Screen) -> Result<()> {
    screen.heading(
        &format!(
            "测评 {} 的不确定性：{} 次抽取，种子 {}",
            analysis.assessment_id, analysis.draws, analysis.seed
        ),
        &format!(
            "uncertainty of assessment {}: {} draws, seed {}",
            analysis.assessment_id, analysis.draws, analysis.seed
        ),
    )?;
    let columns = [
        marks("因素", "factor"),
        numbers("单独变动", "alone"),
        numbers("名次因此变动", "moved ranks").spare(1),
        numbers("抽取中变动", "drawn"),
        numbers("名次因此变动", "moved ranks").spare(2),
    ];
    let row = |used: &UncertaintyFactor| {
        vec![
            as_typed(&used.factor),
            format!("{}/{}", used.alone_differed, used.alone_runs),
            used.alone_ranks_changed.to_string(),
            format!("{}/{}", used.draws_differed, used.draws),
            used.draws_ranks_changed.to_string(),
        ]
    };
    screen.table(&columns, analysis.factors.iter().map(row).collect())?;
    if !analysis.left_out_factors.is_empty() {
        let idle: Vec<String> = analysis.left_out_factors.iter().map(|factor| as_typed(factor)).collect();
        let idle = idle.join(" ");
        screen.say(
            &format!("对此测评不起作用、未变动的因素：{idle}"),
            &format!("factors that this assessment has no use for: {idle}"),
        )?;
    }
    Ok(())
}

fn show_groups(groups: &[IndistinguishableGroup], screen: &mut Screen) -> Result<()> {
    let columns = [numbers("组", "group"), numbers("名次", "ranks"), numbers("小区", "places")];
    let row = |group: &IndistinguishableGroup| {
        let ranks = format!("{}-{}", group.first_rank, group.last_rank);
        vec![group.tier.to_string(), ranks, group.places.to_string()]
    };
    screen.table(&columns, groups.iter().map(row).collect())
}

fn show_sensitivity(of_type: &TypeSensitivity, names: &Names, screen: &mut Screen) -> Result<()> {
    let name = match of_type.r#type.as_str() {
        "ALL" => screen.choose("各类型合计", "all types together").to_owned(),
        kind => names.place_type(kind, screen),
    };
    let shift = of_type.mean_shift;
    screen.heading(
        &format!("{name}：名次平均变动 {shift:.2}，各因素所占方差"),
        &format!("{name}: ranks shift by {shift:.2} in the mean, shares of its variance"),
    )?;
    if of_type.variance <= 0.0 {
        return screen.say("没有变动。", "nothing moves.");
    }
    let columns = [
        marks("因素", "factor"),
        numbers("单独", "first order"),
        numbers("95% 区间", "95 %"),
        numbers("总计", "total"),
        numbers("95% 区间", "95 %"),
    ];
    let rows = of_type.factors.iter().map(|factor| {
        let (first, total) = (factor.first_order.unwrap_or_default(), factor.total.unwrap_or_default());
        let range = |index: IndexEstimate| format!("{:.2}..{:.2}", index.low, index.high);
        vec![
            as_typed(&factor.factor),
            format!("{:.2}", first.value),
            range(first),
            format!("{:.2}", total.value),
            range(total),
        ]
    });
    let rows = rows.collect();
    screen.table(&columns, rows)
}

fn show_left_out(items: &[LeftOut], names: &Names, screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("指标", "item"),
        words("名称", "name"),
        numbers("平均变动", "mean shift"),
        numbers("最大变动", "greatest"),
        marks("小区", "place"),
    ];
    let row = |item: &LeftOut| {
        vec![
            item.item.clone(),
            names.item(&item.item, screen),
            format!("{:.2}", item.mean_shift),
            item.greatest_shift.to_string(),
            item.greatest_place_id.clone(),
        ]
    };
    let rows = items.iter().map(row).collect();
    screen.table(&columns, rows)
}

fn analysis_json(analysis: &UncertaintyAnalysis) -> Value {
    json!({
        "id": analysis.id,
        "assessment_id": analysis.assessment_id,
        "seed": analysis.seed,
        "draws": analysis.draws,
        "sobol_rows": analysis.sobol_rows,
        "digest": analysis.digest,
        "left_out_factors": analysis.left_out_factors,
        "factors": analysis.factors.iter().map(|used| json!({
            "factor": used.factor,
            "alone": { "runs": used.alone_runs, "differed": used.alone_differed,
                       "ranks_changed": used.alone_ranks_changed },
            "drawn": { "runs": used.draws, "differed": used.draws_differed,
                       "ranks_changed": used.draws_ranks_changed },
        })).collect::<Vec<_>>(),
    })
}

fn group_json(group: &IndistinguishableGroup) -> Value {
    json!({
        "tier": group.tier,
        "first_rank": group.first_rank,
        "last_rank": group.last_rank,
        "places": group.places,
    })
}

fn sensitivity_json(of_type: &TypeSensitivity) -> Value {
    let estimate = |index: Option<&IndexEstimate>| {
        index.map(|index| json!({ "value": index.value, "low": index.low, "high": index.high }))
    };
    json!({
        "type": of_type.r#type,
        "mean_shift": of_type.mean_shift,
        "variance": of_type.variance,
        "factors": of_type.factors.iter().map(|factor| json!({
            "factor": factor.factor,
            "first_order": estimate(factor.first_order.as_ref()),
            "total": estimate(factor.total.as_ref()),
        })).collect::<Vec<_>>(),
    })
}

fn left_out_json(item: &LeftOut) -> Value {
    json!({
        "item": item.item,
        "mean_shift": item.mean_shift,
        "greatest_shift": item.greatest_shift,
        "greatest_place_id": item.greatest_place_id,
        "compared": item.compared,
        "lost": item.lost,
    })
}

/// The share of draws in which a place is among the best tenth, as readers see it.
pub(crate) fn top_tenth_cell(interval: Option<&RankInterval>) -> String {
    interval.map(|found| percent(found.top_tenth_ratio)).unwrap_or_default()
}

/// Warns where an assessment is put in force whose ranks have no intervals.
///
/// # Errors
/// If the service fails.
pub(crate) async fn warn_without(platform: &Platform, run: &Assessment, screen: &mut Screen) -> Result<()> {
    if newest(platform, run).await.context("the analyses of an assessment")?.is_some() {
        return Ok(());
    }
    screen.warn(
        "此测评的名次没有区间：可先运行 xiuhua uncertainty",
        "the ranks of this assessment have no intervals: `xiuhua uncertainty` gives them",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_a_fraction_is_shown_as_one_and_another_text_as_it_is() {
        let third_steps = format!("missing={},{},{}", 0.5, 2.0 / 3.0, 0.75);
        assert_eq!(as_typed(&third_steps), "missing=0.5,2/3,0.75");
        for factor in ["extension=0,0.05,0.1,0.15", "aggregation=declared,geometric:0.01", "sample=redraw"] {
            assert_eq!(as_typed(factor), factor);
        }
    }
}
