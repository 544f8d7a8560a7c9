//! `xiuhua changes`: why one place's score moved between two assessments; values, thresholds and weights apart.

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{ChangeEffects, ExplainChangeRequest, ExplainChangeResponse, LeafChange};

use crate::cli::ChangesArgs;
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::reading::history;
use crate::reading::nodes::{absence, change_cell};
use crate::screen::{Screen, Shown, marks, numbers, percent, points, score, value, words};

/// `xiuhua changes`.
///
/// # Errors
/// If one of the two has no results, or their catalogs have not one tree.
pub(crate) async fn changes(platform: &Platform, arguments: &ChangesArgs, screen: &mut Screen) -> Result<()> {
    let before = history::by_id(platform, &arguments.before).await?;
    let after = history::by_id(platform, &arguments.after).await?;
    let names = Names::read(platform, &after).await?;
    let request = ExplainChangeRequest {
        assessment_id: after.id.clone(),
        previous_assessment_id: before.id.clone(),
        place_id: arguments.place.clone(),
        node: names.node_code(&arguments.node)?,
    };
    let found = platform.learning().explain_change(request).await?.into_inner();
    let name = names.item(&found.node, screen);
    let heading = format!("{} {}  {} {name}", arguments.place, found.place_name, found.node);
    screen.heading(&heading, &heading)?;
    screen.say(
        &format!(
            "{} → {}：{} → {}，变化 {}",
            before.period,
            after.period,
            score(found.previous_score),
            score(found.score),
            points(found.change_points)
        ),
        &format!(
            "{} → {}: {} → {}, change {}",
            before.period,
            after.period,
            score(found.previous_score),
            score(found.score),
            points(found.change_points)
        ),
    )?;
    say_what_else_moved(&found, &names, screen)?;
    if let Some(total) = &found.total {
        show_total(total, screen)?;
    }
    if !found.leaves.is_empty() {
        show_leaves(&found.leaves, arguments.top, screen)?;
    }
    screen.json(&json!({
        "before": json::assessment(&before),
        "after": json::assessment(&after),
        "place_id": arguments.place,
        "name": found.place_name,
        "node": found.node,
        "type_before": found.previous_type,
        "type_after": found.r#type,
        "type_changed": found.type_changed,
        "score_before": found.previous_score,
        "score_after": found.score,
        "coverage_before": found.previous_coverage_ratio,
        "coverage_after": found.coverage_ratio,
        "absence_before": found.previous_absence_reason,
        "absence_after": found.absence_reason,
        "change_points": found.change_points,
        "total": found.total.as_ref().map(effects_json),
        "unsplit_reason": found.unsplit_reason,
        "leaves": found.leaves.iter().map(leaf_json).collect::<Vec<_>>(),
    }))
}

/// The type, the coverage, and why there is nothing to split.
fn say_what_else_moved(found: &ExplainChangeResponse, names: &Names, screen: &mut Screen) -> Result<()> {
    if found.type_changed {
        let [was, is] = [&found.previous_type, &found.r#type].map(|id| names.place_type(id, screen));
        screen.warn(
            &format!("类型由“{was}”变为“{is}”：阈值一栏包含改用另一类型阈值的影响，两次得分不宜直接比较。"),
            &format!(
                "The type changed from {was} to {is}: the thresholds' part holds what comes with another type's thresholds; \
                 the two scores are hardly comparable."
            ),
        )?;
    }
    let [was, is] = [found.previous_coverage_ratio, found.coverage_ratio].map(percent);
    if was != is {
        screen.say(
            &format!("覆盖率 {was} → {is}：出现或缺失的数值也算作数值的影响。"),
            &format!("Coverage {was} → {is}: values that came or went count as the values' part."),
        )?;
    }
    for reason in
        [&found.previous_absence_reason, &found.absence_reason].into_iter().filter(|it| !it.is_empty())
    {
        let why = absence(reason, screen);
        screen.warn(
            &format!("有一期没有得分（{why}），没有变化可分解。"),
            &format!("One of the two has no score ({why}): there is no change to split."),
        )?;
    }
    if !found.unsplit_reason.is_empty() {
        screen.warn(
            "新旧数值、阈值、权重混合时没有得分，三者的影响无法分开；下面只列各指标的合计。",
            "Old and new values, thresholds and weights mixed have no score, so the three cannot be told apart; the sums of \
             the indicators follow.",
        )?;
    }
    Ok(())
}

fn show_total(total: &ChangeEffects, screen: &mut Screen) -> Result<()> {
    let columns = [words("原因", "because of"), numbers("分", "points")];
    let parts = [
        ("数值", "values", total.values_points),
        ("阈值", "thresholds", total.thresholds_points),
        ("权重", "weights", total.weights_points),
        ("合计", "together", total.values_points + total.thresholds_points + total.weights_points),
    ];
    let row =
        |(zh, en, points): (&str, &str, f64)| vec![screen.choose(zh, en).into(), change_cell(Some(points))];
    let rows: Vec<Vec<Shown>> = parts.into_iter().map(row).collect();
    screen.shown(&columns, rows)
}

fn show_leaves(leaves: &[LeafChange], top: usize, screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("指标", "leaf"),
        words("名称", "name"),
        numbers("前", "before"),
        numbers("后", "after"),
        numbers("变化", "points"),
        numbers("数值", "values").spare(3),
        numbers("阈值", "thresholds").spare(2),
        numbers("权重", "weights").spare(1),
    ];
    let row = |leaf: &LeafChange| {
        let of = |pick: fn(&ChangeEffects) -> f64| points(leaf.effects.as_ref().map(pick)).into();
        vec![
            leaf.leaf.as_str().into(),
            screen.text(leaf.name.as_ref()).into(),
            value(leaf.previous_value).into(),
            value(leaf.value).into(),
            change_cell(Some(leaf.change_points)),
            of(|effects| effects.values_points),
            of(|effects| effects.thresholds_points),
            of(|effects| effects.weights_points),
        ]
    };
    let rows = leaves.iter().take(top).map(row).collect();
    screen.shown(&columns, rows)?;
    if let Some(rest) = leaves.len().checked_sub(top).filter(|rest| *rest > 0) {
        screen.say(
            &format!("另有 {rest} 个指标，见 --top。"),
            &format!("{rest} more indicators: see --top."),
        )?;
    }
    Ok(())
}

fn effects_json(effects: &ChangeEffects) -> Value {
    json!({
        "values_points": effects.values_points,
        "thresholds_points": effects.thresholds_points,
        "weights_points": effects.weights_points,
    })
}

fn leaf_json(leaf: &LeafChange) -> Value {
    json!({
        "leaf": leaf.leaf,
        "unit": leaf.unit,
        "value_before": leaf.previous_value,
        "value_after": leaf.value,
        "change_points": leaf.change_points,
        "effects": leaf.effects.as_ref().map(effects_json),
        "coverage_changed": leaf.coverage_changed,
    })
}
