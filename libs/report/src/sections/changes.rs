//! Risers and fallers since the previous period, under one threshold set and the same weights.

use crate::document::{Block, Cell, Table, Tone, numbers, text, words as texts};
use crate::facts::{Change, FEWEST_PLACES_LISTED, Listed};
use crate::figures::{change, score};
use crate::sections::Words;
use crate::sections::towns::{named, unnamed};

pub(super) fn blocks(words: &Words<'_>) -> Vec<Block> {
    let facts = words.facts;
    let title = words.choose("上升与下降", "Risers and fallers").to_owned();
    let Some(previous) = &facts.previous else {
        return vec![
            Block::Section(title, false),
            Block::Text(
                words
                    .choose(
                        "没有同一阈值集、同一权重下的上期测评。升降只在阈值集与权重都不变时才有意义：用 xiuhua assess --thresholds \
                         测评上一期后，再出一次报告，这一节就有内容。",
                        "There is no earlier assessment under the same threshold set and weights. Changes mean something \
                         only where both stay: assess the earlier period with xiuhua assess --thresholds and make the report again.",
                    )
                    .to_owned(),
            ),
        ];
    };
    let mut blocks = vec![
        Block::Section(title, false),
        Block::Note(format!(
            "{}{}",
            words.say(
                format!(
                    "与 {}的测评 {} 相比，两期用同一阈值集和同一权重。",
                    words.period_of(&previous.period),
                    previous.id
                ),
                format!(
                    "Against assessment {} of {}; both under the same threshold set and weights. ",
                    previous.id, previous.period
                ),
            ),
            unnamed(words)
        )),
    ];
    let compared = facts.types.iter().filter_map(|it| Some((it, it.change.as_ref()?)));
    let compared = compared.filter(|(_, found)| found.places > 0);
    let (small, listed): (Vec<_>, Vec<_>) =
        compared.partition(|(_, found)| found.places < FEWEST_PLACES_LISTED);
    if small.is_empty() && listed.is_empty() {
        let none = words.choose("没有小区两期都有总分。", "No estate has a total in both periods.");
        blocks.push(Block::Text(none.to_owned()));
    }
    for (it, found) in listed {
        let name = words.counted(it, found.places);
        let widest =
            found.risers.iter().chain(&found.fallers).map(|place| place.growth.abs()).fold(0.0, f64::max);
        let up = words.say(format!("{name}：上升最多",), format!("{name}: greatest gains"));
        let down = words.say(format!("{name}：下降最多"), format!("{name}: greatest losses"));
        let Change { risers, fallers, .. } = found;
        blocks.push(Block::Columns(vec![
            moved(words, up, risers, widest, Tone::Good),
            moved(words, down, fallers, widest, Tone::Bad),
        ]));
    }
    let small: Vec<_> = small.into_iter().map(|(it, _)| it).collect();
    blocks.extend(words.too_small(&small).map(Block::Text));
    blocks
}

fn moved(words: &Words<'_>, heading: String, places: &[Listed], widest: f64, tone: Tone) -> Vec<Block> {
    if places.is_empty() {
        return vec![Block::Heading(heading), Block::Note(words.choose("没有。", "None.").to_owned())];
    }
    let group = if words.facts.town().is_some() {
        words.choose("居委会", "committee")
    } else {
        words.choose("街镇", "town")
    };
    let columns = vec![
        texts(words.choose("小区", "estate"), 2.6),
        texts(group, 3.1),
        texts(words.choose("变化（分）", "change"), 2.4),
        numbers(words.choose("总分", "total"), 1.3),
    ];
    let row = |place: &Listed| {
        let share = if widest > 0.0 { place.growth.abs() / widest } else { 0.0 };
        vec![
            text(named(words, place)),
            text(words.town(&place.belongs_to, &place.town_code)),
            Cell::Bar { share, text: change(place.growth), tone },
            text(score(place.score)),
        ]
    };
    let table = Table { summary: heading.clone(), columns, rows: places.iter().map(row).collect() };
    vec![Block::Heading(heading), Block::Table(table)]
}
