//! Observations: rows as they arrive, and statements as they stand on record.
//!
//! # Which statement is a revision
//! The key of an observation is (place, measure, period, source). The statements of one key stand in the order of
//! their *instant*, then of their position. The instant is the source's own `revised_at` where given, else the arrival
//! (the beginning of the batch's seal); a statement without a time of its own is newer than all on record, even where a source
//! whose clock is wrong has dated one of them into the future. A new statement is compared with the one before it:
//!
//! - none on record: *accepted*;
//! - the same value as the one before it, or older than the newest on record and of the same value as that: a
//!   *duplicate*;
//! - anything else: *corrected*, a new revision. One older than the newest is history and changes no effective value.
//!
//! Every sound statement is recorded, a duplicate too, because another batch may be withdrawn. One that its source has
//! dated stands at its date: a forgotten older correction that arrives late would otherwise win over a value that was
//! confirmed after it. One without a time of its own stands at the instant of the statement that it repeats, so that a
//! delivery that comes again changes nothing: not what is in force beside other sources, and not where a revision
//! falls that comes later and is dated between the two. Statements that follow each other with one instant and one
//! value are one revision, shown with its first supporter that is not withdrawn.
//!
//! Within one delivery, two values for one key under the same `revised_at`, or two values of which one has none, are
//! a conflict, for which no order of rows can be a reason to believe one of them.

use std::sync::Arc;

use jiff::Timestamp;

use super::batch::Position;
use super::ids::{BatchId, IdFault, MeasureId, PlaceId, SourceId, check};
use super::period::{Period, is_period};
use super::rejection::Reason;
use super::source::DEFAULT_SOURCE;
use super::text::{Text, excerpt, without_nul};

/// Columns of a file of observations (specification page 5, section 5.2).
pub(crate) const COLUMNS: &[&str] =
    &[PLACE_COLUMN, MEASURE_COLUMN, PERIOD_COLUMN, VALUE_COLUMN, SOURCE_COLUMN, REVISED_COLUMN];
pub(crate) const PLACE_COLUMN: &str = "place_id";
pub(crate) const MEASURE_COLUMN: &str = "indicator";
pub(crate) const PERIOD_COLUMN: &str = "period";
pub(crate) const VALUE_COLUMN: &str = "value";
pub(crate) const SOURCE_COLUMN: &str = "source";
pub(crate) const REVISED_COLUMN: &str = "revised_at";

/// Longest excerpt of a typed field in the original text that a row without one gets, in characters.
const ORIGINAL_FIELD_CHARS: usize = 256;

/// The fields of a row as they were delivered, before any check.
#[derive(Clone, Debug)]
pub struct DeliveredObservation {
    /// Row in the file; the header is row 1.
    pub row: u64,
    /// Place.
    pub place_id: Arc<str>,
    /// Measure.
    pub measure_id: Arc<str>,
    /// Period.
    pub period: Arc<str>,
    /// Source; empty for the default one.
    pub source_id: Arc<str>,
    /// Value in the measure's unit; meaningless where the reader found a fault in it.
    pub value: f64,
    /// When the source says it revised the value, microseconds since the epoch.
    pub revised_at_us: Option<i64>,
    /// Number of the rejected row, in the batch that its delivery corrects, which it brings again.
    pub closes_row: Option<u64>,
    /// The row as it stood in the file, if the caller kept it.
    pub original: Option<String>,
    /// What the reader of the file found.
    pub faults: Vec<Reason>,
}

/// A row as it waits for the seal. A field at fault is `None` and its fault is in `faults`, so nothing that was
/// refused can be taken for a value later.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservationRow {
    /// Row in the file.
    pub row: u64,
    /// Place, not yet looked up.
    pub place_id: Option<Arc<str>>,
    /// Measure, not yet looked up.
    pub measure_id: Option<Arc<str>>,
    /// Period.
    pub period: Option<Arc<str>>,
    /// Source.
    pub source_id: Option<Arc<str>>,
    /// Value, finite, not yet held against the bounds.
    pub value: Option<f64>,
    /// The source's own revision time, microseconds since the epoch.
    pub revised_at_us: Option<i64>,
    /// Number of the rejected row that it brings again, not yet looked up.
    pub closes_row: Option<u64>,
    /// Faults found so far: the reader's and this row's own.
    pub faults: Vec<Reason>,
    /// The row as it stood in the file.
    pub original: String,
}

