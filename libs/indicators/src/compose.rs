//! Composition (合成): the scores of every node from the dimensionless values of its leaves.
//!
//! Source: specification page 1, section 1.7, and page 5, section 5.1.

mod score;

pub use score::{Absence, NodeColumn, NodeScore};

use crate::catalog::{ItemIndex, Node, Over};
use crate::column::Column;
use crate::mean::Averaging;
use crate::outline::{Outline, Position};
use crate::table::{ShapeError, Table, check_index, check_length};
use crate::weight::Weights;

/// Round-off that a coverage may fall short of its minimum by, so that exactly 2/3 passes.
const COVERAGE_TOLERANCE: f64 = 1e-9;

/// Places worked on at once: their running sums stay in the processor's first cache.
const BLOCK: usize = 256;

/// The scores of some places at all nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeScores {
    /// By node position; the n-th cell of a column is the score of the n-th place asked for.
    pub columns: Vec<NodeColumn>,
}

/// Composes node scores for the places of one type.
#[derive(Clone, Debug)]
pub struct Composer {
    pub(crate) recipes: Vec<Recipe>,
    pub(crate) scale: f64,
    leaf_count: usize,
}

/// How one node is composed: what its mean runs over, left-out parts already gone.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) averaging: Averaging,
    minimum_coverage: f64,
    pub(crate) parts: Vec<Part>,
    total_weight: f64,
}

/// A leaf or a child node in a mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) source: Position,
    pub(crate) weight: f64,
}

/// The running sums of one node for one place.
#[derive(Clone, Copy, Default)]
struct Sums {
    /// Σ w·f(z) over the parts that have a value.
    terms: f64,
    /// Σ w over the same parts.
    weight: f64,
    /// Σ w·(share observed) over all parts.
    covered: f64,
    /// A part was refused by this mean or by its own.
    refused: bool,
}

impl Composer {
    /// Prepares the composition with the weights in force for one type.
    ///
    /// # Errors
    /// [`ShapeError::Length`] if the weights do not fit the catalog.
    pub fn new(outline: &Outline<'_>, weights: &Weights) -> Result<Self, ShapeError> {
        check_length("effective weights", outline.leaf_count(), weights.leaves.len())?;
        check_length("declared weights", outline.catalog().items.len(), weights.declared.len())?;
        let mut in_use: Vec<bool> = vec![false; outline.node_count()];
        let mut recipes: Vec<Recipe> = Vec::with_capacity(outline.node_count());
        for (at, node) in outline.nodes().enumerate().collect::<Vec<_>>().into_iter().rev() {
            let parts = match node.over {
                Over::Leaves => leaf_parts(outline, weights, at),
                Over::Children => child_parts(outline, weights, &in_use, at),
            };
            in_use[at] = !parts.is_empty();
            recipes.push(Recipe::new(node, parts));
        }
        recipes.reverse();
        Ok(Self { recipes, scale: outline.catalog().scale, leaf_count: outline.leaf_count() })
    }

    /// How many leaves the catalog has.
    pub(crate) fn leaf_count(&self) -> usize {
        self.leaf_count
    }

    /// The scores of `places` (place indices of the table, in the order wanted) at every node.
    ///
    /// `z` holds capped dimensionless values by leaf position. A missing value leaves both sums of a mean; a node whose
    /// coverage is under its minimum has no score. A node over its leaves can have a score while a child has none.
    /// A node over its children takes the children that have one; but a child whose mean was *refused* refuses its
    /// parent too, or a zero would raise the score of the place that has it.
    ///
    /// Each place is computed on its own, in catalog order: the result does not depend on how places are ordered or
    /// split over calls.
    ///
    /// # Errors
    /// [`ShapeError`] if the table does not fit the catalog or a place lies outside it.
    pub fn compose(&self, z: &Table, places: &[usize]) -> Result<NodeScores, ShapeError> {
        check_length("columns of a table", self.leaf_count, z.columns().len())?;
        for &place in places {
            check_index("place of a table", place, z.places())?;
        }
        let mut columns = vec![NodeColumn::unclassified(places.len()); self.recipes.len()];
        let mut sums = [Sums::default(); BLOCK];
        for (block_at, block) in places.chunks(BLOCK).enumerate() {
            let first = block_at * BLOCK;
            // Children stand after their parents, so they are complete when a parent over children asks.
            for (at, recipe) in self.recipes.iter().enumerate().rev() {
                let sums = &mut sums[..block.len()];
                sums.fill(Sums::default());
                for part in &recipe.parts {
                    match part.source {
                        Position::Leaf(leaf) => recipe.add_leaf(part.weight, z.column(leaf), block, sums),
                        Position::Node(node) => {
                            recipe.add_node(part.weight, self.scale, &columns[node], first, sums);
                        }
                    }
                }
                for (place, sums) in (first..).zip(sums.iter()) {
                    columns[at].set(place, recipe.finish(*sums, self.scale));
                }
            }
        }
        Ok(NodeScores { columns })
    }

