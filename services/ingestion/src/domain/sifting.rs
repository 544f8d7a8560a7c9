//! Sifting (筛分): which rows of a delivery are at fault by themselves, which are new beyond doubt, and which have to be
//! held against one another or against the record.
//!
//! A row is *fresh* if it is sound, if no other row of its delivery speaks of the same key, and if nothing on record
//! speaks of the same measure and period. A fresh row is accepted and stands where it says: no comparison could end
//! otherwise (see [`super::observation`]). Nearly all rows of nearly all deliveries are fresh, and telling so takes a
//! few bits a row, kept for each column (a measure, a period and a source) over the places of the register. Everything
//! else is *unsettled* and decided set by set in the store. Both ways end in the same record; a test holds that.
//!
//! Deliveries are sifted twice: [`Sieve::note`] sees every pack, then [`Sieve::sift`] sees them all again.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::effective::PlaceAxis;
use super::ids::check;
use super::measure::Measure;
use super::observation::ObservationRow;
use super::pack::ObservationPack;
use super::period::is_period;
use super::rejection::{Reason, RejectedRow};
use super::source::DEFAULT_SOURCE;

/// Bytes that a sieve uses for its columns. Rows of columns beyond are unsettled: slower, and just as right.
const ROOM: usize = 32 * 1024 * 1024;
/// What a column takes beside its bits and texts, about.
const COLUMN_BYTES: usize = 256;
/// Combinations of a pack's measures, periods and sources that are looked up in an array; others in a map.
const IN_AN_ARRAY: usize = 65_536;

/// No such place, measure or source.
const NONE: u32 = u32::MAX;
/// A column for which there is no room.
const UNTRACKED: u32 = u32::MAX - 1;
/// A column that was not asked for yet.
const UNASKED: u32 = u32::MAX - 2;

/// A fresh row, its texts by their numbers: see [`Sieve::said`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fresh {
    column: u32,
    place: u32,
    /// Row in the file.
    row: u64,
    value: f64,
    revised_at_us: Option<i64>,
}

/// What a fresh row says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said<'a> {
    /// Measure.
    pub measure_id: &'a str,
    /// Period.
    pub period: &'a str,
    /// Place.
    pub place_id: &'a str,
    /// Source.
    pub source_id: &'a str,
    /// Value in the measure's unit.
    pub value: f64,
    /// When the source says it revised the value, microseconds since the epoch.
    pub revised_at_us: Option<i64>,
    /// Row in the file.
    pub row: u64,
}

/// A sound row that has to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsettled {
    /// Place in the delivery, from 0.
    pub ordinal: u64,
    /// Row in the file.
    pub row: u64,
    /// Place.
    pub place_id: Arc<str>,
    /// Measure.
    pub measure_id: Arc<str>,
    /// Period.
    pub period: Arc<str>,
    /// Source.
    pub source_id: Arc<str>,
    /// Value in the measure's unit.
    pub value: f64,
    /// When the source says it revised the value, microseconds since the epoch.
    pub revised_at_us: Option<i64>,
    /// The row as it stood in the file.
    pub original: String,
}

/// What becomes of the rows of a pack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sifted {
    /// New beyond doubt.
    pub fresh: Vec<Fresh>,
    /// To be compared.
    pub unsettled: Vec<Unsettled>,
    /// At fault by themselves.
    pub rejected: Vec<RejectedRow>,
}

/// One measure, period and source, over all places.
#[derive(Debug)]
struct Column {
    measure: u32,
    period: Arc<str>,
    source: Arc<str>,
    /// A bit a place: some row speaks of it.
    seen: Vec<u64>,
    /// More than one row does; empty as long as there is none such.
    again: Vec<u64>,
    /// The record speaks of the measure and the period.
    on_record: bool,
    /// Where the column stands among all of the delivery.
    rank: u32,
    fresh_rows: u64,
}

/// What one pack says, by the places of its dictionaries.
struct Reading {
    place: Vec<u32>,
    measure: Vec<u32>,
    is_period: Vec<bool>,
    source: Vec<Option<Arc<str>>>,
    columns: Columns,
}

