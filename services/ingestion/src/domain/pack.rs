//! Packs (包): the observations of one chunk by column, as they were delivered.
//!
//! A delivery waits for its seal as packs and not as rows: what its caller sent is durable before any row of it is
//! looked at, and at the seal a text is checked once a pack and not once a row.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::observation::DeliveredObservation;
use super::rejection::Reason;

/// Stands for no revision time, as in the contract.
const NOT_GIVEN: i64 = 0;

/// A column of texts: each different text once, and which of them each row has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextCells {
    /// The texts.
    pub(crate) dictionary: Vec<Arc<str>>,
    /// Of each row, the place of its text in the dictionary.
    pub(crate) index: Vec<u32>,
}

impl TextCells {
    /// A column; `None` if a row points outside of the dictionary.
    pub(crate) fn new(dictionary: Vec<Arc<str>>, index: Vec<u32>) -> Option<Self> {
        let cells = Self { dictionary, index };
        cells.outside().is_none().then_some(cells)
    }

    /// The first row that points outside of the dictionary.
    pub(crate) fn outside(&self) -> Option<usize> {
        let texts = self.dictionary.len();
        self.index.iter().position(|at| usize::try_from(*at).map_or(true, |at| at >= texts))
    }

    /// Where in the dictionary the text of a row stands.
    pub(crate) fn at(&self, row: usize) -> usize {
        usize::try_from(self.index[row]).unwrap_or(usize::MAX)
    }

    /// The text of a row.
    pub(crate) fn get(&self, row: usize) -> &Arc<str> {
        &self.dictionary[self.at(row)]
    }
}

/// The rows of a chunk as they stood in its file, one after the other in one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Originals {
    /// All of them.
    pub(crate) text: String,
    /// Where each ends, in bytes.
    pub(crate) ends: Vec<u32>,
}

impl Originals {
    /// Adds the text of the next row.
    pub(crate) fn push(&mut self, original: &str) {
        self.text.push_str(original);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    fn get(&self, row: usize) -> Option<&str> {
        let byte = |end: &u32| usize::try_from(*end).ok();
        let start = if row == 0 { 0 } else { byte(self.ends.get(row - 1)?)? };
        self.text.get(start..byte(self.ends.get(row)?)?)
    }
}

/// The observations of one chunk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObservationPack {
    /// Rows in the file; the header is row 1.
    pub(crate) row: Vec<u64>,
    /// Places.
    pub(crate) place_id: TextCells,
    /// Measures.
    pub(crate) measure_id: TextCells,
    /// Periods.
    pub(crate) period: TextCells,
    /// Sources; empty for the default one.
    pub(crate) source_id: TextCells,
    /// Values in their measures' units, as they came: not finite ones too.
    pub(crate) value: Vec<f64>,
    /// Revision times, microseconds since the epoch, 0 for none; empty if no row has one.
    pub(crate) revised_at_us: Vec<i64>,
    /// Numbers of the rejected rows that rows bring again, 0 for none; empty if no row brings one.
    pub(crate) closes_row: Vec<u64>,
    /// The rows as they stood in the file; empty if the caller kept none.
    pub(crate) original: Originals,
    /// What the reader of the file found, by the place of the row in the pack.
    pub(crate) faults: BTreeMap<usize, Vec<Reason>>,
}

impl ObservationPack {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    /// Every row by itself.
    pub fn rows(&self) -> impl Iterator<Item = DeliveredObservation> {
        (0..self.len()).map(|index| self.delivered(index))
    }

    /// When the source says it revised the value of a row.
    pub(crate) fn revised_at_us(&self, row: usize) -> Option<i64> {
        self.revised_at_us.get(row).copied().filter(|time| *time != NOT_GIVEN)
    }

    /// The number of the rejected row that a row brings again.
    pub(crate) fn closes_row(&self, row: usize) -> Option<u64> {
        self.closes_row.get(row).copied().filter(|number| *number != 0)
    }

    /// A row by itself.
    pub(crate) fn delivered(&self, row: usize) -> DeliveredObservation {
        DeliveredObservation {
            row: self.row[row],
            place_id: Arc::clone(self.place_id.get(row)),
            measure_id: Arc::clone(self.measure_id.get(row)),
            period: Arc::clone(self.period.get(row)),
            source_id: Arc::clone(self.source_id.get(row)),
            value: self.value[row],
            revised_at_us: self.revised_at_us(row),
            closes_row: self.closes_row(row),
            original: self.original.get(row).map(str::to_owned),
            faults: self.faults.get(&row).cloned().unwrap_or_default(),
        }
    }
}

/// A column of texts in the making.
#[derive(Default)]
struct Filling {
    cells: TextCells,
    positions: HashMap<Arc<str>, u32>,
}

impl Filling {
    fn push(&mut self, text: Arc<str>) {
        let next = u32::try_from(self.cells.dictionary.len()).unwrap_or(u32::MAX);
        let position = *self.positions.entry(Arc::clone(&text)).or_insert(next);
        if position == next {
            self.cells.dictionary.push(text);
        }
        self.cells.index.push(position);
    }
}

impl FromIterator<DeliveredObservation> for ObservationPack {
    fn from_iter<I: IntoIterator<Item = DeliveredObservation>>(rows: I) -> Self {
        let mut pack = Self::default();
        let [mut place, mut measure, mut period, mut source] = [(); 4].map(|()| Filling::default());
        for (index, row) in rows.into_iter().enumerate() {
            pack.original.push(&row.original_text());
            pack.row.push(row.row);
            pack.value.push(row.value);
            pack.closes_row.push(row.closes_row.unwrap_or(0));
            pack.revised_at_us.push(row.revised_at_us.unwrap_or(NOT_GIVEN));
            place.push(row.place_id);
            measure.push(row.measure_id);
            period.push(row.period);
            source.push(row.source_id);
            if !row.faults.is_empty() {
                pack.faults.insert(index, row.faults);
            }
        }
        (pack.place_id, pack.measure_id) = (place.cells, measure.cells);
        (pack.period, pack.source_id) = (period.cells, source.cells);
        pack
    }
}
