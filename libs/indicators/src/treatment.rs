//! Treatment of outliers (离群值处理): what keeps one extreme place from setting the thresholds of all.
//!
//! A treatment is found once, from the base values of the sample, before their least and greatest are taken. It belongs
//! to the thresholds and is applied alike to every later value: were it found anew each period, a change of treatment
//! would show as growth.
//!
//! Source: the skewness and kurtosis tests, the steps of winsorising and the logarithm are those of the Global
//! Innovation Index and the JRC's COIN Tool, as in COINr (Becker et al. 2022, J. Open Source Software 7(78), 4567);
//! G1 and G2 are the usual sample estimators (Joanes and Gill 1998, The Statistician 47(1), 183-189).

use crate::catalog::preparing::whole_members;
use crate::catalog::{Force, Treat};

/// Fewest base values that tests and steps are asked about: G2 divides by n - 3.
const FEWEST_VALUES: usize = 4;
/// How far beyond the outermost base value the logarithm begins, as a share of their range.
const LOG_MARGIN: f64 = 0.01;

/// What is done to every value of an indicator for one type.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Treatment {
    /// Nothing.
    #[default]
    Untreated,
    /// Values beyond a limit count as the limit (缩尾).
    Winsorised(Limits),
    /// A logarithm is taken before values are rescaled (对数化).
    Logarithm(Logarithm),
}

/// Limits of winsorising, in the indicator's own unit; an end without one is open. At least one is there, and the lower
/// is below the upper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
    /// Base values of the sample below the lower limit: those that it moved.
    pub low_points: usize,
    /// Base values of the sample above the upper limit.
    pub high_points: usize,
}

/// A logarithm that begins just beyond the base values. It rises with the value either way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logarithm {
    /// Where it begins, in the indicator's own unit: the least base value less a hundredth of their range; mirrored, the
    /// greatest and a hundredth more.
    pub origin: f64,
    /// `ln(x - origin)` draws in a long upper tail, mirrored `-ln(origin - x)` a long lower one.
    pub mirrored: bool,
}

/// Skewness and excess kurtosis of base values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// G1: 0 where they are symmetric, above 0 with a long upper tail.
    pub skew: f64,
    /// G2: 0 for a normal distribution.
    pub kurtosis: f64,
}

/// Finds the treatment of one leaf for one type from the base values of the sample, in any order.
///
/// [`Treat::Tested`]: the values pass where |G1| lies below the one limit *or* G2 below the other. While they fail, all
/// values at the end that the skewness points to are moved to the next distinct one, as long as no more than the share
/// are moved in all. If they fail even so, a logarithm of the *untouched* values is taken, if the catalog lets it;
/// otherwise what was moved stays moved.
///
/// Values are never moved so far that they no longer differ, and fewer than four are left alone, forced limits and
/// logarithms apart. A treatment that would change nothing is [`Treatment::Untreated`].
#[must_use]
pub fn find_treatment(treat: Treat, base: impl Iterator<Item = f64>) -> Treatment {
    if treat == Treat::None {
        return Treatment::Untreated;
    }
    // Sorted, so that neither sums nor limits depend on the order of the sample. Adding 0 makes one zero of two.
    let mut values: Vec<f64> = base.map(|value| value + 0.0).collect();
    values.sort_unstable_by(f64::total_cmp);
    let Some((&least, &greatest)) = values.first().zip(values.last()) else {
        return Treatment::Untreated;
    };
    if greatest <= least || !(greatest - least).is_finite() {
        return Treatment::Untreated;
    }
    match treat {
        Treat::None => Treatment::Untreated,
        Treat::Tested { .. } | Treat::Forced(Force::Ends { .. }) if values.len() < FEWEST_VALUES => {
            Treatment::Untreated
        }
        Treat::Tested { skew, kurtosis, share, log } => {
            tested(&values, |shape| shape.skew.abs() < skew || shape.kurtosis < kurtosis, share, log)
        }
        Treat::Forced(Force::Ends { low, high }) => {
            let mut tails = Tails::of(&values);
            let (low, high) = (low.of(values.len()), high.of(values.len()));
            while tails.low_points < low && tails.move_low(low) {}
            while tails.high_points < high && tails.move_high(high) {}
            tails.treatment()
        }
        Treat::Forced(Force::Limits { lower, upper }) => limited(&values, lower, upper),
        Treat::Forced(Force::Log) => logarithm(&values),
    }
}

/// G1 and G2 of values in ascending order; `None` for fewer than four, or where they do not differ.
///
/// G1 = √(n(n-1))/(n-2) · m₃/m₂^1.5 and G2 = (n-1)/((n-2)(n-3)) · ((n+1)(n·Σd⁴/(Σd²)² - 3) + 6), where d is the distance
/// from the mean and m the mean of its powers.
#[must_use]
pub fn shape(sorted: &[f64]) -> Option<Shape> {
    let (&least, &greatest) = sorted.first().zip(sorted.last())?;
    let range = greatest - least;
    if sorted.len() < FEWEST_VALUES || !range.is_finite() || range <= 0.0 {
        return None;
    }
    // Neither figure has a unit: taken between 0 and 1, no power of a distance leaves the range of numbers.
    let n = sorted.len() as f64;
    let scaled = || sorted.iter().map(|value| (value - least) / range);
    let mean = scaled().sum::<f64>() / n;
    let (mut second, mut third, mut fourth) = (0.0, 0.0, 0.0);
    for distance in scaled().map(|value| value - mean) {
        let square = distance * distance;
        second += square;
        third += square * distance;
        fourth += square * square;
    }
    let spread = second / n;
    let skew = (n * (n - 1.0)).sqrt() / (n - 2.0) * (third / n) / (spread * spread.sqrt());
    let peak = n * fourth / (second * second) - 3.0;
    let kurtosis = (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * peak + 6.0);
    Some(Shape { skew, kurtosis })
}

