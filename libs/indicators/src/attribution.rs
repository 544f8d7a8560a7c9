//! Attribution of a change (变化分解): how much of it came from the values, the thresholds and the weights.
//!
//! The three are exchanged one after the other, in each of the six possible orders, and the effects averaged (the
//! Shapley value). A single order would be simpler, but whichever factor went first would be measured against the old
//! state and the last against the new, and the answer would depend on a choice nobody made. The average is symmetric
//! and sums to the change exactly, leaf by leaf.
//!
//! Source: specification page 1, section 1.7 (growth and diagnosis) and section 1.8, readings 2 and 3.

use crate::compose::{Absence, Composer};
use crate::contribution::contributions;
use crate::normalise::Scaler;
use crate::outline::Outline;
use crate::table::{ShapeError, check_length};
use crate::threshold::{Threshold, ThresholdStatus, check_thresholds};
use crate::weight::effective_weights;

/// All that a place's score follows from, at one time.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Values in the indicators' own units, by leaf position, derived ones included.
    pub values: &'a [Option<f64>],
    /// Thresholds of the place's type, by leaf position.
    pub thresholds: &'a [Threshold],
    /// Declared weights, by item (see [`declared_weights`](crate::weight::declared_weights)).
    pub weights: &'a [f64],
}

/// What the three factors did to one leaf's contribution, in points on the catalog's scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effects {
    /// The values changed, or came or went.
    pub values: f64,
    /// The thresholds moved, or the indicator went out of use or came back.
    pub thresholds: f64,
    /// The weights were set anew.
    pub weights: f64,
}

/// The change of a score from one state to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// Effects by leaf position.
    pub leaves: Vec<Effects>,
    /// Their sums: together the change of the score.
    pub total: Effects,
}

/// Why a change cannot be attributed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributionError {
    /// The input does not fit the catalog.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// One of the eight mixtures of old and new (the two states themselves included) has no score.
    #[error(
        "no score with {} values, {} thresholds and {} weights",
        age(*.new_values),
        age(*.new_thresholds),
        age(*.new_weights)
    )]
    NoScore {
        /// The mixture took the values of the state after.
        new_values: bool,
        /// The mixture took the thresholds of the state after.
        new_thresholds: bool,
        /// The mixture took the weights of the state after.
        new_weights: bool,
        /// Why it has none.
        #[source]
        absence: Absence,
    },
}

const VALUES: usize = 1;
const THRESHOLDS: usize = 2;
const WEIGHTS: usize = 4;

impl Effects {
    /// All three together.
    #[must_use]
    pub fn sum(self) -> f64 {
        self.values + self.thresholds + self.weights
    }
}

/// Attributes the change of one place's score at one node.
///
/// # Errors
/// [`AttributionError`] if the states do not fit the catalog or a mixture of the two has no score.
pub fn attribute_change(
    outline: &Outline<'_>,
    node: usize,
    before: &State<'_>,
    after: &State<'_>,
) -> Result<Attribution, AttributionError> {
    let mut points = Vec::with_capacity(8);
    for mixture in 0..8 {
        points.push(points_of_mixture(outline, node, before, after, mixture)?);
    }
    let effect = |leaf: usize, factor: usize| {
        let step = |others: usize| points[others | factor][leaf] - points[others][leaf];
        // The other two factors: of six orders this one comes first in two, between them in one each, last in two.
        let (one, other) = match factor {
            VALUES => (THRESHOLDS, WEIGHTS),
            THRESHOLDS => (VALUES, WEIGHTS),
            _ => (VALUES, THRESHOLDS),
        };
        (2.0 * step(0) + step(one) + step(other) + 2.0 * step(one | other)) / 6.0
    };
    let leaves: Vec<Effects> = (0..outline.leaf_count())
        .map(|leaf| Effects {
            values: effect(leaf, VALUES),
            thresholds: effect(leaf, THRESHOLDS),
            weights: effect(leaf, WEIGHTS),
        })
        .collect();
    let total = Effects {
        values: leaves.iter().map(|leaf| leaf.values).sum(),
        thresholds: leaves.iter().map(|leaf| leaf.thresholds).sum(),
        weights: leaves.iter().map(|leaf| leaf.weights).sum(),
    };
    Ok(Attribution { leaves, total })
}

/// Points by leaf in a mixture of the two states; bit set means the factor is taken from `after`.
fn points_of_mixture(
    outline: &Outline<'_>,
    node: usize,
    before: &State<'_>,
    after: &State<'_>,
    mixture: usize,
) -> Result<Vec<f64>, AttributionError> {
    let pick = |factor: usize| if mixture & factor == 0 { before } else { after };
    let (values, thresholds) = (pick(VALUES).values, pick(THRESHOLDS).thresholds);
    check_length("values of a place", outline.leaf_count(), values.len())?;
    check_thresholds(outline, thresholds)?;

    let statuses: Vec<ThresholdStatus> = thresholds.iter().map(|threshold| threshold.status()).collect();
    let weights = effective_weights(outline, pick(WEIGHTS).weights, &statuses)?;
    let z: Vec<Option<f64>> = outline
        .leaves()
        .enumerate()
        .map(|(at, leaf)| {
            let scaler = Scaler::new(leaf, thresholds[at].goalposts()?)?;
            Some(scaler.scale(values[at]?)?.capped)
        })
        .collect();
    let found = contributions(&Composer::new(outline, &weights)?, node, &z)?;
    let found = found.map_err(|absence| AttributionError::NoScore {
        new_values: mixture & VALUES != 0,
        new_thresholds: mixture & THRESHOLDS != 0,
        new_weights: mixture & WEIGHTS != 0,
        absence,
    })?;
    let mut points = vec![0.0; outline.leaf_count()];
    for contribution in found {
        points[contribution.leaf] = contribution.points;
    }
    Ok(points)
}

fn age(new: bool) -> &'static str {
    if new { "new" } else { "old" }
}
