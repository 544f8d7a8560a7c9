//! Assessing one type again and again (复算): under other samples, weights, extensions, means.
//!
//! What does not change is prepared once: the values of the type's places, transformed, and their base values. A run
//! then fixes thresholds from its own sample, rescales, composes the nodes asked for and ranks them, into room that it
//! finds prepared. The bits are those of [`assess`](crate::assess::assess) for that type.
//!
//! Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 7; specification page 1, 1.4 to 1.7.

mod kept;

use std::sync::Arc;

use self::kept::{Kept, Periods};
use crate::assess::{Assessment, members_by_type};
use crate::base::{BaseTable, base_of, nothing_on_record};
use crate::change::{base_change, change};
use crate::column::present;
use crate::compose::{BLOCK, Block, Composer, NodeColumn, Panel, needed_nodes};
use crate::normalise::{Scaler, transform};
use crate::outline::Outline;
use crate::rank::{Order, RankColumn, shift_of};
use crate::table::{ShapeError, Table, check_index, check_length};
use crate::threshold::{Threshold, ThresholdStatus, fix_threshold};
use crate::weight::{Weights, effective_weights};

/// The places of one type, prepared.
#[derive(Clone, Debug)]
pub struct Assessor<'a> {
    outline: &'a Outline<'a>,
    members: Vec<usize>,
    /// Means of the base periods, in the indicators' own units.
    base: Panel,
    /// Transformed values.
    values: Arc<Periods>,
}

/// What one run is made under.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// Positions of the catalog that the assessor was prepared with, or of a variant: the same tree whose threshold
    /// policies (extension, clipping, treatment), means, floors, minimum coverages or rank decimals may differ.
    pub outline: &'a Outline<'a>,
    /// The sample that fixes the thresholds: positions in [`Assessor::members`]. One that stands in it twice counts as
    /// once for extremes, which do not depend on it, and twice for the tests of outliers.
    pub sample: &'a [usize],
    /// Declared weights by item: [`declared_weights`](crate::weight::declared_weights), or others.
    pub declared_weights: &'a [f64],
    /// Positions of the nodes asked for; others are composed only where these are means over them.
    pub nodes: &'a [usize],
}

/// The room in which runs are made, and what the last one found.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// The values that what is kept was made from.
    values: Arc<Periods>,
    kept: Kept,
    room: Room,
    order: Order,
    thresholds: Vec<Threshold>,
    weights: Weights,
    scores: Vec<NodeColumn>,
    ranks: Vec<RankColumn>,
}

/// Room to compose blocks of places.
#[derive(Clone, Debug)]
struct Room {
    block: Block,
    /// Of one block, by node position.
    results: Vec<NodeColumn>,
}

impl<'a> Assessor<'a> {
    /// Prepares the places of one type.
    ///
    /// The samples of `input` are not read: each run has its own. Gaps were filled when the values were gathered, over
    /// more periods than are here: nothing is filled again.
    ///
    /// # Errors
    /// [`ShapeError`] if the inputs do not fit the catalog or each other.
    pub fn new(input: &Assessment<'a>, kind: usize) -> Result<Self, ShapeError> {
        let members = checked_members(input, kind)?.swap_remove(kind);
        let outline = input.outline;
        let leaves = outline.leaf_count();
        let asked = usize::try_from(outline.catalog().base_periods).unwrap_or(usize::MAX);
        let periods: Vec<&Table> = if nothing_on_record(input.earlier.iter()) {
            Vec::new()
        } else {
            let first = input.earlier.len().saturating_sub(asked);
            input.earlier[first..].iter().collect()
        };
        let own = if periods.is_empty() { vec![input.current] } else { periods.clone() };
        let has_derived = outline.derived_leaves().next().is_some();
        let prepared = |table: &Table| prepare(outline, table, &members);
        Ok(Self {
            outline,
            base: means(&base_of(leaves, &own, &members.iter().copied())),
            values: Arc::new(Periods {
                current: prepared(input.current),
                previous: input.earlier.last().filter(|_| has_derived).map(prepared),
                base: periods.into_iter().filter(|_| has_derived).map(prepared).collect(),
            }),
            members,
        })
    }

