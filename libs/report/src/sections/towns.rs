//! Who stands where: towns of a district, committees and places of a town.

use crate::document::{Block, Cell, Table, Tone, numbers, text, words as texts};
use crate::facts::{FEWEST_HOUSEHOLDS_NAMED, Group, Listed, TypeFacts};
use crate::figures::{count, percent, score, score_or_dash};
use crate::sections::Words;

/// Rows of one table beside another: what fits a page.
const ROWS: usize = 40;

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    if words.facts.town().is_some() { of_town(words) } else { of_district(words) }
}

fn of_district(words: &Words<'_>) -> Vec<Block> {
    let facts = words.facts;
    if !facts.types.iter().any(|it| it.towns.iter().any(|town| town.score.is_some())) {
        return Vec::new();
    }
    let title = words.choose("街镇排名（按类型）", "Towns ranked, type by type");
    let mut blocks = vec![
        Block::Section(title.to_owned(), true),
        Block::Note(
            words
                .choose(
                    "均分按户数加权，条形满格为满分；“小区”是有总分的小区数，“户数占比”是它们占该街镇这类小区户数的比例。\
                     名次只在同一类型内。",
                    "Means are weighted by households, a full bar is a perfect score; \"estates\" have a total, \
                     \"households\" is their share of the town's households of the type. Ranks are within a type.",
                )
                .to_owned(),
        ),
    ];
    let tables = facts.types.iter().flat_map(|it| ranked(words, it, &it.towns, words.choose("街镇", "town")));
    blocks.extend(side_by_side(tables.collect()));
    if words.is_typed() && !facts.towns_together.is_empty() {
        blocks.extend(together(words));
    }
    blocks
}

/// Tables of groups under the name of a type, in stretches that fit a page.
fn ranked(words: &Words<'_>, it: &TypeFacts, groups: &[Group], what: &str) -> Vec<Vec<Block>> {
    let is_ranked = groups.iter().any(|group| group.rank.is_some());
    if groups.iter().all(|group| group.score.is_none()) {
        return Vec::new();
    }
    let mut sorted: Vec<&Group> = groups.iter().collect();
    let key = |group: &Group| -group.score.unwrap_or(f64::NEG_INFINITY);
    sorted.sort_by(|a, b| key(a).total_cmp(&key(b)).then_with(|| a.code.cmp(&b.code)));
    let mut columns = vec![
        texts(what, 3.0),
        texts(words.choose("均分", "mean"), 3.0),
        numbers(words.choose("小区", "estates"), 1.0),
        numbers(words.choose("户数占比", "households"), 1.6),
    ];
    if is_ranked {
        columns.insert(0, numbers(words.choose("名次", "rank"), 1.0));
    }
    let row = |group: &&Group| {
        let points = group.score;
        let mut row = vec![
            text(words.group(group)),
            Cell::Bar {
                share: points.unwrap_or_default() / words.facts.run.scale,
                text: score_or_dash(points),
                tone: Tone::Plain,
            },
            text(count(group.places)),
            text(if points.is_some() { percent(group.household_share) } else { "–".to_owned() }),
        ];
        if is_ranked {
            row.insert(0, text(group.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string())));
        }
        row
    };
    let name = words.name(&it.name);
    // Stretches of the same length: none is a remainder of a row or two.
    let stretch = sorted.len().div_ceil(sorted.len().div_ceil(ROWS).max(1)).max(1);
    let table = |(part, groups): (usize, &[&Group])| {
        let heading = if part > 0 {
            format!("{name}{}", words.choose("（续）", " (continued)"))
        } else {
            name.clone()
        };
        let summary = heading.clone();
        let table = Table { summary, columns: columns.clone(), rows: groups.iter().map(row).collect() };
        vec![Block::Heading(heading), Block::Table(table)]
    };
    sorted.chunks(stretch).enumerate().map(table).collect()
}

/// Two and two; the last of an odd number takes the whole width.
pub(super) fn side_by_side(tables: Vec<Vec<Block>>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = tables.into_iter();
    while let Some(first) = rest.next() {
        match rest.next() {
            Some(second) => blocks.push(Block::Columns(vec![first, second])),
            None => blocks.extend(first),
        }
    }
    blocks
}

/// Towns across types, by code, in three columns.
fn together(words: &Words<'_>) -> Vec<Block> {
    let groups = &words.facts.towns_together;
    let title = words.choose("街镇混合总分（不排名）", "Towns across types (not ranked)");
    let mut blocks = vec![
        Block::Section(title.to_owned(), false),
        Block::Note(
            words
                .choose(
                    "混合总分把不同类型的标尺合在一起：一个街镇分高，可能只是因为某类小区多。因此按代码排列，不排名。",
                    "Across types different goalposts mix: a town may stand high because it has many estates of one type. \
                     Listed by code, never ranked.",
                )
                .to_owned(),
        ),
    ];
    let columns = [
        texts(words.choose("街镇", "town"), 2.6),
        numbers(words.choose("均分", "mean"), 1.2),
        numbers(words.choose("户数占比", "households"), 1.5),
    ];
    let row = |group: &Group| {
        let share = group.score.map_or_else(|| "–".to_owned(), |_| percent(group.household_share));
        vec![text(words.group(group)), text(score_or_dash(group.score)), text(share)]
    };
    for page in groups.chunks(3 * ROWS) {
        let third = page.len().div_ceil(3).max(1);
        let table = |groups: &[Group]| {
            let rows = groups.iter().map(row).collect();
            vec![Block::Table(Table { summary: title.to_owned(), columns: columns.to_vec(), rows })]
        };
        let mut three: Vec<_> = page.chunks(third).map(table).collect();
        three.resize_with(3, Vec::new);
        blocks.push(Block::Columns(three));
    }
    blocks
}

