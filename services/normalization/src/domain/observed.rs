//! Observed values (观测值), gathered from columns of the record onto a place axis of our own.
//!
//! The record's axis holds every place there is; ours those that are asked about (the members of a sample, the places
//! of a classification). A leaf's column holds the values of the measure that it reads; two leaves may read one.

use std::collections::HashMap;

use xiuhua_indicators::catalog::{Catalog, Measure};
use xiuhua_indicators::outline::Outline;
use xiuhua_indicators::table::{ShapeError, Table};

use super::gaps::{Neighbours, fill};
use super::id::PlaceId;
use super::period::Period;

/// Values of the observed leaves of one catalog: a table a period, a column a leaf, a cell a place.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    columns: usize,
    leaves_of: HashMap<String, Vec<usize>>,
    measures: Vec<String>,
    axis: Vec<PlaceId>,
    periods: Vec<Period>,
    tables: Vec<Table>,
    on_record: Vec<bool>,
    from_record: Vec<Option<usize>>,
}

/// A column that does not fit what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the column of {measure} in {period} {fault}")]
pub(crate) struct BadColumn {
    measure: String,
    period: String,
    fault: &'static str,
}

impl Observed {
    /// Nothing gathered yet. `axis` stands by id (bytes), each place once; `periods` are distinct.
    pub(crate) fn new(catalog: &Catalog, axis: Vec<PlaceId>, periods: Vec<Period>) -> Self {
        Self::of_measures(catalog, axis, periods, |_| true)
    }

    /// As [`Observed::new`], of some measures alone: the columns of leaves that read others stay empty.
    pub(crate) fn of_measures(
        catalog: &Catalog,
        axis: Vec<PlaceId>,
        periods: Vec<Period>,
        wanted: impl Fn(&Measure) -> bool,
    ) -> Self {
        let leaves: Vec<usize> = (0..Outline::of(catalog).leaf_count()).collect();
        Self::gathering(catalog, &leaves, axis, periods, wanted)
    }

    /// As [`Observed::new`], with a column for each of these leaves alone, in their order.
    pub(crate) fn of_leaves(
        catalog: &Catalog,
        leaves: &[usize],
        axis: Vec<PlaceId>,
        periods: Vec<Period>,
    ) -> Self {
        Self::gathering(catalog, leaves, axis, periods, |_| true)
    }

    fn gathering(
        catalog: &Catalog,
        leaves: &[usize],
        axis: Vec<PlaceId>,
        periods: Vec<Period>,
        wanted: impl Fn(&Measure) -> bool,
    ) -> Self {
        let outline = Outline::of(catalog);
        let columns = leaves.len();
        let mut leaves_of: HashMap<String, Vec<usize>> = HashMap::new();
        let mut measures = Vec::new();
        for (column, &leaf) in leaves.iter().enumerate() {
            if let Some(measure) = catalog.measure_of(outline.leaf_index(leaf)).filter(|it| wanted(it)) {
                let readers = leaves_of.entry(measure.id.clone()).or_default();
                if readers.is_empty() {
                    measures.push(measure.id.clone());
                }
                readers.push(column);
            }
        }
        let tables = vec![Table::missing(columns, axis.len()); periods.len()];
        let on_record = vec![false; periods.len()];
        Self { columns, leaves_of, measures, axis, periods, tables, on_record, from_record: Vec::new() }
    }

    /// The measures to be read, in the order of the first leaf that reads each.
    pub(crate) fn measures(&self) -> &[String] {
        &self.measures
    }

    /// The periods to be read.
    pub(crate) fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// The places, by id.
    pub(crate) fn axis(&self) -> &[PlaceId] {
        &self.axis
    }

    /// Forgets the record's axis: another reading of the same record begins, with its axis again from the start.
    pub(crate) fn begin_axis(&mut self) {
        self.from_record.clear();
    }

    /// Takes the next stretch of the record's place axis.
    pub(crate) fn take_axis(&mut self, places: Vec<String>) {
        let axis = &self.axis;
        let position = |place: String| axis.binary_search(&PlaceId::new(place)).ok();
        self.from_record.extend(places.into_iter().map(position));
    }

    /// Takes values of one measure and period, by position on the record's axis.
    ///
    /// # Errors
    /// [`BadColumn`] if the measure or period was not asked for, a place is off the axis, or a value is no number.
    pub(crate) fn take_column(
        &mut self,
        measure: &str,
        period: &str,
        places: &[u32],
        values: &[f64],
    ) -> Result<(), BadColumn> {
        let bad = |fault| BadColumn { measure: measure.to_owned(), period: period.to_owned(), fault };
        let leaves = self.leaves_of.get(measure).ok_or_else(|| bad("was not asked for"))?;
        let at = self
            .periods
            .iter()
            .position(|asked| asked.as_str() == period)
            .ok_or_else(|| bad("was not asked for"))?;
        if places.len() != values.len() {
            return Err(bad("does not have a value for each place"));
        }
        for (&place, &value) in places.iter().zip(values) {
            let position = usize::try_from(place).ok().and_then(|place| self.from_record.get(place));
            let position = position.ok_or_else(|| bad("names a place off the axis"))?;
            if !value.is_finite() {
                return Err(bad("holds what is no number"));
            }
            self.on_record[at] = true;
            if let Some(position) = *position {
                for &leaf in leaves {
                    self.tables[at].column_mut(leaf).set(position, Some(value));
                }
            }
        }
        Ok(())
    }