/// Numbers of columns by the combination of texts.
enum Columns {
    Array(Vec<u32>),
    Map(HashMap<usize, u32>),
}

/// The registers as of the seal, and what a delivery brings of each column.
#[derive(Debug)]
pub struct Sieve {
    axis: Arc<PlaceAxis>,
    measures: Vec<Measure>,
    measure_at: HashMap<String, u32>,
    columns: Vec<Column>,
    column_at: HashMap<(u32, Arc<str>, Arc<str>), u32>,
    room: usize,
}

impl Sieve {
    /// A sieve over every place and measure on record.
    #[must_use]
    pub fn new(axis: Arc<PlaceAxis>, measures: Vec<Measure>) -> Self {
        let numbered = (0..).zip(&measures);
        let measure_at = numbered.map(|(at, measure)| (measure.id.to_string(), at)).collect();
        Self { axis, measures, measure_at, columns: Vec::new(), column_at: HashMap::new(), room: ROOM }
    }

    /// The same with other room for columns, in bytes.
    #[must_use]
    pub fn with_room(self, room: usize) -> Self {
        Self { room, ..self }
    }

    /// Takes note of what the rows of a pack speak of. Faulty ones count as well, which only makes more unsettled.
    pub fn note(&mut self, pack: &ObservationPack) {
        let mut reading = self.read(pack);
        for row in 0..pack.len() {
            let (place, column) =
                (reading.place[pack.place_id.at(row)], self.column(&mut reading, pack, row));
            if place == NONE || column >= UNASKED {
                continue;
            }
            let column = &mut self.columns[column as usize];
            let (word, bit) = (place as usize / 64, 1 << (place % 64));
            if column.seen[word] & bit != 0 {
                column.again.resize(column.seen.len(), 0);
                column.again[word] |= bit;
            }
            column.seen[word] |= bit;
        }
    }

    /// Measures and periods that the delivery speaks of, as far as they are tracked, each once.
    #[must_use]
    pub fn touched(&self) -> Vec<(&str, &str)> {
        let mut touched: Vec<_> =
            self.columns.iter().map(|column| (self.measure_id(column), &*column.period)).collect();
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Ends the noting: `on_record` holds those of the measures and periods touched of which the record speaks.
    pub fn settle(&mut self, on_record: &HashSet<(String, String)>) {
        let measures = &self.measures;
        let id = |column: &Column| measures[column.measure as usize].id.as_str();
        for column in &mut self.columns {
            column.on_record = on_record.contains(&(id(column).to_owned(), column.period.to_string()));
        }
        let mut order: Vec<(&str, Arc<str>, Arc<str>, usize)> = (0..)
            .zip(&self.columns)
            .map(|(at, column)| (id(column), Arc::clone(&column.period), Arc::clone(&column.source), at))
            .collect();
        order.sort_unstable();
        for (rank, (.., at)) in (0..).zip(order) {
            self.columns[at].rank = rank;
        }
    }

    /// Sifts a pack whose first row is the one numbered `ordinal` of the delivery. `closable`: the rejected rows that
    /// the delivery may bring again, of those that the pack names.
    #[must_use]
    pub fn sift(&mut self, pack: &ObservationPack, ordinal: u64, closable: &HashSet<u64>) -> Sifted {
        let mut reading = self.read(pack);
        let mut sifted = Sifted { fresh: Vec::with_capacity(pack.len()), ..Sifted::default() };
        for (row, ordinal) in (0..pack.len()).zip(ordinal..) {
            let column = self.column(&mut reading, pack, row);
            let place = reading.place[pack.place_id.at(row)];
            let measure = reading.measure[pack.measure_id.at(row)];
            let (value, revised_at_us) = (pack.value[row], pack.revised_at_us(row));
            let is_plain = place != NONE
                && column < UNASKED
                && self.measures[measure as usize].bounds.contains(value)
                && revised_at_us.is_none_or(|time| Timestamp::from_microsecond(time).is_ok())
                && pack.closes_row(row).is_none()
                && !pack.faults.contains_key(&row);
            if is_plain && self.is_alone(column, place) {
                self.columns[column as usize].fresh_rows += 1;
                // Adding zero turns -0 into 0, as in every row that is checked.
                let (row, value) = (pack.row[row], value + 0.0);
                sifted.fresh.push(Fresh { column, place, row, value, revised_at_us });
            } else {
                self.look_closely(pack.delivered(row).checked(), ordinal, closable, &mut sifted);
            }
        }
        sifted
    }

    /// What a fresh row says.
    #[must_use]
    pub fn said(&self, fresh: &Fresh) -> Said<'_> {
        let column = &self.columns[fresh.column as usize];
        Said {
            measure_id: self.measure_id(column),
            period: &column.period,
            place_id: &self.axis.ids()[fresh.place as usize],
            source_id: &column.source,
            value: fresh.value,
            revised_at_us: fresh.revised_at_us,
            row: fresh.row,
        }
    }