    /// The share of a node's weight that each leaf in use carries, by leaf position; the shares sum to 1, and nothing
    /// is returned for a node with nothing in use. Over children, a leaf's share is the product of the weight shares
    /// on the way down.
    #[must_use]
    pub fn leaf_shares(&self, node: usize) -> Vec<(usize, f64)> {
        let mut shares = Vec::new();
        self.add_leaf_shares(node, 1.0, &mut shares);
        shares
    }

    fn add_leaf_shares(&self, node: usize, share: f64, shares: &mut Vec<(usize, f64)>) {
        let recipe = &self.recipes[node];
        for part in &recipe.parts {
            let own = share * part.weight / recipe.total_weight;
            match part.source {
                Position::Leaf(leaf) => shares.push((leaf, own)),
                Position::Node(child) => self.add_leaf_shares(child, own, shares),
            }
        }
    }
}

impl Recipe {
    fn new(node: &Node, parts: Vec<Part>) -> Self {
        let total_weight = parts.iter().map(|part| part.weight).sum();
        Self { averaging: Averaging::of(node), minimum_coverage: node.minimum_coverage, parts, total_weight }
    }

    fn add_leaf(&self, weight: f64, column: &Column, places: &[usize], sums: &mut [Sums]) {
        let cells = column.cells();
        for (sums, &place) in sums.iter_mut().zip(places) {
            let value = cells[place];
            if value.is_nan() {
                continue;
            }
            sums.covered += weight;
            sums.add(weight, self.averaging.term(value));
        }
    }

    fn add_node(&self, weight: f64, scale: f64, children: &NodeColumn, first: usize, sums: &mut [Sums]) {
        for (place, sums) in (first..).zip(sums) {
            let child = children.get(place);
            sums.covered += weight * child.coverage;
            match child.score {
                Ok(score) => sums.add(weight, self.averaging.term(score / scale)),
                Err(absence) => sums.refused |= absence == Absence::ZeroRefused,
            }
        }
    }

    fn finish(&self, sums: Sums, scale: f64) -> NodeScore {
        if self.parts.is_empty() {
            return NodeScore { score: Err(Absence::NothingInUse), coverage: 0.0 };
        }
        let coverage = sums.covered / self.total_weight;
        let score = if coverage < self.minimum_coverage - COVERAGE_TOLERANCE {
            Err(Absence::LowCoverage)
        } else if sums.refused {
            Err(Absence::ZeroRefused)
        } else if sums.weight <= 0.0 {
            Err(Absence::LowCoverage)
        } else {
            Ok(scale * self.averaging.value_of(sums.terms / sums.weight))
        };
        NodeScore { score, coverage }
    }
}

impl Sums {
    #[inline]
    fn add(&mut self, weight: f64, term: Option<f64>) {
        match term {
            Some(term) => {
                self.terms += weight * term;
                self.weight += weight;
            }
            None => self.refused = true,
        }
    }
}

fn leaf_parts(outline: &Outline<'_>, weights: &Weights, node: usize) -> Vec<Part> {
    outline
        .leaves_below(node)
        .map(|leaf| Part { source: Position::Leaf(leaf), weight: weights.leaves[leaf] })
        .filter(|part| part.weight > 0.0)
        .collect()
}

/// Children keep their declared weights: what is left out inside a child is made up for inside it.
fn child_parts(outline: &Outline<'_>, weights: &Weights, in_use: &[bool], node: usize) -> Vec<Part> {
    let used = |child: &ItemIndex| match outline.position(*child) {
        Position::Leaf(leaf) => weights.leaves[leaf] > 0.0,
        Position::Node(node) => in_use[node],
    };
    let children = &outline.node_item(node).children;
    children
        .iter()
        .filter(|child| used(child))
        .map(|child| Part { source: outline.position(*child), weight: weights.declared[child.0] })
        .filter(|part| part.weight > 0.0)
        .collect()
}
