//! Why a score moved: what each indicator adds to it in both assessments, and what changed about the indicator — its
//! value, its thresholds, or its weight (which also moves when others appear or go missing).

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};
use xiuhua_contracts::measure::v1::Text;
use xiuhua_contracts::scoring::v1::LeafExplanation;

use crate::platform::Platform;
use crate::reading::explained;
use crate::screen::{Screen, points, value};

/// Points below which a difference is round-off and has no cause.
const ROUND_OFF: f64 = 1e-9;
/// Indicators that are named for a move.
const NAMED: usize = 3;

/// A place whose score differs.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) place_id: String,
    /// Before and after, as in the next two.
    pub(super) types: [String; 2],
    pub(super) scores: [f64; 2],
    pub(super) ranks: [Option<u32>; 2],
}

impl Move {
    /// In points.
    pub(super) fn change(&self) -> f64 {
        self.scores[1] - self.scores[0]
    }

    pub(super) fn json(&self, why: &Why) -> Value {
        let sums: BTreeMap<_, _> = why.sums.iter().map(|(cause, points)| (cause.key(), points)).collect();
        json!({
            "place_id": self.place_id,
            "name": why.name,
            "type_before": self.types[0],
            "type_after": self.types[1],
            "score_before": self.scores[0],
            "score_after": self.scores[1],
            "change_points": self.change(),
            "rank_before": self.ranks[0],
            "rank_after": self.ranks[1],
            "causes": sums,
            "leaves": why.leaves.iter().map(|leaf| json!({
                "leaf": leaf.code,
                "cause": leaf.cause.key(),
                "change_points": leaf.points,
                "value_before": leaf.values[0],
                "value_after": leaf.values[1],
            })).collect::<Vec<_>>(),
        })
    }
}

/// What changed about an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The place is of another type: everything about it differs.
    Type,
    Value,
    Threshold,
    ValueAndThreshold,
    Weight,
}

impl Cause {
    fn key(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Value => "value",
            Self::Threshold => "threshold",
            Self::ValueAndThreshold => "value_and_threshold",
            Self::Weight => "weight",
        }
    }

    fn words(self, screen: &Screen) -> String {
        let (zh, en) = match self {
            Self::Type => ("类型", "type"),
            Self::Value => ("数值", "values"),
            Self::Threshold => ("阈值", "thresholds"),
            Self::ValueAndThreshold => ("数值与阈值", "values and thresholds"),
            Self::Weight => ("权重", "weights"),
        };
        screen.choose(zh, en).to_owned()
    }
}

/// The causes of a move.
pub(super) struct Why {
    /// Of the place.
    pub(super) name: String,
    /// Points by cause, greatest first; they add up to the change.
    sums: Vec<(Cause, f64)>,
    /// The indicators that moved most.
    leaves: Vec<Moved>,
}

struct Moved {
    code: String,
    name: Option<Text>,
    cause: Cause,
    points: f64,
    values: [Option<f64>; 2],
}

impl Why {
    /// In one line: points by cause, then the indicators.
    pub(super) fn words(&self, screen: &Screen) -> String {
        let sums = self.sums.iter();
        let sums = sums.map(|(cause, sum)| format!("{} {}", cause.words(screen), points(Some(*sum))));
        let leaves = self.leaves.iter().map(|leaf| {
            let name = screen.text(leaf.name.as_ref());
            let [before, after] = leaf.values.map(value);
            let values = if before == after { String::new() } else { format!(" {before} → {after}") };
            format!("{} {name}{values} {}", leaf.code, points(Some(leaf.points)))
        });
        let parts = [sums.collect::<Vec<_>>().join(", "), leaves.collect::<Vec<_>>().join("; ")];
        parts.join(": ")
    }
}

