//! Structure checks (结构检验): whether an index measures what its tree says, for the owners of the method.
//!
//! For one type: how its indicators go with one another and with every node above them, whether the indicators of a node
//! measure one thing, what share of an index each of them really moves beside the share it is meant to, and which of them
//! should be looked at. It judges the method, never a place, and it changes nothing.
//!
//! Source: OECD and JRC, "Handbook on Constructing Composite Indicators" (2008), steps 4 and 7; specification page 1,
//! section 1.9.

mod correlation;
mod flag;
mod influence;
mod reliability;

use crate::compose::Composer;
use crate::outline::{Outline, Position};
use crate::spread::Sorted;
use crate::table::{ShapeError, check_length};

pub use self::correlation::Correlation;
pub use self::flag::{FEWEST_PLACES, Finding, Flag, REDUNDANT, STALE_SHARE};
pub use self::influence::Influence;
pub use self::reliability::{Reliability, alpha};

/// What one type has: columns of equal length, a cell a place.
#[derive(Clone, Copy, Debug)]
pub struct Measurements<'a> {
    /// Capped dimensionless values, `z[leaf][place]`.
    pub z: &'a [Vec<Option<f64>>],
    /// Uncapped dimensionless values, `uncapped[leaf][place]`.
    pub uncapped: &'a [Vec<Option<f64>>],
    /// Scores on the catalog's scale, `scores[node][place]`.
    pub scores: &'a [Vec<Option<f64>>],
}

/// The structure of an index in one type.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    /// Indicators in use, in catalog order.
    pub leaves: Vec<LeafStructure>,
    /// Nodes, in catalog order.
    pub nodes: Vec<NodeStructure>,
    /// Every indicator in use and every node with every node above it, in catalog order.
    pub links: Vec<Link>,
    /// Every two indicators in use, and every two nodes with one parent, in catalog order.
    pub pairs: Vec<Pair>,
    /// What should be looked at, in the order of [`Flag`], then catalog order.
    pub findings: Vec<Finding>,
}

/// The values of one indicator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeafStructure {
    /// Leaf position.
    pub leaf: usize,
    /// Places with a dimensionless value.
    pub places: usize,
    /// Different values among them.
    pub distinct: usize,
    /// Of them, places below the worse threshold (uncapped value under 0).
    pub below: usize,
    /// Of them, places beyond the better threshold (uncapped value over 1).
    pub above: usize,
    /// Standard deviation of the capped values, 0..=0.5 or a little more; `None` with fewer than two.
    pub deviation: Option<f64>,
}

/// The inner consistency of one node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeStructure {
    /// Node position.
    pub node: usize,
    /// Places with a score.
    pub places: usize,
    /// Cronbach's alpha of the indicators below it.
    pub reliability: Option<Reliability>,
}

/// How something goes with a node above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// An indicator or a node.
    pub item: Position,
    /// Position of a node above it.
    pub node: usize,
    /// The node is its parent in the tree.
    pub is_parent: bool,
    /// `None` where there are too few places or nothing varies, as for the next.
    pub correlation: Option<Correlation>,
    /// The node's variance that goes with the item.
    pub influence: Option<Influence>,
    /// Share of the node's weight that the item is given, 0..=1.
    pub nominal_share: f64,
    /// Share of the influence (any curve) of all indicators below the node that is this indicator's, 0..=1; of nodes `None`.
    pub effective_share: Option<f64>,
}

/// Two things side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The one that comes first in the catalog.
    pub left: Position,
    /// The other.
    pub right: Position,
    /// Position of the lowest node that holds both.
    pub within: usize,
    /// `None` where there are too few places or nothing varies.
    pub correlation: Option<Correlation>,
}

impl Structure {
    /// Checks one type. `composer` is the type's: an indicator without weight in it is left out.
    ///
    /// # Errors
    /// [`ShapeError`] if the measurements do not fit the catalog or each other.
    pub fn of(
        outline: &Outline<'_>,
        composer: &Composer,
        measured: &Measurements<'_>,
    ) -> Result<Self, ShapeError> {
        measured.check(outline)?;
        let shares: Vec<Vec<f64>> = (0..outline.node_count())
            .map(|node| {
                let mut shares = vec![0.0; outline.leaf_count()];
                composer.leaf_shares(node).into_iter().for_each(|(leaf, share)| shares[leaf] = share);
                shares
            })
            .collect();
        let in_use: Vec<usize> = (0..outline.leaf_count()).filter(|&leaf| shares[0][leaf] > 0.0).collect();
        let leaves: Vec<LeafStructure> = in_use.iter().map(|&leaf| measured.leaf(leaf)).collect();
        let node = |node: usize| {
            let below = outline.leaves_below(node);
            let columns: Vec<&[Option<f64>]> = in_use
                .iter()
                .filter(|leaf| below.contains(leaf))
                .map(|&leaf| measured.z[leaf].as_slice())
                .collect();
            let places = measured.scores[node].iter().flatten().count();
            NodeStructure { node, places, reliability: Reliability::of(&columns) }
        };
        let nodes: Vec<NodeStructure> = (0..outline.node_count()).map(node).collect();
        let links = links(outline, measured, &shares, &in_use);
        let pairs = pairs(outline, measured, &in_use);
        let findings = flag::findings(&leaves, &links, &pairs);
        Ok(Self { leaves, nodes, links, pairs, findings })
    }
}

