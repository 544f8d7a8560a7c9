//! What if (假设): the score of one place, had some of its values been others.
//!
//! Nothing is approximated: the changed values are rescaled between the same thresholds, derived indicators that watch a
//! changed node follow, and the score is composed again. So the answer is the score that an assessment of the changed
//! record under the same thresholds and weights gives, whatever means the catalog takes.
//!
//! Source: specification page 1, sections 1.5 and 1.7.

use crate::change::change;
use crate::column::Column;
use crate::compose::{Composer, NodeScore};
use crate::normalise::Scaler;
use crate::outline::Outline;
use crate::table::{ShapeError, Table, check_index, check_length};
use crate::threshold::{Threshold, ThresholdStatus, check_thresholds};
use crate::weight::effective_weights;

/// One place as its type measured it.
#[derive(Clone, Copy, Debug)]
pub struct PlaceRecord<'a> {
    /// Capped dimensionless values by leaf position, derived ones included.
    pub z: &'a [Option<f64>],
    /// Of derived leaves: the score of the watched node in the period before, on the catalog's scale, by leaf position.
    /// What stands at other leaves is not read.
    pub previous: &'a [Option<f64>],
    /// Thresholds of the place's type by leaf position, derived ones included.
    pub thresholds: &'a [Threshold],
    /// Declared weights by item (see [`declared_weights`](crate::weight::declared_weights)).
    pub declared_weights: &'a [f64],
}

/// Scores one place under other values.
#[derive(Clone, Debug)]
pub struct WhatIf<'a> {
    outline: &'a Outline<'a>,
    z: Vec<Option<f64>>,
    previous: Vec<Option<f64>>,
    scalers: Vec<Option<Scaler>>,
    first: Composer,
    second: Composer,
}

impl<'a> WhatIf<'a> {
    /// Prepares the questions about one place.
    ///
    /// # Errors
    /// [`ShapeError`] if the record does not fit the catalog.
    pub fn new(outline: &'a Outline<'a>, record: &PlaceRecord<'_>) -> Result<Self, ShapeError> {
        let leaves = outline.leaf_count();
        check_length("dimensionless values of a place", leaves, record.z.len())?;
        check_length("previous scores of a place", leaves, record.previous.len())?;
        check_thresholds(outline, record.thresholds)?;
        let statuses: Vec<ThresholdStatus> =
            record.thresholds.iter().map(|threshold| threshold.status()).collect();
        // Before anything derived is known, derived leaves are merely missing.
        let mut first = statuses.clone();
        outline.derived_leaves().for_each(|leaf| first[leaf] = ThresholdStatus::NoData);
        let composer = |statuses: &[ThresholdStatus]| {
            Composer::new(outline, &effective_weights(outline, record.declared_weights, statuses)?)
        };
        let scaler = |(leaf, threshold): (_, &Threshold)| Scaler::new(leaf, threshold.goalposts()?);
        Ok(Self {
            outline,
            z: record.z.to_vec(),
            previous: record.previous.to_vec(),
            scalers: outline.leaves().zip(record.thresholds).map(scaler).collect(),
            first: composer(&first)?,
            second: composer(&statuses)?,
        })
    }

    /// Composes with the weights in force.
    #[must_use]
    pub fn composer(&self) -> &Composer {
        &self.second
    }

    /// The dimensionless value (capped, 0..=1) of a leaf as it stands.
    #[must_use]
    pub fn z(&self, leaf: usize) -> Option<f64> {
        self.z.get(leaf).copied().flatten()
    }

    /// The dimensionless value (capped, 0..=1) that a value in the indicator's own unit would have.
    #[must_use]
    pub fn z_of(&self, leaf: usize, value: f64) -> Option<f64> {
        Some(self.scalers.get(leaf).copied().flatten()?.scale(value)?.capped)
    }

    /// The score at a node if these observed leaves had these values (in their own units) and all others stayed.
    ///
    /// # Errors
    /// [`ShapeError`] if the node or a leaf is not in the catalog or the leaf is derived.
    pub fn score(&self, node: usize, changes: &[(usize, f64)]) -> Result<NodeScore, ShapeError> {
        check_index("node", node, self.outline.node_count())?;
        let mut z = self.z.clone();
        for &(leaf, value) in changes {
            check_index("leaf", leaf, z.len())?;
            if self.outline.changing_node(leaf).is_some() {
                let code = self.outline.leaf_item(leaf).code.clone();
                return Err(ShapeError::DerivedDelivered { code });
            }
            z[leaf] = self.z_of(leaf, value);
        }
        if !changes.is_empty() {
            self.follow(changes, &mut z)?;
        }
        Ok(compose(&self.second, &z)?[node])
    }

    /// Derived leaves whose node stands above a changed leaf are computed again.
    fn follow(&self, changes: &[(usize, f64)], z: &mut [Option<f64>]) -> Result<(), ShapeError> {
        let watched = |leaf: &usize| {
            let node = self.outline.changing_node(*leaf)?;
            let below = self.outline.leaves_below(node);
            changes.iter().any(|(changed, _)| below.contains(changed)).then_some((*leaf, node))
        };
        let touched: Vec<(usize, usize)> =
            self.outline.derived_leaves().filter_map(|leaf| watched(&leaf)).collect();
        if touched.is_empty() {
            return Ok(());
        }
        let mut observed = z.to_vec();
        self.outline.derived_leaves().for_each(|leaf| observed[leaf] = None);
        let scores = compose(&self.first, &observed)?;
        for (leaf, node) in touched {
            let value = change(self.previous[leaf], scores[node].value(), self.first.scale);
            z[leaf] = value.and_then(|value| self.z_of(leaf, value));
        }
        Ok(())
    }
}

/// The scores of one place at every node.
fn compose(composer: &Composer, z: &[Option<f64>]) -> Result<Vec<NodeScore>, ShapeError> {
    let row = Table::from_columns(1, z.iter().map(|&value| Column::from(vec![value])).collect())?;
    Ok(composer.compose(&row, &[0])?.columns.iter().map(|column| column.get(0)).collect())
}