    /// The periods in which any place of the record has any value, in the order asked.
    pub(crate) fn periods_on_record(&self) -> Vec<Period> {
        let on_record = self.periods.iter().zip(&self.on_record);
        on_record.filter(|(_, on_record)| **on_record).map(|(period, _)| period.clone()).collect()
    }

    /// How many places the axis has.
    pub(crate) fn places(&self) -> usize {
        self.axis.len()
    }

    /// Puts a value, or none, in the place of what was read.
    pub(crate) fn put(&mut self, period_at: usize, leaf: usize, place: usize, value: Option<f64>) {
        self.tables[period_at].column_mut(leaf).set(place, value);
    }

    /// Counts a period as on record whatever was read of it itself.
    pub(crate) fn note_on_record(&mut self, period_at: usize) {
        self.on_record[period_at] = true;
    }

    /// The tables, by period as asked.
    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The table of the first period asked for, or one without a value where none was.
    pub(crate) fn into_first(self) -> Table {
        let (columns, places) = (self.columns, self.axis.len());
        self.tables.into_iter().next().unwrap_or_else(|| Table::missing(columns, places))
    }

    /// The tables of some of the periods with their gaps filled, in the order given.
    ///
    /// # Errors
    /// [`ShapeError`] if members or neighbours are of another axis.
    pub(crate) fn filled(
        self,
        catalog: &Catalog,
        members: &[Vec<usize>],
        periods: &[Period],
        neighbours: &Neighbours,
    ) -> Result<Vec<Table>, ShapeError> {
        let asked = self.periods.iter().zip(self.tables).filter(|(period, _)| periods.contains(period));
        asked.map(|(period, table)| Ok(fill(catalog, members, period, table, neighbours)?.values)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_READERS: &str = r#"
id = "two-readers"
version = "1"
title = { zh = "同一计量", en = "One measure, two leaves" }
scale = 100

[[node]]
code = "R"
name = { zh = "根", en = "Root" }
points = 100

[[leaf]]
code = "L1"
name = { zh = "一", en = "One" }
parent = "R"
measure = "m"
direction = "positive"

[[leaf]]
code = "L2"
name = { zh = "二", en = "Two" }
parent = "R"
measure = "m"
direction = "inverse"

[[measure]]
id = "m"
name = { zh = "计量", en = "Measure" }
unit = "%"
bounds = "[0, 100]"
"#;

    fn observed() -> Observed {
        let catalog = Catalog::parse(TWO_READERS).unwrap();
        let axis = ["b", "d"].map(PlaceId::new).to_vec();
        let periods = ["2019", "2020"].map(|period| Period::parse(period).unwrap()).to_vec();
        let mut observed = Observed::new(&catalog, axis, periods);
        observed.take_axis(vec!["a".to_owned(), "b".to_owned()]);
        observed.take_axis(vec!["c".to_owned(), "d".to_owned()]);
        observed
    }

    #[test]
    fn values_land_on_our_axis_in_every_leaf_that_reads_the_measure() {
        let mut observed = observed();
        assert_eq!(observed.measures(), ["m"]);
        observed.take_column("m", "2020", &[1, 2], &[7.0, 8.0]).unwrap();
        observed.take_column("m", "2020", &[3], &[9.0]).unwrap();
        assert!(observed.tables()[0].is_empty());
        let found = observed.tables()[1].columns().iter().map(|column| column.iter().collect());
        assert_eq!(found.collect::<Vec<Vec<_>>>(), [[Some(7.0), Some(9.0)]; 2]);
    }

    #[test]
    fn a_period_is_on_record_by_any_place_even_one_that_is_not_asked_about() {
        let mut observed = observed();
        assert!(observed.periods_on_record().is_empty());
        observed.take_column("m", "2019", &[0], &[1.0]).unwrap();
        assert_eq!(observed.periods_on_record(), [Period::parse("2019").unwrap()]);
        assert!(observed.tables()[0].is_empty());
    }

    #[test]
    fn columns_that_were_not_asked_for_or_do_not_fit_are_refused() {
        let mut observed = observed();
        assert!(observed.take_column("other", "2019", &[], &[]).is_err());
        assert!(observed.take_column("m", "2021", &[], &[]).is_err());
        assert!(observed.take_column("m", "2019", &[0], &[]).is_err());
        assert!(observed.take_column("m", "2019", &[4], &[1.0]).is_err());
        assert!(observed.take_column("m", "2019", &[0], &[f64::NAN]).is_err());
    }
}
