//! Quick wins (速赢): what one indicator of a place would bring it, if it alone got better.
//!
//! For each indicator a realistic step is taken, up to what the middle or the best quarter of the type has, or to the
//! next level of a state, and the score is computed again with [`WhatIf`]; nothing is read off a weight. So a capped
//! indicator gives nothing, a redistributed weight counts as it is in force, a mean that punishes imbalance gives more
//! for a weak indicator than for a strong one, and a step further in the same direction never gives less.
//!
//! Source: specification page 1, sections 1.7 and 1.8, reading 3.

use crate::catalog::{Bounds, Direction};
use crate::compose::Absence;
use crate::outline::Outline;
use crate::spread::Sorted;
use crate::table::{ShapeError, check_index, check_length};
use crate::threshold::Threshold;
use crate::weight::is_left_out;
use crate::what_if::WhatIf;

/// A state has natural bounds at most so far apart; its levels are the whole numbers between them.
const WIDEST_STATE: f64 = 10.0;

/// What the places of a type have at one indicator, in its own unit.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeSpread {
    median: Option<f64>,
    best_quarter: Option<f64>,
    levels: Option<Bounds>,
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The next level of a state, such as from no to yes.
    NextLevel,
    /// The median of the type.
    Median,
    /// The value at which the best quarter of the type begins.
    BestQuarter,
}

/// A step and what it brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Where it leads.
    pub goal: Goal,
    /// The value reached, in the indicator's own unit.
    pub target: f64,
    /// Target less present value, in the indicator's own unit; negative for an inverse indicator.
    pub change: f64,
    /// The score after it, on the catalog's scale.
    pub score: f64,
    /// Points gained at the node, on the catalog's scale; never negative.
    pub gain: f64,
    /// Points gained for each unit of change, on average over the step.
    pub gain_per_unit: f64,
}

/// Why an indicator offers no step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStep {
    /// Left out for the type: it counts for nobody.
    LeftOut,
    /// Follows from other indicators: it moves when they do.
    Derived,
    /// Has no value: nobody knows where it stands.
    Missing,
    /// Its value is at the best threshold or level, or beyond: more of it counts no more.
    AtBest,
    /// Better than the best quarter of the type already.
    AheadOfType,
    /// The step would change nothing: it ends where it begins to count, or weighs nothing at this node.
    NoEffect,
}

/// What one indicator offers.
#[derive(Clone, Debug, PartialEq)]
pub struct QuickWin {
    /// Leaf position.
    pub leaf: usize,
    /// The steps, the nearest goal first; or why there is none.
    pub steps: Result<Vec<Step>, NoStep>,
}

impl TypeSpread {
    /// What the places of a type have: their values at one leaf in its own unit, in any order.
    ///
    /// An indicator is a state where its natural bounds lie at most ten apart and every value is a whole number.
    #[must_use]
    pub fn of(direction: Direction, natural: Option<Bounds>, values: impl IntoIterator<Item = f64>) -> Self {
        let values = Sorted::of(values);
        let is_whole = |value: &f64| value.fract() == 0.0;
        let is_narrow = |bounds: &Bounds| {
            bounds.lower.zip(bounds.upper).is_some_and(|(lower, upper)| upper - lower <= WIDEST_STATE)
        };
        let levels = natural.filter(is_narrow).filter(|_| values.values().iter().all(is_whole));
        let best_share = if direction == Direction::Positive { 0.75 } else { 0.25 };
        Self { median: values.quantile(0.5), best_quarter: values.quantile(best_share), levels }
    }

