//! The first page: what was assessed, the answer in a few sentences, the numbers to see first.

use std::cmp::Ordering;

use crate::document::{Block, Cell, Figure, Table, Tone, numbers, text, words as texts};
use crate::facts::{Decision, FEWEST_PLACES_LISTED, Group, Spread, Standing, TypeFacts};
use crate::figures::{change, count, percent, percent_of, score, score_or_dash};
use crate::sections::Words;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let sentences = if words.facts.has_totals() {
        vec![levels(words), extremes(words), changes(words)]
    } else {
        vec![levels(words), Some(words.without_totals())]
    };
    vec![
        Block::Lead(sentences.into_iter().flatten().collect()),
        Block::Figures(figures(words)),
        Block::Pairs(pairs(words)),
        Block::Heading(words.choose("各类型一览", "Type by type").to_owned()),
        Block::Table(types(words).told()),
    ]
}

/// How are we.
fn levels(words: &Words<'_>) -> Option<String> {
    let facts = words.facts;
    let places: u64 = facts.types.iter().map(|it| it.places).sum();
    let scored: u64 = facts.types.iter().map(|it| it.scored).sum();
    let (name, share) = (words.scope(), percent_of(scored, places));
    let (places, scored) = (count(places), count(scored));
    let begin = words.say(
        format!("{name}有 {places} 个小区参评，{scored} 个（{share}）有总分。"),
        format!("{name}: {places} estates were assessed, {scored} ({share}) have a total. "),
    );
    let parts: Vec<_> = facts
        .types
        .iter()
        .filter_map(|it| {
            let name =
                if facts.town().is_some() { words.counted(it, it.scored) } else { words.name(&it.name) };
            if facts.town().is_none() {
                return Some(format!("{name} {}", score(Spread::of(&it.scores)?.median)));
            }
            let mean = it.mean.as_ref()?;
            let points = score(mean.score?);
            let towns = it.towns.iter().filter(|town| town.score.is_some()).count();
            Some(match mean.rank {
                Some(rank) => words.say(
                    format!("{name} {points} 分，在 {towns} 个街镇中列第 {rank}"),
                    format!("{name} {points}, rank {rank} of {towns} towns"),
                ),
                None => format!("{name} {points}"),
            })
        })
        .collect();
    if parts.is_empty() {
        return Some(begin);
    }
    let list = words.list(&parts);
    let told = match (facts.town().is_some(), words.is_typed()) {
        (true, _) => {
            words.say(format!("户数加权均分：{list}。"), format!("Household-weighted means: {list}."))
        }
        (false, true) => words.say(
            format!("总分中位数：{list}。各类型的标尺不同，分数不能跨类型比较。"),
            format!("Median totals: {list}. Each type has its own goalposts: never compare across types."),
        ),
        (false, false) => words.say(format!("总分中位数：{list}。"), format!("Median total: {list}.")),
    };
    Some(format!("{begin}{told}"))
}

/// Who is worst.
fn extremes(words: &Words<'_>) -> Option<String> {
    let facts = words.facts;
    if facts.town().is_some() {
        return own_extremes(words);
    }
    let worst = facts.types.iter().filter_map(|it| {
        let group = end(&it.towns, f64::total_cmp)?;
        let (name, town, points) =
            (words.name(&it.name), words.group(group), score(group.score.unwrap_or_default()));
        Some(words.say(format!("{name}为{town}（{points}）"), format!("{name} {town} ({points})")))
    });
    let worst: Vec<_> = worst.collect();
    if worst.is_empty() {
        return None;
    }
    let list = words.list(&worst);
    Some(words.say(format!("得分最低的街镇：{list}。"), format!("Lowest towns: {list}.")))
}

/// The group that comes first by score, if there is a choice.
fn end(groups: &[Group], order: fn(&f64, &f64) -> Ordering) -> Option<&Group> {
    let mut scored: Vec<_> = groups.iter().filter_map(|group| Some((group.score?, group))).collect();
    scored.sort_by(|(a, one), (b, other)| order(a, b).then_with(|| one.code.cmp(&other.code)));
    scored.first().filter(|_| scored.len() > 1).map(|(_, group)| *group)
}

