//! `xiuhua diff`: what differs between two assessments — inputs, thresholds, types, scores — and who moved most, and why.

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::scoring::v1::{Assessment, NodeScore, PlaceScores, ThresholdUsed};

use super::moves::{Move, Why, explain_move};
use crate::cli::DiffArgs;
use crate::joining::{Pair, Pairs};
use crate::json;
use crate::names::Names;
use crate::platform::Platform;
use crate::reading::history;
use crate::reading::nodes::change_cell;
use crate::results::each_threshold;
use crate::screen::{Paint, Screen, Shown, marks, numbers, real, score, value, words};

/// Greatest moves that are explained: two calls each.
const MOVES: usize = 100;
/// Thresholds that are listed.
const THRESHOLDS: usize = 20;
/// Edges of the changes that are counted together, as shares of the scale; 0 stands for itself.
const EDGES: [f64; 4] = [0.0, 0.01, 0.05, 0.1];

/// `xiuhua diff`.
///
/// # Errors
/// If one of the two has no results.
pub(crate) async fn diff(platform: &Platform, arguments: &DiffArgs, screen: &mut Screen) -> Result<()> {
    let before = history::by_id(platform, &arguments.before).await?;
    let after = history::by_id(platform, &arguments.after).await?;
    let inputs = inputs(&before, &after);
    if before.digest == after.digest {
        screen.say(
            &format!("摘要相同（{}）：两次测评的输入与结果完全一致。", after.digest),
            &format!("equal digests ({}): inputs and results are the same to the last bit.", after.digest),
        )?;
        return screen.json(&json!({
            "before": json::assessment(&before), "after": json::assessment(&after), "equal": true,
        }));
    }
    show_inputs(&inputs, screen)?;
    let names = Names::read(platform, &after).await?;
    show_types(&before, &after, &names, screen)?;

    let nodes = if arguments.node.is_empty() {
        [Names::read(platform, &before).await?.root, names.root.clone()]
    } else {
        [arguments.node.clone(), arguments.node.clone()]
    };
    let mut tally = Tally::new(after.scale, arguments.top.min(MOVES));
    let mut pairs = Pairs::read(platform, &before.id, &after.id).await?;
    while let Some(pair) = pairs.next().await? {
        tally.take(&pair, &nodes);
    }
    tally.show(&nodes[1], &names, screen)?;
    let mut reasons = Vec::with_capacity(tally.moves.len());
    for moved in &tally.moves {
        reasons.push(explain_move(platform, [&before.id, &after.id], &nodes, moved).await?);
    }
    show_moves(&tally.moves, &reasons, screen)?;
    let thresholds = thresholds(platform, &before, &after).await?;
    show_thresholds(&thresholds, &names, screen)?;
    let moves = tally.moves.iter().zip(&reasons).map(|(moved, why)| moved.json(why));
    let moves: Vec<_> = moves.collect();
    screen.json(&json!({
        "before": json::assessment(&before),
        "after": json::assessment(&after),
        "equal": false,
        "node": nodes[1],
        "inputs": inputs.iter().map(|input| json!({
            "input": input.en, "before": input.before, "after": input.after, "same": input.is_same(),
        })).collect::<Vec<_>>(),
        "places": tally.json(),
        "moves": moves,
        "thresholds": thresholds.iter().map(ThresholdPair::json).collect::<Vec<_>>(),
    }))
}

/// One thing an assessment was computed from.
struct Input {
    zh: &'static str,
    en: &'static str,
    before: String,
    after: String,
}

impl Input {
    fn is_same(&self) -> bool {
        self.before == self.after
    }
}

fn inputs(before: &Assessment, after: &Assessment) -> Vec<Input> {
    let input =
        |zh, en, of: fn(&Assessment) -> String| Input { zh, en, before: of(before), after: of(after) };
    vec![
        input("目录", "catalog", |run| format!("{}@{}", run.catalog_id, run.catalog_version)),
        input("目录哈希", "catalog hash", |run| run.catalog_hash.clone()),
        input("规则集", "rule set", |run| format!("{}@{}", run.rule_set_id, run.rule_set_version)),
        input("规则集哈希", "rule set hash", |run| run.rule_set_hash.clone()),
        input("分类", "classification", |run| run.classification_id.clone()),
        input("阈值集", "threshold set", |run| run.threshold_set_id.clone()),
        input("期次", "period", |run| run.period.clone()),
        input("基期", "base periods", |run| run.base_periods.join(", ")),
        input("数据位置", "as of position", |run| run.as_of_position.to_string()),
        input("程序版本", "code version", |run| run.code_version.clone()),
        input("摘要", "digest", |run| run.digest.clone()),
    ]
}

