//! The dimensionless value (无量纲化): a value's place between its thresholds.
//!
//! Source: specification page 1, section 1.5.

mod line;

pub(crate) use line::{Line, cap_strips, transform};

use line::ScaleColumn;

use crate::catalog::{Direction, Leaf, Transform};
use crate::column::Column;
use crate::lanes::wide;
use crate::outline::Outline;
use crate::table::{ShapeError, Table, check_index, check_length};
use crate::threshold::{Goalposts, Threshold, check_thresholds};
use crate::treatment::Treatment;

/// A dimensionless value; an inverse indicator is turned, so that 1 is always best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaled {
    /// Uncapped, for diagnosis: below 0 or above 1 beyond a threshold.
    pub raw: f64,
    /// Capped to 0..=1: what is weighed.
    pub capped: f64,
}

/// Rescales the values of one leaf for one type.
#[derive(Clone, Copy, Debug)]
pub struct Scaler {
    transform: Transform,
    treatment: Treatment,
    ends: (f64, f64),
    from: f64,
    span: f64,
}

/// Dimensionless values of all leaves: two tables of one shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScaledTable {
    /// Uncapped values.
    pub raw: Table,
    /// Values capped to 0..=1.
    pub capped: Table,
}

impl Scaler {
    /// A scaler between these thresholds, which are in the indicator's own unit, with the treatment that was fixed with
    /// them; `None` where a logarithm is not defined at one of them or leaves nothing between them: logarithms of
    /// neighbouring numbers can be equal.
    #[must_use]
    pub fn new(leaf: &Leaf, goalposts: Goalposts) -> Option<Self> {
        let treatment = goalposts.treatment();
        let ends = (goalposts.lower(), goalposts.upper());
        let lower = transformed(leaf.transform, treatment, ends.0)?;
        let upper = transformed(leaf.transform, treatment, ends.1)?;
        if upper <= lower {
            return None;
        }
        // For an inverse indicator (upper - x)/(upper - lower) is the same as (x - upper)/(lower - upper).
        let (from, span) = match leaf.direction {
            Direction::Positive => (lower, upper - lower),
            Direction::Inverse => (upper, lower - upper),
        };
        Some(Self { transform: leaf.transform, treatment, ends, from, span })
    }

    /// Rescales a value in the indicator's own unit; `None` where the transform is not defined.
    ///
    /// A winsorised value beyond its limit counts as the limit, uncapped too. Under a logarithm that treats outliers, a
    /// value beyond the threshold on the side where the logarithm ends counts as the threshold: so every value has its
    /// place, and a greater one never a lesser.
    #[must_use]
    pub fn scale(&self, value: f64) -> Option<Scaled> {
        let moved = transformed(self.transform, self.treatment, self.treated(value))? - self.from;
        // A value at the far end of the number range may overflow here; it stays a number.
        let raw = (moved / self.span).clamp(f64::MIN, f64::MAX) + 0.0;
        Some(Scaled { raw, capped: raw.clamp(0.0, 1.0) })
    }

    /// Whether it treats values before it draws its line.
    pub(crate) fn treats(&self) -> bool {
        self.treatment != Treatment::Untreated
    }

    fn treated(&self, value: f64) -> f64 {
        match self.treatment {
            Treatment::Untreated => value,
            Treatment::Winsorised(limits) => limits.within(value),
            Treatment::Logarithm(logarithm) if logarithm.mirrored => value.min(self.ends.1),
            Treatment::Logarithm(_) => value.max(self.ends.0),
        }
    }
}