    /// The values worth reaching from `value`, nearest first.
    fn targets(&self, direction: Direction, value: f64) -> Vec<(Goal, f64)> {
        if let Some(bounds) = self.levels {
            return next_level(direction, bounds, value)
                .map(|level| (Goal::NextLevel, level))
                .into_iter()
                .collect();
        }
        let is_better = |target: &f64| match direction {
            Direction::Positive => *target > value,
            Direction::Inverse => *target < value,
        };
        let reached = |goal, target: Option<f64>| target.filter(is_better).map(|target| (goal, target));
        let median = reached(Goal::Median, self.median);
        let best = reached(Goal::BestQuarter, self.best_quarter);
        // Where half of the type shares one value, both goals are the same step.
        let best =
            best.filter(|(_, target)| median.is_none_or(|(_, median)| median.total_cmp(target).is_ne()));
        median.into_iter().chain(best).collect()
    }
}

/// The next whole number in the better direction within the bounds.
fn next_level(direction: Direction, bounds: Bounds, value: f64) -> Option<f64> {
    match direction {
        Direction::Positive => {
            Some(value.floor() + 1.0).filter(|level| bounds.upper.is_none_or(|end| *level <= end))
        }
        Direction::Inverse => {
            Some(value.ceil() - 1.0).filter(|level| bounds.lower.is_none_or(|end| *level >= end))
        }
    }
}

/// What each leaf below a node would bring, in catalog order.
///
/// `values` are the place's values in the indicators' own units, `thresholds` and `spreads` those of its type, all by
/// leaf position.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog. A place without a score at the node has nothing to gain from: the
/// inner result is its [`Absence`].
pub fn quick_wins(
    outline: &Outline<'_>,
    what_if: &WhatIf<'_>,
    node: usize,
    values: &[Option<f64>],
    thresholds: &[Threshold],
    spreads: &[TypeSpread],
) -> Result<Result<Vec<QuickWin>, Absence>, ShapeError> {
    check_index("node", node, outline.node_count())?;
    check_length("values of a place", outline.leaf_count(), values.len())?;
    check_length("thresholds of a type", outline.leaf_count(), thresholds.len())?;
    check_length("spreads of a type", outline.leaf_count(), spreads.len())?;
    let present = match what_if.score(node, &[])?.score {
        Ok(score) => score,
        Err(absence) => return Ok(Err(absence)),
    };
    let below = outline.leaves_below(node);
    let leaves = outline.leaves().enumerate().filter(|(at, _)| below.contains(at));
    let mut wins = Vec::with_capacity(below.len());
    for (at, leaf) in leaves {
        let steps = if is_left_out(leaf, thresholds[at].status()) {
            Err(NoStep::LeftOut)
        } else if outline.changing_node(at).is_some() {
            Err(NoStep::Derived)
        } else if let Some(value) = values[at].filter(|_| what_if.z(at).is_some()) {
            let targets = spreads[at].targets(leaf.direction, value);
            steps(what_if, node, (at, value), present, &targets, spreads[at].levels.is_some())?
        } else {
            Err(NoStep::Missing)
        };
        wins.push(QuickWin { leaf: at, steps });
    }
    Ok(Ok(wins))
}

fn steps(
    what_if: &WhatIf<'_>,
    node: usize,
    (leaf, value): (usize, f64),
    present: f64,
    targets: &[(Goal, f64)],
    is_state: bool,
) -> Result<Result<Vec<Step>, NoStep>, ShapeError> {
    if what_if.z(leaf).is_some_and(|z| z >= 1.0) || (is_state && targets.is_empty()) {
        return Ok(Err(NoStep::AtBest));
    }
    if targets.is_empty() {
        return Ok(Err(NoStep::AheadOfType));
    }
    let mut steps = Vec::with_capacity(targets.len());
    for &(goal, target) in targets {
        let Some(score) = what_if.score(node, &[(leaf, target)])?.value() else { continue };
        // Round-off is no gain; a mean of terms that only grow cannot fall.
        let gain = score - present;
        if gain > f64::EPSILON * present.abs().max(1.0) * 8.0 {
            let change = target - value;
            steps.push(Step { goal, target, change, score, gain, gain_per_unit: gain / change.abs() });
        }
    }
    Ok(if steps.is_empty() { Err(NoStep::NoEffect) } else { Ok(steps) })
}
