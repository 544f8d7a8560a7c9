//! A file of observations: place, indicator, period, value, and perhaps source and time of revision.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use xiuhua_contracts::ingestion::v1::{ObservationChunk, RowFault};
use xiuhua_contracts::measure::v1::TextColumn;
use xiuhua_indicators::catalog::{Catalog, ItemKind, Reads};

use super::places::{ragged, text};
use super::{Chunked, Document, OBSERVATIONS_A_CHUNK, UnusableFile, fault};

/// The columns without which a file of observations cannot be used.
pub(crate) const REQUIRED: [&str; 4] = ["place_id", "indicator", "period", "value"];

/// What the `indicator` column may hold: leaf codes of a catalog, and measure ids.
#[derive(Default)]
pub(crate) struct Indicators {
    by_code: HashMap<String, Meaning>,
}

enum Meaning {
    Measure(String),
    /// A derived leaf: made of scores, never delivered.
    Derived,
}

impl Indicators {
    /// The leaf codes of a catalog; whatever is not a code passes as a measure id.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let leaf = |kind: &ItemKind| match kind {
            ItemKind::Leaf(leaf) => Some(match leaf.reads {
                Reads::Measure(m) => Meaning::Measure(catalog.measures[m].id.clone()),
                Reads::ChangeOf(_) => Meaning::Derived,
            }),
            ItemKind::Node(_) => None,
        };
        let by_code = catalog.items.iter().filter_map(|i| Some((i.code.clone(), leaf(&i.kind)?))).collect();
        Self { by_code }
    }
}

/// Reads a document of observations chunk by chunk.
pub(crate) struct ObservationFile {
    document: Document,
    indicators: Indicators,
    columns: [usize; 4],
    source: Option<usize>,
    revised_at: Option<usize>,
    sequence: u64,
}

impl ObservationFile {
    /// Takes a document whose header holds [`REQUIRED`].
    ///
    /// # Panics
    /// If it does not: [`Document::open`] has checked it.
    pub(crate) fn new(document: Document, indicators: Indicators) -> Self {
        let columns = REQUIRED.map(|name| document.column(name).expect("the header was checked on opening"));
        let (source, revised_at) = (document.column("source"), document.column("revised_at"));
        Self { document, indicators, columns, source, revised_at, sequence: 0 }
    }
}

impl Chunked for ObservationFile {
    type Chunk = ObservationChunk;

    fn document(&self) -> &Document {
        &self.document
    }

    fn rewind(&mut self) -> Result<(), UnusableFile> {
        self.sequence = 0;
        self.document.rewind()
    }

    fn next_chunk(&mut self) -> Result<Option<ObservationChunk>, UnusableFile> {
        let mut columns = Columns::default();
        while columns.chunk.row.len() < OBSERVATIONS_A_CHUNK {
            let Some(row) = self.document.next_row()? else { break };
            let index = columns.chunk.row.len();
            let mut faults = Vec::new();
            if let Some(cells) = row.ragged() {
                faults.push(ragged(index, cells));
            }
            let mut cell = |column: usize, name: &str| text(&row, index, column, name, &mut faults);
            let [place, indicator, period, value] = [0, 1, 2, 3].map(|i| cell(self.columns[i], REQUIRED[i]));
            let source = self.source.map_or_else(String::new, |c| cell(c, "source"));
            let revised_at = self.revised_at.map_or_else(String::new, |c| cell(c, "revised_at"));
            let measure = match self.indicators.by_code.get(&indicator) {
                Some(Meaning::Measure(id)) => id,
                Some(Meaning::Derived) => {
                    faults.push(derived(index, &indicator));
                    &indicator
                }
                None => &indicator,
            };
            columns.place.push(&place);
            columns.measure.push(measure);
            columns.period.push(&period);
            columns.source.push(&source);
            columns.chunk.value.push(number(&value, index, &mut faults));
            columns.chunk.revised_at_us.push(instant(&revised_at, index, &mut faults));
            columns.chunk.row.push(row.number);
            columns.chunk.original.push(row.original);
            columns.chunk.faults.append(&mut faults);
        }
        if columns.chunk.row.is_empty() {
            return Ok(None);
        }
        self.sequence += 1;
        Ok(Some(columns.finish(self.sequence)))
    }
}

