//! The two passes: the thresholds of derived leaves from the base readings, then the scores under all thresholds.
//!
//! Every figure is a function of `xiuhua_indicators`; here is only what each of its two calls reads. The thresholds of
//! derived leaves come from the base periods of the threshold set, at its position and under its classification; each
//! run computes them anew from these readings alone, so all runs of one set have the same.
//!
//! Source: specification page 1, sections 1.4 and 1.7.

use xiuhua_indicators::assess::{Base, Scored, Scoring, derived_thresholds, members_by_type, score};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::{ShapeError, Table};
use xiuhua_indicators::threshold::Threshold;

use super::id::PlaceId;
use super::inputs::{BaseReadings, Inputs, PeriodValues};

/// What both passes give.
pub(super) struct TwoPasses {
    /// The places of each type.
    pub(super) members: Vec<Vec<usize>>,
    /// Thresholds by type and leaf position, derived ones included.
    pub(super) thresholds: Vec<Vec<Threshold>>,
    /// Derived leaves, weights in force, dimensionless values, scores and ranks.
    pub(super) scored: Scored,
}

/// Runs both passes over what was read.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub(super) fn run_both(
    outline: &Outline<'_>,
    inputs: &Inputs,
    declared_weights: &[Vec<f64>],
) -> Result<TwoPasses, ShapeError> {
    let thresholds = with_derived_thresholds(outline, inputs, declared_weights)?;
    let types: Vec<Option<usize>> = inputs.places.iter().map(|place| place.type_at).collect();
    let scored = score(&Scoring {
        outline,
        declared_weights,
        types: &types,
        thresholds: &thresholds,
        current: &inputs.assessed.capped,
        previous: inputs.previous.as_ref().map(|previous| &previous.capped),
    })?;
    let members = members_by_type(&types, thresholds.len())?;
    Ok(TwoPasses { members, thresholds, scored })
}

/// The thresholds with those of the derived leaves, from the base readings alone.
fn with_derived_thresholds(
    outline: &Outline<'_>,
    inputs: &Inputs,
    declared_weights: &[Vec<f64>],
) -> Result<Vec<Vec<Threshold>>, ShapeError> {
    let base = &inputs.base;
    let gap = Table::missing(outline.leaf_count(), base.axis.len());
    let derived = derived_thresholds(&Base {
        outline,
        declared_weights,
        types: &base.types,
        thresholds: &inputs.thresholds,
        samples: &samples_on(&base.axis, &inputs.samples),
        periods: &consecutive_tables(base, &gap, |read| &read.capped),
    })?;
    let mut thresholds = inputs.thresholds.clone();
    for derived in &derived {
        for (of_type, found) in thresholds.iter_mut().zip(&derived.by_type) {
            of_type[derived.leaf] = found.threshold;
        }
    }
    Ok(thresholds)
}

/// One table of each base period, with `gap` wherever periods are left out between two: no change is taken
/// across a gap.
pub(super) fn consecutive_tables<'a>(
    base: &'a BaseReadings,
    gap: &'a Table,
    table: impl Fn(&'a PeriodValues) -> &'a Table,
) -> Vec<&'a Table> {
    let mut tables = Vec::with_capacity(base.periods.len());
    for (at, read) in base.periods.iter().enumerate() {
        let follows = at == 0 || read.period.before().as_ref() == Some(&base.periods[at - 1].period);
        if !follows {
            tables.push(gap);
        }
        tables.push(table(read));
    }
    tables
}

/// Positions of sample members on an axis.
pub(super) fn samples_on(axis: &[PlaceId], samples: &[Vec<PlaceId>]) -> Vec<Vec<usize>> {
    let positions = |members: &Vec<PlaceId>| {
        members.iter().filter_map(|member| axis.binary_search(member).ok()).collect()
    };
    samples.iter().map(positions).collect()
}
