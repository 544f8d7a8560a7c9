//! The outline (骨架) of a catalog: its leaves and nodes by position.
//!
//! Every vector of the arithmetic is indexed by one of two positions: the *leaf position* (leaves in catalog order)
//! or the *node position* (items above the leaves in catalog order, the root first). Sums run in these orders, so
//! they are fixed by the catalog alone.

use std::ops::Range;

use crate::catalog::{Bounds, Catalog, Item, ItemIndex, ItemKind, Leaf, Node, Reads};

/// Where an item stands among its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Leaf position.
    Leaf(usize),
    /// Node position.
    Node(usize),
}

/// The positions of one catalog. Cheap to build, built once a run.
#[derive(Clone, Debug)]
pub struct Outline<'c> {
    catalog: &'c Catalog,
    leaves: Vec<(ItemIndex, &'c Leaf)>,
    nodes: Vec<(ItemIndex, &'c Node)>,
    positions: Vec<Position>,
    leaves_below: Vec<Range<usize>>,
}

impl<'c> Outline<'c> {
    /// Reads the positions off a validated catalog.
    #[must_use]
    pub fn of(catalog: &'c Catalog) -> Self {
        let mut outline = Self {
            catalog,
            leaves: Vec::new(),
            nodes: Vec::new(),
            positions: Vec::with_capacity(catalog.items.len()),
            leaves_below: Vec::new(),
        };
        for (at, item) in catalog.items.iter().enumerate() {
            match &item.kind {
                ItemKind::Leaf(leaf) => {
                    outline.positions.push(Position::Leaf(outline.leaves.len()));
                    outline.leaves.push((ItemIndex(at), leaf));
                }
                ItemKind::Node(node) => {
                    outline.positions.push(Position::Node(outline.nodes.len()));
                    outline.nodes.push((ItemIndex(at), node));
                }
            }
        }
        outline.leaves_below = outline.find_leaves_below();
        outline
    }

    /// The catalog behind it.
    #[must_use]
    pub fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// How many leaves there are.
    #[must_use]
    pub fn leaf_count(&self) -> usize {
        self.leaves.len()
    }

    /// How many nodes stand above the leaves.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The leaves in catalog order: the index is the leaf position.
    pub fn leaves(&self) -> impl ExactSizeIterator<Item = &'c Leaf> + '_ {
        self.leaves.iter().map(|(_, leaf)| *leaf)
    }

    /// The nodes in catalog order: the index is the node position, the root is the first.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &'c Node> + '_ {
        self.nodes.iter().map(|(_, node)| *node)
    }

    /// The item at a leaf position.
    #[must_use]
    pub fn leaf_item(&self, leaf: usize) -> &'c Item {
        &self.catalog.items[self.leaves[leaf].0.0]
    }

    /// The item at a node position.
    #[must_use]
    pub fn node_item(&self, node: usize) -> &'c Item {
        &self.catalog.items[self.nodes[node].0.0]
    }

    /// The place in [`Catalog::items`] of a leaf position.
    #[must_use]
    pub fn leaf_index(&self, leaf: usize) -> ItemIndex {
        self.leaves[leaf].0
    }

    /// The place in [`Catalog::items`] of a node position.
    #[must_use]
    pub fn node_index(&self, node: usize) -> ItemIndex {
        self.nodes[node].0
    }

    /// Where an item stands among its kind.
    #[must_use]
    pub fn position(&self, item: ItemIndex) -> Position {
        self.positions[item.0]
    }

    /// The leaf position of a code.
    #[must_use]
    pub fn leaf_of_code(&self, code: &str) -> Option<usize> {
        (0..self.leaf_count()).find(|&leaf| self.leaf_item(leaf).code == code)
    }

    /// The node position of a code.
    #[must_use]
    pub fn node_of_code(&self, code: &str) -> Option<usize> {
        (0..self.node_count()).find(|&node| self.node_item(node).code == code)
    }

    /// The leaf positions below a node: one run, as the catalog is ordered depth first.
    #[must_use]
    pub fn leaves_below(&self, node: usize) -> Range<usize> {
        self.leaves_below[node].clone()
    }

    /// The node whose change a derived leaf reads; `None` for an observed leaf.
    #[must_use]
    pub fn changing_node(&self, leaf: usize) -> Option<usize> {
        match self.leaves[leaf].1.reads {
            Reads::Measure(_) => None,
            Reads::ChangeOf(item) => match self.position(item) {
                Position::Node(node) => Some(node),
                Position::Leaf(_) => None,
            },
        }
    }

    /// The positions of the derived leaves, in catalog order.
    pub fn derived_leaves(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.leaf_count()).filter(|&leaf| matches!(self.leaves[leaf].1.reads, Reads::ChangeOf(_)))
    }

    /// The natural bounds of what a leaf reads; a derived leaf has none.
    #[must_use]
    pub fn natural_bounds(&self, leaf: usize) -> Option<Bounds> {
        match self.leaves[leaf].1.reads {
            Reads::Measure(measure) => Some(self.catalog.measures[measure].bounds),
            Reads::ChangeOf(_) => None,
        }
    }

    fn find_leaves_below(&self) -> Vec<Range<usize>> {
        let mut below: Vec<Option<Range<usize>>> = vec![None; self.node_count()];
        // Children come after their parents, so going backwards every node is complete when its parent asks.
        for (at, item) in self.catalog.items.iter().enumerate().rev() {
            let own = match self.positions[at] {
                Position::Leaf(leaf) => Some(leaf..leaf + 1),
                Position::Node(node) => below[node].clone(),
            };
            if let Some(Position::Node(parent)) = item.parent.map(|parent| self.position(parent)) {
                below[parent] = match (below[parent].take(), own) {
                    (Some(found), Some(own)) => Some(found.start.min(own.start)..found.end.max(own.end)),
                    (found, own) => found.or(own),
                };
            }
        }
        below.into_iter().map(Option::unwrap_or_default).collect()
    }
}
