//! Questions to a catalog: items by code, leaves below a node, who is derived.

use super::{Catalog, Item, ItemIndex, ItemKind, Leaf, Measure, Node, Reads};

impl Catalog {
    /// Position of the item with this code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<ItemIndex> {
        self.items.iter().position(|item| item.code == code).map(ItemIndex)
    }

    /// The measure with this id.
    #[must_use]
    pub fn find_measure(&self, id: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.id == id)
    }

    /// The item at a position that this catalog gave.
    ///
    /// # Panics
    /// If the position is another catalog's and beyond the end of this one.
    #[must_use]
    pub fn item(&self, index: ItemIndex) -> &Item {
        &self.items[index.0]
    }

    /// Position of the root: the first item.
    #[must_use]
    pub fn root(&self) -> ItemIndex {
        ItemIndex(0)
    }

    /// The node at a position; `None` for a leaf.
    #[must_use]
    pub fn node(&self, index: ItemIndex) -> Option<&Node> {
        match &self.item(index).kind {
            ItemKind::Node(node) => Some(node),
            ItemKind::Leaf(_) => None,
        }
    }

    /// The leaf at a position; `None` for a node.
    #[must_use]
    pub fn leaf(&self, index: ItemIndex) -> Option<&Leaf> {
        match &self.item(index).kind {
            ItemKind::Leaf(leaf) => Some(leaf),
            ItemKind::Node(_) => None,
        }
    }

    /// Positions of all leaves, in catalog order.
    pub fn leaves(&self) -> impl Iterator<Item = ItemIndex> + '_ {
        (0..self.items.len()).map(ItemIndex).filter(|&index| self.leaf(index).is_some())
    }

    /// Positions of all nodes above the leaves, in catalog order; the root is the first.
    pub fn nodes(&self) -> impl Iterator<Item = ItemIndex> + '_ {
        (0..self.items.len()).map(ItemIndex).filter(|&index| self.node(index).is_some())
    }

    /// Positions of the leaves whose values are changes of a node's score, in catalog order.
    pub fn derived_leaves(&self) -> impl Iterator<Item = ItemIndex> + '_ {
        self.leaves().filter(|&index| self.is_derived(index))
    }

    /// The leaves at or below an item, in catalog order; a leaf gives itself.
    #[must_use]
    pub fn leaves_under(&self, index: ItemIndex) -> Vec<ItemIndex> {
        let mut leaves = Vec::new();
        let mut waiting = vec![index];
        while let Some(next) = waiting.pop() {
            if self.leaf(next).is_some() {
                leaves.push(next);
            }
            waiting.extend(self.item(next).children.iter().rev());
        }
        leaves
    }

    /// The weight group (权重组) an item belongs to: the nearest node at or above it that holds points.
    #[must_use]
    pub fn weight_group_of(&self, index: ItemIndex) -> Option<ItemIndex> {
        let mut next = Some(index);
        while let Some(current) = next {
            if self.node(current).is_some_and(|node| node.group_points.is_some()) {
                return Some(current);
            }
            next = self.item(current).parent;
        }
        None
    }

    /// Whether an item is a derived leaf, computed in the second pass.
    #[must_use]
    pub fn is_derived(&self, index: ItemIndex) -> bool {
        self.leaf(index).is_some_and(|leaf| matches!(leaf.reads, Reads::ChangeOf(_)))
    }

    /// The measure a leaf reads; `None` for a derived leaf and for a node.
    #[must_use]
    pub fn measure_of(&self, index: ItemIndex) -> Option<&Measure> {
        match self.leaf(index)?.reads {
            Reads::Measure(position) => self.measures.get(position),
            Reads::ChangeOf(_) => None,
        }
    }
}
