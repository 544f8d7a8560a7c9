//! Quick wins (速赢) of one place: the steps of `xiuhua_indicators::quick_wins`, with the rank each would give.
//!
//! Source: specification page 1, section 1.8, reading 3.

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::compose::Absence;
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::quick_wins::{QuickWin, TypeSpread, quick_wins};
use xiuhua_indicators::rank::standings;
use xiuhua_indicators::table::ShapeError;
use xiuhua_indicators::threshold::Threshold;
use xiuhua_indicators::what_if::{PlaceRecord, WhatIf};

use super::results::{ItemWeight, LeafValue};
use super::type_record::TypeRecord;

/// How a place's type was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method<'a> {
    /// The run's catalog.
    pub(crate) catalog: &'a Catalog,
    /// Thresholds of the type, by leaf position.
    pub(crate) thresholds: &'a [Threshold],
    /// Weights of the type, by item position.
    pub(crate) weights: &'a [ItemWeight],
}

/// A win and where it would lead among the places of the type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RankedWin {
    /// The steps, or why there is none.
    pub(crate) win: QuickWin,
    /// The rank after each step, every other place staying where it is.
    pub(crate) ranks: Vec<usize>,
}

/// What the indicators below a node would bring a place, greatest gain first, those without a step last; the inner
/// result is why there is no score to gain from.
///
/// `at` is the place's position in the record of its type, `leaves` what the run kept of it.
///
/// # Errors
/// [`ShapeError`] if what was kept does not fit the catalog.
pub(crate) fn wins(
    method: &Method<'_>,
    record: &TypeRecord,
    at: usize,
    leaves: &[(usize, LeafValue)],
    node_at: usize,
) -> Result<Result<Vec<RankedWin>, Absence>, ShapeError> {
    let outline = Outline::of(method.catalog);
    let mut previous = vec![None; outline.leaf_count()];
    for (leaf, value) in leaves {
        if let (Some(cell), Some(change)) = (previous.get_mut(*leaf), value.change) {
            *cell = change.previous;
        }
    }
    let declared: Vec<f64> = method.weights.iter().map(|weight| weight.catalog).collect();
    let what_if = WhatIf::new(
        &outline,
        &PlaceRecord {
            z: &record.z_of(at),
            previous: &previous,
            thresholds: method.thresholds,
            declared_weights: &declared,
        },
    )?;
    let spread = |(position, leaf): (usize, &xiuhua_indicators::catalog::Leaf)| {
        let values = record.values[position].iter().flatten().copied();
        TypeSpread::of(leaf.direction, outline.natural_bounds(position), values)
    };
    let spreads: Vec<TypeSpread> = outline.leaves().enumerate().map(spread).collect();
    let values = record.values_of(at);
    let found = quick_wins(&outline, &what_if, node_at, &values, method.thresholds, &spreads)?;
    let rank_after = |score: f64| {
        let mut scores = record.scores[node_at].clone();
        scores[at] = Some(score);
        standings(&scores, method.catalog.rank_decimals)[at].map_or(0, |standing| standing.rank)
    };
    Ok(found.map(|wins| {
        let ranked = |win: QuickWin| {
            let ranks = win.steps.iter().flatten().map(|step| rank_after(step.score)).collect();
            RankedWin { win, ranks }
        };
        let mut wins: Vec<RankedWin> = wins.into_iter().map(ranked).collect();
        // The sort is stable: equal gains keep catalog order.
        wins.sort_by(|left, right| gain(right).total_cmp(&gain(left)));
        wins
    }))
}

/// The gain of its farthest step; what has none stands behind all that have.
fn gain(ranked: &RankedWin) -> f64 {
    ranked.win.steps.iter().flatten().map(|step| step.gain).fold(0.0, f64::max)
}
