//! Dimensionless values (无量纲值) by column.
//!
//! Source: specification page 1, section 1.5.

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::imputation::{Filling, Imputed};
use xiuhua_indicators::normalise::{Scaled, scale_table};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::ShapeError;
use xiuhua_indicators::threshold::Threshold;

use super::place_types::PlaceTypes;

/// Values of one observed leaf in one period.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// Code of the leaf.
    pub(crate) leaf: String,
    /// The places that have a value, by position on the axis.
    pub(crate) cells: Vec<Cell>,
    /// What the values that nobody delivered were made of, by place.
    pub(crate) fillings: Vec<Filling>,
}

/// A value and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    /// Position on the place axis.
    pub(crate) place: usize,
    /// In the measure's unit.
    pub(crate) value: f64,
    /// Dimensionless; `None` where the place's type has no thresholds for the leaf, or the place no type.
    pub(crate) scaled: Option<Scaled>,
}

/// Rescales the observed leaves of one period, in catalog order.
///
/// `thresholds` are `[type][leaf position]` for the types of `places`; `filled` has the axis of `places`.
///
/// # Errors
/// [`ShapeError`] if the inputs do not fit each other.
pub(crate) fn rescale(
    catalog: &Catalog,
    places: &PlaceTypes,
    thresholds: &[Vec<Threshold>],
    filled: &Imputed,
) -> Result<Vec<Column>, ShapeError> {
    let outline = Outline::of(catalog);
    let values = &filled.values;
    let scaled = scale_table(&outline, thresholds, &places.frames(), values)?;
    let observed = |leaf_at: &usize| !catalog.is_derived(outline.leaf_index(*leaf_at));
    let column = |leaf_at: usize| {
        let (raw, capped) = (scaled.raw.column(leaf_at), scaled.capped.column(leaf_at));
        let cell = |(place, value): (usize, Option<f64>)| {
            let pair = raw.get(place).zip(capped.get(place));
            Some(Cell { place, value: value?, scaled: pair.map(|(raw, capped)| Scaled { raw, capped }) })
        };
        let cells = values.column(leaf_at).iter().enumerate().filter_map(cell).collect();
        Column {
            leaf: outline.leaf_item(leaf_at).code.clone(),
            cells,
            fillings: filled.fillings[leaf_at].clone(),
        }
    };
    Ok((0..outline.leaf_count()).filter(observed).map(column).collect())
}
