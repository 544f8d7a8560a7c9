//! Rows that an office might really send and the platform must turn away, with their number.
//!
//! A spoilt observation takes a cell that is missing anyway, and a conflict takes a year before the
//! file's, so that no mistake costs a good row: what is accepted is known to the row.

use super::draws::Stream;
use super::estates::{ESTATES, Estate};
use super::indicators::{LEAVES, Leaf, Shape};
use super::observations::{Cell, OBSERVATIONS, Observation};

/// The fate of the rows of one file; the four fates add up to `read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows below the header.
    pub read: usize,
    /// Taken as they are.
    pub accepted: usize,
    /// Taken after a correction; the sample needs none.
    pub corrected: usize,
    /// Told a second time with the same content.
    pub duplicate: usize,
    /// Turned away.
    pub rejected: usize,
}

/// The fate of the rows of both files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Of `places.csv`.
    pub places: Counts,
    /// Of `observations.csv`.
    pub observations: Counts,
}

/// What importing the sample gives, whatever the seed: [`ESTATES`] places and [`OBSERVATIONS`]
/// observations are accepted.
pub const EXPECTED: Expected = Expected {
    places: counts(ESTATES as usize, PLACE_DUPLICATES, 6),
    observations: counts(OBSERVATIONS, OBSERVATION_DUPLICATES, 47),
};

const PLACE_DUPLICATES: usize = 3;
const OBSERVATION_DUPLICATES: usize = 12;

const fn counts(accepted: usize, duplicate: usize, rejected: usize) -> Counts {
    Counts { read: accepted + duplicate + rejected, accepted, corrected: 0, duplicate, rejected }
}

/// An extra row and its place in the file: it follows the good row with the index `after`.
pub(super) struct Stray<Row> {
    pub(super) after: usize,
    pub(super) row: Row,
}

/// A row of `observations.csv` as text: `place_id,indicator,period,value,source`.
pub(super) type ObservationRow = [String; 5];

/// The text of a good row.
pub(super) fn observation_row(estates: &[Estate], observation: &Observation) -> ObservationRow {
    let value = format!("{:.*}", usize::from(observation.decimals), observation.value);
    [
        estates[observation.estate].place_id.clone(),
        observation.indicator.to_owned(),
        observation.year.to_string(),
        value,
        observation.source.to_owned(),
    ]
}

/// The extra rows of `observations.csv`, ordered by `after`: 47 to reject and 12 duplicates.
pub(super) fn observation_strays(
    seed: u64,
    estates: &[Estate],
    observations: &[Observation],
    missing: &[Cell],
) -> Vec<Stray<ObservationRow>> {
    let mut stream = Stream::named(seed, "observation mistakes");
    let mut cells = missing.to_vec();
    stream.shuffle(&mut cells);
    let mut spoilt = SpoiltCells { estates, cells };
    let mut rows = Vec::new();

    let is_percentage = |leaf: &Leaf| leaf.shape == Shape::Share;
    let is_never_negative = |leaf: &Leaf| matches!(leaf.shape, Shape::Cases | Shape::Amount | Shape::Count);
    rows.extend(
        ["100.4", "102.5", "104.6", "870", "912.0", "9650"].map(|value| spoilt.take(is_percentage, value)),
    );
    rows.extend(
        ["-1", "-2", "-0.35", "-3", "-99", "-999"].map(|value| spoilt.take(is_never_negative, value)),
    );
    rows.extend(["八十", "约90", "较好", "待补", "见附件"].map(|value| spoilt.take(is_percentage, value)));
    rows.extend([""; 4].map(|value| spoilt.take(is_never_negative, value)));
    rows.extend(["88.0", "91.5", "79.2", "64.8"].map(|value| {
        let [place_id, indicator, _, value, source] = spoilt.take(is_percentage, value);
        [place_id, indicator, String::new(), value, source]
    }));

    let mut any_estate = || &estates[stream.index(estates.len())];
    rows.extend(["A1.2", "A2.1", "B1.3", "C2.2", "C2.3"].map(|indicator| {
        // No town has 999 estates, so no estate has this number.
        row(&format!("{}-999", any_estate().town.code), indicator, "2021", "1.5")
    }));
    rows.extend(
        ["A3.1", "B9.9", "E1.1", "投诉"].map(|indicator| row(&any_estate().place_id, indicator, "2020", "1")),
    );
    rows.extend(["D2.1", "D2.2", "D2.3"].map(|derived| row(&any_estate().place_id, derived, "2021", "2.4")));
    let in_conflict = ["A2.1", "B1.3", "B2.5", "C1.2", "C2.3"];
    rows.extend(in_conflict.into_iter().flat_map(|indicator| {
        let place_id = &any_estate().place_id;
        ["61.5", "65.1"].map(|value| row(place_id, indicator, "2017", value))
    }));
    let copied = (0..OBSERVATION_DUPLICATES).map(|_| &observations[stream.index(observations.len())]);
    rows.extend(copied.map(|observation| observation_row(estates, observation)));

    scatter(&mut stream, rows, observations.len())
}

