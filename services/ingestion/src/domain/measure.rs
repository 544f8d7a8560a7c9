//! Measures (计量): what is measured, independent of any catalog, with the natural bounds that the door checks.

use std::fmt;

use super::ids::MeasureId;
use super::text::Text;

/// Longest unit, name or other text of a measure, in characters.
pub const MAX_TEXT_CHARS: usize = 1_000;

/// A measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Stable id, such as `household_visits_per_household`.
    pub id: MeasureId,
    /// Name.
    pub name: Text,
    /// Unit, such as `cases/100 households`.
    pub unit: String,
    /// Natural bounds (自然界限): a value outside is rejected.
    pub bounds: Bounds,
    /// System its records come from; may be empty.
    pub source_system: String,
    /// How raw records become a value, in words; may be empty.
    pub derivation: String,
}

/// An interval in the measure's own unit; an absent end is unbounded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    lower: Option<f64>,
    upper: Option<f64>,
    lower_open: bool,
    upper_open: bool,
}

/// Why two ends are no interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundsFault {
    /// An end is NaN or infinite; unbounded is said by leaving it out.
    #[error("an end is not a finite number")]
    NotFinite,
    /// No number lies inside.
    #[error("the interval is empty")]
    Empty,
}

impl Bounds {
    /// An interval; `lower_open` and `upper_open` put an end itself outside and mean nothing where there is no end.
    ///
    /// # Errors
    /// [`BoundsFault`] if an end is not finite, or no number would lie inside.
    pub fn new(
        lower: Option<f64>,
        upper: Option<f64>,
        lower_open: bool,
        upper_open: bool,
    ) -> Result<Self, BoundsFault> {
        if [lower, upper].into_iter().flatten().any(|end| !end.is_finite()) {
            return Err(BoundsFault::NotFinite);
        }
        let lower_open = lower_open && lower.is_some();
        let upper_open = upper_open && upper.is_some();
        if let (Some(lower), Some(upper)) = (lower, upper)
            && (lower > upper || (lower >= upper && (lower_open || upper_open)))
        {
            return Err(BoundsFault::Empty);
        }
        // Adding zero turns -0 into 0, which the store could not tell apart.
        let plain = |end: Option<f64>| end.map(|end| end + 0.0);
        Ok(Self { lower: plain(lower), upper: plain(upper), lower_open, upper_open })
    }

    /// Lower end.
    #[must_use]
    pub fn lower(&self) -> Option<f64> {
        self.lower
    }

    /// Upper end.
    #[must_use]
    pub fn upper(&self) -> Option<f64> {
        self.upper
    }

    /// The lower end itself is outside.
    #[must_use]
    pub fn lower_open(&self) -> bool {
        self.lower_open
    }

    /// The upper end itself is outside.
    #[must_use]
    pub fn upper_open(&self) -> bool {
        self.upper_open
    }

    /// Whether a finite value lies inside.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        let above = self.lower.is_none_or(|end| value > end || (!self.lower_open && value >= end));
        let below = self.upper.is_none_or(|end| value < end || (!self.upper_open && value <= end));
        value.is_finite() && above && below
    }
}

impl fmt::Display for Bounds {
    /// `[0, 100]`, `(0, ∞)`, `(-∞, ∞)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lower {
            Some(end) => write!(f, "{}{end}, ", if self.lower_open { '(' } else { '[' })?,
            None => f.write_str("(-∞, ")?,
        }
        match self.upper {
            Some(end) => write!(f, "{end}{}", if self.upper_open { ')' } else { ']' }),
            None => f.write_str("∞)"),
        }
    }
}

impl Measure {
    /// Whether another registration says the same of what may never change: the unit and the bounds. A value on
    /// record was checked against them and means nothing without them.
    #[must_use]
    pub fn measures_the_same_as(&self, other: &Self) -> bool {
        self.unit == other.unit && self.bounds == other.bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_end_is_outside_and_a_closed_one_inside() {
        let share = Bounds::new(Some(0.0), Some(100.0), false, true).unwrap();
        assert!(
            share.contains(0.0) && share.contains(99.9) && !share.contains(100.0) && !share.contains(-0.1)
        );
        assert_eq!(share.to_string(), "[0, 100)");
        assert!(!Bounds::default().contains(f64::NAN) && !Bounds::default().contains(f64::INFINITY));
        assert_eq!(Bounds::default().to_string(), "(-∞, ∞)");
    }

    #[test]
    fn an_interval_without_a_number_or_with_an_end_that_is_none_is_refused() {
        assert_eq!(Bounds::new(Some(1.0), Some(0.0), false, false), Err(BoundsFault::Empty));
        assert_eq!(Bounds::new(Some(1.0), Some(1.0), true, false), Err(BoundsFault::Empty));
        assert!(Bounds::new(Some(1.0), Some(1.0), false, false).is_ok());
        assert_eq!(Bounds::new(Some(f64::NAN), None, false, false), Err(BoundsFault::NotFinite));
        assert_eq!(Bounds::new(None, Some(f64::INFINITY), false, false), Err(BoundsFault::NotFinite));
    }
}
