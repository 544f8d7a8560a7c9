//! `xiuhua show`: every score of one place, or of the group of that code.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tonic::Code;
use xiuhua_contracts::scoring::v1::{Assessment, GetPlaceScoresRequest, GetPlaceScoresResponse, GroupLevel};

use super::course::Courses;
use super::groups::{group_scores, show_group};
use super::nodes::{legend, show_nodes};
use super::standing::Standing;
use super::{find_run, history};
use crate::cli::ShowArgs;
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::reviewing::{decided_type, decision_json, say_decision};
use crate::screen::Screen;

/// `xiuhua show`: a place, or the group of that code.
///
/// # Errors
/// If neither exists.
pub(crate) async fn show(platform: &Platform, arguments: &ShowArgs, screen: &mut Screen) -> Result<()> {
    let run = find_run(platform, &arguments.run).await?;
    let request = GetPlaceScoresRequest { assessment_id: run.id.clone(), place_id: arguments.id.clone() };
    let found = platform.scoring().get_place_scores(request).await;
    let names = Names::read(platform, &run).await?;
    let standing = Standing::read(platform, &run).await?;
    match found {
        Ok(place) => {
            standing.show(&run, screen)?;
            show_place(platform, &run, &standing, &place.into_inner(), &names, screen).await
        }
        Err(status) if status.code() == Code::NotFound => {
            let groups = group_scores(platform, &run, GroupLevel::Unspecified, &arguments.id, "").await?;
            if groups.is_empty() {
                return Err(status.into());
            }
            standing.show(&run, screen)?;
            show_group(&groups, &names, screen)?;
            let groups: Vec<_> = groups.iter().map(json::group).collect();
            screen.json(&json!({
                "assessment": json::assessment(&run),
                "as_of": standing.json(&run),
                "groups": groups,
            }))
        }
        Err(status) => Err(status.into()),
    }
}

async fn show_place(
    platform: &Platform,
    run: &Assessment,
    standing: &Standing,
    place: &GetPlaceScoresResponse,
    names: &Names,
    screen: &mut Screen,
) -> Result<()> {
    let kind = names.place_type(&place.r#type, screen);
    let heading =
        format!("{} {}  {kind}  {} {}", place.place_id, place.place_name, place.town_name, place.committee);
    screen.heading(&heading, &heading)?;
    let decision = decided_type(platform, run, &place.place_id).await?;
    say_decision(decision.as_ref(), screen)?;
    let earlier = history::before(platform, run).await?;
    let courses = if earlier.is_empty() {
        None
    } else {
        Some(Courses::read(platform, &earlier, &place.place_id, &place.r#type).await?)
    };
    show_nodes(place.scores.iter(), run.scale, courses.as_ref(), names, screen)?;
    if let Some(previous) = earlier.last() {
        screen.say(
            &format!("较上期、走势：同一阈值集、同一权重下的更早期次，上期为 {}。", previous.period),
            &format!(
                "change and course: earlier periods under the same threshold set and weights, the last is {}.",
                previous.period
            ),
        )?;
    }
    legend(screen)?;
    let mut document = json::place(place);
    if let Some(courses) = &courses {
        let scores = document["scores"].as_array_mut().context("scores are a list")?;
        for (shown, node) in scores.iter_mut().zip(&place.scores) {
            shown["change_points"] = json!(Courses::change(&courses.of(&node.node, node.score)));
            shown["course"] = courses.json(&node.node);
        }
    }
    let previous: Value = earlier.last().map_or(Value::Null, |previous| previous.id.clone().into());
    screen.json(&json!({
        "assessment": json::assessment(run),
        "as_of": standing.json(run),
        "previous_run": previous,
        "place": document,
        "type_decision": decision.as_ref().map(decision_json),
    }))
}