fn of_town(words: &Words<'_>) -> Vec<Block> {
    let facts = words.facts;
    if !facts.has_totals() {
        return Vec::new();
    }
    let title = words.choose("在全区的位置", "Where the town stands");
    let mut blocks = vec![Block::Section(title.to_owned(), true)];
    let columns = vec![
        texts(words.choose("类型", "type"), 2.0),
        numbers(words.choose("小区", "estates"), 1.0),
        numbers(words.choose("有总分", "with a total"), 1.0),
        texts(words.choose("户数加权均分", "household-weighted mean"), 3.2),
        numbers(words.choose("名次", "rank"), 1.2),
        numbers(words.choose("户数占比", "households"), 1.4),
    ];
    let rows = facts.types.iter().map(|it| {
        let mean = it.mean.clone().unwrap_or_default();
        let towns = it.towns.iter().filter(|town| town.score.is_some()).count();
        let rank = mean.rank.map_or_else(|| "–".to_owned(), |rank| format!("{rank} / {towns}"));
        vec![
            text(words.name(&it.name)),
            text(count(it.places)),
            text(count(it.scored)),
            Cell::Bar {
                share: mean.score.unwrap_or_default() / facts.run.scale,
                text: score_or_dash(mean.score),
                tone: Tone::Plain,
            },
            text(rank),
            text(percent(mean.household_share)),
        ]
    });
    blocks.push(Block::Table(Table { summary: title.to_owned(), columns, rows: rows.collect() }.told()));
    let (small, listed): (Vec<_>, Vec<_>) =
        facts.types.iter().filter(|it| !it.committees.is_empty()).partition(|it| it.is_too_small());
    let committees: Vec<_> = listed
        .into_iter()
        .flat_map(|it| ranked(words, it, &it.committees, words.choose("居委会", "committee")))
        .collect();
    if !committees.is_empty() {
        let title = words.choose("居委会", "Committees");
        blocks.push(Block::Section(title.to_owned(), false));
        blocks.extend(side_by_side(committees));
        blocks.extend(words.too_small(&small).map(Block::Text));
    }
    if facts.types.iter().any(|it| !it.best.is_empty()) {
        blocks.push(Block::Section(
            words.choose("小区：最好与最差", "Estates: best and worst").to_owned(),
            false,
        ));
        blocks.push(Block::Note(unnamed(words)));
        let (small, listed): (Vec<_>, Vec<_>) =
            facts.types.iter().filter(|it| !it.best.is_empty()).partition(|it| it.is_too_small());
        for it in listed {
            let name = words.name(&it.name);
            let best = words.say(format!("{name}：得分最高"), format!("{name}: highest"));
            let worst = words.say(format!("{name}：得分最低"), format!("{name}: lowest"));
            if it.worst.is_empty() {
                let all = words.say(format!("{name}：全部"), format!("{name}: all"));
                blocks.extend(placed(words, all, &it.best));
            } else {
                blocks.push(Block::Columns(vec![
                    placed(words, best, &it.best),
                    placed(words, worst, &it.worst),
                ]));
            }
        }
        blocks.extend(words.too_small(&small).map(Block::Text));
    }
    blocks
}

fn placed(words: &Words<'_>, heading: String, places: &[Listed]) -> Vec<Block> {
    let columns = vec![
        numbers(words.choose("名次", "rank"), 1.1),
        texts(words.choose("小区", "estate"), 2.7),
        texts(words.choose("居委会", "committee"), 3.3),
        numbers(words.choose("总分", "total"), 1.2),
    ];
    let row = |place: &Listed| {
        vec![
            text(place.rank.to_string()),
            text(named(words, place)),
            text(place.belongs_to.clone()),
            text(score(place.score)),
        ]
    };
    let table = Table { summary: heading.clone(), columns, rows: places.iter().map(row).collect() };
    vec![Block::Heading(heading), Block::Table(table)]
}

/// Name of a place in a list.
pub(super) fn named(words: &Words<'_>, place: &Listed) -> String {
    place.name.clone().unwrap_or_else(|| words.choose("（不列名）", "(not named)").to_owned())
}

/// The rule by which places are not named.
pub(super) fn unnamed(words: &Words<'_>) -> String {
    words.say(
        format!("少于 {FEWEST_HOUSEHOLDS_NAMED} 户的小区计入各项统计，但不列出名称。"),
        format!(
            "Estates with fewer than {FEWEST_HOUSEHOLDS_NAMED} households count everywhere but are not named."
        ),
    )
}
