//! What is kept from one run for the next: thresholds of observed leaves, and the values between them.
//!
//! Neither depends on weights, means or coverages. So runs that differ in these alone, a thousand draws of weights, fix
//! and rescale once.

use crate::catalog::{Bounds, Direction, Leaf, Reads, ThresholdPolicy, Treat};
use crate::column::present;
use crate::compose::Panel;
use crate::normalise::{Line, Scaler, cap_strips};
use crate::outline::Outline;
use crate::threshold::{Threshold, fix_threshold};

use super::Configuration;

/// Values of the places of one type: transformed ones, or dimensionless ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Periods {
    /// The assessed period.
    pub(super) current: Panel,
    /// What derived leaves need, where there are any.
    pub(super) previous: Option<Panel>,
    pub(super) base: Vec<Panel>,
}

/// Thresholds of observed leaves and dimensionless values, with what they follow from.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    sample: Vec<usize>,
    rules: Vec<Rules>,
    /// By leaf position; that of a derived leaf means nothing.
    pub(super) thresholds: Vec<Threshold>,
    /// Capped values; of derived leaves those of the last run stand in the assessed period.
    pub(super) z: Periods,
}

/// How a leaf becomes a number in 0..=1, as far as variants of a catalog may differ in it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rules {
    threshold: ThresholdPolicy,
    treat: Treat,
    direction: Direction,
    natural: Option<Bounds>,
}

impl Kept {
    /// Fixes and rescales for a run, unless the last run did the very same; `base` are means of base values, `values` are
    /// transformed.
    pub(super) fn follow(&mut self, run: &Configuration<'_>, base: &Panel, values: &Periods) {
        let rules = |(at, leaf): (usize, &Leaf)| Rules {
            threshold: leaf.threshold,
            treat: leaf.treat,
            direction: leaf.direction,
            natural: run.outline.natural_bounds(at),
        };
        let rules: Vec<Rules> = run.outline.leaves().enumerate().map(rules).collect();
        if self.sample == run.sample && self.rules == rules {
            return;
        }
        self.sample.clear();
        self.sample.extend_from_slice(run.sample);
        self.rules = rules;
        let fix = |(at, leaf): (usize, &Leaf)| {
            let observed = matches!(leaf.reads, Reads::Measure(_));
            let sample = run.sample.iter().filter(|_| observed);
            let base = sample.filter_map(|&member| present(base.get(at, member)));
            fix_threshold(leaf, run.outline.natural_bounds(at), base)
        };
        self.thresholds.clear();
        self.thresholds.extend(run.outline.leaves().enumerate().map(fix));
        self.rescale(run.outline, values);
    }

    fn rescale(&mut self, outline: &Outline<'_>, values: &Periods) {
        let leaves = || outline.leaves().zip(&self.thresholds);
        let lines: Vec<Line> = leaves().map(|(leaf, &threshold)| Line::of(leaf, threshold)).collect();
        // Where outliers are treated, lines are not all there is to it.
        let scaler = |(at, (leaf, threshold)): (usize, (&Leaf, &Threshold))| {
            let scaler = threshold.goalposts().and_then(|goalposts| Scaler::new(leaf, goalposts))?;
            scaler.treats().then_some((at, scaler))
        };
        let treated: Vec<(usize, Scaler)> = leaves().enumerate().filter_map(scaler).collect();
        let rescale = |from: &Panel, to: &mut Panel| {
            to.fit(from);
            cap_strips(&lines, from.strips().zip(to.strips_mut()));
            for (from, to) in from.strips().zip(to.strips_mut()) {
                for (leaf, scaler) in &treated {
                    for (from, to) in from[*leaf].iter().zip(&mut to[*leaf]) {
                        let scaled = present(*from).and_then(|value| scaler.scale(value));
                        *to = scaled.map_or(f64::NAN, |scaled| scaled.capped);
                    }
                }
            }
        };
        rescale(&values.current, &mut self.z.current);
        if let Some(previous) = &values.previous {
            rescale(previous, self.z.previous.get_or_insert_default());
        }
        self.z.base.resize_with(values.base.len(), Panel::default);
        for (from, to) in values.base.iter().zip(&mut self.z.base) {
            rescale(from, to);
        }
    }
}
