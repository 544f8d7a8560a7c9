//! Values that nobody delivered (插补值), and what each was made of: flags that go with a value from normalization to
//! whoever reads it.

use super::period::Period;

/// What a value that nobody delivered was made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Imputation {
    /// The median of places of its type in the same period.
    GroupMedian {
        /// How many places had a value.
        places: u64,
    },
    /// The last value of the same place.
    Last(Neighbour),
    /// The straight line between two values of the same place.
    Linear {
        /// The one before.
        earlier: Neighbour,
        /// The one after.
        later: Neighbour,
    },
}

/// An observed value of the same place in another period.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Neighbour {
    /// The period.
    pub(crate) period: Period,
    /// In the measure's unit.
    pub(crate) value: f64,
}

/// An imputed value by its position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImputedCell {
    /// Leaf position.
    pub(crate) leaf_at: usize,
    /// Position of the place.
    pub(crate) place_at: usize,
    /// What it was made of.
    pub(crate) imputation: Imputation,
}

impl Imputation {
    /// The word for how it was made: `GROUP_MEDIAN`, `LAST`, `LINEAR`.
    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::GroupMedian { .. } => "GROUP_MEDIAN",
            Self::Last(_) => "LAST",
            Self::Linear { .. } => "LINEAR",
        }
    }

    /// How many places are behind a median.
    pub(crate) fn places(&self) -> Option<u64> {
        if let Self::GroupMedian { places } = self { Some(*places) } else { None }
    }

    /// The value before.
    pub(crate) fn earlier(&self) -> Option<&Neighbour> {
        match self {
            Self::GroupMedian { .. } => None,
            Self::Last(earlier) | Self::Linear { earlier, .. } => Some(earlier),
        }
    }

    /// The value after.
    pub(crate) fn later(&self) -> Option<&Neighbour> {
        if let Self::Linear { later, .. } = self { Some(later) } else { None }
    }
}
