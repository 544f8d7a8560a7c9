//! What is done to an indicator's values before its thresholds are taken: outliers (离群值) and gaps (缺失值).
//!
//! The rules as a catalog states them. What they do is in [`treatment`](crate::treatment) and
//! [`imputation`](crate::imputation).

/// How outliers of a leaf are treated; fixed with its thresholds from the sampled base values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Treat {
    /// Not at all.
    #[default]
    None,
    /// Where both limits are passed: winsorised, then a logarithm where that was not enough.
    Tested {
        /// The base values pass where the absolute skewness (偏度) lies below this; above 0, default 2.
        skew: f64,
        /// They pass as well where the excess kurtosis (峰度) lies below this; above 0, default 3.5.
        kurtosis: f64,
        /// Largest share of the base values that may be moved, 0 to below 0.5, default 0.05.
        share: f64,
        /// Whether what still fails is taken the logarithm of.
        log: bool,
    },
    /// Whatever the tests say.
    Forced(Force),
}

/// A treatment that no test is asked about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Force {
    /// So many base values at each end are moved to the next distinct one.
    Ends {
        /// At the low end.
        low: Share,
        /// At the high end.
        high: Share,
    },
    /// Values beyond these limits, in the measure's own unit, count as the limit; one of them at least is given.
    Limits {
        /// Lower limit.
        lower: Option<f64>,
        /// Upper limit.
        upper: Option<f64>,
    },
    /// A logarithm, from the end that the skewness points away from.
    Log,
}

/// A number of base values, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    /// So many.
    Members(u32),
    /// This share of them, above 0 and below 0.5; rounded down to whole ones.
    Part(f64),
}

/// How a gap of a leaf is filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Impute {
    /// Not at all: what is missing stays missing.
    #[default]
    None,
    /// With the median (中位数) of the places of its type that have a value in the same period.
    GroupMedian,
    /// With the last value (末值) of the same place, at most `reach` periods before.
    Last {
        /// In periods, 1 to [`Impute::LONGEST_REACH`].
        reach: u32,
    },
    /// On the straight line (线性插值) between the neighbours in time, each at most `reach` periods away; with the last
    /// value where nothing follows. Nothing is carried back to before the first value.
    Linear {
        /// In periods, 1 to [`Impute::LONGEST_REACH`].
        reach: u32,
    },
}

impl Treat {
    /// The limits that the literature uses: see [`Treat::Tested`].
    pub const TESTED: Self = Self::Tested { skew: 2.0, kurtosis: 3.5, share: 0.05, log: true };
}

impl Share {
    /// How many of `members` that is.
    #[must_use]
    pub fn of(self, members: usize) -> usize {
        match self {
            Self::Members(count) => usize::try_from(count).unwrap_or(usize::MAX).min(members),
            Self::Part(part) => whole_members(part, members),
        }
    }
}

impl Impute {
    /// Periods that a gap may be bridged where a catalog does not say.
    pub const DEFAULT_REACH: u32 = 3;
    /// Most periods that a gap may be bridged: so many must be read on either side.
    pub const LONGEST_REACH: u32 = 12;

    /// How many periods before and after the one with the gap may be asked for a value.
    #[must_use]
    pub fn reaches(self) -> (u32, u32) {
        match self {
            Self::None | Self::GroupMedian => (0, 0),
            Self::Last { reach } => (reach, 0),
            Self::Linear { reach } => (reach, reach),
        }
    }
}

/// The greatest whole number of `members` that is no more than this share of them.
pub(crate) fn whole_members(share: f64, members: usize) -> usize {
    // Counted up from below, as a product rounded up could let one too many through; there are few.
    (1..=members).take_while(|&count| count as f64 <= share * members as f64 + 1e-9).count()
}
