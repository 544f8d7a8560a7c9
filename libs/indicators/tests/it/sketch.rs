//! Small catalogs written down as a tree, so that a test shows what it measures.

use xiuhua_indicators::catalog::{
    Bounds, Catalog, Direction, Extension, Impute, Item, ItemIndex, ItemKind, Leaf, Mean, Measure, Node,
    Over, Reads, Text, ThresholdPolicy, Transform, Treat,
};

/// A tree of nodes and leaves.
#[derive(Clone, Debug)]
pub(crate) enum Sketch {
    Node(NodeSketch),
    Leaf(LeafSketch),
}

#[derive(Clone, Debug)]
pub(crate) struct NodeSketch {
    pub(crate) code: String,
    pub(crate) mean: Mean,
    pub(crate) over: Over,
    pub(crate) minimum_coverage: f64,
    pub(crate) floor: Option<f64>,
    /// A weight group: its points are what its leaves hold.
    pub(crate) group: bool,
    /// Fixed weight among the children of its parent; the sum of its leaves otherwise.
    pub(crate) weight: Option<f64>,
    pub(crate) children: Vec<Sketch>,
}

#[derive(Clone, Debug)]
pub(crate) struct LeafSketch {
    pub(crate) code: String,
    pub(crate) weight: f64,
    pub(crate) direction: Direction,
    pub(crate) transform: Transform,
    pub(crate) threshold: ThresholdPolicy,
    pub(crate) treat: Treat,
    pub(crate) impute: Impute,
    pub(crate) bounds: Bounds,
    pub(crate) change_of: Option<String>,
}

/// The policy of `pudong-2021`: extremes extended by 10 % of their value, not clipped.
pub(crate) const TENTH: ThresholdPolicy =
    ThresholdPolicy::Sampled { extension: Extension::ByValue(0.1), clip: false };

pub(crate) const UNBOUNDED: Bounds =
    Bounds { lower: None, upper: None, lower_open: false, upper_open: false };

/// A positive leaf under [`TENTH`].
pub(crate) fn leaf(code: &str, weight: f64) -> LeafSketch {
    LeafSketch {
        code: code.to_owned(),
        weight,
        direction: Direction::Positive,
        transform: Transform::None,
        threshold: TENTH,
        treat: Treat::None,
        impute: Impute::None,
        bounds: UNBOUNDED,
        change_of: None,
    }
}

/// A weight group, arithmetic over its leaves, minimum coverage 2/3.
pub(crate) fn group(code: &str, children: Vec<Sketch>) -> NodeSketch {
    NodeSketch {
        code: code.to_owned(),
        mean: Mean::Arithmetic,
        over: Over::Leaves,
        minimum_coverage: 2.0 / 3.0,
        floor: None,
        group: true,
        weight: None,
        children,
    }
}

/// The catalog of a tree, on a scale of 100, with three base periods.
pub(crate) fn catalog(root: &NodeSketch) -> Catalog {
    let mut catalog = Catalog {
        id: "sketch".into(),
        version: "1".into(),
        title: text("sketch"),
        scale: 100.0,
        rule_set: None,
        base_periods: 3,
        rank_decimals: 9,
        common_cut: 0.5,
        measures: Vec::new(),
        items: Vec::new(),
        hash: String::new(),
    };
    let mut changes = Vec::new();
    add_node(&mut catalog, &mut changes, root, None);
    for (at, code) in changes {
        let target = ItemIndex(catalog.items.iter().position(|item| item.code == code).unwrap());
        if let ItemKind::Leaf(leaf) = &mut catalog.items[at.0].kind {
            leaf.reads = Reads::ChangeOf(target);
        }
    }
    catalog
}

type Changes = Vec<(ItemIndex, String)>;

fn add_node(
    catalog: &mut Catalog,
    changes: &mut Changes,
    node: &NodeSketch,
    parent: Option<ItemIndex>,
) -> ItemIndex {
    let at = ItemIndex(catalog.items.len());
    catalog.items.push(Item {
        code: node.code.clone(),
        name: text(&node.code),
        parent,
        children: Vec::new(),
        weight: 0.0,
        kind: ItemKind::Node(Node {
            mean: node.mean,
            over: node.over,
            minimum_coverage: node.minimum_coverage,
            floor: node.floor,
            group_points: None,
        }),
    });
    for child in &node.children {
        let child = match child {
            Sketch::Node(node) => add_node(catalog, changes, node, Some(at)),
            Sketch::Leaf(leaf) => add_leaf(catalog, changes, leaf, at),
        };
        catalog.items[at.0].children.push(child);
    }
    let points = catalog.leaves_under(at).iter().map(|leaf| catalog.item(*leaf).weight).sum();
    catalog.items[at.0].weight = node.weight.unwrap_or(points);
    if let ItemKind::Node(made) = &mut catalog.items[at.0].kind {
        made.group_points = node.group.then_some(points);
    }
    at
}

fn add_leaf(catalog: &mut Catalog, changes: &mut Changes, leaf: &LeafSketch, parent: ItemIndex) -> ItemIndex {
    let at = ItemIndex(catalog.items.len());
    if let Some(code) = &leaf.change_of {
        changes.push((at, code.clone()));
    }
    let measure = catalog.measures.len();
    catalog.measures.push(Measure {
        id: format!("measure_{}", leaf.code),
        name: text(&leaf.code),
        unit: "score".into(),
        bounds: leaf.bounds,
        source_system: String::new(),
        derivation: String::new(),
        roll: None,
    });
    catalog.items.push(Item {
        code: leaf.code.clone(),
        name: text(&leaf.code),
        parent: Some(parent),
        children: Vec::new(),
        weight: leaf.weight,
        kind: ItemKind::Leaf(Leaf {
            reads: Reads::Measure(measure),
            direction: leaf.direction,
            transform: leaf.transform,
            threshold: leaf.threshold,
            treat: leaf.treat,
            impute: leaf.impute,
            evidence: String::new(),
            note: String::new(),
        }),
    });
    at
}

fn text(text: &str) -> Text {
    Text { zh: text.to_owned(), en: text.to_owned() }
}
