//! `xiuhua diagnose`: where a place loses points, what would bring most, and whom to ask how: one screen for an official.

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{
    DiagnosePlaceRequest, FindPeersRequest, FindPeersResponse, GetPlaceScoresRequest, GetQuickWinsRequest,
    GetQuickWinsResponse, Loss, QuickWin, QuickWinStep,
};

use super::peers::{lessons_json, peers_json, show_lessons};
use crate::cli::DiagnoseArgs;
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::reading::nodes::absence;
use crate::reading::{Standing, find_run};
use crate::screen::{Paint, Screen, Shown, count, marks, numbers, points, score, value, words};

/// `xiuhua diagnose`.
///
/// # Errors
/// If scoring cannot be read, or does not know the place or the node.
pub(crate) async fn diagnose(
    platform: &Platform,
    arguments: &DiagnoseArgs,
    screen: &mut Screen,
) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let names = Names::read(platform, &run).await?;
    let node = names.node_code(&arguments.node)?;
    let (assessment_id, place_id) = (run.id.clone(), arguments.place.clone());
    let request = GetPlaceScoresRequest { assessment_id: assessment_id.clone(), place_id: place_id.clone() };
    let place = platform.scoring().get_place_scores(request).await?.into_inner();
    let request = DiagnosePlaceRequest {
        assessment_id: assessment_id.clone(),
        place_id: place_id.clone(),
        node: node.clone(),
    };
    let losses = platform.scoring().diagnose_place(request).await?.into_inner().losses;
    let request = GetQuickWinsRequest {
        assessment_id: assessment_id.clone(),
        place_id: place_id.clone(),
        node: node.clone(),
    };
    let wins = platform.learning().get_quick_wins(request).await?.into_inner();
    let request = FindPeersRequest { assessment_id, place_id, ..FindPeersRequest::default() };
    let peers = platform.learning().find_peers(request).await?.into_inner();
    let standing = Standing::read(platform, &run).await?;

    standing.show(&run, screen)?;
    let kind = names.place_type(&place.r#type, screen);
    let heading = format!("{} {}  {kind}  {}", place.place_id, place.place_name, place.town_name);
    screen.heading(&heading, &heading)?;
    let name = names.item(&node, screen);
    match wins.score {
        Some(_) => screen.say(
            &format!("{node} {name}：得分 {}，同类型第 {} 名", score(wins.score), count(wins.rank)),
            &format!("{node} {name}: score {}, rank {} of its type", score(wins.score), count(wins.rank)),
        )?,
        None => {
            let why = absence(&wins.absence_reason, screen);
            screen.warn(
                &format!("{node} {name}：没有得分（{why}）"),
                &format!("{node} {name}: no score ({why})"),
            )?;
        }
    }
    show_losses(&losses, arguments.top, screen)?;
    show_wins(&wins, arguments.top, screen)?;
    show_teachers(&peers, arguments.top, screen)?;
    screen.json(&json!({
        "assessment": json::assessment(&run),
        "as_of": standing.json(&run),
        "place": json::place(&place),
        "node": node,
        "losses": losses.iter().map(loss_json).collect::<Vec<_>>(),
        "score": wins.score,
        "rank": wins.rank,
        "absence_reason": wins.absence_reason,
        "quick_wins": wins.wins.iter().map(win_json).collect::<Vec<_>>(),
        "peers": peers_json(&peers),
        "lessons": lessons_json(&peers),
    }))
}

fn show_losses(losses: &[Loss], top: usize, screen: &mut Screen) -> Result<()> {
    screen
        .heading("失分最多的指标（与同类型中位数相比）", "where most is lost, against the type's median")?;
    let lost: Vec<_> = losses.iter().filter(|loss| loss.loss_points > 0.0).take(top).collect();
    if lost.is_empty() {
        return screen.say("没有。\n", "nowhere.\n");
    }
    let columns = [
        marks("指标", "leaf"),
        words("名称", "name"),
        numbers("Z", "Z").spare(2),
        numbers("中位 Z", "median Z").spare(1),
        numbers("失分", "lost"),
        words("性质", "whose"),
    ];
    let row = |loss: &&Loss| {
        let whose = if loss.common {
            Shown::from(screen.choose("共性", "common"))
        } else {
            Shown::painted(screen.choose("自身", "its own"), Some(Paint::Bad))
        };
        vec![
            loss.leaf.as_str().into(),
            screen.text(loss.name.as_ref()).into(),
            value(Some(loss.z)).into(),
            value(Some(loss.median_z)).into(),
            score(Some(loss.loss_points)).into(),
            whose,
        ]
    };
    let rows = lost.iter().map(row).collect();
    screen.shown(&columns, rows)
}

