//! Thresholds (上、下限阈值): where an indicator begins and ends for one type of place.
//!
//! Source: specification page 1, section 1.4, points 3 and 5.

use crate::base::{BaseTable, BaseValue};
use crate::catalog::{Bounds, Extension, Leaf, Reads, ThresholdPolicy, Transform, Treat};
use crate::normalise::Scaler;
use crate::outline::Outline;
use crate::table::{ShapeError, check_index, check_length};
use crate::treatment::{Treatment, find_treatment};

/// Sampled base values that lie closer than this share of the larger magnitude do not differ.
const DEGENERATE_SPREAD: f64 = 1e-12;

/// A lower and an upper end in the indicator's own unit, and the treatment of outliers that was fixed with them; lower is
/// below upper, both and their distance are finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goalposts {
    lower: f64,
    upper: f64,
    treatment: Treatment,
}

/// Goalposts that enclose nothing.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the lower threshold {lower} is not below the upper threshold {upper}, or one is not finite")]
pub struct EmptyGoalposts {
    /// Lower end given.
    pub lower: f64,
    /// Upper end given.
    pub upper: f64,
}

/// What became of an indicator's thresholds for one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// The indicator is measured between these.
    Ok(Goalposts),
    /// The sampled base values do not differ: the indicator cannot tell places of this type apart.
    Degenerate,
    /// No place of the sample has a base value.
    NoData,
}

/// The kinds of [`Threshold`], without the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThresholdStatus {
    /// Usable.
    Ok,
    /// See [`Threshold::Degenerate`].
    Degenerate,
    /// See [`Threshold::NoData`].
    NoData,
}

/// A threshold and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeafThreshold {
    /// The thresholds or why there are none.
    pub threshold: Threshold,
    /// How many places of the sample have a base value.
    pub base_values: usize,
    /// How many of these rest on fewer periods than the base asks for.
    pub short_base_values: usize,
}

impl Goalposts {
    /// Goalposts at these ends.
    ///
    /// # Errors
    /// [`EmptyGoalposts`] unless `lower < upper` and both and their distance are finite.
    pub fn new(lower: f64, upper: f64) -> Result<Self, EmptyGoalposts> {
        if lower < upper && (upper - lower).is_finite() {
            // Adding 0 turns -0 into 0: which of the two is the least would depend on the order of the sample.
            Ok(Self { lower: lower + 0.0, upper: upper + 0.0, treatment: Treatment::Untreated })
        } else {
            Err(EmptyGoalposts { lower, upper })
        }
    }

    /// The same ends, with values treated before they are rescaled between them.
    #[must_use]
    pub fn with_treatment(self, treatment: Treatment) -> Self {
        Self { treatment, ..self }
    }

    /// What is done to values before they are rescaled.
    #[must_use]
    pub fn treatment(self) -> Treatment {
        self.treatment
    }

    /// Lower end, in the indicator's own unit.
    #[must_use]
    pub fn lower(self) -> f64 {
        self.lower
    }

    /// Upper end, in the indicator's own unit.
    #[must_use]
    pub fn upper(self) -> f64 {
        self.upper
    }
}

impl Threshold {
    /// Its kind.
    #[must_use]
    pub fn status(self) -> ThresholdStatus {
        match self {
            Self::Ok(_) => ThresholdStatus::Ok,
            Self::Degenerate => ThresholdStatus::Degenerate,
            Self::NoData => ThresholdStatus::NoData,
        }
    }

    /// Its figures, if it has any.
    #[must_use]
    pub fn goalposts(self) -> Option<Goalposts> {
        match self {
            Self::Ok(goalposts) => Some(goalposts),
            Self::Degenerate | Self::NoData => None,
        }
    }
}

impl ThresholdStatus {
    /// The word used in files: `ok`, `degenerate`, `no_data`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degenerate => "degenerate",
            Self::NoData => "no_data",
        }
    }
}

