//! How sure ranks are: their intervals, the groups that cannot be told apart, and which choice moves them. No place is named:
//! a rank says enough.

use crate::document::{Block, Cell, Table, Tone, numbers, text, words as texts};
use crate::facts::{FEWEST_PLACES_LISTED, RankRange, UncertainType, Uncertainty};
use crate::figures::{count, percent};
use crate::sections::Words;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let Some(found) = &words.facts.uncertainty else { return Vec::new() };
    let mut blocks =
        vec![Block::Section(words.choose("名次的可靠程度", "How sure the ranks are").to_owned(), false)];
    let draws = count(found.draws);
    blocks.push(Block::Lead(vec![words.say(
        format!("把测评在同样合理的其他选择下重算 {draws} 次，看名次会怎样变动。"),
        format!("The assessment was run {draws} times under other choices that were as good, to see how ranks move."),
    )]));
    blocks.push(Block::Table(groups(words, found)));
    let shown = |it: &&UncertainType| it.ranked >= FEWEST_PLACES_LISTED && !it.ends.is_empty();
    let shown: Vec<&UncertainType> = found.types.iter().filter(shown).collect();
    for pair in shown.chunks(2) {
        blocks.push(Block::Columns(pair.iter().map(|it| ends(words, it)).collect()));
    }
    if !found.indices.is_empty() {
        let heading = words.choose("哪种选择最影响名次", "Which choice moves ranks");
        blocks.push(Block::Heading(heading.to_owned()));
        blocks.push(Block::Table(indices(words, found)));
    }
    blocks.push(Block::Note(words.say(
        format!(
            "区间：十次中有九次名次落在其中（5% 至 95% 分位数）。同组：除非一方在至少 95% 的抽取中领先，否则不可区分；从第一名起，与组首不可区分的归入一组。\
             变动的因素：{}。分析 {}。区间不反映数据本身的差错。",
            found.factors.join("，"),
            found.id
        ),
        format!(
            "Interval: nine draws in ten (5 % to 95 % quantile). Group: places cannot be told apart unless one is ahead in at \
             least 95 % of the draws; from the first down, those that cannot be told from a group's first belong to it. \
             Varied: {}. Analysis {}. Errors of the data are not in it.",
            found.factors.join(", "),
            found.id
        ),
    )));
    blocks
}

fn groups(words: &Words<'_>, found: &Uncertainty) -> Table {
    let columns = vec![
        texts(words.choose("类型", "type"), 2.2),
        numbers(words.choose("参与排名", "ranked"), 1.2),
        numbers(words.choose("区间宽度（中位）", "width of interval, median"), 2.0),
        numbers(words.choose("不可区分组", "groups"), 1.4),
        numbers(words.choose("第一组小区", "in the first group"), 1.6),
    ];
    let row = |it: &UncertainType| {
        vec![
            text(words.name(&words.facts.type_name(&it.id))),
            text(count(it.ranked)),
            text(format!("{:.0}", it.width)),
            text(count(it.groups)),
            text(count(it.first_group)),
        ]
    };
    let summary = words.choose("各类型名次的可靠程度", "how sure ranks are, by type").to_owned();
    Table { summary, columns, rows: found.types.iter().map(row).collect() }
}

/// The first and last ranks of a type: the width of each interval as a bar, then its ends.
fn ends(words: &Words<'_>, it: &UncertainType) -> Vec<Block> {
    let name = words.name(&words.facts.type_name(&it.id));
    let heading = words.say(format!("{name}：首末名次"), format!("{name}: first and last ranks"));
    let columns = vec![
        numbers(words.choose("名次", "rank"), 0.9),
        numbers(words.choose("中位", "median"), 1.1),
        texts(words.choose("区间", "interval"), 3.2),
    ];
    let most = it.ranked.max(1) as f64;
    let row = |range: &RankRange| {
        vec![
            text(range.rank.to_string()),
            text(format!("{:.0}", range.median)),
            Cell::Bar {
                share: ((range.high - range.low) / most).clamp(0.0, 1.0),
                text: format!("{:.0}–{:.0}", range.low, range.high),
                tone: Tone::Plain,
            },
        ]
    };
    let table = Table { summary: heading.clone(), columns, rows: it.ends.iter().map(row).collect() };
    vec![Block::Heading(heading), Block::Table(table)]
}

fn indices(words: &Words<'_>, found: &Uncertainty) -> Table {
    let columns = vec![
        texts(words.choose("因素", "factor"), 1.6),
        texts(words.choose("占名次变动方差的份额（总计）", "share of the variance of shifts (total)"), 4.0),
    ];
    let name = |kind: &str| match kind {
        "sample" => words.choose("样本", "sample").to_owned(),
        "weights" => words.choose("权重", "weights").to_owned(),
        "extension" => words.choose("阈值顺延", "extension of thresholds").to_owned(),
        "aggregation" => words.choose("平均方法", "mean").to_owned(),
        "missing" => words.choose("缺失规则", "rule for what is missing").to_owned(),
        other => other.to_owned(),
    };
    let row = |(kind, total): &(String, f64)| {
        let share = total.clamp(0.0, 1.0);
        vec![text(name(kind)), Cell::Bar { share, text: percent(share), tone: Tone::Plain }]
    };
    let summary = words.choose("各因素的份额", "shares of the factors").to_owned();
    Table { summary, columns, rows: found.indices.iter().map(row).collect() }
}
