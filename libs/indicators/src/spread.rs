//! Spread (离散程度) of a list of values: quantiles, the middle half.
//!
//! Source: R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages" (The American Statistician 50, 1996),
//! definition 7, which R, numpy and spreadsheet programs take by default.

/// Between which two of some ascending values a quantile lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Between {
    /// Position of the one, from 0.
    pub(crate) below: usize,
    /// Position of the other, which is the next one or, at the end, the same.
    pub(crate) above: usize,
    /// How far from the one to the other, in 0..1.
    part: f64,
}

impl Between {
    /// Where the quantile at a share in 0..=1 of `len` values lies; `None` of nothing.
    pub(crate) fn of(len: usize, share: f64) -> Option<Self> {
        let last = len.checked_sub(1)?;
        let steps = last as f64 * share.clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the last position"
        )]
        let below = (steps.floor() as usize).min(last);
        Some(Self { below, above: (below + 1).min(last), part: steps - below as f64 })
    }

    /// The quantile, from the values at the two positions.
    pub(crate) fn on_the_line(self, below: f64, above: f64) -> f64 {
        below + self.part * (above - below)
    }
}

/// Values in ascending order, to be asked for quantiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Sorted(Vec<f64>);

impl Sorted {
    /// Sorts finite values; their order does not matter.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        // Adding 0 turns -0 into 0, which the total order would otherwise tell apart.
        let mut values: Vec<f64> = values.into_iter().map(|value| value + 0.0).collect();
        values.sort_unstable_by(f64::total_cmp);
        Self(values)
    }

    /// The values, ascending.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// The quantile at a share in 0..=1, in the unit of the values; `None` of nothing.
    ///
    /// Between two values it is interpolated linearly, at `share · (n - 1)` counted from the least.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let between = Between::of(self.0.len(), share)?;
        Some(between.on_the_line(self.0[between.below], self.0[between.above]))
    }

    /// Width of the middle half: third quartile less first; `None` of nothing.
    #[must_use]
    pub fn interquartile_range(&self) -> Option<f64> {
        Some(self.quantile(0.75)? - self.quantile(0.25)?)
    }

    /// Greatest value less least; `None` of nothing.
    #[must_use]
    pub fn range(&self) -> Option<f64> {
        Some(self.0.last()? - self.0.first()?)
    }

    /// How many different values there are.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.0.chunk_by(|left, right| left.total_cmp(right).is_eq()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_r_and_numpy() {
        let sorted = Sorted::of([4.0, 1.0, 3.0, 2.0]);
        let found: Vec<f64> =
            [0.0, 0.25, 0.5, 0.75, 1.0].iter().filter_map(|&share| sorted.quantile(share)).collect();
        assert_eq!(found, [1.0, 1.75, 2.5, 3.25, 4.0]);
        assert_eq!(sorted.interquartile_range(), Some(1.5));
        assert_eq!(sorted.range(), Some(3.0));
    }

    #[test]
    fn one_value_is_every_quantile_and_nothing_has_none() {
        assert_eq!(Sorted::of([7.0]).quantile(0.9), Some(7.0));
        assert_eq!(Sorted::of([]).quantile(0.5), None);
        assert_eq!(Sorted::of([1.0, 1.0, 2.0]).distinct(), 2);
    }
}