/// Which of a town's types stands best and which worst among the towns.
fn own_extremes(words: &Words<'_>) -> Option<String> {
    let facts = words.facts;
    let above = facts.types.iter().filter_map(|it| {
        let median = Spread::of(&it.scores)?.median;
        let own = Spread::of(&it.own).filter(|own| own.count >= FEWEST_PLACES_LISTED)?;
        Some(words.say(
            format!("{} {}（全区 {}）", words.name(&it.name), score(own.median), score(median)),
            format!("{} {} (district {})", words.name(&it.name), score(own.median), score(median)),
        ))
    });
    let parts: Vec<_> = above.collect();
    if parts.is_empty() {
        return None;
    }
    let list = words.list(&parts);
    Some(
        words.say(
            format!("小区总分中位数与全区比：{list}。"),
            format!("Median totals of its estates: {list}."),
        ),
    )
}

/// What changed.
fn changes(words: &Words<'_>) -> Option<String> {
    let facts = words.facts;
    let Some(previous) = &facts.previous else {
        return Some(
            words
                .choose(
                    "没有同一阈值集、同一权重下的上期测评，本报告不谈升降。",
                    "There is no earlier assessment under the same threshold set and weights: nothing is said about change.",
                )
                .to_owned(),
        );
    };
    let parts: Vec<_> = facts
        .types
        .iter()
        .filter_map(|it| {
            let found = it.change.as_ref().filter(|found| found.places >= FEWEST_PLACES_LISTED)?;
            let (name, median) = (words.name(&it.name), change(found.median));
            let (risen, fallen) = (count(found.risen), count(found.fallen));
            Some(words.say(
                format!("{name} {risen} 升 {fallen} 降，中位变化 {median} 分"),
                format!("{name} {risen} up, {fallen} down, median {median} points"),
            ))
        })
        .collect();
    if parts.is_empty() {
        return None;
    }
    let list = words.list(&parts);
    Some(words.say(
        format!("与 {}相比（同一阈值集、同一权重）：{list}。", words.period_of(&previous.period)),
        format!("Since {} (same thresholds and weights): {list}.", previous.period),
    ))
}

/// The types side by side: each against itself alone.
fn types(words: &Words<'_>) -> Table {
    let facts = words.facts;
    let is_town = facts.town().is_some();
    let mut columns = vec![
        texts(words.choose("类型", "type"), 1.9),
        numbers(words.choose("小区", "estates"), 1.0),
        texts(words.choose("总分中位数", "median total"), 2.5),
        numbers(words.choose("中位变化", "change"), 1.2),
    ];
    if is_town {
        columns.push(numbers(words.choose("全区中位数", "district"), 1.4));
        columns.push(numbers(words.choose("街镇名次", "rank"), 1.2));
    } else {
        columns.push(texts(words.choose("得分最高的街镇", "highest town"), 2.4));
    }
    columns.push(texts(words.choose("失分最多的指标", "most points lost"), 3.4));
    let dash = || text("–");
    let row = |it: &TypeFacts| {
        let all = Spread::of(&it.scores).map(|spread| spread.median);
        let own = Spread::of(&it.own).filter(|own| own.count >= FEWEST_PLACES_LISTED);
        let median = if is_town { own.map(|spread| spread.median) } else { all };
        let moved = it.change.as_ref().filter(|found| found.places >= FEWEST_PLACES_LISTED);
        let mut row = vec![
            Cell::Strong(words.name(&it.name)),
            text(count(it.places)),
            Cell::Bar {
                share: median.unwrap_or_default() / facts.run.scale,
                text: score_or_dash(median),
                tone: Tone::Plain,
            },
            moved.map_or_else(dash, |found| text(change(found.median))),
        ];
        if is_town {
            let rank = it.mean.as_ref().and_then(|mean| mean.rank);
            row.push(text(score_or_dash(all)));
            row.push(rank.map_or_else(dash, |rank| text(rank.to_string())));
        } else {
            let best = end(&it.towns, |a, b| b.total_cmp(a));
            row.push(best.map_or_else(dash, |best| {
                text(format!("{} {}", words.group(best), score(best.score.unwrap_or_default())))
            }));
        }
        let worst = it.losses.first().filter(|_| !it.is_too_small());
        row.push(worst.map_or_else(dash, |loss| {
            text(format!("{} {} {}", loss.code, words.name(&loss.name), score(loss.points)))
        }));
        row
    };
    let summary = words.choose("各类型一览", "Type by type").to_owned();
    Table { summary, columns, rows: facts.types.iter().map(row).collect() }
}

