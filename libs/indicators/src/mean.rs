//! Means (均值) of dimensionless values.
//!
//! Every mean here is `f⁻¹(Σ w·f(z) / Σ w)` for one function `f`: the identity (arithmetic), the logarithm
//! (geometric), the reciprocal (harmonic), a power. [`compose`](crate::compose) adds the terms up,
//! [`contribution`](crate::contribution) splits the result along them.

use crate::catalog::{Mean, Node};

/// The function a node's mean is taken under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Averaging {
    mean: Mean,
    floor: Option<f64>,
}

impl Averaging {
    pub(crate) fn of(node: &Node) -> Self {
        // Zeros do an arithmetic mean no harm, so it has no use for a floor.
        let floor = if node.mean == Mean::Arithmetic { None } else { node.floor };
        Self { mean: node.mean, floor }
    }

    /// Which mean it is.
    pub(crate) fn mean(self) -> Mean {
        self.mean
    }

    /// What a value below it is raised to.
    pub(crate) fn floor(self) -> Option<f64> {
        self.floor
    }

    /// `f(z)`; `None` where the mean refuses the value: a zero (or less) without a floor, in a geometric or harmonic
    /// mean or under a negative power.
    #[inline]
    pub(crate) fn term(self, value: f64) -> Option<f64> {
        let value = self.floor.map_or(value, |floor| value.max(floor));
        match self.mean {
            Mean::Arithmetic => Some(value),
            Mean::Geometric => (value > 0.0).then(|| libm::log(value)),
            Mean::Harmonic => (value > 0.0).then(|| 1.0 / value),
            Mean::Power(exponent) if exponent > 0.0 => (value >= 0.0).then(|| libm::pow(value, exponent)),
            Mean::Power(exponent) => (value > 0.0).then(|| libm::pow(value, exponent)),
        }
    }

    /// `f⁻¹` of the weighted mean of the terms.
    pub(crate) fn value_of(self, mean_term: f64) -> f64 {
        match self.mean {
            Mean::Arithmetic => mean_term,
            Mean::Geometric => libm::exp(mean_term),
            Mean::Harmonic => 1.0 / mean_term,
            Mean::Power(exponent) => libm::pow(mean_term, 1.0 / exponent),
        }
    }

    /// How far a term lies from the term of a perfect value: 0 for a value of 1, never negative in 0..=1.
    pub(crate) fn shortfall(self, term: f64) -> f64 {
        match self.mean {
            Mean::Arithmetic => 1.0 - term,
            Mean::Geometric => -term,
            Mean::Harmonic => term - 1.0,
            Mean::Power(exponent) if exponent > 0.0 => 1.0 - term,
            Mean::Power(_) => term - 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Over;

    /// The mean of values above 0 with these weights, as `Composer` takes it.
    fn mean(mean: Mean, pairs: &[(Option<f64>, f64)]) -> Option<f64> {
        let node = Node { mean, over: Over::Leaves, minimum_coverage: 0.0, floor: None, group_points: None };
        let averaging = Averaging::of(&node);
        let (mut sum, mut weights) = (0.0, 0.0);
        for (value, weight) in pairs.iter().filter_map(|(value, weight)| value.map(|value| (value, weight))) {
            sum += weight * averaging.term(value)?;
            weights += weight;
        }
        Some(averaging.value_of(sum / weights))
    }

    fn close(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() <= 1e-13 * expected.abs())
    }

    const GAPPED: [(Option<f64>, f64); 3] = [(Some(10.0), 1.0), (None, 2.0), (Some(40.0), 3.0)];
    const FULL: [(Option<f64>, f64); 3] = [(Some(10.0), 1.0), (Some(20.0), 2.0), (Some(40.0), 3.0)];

    #[test]
    fn the_means_agree_with_coinr() {
        assert!(close(mean(Mean::Arithmetic, &GAPPED), 32.5));
        assert!(close(mean(Mean::Geometric, &GAPPED), 28.284_271_247_461_9));
        assert!(close(mean(Mean::Harmonic, &FULL), 21.818_181_818_181_817));
        assert!(close(mean(Mean::Power(0.5), &FULL), 26.832_772_151_790_74));
    }

    #[test]
    fn only_the_means_a_zero_would_break_refuse_it() {
        let with_zero = [(Some(0.0), 1.0), (Some(1.0), 1.0)];
        assert_eq!(mean(Mean::Arithmetic, &with_zero), Some(0.5));
        assert!(close(mean(Mean::Power(2.0), &with_zero), 0.5_f64.sqrt()));
        assert_eq!(mean(Mean::Geometric, &with_zero), None);
        assert_eq!(mean(Mean::Harmonic, &with_zero), None);
        assert_eq!(mean(Mean::Power(-1.0), &with_zero), None);
    }
}