/// Walks both scores of a move back.
///
/// # Errors
/// If scoring cannot be read.
pub(super) async fn explain_move(
    platform: &Platform,
    runs: [&str; 2],
    nodes: &[String; 2],
    moved: &Move,
) -> Result<Why> {
    let before = explained(platform, runs[0], &moved.place_id, &nodes[0]).await?;
    let after = explained(platform, runs[1], &moved.place_id, &nodes[1]).await?;
    let (sums, leaves) = causes(&before.leaves, &after.leaves, moved.types[0] != moved.types[1]);
    Ok(Why { name: after.place_name, sums, leaves })
}

fn causes(
    before: &[LeafExplanation],
    after: &[LeafExplanation],
    is_other_type: bool,
) -> (Vec<(Cause, f64)>, Vec<Moved>) {
    let none = LeafExplanation::default();
    let mut both: BTreeMap<&str, [&LeafExplanation; 2]> =
        before.iter().map(|leaf| (leaf.leaf.as_str(), [leaf, &none])).collect();
    for leaf in after {
        both.entry(&leaf.leaf).or_insert([&none, &none])[1] = leaf;
    }
    let mut sums: BTreeMap<Cause, f64> = BTreeMap::new();
    let mut leaves = Vec::new();
    for (code, [was, is]) in both {
        let points = is.contribution.unwrap_or(0.0) - was.contribution.unwrap_or(0.0);
        if points.abs() > ROUND_OFF {
            let cause = if is_other_type { Cause::Type } else { cause(was, is) };
            *sums.entry(cause).or_default() += points;
            let name = is.name.clone().or_else(|| was.name.clone());
            leaves.push(Moved { code: code.to_owned(), name, cause, points, values: [was.value, is.value] });
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|(_, left), (_, right)| right.abs().total_cmp(&left.abs()));
    leaves.sort_by(|left, right| right.points.abs().total_cmp(&left.points.abs()));
    leaves.truncate(NAMED);
    (sums, leaves)
}

fn cause(was: &LeafExplanation, is: &LeafExplanation) -> Cause {
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    let thresholds = |leaf: &LeafExplanation| (bits(leaf.lower), bits(leaf.upper));
    match (bits(was.value) != bits(is.value), thresholds(was) != thresholds(is)) {
        (true, true) => Cause::ValueAndThreshold,
        (true, false) => Cause::Value,
        (false, true) => Cause::Threshold,
        (false, false) => Cause::Weight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(code: &str, value: f64, upper: f64, contribution: f64) -> LeafExplanation {
        LeafExplanation {
            leaf: code.to_owned(),
            value: Some(value),
            lower: Some(0.0),
            upper: Some(upper),
            contribution: Some(contribution),
            ..LeafExplanation::default()
        }
    }

    #[test]
    fn the_points_of_the_causes_add_up_to_the_move() {
        let before = [leaf("P", 1.0, 10.0, 5.0), leaf("Q", 2.0, 10.0, 10.0), leaf("R", 3.0, 10.0, 15.0)];
        let after = [leaf("P", 4.0, 10.0, 20.0), leaf("Q", 2.0, 20.0, 5.0), leaf("R", 3.0, 10.0, 16.0)];
        let (sums, leaves) = causes(&before, &after, false);
        assert_eq!(sums, [(Cause::Value, 15.0), (Cause::Threshold, -5.0), (Cause::Weight, 1.0)]);
        let codes: Vec<_> = leaves.iter().map(|leaf| leaf.code.as_str()).collect();
        assert_eq!(codes, ["P", "Q", "R"]);
        let (sums, _) = causes(&before, &after, true);
        assert_eq!(sums, [(Cause::Type, 11.0)]);
    }

    #[test]
    fn an_indicator_that_appears_or_goes_missing_moves_by_all_it_adds() {
        let (sums, _) = causes(&[], &[leaf("P", 1.0, 10.0, 5.0)], false);
        assert_eq!(sums, [(Cause::ValueAndThreshold, 5.0)]);
        let missing = LeafExplanation { value: None, contribution: None, ..leaf("P", 1.0, 10.0, 0.0) };
        let (sums, _) = causes(&[leaf("P", 1.0, 10.0, 5.0)], &[missing], false);
        assert_eq!(sums, [(Cause::Value, -5.0)]);
    }
}
