//! `xiuhua structure`: whether an index measures what its tree says, type by type, for the owners of the method.

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{
    Assessment, GetStructureRequest, GetStructureResponse, StructureCorrelation, StructureFinding,
};

use crate::cli::{RunArg, StructureArgs};
use crate::json;
use crate::names::{Names, UNCLASSIFIED};
use crate::platform::Platform;
use crate::reading::find_run;
use crate::screen::{Paint, Screen, Shown, marks, numbers, percent, score, words};

/// `xiuhua structure`.
///
/// # Errors
/// If scoring cannot be read, or does not know the type.
pub(crate) async fn structure(
    platform: &Platform,
    arguments: &StructureArgs,
    screen: &mut Screen,
) -> Result<()> {
    let asked = RunArg { run: arguments.run.clone(), published: false, catalog: None, period: None };
    let run = find_run(platform, &asked).await?;
    let names = Names::read(platform, &run).await?;
    let types = match &arguments.place_type {
        Some(asked) => vec![names.type_id(&run, asked)?],
        None => inhabited(&run),
    };
    let mut found = Vec::with_capacity(types.len());
    for kind in types {
        found.push(read(platform, &run, &kind).await?);
    }
    for structure in &found {
        let kind = names.place_type(&structure.r#type, screen);
        let places = structure.places;
        screen.heading(&format!("{kind}：{places} 个小区"), &format!("{kind}: {places} places"))?;
        show_nodes(structure, screen)?;
        show_findings(structure, arguments.top, &names, screen)?;
    }
    screen.say(
        "提示是问题而不是结论；少于 10 个小区不提示。方法见 docs/methods/structure.zh-CN.md。",
        "A finding is a question, no verdict; fewer than 10 places raise none. Method: docs/methods/structure.md.",
    )?;
    screen.json(&json!({
        "assessment": json::assessment(&run),
        "types": found.iter().map(structure_json).collect::<Vec<_>>(),
    }))
}

/// Types that have places, in the rule set's order.
pub(crate) fn inhabited(run: &Assessment) -> Vec<String> {
    let types = run.types.iter().filter(|kind| kind.places > 0 && kind.r#type != UNCLASSIFIED);
    types.map(|kind| kind.r#type.clone()).collect()
}

/// The structure of one type.
///
/// # Errors
/// If scoring cannot be read.
pub(crate) async fn read(platform: &Platform, run: &Assessment, kind: &str) -> Result<GetStructureResponse> {
    let request = GetStructureRequest { assessment_id: run.id.clone(), r#type: kind.to_owned() };
    Ok(platform.structure().get_structure(request).await?.into_inner())
}

fn show_nodes(found: &GetStructureResponse, screen: &mut Screen) -> Result<()> {
    let columns = [
        marks("指标", "node"),
        words("名称", "name"),
        numbers("α", "alpha"),
        numbers("指标数", "items").spare(2),
        numbers("小区", "places").spare(1),
        numbers("与上级 r", "r to parent"),
        numbers("秩相关", "of ranks").spare(3),
        numbers("名义权重", "nominal"),
    ];
    let row = |node: &xiuhua_contracts::scoring::v1::NodeStructure| {
        let link = found.links.iter().find(|link| link.parent && link.code == node.node);
        let correlation = link.and_then(|link| link.correlation.as_ref());
        vec![
            node.node.as_str().into(),
            screen.text(node.name.as_ref()).into(),
            score(node.alpha).into(),
            node.alpha_items.to_string().into(),
            node.alpha_places.to_string().into(),
            correlation_cell(correlation.map(|found| found.pearson)),
            score(correlation.map(|found| found.spearman)).into(),
            link.map_or_else(String::new, |link| percent(link.nominal_share_ratio)).into(),
        ]
    };
    let rows = found.nodes.iter().map(row).collect();
    screen.shown(&columns, rows)
}

fn correlation_cell(r: Option<f64>) -> Shown {
    Shown::painted(score(r), r.filter(|r| *r < 0.0).map(|_| Paint::Bad))
}

fn show_findings(found: &GetStructureResponse, top: usize, names: &Names, screen: &mut Screen) -> Result<()> {
    if found.findings.is_empty() {
        return screen.say("没有提示。\n", "nothing to look at.\n");
    }
    let columns = [
        marks("指标", "code"),
        words("名称", "name"),
        words("提示", "look at"),
        numbers("小区", "places").spare(1),
    ];
    let row = |finding: &StructureFinding| {
        let paint = finding.clear.then_some(Paint::Doubtful);
        vec![
            finding.code.as_str().into(),
            names.item(&finding.code, screen).into(),
            Shown::painted(sentence(finding, screen), paint),
            finding.places.to_string().into(),
        ]
    };
    let rows = found.findings.iter().take(top).map(row).collect();
    screen.shown(&columns, rows)?;
    if let Some(rest) = found.findings.len().checked_sub(top).filter(|rest| *rest > 0) {
        screen.say(&format!("另有 {rest} 条，见 --top。\n"), &format!("{rest} more: see --top.\n"))?;
    }
    Ok(())
}

/// What is found, in words.
fn sentence(finding: &StructureFinding, screen: &Screen) -> String {
    let (zh, en) =
        xiuhua_report::structure::sentence(&finding.flag, &finding.other, finding.figure, finding.clear);
    screen.choose(&zh, &en).to_owned()
}

fn correlation_json(found: Option<&StructureCorrelation>) -> Value {
    found.map_or(
        Value::Null,
        |found| json!({ "pearson": found.pearson, "spearman": found.spearman, "places": found.places }),
    )
}

fn structure_json(found: &GetStructureResponse) -> Value {
    json!({
        "type": found.r#type,
        "places": found.places,
        "leaves": found.leaves.iter().map(|leaf| json!({
            "leaf": leaf.leaf,
            "places": leaf.places,
            "distinct": leaf.distinct,
            "below": leaf.below,
            "above": leaf.above,
            "standard_deviation": leaf.standard_deviation,
        })).collect::<Vec<_>>(),
        "nodes": found.nodes.iter().map(|node| json!({
            "node": node.node,
            "places": node.places,
            "alpha": node.alpha,
            "alpha_items": node.alpha_items,
            "alpha_places": node.alpha_places,
        })).collect::<Vec<_>>(),
        "links": found.links.iter().map(|link| json!({
            "code": link.code,
            "node": link.node,
            "parent": link.parent,
            "correlation": correlation_json(link.correlation.as_ref()),
            "linear_ratio": link.linear_ratio,
            "any_curve_ratio": link.any_curve_ratio,
            "nominal_share_ratio": link.nominal_share_ratio,
            "effective_share_ratio": link.effective_share_ratio,
        })).collect::<Vec<_>>(),
        "pairs": found.pairs.iter().map(|pair| json!({
            "left": pair.left,
            "right": pair.right,
            "within": pair.within,
            "correlation": correlation_json(pair.correlation.as_ref()),
        })).collect::<Vec<_>>(),
        "findings": found.findings.iter().map(|finding| json!({
            "flag": finding.flag,
            "code": finding.code,
            "other": finding.other,
            "figure": finding.figure,
            "places": finding.places,
            "clear": finding.clear,
        })).collect::<Vec<_>>(),
    })
}
