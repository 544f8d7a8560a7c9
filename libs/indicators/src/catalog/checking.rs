//! Checking what concerns several rows of a catalog together, and making the [`Catalog`] when nothing is wrong.

mod preparing;
mod references;
mod tree;
mod weights;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::fault::{CatalogFaults, LIMITS};
use super::reading::{self, DEFAULT_THRESHOLD, EntryKind, LeafEntry, MeasureEntry, NodeEntry, Sheet};
use super::{Bounds, Catalog, Item, ItemIndex, ItemKind, Leaf, Measure, Node, Reads, Transform};
use references::Source;
use tree::Tree;

/// Reads and checks a text; see [`Catalog::parse`].
pub(super) fn parse(text: &str) -> Result<Catalog, CatalogFaults> {
    xiuhua_checked_toml::read(text, LIMITS, |fields, faults| {
        let sheet = reading::read(fields, faults);
        let tree = tree::grow(&sheet.entries, faults);
        let weights = weights::weigh(&sheet.entries, &tree, sheet.head.total_points, faults);
        let sources = references::resolve(&sheet.entries, &sheet.measures, &tree, faults);
        faults.is_empty().then(|| build(text, sheet, &tree, &weights, &sources))
    })
}

/// Puts a faultless sheet into its final form, rows in depth-first order.
fn build(
    text: &str,
    sheet: Sheet<'_>,
    tree: &Tree<'_>,
    weights: &[f64],
    sources: &[Option<Source>],
) -> Catalog {
    let mut position = vec![ItemIndex(0); sheet.entries.len()];
    for (index, &row) in tree.order.iter().enumerate() {
        position[row] = ItemIndex(index);
    }
    let item = |&row: &usize| {
        let entry = &sheet.entries[row];
        Item {
            code: entry.code.or("").to_owned(),
            name: entry.name.clone(),
            parent: tree.parent[row].map(|above| position[above]),
            children: tree.children[row].iter().map(|&child| position[child]).collect(),
            weight: weights[row],
            kind: match &entry.kind {
                EntryKind::Node(entry) => ItemKind::Node(node(entry)),
                EntryKind::Leaf(entry) => {
                    ItemKind::Leaf(leaf(entry, sources[row], &position, &sheet.measures))
                }
            },
        }
    };
    let items = tree.order.iter().map(item).collect();
    let head = sheet.head;
    Catalog {
        id: head.id.to_owned(),
        version: head.version.to_owned(),
        title: head.title,
        scale: head.scale,
        rule_set: head.rule_set.map(str::to_owned),
        base_periods: head.base_periods,
        rank_decimals: head.rank_decimals,
        common_cut: head.common_cut,
        measures: sheet.measures.into_iter().map(measure).collect(),
        items,
        hash: sha256_hex(text),
    }
}

fn node(entry: &NodeEntry) -> Node {
    Node {
        mean: entry.mean,
        over: entry.over,
        minimum_coverage: entry.minimum_coverage,
        floor: entry.floor,
        group_points: entry.points.readable().map(|points| points.value),
    }
}

fn leaf(
    entry: &LeafEntry<'_>,
    source: Option<Source>,
    position: &[ItemIndex],
    measures: &[MeasureEntry<'_>],
) -> Leaf {
    let source = source.expect("a leaf without a source is a fault, and no catalog is built with one");
    let rolls = matches!(source, Source::Measure(measure) if measures[measure].roll.is_some());
    Leaf {
        reads: match source {
            Source::Measure(measure) => Reads::Measure(measure),
            Source::ChangeOf(row) => Reads::ChangeOf(position[row]),
        },
        direction: entry.direction,
        transform: entry.transform.or(Transform::None),
        threshold: entry.threshold.or(DEFAULT_THRESHOLD),
        treat: preparing::treat(entry),
        impute: preparing::impute(entry, rolls),
        evidence: entry.evidence.to_owned(),
        note: entry.note.to_owned(),
    }
}

fn measure(entry: MeasureEntry<'_>) -> Measure {
    let unbounded = Bounds { lower: None, upper: None, lower_open: true, upper_open: true };
    Measure {
        id: entry.id.or("").to_owned(),
        name: entry.name,
        unit: entry.unit.or("").to_owned(),
        bounds: entry.bounds.or(unbounded),
        source_system: entry.source_system.to_owned(),
        derivation: entry.derivation.to_owned(),
        roll: entry.roll,
    }
}

fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
