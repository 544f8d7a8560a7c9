//! The record of one type in one run, as columns: what its places have at every leaf and node.

use super::id::PlaceId;
use super::results::{LeafValue, Score};

/// Places of one type, by id, and their columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeRecord {
    /// The places, by id.
    pub(crate) places: Vec<PlaceId>,
    /// In the measures' units, `values[leaf][place]`.
    pub(crate) values: Vec<Vec<Option<f64>>>,
    /// Capped dimensionless values, `z[leaf][place]`.
    pub(crate) z: Vec<Vec<Option<f64>>>,
    /// Uncapped dimensionless values, `uncapped[leaf][place]`.
    pub(crate) uncapped: Vec<Vec<Option<f64>>>,
    /// On the catalog's scale, `scores[node][place]`.
    pub(crate) scores: Vec<Vec<Option<f64>>>,
}

impl TypeRecord {
    /// No place yet.
    pub(crate) fn new(leaves: usize, nodes: usize) -> Self {
        let empty = |columns: usize| vec![Vec::new(); columns];
        Self {
            places: Vec::new(),
            values: empty(leaves),
            z: empty(leaves),
            uncapped: empty(leaves),
            scores: empty(nodes),
        }
    }

    /// Adds the next place by id: leaf and node positions with what stands there; what lies outside the catalog is not kept.
    pub(crate) fn add(
        &mut self,
        place: PlaceId,
        leaves: Vec<(usize, LeafValue)>,
        nodes: Vec<(usize, Score)>,
    ) {
        let at = self.places.len();
        self.places.push(place);
        for columns in [&mut self.values, &mut self.z, &mut self.uncapped, &mut self.scores] {
            columns.iter_mut().for_each(|column| column.push(None));
        }
        for (leaf, value) in leaves {
            set(&mut self.values, leaf, at, value.value);
            set(&mut self.z, leaf, at, value.z.map(|z| z.capped));
            set(&mut self.uncapped, leaf, at, value.z.map(|z| z.raw));
        }
        for (node, score) in nodes {
            set(&mut self.scores, node, at, score.composed.value());
        }
    }

    /// Where a place stands among them.
    pub(crate) fn position(&self, place: &PlaceId) -> Option<usize> {
        self.places.binary_search(place).ok()
    }

    /// The values of one place, by leaf position.
    pub(crate) fn values_of(&self, place: usize) -> Vec<Option<f64>> {
        self.values.iter().map(|column| column[place]).collect()
    }

    /// The capped dimensionless values of one place, by leaf position.
    pub(crate) fn z_of(&self, place: usize) -> Vec<Option<f64>> {
        self.z.iter().map(|column| column[place]).collect()
    }
}

fn set(columns: &mut [Vec<Option<f64>>], column: usize, place: usize, value: Option<f64>) {
    if let Some(cell) = columns.get_mut(column).and_then(|column| column.get_mut(place)) {
        *cell = value;
    }
}