    /// Sorts fresh rows as the record is sorted, so that neighbours are written together.
    pub fn sort(&self, fresh: &mut [Fresh]) {
        let key = |fresh: &Fresh| {
            u64::from(self.columns[fresh.column as usize].rank) << 32 | u64::from(fresh.place)
        };
        fresh.sort_unstable_by_key(key);
    }

    /// Whether two fresh rows are of one column.
    #[must_use]
    pub fn are_of_one_column(one: &Fresh, other: &Fresh) -> bool {
        one.column == other.column
    }

    /// Which of two fresh rows a person is shown first: by row, then by place, measure, period and source.
    #[must_use]
    pub fn by_row(&self, one: &Fresh, other: &Fresh) -> Ordering {
        let key = |fresh| {
            let Said { row, place_id, measure_id, period, source_id, .. } = self.said(fresh);
            (row, place_id, measure_id, period, source_id)
        };
        key(one).cmp(&key(other))
    }

    /// Of each source with fresh rows: how many, and the newest period.
    #[must_use]
    pub fn fresh_by_source(&self) -> Vec<(&str, u64, &str)> {
        let mut heard: HashMap<&str, (u64, &str)> = HashMap::new();
        for column in self.columns.iter().filter(|column| column.fresh_rows > 0) {
            let (rows, newest) = heard.entry(&column.source).or_default();
            *rows += column.fresh_rows;
            *newest = (*newest).max(&*column.period);
        }
        let mut heard: Vec<_> =
            heard.into_iter().map(|(source, (rows, newest))| (source, rows, newest)).collect();
        heard.sort_unstable();
        heard
    }

    fn measure_id(&self, column: &Column) -> &str {
        self.measures[column.measure as usize].id.as_str()
    }

    /// Whether one row alone speaks of a place in a column, and the record says nothing of the measure and period.
    fn is_alone(&self, column: u32, place: u32) -> bool {
        let column = &self.columns[column as usize];
        let again = column.again.get(place as usize / 64).copied().unwrap_or(0);
        !column.on_record && again & 1 << (place % 64) == 0
    }

    /// Looks up the texts of a pack, each once.
    fn read(&self, pack: &ObservationPack) -> Reading {
        let mut before = 0;
        let place = pack.place_id.dictionary.iter().map(|id| self.place(id, &mut before)).collect();
        let measure = pack.measure_id.dictionary.iter();
        let measure: Vec<u32> =
            measure.map(|id| self.measure_at.get(&**id).copied().unwrap_or(NONE)).collect();
        let is_period: Vec<bool> = pack.period.dictionary.iter().map(|period| is_period(period)).collect();
        let source = pack.source_id.dictionary.iter().map(|id| match &**id {
            "" => Some(Arc::from(DEFAULT_SOURCE)),
            id_text => check(id_text).is_ok().then(|| Arc::clone(id)),
        });
        let source: Vec<Option<Arc<str>>> = source.collect();
        let combinations = measure.len().saturating_mul(is_period.len()).saturating_mul(source.len());
        let columns = if combinations <= IN_AN_ARRAY {
            Columns::Array(vec![UNASKED; combinations])
        } else {
            Columns::Map(HashMap::new())
        };
        Reading { place, measure, is_period, source, columns }
    }

