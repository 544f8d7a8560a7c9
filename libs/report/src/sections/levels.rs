//! How the totals are spread, and where the indices below them stand.

use crate::charts;
use crate::document::Block;
use crate::sections::Words;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let facts = words.facts;
    let mut blocks = Vec::new();
    if facts.types.iter().any(|it| !it.scores.is_empty()) {
        blocks.push(Block::Section(words.choose("总分的分布", "Distribution of the total").to_owned(), true));
        blocks.push(Block::Chart(charts::distribution(facts, words.language)));
        let own = if facts.town().is_some() {
            words.choose("圆点是本街镇的小区。", " Dots are the estates of this town.")
        } else {
            ""
        };
        blocks.push(Block::Note(format!(
            "{}{own}",
            words.choose(
                "浅色柱是小区数；下方深色块从下四分位到上四分位，白线是中位数，细线到最低和最高分。\
                 各类型用各自的阈值，左右位置只能在同一类型内比较。",
                "Light bars count estates; the dark block below runs from quartile to quartile, its white line is the \
                 median, the thin line reaches the lowest and highest score. Compare within a type only.",
            )
        )));
    }
    if facts.nodes.len() > 1 && facts.types.iter().any(|it| it.nodes.iter().any(|node| node.spread.is_some()))
    {
        blocks
            .push(Block::Section(words.choose("各级指数", "The indices below the total").to_owned(), false));
        blocks.push(Block::Chart(charts::indices(facts, words.language)));
        let own = if facts.town().is_some() {
            words.choose("圆点是本街镇的户数加权均分。", " The dot is this town's household-weighted mean.")
        } else {
            ""
        };
        blocks.push(Block::Note(format!(
            "{}{own}",
            words.choose(
                "浅色条从下四分位到上四分位，深色竖线和数字是中位数。“无分”：数据覆盖低于目录的下限，不给分以免误导。",
                "Light bars run from quartile to quartile, the dark mark and the number are the median. \"No score\": too \
                 little was observed, and no score is better than a misleading one.",
            )
        )));
    }
    blocks
}
