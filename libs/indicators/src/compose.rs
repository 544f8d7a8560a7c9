//! Composition (合成): the scores of every node from the dimensionless values of its leaves.
//!
//! Source: specification page 1, section 1.7, and page 5, section 5.1.

mod block;
mod panel;
mod score;
mod sweep;

pub use score::{Absence, NodeColumn, NodeScore};

use crate::catalog::{ItemIndex, Node, Over};
use crate::mean::Averaging;
use crate::outline::{Outline, Position};
use crate::table::{ShapeError, Table, check_index, check_length};
use crate::weight::Weights;
pub(crate) use block::{BLOCK, Block};
pub(crate) use panel::{LANES, Lanes, Panel, Stretch};
pub(crate) use sweep::compose_types;

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
    /// The least weight observed that a score needs.
    least_weight: f64,
}

/// A leaf or a child node in a mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) source: Position,
    pub(crate) weight: f64,
}

impl Composer {
    /// Prepares the composition with the weights in force for one type.
    ///
    /// # Errors
    /// [`ShapeError::Length`] if the weights do not fit the catalog.
    pub fn new(outline: &Outline<'_>, weights: &Weights) -> Result<Self, ShapeError> {
        check_weights(outline, weights)?;
        Ok(Self::of_nodes(outline, weights, |_| true))
    }

    /// Prepares the composition of some nodes alone, and of what these need; the others stay without parts.
    ///
    /// # Errors
    /// [`ShapeError`] if the weights do not fit the catalog.
    pub(crate) fn for_needed(
        outline: &Outline<'_>,
        weights: &Weights,
        needed: &[bool],
    ) -> Result<Self, ShapeError> {
        check_weights(outline, weights)?;
        Ok(Self::of_nodes(outline, weights, |node| needed[node]))
    }

    fn of_nodes(outline: &Outline<'_>, weights: &Weights, is_needed: impl Fn(usize) -> bool) -> Self {
        let mut in_use: Vec<bool> = vec![false; outline.node_count()];
        let mut recipes: Vec<Recipe> = Vec::with_capacity(outline.node_count());
        for (at, node) in outline.nodes().enumerate().collect::<Vec<_>>().into_iter().rev() {
            let parts = match node.over {
                _ if !is_needed(at) => Vec::new(),
                Over::Leaves => leaf_parts(outline, weights, at),
                Over::Children => child_parts(outline, weights, &in_use, at),
            };
            in_use[at] = !parts.is_empty();
            recipes.push(Recipe::new(node, parts));
        }
        recipes.reverse();
        Self { recipes, scale: outline.catalog().scale, leaf_count: outline.leaf_count() }
    }

    /// Composes the nodes asked for, and what they need, of at most [`BLOCK`] places; `results` are theirs alone, by node
    /// position.
    pub(crate) fn compose_asked(
        &self,
        block: &mut Block,
        z: Stretch<'_>,
        needed: &[bool],
        results: &mut [NodeColumn],
    ) {
        block.begin(z.places());
        for (at, recipe) in self.recipes.iter().enumerate().rev().filter(|(at, _)| needed[*at]) {
            self.compose_one(at, recipe, block, (z, 0), results);
        }
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
        let mut columns: Vec<NodeColumn> =
            self.recipes.iter().map(|_| NodeColumn::to_be_filled(places.len())).collect();
        let (mut block, mut panel) = (Block::new(self.leaf_count), Panel::new(self.leaf_count));
        for (at, places) in places.chunks(BLOCK).enumerate() {
            panel.gather(z, places);
            block.begin(places.len());
            // Children stand after their parents, so they are complete when a parent over children asks.
            for (node, recipe) in self.recipes.iter().enumerate().rev() {
                self.compose_one(node, recipe, &mut block, (panel.all(), at * BLOCK), &mut columns);
            }
        }
        Ok(NodeScores { columns })
    }

    /// Composes one node of some places, whose results begin at `first`.
    fn compose_one(
        &self,
        at: usize,
        recipe: &Recipe,
        block: &mut Block,
        (z, first): (Stretch<'_>, usize),
        columns: &mut [NodeColumn],
    ) {
        let (parents, children) = columns.split_at_mut(at + 1);
        let len = z.places();
        recipe.compose(block, z, self.scale, |node| children[node - at - 1].stretch(first, len));
        let (scores, coverage) = parents[at].stretch_mut(first, len);
        scores.copy_from_slice(block.scores());
        coverage.copy_from_slice(block.coverage());
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
        let (averaging, minimum_coverage) = (Averaging::of(node), node.minimum_coverage);
        let recipe = Self { averaging, minimum_coverage, parts, total_weight, least_weight: 0.0 };
        Self { least_weight: recipe.find_least_weight(), ..recipe }
    }
}

/// Which nodes must be composed for some of them: these, and below those over children, their children.
pub(crate) fn needed_nodes(outline: &Outline<'_>, asked: &[usize]) -> Vec<bool> {
    let mut needed = vec![false; outline.node_count()];
    asked.iter().for_each(|&node| needed[node] = true);
    for (at, node) in outline.nodes().enumerate() {
        if needed[at] && node.over == Over::Children {
            for &child in &outline.node_item(at).children {
                if let Position::Node(child) = outline.position(child) {
                    needed[child] = true;
                }
            }
        }
    }
    needed
}

fn check_weights(outline: &Outline<'_>, weights: &Weights) -> Result<(), ShapeError> {
    check_length("effective weights", outline.leaf_count(), weights.leaves.len())?;
    check_length("declared weights", outline.catalog().items.len(), weights.declared.len())
}

fn leaf_parts(outline: &Outline<'_>, weights: &Weights, node: usize) -> Vec<Part> {
    let below = outline.leaves_below(node);
    let mut parts = Vec::with_capacity(below.len());
    let part = |leaf: usize| Part { source: Position::Leaf(leaf), weight: weights.leaves[leaf] };
    parts.extend(below.map(part).filter(|part| part.weight > 0.0));
    parts
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
