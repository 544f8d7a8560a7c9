//! A column (列): a number a place, or none, in eight bytes a cell.
//!
//! A missing value is kept as a NaN, which nobody sees: it goes in and comes out as `None`, and no number that goes in
//! is NaN. So an engine reads a column as plain numbers, of which a missing one spoils whatever it would wrongly be
//! added to, and a reader cannot take it for a value. Nothing else in the house says "missing" in this way
//! (invariant 7 of ARCHITECTURE).

use std::sync::Arc;

/// Finite numbers, some of them missing. A copy shares its cells until one of the two is changed.
#[derive(Clone, Debug, Default)]
pub struct Column {
    cells: Arc<Vec<f64>>,
}

impl Column {
    /// A column of `len` cells without a single value.
    #[must_use]
    pub fn missing(len: usize) -> Self {
        Self { cells: Arc::new(vec![f64::NAN; len]) }
    }

    /// How many cells it has, missing ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether it has no cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Whether none of its cells holds a value.
    #[must_use]
    pub fn is_all_missing(&self) -> bool {
        self.cells.iter().all(|cell| cell.is_nan())
    }

    /// The value of a place.
    ///
    /// # Panics
    /// If the place is not in `0..len`.
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize) -> Option<f64> {
        present(self.cells[place])
    }

    /// Puts a value in its place, or takes it away.
    ///
    /// # Panics
    /// If the place is not in `0..len`, or the value is not finite: doors have refused such values long before.
    #[inline]
    pub fn set(&mut self, place: usize, value: Option<f64>) {
        self.cells_mut()[place] = cell(value);
    }

    /// The values in the order of their places.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<f64>> + DoubleEndedIterator + Clone + '_ {
        self.cells.iter().copied().map(present)
    }

    /// Zeros, which come untouched from the system, for every cell to be filled.
    pub(crate) fn to_be_filled(len: usize) -> Self {
        Self { cells: Arc::new(vec![0.0; len]) }
    }

    /// The cells as numbers, NaN where one is missing.
    #[inline]
    pub(crate) fn cells(&self) -> &[f64] {
        &self.cells
    }

    /// The same, to be filled with finite numbers and NaN.
    #[inline]
    pub(crate) fn cells_mut(&mut self) -> &mut [f64] {
        Arc::make_mut(&mut self.cells).as_mut_slice()
    }
}

impl PartialEq for Column {
    /// Missing equals missing.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl FromIterator<Option<f64>> for Column {
    /// Takes values in the order of their places.
    ///
    /// # Panics
    /// If a value is not finite.
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(values: I) -> Self {
        Self { cells: Arc::new(values.into_iter().map(cell).collect()) }
    }
}

impl From<Vec<Option<f64>>> for Column {
    fn from(values: Vec<Option<f64>>) -> Self {
        values.into_iter().collect()
    }
}

#[inline]
pub(crate) fn present(cell: f64) -> Option<f64> {
    if cell.is_nan() { None } else { Some(cell) }
}

#[inline]
fn cell(value: Option<f64>) -> f64 {
    match value {
        Some(value) => {
            assert!(value.is_finite(), "a column holds finite numbers, not {value}");
            value
        }
        None => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let values = vec![Some(1.5), None, Some(-0.0), Some(f64::MAX)];
        let mut column = Column::from(values.clone());
        assert_eq!(column.iter().collect::<Vec<_>>(), values);
        assert_eq!((column.len(), column.get(0), column.get(1)), (4, Some(1.5), None));
        column.set(0, None);
        column.set(1, Some(7.0));
        assert_eq!((column.get(0), column.get(1)), (None, Some(7.0)));
    }

    #[test]
    fn missing_equals_missing_and_nothing_else() {
        assert_eq!(Column::from(vec![None, Some(0.0)]), Column::from(vec![None, Some(0.0)]));
        assert_ne!(Column::from(vec![None]), Column::from(vec![Some(0.0)]));
        assert_ne!(Column::missing(1), Column::missing(2));
        assert!(Column::missing(3).is_all_missing() && !Column::from(vec![None, Some(0.0)]).is_all_missing());
    }

    #[test]
    fn what_is_no_finite_number_is_refused() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let refused = std::panic::catch_unwind(|| Column::missing(1).set(0, Some(value)));
            assert!(refused.is_err(), "{value}");
        }
    }
}
