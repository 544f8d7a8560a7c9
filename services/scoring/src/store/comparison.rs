//! Comparing rows on record with rows computed again: both come by key, each row is looked at once.

use std::cmp::Ordering;
use std::iter::Peekable;

use super::reading::{Comparison, KeyValue, RowDifference};
use super::tables::{Cell, TableRow};

/// The rows of one table, computed again, while those on record go by.
pub(super) struct Recomputed<I: Iterator> {
    rows: Peekable<I>,
}

impl<R: TableRow, I: Iterator<Item = R>> Recomputed<I> {
    /// All of them are still to come.
    pub(super) fn new(rows: I) -> Self {
        Self { rows: rows.peekable() }
    }

    /// Meets the next row on record.
    pub(super) fn meet(&mut self, recorded: &R, found: &mut Comparison) {
        let key = recorded.key();
        loop {
            let order = self.rows.peek().map_or(Ordering::Greater, |row| row.key().cmp(&key));
            if order == Ordering::Greater {
                return found.note(Some(recorded), None);
            }
            let Some(row) = self.rows.next() else { return };
            if order == Ordering::Less {
                found.note(None, Some(&row));
            } else {
                if row.cells() != recorded.cells() {
                    found.note(Some(recorded), Some(&row));
                }
                return;
            }
        }
    }

    /// There are no more rows on record.
    pub(super) fn end(self, found: &mut Comparison) {
        for row in self.rows {
            found.note(None, Some(&row));
        }
    }
}

impl Comparison {
    /// Most differences that are described; the rest are counted.
    pub(crate) const DESCRIBED: usize = 20;

    fn note<R: TableRow>(&mut self, recorded: Option<&R>, recomputed: Option<&R>) {
        self.total += 1;
        if self.differences.len() == Self::DESCRIBED {
            return;
        }
        let Some(row) = recorded.or(recomputed) else { return };
        self.differences.push(RowDifference {
            table: R::TABLE,
            key: R::KEY.iter().copied().zip(row.key().iter().map(KeyValue::from)).collect(),
            recorded: recorded.map(|row| unlike(row, recomputed)),
            recomputed: recomputed.map(|row| unlike(row, recorded)),
        });
    }
}

/// The columns in which a row differs from another; all of them where there is no other.
fn unlike<R: TableRow>(row: &R, other: Option<&R>) -> String {
    let others = other.map(TableRow::cells);
    let cells = row.cells().into_iter().enumerate();
    let unlike = cells.filter(|(at, cell)| others.as_ref().is_none_or(|others| others[*at] != *cell));
    unlike.map(|(at, cell)| format!("{} = {cell}", R::COLUMNS[at])).collect::<Vec<_>>().join(", ")
}

impl From<&Cell<'_>> for KeyValue {
    fn from(cell: &Cell<'_>) -> Self {
        match cell {
            Cell::Integer(integer) => Self::Integer(*integer),
            Cell::Text(text) => Self::Text((*text).to_owned()),
            other => Self::Text(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::WeightRow;
    use super::*;

    fn row(type_at: i64, item_at: i64, weight: f64) -> WeightRow {
        WeightRow { type_at, item_at, catalog_weight: 25.0, weight }
    }

    #[test]
    fn a_changed_a_missing_and_a_foreign_row_are_told_apart() {
        let recomputed = [row(0, 0, 1.0), row(0, 1, 2.0), row(1, 0, 3.0), row(1, 1, 4.0)];
        let changed = f64::from_bits(2.0_f64.to_bits() + 1);
        let recorded = [row(0, 0, 1.0), row(0, 1, changed), row(0, 7, 5.0), row(1, 1, 4.0)];
        let mut found = Comparison::default();
        let mut expected = Recomputed::new(recomputed.into_iter());
        recorded.iter().for_each(|row| expected.meet(row, &mut found));
        expected.end(&mut found);
        let told: Vec<(Option<&str>, Option<&str>)> = found
            .differences
            .iter()
            .map(|difference| (difference.recorded.as_deref(), difference.recomputed.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (Some("weight = 2.0000000000000004"), Some("weight = 2")),
                (Some("type_at = 0, item_at = 7, catalog_weight = 25, weight = 5"), None),
                (None, Some("type_at = 1, item_at = 0, catalog_weight = 25, weight = 3")),
            ]
        );
        let key = [("type_at", KeyValue::Integer(0)), ("item_at", KeyValue::Integer(1))];
        assert_eq!((found.total, found.differences[0].key.as_slice()), (3, key.as_slice()));
    }

    #[test]
    fn all_are_counted_and_the_first_are_described() {
        let mut found = Comparison::default();
        Recomputed::new((0..50).map(|item_at| row(0, item_at, 1.0))).end(&mut found);
        assert_eq!((found.total, found.differences.len()), (50, Comparison::DESCRIBED));
    }
}