fn show_inputs(inputs: &[Input], screen: &mut Screen) -> Result<()> {
    let columns = [words("输入", "input"), marks("", ""), words("前", "before"), words("后", "after")];
    let row = |input: &Input| {
        let differs = Shown::painted(screen.choose("不同", "differs"), Some(Paint::Doubtful));
        let (mark, after) = if input.is_same() {
            (screen.choose("相同", "same").into(), "")
        } else {
            (differs, input.after.as_str())
        };
        let name = screen.choose(input.zh, input.en).into();
        // Of hashes the beginning tells them apart.
        let short = |text: &str| if text.len() == 64 { text[..16].to_owned() } else { text.to_owned() };
        vec![name, mark, short(&input.before).into(), short(after).into()]
    };
    let rows = inputs.iter().map(row).collect();
    screen.shown(&columns, rows)
}

fn show_types(before: &Assessment, after: &Assessment, names: &Names, screen: &mut Screen) -> Result<()> {
    let mut ids: Vec<&str> = after.types.iter().map(|t| t.r#type.as_str()).collect();
    for gone in before.types.iter().map(|t| t.r#type.as_str()) {
        if !ids.contains(&gone) {
            ids.push(gone);
        }
    }
    let columns = [
        words("类型", "type"),
        numbers("小区（前）", "places before"),
        numbers("（后）", "after"),
        numbers("有总分（前）", "scored before"),
        numbers("（后）", "after"),
    ];
    let row = |id: &&str| {
        let of = |run: &Assessment| {
            run.types.iter().find(|t| t.r#type == *id).map_or((0, 0), |t| (t.places, t.scored))
        };
        let ((places, scored), (places_now, scored_now)) = (of(before), of(after));
        vec![
            names.place_type(id, screen),
            places.to_string(),
            places_now.to_string(),
            scored.to_string(),
            scored_now.to_string(),
        ]
    };
    let rows = ids.iter().map(row).collect();
    screen.table(&columns, rows)
}

/// What became of the places.
struct Tally {
    scale: f64,
    top: usize,
    before: u64,
    after: u64,
    only_before: u64,
    only_after: u64,
    type_changed: u64,
    score_changed: u64,
    rank_changed: u64,
    score_appeared: u64,
    score_lost: u64,
    unchanged: u64,
    /// Changes between edges: falls from the greatest on, none, rises up to the greatest.
    changes: [u64; 9],
    /// Greatest first.
    moves: Vec<Move>,
}

impl Tally {
    fn new(scale: f64, top: usize) -> Self {
        Self {
            scale,
            top,
            before: 0,
            after: 0,
            only_before: 0,
            only_after: 0,
            type_changed: 0,
            score_changed: 0,
            rank_changed: 0,
            score_appeared: 0,
            score_lost: 0,
            unchanged: 0,
            changes: [0; 9],
            moves: Vec::new(),
        }
    }

    fn take(&mut self, pair: &Pair, nodes: &[String; 2]) {
        let found = |place: &PlaceScores, node: &str| -> NodeScore {
            place.scores.iter().find(|score| score.node == node).cloned().unwrap_or_default()
        };
        self.before += u64::from(pair.before.is_some());
        self.after += u64::from(pair.after.is_some());
        let (before, after) = match (&pair.before, &pair.after) {
            (Some(before), Some(after)) => (before, after),
            (Some(_), None) => return self.only_before += 1,
            _ => return self.only_after += 1,
        };
        let (was, is) = (found(before, &nodes[0]), found(after, &nodes[1]));
        let type_changed = before.r#type != after.r#type;
        let score_changed = was.score.map(f64::to_bits) != is.score.map(f64::to_bits);
        self.type_changed += u64::from(type_changed);
        self.rank_changed += u64::from(was.rank != is.rank);
        self.unchanged += u64::from(!type_changed && !score_changed && was.rank == is.rank);
        match (was.score, is.score) {
            (None, Some(_)) => self.score_appeared += 1,
            (Some(_), None) => self.score_lost += 1,
            (Some(then), Some(now)) => {
                self.score_changed += u64::from(score_changed);
                self.changes[bin((now - then) / self.scale)] += 1;
                if score_changed {
                    self.keep(Move {
                        place_id: after.place_id.clone(),
                        types: [before.r#type.clone(), after.r#type.clone()],
                        scores: [then, now],
                        ranks: [was.rank, is.rank],
                    });
                }
            }
            (None, None) => {}
        }
    }

    fn keep(&mut self, moved: Move) {
        let size = moved.change().abs();
        let at = self.moves.partition_point(|other| other.change().abs() >= size);
        if at < self.top {
            self.moves.insert(at, moved);
            self.moves.truncate(self.top);
        }
    }

    fn counts(&self) -> [(&'static str, &'static str, &'static str, u64); 10] {
        [
            ("前一次的小区", "places before", "before", self.before),
            ("后一次的小区", "places after", "after", self.after),
            ("只在前一次", "only before", "only_before", self.only_before),
            ("只在后一次", "only after", "only_after", self.only_after),
            ("类型改变", "type changed", "type_changed", self.type_changed),
            ("得分改变", "score changed", "score_changed", self.score_changed),
            ("名次改变", "rank changed", "rank_changed", self.rank_changed),
            ("新有得分", "score appeared", "score_appeared", self.score_appeared),
            ("失去得分", "score lost", "score_lost", self.score_lost),
            ("完全不变", "unchanged", "unchanged", self.unchanged),
        ]
    }

    fn show(&self, node: &str, names: &Names, screen: &mut Screen) -> Result<()> {
        let name = names.item(node, screen);
        screen.heading(&format!("{node} {name}"), &format!("{node} {name}"))?;
        let columns = [words("小区", "places"), numbers("数量", "count")];
        let row = |(zh, en, _, count): (&str, &str, &str, u64)| {
            vec![screen.choose(zh, en).to_owned(), count.to_string()]
        };
        let rows = self.counts().into_iter().map(row).collect();
        screen.table(&columns, rows)?;
        let columns = [numbers("得分变化", "change in points"), numbers("小区", "places"), marks("", "")];
        let most = self.changes.iter().copied().max().unwrap_or_default().max(1);
        let row = |at: usize| {
            let count = self.changes[at];
            vec![bin_name(at, self.scale), count.to_string(), screen.bar(real(count) / real(most), 20)]
        };
        let rows = (0..self.changes.len()).map(row).collect();
        screen.table(&columns, rows)
    }

    fn json(&self) -> Value {
        let mut counts = serde_json::Map::new();
        for (_, _, key, count) in self.counts() {
            counts.insert(key.to_owned(), count.into());
        }
        let bins = self.changes.iter().enumerate();
        counts.insert(
            "changes".to_owned(),
            bins.map(|(at, count)| json!({ "points": bin_name(at, self.scale), "places": count })).collect(),
        );
        Value::Object(counts)
    }
}

/// Where a change, as a share of the scale, is counted.
fn bin(change: f64) -> usize {
    let steps = EDGES.iter().filter(|edge| change.abs() > **edge).count();
    if change < 0.0 { EDGES.len() - steps } else { EDGES.len() + steps }
}

/// The changes that are counted there, in points.
fn bin_name(at: usize, scale: f64) -> String {
    let steps = at.abs_diff(EDGES.len());
    let Some(step) = steps.checked_sub(1) else { return "0".to_owned() };
    let edge = |step: usize| value(EDGES.get(step).map(|edge| edge * scale));
    let sign = if at < EDGES.len() { "-" } else { "+" };
    if steps == EDGES.len() {
        format!("{sign} >{}", edge(step))
    } else {
        format!("{sign} {}…{}", edge(step), edge(steps))
    }
}

fn show_moves(moves: &[Move], reasons: &[Why], screen: &mut Screen) -> Result<()> {
    screen.heading("变化最大的小区", "the greatest moves")?;
    if moves.is_empty() {
        return screen.say("没有。\n", "none.\n");
    }
    let columns = [
        marks("编号", "place"),
        words("小区", "name"),
        numbers("前", "before"),
        numbers("后", "after"),
        numbers("变化", "change"),
        numbers("名次", "rank").spare(1),
        words("原因（分）", "because (points)"),
    ];
    let row = |(moved, why): (&Move, &Why)| {
        let rank = moved.ranks.map(crate::screen::count);
        vec![
            moved.place_id.as_str().into(),
            why.name.as_str().into(),
            score(Some(moved.scores[0])).into(),
            score(Some(moved.scores[1])).into(),
            change_cell(Some(moved.change())),
            format!("{} → {}", rank[0], rank[1]).into(),
            why.words(screen).into(),
        ]
    };
    let rows = moves.iter().zip(reasons).map(row).collect();
    screen.shown(&columns, rows)
}

/// Thresholds of one leaf for one type, in both assessments.
struct ThresholdPair {
    before: Option<ThresholdUsed>,
    after: Option<ThresholdUsed>,
}

impl ThresholdPair {
    fn either(&self) -> ThresholdUsed {
        self.after.clone().or_else(|| self.before.clone()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        let (of, either) = (
            |side: &Option<ThresholdUsed>| {
                side.as_ref().map(|t| json!({ "lower": t.lower, "upper": t.upper, "status": t.status }))
            },
            self.either(),
        );
        json!({ "type": either.r#type, "leaf": either.leaf, "before": of(&self.before), "after": of(&self.after) })
    }
}

/// Thresholds that differ, in the order of the later assessment; there are as many as types times leaves.
async fn thresholds(
    platform: &Platform,
    before: &Assessment,
    after: &Assessment,
) -> Result<Vec<ThresholdPair>> {
    let mut was = Vec::new();
    each_threshold(platform, before, |threshold| {
        was.push(threshold);
        Ok(())
    })
    .await?;
    let mut found = Vec::new();
    each_threshold(platform, after, |is| {
        let at = was.iter().position(|t| t.r#type == is.r#type && t.leaf == is.leaf);
        let before = at.map(|at| was.swap_remove(at));
        let bits =
            |t: &ThresholdUsed| (t.lower.map(f64::to_bits), t.upper.map(f64::to_bits), t.status.clone());
        if before.as_ref().map(bits) != Some(bits(&is)) {
            found.push(ThresholdPair { before, after: Some(is) });
        }
        Ok(())
    })
    .await?;
    found.extend(was.into_iter().map(|gone| ThresholdPair { before: Some(gone), after: None }));
    Ok(found)
}

fn show_thresholds(found: &[ThresholdPair], names: &Names, screen: &mut Screen) -> Result<()> {
    let count = found.len();
    screen.heading(&format!("不同的阈值：{count}"), &format!("thresholds that differ: {count}"))?;
    if found.is_empty() {
        return Ok(());
    }
    let columns = [
        words("类型", "type"),
        marks("指标", "leaf"),
        words("名称", "name"),
        words("前", "before"),
        words("后", "after"),
    ];
    let range = |side: &Option<ThresholdUsed>| match side {
        Some(t) if t.status == "OK" => format!("{} … {}", value(t.lower), value(t.upper)),
        Some(t) => crate::reading::threshold_status(&t.status, screen),
        None => value(None),
    };
    let row = |pair: &ThresholdPair| {
        let either = pair.either();
        vec![
            names.place_type(&either.r#type, screen),
            either.leaf.clone(),
            names.item(&either.leaf, screen),
            range(&pair.before),
            range(&pair.after),
        ]
    };
    let rows = found.iter().take(THRESHOLDS).map(row).collect();
    screen.table(&columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_counted_where_its_size_belongs() {
        let names = |change: f64| bin_name(bin(change), 100.0);
        assert_eq!(names(0.0), "0");
        assert_eq!(names(0.004), "+ 0…1");
        assert_eq!(names(0.01), "+ 0…1");
        assert_eq!(names(-0.03), "- 1…5");
        assert_eq!(names(0.2), "+ >10");
        assert_eq!(names(-0.2), "- >10");
    }

    #[test]
    fn only_the_greatest_moves_are_kept_whatever_their_sign() {
        let mut tally = Tally::new(100.0, 2);
        for (id, now) in [("a", 51.0), ("b", 20.0), ("c", 45.0), ("d", 60.0)] {
            let place = |score: f64| PlaceScores {
                place_id: id.to_owned(),
                scores: vec![NodeScore { node: "I".to_owned(), score: Some(score), ..NodeScore::default() }],
                ..PlaceScores::default()
            };
            let pair = Pair { before: Some(place(50.0)), after: Some(place(now)) };
            tally.take(&pair, &["I".to_owned(), "I".to_owned()]);
        }
        let kept: Vec<_> = tally.moves.iter().map(|moved| moved.place_id.as_str()).collect();
        assert_eq!(kept, ["b", "d"]);
        assert_eq!((tally.score_changed, tally.unchanged), (4, 0));
    }
}