/// Fixes the thresholds of one leaf for one type from the base values of the sample (any order).
///
/// `natural` are the bounds of what the leaf reads, used where the policy clips. Fixed goalposts ask for no data.
/// Whether the base values differ is tested before the extension, which would otherwise hide it; a sample that lies
/// wholly beyond a clipping bound is degenerate too, as nothing is left between the ends.
///
/// Goalposts between which the leaf's transform leaves nothing are degenerate, fixed ones too.
///
/// Outliers are treated first, as the leaf asks ([`find_treatment`]), and the ends are those of the treated values; the
/// treatment stands with the thresholds from then on.
///
/// Thresholds stay in the indicator's own unit whatever its transform or treatment. Under a logarithm a base value
/// without one counts as missing, and an end whose extension would leave the domain of the logarithm is not extended.
#[must_use]
pub fn fix_threshold(leaf: &Leaf, natural: Option<Bounds>, base: impl Iterator<Item = f64>) -> Threshold {
    match leaf.threshold {
        ThresholdPolicy::Fixed { lower, upper } => {
            // A validated catalog holds no empty goalposts; one built by hand gets the status that leaves it out.
            between(leaf, lower, upper, Treatment::Untreated)
        }
        ThresholdPolicy::Sampled { extension, clip } => {
            let logarithmic = leaf.transform == Transform::Ln;
            let usable = base.filter(|&value| !logarithmic || value > 0.0);
            let Some((treatment, least, greatest)) = treated_extremes(leaf, usable) else {
                return Threshold::NoData;
            };
            if greatest - least <= DEGENERATE_SPREAD * greatest.abs().max(least.abs()) {
                return Threshold::Degenerate;
            }
            let (mut lower, mut upper) = extend(extension, least, greatest);
            if logarithmic && lower <= 0.0 {
                lower = least;
            }
            if let Treatment::Logarithm(logarithm) = treatment {
                lower = if logarithm.of(lower).is_some() { lower } else { least };
                upper = if logarithm.of(upper).is_some() { upper } else { greatest };
            }
            if clip {
                lower = natural.and_then(|bounds| bounds.lower).map_or(lower, |bound| lower.max(bound));
                upper = natural.and_then(|bounds| bounds.upper).map_or(upper, |bound| upper.min(bound));
            }
            between(leaf, lower, upper, treatment)
        }
    }
}

/// The treatment of the base values, and the least and greatest of them as it leaves them; a logarithm leaves them in
/// the indicator's own unit.
fn treated_extremes(leaf: &Leaf, base: impl Iterator<Item = f64>) -> Option<(Treatment, f64, f64)> {
    if leaf.treat == Treat::None {
        return extremes(base).map(|(least, greatest)| (Treatment::Untreated, least, greatest));
    }
    let values: Vec<f64> = base.collect();
    let treatment = find_treatment(leaf.treat, values.iter().copied());
    let (least, greatest) = extremes(values.into_iter().map(|value| treatment.treated(value)))?;
    Some((treatment, least, greatest))
}

/// Goalposts at these ends, if values can be told apart between them.
fn between(leaf: &Leaf, lower: f64, upper: f64, treatment: Treatment) -> Threshold {
    match Goalposts::new(lower, upper).map(|goalposts| goalposts.with_treatment(treatment)) {
        Ok(goalposts) if Scaler::new(leaf, goalposts).is_some() => Threshold::Ok(goalposts),
        _ => Threshold::Degenerate,
    }
}

/// Fixes the thresholds of every observed leaf for one type, by leaf position.
///
/// `sample` are place indices into the base table; `base_periods` is the number of periods a full base value rests
/// on. A derived leaf comes out [`Threshold::NoData`], unless its goalposts are fixed: its base values are made of
/// scores: see [`derived_thresholds`](crate::assess::derived_thresholds).
///
/// # Errors
/// [`ShapeError`] if the base table does not fit the catalog or a sample member lies outside it.
pub fn fix_thresholds(
    outline: &Outline<'_>,
    base: &BaseTable,
    sample: &[usize],
    base_periods: usize,
) -> Result<Vec<LeafThreshold>, ShapeError> {
    base.check(outline.leaf_count())?;
    let fix = |(at, leaf): (usize, &Leaf)| {
        let column = &base.columns[at];
        for &place in sample {
            check_index("sample member", place, column.len())?;
        }
        let observed = matches!(leaf.reads, Reads::Measure(_));
        let members = sample.iter().filter(|_| observed).filter_map(|&place| column[place]);
        Ok(fix_from_members(leaf, outline.natural_bounds(at), members, base_periods))
    };
    outline.leaves().enumerate().map(fix).collect()
}

/// Fixes one leaf's thresholds and counts what they rest on.
pub(crate) fn fix_from_members(
    leaf: &Leaf,
    natural: Option<Bounds>,
    members: impl Iterator<Item = BaseValue> + Clone,
    base_periods: usize,
) -> LeafThreshold {
    LeafThreshold {
        threshold: fix_threshold(leaf, natural, members.clone().map(|base| base.mean)),
        base_values: members.clone().count(),
        short_base_values: members.filter(|base| base.periods < base_periods).count(),
    }
}

/// Checks that there is one threshold for each leaf.
pub(crate) fn check_thresholds(outline: &Outline<'_>, thresholds: &[Threshold]) -> Result<(), ShapeError> {
    check_length("thresholds of a type", outline.leaf_count(), thresholds.len())
}

fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |found, value| match found {
        None => Some((value, value)),
        Some((least, greatest)) => Some((value.min(least), value.max(greatest))),
    })
}

fn extend(extension: Extension, least: f64, greatest: f64) -> (f64, f64) {
    match extension {
        Extension::ByValue(share) => (least - share * least.abs(), greatest + share * greatest.abs()),
        Extension::ByRange(share) => {
            let reach = share * (greatest - least);
            (least - reach, greatest + reach)
        }
        Extension::None => (least, greatest),
    }
}
