//! The table (表): a column an indicator, a cell a place.
//!
//! All columnar inputs and outputs have this shape: the column index is the leaf position of the
//! [`Outline`](crate::outline::Outline), the cell index is the caller's place index, a missing value is `None`.

use crate::column::Column;

/// Columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    places: usize,
    columns: Vec<Column>,
}

/// An input that does not have the shape its catalog and places ask for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A list has another length than the thing it describes.
    #[error("{what}: expected {expected} entries, found {found}")]
    Length {
        /// The list.
        what: &'static str,
        /// Entries asked for.
        expected: usize,
        /// Entries given.
        found: usize,
    },
    /// An index points outside its list.
    #[error("{what}: index {index} is outside 0..{len}")]
    Index {
        /// What the index names.
        what: &'static str,
        /// The index given.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// A catalog is not a variant of the one that values were prepared for.
    #[error("leaf {code} reads or transforms its values otherwise than the leaf that was prepared")]
    AnotherTree {
        /// Code of the leaf.
        code: String,
    },
    /// A derived leaf came with values; they are computed, never delivered.
    #[error("leaf {code} is derived, its column must hold no values")]
    DerivedDelivered {
        /// Code of the leaf.
        code: String,
    },
}

impl Table {
    /// A table without a single value.
    #[must_use]
    pub fn missing(columns: usize, places: usize) -> Self {
        Self { places, columns: vec![Column::missing(places); columns] }
    }

    /// Takes columns over.
    ///
    /// # Errors
    /// [`ShapeError::Length`] if a column has not one cell for each of the `places`.
    pub fn from_columns(places: usize, columns: Vec<Column>) -> Result<Self, ShapeError> {
        for column in &columns {
            check_length("column of a table", places, column.len())?;
        }
        Ok(Self { places, columns })
    }

    /// How many places it has.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// One column: a cell a place.
    #[must_use]
    pub fn column(&self, column: usize) -> &Column {
        &self.columns[column]
    }

    /// One column, to be filled.
    pub fn column_mut(&mut self, column: usize) -> &mut Column {
        &mut self.columns[column]
    }

    /// The row of one place.
    #[must_use]
    pub fn row(&self, place: usize) -> Vec<Option<f64>> {
        self.columns.iter().map(|column| column.get(place)).collect()
    }

    /// Whether there is no value at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(Column::is_all_missing)
    }

    /// Checks the table against its catalog and places.
    ///
    /// # Errors
    /// [`ShapeError::Length`] if either differs.
    pub fn check(&self, columns: usize, places: usize) -> Result<(), ShapeError> {
        check_length("columns of a table", columns, self.columns.len())?;
        check_length("places of a table", places, self.places)
    }
}

pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), ShapeError> {
    if expected == found { Ok(()) } else { Err(ShapeError::Length { what, expected, found }) }
}

pub(crate) fn check_index(what: &'static str, index: usize, len: usize) -> Result<(), ShapeError> {
    if index < len { Ok(()) } else { Err(ShapeError::Index { what, index, len }) }
}
