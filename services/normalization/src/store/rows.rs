//! What stored columns mean: the same on every back end.

use std::collections::HashMap;

use jiff::Timestamp;
use xiuhua_indicators::catalog::Text;
use xiuhua_indicators::threshold::{Goalposts, LeafThreshold, Threshold};
use xiuhua_service_kit::request_id::{Remembered, RequestId};

use super::treatments::TreatmentRow;
use super::{CatalogRow, Kept, SetNumber, StoreError};
use crate::domain::catalog::{CatalogEntry, CatalogKey, RegisteredCatalog};
use crate::domain::id::{ClassificationId, ThresholdSetId};
use crate::domain::period::Period;
use crate::domain::sample::SampleKind;
use crate::domain::threshold_set::{FixedThreshold, ThresholdSet, TypeSample};

/// A row of `catalogs` without its text.
#[derive(sqlx::FromRow)]
pub(super) struct CatalogEntryRow {
    number: i64,
    id: String,
    version: String,
    title_zh: String,
    title_en: String,
    hash: String,
    scale: f64,
    rule_set: String,
    registered_us: i64,
}

/// A row of `catalogs`.
#[derive(sqlx::FromRow)]
pub(super) struct CatalogTextRow {
    #[sqlx(flatten)]
    entry: CatalogEntryRow,
    toml: String,
}

/// A row of `threshold_sets`.
#[derive(sqlx::FromRow)]
pub(super) struct SetRow {
    number: i64,
    id: String,
    catalog_id: String,
    catalog_version: String,
    catalog_hash: String,
    classification_id: String,
    period: String,
    base_periods: String,
    as_of_position: i64,
    sample: String,
    seed: Option<String>,
    created_us: i64,
}

/// A row of `set_types`.
#[derive(sqlx::FromRow)]
pub(super) struct TypeRow {
    set_number: i64,
    type_id: String,
    frame: i64,
    members: i64,
}

/// A row of `thresholds`.
#[derive(sqlx::FromRow)]
pub(super) struct ThresholdRow {
    type_at: i64,
    leaf_at: i64,
    leaf: String,
    status: String,
    lower: Option<f64>,
    upper: Option<f64>,
    base_values: i64,
    short_base_values: i64,
    #[sqlx(flatten)]
    treatment: TreatmentRow,
}

impl CatalogEntryRow {
    pub(super) fn read(self) -> Result<(CatalogRow, CatalogEntry), StoreError> {
        let row = CatalogRow { id: self.id.clone(), number: self.number };
        let entry = CatalogEntry {
            key: CatalogKey { id: self.id, version: self.version },
            title: Text { zh: self.title_zh, en: self.title_en },
            hash: self.hash,
            scale: self.scale,
            rule_set: self.rule_set,
            registered_at: instant(self.registered_us)?,
        };
        Ok((row, entry))
    }
}

impl CatalogTextRow {
    pub(super) fn read(self) -> Result<RegisteredCatalog, StoreError> {
        let (_, entry) = self.entry.read()?;
        Ok(RegisteredCatalog { entry, toml: self.toml })
    }
}

impl SetRow {
    pub(super) fn read(self, types: Vec<TypeSample>) -> Result<Kept, StoreError> {
        let base_periods: Vec<String> = serde_json::from_str(&self.base_periods)
            .map_err(|_| StoreError::Corrupt("threshold_sets.base_periods"))?;
        let set = ThresholdSet {
            sample: self.sample_kind()?,
            id: ThresholdSetId::new(self.id),
            catalog: CatalogKey { id: self.catalog_id, version: self.catalog_version },
            catalog_hash: self.catalog_hash,
            classification: ClassificationId::new(self.classification_id),
            period: period(&self.period)?,
            base_periods: base_periods.iter().map(|text| period(text)).collect::<Result<_, _>>()?,
            as_of_position: count(self.as_of_position)?,
            types,
            created_at: instant(self.created_us)?,
        };
        Ok(Kept { number: SetNumber(self.number), set })
    }

    fn sample_kind(&self) -> Result<SampleKind, StoreError> {
        match (self.sample.as_str(), self.seed.as_deref().map(str::parse)) {
            ("RANDOM", Some(Ok(seed))) => Ok(SampleKind::Random { seed }),
            ("CENSUS", None) => Ok(SampleKind::Census),
            ("MEMBERS", None) => Ok(SampleKind::Members),
            _ => Err(StoreError::Corrupt("threshold_sets.sample")),
        }
    }
}

