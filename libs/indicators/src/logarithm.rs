//! The natural logarithm of ordinary numbers, without a branch, so that it can be taken of many at once.
//!
//! It is the algorithm of `libm::log`, operation for operation, and a test holds the two together bit for bit: the bits
//! are the only reason to have it here. What `libm` does beside it for zero, negative, subnormal and infinite numbers is
//! left out.
//!
//! Source: `FreeBSD` /usr/src/lib/msun/src/e_log.c, by way of musl and `libm`. Copyright (C) 1993 by Sun Microsystems,
//! Inc. All rights reserved. Developed at `SunSoft`, a Sun Microsystems, Inc. business. Permission to use, copy, modify,
//! and distribute this software is freely granted, provided that this notice is preserved.

const LN2_HI: f64 = 6.931_471_803_691_238e-1;
const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
const LG1: f64 = 6.666_666_666_666_735e-1;
const LG2: f64 = 3.999_999_999_940_942e-1;
const LG3: f64 = 2.857_142_874_366_239e-1;
const LG4: f64 = 2.222_219_843_214_978_4e-1;
const LG5: f64 = 1.818_357_216_161_805e-1;
const LG6: f64 = 1.531_383_769_920_937_3e-1;
const LG7: f64 = 1.479_819_860_511_658_6e-1;

/// The upper half of the square root of a half, where mantissas are made to begin.
const BEGIN: u64 = 0x3fe6_a09e_0000_0000;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
/// 2^52: below a number with this exponent every bit counts one.
const WHOLE: u64 = 0x4330_0000_0000_0000;

/// The natural logarithm of a positive, finite number that is not subnormal; anything of anything else.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    let moved = x.to_bits().wrapping_add(ONE - BEGIN);
    let exponent = f64::from_bits(moved >> 52 | WHOLE) - (f64::from_bits(WHOLE) + 1023.0);
    let x = f64::from_bits((moved & MANTISSA).wrapping_add(BEGIN));

    let f = x - 1.0;
    let hfsq = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * (LG2 + w * (LG4 + w * LG6));
    let t2 = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7)));
    s * (hfsq + (t2 + t1)) + exponent * LN2_LO - hfsq + f + exponent * LN2_HI
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_that_of_libm(x: f64) -> bool {
        ln(x).to_bits() == libm::log(x).to_bits()
    }

    #[test]
    fn the_ends_and_the_turns_have_the_bits_of_libm() {
        let turns =
            [1.0, 0.5, 2.0, f64::MIN_POSITIVE, f64::MAX, f64::from_bits(BEGIN), f64::from_bits(BEGIN) * 2.0];
        for turn in turns {
            assert!(is_that_of_libm(turn), "{turn:e}");
        }
        // Around one, around the turn of the mantissa, and evenly over all there are.
        let around = |centre: f64| {
            (0..10_000_u64).flat_map(move |step| {
                [f64::from_bits(centre.to_bits() + step), f64::from_bits(centre.to_bits() - step)]
            })
        };
        assert!(around(1.0).chain(around(f64::from_bits(BEGIN))).all(is_that_of_libm));
        let steps = (f64::MAX.to_bits() - f64::MIN_POSITIVE.to_bits()) / 1_000_003;
        assert!(
            (0..1_000_003)
                .all(|at| is_that_of_libm(f64::from_bits(f64::MIN_POSITIVE.to_bits() + at * steps)))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn it_has_the_bits_of_libm(bits in f64::MIN_POSITIVE.to_bits()..=f64::MAX.to_bits(), share in 1e-9..1.0) {
            prop_assert!(is_that_of_libm(f64::from_bits(bits)));
            prop_assert!(is_that_of_libm(share));
        }
    }
}
