//! `xiuhua explain`: a score walked back to weights, thresholds, values, observations and sources.

use anyhow::Result;
use serde_json::json;
use xiuhua_contracts::scoring::v1::{Assessment, ExplainScoreRequest, ExplainScoreResponse, LeafExplanation};

use super::find_run;
use super::nodes::{bar_cells, legend, show_nodes};
use super::preparing;
use super::standing::Standing;
use crate::cli::ExplainArgs;
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::reviewing::{decided_type, decision_json, say_decision};
use crate::screen::{Screen, marks, numbers, score, value, words};

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
    let found = explained(platform, &run.id, place_id, node).await?;
    let names = Names::read(platform, run).await?;
    let standing = Standing::read(platform, run).await?;
    standing.show(run, screen)?;
    let kind = names.place_type(&found.r#type, screen);
    let heading = format!("{} {}  {kind}", found.place_id, found.place_name);
    screen.heading(&heading, &heading)?;
    let decision = decided_type(platform, run, place_id).await?;
    say_decision(decision.as_ref(), screen)?;
    show_nodes(found.score.iter().chain(&found.nodes), run.scale, None, &names, screen)?;
    let columns = [
        marks("指标", "leaf"),
        words("名称", "name"),
        numbers("数值", "value"),
        numbers("下限", "lower"),
        numbers("上限", "upper"),
        numbers("Z", "Z"),
        marks("", "").spare(1),
        numbers("权重", "weight").spare(2),
        numbers("贡献", "points"),
        words("来源", "from"),
    ];
    let rows = found.leaves.iter().map(|leaf| leaf_row(leaf, screen)).collect();
    screen.table(&columns, rows)?;
    screen.say(
        "(+) 越高越好，(-) 越低越好；Z 为数值在下限与上限之间的位置，0 至 1；贡献之和等于得分。",
        "(+) more is better, (-) less is better; Z: where the value lies between the thresholds, 0 to 1; the points add \
         up to the score.",
    )?;
    say_treatments(&found.leaves, screen)?;
    legend(screen)?;
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
    screen.json(&json!({
        "assessment": json::assessment(run),
        "as_of": standing.json(run),
        "explanation": json::explanation(&found),
        "type_decision": decision.as_ref().map(decision_json),
    }))
}

/// A score walked back; an empty node means the root.
///
/// # Errors
/// If scoring cannot be read, or does not know the place or the node.
pub(crate) async fn explained(
    platform: &Platform,
    run_id: &str,
    place_id: &str,
    node: &str,
) -> Result<ExplainScoreResponse> {
    let request = ExplainScoreRequest {
        assessment_id: run_id.to_owned(),
        place_id: place_id.to_owned(),
        node: node.to_owned(),
    };
    Ok(platform.scoring().explain_score(request).await?.into_inner())
}

fn leaf_row(leaf: &LeafExplanation, screen: &Screen) -> Vec<String> {
    let name = screen.text(leaf.name.as_ref());
    let direction = if leaf.inverse { "-" } else { "+" };
    let bar = leaf.z.map(|z| screen.bar(z, bar_cells(screen))).unwrap_or_default();
    vec![
        leaf.leaf.clone(),
        format!("{name} ({direction})"),
        treated_cell(leaf),
        value(leaf.lower),
        value(leaf.upper),
        value(leaf.z),
        bar,
        value(Some(leaf.weight)),
        score(leaf.contribution),
        provenance(leaf, screen),
    ]
}

/// A value, and what a treatment of outliers made of it.
fn treated_cell(leaf: &LeafExplanation) -> String {
    match leaf.treated_value {
        Some(treated) => format!("{} → {}", value(leaf.value), value(Some(treated))),
        None => value(leaf.value),
    }
}

/// Says how the outliers of indicators are treated for the type of a place; nothing where none are.
fn say_treatments(leaves: &[LeafExplanation], screen: &mut Screen) -> Result<()> {
    for leaf in leaves {
        let Some(treatment) = &leaf.treatment else { continue };
        let text = preparing::treated(treatment, screen);
        screen.say(&format!("{}：{text}", leaf.leaf), &format!("{}: {text}", leaf.leaf))?;
    }
    Ok(())
}

/// Where a value comes from: the effective observation, what an imputed one was made of, the two scores of a derived
/// leaf, or why there is none.
fn provenance(leaf: &LeafExplanation, screen: &Screen) -> String {
    if !leaf.change_of.is_empty() {
        let scores = [leaf.previous_score, leaf.current_score].map(score);
        return format!("{}: {} → {}", leaf.change_of, scores[0], scores[1]);
    }
    if let Some(imputation) = &leaf.imputation {
        return preparing::imputed(imputation, screen);
    }
    if let Some((on_record, window)) = leaf.rolled_on_record.zip(leaf.rolled_window) {
        // Twelve are months, more are days.
        let (zh, en) = if window > 12 { ("日", "days") } else { ("个月", "months") };
        let step = screen.choose(zh, en);
        let short = if leaf.rolled_short { screen.choose("，估计", ", estimated") } else { "" };
        return match screen.choose("zh", "en") {
            "zh" => format!("近十二个月，{window} {step}中有 {on_record} {step}{short}"),
            _ => format!("last twelve months, {on_record} of {window} {step}{short}"),
        };
    }
    match leaf.observations.iter().find(|o| o.effective) {
        Some(observed) => format!("{} · {}:{}", observed.source_id, observed.file_name, observed.row),
        None => threshold_status(&leaf.threshold_status, screen),
    }
}

/// Why an indicator is left out, in words; empty where it is in use.
pub(crate) fn threshold_status(status: &str, screen: &Screen) -> String {
    let (zh, en) = match status {
        "OK" => ("", ""),
        "DEGENERATE" => ("样本无差异", "degenerate"),
        "NO_DATA" => ("样本无数据", "no data"),
        other => (other, other),
    };
    screen.choose(zh, en).to_owned()
}