fn figures(words: &Words<'_>) -> Vec<Figure> {
    let facts = words.facts;
    let places: u64 = facts.types.iter().map(|it| it.places).sum();
    let scored: u64 = facts.types.iter().map(|it| it.scored).sum();
    let untyped: u64 = facts.unclassified.iter().map(|(_, places)| places).sum();
    let figure =
        |label: &str, value: String, remark: String| Figure { label: label.to_owned(), value, remark };
    #[expect(clippy::cast_precision_loss, reason = "counts of places")]
    let coverage =
        facts.types.iter().map(|it| it.coverage * it.places as f64).sum::<f64>() / places.max(1) as f64;
    let mut all = vec![
        figure(
            words.choose("参评小区", "estates assessed"),
            count(places),
            words.say(
                format!("另有 {} 个未分类", count(untyped)),
                format!("{} more have no type", count(untyped)),
            ),
        ),
        figure(
            words.choose("有总分", "with a total"),
            percent_of(scored, places),
            words.say(format!("{} 个小区", count(scored)), format!("{} estates", count(scored))),
        ),
        figure(
            words.choose("数据覆盖", "data coverage"),
            percent(coverage),
            words.choose("按权重，各小区平均", "by weight, mean of the estates").to_owned(),
        ),
    ];
    if let Some(points) = facts.together.as_ref().and_then(|group| group.score).filter(|_| words.is_typed()) {
        all.push(figure(
            words.choose("混合总分", "across types"),
            score(points),
            words.choose("标尺不一，仅供参考，不排名", "mixed goalposts: shown, never ranked").to_owned(),
        ));
    }
    all
}

fn pairs(words: &Words<'_>) -> Vec<(String, String)> {
    let run = &words.facts.run;
    let scope = match words.facts.town() {
        Some((code, _)) => {
            words.say(format!("{}（{code}）", words.scope()), format!("{} ({code})", words.scope()))
        }
        None => words.scope(),
    };
    let base = run.base_periods.join(words.choose("、", ", "));
    let mut pairs = vec![
        (words.choose("范围", "scope"), scope),
        (
            words.choose("期次", "period"),
            words.say(
                format!("{}；基期 {base}", words.period()),
                format!("{}; base periods {base}", words.period()),
            ),
        ),
        (
            words.choose("目录与规则", "catalog and rules"),
            words.say(
                format!("{}@{}，规则集 {}", run.catalog_id, run.catalog_version, run.rule_set),
                format!("{}@{}, rule set {}", run.catalog_id, run.catalog_version, run.rule_set),
            ),
        ),
        (
            words.choose("数据截至", "data as of"),
            words.say(
                format!("{}（入库位置 {}）", run.as_of_day, run.as_of_position),
                format!("{} (position {})", run.as_of_day, run.as_of_position),
            ),
        ),
        (words.choose("状态", "state"), standing(words)),
        (words.choose("测评编号", "assessment"), run.id.clone()),
        (words.choose("摘要", "digest"), run.digest.clone()),
    ];
    if run.provisional {
        let text =
            words.choose("不足一年，随后的数据会改变结果", "part of a year: later data will change it");
        pairs.insert(2, (words.choose("暂定", "provisional"), text.to_owned()));
    }
    pairs.into_iter().map(|(label, text)| (label.to_owned(), text)).collect()
}

fn standing(words: &Words<'_>) -> String {
    let told = |decision: &Decision| {
        let Decision { author, reason, day } = decision;
        words.say(format!("{day}，{author}：{reason}"), format!("{day}, {author}: {reason}"))
    };
    match &words.facts.run.standing {
        Standing::Draft => words
            .choose("未发布：供核对，不作为正式结果", "not published: to be checked, not an official result")
            .to_owned(),
        Standing::Published(decision) => {
            words.say(format!("已发布（{}）", told(decision)), format!("published ({})", told(decision)))
        }
        Standing::Withdrawn(decision) => {
            words.say(format!("已撤下（{}）", told(decision)), format!("withdrawn ({})", told(decision)))
        }
    }
}
