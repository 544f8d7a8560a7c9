//! Random numbers by seed, purpose and number.
//!
//! Every stream begins at a key of its own, so what one draw sees does not depend on which draws were made before it,
//! how many are wanted, or on which thread. The distributions are written out: integer arithmetic, the exactly rounded
//! operations of IEEE 754 and `libm`, so the bits are the same everywhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// What numbers are drawn for: streams of different purposes never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The settings of a run.
    Settings,
    /// The sample of one type, in one realisation.
    Sample,
    /// The weights of one realisation.
    Weights,
    /// The scrambling of one dimension of Sobol points.
    Scrambling,
    /// The rows of a bootstrap.
    Bootstrap,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    generator: ChaCha8Rng,
}

impl Stream {
    /// The stream of a purpose with these two numbers (a draw or realisation, and a type, a dimension or 0).
    #[must_use]
    pub fn of(seed: u64, purpose: Purpose, number: u64, part: u64) -> Self {
        let purpose: u64 = match purpose {
            Purpose::Settings => 1,
            Purpose::Sample => 2,
            Purpose::Weights => 3,
            Purpose::Scrambling => 4,
            Purpose::Bootstrap => 5,
        };
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip([seed, purpose, number, part]) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self { generator: ChaCha8Rng::from_seed(key) }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform in [0, 1), in steps of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        // 53 bits fit the mantissa, so the conversion and the division are exact.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A uniform index below `len`; 0 where `len` is 0. The bias is below `len`·2⁻⁶⁴.
    pub fn below(&mut self, len: usize) -> usize {
        let wide = (u128::from(self.bits()) * len as u128) >> 64;
        usize::try_from(wide).unwrap_or(0)
    }

    /// Standard normal, by the Box-Muller transform.
    pub fn normal(&mut self) -> f64 {
        // 1 - u lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Gamma with this shape, above 0, and scale 1.
    ///
    /// Source: Marsaglia and Tsang (2000), *A simple method for generating gamma variables*; below a shape of 1 by
    /// `gamma(shape + 1) · u^(1/shape)`, their section 6.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let power = libm::pow(1.0 - self.unit(), 1.0 / shape);
            return self.gamma(shape + 1.0) * power;
        }
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
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_another_seed_purpose_number_or_part_differ_and_one_repeats_itself() {
        let first = |seed, purpose, number, part| Stream::of(seed, purpose, number, part).bits();
        let one = first(1, Purpose::Sample, 2, 3);
        assert_eq!(one, first(1, Purpose::Sample, 2, 3));
        for other in [
            first(2, Purpose::Sample, 2, 3),
            first(1, Purpose::Weights, 2, 3),
            first(1, Purpose::Sample, 3, 3),
            first(1, Purpose::Sample, 2, 4),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_distributions_have_their_moments() {
        let mut stream = Stream::of(7, Purpose::Weights, 0, 0);
        let mut moments = |draw: &mut dyn FnMut(&mut Stream) -> f64| {
            let values: Vec<f64> = (0..40_000).map(|_| draw(&mut stream)).collect();
            let mean = values.iter().sum::<f64>() / 40_000.0;
            (mean, values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / 40_000.0)
        };
        let near = |found: (f64, f64), mean: f64, variance: f64| {
            // Five standard errors of the mean; the variance to a tenth.
            (found.0 - mean).abs() < 5.0 * (variance / 40_000.0).sqrt()
                && (found.1 / variance - 1.0).abs() < 0.1
        };
        assert!(near(moments(&mut Stream::unit), 0.5, 1.0 / 12.0));
        assert!(near(moments(&mut Stream::normal), 0.0, 1.0));
        assert!(near(moments(&mut |stream| stream.gamma(4.0)), 4.0, 4.0));
        assert!(near(moments(&mut |stream| stream.gamma(0.4)), 0.4, 0.4));
        assert_eq!(Stream::of(7, Purpose::Weights, 0, 0).below(0), 0);
    }
}
