//! Items become pages: what sticks together stays together, and no page holds a lone remainder.

use std::ops::Range;

use crate::pdf::composing::{Item, Piece, Role, shift};
use crate::pdf::{BOTTOM, TOP};

/// A last page that holds less than this takes more from the page before.
const LONE: f64 = 150.0;

/// Puts items on pages, each page its pieces.
pub(super) fn paginate(items: Vec<Item>) -> Vec<Vec<Piece>> {
    let ranges = broken(&items);
    let mut rest = items.into_iter();
    ranges.into_iter().map(|range| page(rest.by_ref().take(range.len()))).collect()
}

/// Which items stand on which page.
fn broken(items: &[Item]) -> Vec<Range<usize>> {
    let mut pages: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let mut y = TOP;
    for (i, item) in items.iter().enumerate() {
        let is_first = i == start;
        if !is_first && (item.begins_page || y + item.space + needed(&items[i..]) > BOTTOM) {
            pages.push(start..i);
            start = i;
            if item.begins_page {
                spare_the_last(&mut pages, items, i);
            }
            y = TOP;
        } else if !is_first {
            y += item.space;
        }
        y += repeated(item, i == start) + item.height;
    }
    pages.push(start..items.len());
    spare_the_last(&mut pages, items, items.len());
    pages
}

/// Moves items to the last page from the one before, if it holds next to nothing and began where the other was full.
fn spare_the_last(pages: &mut [Range<usize>], items: &[Item], end: usize) {
    let [.., before, last] = pages else { return };
    if last.end != end || items[last.start].begins_page || height(&items[last.clone()]) >= LONE {
        return;
    }
    let mut breaks = (before.start + 1..last.start).rev().filter(|at| !items[at - 1].sticks);
    let enough = breaks.find(|at| height(&items[*at..end]) >= LONE);
    // The page before keeps the greater part.
    if let Some(at) = enough.filter(|at| height(&items[*at..end]) <= (BOTTOM - TOP) / 2.0) {
        before.end = at;
        last.start = at;
    }
}

/// Height of items on a page of their own.
fn height(items: &[Item]) -> f64 {
    let below = |(i, item): (usize, &Item)| {
        let above = if i == 0 { 0.0 } else { item.space };
        above + repeated(item, i == 0) + item.height
    };
    items.iter().enumerate().map(below).sum()
}

/// Room of the header that is repeated above an item.
fn repeated(item: &Item, is_first: bool) -> f64 {
    item.header.as_ref().filter(|_| is_first).map_or(0.0, |header| header.0)
}

fn page(items: impl Iterator<Item = Item>) -> Vec<Piece> {
    let mut page = Vec::new();
    let mut y = TOP;
    for (i, mut item) in items.enumerate() {
        if i > 0 {
            y += item.space;
        } else if let Some(header) = item.header.as_deref() {
            let mut above = [Piece { role: Role::Ornament, marks: header.1.clone() }];
            shift(&mut above, 0.0, y);
            y += header.0;
            page.extend(above);
        }
        shift(&mut item.pieces, 0.0, y);
        y += item.height;
        page.append(&mut item.pieces);
    }
    page
}

/// Room an item needs together with those that it sticks to.
fn needed(items: &[Item]) -> f64 {
    let mut room = 0.0;
    for (i, item) in items.iter().enumerate() {
        room += if i == 0 { item.height } else { item.space + item.height };
        if !item.sticks || items.get(i + 1).is_some_and(|next| next.begins_page) {
            break;
        }
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(height: f64) -> Item {
        Item { height, ..Item::default() }
    }

    #[test]
    fn a_lone_remainder_takes_more_from_the_page_before() {
        let mut items: Vec<Item> = (0..15).map(|_| item(50.0)).collect();
        assert_eq!(broken(&items), [0..12, 12..15], "a remainder that was one item takes two more");
        items[11].sticks = true;
        assert_eq!(broken(&items), [0..11, 11..15], "what sticks comes along");
    }

    #[test]
    fn what_sticks_together_is_not_parted() {
        let mut items: Vec<Item> = (0..20).map(|_| item(50.0)).collect();
        items[12].sticks = true;
        items[13].sticks = true;
        assert_eq!(broken(&items)[0], 0..12);
    }
}
