//! The sample district: Pudong as it might be, invented from a seed.
//!
//! The 36 sub-districts and towns carry their real names and codes; every estate, committee and
//! figure below them is invented. Totals follow the report: 2,790 estates (1,200 old, 1,590 of the
//! other types), 1.948 million households, 178 million m². The same seed gives the same bytes on
//! every platform.
//!
//! **What 357,120 counts.** There are 2,790 × 32 × 4 = 357,120 cells (estate, observed indicator,
//! year 2018-2021). Some 3 % of them are missing: a survey that was not held, a register that a
//! committee did not deliver, a value lost; a missing cell has no row. Spot checks, a source of
//! their own, read a state a second time in exactly as many cells as are missing, and confirm it.
//! So the file holds exactly 357,120 observations with keys of their own (place, indicator, period,
//! source), and missing values all the same. An empty value is a mistake, not a missing value.
//!
//! Months are a file of their own ([`write_months()`]), for early warning: see `months.rs`.
//!
//! Beyond the good rows both yearly files hold mistakes to turn away and rows told twice; [`EXPECTED`] says
//! how many. Kept out: reading a catalog (the indicators are named by their leaf codes) and every
//! judgement of what is written.

mod draws;
mod estates;
mod files;
mod governance;
mod indicators;
mod mistakes;
mod months;
mod names;
mod observations;
mod towns;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

pub use estates::{ESTATES, Estate, Housing};
pub use files::{OBSERVATION_COLUMNS, PLACE_COLUMNS};
pub use governance::YEARS;
pub use mistakes::{Counts, EXPECTED, Expected};
pub use months::{STEPS, Step};
pub use observations::{OBSERVATIONS, Observation, SPOT_CHECK};
pub use towns::{Location, TOWNS, Town};

use mistakes::{ObservationRow, PlaceStray, Stray};

/// A whole district: the good rows, and the mistakes the files will hold among them.
pub struct District {
    /// All estates, by town, numbered within the town.
    pub estates: Vec<Estate>,
    /// The readings of the registers by estate, year and indicator, then the spot checks.
    pub observations: Vec<Observation>,
    place_strays: Vec<Stray<PlaceStray>>,
    observation_strays: Vec<Stray<ObservationRow>>,
}

/// What [`write()`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Path of `places.csv`.
    pub places: PathBuf,
    /// Path of `observations.csv`.
    pub observations: PathBuf,
    /// What importing the two files gives.
    pub expected: Expected,
}

/// What [`write_months()`] wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenMonths {
    /// Path of `months.csv`.
    pub months: PathBuf,
    /// Its rows, each a good one.
    pub rows: usize,
    /// The series that get worse within 2021, by place; all others only scatter.
    pub steps: Vec<Step>,
}

/// The sample could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct SampleError {
    /// The file or directory that could not be written.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Invents the district of `seed`. Every seed gives the totals of the report; the rest differs.
#[must_use]
pub fn generate(seed: u64) -> District {
    let estates = estates::settle(seed);
    let governances = governance::govern(seed, &estates);
    let observations::Delivery { mut observations, missing } =
        observations::observe(seed, &estates, &governances);
    let checks = observations::spot_checks(seed, &observations, missing.len());
    observations.extend(checks);
    let place_strays = mistakes::place_strays(seed, &estates);
    let observation_strays = mistakes::observation_strays(seed, &estates, &observations, &missing);
    District { estates, observations, place_strays, observation_strays }
}

/// Writes `places.csv` and `observations.csv` of the district of `seed` into `dir`, which is made if
/// it is not there; files of these names are replaced.
///
/// # Errors
/// [`SampleError`] if the directory cannot be made or a file cannot be written.
pub fn write(dir: &Path, seed: u64) -> Result<Written, SampleError> {
    let district = generate(seed);
    make(dir)?;
    let places = dir.join("places.csv");
    let observations = dir.join("observations.csv");
    files::create(&places, |file| files::write_places(&district, file))
        .map_err(|source| SampleError { path: places.clone(), source })?;
    files::create(&observations, |file| files::write_observations(&district, file))
        .map_err(|source| SampleError { path: observations.clone(), source })?;
    Ok(Written { places, observations, expected: EXPECTED })
}

/// Writes `months.csv` of the district of `seed` into `dir`, which is made if it is not there; a file of this name is
/// replaced. It has the columns of `observations.csv`: a value for every estate, indicator of the catalog
/// `pudong-monthly` and month of [`YEARS`]. Rows are written as they are drawn and not kept.
///
/// # Errors
/// [`SampleError`] if the directory cannot be made or the file cannot be written.
pub fn write_months(dir: &Path, seed: u64) -> Result<WrittenMonths, SampleError> {
    let estates = estates::settle(seed);
    let governances = governance::govern(seed, &estates);
    let steps = months::steps(seed, &estates, &governances);
    make(dir)?;
    let months = dir.join("months.csv");
    let mut rows = 0;
    let write = |file: &mut _| {
        rows = months::write_months(seed, &estates, &governances, &steps, file)?;
        Ok(())
    };
    files::create(&months, write).map_err(|source| SampleError { path: months.clone(), source })?;
    Ok(WrittenMonths { months, rows, steps })
}

fn make(dir: &Path) -> Result<(), SampleError> {
    std::fs::create_dir_all(dir).map_err(|source| SampleError { path: dir.to_owned(), source })
}
