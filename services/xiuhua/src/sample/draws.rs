//! Chance with a seed: named streams of random numbers and the few distributions the sample needs.
//!
//! A library of distributions is kept out on purpose: such libraries use the platform's `ln` and
//! `exp` and may change their algorithms between versions, and either would change the bytes of
//! the files. Here everything is integer arithmetic, the exactly rounded operations of IEEE 754
//! and `libm`.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// One stream of random numbers, independent of every stream with another label.
pub(super) struct Stream {
    generator: ChaCha8Rng,
    /// The second normal of the last pair, not yet handed out.
    spare_normal: Option<f64>,
}

impl Stream {
    /// The stream of `label` under `seed`. A label of its own for each subject (one estate, say)
    /// keeps a change to one from shifting the numbers of all others.
    pub(super) fn named(seed: u64, label: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_string());
        hash.update([0]);
        hash.update(label);
        let generator = ChaCha8Rng::from_seed(hash.finalize().into());
        Self { generator, spare_normal: None }
    }

    /// Uniform in [0, 1), in steps of 2⁻⁵³.
    pub(super) fn unit(&mut self) -> f64 {
        // 53 bits fit the mantissa, so the conversion and the division are exact.
        (self.generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A uniform index below `len`, which must not be 0. The bias is below 2⁻⁴⁰ for the
    /// lengths in use.
    pub(super) fn index(&mut self, len: usize) -> usize {
        let wide = u128::from(self.generator.next_u64()) * len as u128;
        usize::try_from(wide >> 64).expect("the high half is below len, a usize")
    }

    /// True with probability `share`.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of the named values, by share. The shares sum to 1.
    pub(super) fn by_share<T: Copy>(&mut self, choices: &[(T, f64)]) -> T {
        let mut left = self.unit();
        for &(choice, share) in choices {
            if left < share {
                return choice;
            }
            left -= share;
        }
        choices.last().expect("a choice has at least one value").0
    }

    /// Standard normal, by the Box-Muller transform.
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        // 1 - u lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        let angle = std::f64::consts::TAU * self.unit();
        self.spare_normal = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }

    /// Lognormal with median 1; `spread` is the standard deviation of its logarithm.
    pub(super) fn lognormal(&mut self, spread: f64) -> f64 {
        libm::exp(spread * self.normal())
    }

    /// Gamma with mean 1 and variance 1/`shape`, for `shape` of 1 and more (Marsaglia and Tsang 2000).
    pub(super) fn gamma_of_mean_one(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            if libm::log(1.0 - self.unit()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v / shape;
            }
        }
    }

    /// A Poisson count: by multiplication for small means, by the rounded normal from 60 on, where
    /// the difference is far below the spread of the rates it is used with.
    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        if mean >= 60.0 {
            return nearest_count(mean + mean.sqrt() * self.normal());
        }
        let floor = libm::exp(-mean);
        let mut product = self.unit();
        let mut count = 0;
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// A count of mean `mean` that varies more than a Poisson count: variance mean + mean²/`shape`.
    pub(super) fn overdispersed_count(&mut self, mean: f64, shape: f64) -> u32 {
        let rate = mean * self.gamma_of_mean_one(shape);
        self.poisson(rate)
    }

    /// Puts the items in random order (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}

/// The nearest whole number, at least 0.
pub(super) fn nearest_count(value: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded and held in 0..=u32::MAX just before; `as` saturates beyond"
    )]
    let count = value.round().clamp(0.0, f64::from(u32::MAX)) as u32;
    count
}

/// `value` rounded half away from zero to `decimals`; never minus zero, which would print as `-0.0`.
pub(super) fn rounded(value: f64, decimals: u8) -> f64 {
    let scale = (0..decimals).fold(1.0, |scale, _| scale * 10.0);
    (value * scale).round() / scale + 0.0
}

/// The share, 0 to 1, of which `logit` is the log-odds.
pub(super) fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-logit))
}

/// The log-odds of `share`, which lies strictly between 0 and 1.
pub(super) fn log_odds(share: f64) -> f64 {
    libm::log(share / (1.0 - share))
}

/// Splits `total` into whole parts in proportion to `weights`, each at least `least`, by largest
/// remainder; equal remainders go to the earlier part. The parts sum to `total` exactly.
///
/// `weights` are positive and `total` is at least `least` times their number.
pub(super) fn apportion(total: u32, weights: &[f64], least: u32) -> Vec<u32> {
    let parts = u32::try_from(weights.len()).expect("the district has a few thousand estates");
    let free = total - least * parts;
    let weight_sum: f64 = weights.iter().sum();
    let quotas: Vec<f64> = weights.iter().map(|weight| f64::from(free) * weight / weight_sum).collect();
    let mut shares: Vec<u32> = quotas.iter().map(|quota| nearest_count(quota.floor())).collect();

    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    let remainder = |at: usize| quotas[at] - quotas[at].floor();
    by_remainder.sort_by(|&one, &other| remainder(other).total_cmp(&remainder(one)).then(one.cmp(&other)));
    let left = usize::try_from(free - shares.iter().sum::<u32>()).expect("fewer left than parts");
    for &at in by_remainder.iter().cycle().take(left) {
        shares[at] += 1;
    }
    shares.into_iter().map(|share| share + least).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(values: &[f64]) -> (f64, f64) {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        (mean, values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count)
    }

    fn sample_of(mut draw: impl FnMut(&mut Stream) -> f64) -> (f64, f64) {
        let mut stream = Stream::named(7, "distribution");
        mean_and_variance(&(0..20_000).map(|_| draw(&mut stream)).collect::<Vec<_>>())
    }

    #[test]
    fn the_logistic_curve_undoes_the_log_odds() {
        assert!((logistic(0.0) - 0.5).abs() < 1e-15);
        assert!([0.03, 0.5, 0.97].iter().all(|&share| (logistic(log_odds(share)) - share).abs() < 1e-12));
    }

    #[test]
    fn the_normal_has_mean_zero_and_variance_one() {
        let (mean, variance) = sample_of(Stream::normal);
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn the_gamma_has_mean_one_and_variance_one_over_shape() {
        let (mean, variance) = sample_of(|stream| stream.gamma_of_mean_one(2.5));
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
        assert!((variance - 0.4).abs() < 0.04, "{variance}");
    }

    #[test]
    fn a_poisson_count_has_equal_mean_and_variance_on_both_sides_of_the_switch() {
        for expected in [0.4, 12.0, 80.0] {
            let (mean, variance) = sample_of(|stream| f64::from(stream.poisson(expected)));
            assert!((mean / expected - 1.0).abs() < 0.04, "{mean} for {expected}");
            assert!((variance / expected - 1.0).abs() < 0.08, "{variance} for {expected}");
        }
    }

    #[test]
    fn streams_with_different_labels_or_seeds_differ_and_the_same_ones_agree() {
        let first = |seed, label| Stream::named(seed, label).unit().to_bits();
        assert_eq!(first(1, "a"), first(1, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
        assert_ne!(first(1, "a"), first(2, "a"));
    }

    #[test]
    fn apportioned_parts_sum_to_the_total_and_keep_the_least() {
        assert_eq!(apportion(10, &[1.0, 1.0, 1.0], 0), [4, 3, 3]);
        assert_eq!(apportion(100, &[0.001, 3.0, 1.0], 5), [5, 69, 26]);
    }

    #[test]
    fn rounding_never_leaves_a_minus_zero() {
        assert_eq!(format!("{:.1}", rounded(-0.04, 1)), "0.0");
        assert_eq!(format!("{:.2}", rounded(12.345_678, 2)), "12.35");
    }
}
