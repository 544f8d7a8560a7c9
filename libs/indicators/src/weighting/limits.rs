//! Limits (限幅) against extreme weights: caps, and shrinkage towards equal weights.
//!
//! Objective methods reward what is rare: of two indicators entropy can give one 99 %. Caps bound a weight among its `m`
//! siblings to `[lower / m, upper / m]`; shrinkage takes a share of every weight and gives it out equally.
//!
//! Source: the platform's own. The scaling under bounds is the water-filling of resource allocation: one clip and one
//! division would push others over the bound that was just kept.

/// Bounds of a weight, as multiples of an equal share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caps {
    lower: f64,
    upper: f64,
}

/// Limits that bound nothing or everything.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum LimitFault {
    /// Caps must leave an equal share inside: 0 <= lower <= 1 <= upper, all finite.
    #[error("caps {lower}..{upper}: wanted 0 <= lower <= 1 <= upper")]
    Caps {
        /// Lower cap.
        lower: f64,
        /// Upper cap.
        upper: f64,
    },
    /// Shrinkage is a share.
    #[error("shrinkage {shrinkage} lies outside 0..1")]
    Shrinkage {
        /// The share.
        shrinkage: f64,
    },
}

/// What a cap did to a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capped {
    /// It lay below the lower cap.
    Raised,
    /// It lay above the upper cap.
    Lowered,
}

/// Weights inside their caps.
#[derive(Clone, Debug, PartialEq)]
pub struct CappedWeights {
    /// One weight a sibling, in sum 1.
    pub weights: Vec<f64>,
    /// The siblings that a cap holds, by position.
    pub capped: Vec<(usize, Capped)>,
}

impl Caps {
    /// Caps as multiples of an equal share: `0.5` and `2` keep each of `m` weights within `[0.5 / m, 2 / m]`.
    ///
    /// # Errors
    /// [`LimitFault::Caps`] unless `0 <= lower <= 1 <= upper`: else no weights would sum to 1.
    pub fn new(lower: f64, upper: f64) -> Result<Self, LimitFault> {
        let sound = lower.is_finite() && upper.is_finite() && (0.0..=1.0).contains(&lower) && upper >= 1.0;
        if sound { Ok(Self { lower, upper }) } else { Err(LimitFault::Caps { lower, upper }) }
    }

    /// Lower cap, in equal shares.
    #[must_use]
    pub fn lower(self) -> f64 {
        self.lower
    }

    /// Upper cap, in equal shares.
    #[must_use]
    pub fn upper(self) -> f64 {
        self.upper
    }

    /// Keeps weights (never negative, in sum 1) inside the caps: all are scaled by one factor and cut at the caps, with
    /// the factor that makes the sum 1. So weights between the caps keep their proportions, the order of weights stays,
    /// and nothing has to be repeated. Where even the greatest factor leaves something (all that weigh stand at their
    /// upper cap), the rest goes to the weights of 0 in equal shares.
    #[must_use]
    pub fn apply(self, weights: &[f64]) -> CappedWeights {
        let equal = 1.0 / weights.len() as f64;
        let (lowest, highest) = (self.lower * equal, self.upper * equal);
        let (mut within, capped) = match self.factor(weights, lowest, highest) {
            Some(factor) => {
                let scaled: Vec<f64> = weights.iter().map(|weight| weight * factor).collect();
                let within = scaled.iter().map(|weight| weight.clamp(lowest, highest)).collect();
                (within, at_caps(&scaled, lowest, highest))
            }
            None => self.filled(weights, highest),
        };
        let total: f64 = within.iter().sum();
        if total > 0.0 {
            within.iter_mut().for_each(|weight: &mut f64| *weight /= total);
        }
        CappedWeights { weights: within, capped }
    }

    /// The factor under which the cut weights sum to 1; `None` where no factor reaches it.
    ///
    /// The sum is a polyline in the factor that only rises; its corners are where a weight leaves its lower cap or meets
    /// its upper one. Between the corners that enclose 1 it is a straight line, and solved exactly.
    fn factor(self, weights: &[f64], lowest: f64, highest: f64) -> Option<f64> {
        let sum = |factor: f64| -> f64 {
            weights.iter().map(|weight| (weight * factor).clamp(lowest, highest)).sum()
        };
        let of_weight = |weight: &f64| [lowest / weight, highest / weight];
        let positive = weights.iter().filter(|weight| **weight > 0.0);
        let mut corners: Vec<f64> =
            positive.flat_map(of_weight).filter(|corner| corner.is_finite()).collect();
        corners.sort_unstable_by(f64::total_cmp);
        let beyond = corners.iter().position(|corner| sum(*corner) >= 1.0 - 1e-15)?;
        let (upper, lower) = (corners[beyond], if beyond == 0 { 0.0 } else { corners[beyond - 1] });
        let (at_upper, at_lower) = (sum(upper), sum(lower));
        let rise = at_upper - at_lower;
        if rise <= 0.0 {
            return Some(upper);
        }
        Some(lower + (upper - lower) * ((1.0 - at_lower) / rise).clamp(0.0, 1.0))
    }

    /// Everything that weighs at its upper cap, the rest among the zeros.
    fn filled(self, weights: &[f64], highest: f64) -> (Vec<f64>, Vec<(usize, Capped)>) {
        let weighing = weights.iter().filter(|weight| **weight > 0.0).count();
        let left = (1.0 - highest * weighing as f64).max(0.0);
        let each = left / (weights.len() - weighing).max(1) as f64;
        let of_weight =
            |weight: &f64| if *weight > 0.0 { (highest, Capped::Lowered) } else { (each, Capped::Raised) };
        let (within, capped): (Vec<f64>, Vec<Capped>) = weights.iter().map(of_weight).unzip();
        (within, capped.into_iter().enumerate().collect())
    }
}

/// Which of the scaled weights a cap cuts; what is off by round-off alone is not cut.
fn at_caps(scaled: &[f64], lowest: f64, highest: f64) -> Vec<(usize, Capped)> {
    let cut = |(at, weight): (usize, &f64)| {
        if *weight < lowest * (1.0 - 1e-12) {
            Some((at, Capped::Raised))
        } else if *weight > highest * (1.0 + 1e-12) {
            Some((at, Capped::Lowered))
        } else {
            None
        }
    };
    scaled.iter().enumerate().filter_map(cut).collect()
}

/// `(1 - λ) w + λ / m`: weights drawn towards equal ones by a share in 0..=1.
///
/// # Errors
/// [`LimitFault::Shrinkage`] if the share lies outside.
pub fn shrink(weights: &[f64], shrinkage: f64) -> Result<Vec<f64>, LimitFault> {
    if !(0.0..=1.0).contains(&shrinkage) {
        return Err(LimitFault::Shrinkage { shrinkage });
    }
    let equal = shrinkage / weights.len() as f64;
    Ok(weights.iter().map(|weight| (1.0 - shrinkage) * weight + equal).collect())
}
