//! Structure: how the indicators go together, for the owners of the method; of the whole district only.

use crate::document::{Block, Table, text, words as texts};
use crate::figures::half_up;
use crate::heat_map::heat_map;
use crate::sections::Words;
use crate::sections::towns::side_by_side;
use crate::structure::{StructureFacts, sentence};

/// Findings of a type that are listed.
const LISTED: usize = 6;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let told: Vec<&StructureFacts> =
        words.facts.structures.iter().filter(|it| it.indicators.len() > 1).collect();
    if told.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![
        Block::Section(words.choose("指数的结构（供方法负责人）", "Structure of the index (for its owners)").to_owned(), true),
        Block::Note(
            words
                .choose(
                    "每格是两个指标在该类型小区中的相关：颜色越深越强，褐色带短横为反向。α 表示一个指数的各指标是否说同一件事\
                     （1 为完全一致；低不等于错，多面的指数本来就低）。提示是要核对的问题，不是对任何小区的评价；\
                     少于 10 个小区不提示。全部数字见 xiuhua structure。",
                    "Each square is the correlation of two indicators over the estates of the type: the darker the stronger, brown \
                     with a dash where they run against each other. α says whether the indicators of an index tell one thing (1 \
                     entirely; low is no fault, an index of many sides is low by nature). A finding is a question to check, no \
                     judgement of any estate; fewer than 10 estates raise none. All figures: xiuhua structure.",
                )
                .to_owned(),
        ),
    ];
    let columns = told.iter().map(|it| of_type(words, it));
    blocks.extend(side_by_side(columns.collect()));
    blocks
}

fn of_type(words: &Words<'_>, it: &StructureFacts) -> Vec<Block> {
    let name = words.name(&it.name);
    let mut blocks = vec![
        Block::Heading(name.clone()),
        Block::Chart(heat_map(it, words.language)),
        Block::Note(alphas(it)),
    ];
    if it.findings.is_empty() {
        blocks.push(Block::Text(words.choose("没有提示。", "Nothing to look at.").to_owned()));
        return blocks;
    }
    let columns =
        vec![texts(words.choose("指标", "indicator"), 2.0), texts(words.choose("提示", "look at"), 4.6)];
    let row = |finding: &crate::structure::Finding| {
        let (zh, en) = sentence(&finding.flag, &finding.other, finding.figure, finding.is_clear);
        vec![text(format!("{} {}", finding.code, words.name(&finding.name))), text(words.say(zh, en))]
    };
    let rows = it.findings.iter().take(LISTED).map(row).collect();
    blocks.push(Block::Table(Table { summary: name, columns, rows }));
    if it.findings.len() > LISTED {
        let more = it.findings.len() - LISTED;
        blocks.push(Block::Note(words.say(format!("另有 {more} 条。"), format!("{more} more."))));
    }
    blocks
}

/// `α INDEX 0.71, A 0.52, …`
fn alphas(it: &StructureFacts) -> String {
    let told = it.alphas.iter().map(|(code, alpha)| {
        let alpha = alpha.map_or_else(|| "–".to_owned(), |alpha| format!("{:.2}", half_up(alpha, 2)));
        format!("{code} {alpha}")
    });
    format!("α {}", told.collect::<Vec<_>>().join(", "))
}
