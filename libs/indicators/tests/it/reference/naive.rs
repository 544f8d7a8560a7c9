//! A slow and obvious reading of specification page 1: one cell at a time, names instead of positions, nothing shared
//! with the library but the catalog's own data.

#![expect(
    clippy::disallowed_methods,
    reason = "written apart from the library, down to the logarithm it calls"
)]

mod gaps;

use std::collections::HashMap;

use xiuhua_indicators::catalog::{
    Catalog, Direction, Extension, Item, ItemKind, Leaf, Mean, Node, Over, Reads, ThresholdPolicy, Transform,
    Treat,
};

use crate::treatment::naive::{Finding, Outcome, treatment};

/// Everything that is known before an assessment. Keys are names; periods are years.
#[derive(Clone)]
pub(crate) struct World<'a> {
    pub(crate) catalog: &'a Catalog,
    /// Type of each classified place.
    pub(crate) types: HashMap<String, String>,
    pub(crate) places: Vec<String>,
    pub(crate) samples: HashMap<String, Vec<String>>,
    /// Value of (place, leaf code, year).
    pub(crate) values: HashMap<(String, String, i32), f64>,
    /// The same with gaps filled; nothing before an assessment.
    pub(crate) filled: HashMap<(String, String, i32), f64>,
    pub(crate) year: i32,
}