    /// The places of the type, as indices of the tables it was prepared from, in place order.
    #[must_use]
    pub fn members(&self) -> &[usize] {
        &self.members
    }

    /// Room for runs; each thread needs its own.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        let (leaves, nodes) = (self.outline.leaf_count(), self.outline.node_count());
        Scratch {
            values: Arc::clone(&self.values),
            kept: Kept::default(),
            room: Room { block: Block::new(leaves), results: vec![NodeColumn::unclassified(BLOCK); nodes] },
            order: Order::default(),
            thresholds: Vec::with_capacity(leaves),
            weights: Weights { leaves: Vec::new(), declared: Vec::new() },
            scores: vec![NodeColumn::unclassified(0); nodes],
            ranks: vec![RankColumn::default(); nodes],
        }
    }

    /// Makes one run; what it finds is in `scratch` until the next.
    ///
    /// # Errors
    /// [`ShapeError`] if the configuration does not fit the catalog or the places.
    pub fn reassess(&self, scratch: &mut Scratch, run: &Configuration<'_>) -> Result<(), ShapeError> {
        self.check(run)?;
        if !Arc::ptr_eq(&scratch.values, &self.values) {
            (scratch.values, scratch.kept) = (Arc::clone(&self.values), Kept::default());
        }
        scratch.kept.follow(run, &self.base, &self.values);
        scratch.thresholds.clone_from(&scratch.kept.thresholds);
        self.derive(scratch, run)?;

        let statuses: Vec<ThresholdStatus> = scratch.thresholds.iter().map(|found| found.status()).collect();
        scratch.weights = effective_weights(run.outline, run.declared_weights, &statuses)?;
        let needed = needed_nodes(run.outline, run.nodes);
        let composer = Composer::for_needed(run.outline, &scratch.weights, &needed)?;
        let Scratch { kept, room, order, scores, ranks, .. } = scratch;
        room.compose((&composer, &needed), &kept.z.current, run.nodes, |node, first, found| {
            scores[node].keep(first, found, self.members.len());
        });
        let shift = shift_of(run.outline.catalog().rank_decimals);
        for &node in run.nodes {
            ranks[node].rank(order, scores[node].stretch(0, self.members.len()).0, shift);
        }
        Ok(())
    }

    fn check(&self, run: &Configuration<'_>) -> Result<(), ShapeError> {
        check_length("leaves of a variant", self.outline.leaf_count(), run.outline.leaf_count())?;
        check_length("nodes of a variant", self.outline.node_count(), run.outline.node_count())?;
        for (at, (own, other)) in self.outline.leaves().zip(run.outline.leaves()).enumerate() {
            if own.reads != other.reads || own.transform != other.transform || own.impute != other.impute {
                return Err(ShapeError::AnotherTree { code: run.outline.leaf_item(at).code.clone() });
            }
        }
        for &member in run.sample {
            check_index("sample member", member, self.members.len())?;
        }
        for &node in run.nodes {
            check_index("node", node, self.outline.node_count())?;
        }
        Ok(())
    }

    /// The first pass: thresholds and dimensionless values of derived leaves.
    fn derive(&self, scratch: &mut Scratch, run: &Configuration<'_>) -> Result<(), ShapeError> {
        let outline = run.outline;
        let leaves: Vec<usize> = outline.derived_leaves().collect();
        if leaves.is_empty() {
            return Ok(());
        }
        let Scratch { kept: Kept { z, .. }, room, thresholds, .. } = scratch;
        // In the first pass they are merely missing.
        leaves.iter().for_each(|&leaf| z.current.clear_leaf(leaf));
        let status = |(at, found): (usize, &Threshold)| {
            if leaves.contains(&at) { ThresholdStatus::NoData } else { found.status() }
        };
        let statuses: Vec<ThresholdStatus> = thresholds.iter().enumerate().map(status).collect();
        let weights = effective_weights(outline, run.declared_weights, &statuses)?;
        let watched: Vec<usize> =
            leaves.iter().map(|&leaf| outline.changing_node(leaf).unwrap_or_default()).collect();
        let needed = needed_nodes(outline, &watched);
        let composer = Composer::for_needed(outline, &weights, &needed)?;
        let mut scores_of = |panel: &Panel| room.watch((&composer, &needed), panel, &watched);
        let current = scores_of(&z.current);
        let previous = z.previous.as_ref().map(&mut scores_of);
        let history: Vec<Vec<Vec<f64>>> = z.base.iter().map(&mut scores_of).collect();
        let scale = outline.catalog().scale;
        for (nth, (&at, leaf)) in
            leaves.iter().zip(leaves.iter().filter_map(|&at| outline.leaves().nth(at))).enumerate()
        {
            let base = |&member: &usize| {
                let scores: Vec<_> = history.iter().map(|scores| present(scores[nth][member])).collect();
                base_change(&scores, scale).map(|base| base.mean)
            };
            thresholds[at] = fix_threshold(leaf, None, run.sample.iter().filter_map(base));
            let goalposts = thresholds[at].goalposts();
            let scaler = goalposts.and_then(|goalposts| Scaler::new(leaf, goalposts));
            let capped = |member: usize| {
                let before = previous.as_ref().and_then(|scores| present(scores[nth][member]));
                let value = change(before, present(current[nth][member]), scale)?;
                Some(scaler?.scale(value)?.capped)
            };
            let values = (0..self.members.len()).map(|member| capped(member).unwrap_or(f64::NAN));
            z.current.set_leaf(at, &values.collect::<Vec<_>>());
        }
        Ok(())
    }
}