impl Measurements<'_> {
    fn check(&self, outline: &Outline<'_>) -> Result<(), ShapeError> {
        check_length("columns of dimensionless values", outline.leaf_count(), self.z.len())?;
        check_length("columns of uncapped values", outline.leaf_count(), self.uncapped.len())?;
        check_length("columns of scores", outline.node_count(), self.scores.len())?;
        let places = self.scores.first().map_or(0, Vec::len);
        for column in self.z.iter().chain(self.uncapped).chain(self.scores) {
            check_length("places of a column", places, column.len())?;
        }
        Ok(())
    }

    fn column(&self, item: Position) -> &[Option<f64>] {
        match item {
            Position::Leaf(leaf) => &self.z[leaf],
            Position::Node(node) => &self.scores[node],
        }
    }

    fn leaf(&self, leaf: usize) -> LeafStructure {
        let capped: Vec<f64> = self.z[leaf].iter().flatten().copied().collect();
        let uncapped = Sorted::of(self.uncapped[leaf].iter().flatten().copied());
        let count = |test: fn(f64) -> bool| uncapped.values().iter().filter(|value| test(**value)).count();
        let mean = capped.iter().sum::<f64>() / capped.len() as f64;
        let squares: f64 = capped.iter().map(|value| (value - mean) * (value - mean)).sum();
        LeafStructure {
            leaf,
            places: capped.len(),
            distinct: uncapped.distinct(),
            below: count(|value| value < 0.0),
            above: count(|value| value > 1.0),
            deviation: (capped.len() > 1).then(|| (squares / (capped.len() - 1) as f64).sqrt()),
        }
    }
}

/// The nodes above an item, its parent first.
fn nodes_above(outline: &Outline<'_>, item: Position) -> Vec<usize> {
    let catalog = outline.catalog();
    let own = match item {
        Position::Leaf(leaf) => outline.leaf_item(leaf),
        Position::Node(node) => outline.node_item(node),
    };
    let mut above = Vec::new();
    let mut next = own.parent;
    while let Some(index) = next {
        if let Position::Node(node) = outline.position(index) {
            above.push(node);
        }
        next = catalog.items[index.0].parent;
    }
    above
}

fn links(
    outline: &Outline<'_>,
    measured: &Measurements<'_>,
    shares: &[Vec<f64>],
    in_use: &[usize],
) -> Vec<Link> {
    let nodes = (1..outline.node_count()).map(Position::Node);
    let mut links = Vec::new();
    for item in in_use.iter().map(|&leaf| Position::Leaf(leaf)).chain(nodes) {
        for (step, node) in nodes_above(outline, item).into_iter().enumerate() {
            let nominal_share = match item {
                Position::Leaf(leaf) => shares[node][leaf],
                Position::Node(below) => shares[node][outline.leaves_below(below)].iter().sum(),
            };
            let (own, above) = (measured.column(item), &measured.scores[node]);
            links.push(Link {
                item,
                node,
                is_parent: step == 0,
                correlation: Correlation::of(own, above),
                influence: Influence::of(own, above),
                nominal_share,
                effective_share: None,
            });
        }
    }
    for node in 0..outline.node_count() {
        let of_node = |link: &&mut Link| link.node == node && matches!(link.item, Position::Leaf(_));
        let influence = |link: &Link| link.influence.map_or(0.0, |influence| influence.any_curve);
        let sum: f64 = links.iter_mut().filter(of_node).map(|link| influence(link)).sum();
        for link in links.iter_mut().filter(of_node) {
            link.effective_share = link.influence.filter(|_| sum > 0.0).map(|_| influence(link) / sum);
        }
    }
    links
}

fn pairs(outline: &Outline<'_>, measured: &Measurements<'_>, in_use: &[usize]) -> Vec<Pair> {
    let pair = |left: Position, right: Position| {
        let above = nodes_above(outline, right);
        let within = nodes_above(outline, left).into_iter().find(|node| above.contains(node)).unwrap_or(0);
        let correlation = Correlation::of(measured.column(left), measured.column(right));
        Pair { left, right, within, correlation }
    };
    let mut pairs = Vec::new();
    for (at, &left) in in_use.iter().enumerate() {
        pairs.extend(in_use[at + 1..].iter().map(|&right| pair(Position::Leaf(left), Position::Leaf(right))));
    }
    let parent = |node: usize| outline.node_item(node).parent;
    for left in 1..outline.node_count() {
        let siblings = (left + 1..outline.node_count()).filter(|&right| parent(right) == parent(left));
        pairs.extend(siblings.map(|right| pair(Position::Node(left), Position::Node(right))));
    }
    pairs
}
