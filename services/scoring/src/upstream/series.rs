//! Months of all places, and what the register knows of them.

use std::collections::HashMap;

use xiuhua_contracts::ingestion::v1 as ingestion;
use xiuhua_contracts::normalization::v1 as normalization;
use xiuhua_contracts::normalization::v1::read_series_response::Part;
use xiuhua_indicators::outline::Outline;
use xiuhua_service_kit::channel::within;

use super::{INGESTION, Lines, NORMALIZATION, bad};
use crate::domain::assessment::Plan;
use crate::domain::id::PlaceId;
use crate::domain::period::Period;
use crate::domain::scanning::{KnownPlace, Series};
use crate::error::Error;

impl Lines {
    /// Monthly values of the leaves that roll, under the catalog and classification of a plan.
    pub(crate) async fn series(
        &self,
        plan: &Plan,
        outline: &Outline<'_>,
        months: Vec<Period>,
        as_of_position: u64,
    ) -> Result<Series, Error> {
        let request = normalization::ReadSeriesRequest {
            catalog_id: plan.catalog.id.clone(),
            catalog_version: plan.catalog.version.clone(),
            classification_id: plan.classification_id.clone(),
            months: months.iter().map(|month| month.as_str().to_owned()).collect(),
            as_of_position: Some(as_of_position),
        };
        let mut client = self.series.clone();
        let mut stream = within(NORMALIZATION, self.silence, client.read_series(request)).await?.into_inner();
        let mut series = Series { axis: Vec::new(), types: Vec::new(), months, leaves: HashMap::new() };
        let mut places_total = 0;
        while let Some(message) = within(NORMALIZATION, self.silence, stream.message()).await? {
            match message.part {
                Some(Part::Places(places)) => {
                    places_total = places.places_total;
                    add_places(&mut series, places)?;
                }
                Some(Part::Column(column)) => add_column(&mut series, outline, &column)?,
                None => return Err(bad(NORMALIZATION, "a message without a part")),
            }
        }
        if places_total != series.axis.len() as u64 {
            return Err(bad(NORMALIZATION, "the stream of months ended before all places came"));
        }
        Ok(series)
    }

    /// What the register knew of the places of an axis at a position.
    pub(crate) async fn known_places(
        &self,
        axis: &[PlaceId],
        as_of_position: u64,
    ) -> Result<HashMap<PlaceId, KnownPlace>, Error> {
        let request = ingestion::ReadPlacesRequest { as_of_position: Some(as_of_position) };
        let mut client = self.ingestion.clone();
        let mut stream = within(INGESTION, self.silence, client.read_places(request)).await?.into_inner();
        let mut known = HashMap::with_capacity(axis.len());
        while let Some(batch) = within(INGESTION, self.silence, stream.message()).await? {
            for place in batch.places {
                let id = PlaceId::new(place.id);
                if axis.binary_search(&id).is_ok() {
                    let (town_code, town_name) = (place.town_code, place.town_name);
                    let households = place.households;
                    known.insert(id, KnownPlace { name: place.name, town_code, town_name, households });
                }
            }
        }
        Ok(known)
    }
}

fn add_places(series: &mut Series, places: normalization::SeriesPlaces) -> Result<(), Error> {
    let types = places.r#type.unwrap_or_default();
    if types.index.len() != places.ids.len() {
        return Err(bad(NORMALIZATION, "not one type for each place"));
    }
    for (id, entry) in places.ids.into_iter().zip(types.index) {
        let id = PlaceId::new(id);
        if series.axis.last().is_some_and(|last| *last >= id) {
            return Err(bad(NORMALIZATION, "places that are not in the order of their ids"));
        }
        let entry = usize::try_from(entry).ok().and_then(|entry| types.dictionary.get(entry));
        series.types.push(entry.ok_or_else(|| bad(NORMALIZATION, "a type outside its dictionary"))?.clone());
        series.axis.push(id);
    }
    Ok(())
}

fn add_column(
    series: &mut Series,
    outline: &Outline<'_>,
    column: &normalization::SeriesColumn,
) -> Result<(), Error> {
    let leaf = outline.leaf_of_code(&column.leaf).filter(|&leaf| outline.changing_node(leaf).is_none());
    let leaf = leaf.ok_or_else(|| bad(NORMALIZATION, format!("months of the leaf {}", column.leaf)))?;
    let month = series.months.iter().position(|month| month.as_str() == column.month);
    let month = month.ok_or_else(|| bad(NORMALIZATION, "values of a month that was not asked for"))?;
    if column.place.len() != column.value.len() {
        return Err(bad(NORMALIZATION, "a column with parts of different lengths"));
    }
    let (places, months) = (series.axis.len(), series.months.len());
    let cells = series.leaves.entry(leaf).or_insert_with(|| vec![vec![None; months]; places]);
    for (&place, &value) in column.place.iter().zip(&column.value) {
        let cell = usize::try_from(place).ok().and_then(|place| cells.get_mut(place));
        let cell = cell.ok_or_else(|| bad(NORMALIZATION, "a value of a place outside the axis"))?;
        if !value.is_finite() {
            return Err(bad(NORMALIZATION, "a value that is no number"));
        }
        cell[month] = Some(value);
    }
    Ok(())
}
