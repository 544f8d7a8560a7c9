//! Values by column, put together from their stream.

use std::time::Duration;

use tonic::Streaming;
use xiuhua_contracts::normalization::v1::read_values_response::Part;
use xiuhua_contracts::normalization::v1::{ReadValuesResponse, TypedPlaces, ValueColumn};
use xiuhua_indicators::outline::Outline;
use xiuhua_service_kit::channel::within;

use super::{NORMALIZATION, bad, type_at};
use crate::convert;
use crate::domain::assessment::{Plan, UNCLASSIFIED};
use crate::domain::id::PlaceId;
use crate::domain::imputation::ImputedCell;
use crate::domain::inputs::{PeriodValues, RolledColumn};
use crate::domain::period::Period;
use crate::error::Error;

/// Values of some periods on one place axis.
pub(super) struct Reading {
    /// Place ids, by id.
    pub(super) axis: Vec<PlaceId>,
    /// Position of each place's type; `None` where unclassified.
    pub(super) types: Vec<Option<usize>>,
    /// The periods as asked.
    pub(super) periods: Vec<PeriodValues>,
}

/// Reads the stream to its end; waits at most `silence` for its next message.
pub(super) async fn read_values(
    plan: &Plan,
    outline: &Outline<'_>,
    periods: Vec<Period>,
    mut stream: Streaming<ReadValuesResponse>,
    silence: Duration,
) -> Result<Reading, Error> {
    let mut reading = Reading { axis: Vec::new(), types: Vec::new(), periods: Vec::new() };
    let mut places_total = None;
    while let Some(message) = within(NORMALIZATION, silence, stream.message()).await? {
        match message.part {
            Some(Part::Places(places)) if reading.periods.is_empty() => {
                places_total = Some(places.places_total);
                reading.add_places(plan, places)?;
            }
            Some(Part::Places(_)) => return Err(bad(NORMALIZATION, "places after the first column")),
            Some(Part::Column(column)) => {
                reading.begin_columns(outline, &periods);
                reading.add_column(outline, &column)?;
            }
            None => return Err(bad(NORMALIZATION, "a message without a part")),
        }
    }
    reading.begin_columns(outline, &periods);
    if places_total.unwrap_or(0) != reading.axis.len() as u64 {
        return Err(bad(NORMALIZATION, "the stream of values ended before all places came"));
    }
    Ok(reading)
}

impl Reading {
    fn add_places(&mut self, plan: &Plan, places: TypedPlaces) -> Result<(), Error> {
        let types = places.r#type.unwrap_or_default();
        if types.index.len() != places.ids.len() {
            return Err(bad(NORMALIZATION, "not one type for each place"));
        }
        let known = |name: &String| match name.as_str() {
            UNCLASSIFIED => Ok(None),
            name => type_at(plan, NORMALIZATION, name).map(Some),
        };
        let dictionary = types.dictionary.iter().map(known).collect::<Result<Vec<Option<usize>>, Error>>()?;
        for (id, entry) in places.ids.into_iter().zip(types.index) {
            let id = PlaceId::new(id);
            if self.axis.last().is_some_and(|last| *last >= id) {
                return Err(bad(NORMALIZATION, "places that are not in the order of their ids"));
            }
            let entry = usize::try_from(entry).ok().and_then(|entry| dictionary.get(entry));
            let kind = entry.ok_or_else(|| bad(NORMALIZATION, "a type outside its dictionary"))?;
            self.types.push(*kind);
            self.axis.push(id);
        }
        Ok(())
    }

    /// Once the axis is known, every period has its tables.
    fn begin_columns(&mut self, outline: &Outline<'_>, periods: &[Period]) {
        if self.periods.is_empty() {
            let empty = |period: &Period| {
                PeriodValues::missing(period.clone(), outline.leaf_count(), self.axis.len())
            };
            self.periods = periods.iter().map(empty).collect();
        }
    }

    fn add_column(&mut self, outline: &Outline<'_>, column: &ValueColumn) -> Result<(), Error> {
        let leaf = outline.leaf_of_code(&column.leaf).filter(|&leaf| outline.changing_node(leaf).is_none());
        let leaf = leaf.ok_or_else(|| bad(NORMALIZATION, format!("values of the leaf {}", column.leaf)))?;
        let length = column.place.len();
        if [column.value.len(), column.z_uncapped.len(), column.z.len()] != [length; 3] {
            return Err(bad(NORMALIZATION, "a column with parts of different lengths"));
        }
        let read = self.periods.iter_mut().find(|read| read.period.as_str() == column.period);
        let read = read.ok_or_else(|| bad(NORMALIZATION, "values of a period that was not asked for"))?;
        if ![0, length].contains(&column.rolled_on_record.len()) {
            return Err(bad(NORMALIZATION, "a column with parts of different lengths"));
        }
        for (at, &place) in column.place.iter().enumerate() {
            let place = usize::try_from(place).ok().filter(|&place| place < self.axis.len());
            let place = place.ok_or_else(|| bad(NORMALIZATION, "a value of a place outside the axis"))?;
            if !column.value[at].is_finite() {
                return Err(bad(NORMALIZATION, "a value that is no number"));
            }
            read.values.column_mut(leaf).set(place, Some(column.value[at]));
            read.raw.column_mut(leaf).set(place, present(column.z_uncapped[at]));
            read.capped.column_mut(leaf).set(place, present(column.z[at]));
            if let Some(&on_record) = column.rolled_on_record.get(at) {
                let empty =
                    || RolledColumn { window: column.rolled_window, on_record: vec![0; self.axis.len()] };
                read.rolled.entry(leaf).or_insert_with(empty).on_record[place] = on_record;
            }
        }
        for imputed in &column.imputed {
            let entry = usize::try_from(imputed.entry).ok().and_then(|entry| column.place.get(entry));
            let place_at = entry.and_then(|place| usize::try_from(*place).ok());
            let found = place_at.zip(convert::read_imputation(imputed));
            let (place_at, imputation) = found.ok_or_else(|| {
                bad(NORMALIZATION, "an imputed value that does not say what it was made of")
            })?;
            read.imputed.push(ImputedCell { leaf_at: leaf, place_at, imputation });
        }
        Ok(())
    }
}

/// NaN means absent in these columns and nowhere else.
fn present(z: f64) -> Option<f64> {
    z.is_finite().then_some(z)
}
