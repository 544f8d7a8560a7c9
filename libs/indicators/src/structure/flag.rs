//! Flags (提示): what the owners of a method should look at. A flag is a question, not a verdict.

use super::{LeafStructure, Link, Pair};
use crate::outline::Position;

/// Fewest places behind a flag: with less than that, chance alone raises flags.
pub const FEWEST_PLACES: usize = 10;
/// Correlation, of either sign, beyond which two indicators say the same.
pub const REDUNDANT: f64 = 0.9;
/// Share of the places beyond a threshold above which thresholds are stale.
pub const STALE_SHARE: f64 = 0.05;
/// Different values below which an indicator tells few places apart.
const FEW_VALUES: usize = 5;
/// Effective by nominal share below which an indicator hardly counts, and beyond whose inverse it counts for far more than
/// it is meant to.
const FAR_OFF: f64 = 0.25;

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// It falls as its parent rises: the indicator contradicts what it is part of.
    ContradictsParent,
    /// Two indicators say the same, so that it counts twice.
    Redundant,
    /// More than 5 % of the places lie beyond a threshold and are capped: the thresholds are stale.
    StaleThresholds,
    /// It has few different values and tells few places apart.
    FewValues,
    /// It moves the whole index by less than a quarter of what its weight says.
    HardlyCounts,
    /// It moves the whole index by more than four times what its weight says.
    Dominates,
}

/// A flag with what raised it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// What is found.
    pub flag: Flag,
    /// Of what.
    pub item: Position,
    /// The other one: the parent that is contradicted, the indicator that says the same, the whole index.
    pub other: Option<Position>,
    /// The figure: a correlation, a share of places, a number of values, a ratio of shares.
    pub figure: f64,
    /// Places behind it.
    pub places: usize,
    /// It is more than chance: of a correlation, beyond two standard errors; of the rest, always.
    pub is_clear: bool,
}

/// All findings, in the order of [`Flag`], then catalog order.
pub(super) fn findings(leaves: &[LeafStructure], links: &[Link], pairs: &[Pair]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    found.extend(links.iter().filter_map(contradiction));
    found.extend(pairs.iter().filter_map(redundancy));
    found.extend(leaves.iter().filter_map(staleness));
    found.extend(leaves.iter().filter_map(coarseness));
    found.extend(links.iter().filter_map(imbalance));
    found.retain(|finding| finding.places >= FEWEST_PLACES);
    // The sort is stable: catalog order stays.
    found.sort_by_key(|finding| finding.flag);
    found
}

fn contradiction(link: &Link) -> Option<Finding> {
    let correlation = link.correlation.filter(|found| link.is_parent && found.pearson < 0.0)?;
    Some(Finding {
        flag: Flag::ContradictsParent,
        item: link.item,
        other: Some(Position::Node(link.node)),
        figure: correlation.pearson,
        places: correlation.places,
        is_clear: correlation.is_clear(),
    })
}

fn redundancy(pair: &Pair) -> Option<Finding> {
    let correlation = pair.correlation.filter(|found| found.pearson.abs() > REDUNDANT)?;
    Some(Finding {
        flag: Flag::Redundant,
        item: pair.left,
        other: Some(pair.right),
        figure: correlation.pearson,
        places: correlation.places,
        is_clear: correlation.is_clear(),
    })
}

fn staleness(leaf: &LeafStructure) -> Option<Finding> {
    let share = (leaf.below + leaf.above) as f64 / leaf.places as f64;
    (share > STALE_SHARE).then_some(of_leaf(leaf, Flag::StaleThresholds, share))
}

fn coarseness(leaf: &LeafStructure) -> Option<Finding> {
    let is_coarse = leaf.distinct < FEW_VALUES;
    is_coarse.then(|| of_leaf(leaf, Flag::FewValues, leaf.distinct as f64))
}

fn of_leaf(leaf: &LeafStructure, flag: Flag, figure: f64) -> Finding {
    let item = Position::Leaf(leaf.leaf);
    Finding { flag, item, other: None, figure, places: leaf.places, is_clear: true }
}

/// Only on the root: there every indicator is measured against the same.
fn imbalance(link: &Link) -> Option<Finding> {
    let effective = link.effective_share.filter(|_| link.node == 0 && link.nominal_share > 0.0)?;
    let ratio = effective / link.nominal_share;
    let flag = if ratio < FAR_OFF {
        Flag::HardlyCounts
    } else if ratio > 1.0 / FAR_OFF {
        Flag::Dominates
    } else {
        return None;
    };
    Some(Finding {
        flag,
        item: link.item,
        other: Some(Position::Node(0)),
        figure: ratio,
        places: link.influence?.places,
        is_clear: true,
    })
}