    /// The number of a place. Most texts stand in the order of the register: the next place is tried first.
    fn place(&self, id: &str, before: &mut usize) -> u32 {
        let ids = self.axis.ids();
        let next = *before + 1;
        let found = match ids.get(next) {
            Some(candidate) if **candidate == *id => Ok(next),
            _ => ids.binary_search_by(|candidate| (**candidate).cmp(id)),
        };
        let Ok(at) = found else { return NONE };
        *before = at;
        u32::try_from(at).unwrap_or(NONE)
    }

    /// The column of a row: its number, [`UNTRACKED`], or [`NONE`] if one of its texts is at fault.
    fn column(&mut self, reading: &mut Reading, pack: &ObservationPack, row: usize) -> u32 {
        let Reading { measure, is_period, source, columns, .. } = reading;
        let (m, p, s) = (pack.measure_id.at(row), pack.period.at(row), pack.source_id.at(row));
        let at = (m * is_period.len() + p) * source.len() + s;
        let known = match columns {
            Columns::Array(array) => array[at],
            Columns::Map(map) => map.get(&at).copied().unwrap_or(UNASKED),
        };
        if known != UNASKED {
            return known;
        }
        let found = match (measure[m], is_period[p], &source[s]) {
            (NONE, ..) | (_, false, _) | (.., None) => NONE,
            (measure, true, Some(source)) => self.tracked(measure, &pack.period.dictionary[p], source),
        };
        match columns {
            Columns::Array(array) => array[at] = found,
            Columns::Map(map) => {
                map.insert(at, found);
            }
        }
        found
    }

    /// The number of a column, new if there is room.
    fn tracked(&mut self, measure: u32, period: &Arc<str>, source: &Arc<str>) -> u32 {
        let key = (measure, Arc::clone(period), Arc::clone(source));
        if let Some(known) = self.column_at.get(&key) {
            return *known;
        }
        let words = self.axis.ids().len().div_ceil(64);
        // The bits may be needed twice.
        let bytes = COLUMN_BYTES + 16 * words + 2 * (period.len() + source.len());
        let (Some(room), Ok(number)) = (self.room.checked_sub(bytes), u32::try_from(self.columns.len()))
        else {
            return UNTRACKED;
        };
        self.room = room;
        let (period, source) = (Arc::clone(period), Arc::clone(source));
        let (seen, again) = (vec![0; words], Vec::new());
        let (on_record, rank, fresh_rows) = (false, 0, 0);
        self.columns.push(Column { measure, period, source, seen, again, on_record, rank, fresh_rows });
        self.column_at.insert(key, number);
        number
    }

    /// Decides whether a row that is not plain is at fault.
    fn look_closely(&self, row: ObservationRow, ordinal: u64, closable: &HashSet<u64>, sifted: &mut Sifted) {
        let mut reasons = row.faults;
        if let Some(closes) = row.closes_row.filter(|closes| !closable.contains(closes)) {
            reasons.push(Reason::unknown_correction(closes));
        }
        if let Some(place_id) = row.place_id.as_deref().filter(|id| self.place(id, &mut 0) == NONE) {
            reasons.push(Reason::unknown_place(place_id));
        }
        if let Some(measure_id) = row.measure_id.as_deref() {
            match self.measure_at.get(measure_id) {
                None => reasons.push(Reason::unknown_measure(measure_id)),
                Some(at) => {
                    let Measure { bounds, unit, .. } = &self.measures[*at as usize];
                    let outside = row.value.filter(|value| !bounds.contains(*value));
                    reasons.extend(outside.map(|value| Reason::out_of_bounds(value, bounds, unit)));
                }
            }
        }
        let (ordinal, original) = (ordinal, row.original);
        match (row.place_id, row.measure_id, row.period, row.source_id, row.value) {
            (Some(place_id), Some(measure_id), Some(period), Some(source_id), Some(value))
                if reasons.is_empty() =>
            {
                let (row, revised_at_us) = (row.row, row.revised_at_us);
                sifted.unsettled.push(Unsettled {
                    ordinal,
                    row,
                    place_id,
                    measure_id,
                    period,
                    source_id,
                    value,
                    revised_at_us,
                    original,
                });
            }
            _ => sifted.rejected.push(RejectedRow { row: row.row, ordinal, reasons, original }),
        }
    }
}

#[cfg(test)]
mod tests;