/// Rescales the cells of `places` of one column into `raw` and `capped`, which have the column's length.
///
/// Other cells are left as they are. A missing value stays missing; without goalposts every cell is missing.
///
/// # Errors
/// [`ShapeError`] if the columns differ in length or a place lies outside them.
pub fn scale_column(
    leaf: &Leaf,
    threshold: Threshold,
    values: &Column,
    places: &[usize],
    raw: &mut Column,
    capped: &mut Column,
) -> Result<(), ShapeError> {
    check_length("uncapped column", values.len(), raw.len())?;
    check_length("capped column", values.len(), capped.len())?;
    let scaler = threshold.goalposts().and_then(|goalposts| Scaler::new(leaf, goalposts));
    let (raw, capped) = (raw.cells_mut(), capped.cells_mut());
    for &place in places {
        check_index("place of a column", place, values.len())?;
        let scaled = scaler.zip(values.get(place)).and_then(|(scaler, value)| scaler.scale(value));
        raw[place] = scaled.map_or(f64::NAN, |scaled| scaled.raw);
        capped[place] = scaled.map_or(f64::NAN, |scaled| scaled.capped);
    }
    Ok(())
}

/// Rescales all leaves of all places, each place by the thresholds of its type.
///
/// `members[t]` are the places of type `t`, `thresholds[t]` its thresholds by leaf position. A place in no type has
/// no dimensionless values.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit the catalog or each other.
pub fn scale_table(
    outline: &Outline<'_>,
    thresholds: &[Vec<Threshold>],
    members: &[Vec<usize>],
    values: &Table,
) -> Result<ScaledTable, ShapeError> {
    let (leaves, places) = (outline.leaf_count(), values.places());
    values.check(leaves, places)?;
    check_length("thresholds by type", members.len(), thresholds.len())?;
    let kinds = kinds_of(members, places)?;
    for thresholds in thresholds {
        check_thresholds(outline, thresholds)?;
    }
    let mut logarithms = Vec::new();
    let (mut raw_columns, mut capped_columns) = (Vec::with_capacity(leaves), Vec::with_capacity(leaves));
    for (at, leaf) in outline.leaves().enumerate() {
        if thresholds.iter().any(|thresholds| is_treated(thresholds[at])) {
            // Each type has limits or a logarithm of its own, which no one line says.
            let (mut raw, mut capped) = (Column::missing(places), Column::missing(places));
            for (thresholds, members) in thresholds.iter().zip(members) {
                scale_column(leaf, thresholds[at], values.column(at), members, &mut raw, &mut capped)?;
            }
            raw_columns.push(raw);
            capped_columns.push(capped);
            continue;
        }
        let lines: Vec<Line> = thresholds.iter().map(|thresholds| Line::of(leaf, thresholds[at])).collect();
        let values = values.column(at).cells();
        let transformed = if leaf.transform == Transform::None {
            values
        } else {
            logarithms.clear();
            logarithms.extend(values.iter().map(|&value| transform(leaf, value)));
            &logarithms
        };
        let (mut raw, mut capped) = (Column::to_be_filled(places), Column::to_be_filled(places));
        let cells = (raw.cells_mut(), capped.cells_mut());
        wide(ScaleColumn { lines: &lines, kinds: &kinds, transformed, raw: cells.0, capped: cells.1 });
        raw_columns.push(raw);
        capped_columns.push(capped);
    }
    Ok(ScaledTable {
        raw: Table::from_columns(places, raw_columns)?,
        capped: Table::from_columns(places, capped_columns)?,
    })
}

/// Whether values are treated before they are rescaled between these thresholds.
fn is_treated(threshold: Threshold) -> bool {
    threshold.goalposts().is_some_and(|goalposts| goalposts.treatment() != Treatment::Untreated)
}

/// The type of each place, `u32::MAX` for none.
fn kinds_of(members: &[Vec<usize>], places: usize) -> Result<Vec<u32>, ShapeError> {
    let mut kinds = vec![u32::MAX; places];
    for (kind, members) in (0..).zip(members) {
        for &place in members {
            check_index("place of a column", place, places)?;
            kinds[place] = kind;
        }
    }
    Ok(kinds)
}

fn transformed(transform: Transform, treatment: Treatment, value: f64) -> Option<f64> {
    match (transform, treatment) {
        (Transform::Ln, _) => (value > 0.0).then(|| libm::log(value)),
        (Transform::None, Treatment::Logarithm(logarithm)) => logarithm.of(value),
        (Transform::None, Treatment::Untreated | Treatment::Winsorised(_)) => Some(value),
    }
}
