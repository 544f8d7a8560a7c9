//! Random small worlds: every policy, gaps, constant columns, ties, negative values, types, periods.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use xiuhua_indicators::catalog::{
    Bounds, Catalog, Direction, Extension, Impute, Mean, Over, ThresholdPolicy, Transform, Treat,
};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::Table;

use crate::sketch::{self, LeafSketch, NodeSketch, Sketch, UNBOUNDED};

/// A catalog and all the values it is asked about; the last period is the assessed one.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) catalog: Catalog,
    pub(crate) types: Vec<Option<usize>>,
    pub(crate) samples: Vec<Vec<usize>>,
    pub(crate) periods: Vec<Table>,
}

pub(crate) const TYPES: usize = 3;

pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    let places = vec((option::weighted(0.9, 0..TYPES), prop::bool::weighted(0.7)), 1..=9);
    (catalog(), places, 1..=5usize, any::<u64>(), prop::sample::select(vec![0u64, 0, 10, 40]))
        .prop_map(|(catalog, places, periods, seed, gaps)| fill(catalog, &places, periods, seed, gaps))
}

fn fill(
    catalog: Catalog,
    places: &[(Option<usize>, bool)],
    periods: usize,
    seed: u64,
    percent_missing: u64,
) -> Scenario {
    let types: Vec<Option<usize>> = places.iter().map(|(kind, _)| *kind).collect();
    let samples = (0..TYPES)
        .map(|kind| (0..places.len()).filter(|&place| places[place] == (Some(kind), true)).collect())
        .collect();
    let outline = Outline::of(&catalog);
    let mut dice = Dice(seed);
    // A column in six is constant, one in twelve is empty.
    let habits: Vec<u64> = (0..outline.leaf_count()).map(|_| dice.roll(12)).collect();
    let mut tables = Vec::new();
    for _ in 0..periods {
        // A whole period may be without records.
        let on_record = dice.roll(8) > 0;
        let mut table = Table::missing(outline.leaf_count(), places.len());
        for (at, leaf) in outline.leaves().enumerate().filter(|(at, _)| outline.changing_node(*at).is_none())
        {
            for place in 0..places.len() {
                let step = if habits[at] < 2 { 3 } else { dice.roll(8) };
                let present = dice.roll(100) >= percent_missing && habits[at] != 2 && on_record;
                let value = match leaf.transform {
                    Transform::Ln => 0.3 * (step + 1) as f64,
                    // Bounded measures hold what their bounds allow, here 0..=7.
                    Transform::None if outline.natural_bounds(at) != Some(UNBOUNDED) => step as f64,
                    Transform::None => 0.7 * (step as f64 - 3.0),
                };
                table.column_mut(at).set(place, present.then_some(value));
            }
        }
        tables.push(table);
    }
    Scenario { types, samples, periods: tables, catalog }
}

/// A generator of its own (`SplitMix64`), so that a thousand cells cost proptest one number to shrink.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % sides
    }
}

/// A child of a level-2 node before it has a name.
#[derive(Clone, Debug)]
enum Child {
    Leaf(LeafSketch),
    Node(NodeSketch, Vec<LeafSketch>),
}

fn catalog() -> impl Strategy<Value = Catalog> {
    let child = prop_oneof![
        leaf().prop_map(Child::Leaf),
        (node(), vec(leaf(), 1..=3)).prop_map(|(node, leaves)| Child::Node(node, leaves)),
    ];
    let level2 = vec((node(), vec(child, 1..=3)), 1..=3);
    let derived = option::weighted(0.7, (node(), leaf(), vec((any::<prop::sample::Index>(), leaf()), 1..=2)));
    let scale = prop::sample::select(vec![100.0, 1.0]);
    let knobs = (0..3usize, scale, 1..=3u32, prop::sample::select(vec![3u32, 6, 9]));
    (node(), level2, derived, knobs).prop_map(|(root, level2, derived, (grouping, scale, base, decimals))| {
        let mut root = NodeSketch { code: "ROOT".into(), group: grouping == 1, ..root };
        for (at, (node, children)) in level2.into_iter().enumerate() {
            root.children.push(Sketch::Node(named(&format!("N{at}"), &node, grouping == 2, children)));
        }
        if let Some((node, observed, derived)) = derived {
            let targets = root.children.len();
            let mut last = named("G", &node, grouping == 2, vec![Child::Leaf(observed)]);
            for (at, (target, leaf)) in derived.into_iter().enumerate() {
                let code = format!("G.d{at}");
                let change_of = Some(format!("N{}", target.index(targets)));
                last.children.push(Sketch::Leaf(LeafSketch {
                    code,
                    change_of,
                    transform: Transform::None,
                    treat: Treat::None,
                    impute: Impute::None,
                    bounds: UNBOUNDED,
                    ..leaf
                }));
            }
            root.children.push(Sketch::Node(last));
        }
        let mut catalog = sketch::catalog(&root);
        (catalog.scale, catalog.base_periods, catalog.rank_decimals) = (scale, base, decimals);
        catalog
    })
}

