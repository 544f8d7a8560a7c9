//! Lessons (可借鉴): where a place is weak, and which of its peers do well there.
//!
//! Source: specification page 1, section 1.8, reading 4.

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::outline::{Outline, Position};
use xiuhua_indicators::peers::{Better, doing_better};
use xiuhua_indicators::spread::Sorted;

use super::type_record::TypeRecord;

/// Weaknesses that are looked into when none is named.
pub(crate) const WEAKNESSES: usize = 5;

/// A weakness, and who does better.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lesson {
    /// Indicator or node.
    pub(crate) about: Position,
    /// What the place has: an indicator's value in its unit, a node's score.
    pub(crate) own: Option<f64>,
    /// The middle of the type, likewise.
    pub(crate) median: Option<f64>,
    /// Peers with something here.
    pub(crate) known: usize,
    /// The peers that do better, best first.
    pub(crate) teachers: Vec<Taught>,
}

/// A peer that does better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Taught {
    /// Its place among the peers.
    pub(crate) peer: usize,
    /// An indicator's value in its unit, or a node's score.
    pub(crate) value: f64,
    /// Dimensionless for an indicator, points for a node.
    pub(crate) advantage: f64,
}

/// Who of the peers does better; `at` and `peers` are positions in the record of the type, the peers nearest first.
///
/// An indicator is compared by its capped dimensionless value, so that better is better in either direction and what counts
/// no more is no advantage; what is missing counts as 0 there, for whoever has something is ahead.
pub(crate) fn lesson(record: &TypeRecord, about: Position, at: usize, peers: &[usize]) -> Lesson {
    let (compared, shown) = match about {
        Position::Leaf(leaf) => (&record.z[leaf], &record.values[leaf]),
        Position::Node(node) => (&record.scores[node], &record.scores[node]),
    };
    let median = |column: &[Option<f64>]| Sorted::of(column.iter().flatten().copied()).quantile(0.5);
    let of_peers: Vec<Option<f64>> = peers.iter().map(|&peer| compared[peer]).collect();
    let own = compared[at].unwrap_or(0.0);
    let better = doing_better(own, median(compared).unwrap_or(0.0), &of_peers);
    let taught = |better: Better| {
        let value = shown[peers[better.peer]]?;
        Some(Taught { peer: better.peer, value, advantage: better.advantage })
    };
    Lesson {
        about,
        own: shown[at],
        median: median(shown),
        known: of_peers.iter().flatten().count(),
        teachers: better.into_iter().filter_map(taught).collect(),
    }
}

/// An indicator or node by its code.
pub(crate) fn named(catalog: &Catalog, code: &str) -> Option<Position> {
    Some(Outline::of(catalog).position(catalog.find(code)?))
}