impl Scratch {
    /// Scores and coverages of a node asked for, a cell a member.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn scores(&self, node: usize) -> &NodeColumn {
        &self.scores[node]
    }

    /// Ranks at a node asked for, a cell a member.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn ranks(&self, node: usize) -> &RankColumn {
        &self.ranks[node]
    }

    /// Thresholds by leaf position, derived ones included.
    #[must_use]
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// Weights in force.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
}

impl Room {
    /// Composes block by block; `keep` is told of each node asked for its results and where they begin.
    fn compose(
        &mut self,
        (composer, needed): (&Composer, &[bool]),
        z: &Panel,
        nodes: &[usize],
        mut keep: impl FnMut(usize, usize, &NodeColumn),
    ) {
        for first in (0..z.places()).step_by(BLOCK) {
            let places = z.stretch(first, BLOCK.min(z.places() - first));
            composer.compose_asked(&mut self.block, places, needed, &mut self.results);
            nodes.iter().for_each(|&node| keep(node, first, &self.results[node]));
        }
    }

    /// The scores of the watched nodes in one period; a list a node, NaN where there is none.
    fn watch(&mut self, composer: (&Composer, &[bool]), z: &Panel, watched: &[usize]) -> Vec<Vec<f64>> {
        let mut found = vec![vec![f64::NAN; z.places()]; watched.len()];
        self.compose(composer, z, watched, |node, first, scores| {
            for (list, _) in found.iter_mut().zip(watched).filter(|(_, watched)| **watched == node) {
                let (scores, _) = scores.stretch(0, BLOCK.min(list.len() - first));
                list[first..first + scores.len()].copy_from_slice(scores);
            }
        });
        found
    }
}

/// The places of each type, once everything fits.
fn checked_members(input: &Assessment<'_>, kind: usize) -> Result<Vec<Vec<usize>>, ShapeError> {
    check_index("type", kind, input.samples.len())?;
    for table in input.earlier.iter().chain([input.current]) {
        table.check(input.outline.leaf_count(), input.types.len())?;
    }
    members_by_type(input.types, input.samples.len())
}

/// The values of some places, transformed.
fn prepare(outline: &Outline<'_>, table: &Table, members: &[usize]) -> Panel {
    let mut panel = Panel::of(table, members);
    for (at, leaf) in outline.leaves().enumerate() {
        panel.map_leaf(at, |value| transform(leaf, value));
    }
    panel
}

/// The means of base values.
fn means(base: &BaseTable) -> Panel {
    let mut panel = Panel::new(base.columns.len());
    panel.resize(base.columns.first().map_or(0, Vec::len));
    for (leaf, column) in base.columns.iter().enumerate() {
        let means = column.iter().map(|base| base.map_or(f64::NAN, |base| base.mean));
        panel.set_leaf(leaf, &means.collect::<Vec<_>>());
    }
    panel
}
