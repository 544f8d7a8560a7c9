//! Leave-one-out: how ranks move when one indicator, or one dimension, is left out.
//!
//! What is left out is treated as an indicator that cannot tell places apart (specification page 1, section 1.4, point 5):
//! its weight is shared inside its weight group, and a dimension left out takes its points with it. Values that derived
//! indicators have stay as they are, so what is seen is the weight of the thing itself.
//!
//! Source: Becker, Saisana, Paruolo and Vandecasteele (2017), *Weights and importance in composite indicators*; COINr's
//! `remove_elements`.

use super::model::Reassessment;
use super::settings::Settings;
use crate::catalog::{ItemIndex, ItemKind};
use crate::compose::{Composer, needed_nodes};
use crate::outline::Position;
use crate::rank::standings;
use crate::table::ShapeError;
use crate::threshold::ThresholdStatus;
use crate::weight::effective_weights;

/// What becomes of the ranks at the root without one item.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// The leaf, or the node of the second level.
    pub item: ItemIndex,
    /// By type, and last of all types together.
    pub shifts: Vec<Shift>,
}

/// How far ranks move.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shift {
    /// Mean absolute shift over the places that have a rank with and without the item; 0 where there is none.
    pub mean: f64,
    /// The greatest absolute shift.
    pub greatest: usize,
    /// The first place that moved so far; `None` where none moved.
    pub place: Option<usize>,
    /// Places compared.
    pub compared: usize,
    /// Places that have a score only with the item.
    pub lost: usize,
}

/// Leaves out every leaf and every node right below the root, one at a time, in catalog order; a leaf that is not in use
/// moves nothing.
///
/// # Errors
/// [`ShapeError`] if the parts do not fit each other.
pub fn leave_one_out(model: &Reassessment<'_>) -> Result<Vec<LeftOut>, ShapeError> {
    let study = model.study();
    let (outline, catalog) = (study.outline, study.outline.catalog());
    let (thresholds, scored) = model.assess(&Settings::default())?;
    let root: Vec<Option<usize>> = match scored.standings.first() {
        Some(column) => column.iter().map(|standing| standing.map(|standing| standing.rank)).collect(),
        None => return Ok(Vec::new()),
    };
    let needed = needed_nodes(outline, &[0]);
    let mut found = Vec::new();
    for (at, item) in catalog.items.iter().enumerate() {
        let second_level = item.parent == Some(ItemIndex(0));
        let left_out = match (outline.position(ItemIndex(at)), &item.kind) {
            (Position::Leaf(leaf), ItemKind::Leaf(_)) => leaf..leaf + 1,
            (Position::Node(node), ItemKind::Node(_)) if second_level => outline.leaves_below(node),
            _ => continue,
        };
        let mut tallies = vec![Tally::default(); study.samples.len() + 1];
        for (kind, members) in model.members().iter().enumerate() {
            let mut statuses: Vec<ThresholdStatus> =
                thresholds[kind].iter().map(|threshold| threshold.status()).collect();
            statuses[left_out.clone()].fill(ThresholdStatus::Degenerate);
            let weights = effective_weights(outline, &study.declared_weights[kind], &statuses)?;
            let scores = Composer::for_needed(outline, &weights, &needed)?.compose(&scored.z, members)?;
            let root_scores: Vec<Option<f64>> = scores.columns[0].iter().map(|score| score.value()).collect();
            let ranks = standings(&root_scores, catalog.rank_decimals);
            for (&place, standing) in members.iter().zip(ranks) {
                let without = standing.map(|standing| standing.rank);
                for tally in [kind, study.samples.len()] {
                    tallies[tally].add(place, root[place], without);
                }
            }
        }
        found.push(LeftOut { item: ItemIndex(at), shifts: tallies.into_iter().map(Tally::shift).collect() });
    }
    Ok(found)
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    sum: usize,
    shift: Shift,
}

impl Tally {
    fn add(&mut self, place: usize, with: Option<usize>, without: Option<usize>) {
        let shift = &mut self.shift;
        match (with, without) {
            (Some(with), Some(without)) => {
                let moved = with.abs_diff(without);
                self.sum += moved;
                shift.compared += 1;
                // Types come one after another, so of all places the first is the one with the least position.
                if moved > shift.greatest
                    || (moved == shift.greatest && moved > 0 && shift.place > Some(place))
                {
                    (shift.greatest, shift.place) = (moved, Some(place));
                }
            }
            (Some(_), None) => shift.lost += 1,
            (None, _) => {}
        }
    }

    fn shift(self) -> Shift {
        let compared = self.shift.compared;
        let mean = if compared == 0 { 0.0 } else { self.sum as f64 / compared as f64 };
        Shift { mean, ..self.shift }
    }
}