impl DeliveredObservation {
    /// Checks everything that a row shows by itself; places and measures are looked up at the seal.
    ///
    /// A column in which the reader already found a fault gets no second one, and a row that could not be read at all
    /// (a fault without a column) none.
    #[must_use]
    pub fn checked(self) -> ObservationRow {
        let original = without_nul(self.original_text());
        let source_id = if self.source_id.is_empty() { Arc::from(DEFAULT_SOURCE) } else { self.source_id };
        let mut row = RowCheck::new(self.faults);
        let place_id = row.id(PLACE_COLUMN, ("MISSING_PLACE_ID", "BAD_PLACE_ID"), self.place_id);
        // A text that cannot be an id equals no measure: said in the same words as any other that does not.
        let measure_id = row.keep(MEASURE_COLUMN, self.measure_id, |id| {
            check(id).map_err(|fault| match fault {
                IdFault::Empty => Reason::bad_id(MEASURE_COLUMN, "MISSING_INDICATOR", "", fault, id),
                _ => Reason::unknown_measure(id),
            })
        });
        let period = row.keep(PERIOD_COLUMN, self.period, |period| {
            if is_period(period) { Ok(()) } else { Err(Reason::bad_period(period)) }
        });
        let value = row.keep(VALUE_COLUMN, self.value, |value| {
            if value.is_finite() { Ok(()) } else { Err(Reason::not_finite(*value)) }
        });
        let source_id = row.id(SOURCE_COLUMN, ("BAD_SOURCE", "BAD_SOURCE"), source_id);
        let revised_at_us = self.revised_at_us.and_then(|instant| {
            row.keep(REVISED_COLUMN, instant, |instant| {
                Timestamp::from_microsecond(*instant).map(drop).map_err(|_| bad_revised_at(*instant))
            })
        });
        ObservationRow {
            row: self.row,
            place_id,
            measure_id,
            period,
            source_id,
            // Adding zero turns -0 into 0: equal as values, and the store keeps one zero only.
            value: value.map(|value| value + 0.0),
            revised_at_us,
            closes_row: self.closes_row,
            faults: row.faults,
            original,
        }
    }

    /// The row as it stood in the file, or what stands for it.
    pub(crate) fn original_text(&self) -> String {
        if let Some(original) = &self.original {
            return original.clone();
        }
        let fields = [&self.place_id, &self.measure_id, &self.period]
            .map(|field| excerpt(field, ORIGINAL_FIELD_CHARS));
        let mut text = format!("{},{}", fields.join(","), self.value);
        if !self.source_id.is_empty() || self.revised_at_us.is_some() {
            text.push(',');
            text.push_str(&excerpt(&self.source_id, ORIGINAL_FIELD_CHARS));
        }
        if let Some(instant) = self.revised_at_us {
            text.push(',');
            text.push_str(
                &Timestamp::from_microsecond(instant).map_or(instant.to_string(), |at| at.to_string()),
            );
        }
        text
    }
}

fn bad_revised_at(instant_us: i64) -> Reason {
    let message = Text::new(
        format!("修订时间 {instant_us} 微秒超出日历范围"),
        format!("the revision time of {instant_us} microseconds lies outside the calendar"),
    );
    Reason::new(REVISED_COLUMN, "BAD_REVISED_AT", message)
}

/// Collects the faults of one row.
struct RowCheck {
    faults: Vec<Reason>,
    unreadable: bool,
}

impl RowCheck {
    fn new(faults: Vec<Reason>) -> Self {
        Self { unreadable: faults.iter().any(|fault| fault.column.is_empty()), faults }
    }