/// The fault of a row that delivers what the platform computes itself.
fn derived(index: usize, code: &str) -> RowFault {
    fault(
        index,
        "indicator",
        "DERIVED_INDICATOR",
        format!("“{code}”是由得分推算的指标，不接受填报"),
        format!("`{code}` is derived from scores and is not delivered"),
    )
}

/// A finite number; 0 and a fault where the text is none.
fn number(text: &str, index: usize, faults: &mut Vec<RowFault>) -> f64 {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => value,
        _ if text.is_empty() => {
            faults.push(fault(
                index,
                "value",
                "VALUE_MISSING",
                "缺少数值；没有数据就不要填报该行".to_owned(),
                "the value is empty; what is missing is not delivered".to_owned(),
            ));
            0.0
        }
        _ => {
            faults.push(fault(
                index,
                "value",
                "NOT_A_NUMBER",
                format!("“{text}”不是数字"),
                format!("`{text}` is not a number"),
            ));
            0.0
        }
    }
}

/// Microseconds since the epoch; 0 where not given. Times without an offset are China Standard Time.
fn instant(text: &str, index: usize, faults: &mut Vec<RowFault>) -> i64 {
    if text.is_empty() {
        return 0;
    }
    let shanghai = || TimeZone::fixed(Offset::constant(8));
    let civil = || text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|d| d.at(0, 0, 0, 0)));
    let parsed = text.parse::<Timestamp>().or_else(|_| civil().and_then(|at| shanghai().to_timestamp(at)));
    match parsed {
        Ok(at) => at.as_microsecond(),
        Err(_) => {
            faults.push(fault(
                index,
                "revised_at",
                "NOT_A_TIME",
                format!("“{text}”不是时间，应如 2021-12-31T08:00:00+08:00 或 2021-12-31"),
                format!("`{text}` is not a time such as 2021-12-31T08:00:00+08:00 or 2021-12-31"),
            ));
            0
        }
    }
}

/// A chunk in the making.
#[derive(Default)]
struct Columns {
    chunk: ObservationChunk,
    place: Dictionary,
    measure: Dictionary,
    period: Dictionary,
    source: Dictionary,
}

impl Columns {
    fn finish(self, sequence: u64) -> ObservationChunk {
        ObservationChunk {
            sequence,
            place_id: Some(self.place.column),
            measure_id: Some(self.measure.column),
            period: Some(self.period.column),
            source_id: Some(self.source.column),
            ..self.chunk
        }
    }
}

/// A text column that grows.
#[derive(Default)]
struct Dictionary {
    column: TextColumn,
    positions: HashMap<String, u32>,
}

impl Dictionary {
    fn push(&mut self, text: &str) {
        let position = match self.positions.get(text) {
            Some(position) => *position,
            None => {
                let position = u32::try_from(self.column.dictionary.len()).expect("a chunk is small");
                self.column.dictionary.push(text.to_owned());
                self.positions.insert(text.to_owned(), position);
                position
            }
        };
        self.column.index.push(position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_an_offset_are_china_standard_time() {
        let mut faults = Vec::new();
        let at = |text, faults: &mut Vec<_>| instant(text, 0, faults);
        let midnight = at("2021-12-31", &mut faults);
        assert_eq!(midnight, at("2021-12-30T16:00:00Z", &mut faults));
        assert_eq!(midnight, at("2021-12-31 00:00:00", &mut faults));
        assert!(faults.is_empty());
        assert_eq!(at("31.12.2021", &mut faults), 0);
        assert_eq!(faults[0].reason, "NOT_A_TIME");
    }

    #[test]
    fn numbers_that_are_none_are_faults_and_never_zero_values() {
        let mut faults = Vec::new();
        for text in ["八十", "NaN", "inf", "1,5", ""] {
            number(text, 7, &mut faults);
        }
        let reasons: Vec<_> = faults.iter().map(|f| f.reason.as_str()).collect();
        assert_eq!(
            reasons,
            ["NOT_A_NUMBER", "NOT_A_NUMBER", "NOT_A_NUMBER", "NOT_A_NUMBER", "VALUE_MISSING"]
        );
        assert!(faults.iter().all(|f| f.index == 7));
        assert_eq!(number("1e-3", 0, &mut faults).to_bits(), 1e-3_f64.to_bits());
    }
}