fn named(code: &str, node: &NodeSketch, group: bool, children: Vec<Child>) -> NodeSketch {
    let children = children.into_iter().enumerate().map(|(at, child)| {
        let code = format!("{code}.{at}");
        match child {
            Child::Leaf(leaf) => Sketch::Leaf(LeafSketch { code, ..leaf }),
            Child::Node(node, leaves) => {
                let leaves = leaves.into_iter().map(Child::Leaf).collect();
                Sketch::Node(named(&code, &node, false, leaves))
            }
        }
    });
    NodeSketch { code: code.to_owned(), group, children: children.collect(), ..node.clone() }
}

fn node() -> impl Strategy<Value = NodeSketch> {
    let mean = prop_oneof![
        3 => Just(Mean::Arithmetic),
        1 => Just(Mean::Geometric),
        1 => Just(Mean::Harmonic),
        1 => prop::sample::select(vec![0.5, 2.0, -1.0, -0.5]).prop_map(Mean::Power),
    ];
    let over = prop::sample::select(vec![Over::Leaves, Over::Children]);
    let floor = option::weighted(0.7, prop::sample::select(vec![0.01, 0.3]));
    let coverage = prop::sample::select(vec![0.0, 0.5, 2.0 / 3.0, 2.0 / 3.0, 1.0]);
    let weight = option::of((1..=4u8).prop_map(f64::from));
    (mean, over, floor, coverage, weight).prop_map(|(mean, over, floor, minimum_coverage, weight)| {
        NodeSketch {
            code: String::new(),
            mean,
            over,
            minimum_coverage,
            floor,
            group: false,
            weight,
            children: Vec::new(),
        }
    })
}

fn leaf() -> impl Strategy<Value = LeafSketch> {
    let extension = prop_oneof![
        prop::sample::select(vec![0.1, 0.5]).prop_map(Extension::ByValue),
        prop::sample::select(vec![0.1, 0.5]).prop_map(Extension::ByRange),
        Just(Extension::None),
    ];
    let threshold = prop_oneof![
        4 => (extension, any::<bool>()).prop_map(|(extension, clip)| ThresholdPolicy::Sampled { extension, clip }),
        1 => Just(ThresholdPolicy::Fixed { lower: 0.5, upper: 2.5 }),
    ];
    let bounded = Bounds { lower: Some(0.0), upper: Some(7.0), lower_open: false, upper_open: false };
    let bounds = prop::sample::select(vec![UNBOUNDED, bounded]);
    let direction = prop::sample::select(vec![Direction::Positive, Direction::Inverse]);
    let transform = prop::sample::select(vec![Transform::None, Transform::None, Transform::Ln]);
    let treat = prop_oneof![3 => Just(Treat::None), 1 => crate::treatment::treat()];
    let reach = 1..=3u32;
    let impute = prop_oneof![
        3 => Just(Impute::None),
        1 => Just(Impute::GroupMedian),
        1 => reach.clone().prop_map(|reach| Impute::Last { reach }),
        1 => reach.prop_map(|reach| Impute::Linear { reach }),
    ];
    (0..=4u8, direction, transform, threshold, bounds, (treat, impute)).prop_map(
        |(weight, direction, transform, threshold, bounds, (treat, impute))| LeafSketch {
            code: String::new(),
            weight: f64::from(weight),
            direction,
            transform,
            threshold,
            // As in a catalog that was checked.
            treat: match (transform, threshold) {
                (Transform::None, ThresholdPolicy::Sampled { .. }) => treat,
                _ => Treat::None,
            },
            impute,
            bounds,
            change_of: None,
        },
    )
}
