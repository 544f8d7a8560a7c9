//! Draws (抽取): the rank of every place under many sets of weights, and how far it moves.
//!
//! Weights are judgements. What a rank is worth shows when they are drawn again and again within the limits of what one
//! might as well have judged: half of the ranks of a place lie below its median, nineteen in twenty below its upper
//! end. Which weights are drawn, and from what distribution, is the caller's; here they are composed and ranked, with
//! the same bits as [`Composer::compose`] and [`standings`](crate::rank::standings), whatever the number of threads.
//!
//! Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 7; R. J. Hyndman and Y. Fan, "Sample
//! quantiles in statistical packages" (The American Statistician 50, 1996), type 7.

mod tally;

use std::num::NonZeroUsize;
use std::thread;

pub use tally::{RankSummary, RankTally};

use crate::compose::{BLOCK, Block, Composer, LANES, NodeColumn, Panel, Recipe, needed_nodes};
use crate::lanes::{Simd, VectorWork, wide};
use crate::outline::Outline;
use crate::rank::{Order, RankColumn, shift_of};
use crate::table::{ShapeError, Table, check_index};
use crate::weight::Weights;

/// Draws that share one reading of the values.
const AT_ONCE: usize = 8;

/// Ranks kept at once, four bytes each: where places and draws together are more, the places are taken in stretches
/// and the draws are made again for each.
const MOST_RANKS: usize = 1 << 24;

/// What is drawn, for the places of one type.
#[derive(Clone, Copy, Debug)]
pub struct Draws<'a> {
    /// Positions of the catalog.
    pub outline: &'a Outline<'a>,
    /// Capped dimensionless values by leaf position, derived ones included.
    pub z: &'a Table,
    /// The places of the type, as indices into the table.
    pub members: &'a [usize],
    /// Weights in force, a set a draw: from [`effective_weights`](crate::weight::effective_weights).
    pub weights: &'a [Weights],
    /// Positions of the nodes asked for.
    pub nodes: &'a [usize],
    /// Threads at most. The result is the same with any number.
    pub threads: NonZeroUsize,
}

/// Ranks the members in every draw; by node asked for, then by member. `None` where a member has no rank in any draw.
///
/// In a draw in which too little of a member's weight is observed it has no score and no rank, and the others are
/// ranked without it; its quantiles and shares are those of the draws in which it has one ([`RankSummary::draws`]).
///
/// Memory: the values of the members, and at most 64 MiB of ranks at a time for each node.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub fn rank_draws(input: &Draws<'_>) -> Result<Vec<Vec<Option<RankSummary>>>, ShapeError> {
    input.z.check(input.outline.leaf_count(), input.z.places())?;
    for &place in input.members {
        check_index("place of a table", place, input.z.places())?;
    }
    for &node in input.nodes {
        check_index("node", node, input.outline.node_count())?;
    }
    let needed = needed_nodes(input.outline, input.nodes);
    let prepare = |weights| Composer::for_needed(input.outline, weights, &needed);
    let composers = input.weights.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
    let panel = Panel::of(input.z, input.members);
    let stretch = (MOST_RANKS / input.weights.len().max(1)).max(1);
    let mut found = vec![Vec::with_capacity(input.members.len()); input.nodes.len()];
    for first in (0..input.members.len()).step_by(stretch) {
        let kept = first..input.members.len().min(first + stretch);
        let mut tallies = vec![RankTally::new(kept.len(), composers.len()); input.nodes.len()];
        draw(input, &panel, &composers, first, &mut tallies);
        for (found, tally) in found.iter_mut().zip(&tallies) {
            found.extend(tally.summaries());
        }
    }
    Ok(found)
}

