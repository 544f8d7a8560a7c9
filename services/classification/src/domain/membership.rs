//! Membership functions (隶属函数): how far a feature belongs to a fuzzy set.

use std::collections::BTreeSet;

/// A function to a degree of membership in `0..=1`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Membership {
    OfNumber(Trapezoid),
    /// 1 for a text of the set (compared by bytes), else 0.
    OfText(BTreeSet<String>),
}

/// 0 up to the first corner, rising to 1 at the second, 1 up to the third, falling to 0 at the fourth.
///
/// Every number function is one: a rising slope has its last corners at infinity, a falling one its
/// first, a triangle has its middle corners in one point, and equality all four.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trapezoid {
    corners: [f64; 4],
}

impl Trapezoid {
    /// The function with these corners; `None` if they descend or one is not a number.
    pub(crate) fn new(corners: [f64; 4]) -> Option<Self> {
        corners.windows(2).all(|pair| pair[0] <= pair[1]).then_some(Self { corners })
    }

    /// 0 up to `from`, 1 from `to` on.
    pub(crate) fn rising(from: f64, to: f64) -> Option<Self> {
        Self::new([from, to, f64::INFINITY, f64::INFINITY])
    }

    /// 1 up to `from`, 0 from `to` on.
    pub(crate) fn falling(from: f64, to: f64) -> Option<Self> {
        Self::new([f64::NEG_INFINITY, f64::NEG_INFINITY, from, to])
    }

    /// 1 at `value`, else 0.
    pub(crate) fn at(value: f64) -> Option<Self> {
        Self::new([value; 4])
    }

    /// The degree of a finite number, in the feature's own unit.
    pub(crate) fn degree(&self, value: f64) -> f64 {
        let [left_foot, left_top, right_top, right_foot] = self.corners;
        if value < left_top {
            if value <= left_foot { 0.0 } else { (value - left_foot) / (left_top - left_foot) }
        } else if value <= right_top {
            1.0
        } else if value >= right_foot {
            0.0
        } else {
            (right_foot - value) / (right_foot - right_top)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_corners_are_where_they_say() {
        let rising = Trapezoid::rising(20.0, 40.0).unwrap();
        let falling = Trapezoid::falling(0.3, 0.8).unwrap();
        let trapezoid = Trapezoid::new([0.0, 10.0, 20.0, 40.0]).unwrap();
        let triangle = Trapezoid::new([0.0, 10.0, 10.0, 20.0]).unwrap();
        let cases = [
            (rising, 20.0, 0.0),
            (rising, 25.0, 0.25),
            (rising, 40.0, 1.0),
            (rising, 1e300, 1.0),
            (falling, -5.0, 1.0),
            (falling, 0.3, 1.0),
            (falling, 0.8, 0.0),
            (trapezoid, 0.0, 0.0),
            (trapezoid, 5.0, 0.5),
            (trapezoid, 15.0, 1.0),
            (trapezoid, 30.0, 0.5),
            (trapezoid, 40.0, 0.0),
            (triangle, 10.0, 1.0),
            (triangle, 15.0, 0.5),
        ];
        for (function, value, degree) in cases {
            assert!((function.degree(value) - degree).abs() < 1e-12, "{function:?} at {value}");
        }
    }

    #[test]
    fn equality_is_one_point() {
        let one = Trapezoid::at(1.0).unwrap();
        let degrees: Vec<f64> = [0.0, 1.0 - 1e-9, 1.0, 1.0 + 1e-9].iter().map(|&x| one.degree(x)).collect();
        assert_eq!(degrees, [0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn descending_corners_are_no_function() {
        assert_eq!(Trapezoid::rising(2.0, 1.0), None);
        assert_eq!(Trapezoid::falling(2.0, 1.0), None);
        assert_eq!(Trapezoid::new([0.0, 2.0, 1.0, 3.0]), None);
        assert_eq!(Trapezoid::at(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn a_degree_lies_between_0_and_1(
            mut corners in prop::array::uniform4(-1e15..1e15_f64),
            value in prop::num::f64::NORMAL | prop::num::f64::ZERO,
        ) {
            corners.sort_by(f64::total_cmp);
            let degree = Trapezoid::new(corners).unwrap().degree(value);
            prop_assert!((0.0..=1.0).contains(&degree));
        }

        #[test]
        fn a_rising_slope_never_falls_and_a_falling_one_never_rises(
            from in -1e6..1e6_f64,
            width in 1e-6..1e6_f64,
            mut values in prop::array::uniform2(-2e6..2e6_f64),
        ) {
            values.sort_by(f64::total_cmp);
            let [low, high] = values;
            let rising = Trapezoid::rising(from, from + width).unwrap();
            let falling = Trapezoid::falling(from, from + width).unwrap();
            prop_assert!(rising.degree(low) <= rising.degree(high));
            prop_assert!(falling.degree(low) >= falling.degree(high));
        }
    }
}
