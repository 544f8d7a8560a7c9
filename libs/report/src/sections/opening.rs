//! The first page: what was assessed, the answer in a few sentences, the numbers to see first.

use crate::document::{Block, Figure};
use crate::facts::{Decision, Group, Standing};
use crate::figures::{change, count, percent, percent_of, score};
use crate::sections::Words;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let sentences = [levels(words), extremes(words), changes(words), losses(words)];
    vec![
        Block::Lead(sentences.into_iter().flatten().collect()),
        Block::Figures(figures(words)),
        Block::Pairs(pairs(words)),
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
            let name = words.name(&it.name);
            if facts.town().is_none() {
                return Some(format!("{name} {}", score(crate::facts::Spread::of(&it.scores)?.median)));
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

/// Who is best and who is worst.
fn extremes(words: &Words<'_>) -> Option<String> {
    let facts = words.facts;
    if facts.town().is_some() {
        return own_extremes(words);
    }
    let mut best = Vec::new();
    let mut worst = Vec::new();
    for it in &facts.types {
        let scored = || it.towns.iter().filter(|town| town.score.is_some());
        let by_score =
            |a: &&Group, b: &&Group| a.score.unwrap_or_default().total_cmp(&b.score.unwrap_or_default());
        let (Some(low), Some(high)) = (scored().min_by(by_score), scored().max_by(by_score)) else {
            continue;
        };
        if scored().count() < 2 {
            continue;
        }
        let name = words.name(&it.name);
        let told = |group: &Group| {
            let points = score(group.score.unwrap_or_default());
            words.say(
                format!("{name}为{}（{points}）", words.group(group)),
                format!("{name} {} ({points})", words.group(group)),
            )
        };
        best.push(told(high));
        worst.push(told(low));
    }
    if best.is_empty() {
        return None;
    }
    let (best, worst) = (words.list(&best), words.list(&worst));
    Some(words.say(
        format!("得分最低的街镇：{worst}。最高的：{best}。"),
        format!("Lowest towns: {worst}. Highest: {best}."),
    ))
}

/// Which of a town's types stands best and which worst among the towns.
fn own_extremes(words: &Words<'_>) -> Option<String> {
    let facts = words.facts;
    let above = facts.types.iter().filter_map(|it| {
        let median = crate::facts::Spread::of(&it.scores)?.median;
        let own = crate::facts::Spread::of(&it.own)?;
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
                    "没有同一阈值集下的上期测评，本报告不谈升降。",
                    "There is no earlier assessment under the same threshold set: nothing is said about change.",
                )
                .to_owned(),
        );
    };
    let parts: Vec<_> = facts
        .types
        .iter()
        .filter_map(|it| {
            let found = it.change.as_ref().filter(|found| found.places > 0)?;
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
        format!("与 {} 年期相比（同一阈值集）：{list}。", previous.period),
        format!("Since {} (same thresholds): {list}.", previous.period),
    ))
}

/// What costs most points.
fn losses(words: &Words<'_>) -> Option<String> {
    let parts: Vec<_> = words
        .facts
        .types
        .iter()
        .filter_map(|it| {
            let worst = it.losses.first()?;
            let (name, leaf, points) = (words.name(&it.name), words.name(&worst.name), score(worst.points));
            Some(
                words.say(format!("{name}为{leaf}（平均 {points} 分）"), format!("{name} {leaf} ({points})")),
            )
        })
        .collect();
    if parts.is_empty() {
        return None;
    }
    let list = words.list(&parts);
    Some(words.say(format!("失分最多的指标：{list}。"), format!("Most points lost, on average: {list}.")))
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
