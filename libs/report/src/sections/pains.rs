//! Pain points: the indicators that cost most points.

use crate::document::{Block, Cell, Table, Tone, numbers, text, words as texts};
use crate::facts::Loss;
use crate::figures::{beside, score};
use crate::sections::Words;
use crate::sections::towns::side_by_side;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let facts = words.facts;
    let (small, told): (Vec<_>, Vec<_>) =
        facts.types.iter().filter(|it| !it.losses.is_empty()).partition(|it| it.is_too_small());
    if small.is_empty() && told.is_empty() {
        return Vec::new();
    }
    // The cut as it is, not rounded.
    let cut = format!("{:?}", facts.common_cut);
    let mut blocks = vec![
        Block::Section(words.choose("痛点：失分最多的指标", "Pain points: where points are lost").to_owned(), false),
        Block::Note(words.say(
            format!(
                "“失分”是离满分的距离，按权重折成总分的分数，对小区取平均。“共性”：该类型小区的中位 Z 值低于 {cut}，\
                 整类都弱；否则是部分小区自己的问题。"
            ),
            format!(
                "\"Lost\" is the distance to a perfect score in points of the total, on average over the estates. \
                 \"Common\": the type's median Z lies below {cut}, the whole type is weak; else it is some estates' own."
            ),
        )),
    ];
    let tables = told.iter().map(|it| losses(words, words.counted(it, it.places), &it.losses, true));
    blocks.extend(side_by_side(tables.collect()));
    blocks.extend(words.too_small(&small).map(Block::Text));
    if told.iter().any(|it| !it.own_losses.is_empty()) {
        let title = words.choose("本街镇自己的短板", "What is the town's own");
        blocks.push(Block::Section(title.to_owned(), false));
        blocks.push(Block::Note(
            words
                .choose(
                    "与同类型中位数相比的平均失分：这里列出的指标，本街镇比全区同类小区弱。",
                    "Points lost against the type's median, on average: in these indicators the town is weaker than the \
                     district's estates of the type.",
                )
                .to_owned(),
        ));
        let tables = told.iter().filter(|it| !it.own_losses.is_empty());
        let tables = tables.map(|it| losses(words, words.counted(it, it.places), &it.own_losses, false));
        blocks.extend(side_by_side(tables.collect()));
    }
    blocks
}

/// A table of losses; against the type's median, what the whole type shares is no matter and `marks_common` is false.
fn losses(words: &Words<'_>, heading: String, losses: &[Loss], marks_common: bool) -> Vec<Block> {
    let widest = losses.iter().map(|loss| loss.points).fold(0.0, f64::max);
    let mut columns = vec![
        texts(words.choose("指标", "indicator"), 4.0),
        texts(words.choose("失分", "lost"), 2.6),
        numbers(words.choose("中位 Z", "median Z"), 1.2),
    ];
    if marks_common {
        columns.push(texts("", 1.3));
    }
    let row = |loss: &Loss| {
        let share = if widest > 0.0 { loss.points / widest } else { 0.0 };
        let common = if loss.common { words.choose("共性", "common") } else { "" };
        let mut row = vec![
            text(format!("{} {}", loss.code, words.name(&loss.name))),
            Cell::Bar { share, text: score(loss.points), tone: Tone::Bad },
            text(beside(words.facts.common_cut, loss.median_z)),
        ];
        if marks_common {
            row.push(Cell::Strong(common.to_owned()));
        }
        row
    };
    let table = Table { summary: heading.clone(), columns, rows: losses.iter().map(row).collect() };
    vec![Block::Heading(heading), Block::Table(table)]
}
