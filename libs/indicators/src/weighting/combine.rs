//! Combination (组合赋权): subjective and objective weights of the same siblings made one.
//!
//! Source: specification page 1, section 1.9. Mean and product are the usual ones; the square root is the minimum of the
//! relative entropy to both. The "least squares" combination of many texts is the plain mean, whatever the values are.
//! Game theory: the linear system of Nash equilibrium weights, with what is wrong with it shown.

use crate::table::{ShapeError, check_length};

/// How two sets of weights become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Combination {
    /// `share · s + (1 - share) · o`; the share of the subjective weights lies in 0..=1.
    Mean(f64),
    /// `s · o / Σ`: where both agree it counts twice, and one zero ends an indicator.
    Product,
    /// `√(s · o) / Σ`: the least relative entropy to both; a zero ends an indicator here too.
    SquareRoot,
    /// `α₁ s + α₂ o`, the alphas solved from the weights themselves. Only for comparison with texts that use it.
    GameTheory,
}

/// Combined weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Combined {
    /// One weight a sibling, never negative, in sum 1.
    pub weights: Vec<f64>,
    /// Of game theory, what was solved.
    pub game: Option<Game>,
}

/// The alphas of game theory, and how they fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Game {
    /// As solved, of the subjective and of the objective weights; `None` where the system is singular.
    pub raw: Option<(f64, f64)>,
    /// As used: never negative, in sum 1.
    pub used: (f64, f64),
    /// What went wrong, if something did.
    pub failure: Option<GameFailure>,
}

/// How game theory fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GameFailure {
    /// Both sets are (nearly) the same: there is nothing to solve, and both count half.
    Singular,
    /// Equal subjective weights are thrown away entirely: their alpha is 0 by algebra, whatever anybody meant by them.
    SubjectiveIgnored,
    /// Equal objective weights are thrown away in the same way.
    ObjectiveIgnored,
    /// An alpha came out negative and was set to 0.
    NegativeClamped,
}

/// Two sets of weights that cannot be combined.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CombineError {
    /// They are not of one length.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A weight is negative or no finite number.
    #[error("weight {at} is {weight}, not a finite number of 0 and more")]
    Weight {
        /// Its position.
        at: usize,
        /// The weight.
        weight: f64,
    },
    /// The share of the mean lies outside 0..=1.
    #[error("the share {share} of the subjective weights lies outside 0..1")]
    Share {
        /// The share.
        share: f64,
    },
    /// Under a product no sibling has a weight in both.
    #[error("no item has a weight in both sets, so their product weighs nothing")]
    NothingShared,
}

/// Combines the weights of siblings. Both sets sum to 1 or are brought to it.
///
/// # Errors
/// [`CombineError`] if they do not fit each other or hold no weight.
pub fn combine(
    subjective: &[f64],
    objective: &[f64],
    combination: Combination,
) -> Result<Combined, CombineError> {
    check_length("objective weights", subjective.len(), objective.len())?;
    let subjective = &summing_to_one(subjective)?;
    let objective = &summing_to_one(objective)?;
    let pairs = || subjective.iter().zip(objective);
    let (weights, game) = match combination {
        Combination::Mean(share) => {
            if !(0.0..=1.0).contains(&share) {
                return Err(CombineError::Share { share });
            }
            (pairs().map(|(s, o)| share * s + (1.0 - share) * o).collect(), None)
        }
        Combination::Product => (pairs().map(|(s, o)| s * o).collect::<Vec<f64>>(), None),
        Combination::SquareRoot => (pairs().map(|(s, o)| (s * o).sqrt()).collect(), None),
        Combination::GameTheory => {
            let game = solve(subjective, objective);
            let (of_subjective, of_objective) = game.used;
            (pairs().map(|(s, o)| of_subjective * s + of_objective * o).collect(), Some(game))
        }
    };
    let weights = summing_to_one(&weights).map_err(|error| match error {
        CombineError::Weight { .. } => CombineError::NothingShared,
        other => other,
    })?;
    Ok(Combined { weights, game })
}

fn summing_to_one(weights: &[f64]) -> Result<Vec<f64>, CombineError> {
    let bad = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0));
    if let Some(at) = bad {
        return Err(CombineError::Weight { at, weight: weights[at] });
    }
    let total: f64 = weights.iter().sum();
    if !weights.is_empty() && total <= 0.0 {
        return Err(CombineError::NothingShared);
    }
    Ok(weights.iter().map(|weight| weight / total).collect())
}

/// Solves `[[s·s, s·o], [o·s, o·o]] α = (s·s, o·o)` and mends what comes out.
fn solve(subjective: &[f64], objective: &[f64]) -> Game {
    let dot = |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(x, y)| x * y).sum::<f64>();
    let (ss, so, oo) = (dot(subjective, subjective), dot(subjective, objective), dot(objective, objective));
    let determinant = ss * oo - so * so;
    // Round-off of the products is the only determinant that equal weights have.
    if determinant <= 1e-12 * ss * oo {
        return Game { raw: None, used: (0.5, 0.5), failure: Some(GameFailure::Singular) };
    }
    let raw = (oo * (ss - so) / determinant, ss * (oo - so) / determinant);
    let is_none = |alpha: f64| alpha.abs() <= 1e-9;
    let failure = match raw {
        (left, _) if is_none(left) => Some(GameFailure::SubjectiveIgnored),
        (_, right) if is_none(right) => Some(GameFailure::ObjectiveIgnored),
        (left, right) if left < 0.0 || right < 0.0 => Some(GameFailure::NegativeClamped),
        _ => None,
    };
    let clamped = |alpha: f64| if is_none(alpha) { 0.0 } else { alpha.max(0.0) };
    let (left, right) = (clamped(raw.0), clamped(raw.1));
    // By Cauchy and Schwarz they are never both negative.
    let total = left + right;
    Game { raw: Some(raw), used: (left / total, right / total), failure }
}
