//! Rows as they stand in tables, and what they become.

mod batches;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub(super) use self::batches::{BatchRecord, QuarantinedRecord, movements_json};
use crate::domain::batch::{BatchKind, Position};
use crate::domain::ids::{BatchId, MeasureId, PlaceId, SourceId};
use crate::domain::measure::{Bounds, Measure};
use crate::domain::observation::ObservationRevision;
use crate::domain::place::{Description, Place, PlaceRevision};
use crate::domain::rejection::{Reason, RejectedRow};
use crate::domain::source::Source;
use crate::domain::text::Text;
use crate::error::Error;

/// A count or position as SQL keeps it. The door refuses numbers beyond `i64`.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A count or position as it was kept.
pub(super) fn natural(number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|_| Error::Inconsistent("a count is negative"))
}

/// The bits of a value as SQL keeps them; [`value`] reads them back.
pub(super) fn bits(value: f64) -> i64 {
    i64::from_ne_bytes(value.to_bits().to_ne_bytes())
}

pub(super) fn value(bits: i64) -> f64 {
    f64::from_bits(u64::from_ne_bytes(bits.to_ne_bytes()))
}

pub(super) fn instant(microseconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| Error::Inconsistent("a time is out of the calendar"))
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Store(Box::new(error)))
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Store(Box::new(error)))
}

/// The faults of a row as they wait for the seal; `None` if there are none.
pub(super) fn faults_json(faults: &[Reason]) -> Result<Option<String>, Error> {
    if faults.is_empty() { Ok(None) } else { json(&faults).map(Some) }
}

pub(super) fn kind_name(kind: BatchKind) -> &'static str {
    match kind {
        BatchKind::Places => "PLACES",
        BatchKind::Observations => "OBSERVATIONS",
    }
}

pub(super) fn kind_on_record(name: &str) -> BatchKind {
    if name == kind_name(BatchKind::Places) { BatchKind::Places } else { BatchKind::Observations }
}

#[derive(sqlx::FromRow)]
pub(super) struct MeasureRecord {
    measure_id: String,
    name_zh: String,
    name_en: String,
    unit: String,
    lower_bound: Option<f64>,
    upper_bound: Option<f64>,
    lower_open: bool,
    upper_open: bool,
    source_system: String,
    derivation: String,
}

impl TryFrom<MeasureRecord> for Measure {
    type Error = Error;

    fn try_from(row: MeasureRecord) -> Result<Self, Error> {
        Ok(Self {
            id: MeasureId::on_record(row.measure_id),
            name: Text { zh: row.name_zh, en: row.name_en },
            unit: row.unit,
            bounds: bounds(row.lower_bound, row.upper_bound, row.lower_open, row.upper_open)?,
            source_system: row.source_system,
            derivation: row.derivation,
        })
    }
}

pub(super) fn bounds(
    lower: Option<f64>,
    upper: Option<f64>,
    lower_open: bool,
    upper_open: bool,
) -> Result<Bounds, Error> {
    Bounds::new(lower, upper, lower_open, upper_open)
        .map_err(|_| Error::Inconsistent("the bounds of a measure are no interval"))
}

#[derive(sqlx::FromRow)]
pub(super) struct SourceRecord {
    source_id: String,
    name_zh: String,
    name_en: String,
    precedence: i64,
}

impl TryFrom<SourceRecord> for Source {
    type Error = Error;

    fn try_from(row: SourceRecord) -> Result<Self, Error> {
        Ok(Self {
            id: SourceId::on_record(row.source_id),
            name: Text { zh: row.name_zh, en: row.name_en },
            precedence: precedence_on_record(row.precedence)?,
        })
    }
}

pub(super) fn precedence_on_record(precedence: i64) -> Result<u32, Error> {
    u32::try_from(precedence).map_err(|_| Error::Inconsistent("a precedence is out of its range"))
}

#[derive(sqlx::FromRow)]
pub(super) struct RejectedRecord {
    row_no: i64,
    ordinal: i64,
    reasons: String,
    original: String,
}

impl TryFrom<RejectedRecord> for RejectedRow {
    type Error = Error;

    fn try_from(row: RejectedRecord) -> Result<Self, Error> {
        let reasons: Vec<Reason> = from_json(&row.reasons)?;
        Ok(Self {
            row: natural(row.row_no)?,
            ordinal: natural(row.ordinal)?,
            reasons,
            original: row.original,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct PlaceRecord {
    place_id: String,
    name: String,
    town_code: String,
    town_name: String,
    committee: String,
    housing_nature: String,
    households: Option<i64>,
    population: Option<i64>,
    attributes: String,
}

impl TryFrom<PlaceRecord> for Place {
    type Error = Error;

    fn try_from(row: PlaceRecord) -> Result<Self, Error> {
        let attributes: BTreeMap<String, String> = from_json(&row.attributes)?;
        Ok(Self {
            id: PlaceId::on_record(row.place_id),
            description: Description {
                name: row.name,
                town_code: row.town_code,
                town_name: row.town_name,
                committee: row.committee,
                housing_nature: row.housing_nature,
                households: row.households.map(natural).transpose()?,
                population: row.population.map(natural).transpose()?,
                attributes,
            },
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct PlaceRevisionRecord {
    #[sqlx(flatten)]
    place: PlaceRecord,
    batch_id: String,
    position: i64,
    row_no: i64,
}

impl TryFrom<PlaceRevisionRecord> for PlaceRevision {
    type Error = Error;

    fn try_from(row: PlaceRevisionRecord) -> Result<Self, Error> {
        Ok(Self {
            place: row.place.try_into()?,
            batch_id: BatchId::on_record(row.batch_id),
            position: Position(natural(row.position)?),
            row: natural(row.row_no)?,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct ObservationRevisionRecord {
    source_id: String,
    value: f64,
    revised_at: Option<i64>,
    received_at: i64,
    batch_id: String,
    position: i64,
    row_no: i64,
    file_name: String,
}

impl ObservationRevisionRecord {
    pub(super) fn into_revision(self, effective: bool) -> Result<ObservationRevision, Error> {
        Ok(ObservationRevision {
            source_id: SourceId::on_record(self.source_id),
            value: self.value,
            revised_at: self.revised_at.map(instant).transpose()?,
            received_at: instant(self.received_at)?,
            batch_id: BatchId::on_record(self.batch_id),
            position: Position(natural(self.position)?),
            row: natural(self.row_no)?,
            file_name: self.file_name,
            effective,
        })
    }
}

/// Turns a whole page of records.
pub(super) fn all<R, T>(records: Vec<R>) -> Result<Vec<T>, Error>
where
    T: TryFrom<R>,
    Error: From<T::Error>,
{
    records.into_iter().map(|record| T::try_from(record).map_err(Error::from)).collect()
}
