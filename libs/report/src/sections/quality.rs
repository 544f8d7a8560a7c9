//! What the data is worth: coverage, what was left out and why, what was clamped, what was rejected.

use crate::document::{Block, Table, numbers, text, words as texts};
use crate::facts::LeafQuality;
use crate::figures::{count, percent, percent_of};
use crate::sections::Words;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let facts = words.facts;
    let mut blocks = vec![Block::Section(words.choose("数据质量", "Data quality").to_owned(), true)];
    blocks.push(Block::Columns(vec![types(words), unclassified(words)]));
    let rows = &facts.deliveries;
    let whole = words.choose("（全区的交付，不只本街镇）", " of the whole district, not of the town alone");
    let whole = if facts.town().is_some() { whole } else { "" };
    let (batches, read) = (count(rows.batches), count(rows.read));
    let (taken, duplicate, rejected) = (count(rows.taken), count(rows.duplicate), count(rows.rejected));
    blocks.push(Block::Note(words.say(
        format!(
            "本次测评所读的记录来自 {batches} 批有效交付{whole}：共 {read} 行，采纳 {taken} 行，重复 {duplicate} 行，拒绝 {rejected} 行\
             （拒绝的行保留原文和原因，可更正后重交）。来源是否迟到、哪些行待改，每天在变，不写进报告：见 xiuhua quality。"
        ),
        format!(
            "The record that was read comes from {batches} deliveries in force{whole}: {read} rows, {taken} taken, {duplicate} \
             repeated, {rejected} rejected (kept with their text and reasons, to be corrected). Which sources are late and which rows wait \
             changes daily and is no part of a report: see xiuhua quality."
        ),
    )));
    blocks.push(Block::Heading(words.choose("各指标的数据", "Data of each indicator").to_owned()));
    let all = &words.facts.leaves;
    let (left, right) = all.split_at(all.len().div_ceil(2));
    blocks.push(Block::Columns([left, right].map(|part| vec![Block::Table(leaves(words, part))]).into()));
    let remarks = remarks(words);
    if !remarks.is_empty() {
        blocks.push(Block::Pairs(remarks));
    }
    blocks.push(Block::Note(
        words
            .choose(
                "“有数据”：有取值的小区占已分类小区的比例。“低于下限”“高于上限”：取值超出阈值而被截到 0 或 1 的比例。\
                 “无区分”：样本的取值没有差别，该类型不用此指标，其权重由同一二级指数的其他指标分担；“无数据”同样处理；\
                 没有括号的是各类型。",
                "\"Observed\": estates with a value, of all that have a type. \"Below\" and \"above\": values beyond a \
                 threshold, set to 0 or 1. \"Alike\": the sample does not differ, the indicator is left out for the type and \
                 its weight is shared within its level-2 index; the same for \"no data\"; without brackets in every type.",
            )
            .to_owned(),
    ));
    blocks
}

fn types(words: &Words<'_>) -> Vec<Block> {
    let heading = words.choose("按类型", "By type");
    let columns = vec![
        texts(words.choose("类型", "type"), 2.2),
        numbers(words.choose("小区", "estates"), 1.2),
        numbers(words.choose("有总分", "with a total"), 1.4),
        numbers(words.choose("平均覆盖", "coverage"), 1.4),
    ];
    let rows = words.facts.types.iter().map(|it| {
        vec![
            text(words.name(&it.name)),
            text(count(it.places)),
            text(count(it.scored)),
            text(percent(it.coverage)),
        ]
    });
    let table = Table { summary: heading.to_owned(), columns, rows: rows.collect() };
    vec![Block::Heading(heading.to_owned()), Block::Table(table)]
}

fn unclassified(words: &Words<'_>) -> Vec<Block> {
    let heading = words.choose("未分类的小区", "Estates without a type");
    let mut blocks = vec![Block::Heading(heading.to_owned())];
    if words.facts.unclassified.is_empty() {
        blocks.push(Block::Text(words.choose("没有。", "None.").to_owned()));
        return blocks;
    }
    let columns =
        vec![texts(words.choose("原因", "reason"), 3.6), numbers(words.choose("小区", "estates"), 1.0)];
    let rows = words.facts.unclassified.iter();
    let rows = rows.map(|(reason, places)| vec![text(words.name(reason)), text(count(*places))]).collect();
    blocks.push(Block::Table(Table { summary: heading.to_owned(), columns, rows }));
    blocks
}

fn leaves(words: &Words<'_>, leaves: &[LeafQuality]) -> Table {
    let columns = vec![
        texts(words.choose("指标", "indicator"), 4.2),
        numbers(words.choose("有数据", "observed"), 1.5),
        numbers(words.choose("低于下限", "below"), 1.5),
        numbers(words.choose("高于上限", "above"), 1.5),
    ];
    let row = |leaf: &LeafQuality| {
        vec![
            text(format!("{} {}", leaf.code, words.name(&leaf.name))),
            text(percent_of(leaf.observed, leaf.places)),
            text(percent_of(leaf.raised, leaf.comparable)),
            text(percent_of(leaf.lowered, leaf.comparable)),
        ]
    };
    let summary = words.choose("各指标的数据", "Data of each indicator").to_owned();
    Table { summary, columns, rows: leaves.iter().map(row).collect() }
}

/// Which indicators are left out, in which types.
fn remarks(words: &Words<'_>) -> Vec<(String, String)> {
    let facts = words.facts;
    let told = |label: &str, types: fn(&LeafQuality) -> &[String]| {
        let parts: Vec<_> = facts
            .leaves
            .iter()
            .filter(|leaf| !types(leaf).is_empty())
            .map(|leaf| {
                let code = &leaf.code;
                if types(leaf).len() == facts.types.len() {
                    return code.clone();
                }
                let names: Vec<_> = types(leaf).iter().map(|id| words.name(&facts.type_name(id))).collect();
                let names = names.join(words.choose("、", ", "));
                words.say(format!("{code}（{names}）"), format!("{code} ({names})"))
            })
            .collect();
        (!parts.is_empty()).then(|| (label.to_owned(), words.list(&parts)))
    };
    let alike = told(words.choose("无区分", "alike"), |leaf| &leaf.degenerate);
    let empty = told(words.choose("无数据", "no data"), |leaf| &leaf.without_data);
    alike.into_iter().chain(empty).collect()
}
