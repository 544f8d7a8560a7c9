//! Natural bounds: reading, writing and asking an interval.

use std::fmt;
use std::str::FromStr;

use super::Bounds;

/// Why a text is not an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundsError {
    /// Not of the form `[0, 100]`, or an end that is no finite number.
    #[error("not an interval; write [0, 100], [0, ), (0, ) or ( , )")]
    Malformed,
    /// The interval holds no number.
    #[error("the interval is empty")]
    Empty,
}

impl Bounds {
    /// Whether a finite value lies inside; NaN and infinities never do.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        let above = self.lower.is_none_or(|end| value > end || (!self.lower_open && value >= end));
        let below = self.upper.is_none_or(|end| value < end || (!self.upper_open && value <= end));
        value.is_finite() && above && below
    }

    /// Whether a finite value lies inside or on an end, even an open one: what a goalpost may do.
    #[must_use]
    pub fn reaches(&self, value: f64) -> bool {
        Self { lower_open: false, upper_open: false, ..*self }.contains(value)
    }

    /// Whether every value inside is above 0, as a logarithm needs.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.lower.is_some_and(|end| end > 0.0 || (end >= 0.0 && self.lower_open))
    }
}

impl FromStr for Bounds {
    type Err = BoundsError;

    /// Reads `[0, 100]`, `[0, )`, `(0, )`, `( , )`; an end that is left out is unbounded and has a round bracket.
    fn from_str(text: &str) -> Result<Self, BoundsError> {
        let text = text.trim();
        let (lower_open, rest) = match (text.strip_prefix('('), text.strip_prefix('[')) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(BoundsError::Malformed),
        };
        let (upper_open, ends) = match (rest.strip_suffix(')'), rest.strip_suffix(']')) {
            (Some(ends), _) => (true, ends),
            (_, Some(ends)) => (false, ends),
            _ => return Err(BoundsError::Malformed),
        };
        let (lower, upper) = ends.split_once(',').ok_or(BoundsError::Malformed)?;
        let bounds = Self { lower: end(lower)?, upper: end(upper)?, lower_open, upper_open };
        let closed_at_infinity =
            (bounds.lower.is_none() && !lower_open) || (bounds.upper.is_none() && !upper_open);
        if closed_at_infinity {
            return Err(BoundsError::Malformed);
        }
        if let (Some(lower), Some(upper)) = (bounds.lower, bounds.upper) {
            let one_point = lower >= upper && !lower_open && !upper_open;
            if lower > upper || (lower >= upper && !one_point) {
                return Err(BoundsError::Empty);
            }
        }
        Ok(bounds)
    }
}

fn end(text: &str) -> Result<Option<f64>, BoundsError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let value: f64 = text.parse().map_err(|_| BoundsError::Malformed)?;
    if value.is_finite() { Ok(Some(value)) } else { Err(BoundsError::Malformed) }
}

impl fmt::Display for Bounds {
    /// Writes what [`Bounds::from_str`] reads back to the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.lower_open { "(" } else { "[" })?;
        match self.lower {
            Some(end) => write!(f, "{end}")?,
            None => f.write_str(" ")?,
        }
        f.write_str(", ")?;
        if let Some(end) = self.upper {
            write!(f, "{end}")?;
        }
        f.write_str(if self.upper_open { ")" } else { "]" })
    }
}