/// A type or place, and a code.
type Key = (String, String);
/// Status, lower and upper end.
type Ends = (&'static str, f64, f64);

/// What an assessment says.
#[derive(Default)]
pub(crate) struct Findings {
    /// Status and ends of (type, leaf).
    pub(crate) thresholds: HashMap<Key, Ends>,
    /// What is done to values before, of (type, leaf); untreated ones are not there.
    pub(crate) treatments: HashMap<Key, Finding>,
    /// A treatment hangs on round-off.
    pub(crate) close_call: bool,
    /// Value of (place, derived leaf).
    pub(crate) derived: HashMap<Key, f64>,
    /// Uncapped dimensionless value of (place, leaf).
    pub(crate) raw: HashMap<Key, f64>,
    /// Score or reason, and coverage, of (place, node).
    pub(crate) nodes: HashMap<Key, (Result<f64, &'static str>, f64)>,
}

impl World<'_> {
    pub(crate) fn assess(&self) -> Findings {
        World { filled: self.fill(), ..self.clone() }.assess_filled()
    }

    fn assess_filled(&self) -> Findings {
        let mut findings = Findings::default();
        for kind in self.samples.keys() {
            for leaf in self.codes(|item| matches!(&item.kind, ItemKind::Leaf(leaf) if !is_derived(leaf))) {
                let base = self.samples[kind].iter().filter_map(|place| self.observed_base(place, &leaf));
                let base = base.collect::<Vec<_>>();
                let treatment = treatment(self.leaf(&leaf).treat, &base);
                let found = self.threshold(&leaf, &base, &treatment);
                findings.close_call |= treatment.close_call;
                findings.thresholds.insert((kind.clone(), leaf.clone()), found);
                findings.treatments.insert((kind.clone(), leaf), treatment);
            }
        }
        // First pass: derived leaves, missing as yet, keep their weight.
        let derived = self.codes(|item| matches!(&item.kind, ItemKind::Leaf(leaf) if is_derived(leaf)));
        let mut second: Vec<(Key, Ends)> = Vec::new();
        for kind in self.samples.keys() {
            for leaf in &derived {
                let members = self.samples[kind].iter().filter(|place| self.types.get(*place) == Some(kind));
                let base = members.filter_map(|place| self.derived_base(&findings, place, leaf));
                second.push((
                    (kind.clone(), leaf.clone()),
                    self.threshold(leaf, &base.collect::<Vec<_>>(), &treatment(Treat::None, &[])),
                ));
            }
        }
        for place in &self.places {
            for leaf in &derived {
                if let Some(change) = self.change(&findings, place, leaf, self.year) {
                    findings.derived.insert((place.clone(), leaf.clone()), change);
                }
            }
        }
        findings.thresholds.extend(second);
        // Second pass.
        for place in &self.places {
            for leaf in self.codes(|item| matches!(item.kind, ItemKind::Leaf(_))) {
                if let Some(raw) = self.raw(&findings, place, &leaf, self.year) {
                    findings.raw.insert((place.clone(), leaf), raw);
                }
            }
            for node in self.codes(|item| matches!(item.kind, ItemKind::Node(_))) {
                let found = self.node(&findings, place, &node, self.year);
                findings.nodes.insert((place.clone(), node), found);
            }
        }
        findings
    }

    fn codes(&self, wanted: impl Fn(&Item) -> bool) -> Vec<String> {
        self.catalog.items.iter().filter(|item| wanted(item)).map(|item| item.code.clone()).collect()
    }

    fn item(&self, code: &str) -> &Item {
        self.catalog.items.iter().find(|item| item.code == code).unwrap()
    }

    fn leaf(&self, code: &str) -> &Leaf {
        match &self.item(code).kind {
            ItemKind::Leaf(leaf) => leaf,
            ItemKind::Node(_) => panic!("{code} is a node"),
        }
    }

    fn node_policy(&self, code: &str) -> &Node {
        match &self.item(code).kind {
            ItemKind::Node(node) => node,
            ItemKind::Leaf(_) => panic!("{code} is a leaf"),
        }
    }

    fn base_years(&self) -> Vec<i32> {
        if self.values.keys().all(|(_, _, year)| *year >= self.year) {
            return vec![self.year];
        }
        let span = i32::try_from(self.catalog.base_periods).unwrap();
        // A year without any record at all is no base, however its gaps could be filled.
        let on_record = |year: &i32| self.values.keys().any(|(_, _, of)| of == year);
        (self.year - span..self.year).filter(on_record).collect()
    }

    fn observed_base(&self, place: &str, leaf: &str) -> Option<f64> {
        let value = |year| self.filled.get(&(place.to_owned(), leaf.to_owned(), year)).copied();
        average(&self.base_years().into_iter().filter_map(value).collect::<Vec<_>>())
    }

    fn derived_base(&self, findings: &Findings, place: &str, leaf: &str) -> Option<f64> {
        let years = self.base_years();
        let both_inside = years.iter().filter(|year| years.contains(&(**year - 1)));
        let changes = both_inside.filter_map(|year| self.change(findings, place, leaf, *year));
        average(&changes.collect::<Vec<_>>()).map(|mean| self.rounded_off(mean))
    }

    fn change(&self, findings: &Findings, place: &str, leaf: &str, year: i32) -> Option<f64> {
        let Reads::ChangeOf(node) = self.leaf(leaf).reads else { panic!("{leaf} is observed") };
        let code = &self.catalog.items[node.0].code;
        let now = self.node(findings, place, code, year).0.ok()?;
        let before = self.node(findings, place, code, year - 1).0.ok()?;
        Some(self.rounded_off(now - before))
    }

    fn rounded_off(&self, change: f64) -> f64 {
        if change.abs() <= 1e-12 * self.catalog.scale { 0.0 } else { change }
    }

    fn threshold(&self, code: &str, base: &[f64], treatment: &Finding) -> (&'static str, f64, f64) {
        let leaf = self.leaf(code);
        let (extension, clip) = match leaf.threshold {
            ThresholdPolicy::Fixed { lower, upper } => return ("ok", lower, upper),
            ThresholdPolicy::Sampled { extension, clip } => (extension, clip),
        };
        if base.is_empty() {
            return ("no_data", 0.0, 0.0);
        }
        let mut sorted: Vec<f64> = base.iter().map(|&value| treatment.treated(value)).collect();
        sorted.sort_by(|left, right| left.partial_cmp(right).unwrap());
        let (min, max) = (sorted[0], sorted[sorted.len() - 1]);
        if max - min <= 1e-12 * f64::max(max.abs(), min.abs()) {
            return ("degenerate", 0.0, 0.0);
        }
        let (mut lower, mut upper) = match extension {
            Extension::None => (min, max),
            Extension::ByValue(share) => (min - share * min.abs(), max + share * max.abs()),
            Extension::ByRange(share) => (min - share * (max - min), max + share * (max - min)),
        };
        if matches!(leaf.transform, Transform::Ln) && lower <= 0.0 {
            lower = min;
        }
        lower = if treatment.logarithm(lower).is_some() { lower } else { min };
        upper = if treatment.logarithm(upper).is_some() { upper } else { max };
        if let (true, Reads::Measure(measure)) = (clip, &leaf.reads) {
            let bounds = &self.catalog.measures[*measure].bounds;
            lower = lower.max(bounds.lower.unwrap_or(f64::NEG_INFINITY));
            upper = upper.min(bounds.upper.unwrap_or(f64::INFINITY));
        }
        ("ok", lower, upper)
    }

    fn raw(&self, findings: &Findings, place: &str, code: &str, year: i32) -> Option<f64> {
        let kind = self.types.get(place)?;
        let (status, lower, upper) = *findings.thresholds.get(&(kind.clone(), code.to_owned()))?;
        let leaf = self.leaf(code);
        let value = if is_derived(leaf) {
            assert_eq!(year, self.year, "derived values of earlier years are nobody's business");
            findings.derived.get(&(place.to_owned(), code.to_owned()))
        } else {
            self.filled.get(&(place.to_owned(), code.to_owned(), year))
        };
        let value = *value?;
        if status != "ok" {
            return None;
        }
        let treatment = findings.treatments.get(&(kind.clone(), code.to_owned()));
        let (value, lower, upper) = match leaf.transform {
            Transform::None => match treatment {
                Some(found) => {
                    // Beyond the end on the side where a logarithm ends, a value counts as the end.
                    let value = found.treated(value);
                    let value = match found.outcome {
                        Outcome::Logarithm(_, false) => value.max(lower),
                        Outcome::Logarithm(_, true) => value.min(upper),
                        _ => value,
                    };
                    let of = |value| found.logarithm(value).unwrap();
                    (of(value), of(lower), of(upper))
                }
                None => (value, lower, upper),
            },
            Transform::Ln => (value.ln(), lower.ln(), upper.ln()),
        };
        Some(match leaf.direction {
            Direction::Positive => (value - lower) / (upper - lower),
            Direction::Inverse => (upper - value) / (upper - lower),
        })
    }

    fn left_out(&self, findings: &Findings, kind: &str, code: &str) -> bool {
        match findings.thresholds.get(&(kind.to_owned(), code.to_owned())) {
            Some(("degenerate", _, _)) => true,
            Some(("no_data", _, _)) => !is_derived(self.leaf(code)),
            _ => false,
        }
    }

    fn leaves_of(&self, code: &str) -> Vec<String> {
        let item = self.item(code);
        if item.children.is_empty() {
            return vec![code.to_owned()];
        }
        item.children.iter().flat_map(|child| self.leaves_of(&self.catalog.items[child.0].code)).collect()
    }

    fn weight(&self, findings: &Findings, kind: &str, leaf: &str) -> f64 {
        if self.left_out(findings, kind, leaf) {
            return 0.0;
        }
        let own = self.item(leaf).weight;
        let mut above = self.item(leaf).parent;
        while let Some(at) = above {
            let item = &self.catalog.items[at.0];
            if self.node_policy(&item.code).group_points.is_some() {
                let (mut all, mut kept) = (0.0, 0.0);
                for member in self.leaves_of(&item.code) {
                    all += self.item(&member).weight;
                    if !self.left_out(findings, kind, &member) {
                        kept += self.item(&member).weight;
                    }
                }
                return own * all / kept;
            }
            above = item.parent;
        }
        own
    }

    fn node(
        &self,
        findings: &Findings,
        place: &str,
        code: &str,
        year: i32,
    ) -> (Result<f64, &'static str>, f64) {
        let Some(kind) = self.types.get(place) else { return (Err("unclassified"), 0.0) };
        let policy = self.node_policy(code);
        // Of each part in use: its weight, the share of it observed, and its value from 0 to 1 or why not.
        let mut parts: Vec<(f64, f64, Result<f64, &'static str>)> = Vec::new();
        let leaf_part = |weight: f64, leaf: &str| {
            let z = if is_derived(self.leaf(leaf)) && year != self.year {
                None
            } else {
                self.raw(findings, place, leaf, year)
            };
            match z {
                Some(z) => (weight, 1.0, Ok(z.clamp(0.0, 1.0))),
                None => (weight, 0.0, Err("missing")),
            }
        };
        match policy.over {
            Over::Leaves => {
                for leaf in self.leaves_of(code) {
                    parts.push(leaf_part(self.weight(findings, kind, &leaf), &leaf));
                }
            }
            Over::Children => {
                for child in &self.item(code).children {
                    let child = &self.catalog.items[child.0];
                    if matches!(child.kind, ItemKind::Leaf(_)) {
                        if !self.left_out(findings, kind, &child.code) {
                            parts.push(leaf_part(child.weight, &child.code));
                        }
                    } else {
                        let (score, coverage) = self.node(findings, place, &child.code, year);
                        if score != Err("nothing in use") {
                            let value = score.map(|score| score / self.catalog.scale);
                            parts.push((child.weight, coverage, value));
                        }
                    }
                }
            }
        }
        parts.retain(|part| part.0 > 0.0);
        if parts.is_empty() {
            return (Err("nothing in use"), 0.0);
        }
        let all: f64 = parts.iter().map(|part| part.0).sum();
        let coverage = parts.iter().map(|part| part.0 * part.1).sum::<f64>() / all;
        if coverage < policy.minimum_coverage - 1e-9 {
            return (Err("low coverage"), coverage);
        }
        if parts.iter().any(|part| part.2 == Err("zero refused")) {
            return (Err("zero refused"), coverage);
        }
        let mut seen: Vec<(f64, f64)> =
            parts.iter().filter_map(|part| part.2.ok().map(|z| (part.0, z))).collect();
        if policy.mean != Mean::Arithmetic {
            let floor = policy.floor.unwrap_or(0.0);
            seen.iter_mut().for_each(|(_, z)| *z = f64::max(*z, floor));
        }
        let breaks_at_zero = match policy.mean {
            Mean::Arithmetic => false,
            Mean::Geometric | Mean::Harmonic => true,
            Mean::Power(exponent) => exponent < 0.0,
        };
        if breaks_at_zero && seen.iter().any(|(_, z)| *z <= 0.0) {
            return (Err("zero refused"), coverage);
        }
        if seen.is_empty() {
            return (Err("low coverage"), coverage);
        }
        (Ok(self.catalog.scale * mean(policy.mean, &seen)), coverage)
    }
}

/// Rank and percentile of one score among all of its type, by counting.
pub(crate) fn standing(score: f64, all: &[f64], decimals: i32) -> (usize, Option<f64>) {
    let rounded = |score: f64| (score * 10f64.powi(decimals)).round();
    let better = all.iter().filter(|other| rounded(**other) > rounded(score)).count();
    let worse = all.iter().filter(|other| rounded(**other) < rounded(score)).count();
    let ties = all.len() - better - worse;
    let percentile = 100.0 * (worse as f64 + 0.5 * (ties as f64 - 1.0)) / (all.len() as f64 - 1.0);
    (better + 1, (all.len() > 1).then_some(percentile))
}

fn mean(mean: Mean, seen: &[(f64, f64)]) -> f64 {
    let all: f64 = seen.iter().map(|(weight, _)| weight).sum();
    let over = |term: fn(f64, f64) -> f64, with: f64| -> f64 {
        seen.iter().map(|(weight, z)| weight / all * term(*z, with)).sum()
    };
    match mean {
        Mean::Arithmetic => over(|z, _| z, 0.0),
        Mean::Geometric => seen.iter().map(|(weight, z)| z.powf(weight / all)).product(),
        Mean::Harmonic => 1.0 / over(|z, _| 1.0 / z, 0.0),
        Mean::Power(exponent) => over(f64::powf, exponent).powf(1.0 / exponent),
    }
}

fn average(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn is_derived(leaf: &Leaf) -> bool {
    matches!(leaf.reads, Reads::ChangeOf(_))
}
