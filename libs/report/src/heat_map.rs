//! The heat map of an index: how each indicator goes with each, as a triangle of squares.

use crate::colour::{Colour, DEEP, GROUND, INK, MUTED, OWN, PAPER};
use crate::document::Language;
use crate::drawing::{Anchor, Drawing};
use crate::figures::count;
use crate::structure::StructureFacts;

/// Width of the map: one of two columns.
const WIDTH: f64 = 230.0;
/// Room for the codes on the left.
const LEFT: f64 = 24.0;
/// Correlations smaller than this bear no dash where they are negative.
const SEEN: f64 = 0.1;

/// Draws one type. Dark is strong; what runs against each other is brown and bears a dash.
pub(crate) fn heat_map(facts: &StructureFacts, language: Language) -> Drawing {
    const LEGEND: f64 = 18.0;
    let many = facts.indicators.len().max(1);
    let side = (WIDTH - LEFT) / real(many);
    let places = count(facts.places);
    let alt = language
        .choose(
            "各指标两两相关的热图，小区数",
            "heat map of the correlations between the indicators, places:",
        )
        .to_owned();
    let mut map = Drawing::new(WIDTH, side * real(many) + LEGEND, format!("{alt} {places}"));
    for (row, cells) in facts.correlations.iter().enumerate() {
        for (column, correlation) in cells.iter().enumerate().take(row) {
            let at = (LEFT + side * real(column), side * real(row));
            map.rect(at, (side * 0.92, side * 0.92), colour(*correlation));
            if correlation.is_some_and(|found| found < -SEEN) {
                let y = at.1 + side * 0.46;
                map.line((at.0 + side * 0.2, y), (at.0 + side * 0.72, y), 0.5, INK);
            }
        }
        let own = LEFT + side * real(row);
        map.rect((own, side * real(row)), (side * 0.92, side * 0.92), MUTED);
    }
    let size = 6.0;
    let mut from = 0;
    while let Some(first) = facts.indicators.get(from) {
        let run = facts.indicators[from..].iter().take_while(|next| next.parent == first.parent).count();
        let middle = side * (real(from) + real(run) / 2.0) + size / 3.0;
        map.text((LEFT - 4.0, middle), size, Anchor::End, MUTED, &first.parent);
        from += run;
    }
    let y = side * real(many) + 8.0;
    let marks = [
        (0.9, language.choose("同向强", "together, strong")),
        (0.3, language.choose("同向弱", "weak")),
        (-0.3, language.choose("反向弱", "against, weak")),
        (-0.9, language.choose("反向强", "strong")),
    ];
    for (at, (correlation, told)) in marks.into_iter().enumerate() {
        let x = LEFT + real(at) * 52.0;
        map.rect((x, y), (7.0, 7.0), colour(Some(correlation)));
        map.text((x + 9.0, y + 6.0), size, Anchor::Start, MUTED, told);
    }
    map
}

/// White for none, the darker the stronger; grey where nothing is known.
fn colour(correlation: Option<f64>) -> Colour {
    let Some(correlation) = correlation else { return GROUND };
    let towards = if correlation < 0.0 { OWN } else { DEEP };
    let strength = correlation.abs().clamp(0.0, 1.0);
    let mixed = |from: u8, to: u8| {
        let (from, to) = (f64::from(from), f64::from(to));
        level(from + (to - from) * strength)
    };
    Colour(mixed(PAPER.0, towards.0), mixed(PAPER.1, towards.1), mixed(PAPER.2, towards.2))
}

/// The nearest level of a colour, without a cast.
fn level(value: f64) -> u8 {
    (0..=u8::MAX).rev().find(|level| f64::from(*level) <= value + 0.5).unwrap_or(0)
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