/// Missing cells in random order, each taken once.
struct SpoiltCells<'a> {
    estates: &'a [Estate],
    cells: Vec<Cell>,
}

impl SpoiltCells<'_> {
    /// A row that fills a missing cell of a fitting indicator with `value`.
    fn take(&mut self, fits: impl Fn(&Leaf) -> bool, value: &str) -> ObservationRow {
        let at = self.cells.iter().position(|cell| fits(cell.leaf));
        // About ten thousand cells are missing, some hundred of each indicator.
        let cell = self.cells.swap_remove(at.expect("a missing cell of each shape"));
        let Cell { estate, leaf, year } = cell;
        row(&self.estates[estate].place_id, leaf.code, &year.to_string(), value)
    }
}

/// A row delivered by the source of its indicator, or by the first of the table if there is none.
fn row(place_id: &str, indicator: &str, period: &str, value: &str) -> ObservationRow {
    let leaf = LEAVES.iter().find(|leaf| leaf.code == indicator).unwrap_or(&LEAVES[0]);
    [place_id, indicator, period, value, leaf.source.as_str()].map(str::to_owned)
}

/// A row of `places.csv` that needs more than a copy of a good one: what it changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum PlaceStray {
    /// The same row again.
    Copy(usize),
    /// The row of an estate, under another number and with one column changed.
    Altered {
        /// The estate whose row is altered.
        estate: usize,
        /// The number within the town; `None` leaves `place_id` empty.
        number: Option<u32>,
        /// Column and its text.
        change: (&'static str, &'static str),
    },
}

/// The extra rows of `places.csv`, ordered by `after`: 6 to reject and 3 duplicates.
pub(super) fn place_strays(seed: u64, estates: &[Estate]) -> Vec<Stray<PlaceStray>> {
    let mut stream = Stream::named(seed, "place mistakes");
    let altered = |estate, number, change| PlaceStray::Altered { estate, number, change };
    let mut any_estate = || stream.index(estates.len());
    let in_conflict = any_estate();
    let mut strays = vec![
        altered(any_estate(), None, ("name", "（名称待核）")),
        altered(any_estate(), None, ("name", "合计")),
        altered(any_estate(), Some(901), ("households", "约300")),
        altered(any_estate(), Some(902), ("households", "-12")),
        // One place told twice with different content in one delivery: neither can be believed.
        altered(in_conflict, Some(903), ("households", "412")),
        altered(in_conflict, Some(903), ("households", "421")),
    ];
    strays.extend((0..PLACE_DUPLICATES).map(|_| PlaceStray::Copy(any_estate())));
    scatter(&mut stream, strays, estates.len())
}

/// Spreads extra rows over a file of `good_rows` rows.
fn scatter<Row>(stream: &mut Stream, rows: Vec<Row>, good_rows: usize) -> Vec<Stray<Row>> {
    let mut strays: Vec<Stray<Row>> =
        rows.into_iter().map(|row| Stray { after: stream.index(good_rows), row }).collect();
    strays.sort_by_key(|stray| stray.after);
    strays
}