impl Treatment {
    /// The value that is rescaled in the place of this one: within the limits where it is winsorised. A logarithm is
    /// part of the rescaling and leaves the value as it is.
    #[must_use]
    pub fn treated(&self, value: f64) -> f64 {
        match self {
            Self::Winsorised(limits) => limits.within(value),
            Self::Untreated | Self::Logarithm(_) => value,
        }
    }
}

impl Limits {
    /// The value, or the limit beyond which it lies.
    #[must_use]
    pub fn within(&self, value: f64) -> f64 {
        let raised = self.lower.map_or(value, |lower| value.max(lower));
        self.upper.map_or(raised, |upper| raised.min(upper))
    }
}

impl Logarithm {
    /// The logarithm of a value in the indicator's own unit; `None` at the origin and beyond.
    #[must_use]
    pub fn of(&self, value: f64) -> Option<f64> {
        let distance = if self.mirrored { self.origin - value } else { value - self.origin };
        let logarithm = (distance > 0.0 && distance.is_finite()).then(|| libm::log(distance))?;
        Some(if self.mirrored { -logarithm } else { logarithm })
    }
}

fn tested(values: &[f64], passes: impl Fn(Shape) -> bool, share: f64, log: bool) -> Treatment {
    let most = whole_members(share, values.len());
    let mut tails = Tails::of(values);
    loop {
        // What does not differ has no shape and needs no treatment.
        let Some(shape) = shape(&tails.moved()) else { return tails.treatment() };
        if passes(shape) {
            return tails.treatment();
        }
        let step = if shape.skew >= 0.0 {
            tails.move_high(most.saturating_sub(tails.low_points))
        } else {
            tails.move_low(most.saturating_sub(tails.high_points))
        };
        if !step {
            return if log { logarithm(values) } else { tails.treatment() };
        }
    }
}

/// Forced limits, unless nothing would differ between them.
fn limited(values: &[f64], lower: Option<f64>, upper: Option<f64>) -> Treatment {
    let limits = Limits {
        lower,
        upper,
        low_points: values.iter().filter(|value| lower.is_some_and(|lower| **value < lower)).count(),
        high_points: values.iter().filter(|value| upper.is_some_and(|upper| **value > upper)).count(),
    };
    let ends = values.first().zip(values.last());
    let differ = ends.is_some_and(|(&least, &greatest)| limits.within(least) < limits.within(greatest));
    if differ { Treatment::Winsorised(limits) } else { Treatment::Untreated }
}

fn logarithm(values: &[f64]) -> Treatment {
    let Some((&least, &greatest)) = values.first().zip(values.last()) else {
        return Treatment::Untreated;
    };
    let margin = LOG_MARGIN * (greatest - least);
    let mirrored = shape(values).is_some_and(|shape| shape.skew < 0.0);
    let origin = if mirrored { greatest + margin } else { least - margin };
    let found = Logarithm { origin, mirrored };
    // Where the margin drowns in the size of the values there is no logarithm of the outermost one.
    match found.of(least).zip(found.of(greatest)) {
        Some((low, high)) if low < high => Treatment::Logarithm(found),
        _ => Treatment::Untreated,
    }
}

/// Ascending values of which some at either end are moved inwards.
struct Tails<'v> {
    values: &'v [f64],
    low_points: usize,
    high_points: usize,
}

impl<'v> Tails<'v> {
    fn of(values: &'v [f64]) -> Self {
        Self { values, low_points: 0, high_points: 0 }
    }

    fn lower(&self) -> f64 {
        self.values[self.low_points]
    }

    fn upper(&self) -> f64 {
        self.values[self.values.len() - 1 - self.high_points]
    }

    /// The values as moved, ascending.
    fn moved(&self) -> Vec<f64> {
        self.values.iter().map(|value| value.clamp(self.lower(), self.upper())).collect()
    }

    /// Moves all at the low end to the next distinct value, unless more than `most` would be moved there or nothing
    /// would differ any more; says whether it did.
    fn move_low(&mut self, most: usize) -> bool {
        let next = self.values.partition_point(|value| *value <= self.lower());
        let differs = self.values.get(next).is_some_and(|value| *value < self.upper());
        if next > most || !differs {
            return false;
        }
        self.low_points = next;
        true
    }

    /// The same at the high end.
    fn move_high(&mut self, most: usize) -> bool {
        let kept = self.values.partition_point(|value| *value < self.upper());
        let moved = self.values.len() - kept;
        let differs = kept > 0 && self.values[kept - 1] > self.lower();
        if moved > most || !differs {
            return false;
        }
        self.high_points = moved;
        true
    }

    fn treatment(&self) -> Treatment {
        if self.low_points + self.high_points == 0 {
            return Treatment::Untreated;
        }
        Treatment::Winsorised(Limits {
            lower: (self.low_points > 0).then(|| self.lower()),
            upper: (self.high_points > 0).then(|| self.upper()),
            low_points: self.low_points,
            high_points: self.high_points,
        })
    }
}