fn show_wins(wins: &GetQuickWinsResponse, top: usize, screen: &mut Screen) -> Result<()> {
    screen.heading("速赢：单独改进一项能得多少分", "quick wins: what one step alone would bring")?;
    let best: Vec<_> = wins.wins.iter().filter(|win| !win.steps.is_empty()).take(top).collect();
    if best.is_empty() {
        return screen.say("没有。\n", "none.\n");
    }
    let columns = [
        marks("指标", "leaf"),
        words("名称", "name"),
        numbers("现值", "now"),
        numbers("目标", "to"),
        words("即", "which is"),
        numbers("加分", "gain"),
        numbers("每单位", "a unit").spare(1),
        numbers("名次", "rank"),
    ];
    let mut rows = Vec::new();
    for win in best {
        for (at, step) in win.steps.iter().enumerate() {
            let once = |text: String| if at == 0 { text } else { String::new() };
            rows.push(vec![
                once(win.leaf.clone()),
                once(screen.text(win.name.as_ref())),
                once(value(win.value)),
                value(Some(step.target)),
                goal(&step.goal, screen).to_owned(),
                points(Some(step.gain_points)),
                value(Some(step.gain_points_per_unit)),
                count(Some(step.rank)),
            ]);
        }
    }
    screen.table(&columns, rows)?;
    screen.say(
        "按同样的阈值和权重重新计算，其余一切不变；名次以别的小区不动为前提。",
        "Computed again under the same thresholds and weights, everything else as it is; the rank if nobody else moves.",
    )?;
    say_no_steps(&wins.wins, screen)
}

/// The indicators that offer no step, by reason.
fn say_no_steps(wins: &[QuickWin], screen: &mut Screen) -> Result<()> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for win in wins.iter().filter(|win| !win.no_step.is_empty()) {
        match reasons.iter_mut().find(|(reason, _)| *reason == win.no_step) {
            Some((_, codes)) => codes.push(&win.leaf),
            None => reasons.push((&win.no_step, vec![&win.leaf])),
        }
    }
    for (reason, codes) in reasons {
        let (zh, en) = no_step(reason);
        let codes = codes.join(", ");
        screen.say(&format!("{zh}：{codes}"), &format!("{en}: {codes}"))?;
    }
    screen.say("", "")
}

fn show_teachers(peers: &FindPeersResponse, top: usize, screen: &mut Screen) -> Result<()> {
    screen.heading("向谁学：相近小区中做得好的", "whom to learn from: near places that do well there")?;
    show_lessons(peers, top, 2, screen)
}

/// Where a step leads, in words.
fn goal<'a>(goal: &'a str, screen: &Screen) -> &'a str {
    let (zh, en) = match goal {
        "NEXT_LEVEL" => ("上一级", "next level"),
        "MEDIAN" => ("同类中位", "type's median"),
        "BEST_QUARTER" => ("同类前四分之一", "best quarter"),
        other => (other, other),
    };
    screen.choose(zh, en)
}

/// Why an indicator offers no step, in Chinese and English.
fn no_step(reason: &str) -> (&str, &str) {
    match reason {
        "LEFT_OUT" => ("该类型不用", "left out for the type"),
        "DERIVED" => ("随其他指标而变，没有自己的一步", "follow from others, no step of their own"),
        "MISSING" => ("没有数据", "no value"),
        "AT_BEST" => ("已到上限，再提高不加分", "at the best threshold or level, more brings nothing"),
        "AHEAD_OF_TYPE" => ("已好于同类前四分之一的起点", "ahead of the type's best quarter"),
        "NO_EFFECT" => ("到目标也不加分", "the step would bring nothing"),
        other => (other, other),
    }
}

fn loss_json(loss: &Loss) -> Value {
    json!({
        "leaf": loss.leaf,
        "z": loss.z,
        "median_z": loss.median_z,
        "loss_points": loss.loss_points,
        "common": loss.common,
    })
}

fn win_json(win: &QuickWin) -> Value {
    json!({
        "leaf": win.leaf,
        "unit": win.unit,
        "inverse": win.inverse,
        "value": win.value,
        "no_step": win.no_step,
        "steps": win.steps.iter().map(step_json).collect::<Vec<_>>(),
    })
}

fn step_json(step: &QuickWinStep) -> Value {
    json!({
        "goal": step.goal,
        "target": step.target,
        "change": step.change,
        "score": step.score,
        "gain_points": step.gain_points,
        "gain_points_per_unit": step.gain_points_per_unit,
        "rank": step.rank,
    })
}
