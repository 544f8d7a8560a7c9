//! Distributions that limits are read from: normal, Student's t, binomial tails. `ln` and `exp` are `libm`'s.

/// Continued fractions end after this many terms; those here need some tens.
const MOST_TERMS: u32 = 500;
/// Probabilities below this are not told apart.
const LEAST: f64 = 1e-300;

/// P(Z ≤ z) of a standard normal Z.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// The z with P(Z ≤ z) = `p`; `p` is brought into (0, 1) where it lies at an end.
///
/// Source: Wichura 1988, algorithm AS 241 (PPND16), about 16 digits.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    let p = p.clamp(LEAST, 1.0 - f64::EPSILON / 2.0);
    let from_middle = p - 0.5;
    if from_middle.abs() <= 0.425 {
        let r = 0.180_625 - from_middle * from_middle;
        return from_middle * polynomial(&A, r) / polynomial(&B, r);
    }
    let tail = libm::sqrt(-libm::log(p.min(1.0 - p)));
    let z = if tail <= 5.0 {
        polynomial(&C, tail - 1.6) / polynomial(&D, tail - 1.6)
    } else {
        polynomial(&E, tail - 5.0) / polynomial(&F, tail - 5.0)
    };
    if from_middle < 0.0 { -z } else { z }
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// P(T ≥ t) of Student's t with `degrees` of freedom, above 0.
#[must_use]
pub fn student_tail(t: f64, degrees: f64) -> f64 {
    let beyond = 0.5 * incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t));
    if t >= 0.0 { beyond } else { 1.0 - beyond }
}

/// P(X ≥ `least`) of a binomial X with `trials` trials of probability `p`; for real `least` and `trials` its
/// continuation by the incomplete beta function.
#[must_use]
pub fn binomial_tail(least: f64, trials: f64, p: f64) -> f64 {
    if least <= 0.0 {
        1.0
    } else if least > trials {
        // The continuation ends at 0 one beyond the last count.
        if least >= trials + 1.0 { 0.0 } else { incomplete_beta(least, trials - least + 1.0, p) }
    } else {
        incomplete_beta(least, trials - least + 1.0, p)
    }
}

/// The regularised incomplete beta function I_x(a, b), `a` and `b` above 0.
///
/// Source: NIST DLMF 8.17.22, by the modified Lentz method.
#[must_use]
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    // The fraction converges fast below the mean, so the smaller side is computed.
    if x < (a + 1.0) / (a + b + 2.0) {
        libm::exp(front) * beta_fraction(a, b, x) / a
    } else {
        1.0 - libm::exp(front) * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for term in 1..=MOST_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / kept(1.0 + even * d);
        c = kept(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / kept(1.0 + odd * d);
        c = kept(1.0 + odd / c);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "a figure that must be exact is compared exactly")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(found: f64, expected: f64, tolerance: f64) -> bool {
        (found - expected).abs() <= tolerance * expected.abs().max(1e-12)
    }

    #[test]
    fn the_normal_distribution_agrees_with_its_tables() {
        for (z, p) in [(0.0, 0.5), (1.96, 0.975_002_104_851_780), (-3.0, 0.001_349_898_031_630_095)] {
            assert!(close(normal_cdf(z), p, 1e-12), "{z}");
        }
        for (p, z) in
            [(0.975, 1.959_963_984_540_054), (0.99, 2.326_347_874_040_841), (1e-10, -6.361_340_902_404_056)]
        {
            assert!(close(normal_quantile(p), z, 1e-12), "{p}: {}", normal_quantile(p));
        }
    }

    #[test]
    fn students_t_agrees_with_its_tables() {
        // Upper 2.5 % and 0.5 % points.
        for (degrees, t, tail) in
            [(10.0, 2.228_139, 0.025), (22.0, 2.073_873, 0.025), (5.0, 4.032_143, 0.005)]
        {
            assert!(close(student_tail(t, degrees), tail, 1e-5), "{degrees}");
            assert!(close(student_tail(-t, degrees), 1.0 - tail, 1e-5), "{degrees}");
        }
    }

    #[test]
    fn binomial_tails_are_the_sums_that_they_continue() {
        for (trials, p) in [(1_u32, 0.5), (7, 0.2), (30, 0.04), (60, 0.5)] {
            for least in 0..=trials {
                let mut sum = 0.0;
                for count in least..=trials {
                    let ways: f64 = (0..count).map(|at| f64::from(trials - at) / f64::from(at + 1)).product();
                    sum +=
                        ways * libm::pow(p, f64::from(count)) * libm::pow(1.0 - p, f64::from(trials - count));
                }
                let found = binomial_tail(f64::from(least), f64::from(trials), p);
                assert!(close(found, sum, 1e-10), "{trials} {p} {least}: {found} {sum}");
            }
        }
        assert_eq!(binomial_tail(2.0, 1.0, 0.5), 0.0);
    }

    proptest! {
        #[test]
        fn the_quantile_is_the_inverse_of_the_distribution(z in -8.0..8.0_f64) {
            // Near 1 the probability itself has no more digits.
            let tolerance = if z > 5.0 { 1e-2 } else { 1e-8 };
            prop_assert!((normal_quantile(normal_cdf(z)) - z).abs() < tolerance);
        }

        #[test]
        fn the_incomplete_beta_function_is_its_own_mirror(a in 0.1..200.0_f64, b in 0.1..200.0_f64, x in 0.0..1.0_f64) {
            let (one, other) = (incomplete_beta(a, b, x), incomplete_beta(b, a, 1.0 - x));
            prop_assert!((one + other - 1.0).abs() < 1e-10);
        }
    }
}
