//! Correlation (相关) of two columns, over the places that have both.

use crate::correlation::{pearson, spearman, together};

/// How two columns go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correlation {
    /// Product-moment correlation (Pearson), -1..=1: how well a straight line through them fits.
    pub pearson: f64,
    /// Rank correlation (Spearman), -1..=1: whether one rises when the other does, in whatever curve.
    pub spearman: f64,
    /// Places that have both.
    pub places: usize,
}

impl Correlation {
    /// The correlation of two columns of equal length; `None` with fewer than three places in common, or where one of the
    /// columns does not vary over them.
    ///
    /// Tied values share the mean of their ranks.
    #[must_use]
    pub fn of(left: &[Option<f64>], right: &[Option<f64>]) -> Option<Self> {
        let (left, right) = together(left, right);
        if left.len() < 3 {
            return None;
        }
        let (pearson, spearman) = (pearson(&left, &right)?, spearman(&left, &right)?);
        Some(Self { pearson, spearman, places: left.len() })
    }

    /// Whether it differs from 0 by more than chance: beyond two standard errors, `2/√n`, of a correlation that is 0.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.pearson * self.pearson * self.places as f64 > 4.0
    }
}