    /// The value of a column if it is sound; `None` and a fault noted otherwise.
    fn keep<T>(&mut self, column: &str, value: T, check: impl FnOnce(&T) -> Result<(), Reason>) -> Option<T> {
        if self.unreadable || self.faults.iter().any(|fault| same_column(&fault.column, column)) {
            return None;
        }
        match check(&value) {
            Ok(()) => Some(value),
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    fn id(&mut self, column: &str, (missing, bad): (&str, &str), id: Arc<str>) -> Option<Arc<str>> {
        self.keep(column, id, |id| check(id).map_err(|fault| Reason::bad_id(column, missing, bad, fault, id)))
    }
}

/// Readers may name the column of the measure by its name in the contract.
fn same_column(reported: &str, column: &str) -> bool {
    reported == column || (column == MEASURE_COLUMN && reported == "measure_id")
}

/// One value in question: what all sources say about one place, measure and period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Place.
    pub place_id: PlaceId,
    /// Measure.
    pub measure_id: MeasureId,
    /// Period.
    pub period: Period,
}

/// One statement of one source about one value, as it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservationRevision {
    /// Who says it.
    pub source_id: SourceId,
    /// Value in the measure's unit.
    pub value: f64,
    /// When the source says it revised the value.
    pub revised_at: Option<Timestamp>,
    /// When its delivery arrived.
    pub received_at: Timestamp,
    /// Its delivery.
    pub batch_id: BatchId,
    /// Position of its delivery.
    pub position: Position,
    /// Row of its delivery.
    pub row: u64,
    /// Name of its delivery.
    pub file_name: String,
    /// This one is in force.
    pub effective: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered() -> DeliveredObservation {
        DeliveredObservation {
            row: 2,
            place_id: "P1".into(),
            measure_id: "visits".into(),
            period: "2021".into(),
            source_id: "".into(),
            value: 3.5,
            revised_at_us: None,
            closes_row: None,
            original: None,
            faults: Vec::new(),
        }
    }

    fn codes(row: &ObservationRow) -> Vec<&str> {
        row.faults.iter().map(|fault| fault.code.as_str()).collect()
    }

    #[test]
    fn a_row_without_a_source_has_the_default_one_and_a_row_without_an_original_its_fields() {
        let row = delivered().checked();
        assert_eq!((codes(&row).len(), row.source_id.as_deref()), (0, Some("file")));
        assert_eq!(row.original, "P1,visits,2021,3.5");
    }

    #[test]
    fn all_faults_of_a_row_are_found_at_once() {
        let row = DeliveredObservation {
            place_id: "".into(),
            measure_id: "a\u{0}".into(),
            period: "2021-13".into(),
            source_id: " s".into(),
            value: f64::NAN,
            revised_at_us: Some(i64::MAX),
            ..delivered()
        }
        .checked();
        let expected = [
            "MISSING_PLACE_ID",
            "UNKNOWN_MEASURE",
            "BAD_PERIOD",
            "NOT_FINITE",
            "BAD_SOURCE",
            "BAD_REVISED_AT",
        ];
        assert_eq!(codes(&row), expected);
        assert_eq!((row.place_id, row.period, row.value), (None, None, None));
    }

    #[test]
    fn a_column_that_the_reader_faulted_gets_no_second_fault_and_its_value_is_not_read() {
        let fault = Reason::new("value", "NOT_A_NUMBER", Text::new("不是数", "not a number"));
        let row =
            DeliveredObservation { value: f64::NAN, period: "?".into(), faults: vec![fault], ..delivered() };
        let row = row.checked();
        assert_eq!((codes(&row), row.value), (vec!["NOT_A_NUMBER", "BAD_PERIOD"], None));
    }

    #[test]
    fn a_row_that_could_not_be_read_at_all_has_that_one_fault() {
        let fault =
            Reason::new("", "WRONG_NUMBER_OF_FIELDS", Text::new("列数不符", "wrong number of fields"));
        let row = DeliveredObservation { place_id: "".into(), faults: vec![fault], ..delivered() }.checked();
        assert_eq!(codes(&row), ["WRONG_NUMBER_OF_FIELDS"]);
    }

    #[test]
    fn negative_zero_is_zero() {
        let row = DeliveredObservation { value: -0.0, ..delivered() }.checked();
        assert_eq!(row.value.map(f64::to_bits), Some(0.0_f64.to_bits()));
    }
}
