//! The two files, in the columns of specification page 5, section 5.2.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::District;
use super::estates::Estate;
use super::mistakes::{PlaceStray, observation_row};

/// Columns of `places.csv`: the standard ones, then the attributes.
pub const PLACE_COLUMNS: [&str; 23] = [
    "place_id",
    "name",
    "town_code",
    "town",
    "committee",
    "housing_nature",
    "households",
    "population",
    "district_code",
    "district_name",
    "location",
    "floor_area_m2",
    "year_built",
    "elderly_share_pct",
    "registered_share_pct",
    "tenant_share_pct",
    "turnover_rate_pct",
    "parking_spaces",
    "repair_fund_yuan",
    "public_income_yuan",
    "living_circle_share_pct",
    "street_investment_yuan",
    "school_district",
];

/// Columns of `observations.csv`.
pub const OBSERVATION_COLUMNS: [&str; 5] = ["place_id", "indicator", "period", "value", "source"];

type PlaceRow = [String; PLACE_COLUMNS.len()];

/// Writes `places.csv`, mistakes among the rest.
pub(super) fn write_places(district: &District, to: impl Write) -> csv::Result<()> {
    let mut file = csv::Writer::from_writer(to);
    file.write_record(PLACE_COLUMNS)?;
    let mut strays = district.place_strays.iter().peekable();
    for (at, estate) in district.estates.iter().enumerate() {
        file.write_record(place_row(estate))?;
        while let Some(stray) = strays.next_if(|stray| stray.after == at) {
            file.write_record(stray_place_row(&district.estates, stray.row))?;
        }
    }
    Ok(file.flush()?)
}

/// Writes `observations.csv`, mistakes among the rest.
pub(super) fn write_observations(district: &District, to: impl Write) -> csv::Result<()> {
    let mut file = csv::Writer::from_writer(to);
    file.write_record(OBSERVATION_COLUMNS)?;
    let mut strays = district.observation_strays.iter().peekable();
    for (at, observation) in district.observations.iter().enumerate() {
        file.write_record(observation_row(&district.estates, observation))?;
        while let Some(stray) = strays.next_if(|stray| stray.after == at) {
            file.write_record(&stray.row)?;
        }
    }
    Ok(file.flush()?)
}

/// Creates the file at `path`, replacing one that is there, and has `write` fill it.
pub(super) fn create(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> csv::Result<()>,
) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write(&mut file)?;
    file.flush()
}

fn place_row(estate: &Estate) -> PlaceRow {
    [
        estate.place_id.clone(),
        estate.name.clone(),
        estate.town.code.to_owned(),
        estate.town.name.to_owned(),
        estate.committee.clone(),
        estate.housing_nature.to_owned(),
        estate.households.to_string(),
        estate.population.to_string(),
        "310115".to_owned(),
        "浦东新区".to_owned(),
        estate.town.location.as_str().to_owned(),
        estate.floor_area_m2.to_string(),
        text(estate.year_built),
        percentage(estate.elderly_share_pct),
        text(estate.registered_share_pct.map(percentage)),
        text(estate.tenant_share_pct.map(percentage)),
        percentage(estate.turnover_rate_pct),
        text(estate.parking_spaces),
        text(estate.repair_fund_yuan),
        estate.public_income_yuan.to_string(),
        percentage(estate.living_circle_share_pct),
        estate.street_investment_yuan.to_string(),
        u8::from(estate.school_district).to_string(),
    ]
}

fn stray_place_row(estates: &[Estate], stray: PlaceStray) -> PlaceRow {
    match stray {
        PlaceStray::Copy(at) => place_row(&estates[at]),
        PlaceStray::Altered { estate, number, change: (column, changed) } => {
            let estate = &estates[estate];
            let mut row = place_row(estate);
            row[0] = text(number.map(|number| format!("{}-{number}", estate.town.code)));
            for (cell, _) in row.iter_mut().zip(PLACE_COLUMNS).filter(|(_, name)| *name == column) {
                changed.clone_into(cell);
            }
            row
        }
    }
}

/// The text of an attribute, empty where nobody recorded it.
fn text(attribute: Option<impl ToString>) -> String {
    attribute.map(|value| value.to_string()).unwrap_or_default()
}

fn percentage(value: f64) -> String {
    format!("{value:.1}")
}