impl TypeRow {
    pub(super) fn read(self) -> Result<TypeSample, StoreError> {
        Ok(TypeSample { type_id: self.type_id, frame: count(self.frame)?, members: count(self.members)? })
    }
}

impl ThresholdRow {
    pub(super) fn read(self) -> Result<FixedThreshold, StoreError> {
        let corrupt = StoreError::Corrupt("thresholds.status");
        let threshold = match (self.status.as_str(), self.lower, self.upper) {
            ("OK", Some(lower), Some(upper)) => {
                let goalposts = Goalposts::new(lower, upper).map_err(|_| corrupt)?;
                Threshold::Ok(goalposts.with_treatment(self.treatment.read()?))
            }
            ("DEGENERATE", None, None) => Threshold::Degenerate,
            ("NO_DATA", None, None) => Threshold::NoData,
            _ => return Err(corrupt),
        };
        Ok(FixedThreshold {
            type_at: position(self.type_at)?,
            leaf_at: position(self.leaf_at)?,
            leaf: self.leaf,
            fixed: LeafThreshold {
                threshold,
                base_values: position(self.base_values)?,
                short_base_values: position(self.short_base_values)?,
            },
        })
    }
}

/// The first and the last number of sets; `None` without any.
pub(super) fn numbers(rows: &[SetRow]) -> Option<(i64, i64)> {
    let numbers = || rows.iter().map(|row| row.number);
    Some((numbers().min()?, numbers().max()?))
}

/// Sets with their types beside them.
pub(super) fn beside(rows: Vec<SetRow>, types: Vec<TypeRow>) -> Result<Vec<Kept>, StoreError> {
    let mut of_set: HashMap<i64, Vec<TypeSample>> = HashMap::new();
    for row in types {
        of_set.entry(row.set_number).or_default().push(row.read()?);
    }
    rows.into_iter()
        .map(|row| {
            let types = of_set.remove(&row.number).unwrap_or_default();
            row.read(types)
        })
        .collect()
}

/// What is remembered under a request id, of its row.
pub(super) fn remembered(
    request: &RequestId,
    row: Option<(Vec<u8>, Vec<u8>)>,
) -> Result<Option<Remembered>, StoreError> {
    row.map(|(fingerprint, response)| {
        let fingerprint = fingerprint.try_into().map_err(|_| StoreError::Corrupt("requests.fingerprint"))?;
        Ok(Remembered { request_id: request.clone(), fingerprint, response })
    })
    .transpose()
}

/// The words of a sample kind, and its seed.
pub(super) fn sample_words(kind: SampleKind) -> (&'static str, Option<String>) {
    match kind {
        SampleKind::Random { seed } => ("RANDOM", Some(seed.to_string())),
        SampleKind::Census => ("CENSUS", None),
        SampleKind::Members => ("MEMBERS", None),
    }
}

/// The word of a status.
pub(super) fn status_word(threshold: Threshold) -> &'static str {
    match threshold {
        Threshold::Ok(_) => "OK",
        Threshold::Degenerate => "DEGENERATE",
        Threshold::NoData => "NO_DATA",
    }
}

/// Periods as they stand in `base_periods`.
pub(super) fn periods_json(periods: &[Period]) -> Result<String, StoreError> {
    let texts: Vec<&str> = periods.iter().map(Period::as_str).collect();
    serde_json::to_string(&texts).map_err(|_| StoreError::Corrupt("threshold_sets.base_periods"))
}

/// The position of ingestion as a column holds it.
pub(super) fn as_of_position(set: &ThresholdSet) -> Result<i64, StoreError> {
    i64::try_from(set.as_of_position).map_err(|_| StoreError::TooLarge("the position of a threshold set"))
}

/// The size of a sample as a column holds it.
pub(super) fn size(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count).map_err(|_| StoreError::TooLarge("the size of a sample"))
}

/// A position or count as a column holds it.
pub(super) fn integer(value: usize) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::TooLarge("a count"))
}

/// A position in a list.
pub(super) fn position(value: i64) -> Result<usize, StoreError> {
    usize::try_from(value).map_err(|_| StoreError::Corrupt("a position below zero"))
}

fn count(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Corrupt("a count below zero"))
}

fn period(text: &str) -> Result<Period, StoreError> {
    Period::parse(text).map_err(|_| StoreError::Corrupt("threshold_sets.period"))
}

fn instant(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| StoreError::Corrupt("an instant beyond the calendar"))
}
