//! `xiuhua compare`: places side by side — their nodes, the indicators that set them apart, and where each loses points
//! against its type.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use xiuhua_contracts::measure::v1::Text;
use xiuhua_contracts::scoring::v1::{
    Assessment, DiagnosePlaceRequest, ExplainScoreResponse, GetPlaceScoresRequest, GetPlaceScoresResponse,
    LeafExplanation, Loss, NodeScore,
};

use crate::cli::CompareArgs;
use crate::json;
use crate::method::UnusableInput;
use crate::names::Names;
use crate::platform::Platform;
use crate::reading::nodes::{change_cell, coverage_cell, quarter_cell};
use crate::reading::{Standing, explained, find_run};
use crate::screen::{Column, Screen, Shown, count, marks, numbers, points, score, told, value, words};

/// Losses that a place is shown with.
const LOSSES: usize = 5;

/// A place with everything it is compared by.
struct Compared {
    place: GetPlaceScoresResponse,
    explained: ExplainScoreResponse,
    /// Greatest first, losses only.
    losses: Vec<Loss>,
}

/// `xiuhua compare`.
///
/// # Errors
/// If a place is unknown or named twice.
pub(crate) async fn compare(platform: &Platform, arguments: &CompareArgs, screen: &mut Screen) -> Result<()> {
    let mut ids = arguments.places.clone();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!(UnusableInput(vec![told(
            format!("{0} 重复", twice[0]),
            format!("{0} is named twice", twice[0])
        )]));
    }
    let run = find_run(platform, &arguments.run).await?;
    let names = Names::read(platform, &run).await?;
    let standing = Standing::read(platform, &run).await?;
    let mut places = Vec::with_capacity(arguments.places.len());
    for id in &arguments.places {
        places.push(compared(platform, &run, id, &arguments.node).await?);
    }
    standing.show(&run, screen)?;
    let one_type = places.windows(2).all(|pair| pair[0].place.r#type == pair[1].place.r#type);
    show_places(&places, one_type, &names, screen)?;
    let nodes = shown_nodes(&places, &names);
    show_nodes(&places, &nodes, run.scale, &names, screen)?;
    let apart = apart(&places);
    show_leaves(&places, &apart[..apart.len().min(arguments.top)], run.scale, screen)?;
    show_losses(&places, screen)?;
    screen.json(&json!({
        "assessment": json::assessment(&run),
        "as_of": standing.json(&run),
        "same_type": one_type,
        "places": places.iter().map(|compared| document(compared, &nodes)).collect::<Vec<_>>(),
        "apart": apart.iter().map(|leaf| json!({
            "leaf": leaf.code,
            "spread_points": leaf.spread * run.scale,
            "places": leaf.of.iter().map(|leaf| leaf.map(json::leaf)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    }))
}

async fn compared(platform: &Platform, run: &Assessment, id: &str, node: &str) -> Result<Compared> {
    let request = GetPlaceScoresRequest { assessment_id: run.id.clone(), place_id: id.to_owned() };
    let place = platform.scoring().get_place_scores(request).await?.into_inner();
    let explained = explained(platform, &run.id, id, node).await?;
    let request = DiagnosePlaceRequest {
        assessment_id: run.id.clone(),
        place_id: id.to_owned(),
        node: node.to_owned(),
    };
    let mut losses = platform.scoring().diagnose_place(request).await?.into_inner().losses;
    losses.retain(|loss| loss.loss_points > 0.0);
    Ok(Compared { place, explained, losses })
}

fn show_places(places: &[Compared], one_type: bool, names: &Names, screen: &mut Screen) -> Result<()> {
    let columns = [
        numbers("", ""),
        marks("编号", "place"),
        words("小区", "name"),
        words("街镇", "town").spare(1),
        words("类型", "type"),
        numbers("名次", "rank"),
        marks("位段", "quarter"),
        numbers("覆盖率", "coverage"),
    ];
    let row = |(number, compared): (usize, &Compared)| {
        let place = &compared.place;
        let node = compared.explained.score.clone().unwrap_or_default();
        vec![
            number.to_string().into(),
            place.place_id.as_str().into(),
            place.place_name.as_str().into(),
            place.town_name.as_str().into(),
            names.place_type(&place.r#type, screen).into(),
            count(node.rank).into(),
            quarter_cell(node.percentile, screen),
            coverage_cell(node.coverage_ratio, screen),
        ]
    };
    let rows = (1..).zip(places).map(row).collect();
    screen.shown(&columns, rows)?;
    if !one_type {
        screen.say(
            "注意：这些小区类型不同，阈值不同，只可并列参看，不可排名。\n",
            "note: these places are of different types with different goalposts: side by side, never to be ranked.\n",
        )?;
    }
    Ok(())
}

/// The node that is compared and those below it.
fn shown_nodes(places: &[Compared], names: &Names) -> Vec<String> {
    let Some(first) = places.first() else { return Vec::new() };
    let below = first.explained.score.iter().chain(&first.explained.nodes);
    let below: Vec<_> = below.map(|score| score.node.as_str()).collect();
    names.nodes.iter().filter(|node| below.contains(&node.as_str())).cloned().collect()
}

fn node<'a>(compared: &'a Compared, code: &str) -> Option<&'a NodeScore> {
    compared.place.scores.iter().find(|score| score.node == code)
}

fn show_nodes(
    places: &[Compared],
    nodes: &[String],
    scale: f64,
    names: &Names,
    screen: &mut Screen,
) -> Result<()> {
    let cells = if screen.is_narrow() { 5 } else { 10 };
    for block in blocks(places, screen) {
        let mut columns = vec![marks("指标", "node"), words("名称", "name")];
        for (number, _) in &block {
            columns.extend([numbered("得分", "score", *number), marks("", "").spare(1)]);
            if *number > 1 {
                let difference = format!("{number} - 1");
                columns.push(numbers(&difference, &difference));
            }
        }
        let row = |code: &String| {
            let of = |compared| node(compared, code).and_then(|node| node.score);
            let base = of(&places[0]);
            let mut row: Vec<Shown> = vec![code.as_str().into(), names.item(code, screen).into()];
            for (number, compared) in &block {
                let found = of(compared);
                let bar = found.map(|found| screen.bar(found / scale, cells)).unwrap_or_default();
                row.extend([score(found).into(), bar.into()]);
                if *number > 1 {
                    row.push(change_cell(found.zip(base).map(|(found, base)| found - base)));
                }
            }
            row
        };
        let rows = nodes.iter().map(row).collect();
        screen.shown(&columns, rows)?;
    }
    Ok(())
}

/// The places in groups that fit the terminal, each led by the first place.
fn blocks<'a>(places: &'a [Compared], screen: &Screen) -> Vec<Vec<(usize, &'a Compared)>> {
    /// Cells that names need, and a place.
    const NAMES: usize = 30;
    const PLACE: usize = 26;
    let others = screen.width().map_or(usize::MAX, |width| (width.saturating_sub(NAMES) / PLACE).max(2) - 1);
    let numbered: Vec<_> = (1..).zip(places).collect();
    let Some((first, rest)) = numbered.split_first() else { return Vec::new() };
    rest.chunks(others).map(|chunk| [std::slice::from_ref(first), chunk].concat()).collect()
}

fn numbered(zh: &str, en: &str, number: usize) -> Column {
    numbers(&format!("{zh} {number}"), &format!("{en} {number}"))
}

/// An indicator of all places.
struct Apart<'a> {
    code: &'a str,
    name: Option<&'a Text>,
    /// One a place; `None` where the place has no such indicator.
    of: Vec<Option<&'a LeafExplanation>>,
    /// Greatest Z less the smallest, by the weight that the indicator has where nothing is missing: what it sets the
    /// places apart by, as a share of the scale.
    spread: f64,
}

/// Indicators by how far they set the places apart, furthest first; those that fewer than two places have, and those in
/// which they are equal, do not appear. Contributions would not do: what one place lacks raises the weights of all else
/// it has, so that equal values give unequal points.
fn apart(places: &[Compared]) -> Vec<Apart<'_>> {
    let mut by_leaf: BTreeMap<&str, Vec<Option<&LeafExplanation>>> = BTreeMap::new();
    for (at, compared) in places.iter().enumerate() {
        for leaf in &compared.explained.leaves {
            by_leaf.entry(&leaf.leaf).or_insert_with(|| vec![None; places.len()])[at] = Some(leaf);
        }
    }
    // Weights are those of a type: places of several types are compared by the mean of theirs.
    let whole = places.iter().map(|compared| compared.explained.leaves.iter().map(|leaf| leaf.weight).sum());
    let whole: Vec<f64> = whole.collect();
    let found = by_leaf.into_iter().filter_map(|(code, of)| {
        let (mut weight, mut known) = (0.0, 0_u32);
        let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
        for (leaf, whole) in of.iter().zip(&whole) {
            let Some((leaf, z)) = leaf.and_then(|leaf| Some((leaf, leaf.z?))) else { continue };
            if *whole > 0.0 {
                (weight, known) = (weight + leaf.weight / whole, known + 1);
                (least, greatest) = (least.min(z), greatest.max(z));
            }
        }
        let name = of.iter().flatten().next().and_then(|leaf| leaf.name.as_ref());
        let spread = (greatest - least) * weight / f64::from(known.max(1));
        (known > 1 && spread > 0.0).then_some(Apart { code, name, of, spread })
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by(|left, right| right.spread.total_cmp(&left.spread));
    found
}

fn show_leaves(places: &[Compared], apart: &[Apart<'_>], scale: f64, screen: &mut Screen) -> Result<()> {
    screen.heading("差别最大的指标（数值 · Z）", "indicators that set them apart (value · Z)")?;
    if apart.is_empty() {
        return screen.say("没有。\n", "none.\n");
    }
    let mut columns =
        vec![marks("指标", "leaf"), words("名称", "name"), numbers("相差（分）", "points apart")];
    columns.extend(
        (1..=places.len()).map(|number| words(&format!("小区 {number}"), &format!("place {number}"))),
    );
    let row = |leaf: &Apart<'_>| {
        let mut row = vec![leaf.code.to_owned(), screen.text(leaf.name), score(Some(leaf.spread * scale))];
        row.extend(leaf.of.iter().map(|leaf| {
            let Some(leaf) = leaf else { return String::new() };
            format!("{} · {}", value(leaf.value), score(leaf.z))
        }));
        row
    };
    let rows = apart.iter().map(row).collect();
    screen.table(&columns, rows)?;
    screen.say(
        "相差：最高与最低的 Z 之差按该类型的权重折成分；缺失数据引起的权重变化不计入。\n",
        "points apart: highest Z less lowest by the weights of the type, whatever a place lacks.\n",
    )
}

fn show_losses(places: &[Compared], screen: &mut Screen) -> Result<()> {
    screen.heading("短板（比本类型中位数少得的分）", "weaknesses (points below the median of the type)")?;
    let mut worst: Vec<&Loss> = places.iter().flat_map(|place| place.losses.iter().take(LOSSES)).collect();
    worst.sort_by(|left, right| right.loss_points.total_cmp(&left.loss_points));
    let mut codes: Vec<&str> = Vec::new();
    for loss in &worst {
        if !codes.contains(&loss.leaf.as_str()) {
            codes.push(&loss.leaf);
        }
    }
    if codes.is_empty() {
        return screen.say("没有。\n", "none.\n");
    }
    let loss =
        |compared: &'_ Compared, code: &str| compared.losses.iter().find(|loss| loss.leaf == code).cloned();
    let mut columns = vec![marks("指标", "leaf"), words("名称", "name"), words("属于", "whose")];
    columns.extend((1..=places.len()).map(|number| numbered("小区", "place", number)));
    let row = |code: &&str| {
        let of: Vec<_> = places.iter().map(|compared| loss(compared, code)).collect();
        let name = of.iter().flatten().next().and_then(|loss| loss.name.clone());
        let shared = of.iter().all(Option::is_some);
        let of_type = of.iter().flatten().all(|loss| loss.common);
        let whose = match (shared, of_type) {
            (true, true) => screen.choose("共有，类型共性", "all of them, and their type"),
            (true, false) => screen.choose("共有", "all of them"),
            (false, true) => screen.choose("个别，类型共性", "some, and their type"),
            (false, false) => screen.choose("个别", "some"),
        };
        let mut row = vec![(*code).to_owned(), screen.text(name.as_ref()), whose.to_owned()];
        row.extend(of.iter().map(|loss| points(loss.as_ref().map(|loss| -loss.loss_points))));
        row
    };
    let rows = codes.iter().map(row).collect();
    screen.table(&columns, rows)?;
    screen.say(
        "类型共性：该类型的中位数低于目录的界线，整个类型都弱；其余为小区自身的短板。",
        "type: its median lies below the catalog's cut, so that the whole type is weak; all else is the places' own.",
    )
}

fn document(compared: &Compared, nodes: &[String]) -> Value {
    let mut place = json::place(&compared.place);
    place["scores"] =
        nodes.iter().filter_map(|code| node(compared, code)).map(json::node).collect::<Vec<_>>().into();
    let losses = compared.losses.iter().map(|loss| {
        json!({
            "leaf": loss.leaf,
            "z": loss.z,
            "median_z": loss.median_z,
            "loss_points": loss.loss_points,
            "common": loss.common,
        })
    });
    place["losses"] = losses.collect();
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(code: &str, z: Option<f64>, contribution: f64) -> LeafExplanation {
        let contribution = z.map(|_| contribution);
        LeafExplanation { leaf: code.to_owned(), weight: 0.5, z, contribution, ..LeafExplanation::default() }
    }

    fn place(leaves: Vec<LeafExplanation>) -> Compared {
        let explained = ExplainScoreResponse { leaves, ..ExplainScoreResponse::default() };
        Compared { place: GetPlaceScoresResponse::default(), explained, losses: Vec::new() }
    }

    #[test]
    fn equal_values_set_no_places_apart_whatever_one_of_them_lacks() {
        let whole = place(vec![leaf("P", Some(0.5), 25.0), leaf("Q", Some(1.0), 50.0)]);
        let lacking = place(vec![leaf("P", Some(0.5), 50.0), leaf("Q", None, 0.0)]);
        assert_eq!(apart(&[whole, lacking]).len(), 0);
        let whole = place(vec![leaf("P", Some(0.25), 12.5), leaf("Q", Some(1.0), 50.0)]);
        let other = place(vec![leaf("P", Some(0.5), 25.0), leaf("Q", Some(0.0), 0.0)]);
        let both = [whole, other];
        let found: Vec<_> = apart(&both).iter().map(|leaf| (leaf.code, leaf.spread.to_bits())).collect();
        assert_eq!(found, [("Q", 0.5_f64.to_bits()), ("P", 0.125_f64.to_bits())]);
    }
}
