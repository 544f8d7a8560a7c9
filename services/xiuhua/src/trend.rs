//! `xiuhua trend`: one place over the periods of a catalog, and its growth under one threshold set and the same weights.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{
    Assessment, ExplainScoreResponse, GetPlaceScoresResponse, LeafExplanation, NodeScore,
};

use crate::cli::{RunArg, TrendArgs};
use crate::json;
use crate::method::UnusableInput;
use crate::names::Names;
use crate::platform::Platform;
use crate::reading::history::{PERIODS, by_period, measure_alike};
use crate::reading::nodes::{absence, change_cell, coverage_cell, legend, quarter, quarter_cell};
use crate::reading::{explained, find_run, place_scores};
use crate::screen::{Screen, Shown, count, marks, numbers, score, told, words};

/// A period in which the place was assessed.
struct Point {
    run: Assessment,
    place: GetPlaceScoresResponse,
    node: NodeScore,
    /// Its changes of nodes, each computed under this period's own threshold set.
    growths: Vec<LeafExplanation>,
}

impl Point {
    /// Whether a difference of the two scores means anything.
    fn is_comparable(&self, other: &Self) -> bool {
        measure_alike(&self.run, &other.run) && self.place.r#type == other.place.r#type
    }
}

/// `xiuhua trend`.
///
/// # Errors
/// If no assessment knows the place.
pub(crate) async fn trend(platform: &Platform, arguments: &TrendArgs, screen: &mut Screen) -> Result<()> {
    let newest = RunArg { run: None, published: false, catalog: arguments.catalog.clone(), period: None };
    let newest = find_run(platform, &newest).await?;
    let names = Names::read(platform, &newest).await?;
    let code = names.node_code(&arguments.node)?;
    let runs = by_period(platform, &newest.catalog_id, |_| true).await?;
    let left_out = runs.len().saturating_sub(PERIODS);
    let mut points = Vec::new();
    for run in runs.into_values().skip(left_out) {
        let Some(place) = place_scores(platform, &run.id, &arguments.place).await? else { continue };
        let ExplainScoreResponse { leaves, .. } = explained(platform, &run.id, &arguments.place, "").await?;
        let growths = leaves.into_iter().filter(|leaf| !leaf.change_of.is_empty()).collect();
        let node = place.scores.iter().find(|score| score.node == code).cloned().unwrap_or_default();
        points.push(Point { run, place, node, growths });
    }
    let Some(last) = points.last() else {
        let place = &arguments.place;
        bail!(UnusableInput(vec![told(
            format!("没有测评包含小区 {place}"),
            format!("no assessment knows place {place}"),
        )]));
    };
    let (kind, name) = (names.place_type(&last.place.r#type, screen), names.item(&code, screen));
    let heading = format!(
        "{} {}  {kind}  {}  {code} {name}  {}",
        last.place.place_id,
        last.place.place_name,
        last.place.town_name,
        screen.spark(&points.iter().map(|point| point.node.score).collect::<Vec<_>>())
    );
    screen.heading(&heading, &heading)?;
    let sets = threshold_sets(&points);
    show_points(&points, &sets, screen)?;
    if left_out > 0 {
        screen.say(
            &format!("更早的 {left_out} 期未列出。"),
            &format!("{left_out} earlier periods are not shown."),
        )?;
    }
    if points.windows(2).any(|pair| !pair[0].is_comparable(&pair[1])) {
        screen.say(
            "阈值集、权重或类型不同的期次之间得分不可比，不计变化；同一阈值集下重算的变化见下表。",
            "scores under different threshold sets or weights, or of different types, are not comparable: no change is \
             given; see below for changes recomputed under one set.",
        )?;
    }
    legend(screen)?;
    show_growths(&points, &names, screen)?;
    screen.json(&json!({
        "place_id": last.place.place_id,
        "name": last.place.place_name,
        "town_code": last.place.town_code,
        "town": last.place.town_name,
        "type": last.place.r#type,
        "catalog": newest.catalog_id,
        "node": code,
        "periods_left_out": left_out,
        "periods": document(&points),
    }))
}

/// The threshold sets, in the order of their first period.
fn threshold_sets(points: &[Point]) -> Vec<&str> {
    let mut sets: Vec<&str> = Vec::new();
    for point in points {
        if !sets.contains(&point.run.threshold_set_id.as_str()) {
            sets.push(&point.run.threshold_set_id);
        }
    }
    sets
}

/// Change since the period before, where the two can be compared.
fn change(points: &[Point], at: usize) -> Option<f64> {
    let (before, now) = (points.get(at.checked_sub(1)?)?, &points[at]);
    if !now.is_comparable(before) {
        return None;
    }
    Some(now.node.score? - before.node.score?)
}

fn show_points(points: &[Point], sets: &[&str], screen: &mut Screen) -> Result<()> {
    let mut columns = vec![
        marks("期次", "period"),
        words("状态", "state").spare(2),
        numbers("得分", "score"),
        marks("", "").spare(3),
        numbers("变化", "change"),
        numbers("名次", "rank"),
        numbers("百分位", "percentile").spare(1),
        marks("位段", "quarter"),
        numbers("覆盖率", "coverage"),
        words("阈值集", "threshold set"),
    ];
    let any_absent = points.iter().any(|point| !point.node.absence_reason.is_empty());
    if any_absent {
        columns.push(words("无分原因", "absent because"));
    }
    let row = |(at, point): (usize, &Point)| {
        let state = match json::run_state(&point.run) {
            "PUBLISHED" => screen.choose("已发布", "published"),
            _ => screen.choose("未发布", "not published"),
        };
        let bar = point.node.score.map(|score| screen.bar(score / point.run.scale, 10)).unwrap_or_default();
        let set = sets.iter().position(|set| *set == point.run.threshold_set_id).unwrap_or_default();
        let mut row: Vec<Shown> = vec![
            point.run.period.as_str().into(),
            state.into(),
            score(point.node.score).into(),
            bar.into(),
            change_cell(change(points, at)),
            count(point.node.rank).into(),
            score(point.node.percentile).into(),
            quarter_cell(point.node.percentile, screen),
            coverage_cell(point.node.coverage_ratio, screen),
            format!("[{}]", set + 1).into(),
        ];
        if any_absent {
            row.push(absence(&point.node.absence_reason, screen).into());
        }
        row
    };
    let rows = points.iter().enumerate().map(row).collect();
    screen.shown(&columns, rows)?;
    for (number, set) in (1..).zip(sets) {
        screen.say(&format!("[{number}] {set}"), &format!("[{number}] {set}"))?;
    }
    Ok(())
}

fn show_growths(points: &[Point], names: &Names, screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("期次", "period"),
        marks("指标", "leaf"),
        marks("节点", "node"),
        words("名称", "name"),
        numbers("上期", "before"),
        numbers("本期", "now"),
        numbers("变化", "change"),
    ];
    let each = points.iter().flat_map(|point| point.growths.iter().map(move |growth| (point, growth)));
    let row = |(point, growth): (&Point, &LeafExplanation)| {
        vec![
            point.run.period.as_str().into(),
            growth.leaf.as_str().into(),
            growth.change_of.as_str().into(),
            names.item(&growth.change_of, screen).into(),
            score(growth.previous_score).into(),
            score(growth.current_score).into(),
            change_cell(growth.value),
        ]
    };
    let rows: Vec<_> = each.map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    screen.heading(
        "重算的变化（两期都按本期的阈值集）",
        "recomputed changes (both periods under the threshold set of the later)",
    )?;
    screen.shown(&columns, rows)
}

fn document(points: &[Point]) -> Value {
    let each = points.iter().enumerate();
    each.map(|(at, point)| {
        json!({
            "period": point.run.period,
            "run": point.run.id,
            "state": json::run_state(&point.run),
            "threshold_set_id": point.run.threshold_set_id,
            "type": point.place.r#type,
            "score": point.node.score,
            "change_points": change(points, at),
            "comparable": at.checked_sub(1).map(|before| point.is_comparable(&points[before])),
            "rank": point.node.rank,
            "percentile": point.node.percentile,
            "quarter": quarter(point.node.percentile),
            "coverage_ratio": point.node.coverage_ratio,
            "absence_reason": point.node.absence_reason,
            "recomputed": point.growths.iter().map(|growth| json!({
                "leaf": growth.leaf,
                "node": growth.change_of,
                "previous_score": growth.previous_score,
                "score": growth.current_score,
                "growth_points": growth.value,
            })).collect::<Vec<_>>(),
        })
    })
    .collect()
}