/// Makes all draws, each thread a run of them, and keeps the ranks of the members from `first` on.
fn draw(input: &Draws<'_>, panel: &Panel, composers: &[Composer], first: usize, tallies: &mut [RankTally]) {
    let share = composers.len().div_ceil(input.threads.get()).max(1);
    let mut shares: Vec<Vec<tally::Rows<'_>>> = composers.chunks(share).map(|_| Vec::new()).collect();
    for tally in tallies {
        for (rows, share) in tally.rows(share).zip(&mut shares) {
            share.push(rows);
        }
    }
    let mut jobs = composers.chunks(share).zip(shares);
    let own = jobs.next();
    thread::scope(|scope| {
        for (composers, rows) in jobs {
            scope.spawn(move || Drawing::new(input, panel).run(composers, first, rows));
        }
        if let Some((composers, rows)) = own {
            Drawing::new(input, panel).run(composers, first, rows);
        }
    });
}

/// What one thread works with.
struct Drawing<'a> {
    input: &'a Draws<'a>,
    panel: &'a Panel,
    shift: f64,
    order: Order,
    ranks: RankColumn,
    /// `[draw][member]`, each draw rounded up to whole lanes.
    scores: Vec<[f64; LANES]>,
    block: Block,
    results: Vec<NodeColumn>,
}

impl<'a> Drawing<'a> {
    fn new(input: &'a Draws<'a>, panel: &'a Panel) -> Self {
        Self {
            input,
            panel,
            shift: shift_of(input.outline.catalog().rank_decimals),
            order: Order::default(),
            ranks: RankColumn::default(),
            scores: vec![[0.0; LANES]; AT_ONCE * panel.strips().len()],
            block: Block::new(input.outline.leaf_count()),
            results: vec![NodeColumn::unclassified(BLOCK); input.outline.node_count()],
        }
    }

    fn run(mut self, composers: &[Composer], first: usize, mut rows: Vec<tally::Rows<'_>>) {
        let strips = self.panel.strips().len();
        for (batch, composers) in composers.chunks(AT_ONCE).enumerate() {
            for (&node, rows) in self.input.nodes.iter().zip(&mut rows) {
                self.compose(composers, node);
                for draw in 0..composers.len() {
                    let scores = self.scores[draw * strips..][..strips].as_flattened();
                    self.ranks.rank(&mut self.order, &scores[..self.panel.places()], self.shift);
                    rows.record(batch * AT_ONCE + draw, &self.ranks, first);
                }
            }
        }
    }

    /// The scores of all members at one node in some draws.
    fn compose(&mut self, composers: &[Composer], node: usize) {
        let recipes: Vec<&Recipe> = composers.iter().map(|composer| &composer.recipes[node]).collect();
        if recipes.iter().all(|recipe| recipe.is_plain() && !recipe.parts.is_empty()) {
            let scale = self.input.outline.catalog().scale;
            wide(PlainDraws { panel: self.panel, recipes: &recipes, scale, scores: &mut self.scores });
            return;
        }
        let strips = self.panel.strips().len();
        let needed = needed_nodes(self.input.outline, &[node]);
        for (draw, composer) in composers.iter().enumerate() {
            let scores = self.scores[draw * strips..][..strips].as_flattened_mut();
            for (at, scores) in scores[..self.panel.places()].chunks_mut(BLOCK).enumerate() {
                self.block.z.copy_strips(self.panel, at * BLOCK, scores.len());
                composer.compose_asked(&mut self.block, &needed, &mut self.results);
                scores.copy_from_slice(self.results[node].stretch(0, scores.len()).0);
            }
        }
    }
}

/// Plain means of one node, a recipe a draw.
struct PlainDraws<'a> {
    panel: &'a Panel,
    recipes: &'a [&'a Recipe],
    scale: f64,
    scores: &'a mut [[f64; LANES]],
}

impl VectorWork for PlainDraws<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let strips = self.panel.strips();
        let count = strips.len();
        for (at, strip) in strips.enumerate() {
            for (draw, recipe) in self.recipes.iter().enumerate() {
                let (terms, weights) = recipe.plain_sums(simd, strip);
                let scores = &mut self.scores[draw * count + at];
                for lane in 0..LANES {
                    scores[lane] = recipe.plain_score(terms[lane], weights[lane], self.scale);
                }
            }
        }
    }
}
