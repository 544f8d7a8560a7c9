//! Logarithms side by side, with the bits of `libm::log`.
//!
//! What `libm` does to one number, step by step, without the branches for numbers that a mean of logarithms never sees:
//! so the compiler does it to a vector of them.
//!
//! Source: `e_log.c` of FreeBSD, which `libm` follows: © 1993 Sun Microsystems, "permission to use, copy, modify, and
//! distribute this software is freely granted, provided that this notice is preserved".

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
const LG1: f64 = f64::from_bits(0x3fe5_5555_5555_5593);
const LG2: f64 = f64::from_bits(0x3fd9_9999_9997_fa04);
const LG3: f64 = f64::from_bits(0x3fd2_4924_9422_9359);
const LG4: f64 = f64::from_bits(0x3fcc_71c5_1d8e_78af);
const LG5: f64 = f64::from_bits(0x3fc7_4664_96cb_03de);
const LG6: f64 = f64::from_bits(0x3fc3_9a09_d078_c69f);
const LG7: f64 = f64::from_bits(0x3fc2_f112_df3e_5244);

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
        fn the_bits_are_those_of_libm(
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
