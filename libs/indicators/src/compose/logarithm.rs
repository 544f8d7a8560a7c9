//! Logarithms and powers of e side by side, with the bits of `libm::log` and `libm::exp`.
//!
//! What `libm` does to one number, step by step, with choices in place of branches and without those for numbers that a
//! mean of logarithms never sees: so the compiler does it to a vector of them.
//!
//! Source: `e_log.c` and `e_exp.c` of FreeBSD, which `libm` follows: © 1993, 2004 Sun Microsystems, "permission to use,
//! copy, modify, and distribute this software is freely granted, provided that this notice is preserved".

use super::panel::{LANES, Lanes};

/// What is added to the bits of a number so that its exponent says which power of two leaves it in `√½..√2`.
const TO_ROOT: u64 = (0x3ff0_0000 - 0x3fe6_a09e) << 32;
const ROOT: u64 = 0x3fe6_a09e << 32;
const MANTISSA: u64 = (1 << 52) - 1;
/// Where this lies in front of a small whole number's bits, they are those of 2⁵² and the number.
const WHOLE_BITS: u64 = 0x4330_0000_0000_0000;
/// 2⁵² and the exponent of 1.
const WHOLE: f64 = 4_503_599_627_370_496.0 + 1_023.0;

const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LO: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
const INVLN2: f64 = f64::from_bits(0x3ff7_1547_652b_82fe);
const LG1: f64 = f64::from_bits(0x3fe5_5555_5555_5593);
const LG2: f64 = f64::from_bits(0x3fd9_9999_9997_fa04);
const LG3: f64 = f64::from_bits(0x3fd2_4924_9422_9359);
const LG4: f64 = f64::from_bits(0x3fcc_71c5_1d8e_78af);
const LG5: f64 = f64::from_bits(0x3fc7_4664_96cb_03de);
const LG6: f64 = f64::from_bits(0x3fc3_9a09_d078_c69f);
const LG7: f64 = f64::from_bits(0x3fc2_f112_df3e_5244);
const P1: f64 = f64::from_bits(0x3fc5_5555_5555_553e);
const P2: f64 = f64::from_bits(0xbf66_c16c_16be_bd93);
const P3: f64 = f64::from_bits(0x3f11_566a_af25_de2c);
const P4: f64 = f64::from_bits(0xbebb_bd41_c5d2_6bf1);
const P5: f64 = f64::from_bits(0x3e66_3769_72be_a4d0);

/// As far as this from 0 a power of e is a normal number.
const FAR: f64 = 708.0;

/// The logarithms of values, those below `floor` raised to it; NaN of NaN. The floor is a normal number above 0, and the
/// values are finite.
#[inline(always)]
pub(super) fn logarithms(values: &Lanes, floor: f64, found: &mut Lanes) {
    for lane in 0..LANES {
        let value = values[lane];
        let raised = if value > floor { value } else { floor };
        found[lane] = if value.is_nan() { value } else { logarithm(raised) };
    }
}

/// Puts e to the power of each exponent in its place; a NaN stays the one it is.
#[inline(always)]
pub(super) fn powers_of_e(exponents: &mut Lanes) {
    let far = exponents.iter().fold(false, |far, exponent| far | (exponent.abs() > FAR));
    if far {
        exponents.iter_mut().filter(|exponent| !exponent.is_nan()).for_each(|it| *it = libm::exp(*it));
        return;
    }
    for exponent in exponents {
        let power = power_of_e(*exponent);
        *exponent = if exponent.is_nan() { *exponent } else { power };
    }
}

/// `libm::exp` of a number within [`FAR`].
#[inline(always)]
fn power_of_e(exponent: f64) -> f64 {
    let size = exponent.to_bits() >> 32 & 0x7fff_ffff;
    let half = if exponent < 0.0 { -0.5 } else { 0.5 };
    let many = (INVLN2 * exponent + half).trunc();
    let some = if size >= 0x3ff0_a2b2 { many } else { 2.0 * half };
    let power = if size > 0x3fd6_2e42 { some } else { 0.0 };
    let (high, low) = (exponent - power * LN2_HI, power * LN2_LO);
    let x = high - low;
    let xx = x * x;
    let c = x - xx * (P1 + xx * (P2 + xx * (P3 + xx * (P4 + xx * P5))));
    let y = 1.0 + (x * c / (2.0 - c) - low + high);
    // A power of two: its exponent alone.
    let scaled = y * f64::from_bits((power + WHOLE).to_bits() << 52);
    if size > 0x3e30_0000 { scaled } else { 1.0 + exponent }
}

/// `libm::log` of a normal number above 0.
#[inline(always)]
fn logarithm(value: f64) -> f64 {
    let moved = value.to_bits().wrapping_add(TO_ROOT);
    let power = f64::from_bits(WHOLE_BITS | moved >> 52) - WHOLE;
    let f = f64::from_bits((moved & MANTISSA) + ROOT) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (LG2 + w * (LG4 + w * LG6));
    let odd = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7)));
    let r = odd + even;
    s * (half_square + r) + power * LN2_LO - half_square + f + power * LN2_HI
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_bits_of_powers_are_those_of_libm(
            exponent in prop_oneof![
                4 => -5.0..=0.0_f64,
                1 => -720.0..720.0_f64,
                1 => prop::num::f64::ANY,
                // Around the halves of ln 2, where another branch begins, and around 0.
                1 => (-8..8_i64, -40..40_i64).prop_map(|(halves, steps)| {
                    let near = halves as f64 * 0.5 * std::f64::consts::LN_2;
                    f64::from_bits(near.to_bits().wrapping_add_signed(steps))
                }),
                1 => -1e-8..1e-8_f64,
            ],
        ) {
            let mut found = [exponent; LANES];
            powers_of_e(&mut found);
            let expected = if exponent.is_nan() { exponent } else { libm::exp(exponent) };
            prop_assert!(found.iter().all(|found| found.to_bits() == expected.to_bits()));
        }

        #[test]
        fn the_bits_of_logarithms_are_those_of_libm(
            value in prop_oneof![
                4 => 0.0..=1.0_f64,
                1 => prop::num::f64::POSITIVE | prop::num::f64::NORMAL,
                // Around the roots and the powers of two, where another branch would begin.
                1 => (prop::sample::select(vec![0.5_f64.sqrt(), 1.0, 2.0_f64.sqrt(), 0.25]), -20..20_i64)
                    .prop_map(|(near, steps)| f64::from_bits(near.to_bits().wrapping_add_signed(steps))),
                1 => Just(f64::NAN),
            ],
            floor in prop::sample::select(vec![f64::MIN_POSITIVE, 0.01, 0.05, 1.0]),
        ) {
            let (mut found, values) = ([0.0; LANES], [value; LANES]);
            logarithms(&values, floor, &mut found);
            let expected = if value.is_nan() { value } else { libm::log(value.max(floor)) };
            prop_assert!(found.iter().all(|found| found.to_bits() == expected.to_bits()));
        }
    }
}
