//! The base value (基期值): a simple moving average over the periods before the assessed one.
//!
//! Source: specification page 1, section 1.4, point 2.

use crate::table::{ShapeError, Table, check_length};

/// The mean of the periods on record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaseValue {
    /// Mean, in the indicator's own unit.
    pub mean: f64,
    /// How many periods it rests on, at least 1; fewer than asked for is worth saying.
    pub periods: usize,
}

/// Base values: a column an indicator, a cell a place.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseTable {
    /// Columns by leaf position; `None` where a place has no base value.
    pub columns: Vec<Vec<Option<BaseValue>>>,
}

/// The mean of those values that are there; `None` if none is.
#[must_use]
pub fn base_value(values: impl Iterator<Item = Option<f64>> + Clone) -> Option<BaseValue> {
    let present = values.flatten();
    let periods = present.clone().count();
    if periods == 0 {
        return None;
    }
    let count = periods as f64;
    let sum: f64 = present.clone().sum();
    // Values near the end of the range would overflow in the sum although their mean is representable.
    let mean = if sum.is_finite() { sum / count } else { present.map(|value| value / count).sum() };
    Some(BaseValue { mean, periods })
}

/// Averages the base periods, oldest first, cell by cell.
///
/// Which periods these are is the caller's to say: the `base_periods` before the assessed one or, where no place has
/// any earlier period on record, the assessed period alone ([`nothing_on_record`]).
///
/// # Errors
/// [`ShapeError::Length`] if a table does not have `columns` columns of `places` cells.
pub fn base_table(columns: usize, places: usize, periods: &[&Table]) -> Result<BaseTable, ShapeError> {
    for table in periods {
        table.check(columns, places)?;
    }
    Ok(base_of(columns, periods, &(0..places)))
}

/// The base values of some places, which lie inside the tables, in the order given.
pub(crate) fn base_of(
    columns: usize,
    periods: &[&Table],
    places: &(impl Iterator<Item = usize> + Clone),
) -> BaseTable {
    let column_of = |column: usize| {
        let of_place = |place| base_value(periods.iter().map(|table| table.column(column).get(place)));
        places.clone().map(of_place).collect()
    };
    BaseTable { columns: (0..columns).map(column_of).collect() }
}

/// Whether no place has a value in any of the earlier periods: then the base is the assessed period itself.
#[must_use]
pub fn nothing_on_record<'a>(mut earlier: impl Iterator<Item = &'a Table>) -> bool {
    earlier.all(Table::is_empty)
}

impl BaseTable {
    /// Checks the table against its catalog.
    pub(crate) fn check(&self, columns: usize) -> Result<(), ShapeError> {
        check_length("columns of a base table", columns, self.columns.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(values: &[Option<f64>]) -> Option<BaseValue> {
        base_value(values.iter().copied())
    }

    #[test]
    fn the_base_is_the_mean_of_the_periods_there_are() {
        assert_eq!(base(&[Some(1.0), Some(2.0), Some(6.0)]), Some(BaseValue { mean: 3.0, periods: 3 }));
        assert_eq!(base(&[None, Some(2.0), Some(6.0)]), Some(BaseValue { mean: 4.0, periods: 2 }));
        assert_eq!(base(&[None, None, Some(6.0)]), Some(BaseValue { mean: 6.0, periods: 1 }));
    }

    #[test]
    fn without_a_period_on_record_there_is_no_base_value() {
        assert_eq!(base(&[None, None, None]), None);
        assert_eq!(base(&[]), None);
    }

    #[test]
    fn the_mean_of_huge_values_stays_finite() {
        let mean = base(&[Some(1.5e308), Some(1.5e308)]).map(|base| base.mean);
        assert_eq!(mean, Some(1.5e308));
    }
}
