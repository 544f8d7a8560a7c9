//! The straight line that a scaler draws between thresholds, over many values at once.
//!
//! What a scaler does to a value is a transform and then a line; the bits are those of [`Scaler::scale`]. A scaler that
//! treats outliers is more than a line: whoever has one rescales value by value.

use super::{Scaler, Treatment, transformed};
use crate::catalog::Leaf;
use crate::compose::{LANES, Lanes};
use crate::lanes::{Work, wide};
use crate::threshold::Threshold;

/// From where and how far a transformed value counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    from: f64,
    span: f64,
}

impl Line {
    /// Where nothing can be measured: every value is missing.
    pub(crate) const NONE: Self = Self { from: f64::NAN, span: f64::NAN };

    /// The line of a leaf between thresholds.
    pub(crate) fn of(leaf: &Leaf, threshold: Threshold) -> Self {
        let scaler = threshold.goalposts().and_then(|goalposts| Scaler::new(leaf, goalposts));
        scaler.map_or(Self::NONE, |scaler| Self { from: scaler.from, span: scaler.span })
    }

    /// The uncapped dimensionless value of a transformed one; NaN of NaN.
    #[inline(always)]
    fn raw(self, transformed: f64) -> f64 {
        ((transformed - self.from) / self.span).clamp(f64::MIN, f64::MAX) + 0.0
    }
}

/// A value under its leaf's transform; NaN where there is none.
pub(crate) fn transform(leaf: &Leaf, value: f64) -> f64 {
    transformed(leaf.transform, Treatment::Untreated, value).unwrap_or(f64::NAN)
}

/// Caps the dimensionless values of transformed ones: of each pair of strips, `to[leaf][lane]` from
/// `from[leaf][lane]`, a line a leaf.
pub(crate) fn cap_strips<'s>(lines: &[Line], strips: impl Iterator<Item = (&'s [Lanes], &'s mut [Lanes])>) {
    wide(CapStrips { lines, strips });
}

struct CapStrips<'a, I> {
    lines: &'a [Line],
    strips: I,
}

impl<'s, I: Iterator<Item = (&'s [Lanes], &'s mut [Lanes])>> Work for CapStrips<'_, I> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (from, to) in self.strips {
            for ((&line, from), to) in self.lines.iter().zip(from).zip(to) {
                for lane in 0..LANES {
                    to[lane] = line.raw(from[lane]).clamp(0.0, 1.0);
                }
            }
        }
    }
}

/// Rescales values that lie on lines of their own: `lines[kinds[n]]` is that of the n-th, and the values come
/// transformed. The last line is for those without any.
pub(super) struct ScaleColumn<'a> {
    pub(super) lines: &'a [Line],
    pub(super) kinds: &'a [u32],
    pub(super) transformed: &'a [f64],
    pub(super) raw: &'a mut [f64],
    pub(super) capped: &'a mut [f64],
}

impl Work for ScaleColumn<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (mut from, mut span) = ([0.0; LANES], [0.0; LANES]);
        let kinds = self.kinds.chunks(LANES).zip(self.transformed.chunks(LANES));
        let results = self.raw.chunks_mut(LANES).zip(self.capped.chunks_mut(LANES));
        for ((kinds, transformed), (raw, capped)) in kinds.zip(results) {
            for (lane, &kind) in kinds.iter().enumerate() {
                let line =
                    usize::try_from(kind).ok().and_then(|kind| self.lines.get(kind)).unwrap_or(&Line::NONE);
                (from[lane], span[lane]) = (line.from, line.span);
            }
            let lanes = transformed.iter().zip(&from).zip(&span).zip(raw).zip(capped);
            for ((((&value, &from), &span), raw), capped) in lanes {
                *raw = Line { from, span }.raw(value);
                *capped = raw.clamp(0.0, 1.0);
            }
        }
    }
}
