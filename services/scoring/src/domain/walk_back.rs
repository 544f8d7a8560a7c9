//! Walking a score back: what each leaf gave to it, and what it cost against the type.
//!
//! Works on what a run kept; nothing is measured anew.

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::compose::Composer;
use xiuhua_indicators::contribution::contributions;
use xiuhua_indicators::diagnosis::{Loss, diagnose};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::ShapeError;
use xiuhua_indicators::weight::Weights;

use super::results::{ItemWeight, LeafValue};

/// One place as its type measured it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured<'a> {
    /// The run's catalog.
    pub(crate) catalog: &'a Catalog,
    /// Weights of the place's type, by item position.
    pub(crate) weights: &'a [ItemWeight],
    /// What is known of the place's leaves: leaf position and value.
    pub(crate) leaves: &'a [(usize, LeafValue)],
}

impl Measured<'_> {
    /// Points each leaf adds to the score of a node, by leaf position; they add up to it. `None` for leaves that add
    /// nothing to it, and everywhere where the node has no score.
    ///
    /// # Errors
    /// [`ShapeError`] if what was kept does not fit the catalog.
    pub(crate) fn contributions(&self, node_at: usize) -> Result<Vec<Option<f64>>, ShapeError> {
        let outline = Outline::of(self.catalog);
        let composer = Composer::new(&outline, &self.weights_in_force(&outline))?;
        let mut points = vec![None; outline.leaf_count()];
        if let Ok(found) = contributions(&composer, node_at, &self.z(&outline))? {
            for contribution in found {
                points[contribution.leaf] = Some(contribution.points);
            }
        }
        Ok(points)
    }

    /// Losses at a node against the medians of the type (by leaf position), greatest first, then catalog order.
    ///
    /// # Errors
    /// [`ShapeError`] if what was kept does not fit the catalog.
    pub(crate) fn losses(&self, node_at: usize, medians: &[Option<f64>]) -> Result<Vec<Loss>, ShapeError> {
        let outline = Outline::of(self.catalog);
        let composer = Composer::new(&outline, &self.weights_in_force(&outline))?;
        let mut losses = diagnose(&composer, node_at, &self.z(&outline), medians, self.catalog.common_cut)?;
        // The sort is stable: equal losses keep catalog order.
        losses.sort_by(|left, right| right.points.total_cmp(&left.points));
        Ok(losses)
    }

    fn weights_in_force(&self, outline: &Outline<'_>) -> Weights {
        Weights {
            leaves: (0..outline.leaf_count())
                .map(|leaf| {
                    self.weights.get(outline.leaf_index(leaf).0).map_or(0.0, |weight| weight.in_force)
                })
                .collect(),
            declared: self.weights.iter().map(|weight| weight.catalog).collect(),
        }
    }

    fn z(&self, outline: &Outline<'_>) -> Vec<Option<f64>> {
        let mut z = vec![None; outline.leaf_count()];
        for (leaf, value) in self.leaves {
            if let Some(cell) = z.get_mut(*leaf) {
                *cell = value.z.map(|z| z.capped);
            }
        }
        z
    }
}
