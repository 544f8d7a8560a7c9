//! Mapping files (映射文件): how a foreign layout is to be read, as data. What may stand in one is told in
//! `services/xiuhua/mappings/README.md`.

use std::path::Path;

use xiuhua_checked_toml::Faults;

use super::above::Above;
use super::text;
use crate::coordinates::System;
use crate::table::UnusableFile;

mod reading;

/// Largest mapping file, in bytes: what the contracts keep of one.
const MAX_BYTES: usize = 64 * 1024;

xiuhua_checked_toml::reasons! {
    /// What is wrong with a mapping file.
    pub enum MappingReason(blank = BadText, not_finite = OutOfRange) {
        /// A period that is none.
        BadPeriod = "BAD_PERIOD",
        /// A factor that is no power of ten.
        BadFactor = "BAD_FACTOR",
    }
}

/// How observations lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One row a value.
    Long,
    /// One row a place, one column an indicator.
    Wide,
}

/// The reference system of coordinates, and the headers they stand under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinates {
    /// System.
    pub system: System,
    /// Header of the longitudes.
    pub lng: String,
    /// Header of the latitudes.
    pub lat: String,
}

/// How the id of a place is made where the file has none: the prefix and the first twelve hexadecimal digits of the
/// SHA-256 of the texts of some columns, each in Unicode form NFC and followed by U+001F.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdRule {
    /// What every id begins with.
    pub prefix: String,
    /// Headers of the columns, in this order.
    pub from: Vec<String>,
}

/// How a foreign layout is to be read. The default reads what needs no mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Its text.
    pub toml: String,
    /// How observations lie in it; `None`: as the header shows.
    pub shape: Option<Shape>,
    /// Name of the sheet.
    pub sheet: Option<String>,
    /// Number of the header row in the file, from 1.
    pub header_row: Option<u32>,
    /// The period of every row, as the contracts spell it.
    pub period: Option<String>,
    /// The unit of every column that it agrees with and that names none itself, such as `万元`; several with `、`.
    pub unit: Option<String>,
    /// Our name of a column and the header in the file.
    pub columns: Vec<(String, String)>,
    /// Our name of a column and its text in every row.
    pub constants: Vec<(String, String)>,
    /// A header, and the unit of its numbers: in words (`万元`) or as a power of ten (`e4`).
    pub units: Vec<(String, String)>,
    /// A header, and what its words stand for.
    pub words: Vec<(String, Vec<(String, String)>)>,
    /// Where coordinates are to be turned into `wgs84_lng` and `wgs84_lat`.
    pub coordinates: Option<Coordinates>,
    /// How ids are made.
    pub id: Option<IdRule>,
    /// A header, and the words that mark a row to be left out.
    pub skip: Vec<(String, Vec<String>)>,
}

impl Mapping {
    /// Reads the text of a mapping file.
    ///
    /// # Errors
    /// Every fault, with line and column.
    pub fn parse(toml: &str) -> Result<Self, Faults<MappingReason>> {
        reading::read(toml)
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`UnusableFile`] with every fault, or if it cannot be read.
    pub fn read(path: &Path) -> Result<Self, UnusableFile> {
        let unusable = |faults| UnusableFile { path: path.to_owned(), faults };
        let toml = std::fs::read_to_string(path).map_err(|error| {
            unusable(vec![text(format!("无法读取：{error}"), format!("cannot be read: {error}"))])
        })?;
        Self::parse(&toml).map_err(|found| {
            let fault = |fault: &xiuhua_checked_toml::Fault<MappingReason>| {
                let (line, column, path) = (fault.line, fault.column, &fault.path);
                text(
                    format!("第 {line} 行第 {column} 列：{path}：{}", fault.zh),
                    format!("line {line}, column {column}: {path}: {}", fault.en),
                )
            };
            unusable(found.faults().iter().map(fault).collect())
        })
    }

    /// The same with what stands above the header of a file, as far as it says nothing of that itself: rows that go back
    /// without their title are then read as they were.
    #[must_use]
    pub(crate) fn with_titles(&self, titles: &[String]) -> Self {
        let mut mapping = self.clone();
        let above = Above::of_titles(titles);
        if mapping.unit.is_none() && !above.is_empty() {
            let unit = above.words();
            mapping.toml = format!("unit = \"{unit}\"\n{}", mapping.toml);
            mapping.unit = Some(unit);
        }
        mapping
    }

    /// Every header that it names.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().map(|(_, header)| header);
        let units = self.units.iter().map(|(header, _)| header);
        let words = self.words.iter().map(|(header, _)| header);
        let skip = self.skip.iter().map(|(header, _)| header);
        let points = self.coordinates.iter().flat_map(|it| [&it.lng, &it.lat]);
        let ids = self.id.iter().flat_map(|it| &it.from);
        columns.chain(units).chain(words).chain(skip).chain(points).chain(ids).map(String::as_str)
    }
}
