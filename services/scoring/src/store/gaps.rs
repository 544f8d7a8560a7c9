//! The rows and columns that say what was done to values before they were scored: gaps filled, outliers treated.

use xiuhua_indicators::threshold::Threshold;
use xiuhua_indicators::treatment::{Limits, Logarithm, Treatment};

use super::StoreError;
use super::rows::{count, integer, position};
use super::tables::{ImputedRow, ThresholdRow};
use crate::domain::id::PlaceId;
use crate::domain::imputation::{Imputation, Neighbour};
use crate::domain::period::Period;
use crate::domain::results::Results;

/// The rows of `imputed_values`, by key.
pub(super) fn imputed_rows(results: &Results) -> impl Iterator<Item = ImputedRow> {
    results.imputed.iter().map(|cell| {
        let (earlier, later) = (cell.imputation.earlier(), cell.imputation.later());
        let name = |neighbour: &Neighbour| neighbour.period.to_string();
        ImputedRow {
            place_id: results.places[cell.place_at].id.as_str().to_owned(),
            leaf_at: integer(cell.leaf_at),
            method: cell.imputation.method().to_owned(),
            places: cell.imputation.places().map(integer),
            earlier_period: earlier.map(name),
            earlier_value: earlier.map(|neighbour| neighbour.value + 0.0),
            later_period: later.map(name),
            later_value: later.map(|neighbour| neighbour.value + 0.0),
        }
    })
}

impl ImputedRow {
    /// The place, the leaf position, and what the value was made of.
    pub(super) fn read(self) -> Result<(PlaceId, usize, Imputation), StoreError> {
        let corrupt = || StoreError::Corrupt("imputed_values.method");
        let neighbour = |period: Option<String>, value: Option<f64>| -> Result<Neighbour, StoreError> {
            let (period, value) = period.zip(value).ok_or_else(corrupt)?;
            let period =
                Period::parse(&period).map_err(|_| StoreError::Corrupt("a period of imputed_values"))?;
            Ok(Neighbour { period, value })
        };
        let imputation = match self.method.as_str() {
            "GROUP_MEDIAN" => Imputation::GroupMedian { places: count(self.places.ok_or_else(corrupt)?)? },
            "LAST" => Imputation::Last(neighbour(self.earlier_period, self.earlier_value)?),
            "LINEAR" => Imputation::Linear {
                earlier: neighbour(self.earlier_period, self.earlier_value)?,
                later: neighbour(self.later_period, self.later_value)?,
            },
            _ => return Err(corrupt()),
        };
        Ok((PlaceId::new(self.place_id), position(self.leaf_at)?, imputation))
    }
}

/// The word for a treatment, as the contract and the record have it; nothing where values are left as they are.
pub(crate) fn treatment_word(treatment: Treatment) -> Option<&'static str> {
    match treatment {
        Treatment::Untreated => None,
        Treatment::Winsorised(_) => Some("WINSORISED"),
        Treatment::Logarithm(Logarithm { mirrored: false, .. }) => Some("LOGARITHM"),
        Treatment::Logarithm(Logarithm { mirrored: true, .. }) => Some("MIRRORED_LOGARITHM"),
    }
}

impl ThresholdRow {
    /// The row with the columns of its treatment.
    pub(super) fn treated(self, threshold: Threshold) -> Self {
        let treatment = threshold.goalposts().map(|goalposts| goalposts.treatment()).unwrap_or_default();
        let word = treatment_word(treatment).map(str::to_owned);
        match treatment {
            Treatment::Untreated => self,
            Treatment::Winsorised(limits) => Self {
                treatment: word,
                treated_lower: limits.lower.map(|limit| limit + 0.0),
                treated_upper: limits.upper.map(|limit| limit + 0.0),
                low_points: Some(integer(limits.low_points)),
                high_points: Some(integer(limits.high_points)),
                ..self
            },
            Treatment::Logarithm(Logarithm { origin, .. }) => {
                Self { treatment: word, log_origin: Some(origin + 0.0), ..self }
            }
        }
    }

    /// The treatment that its columns say.
    pub(super) fn treatment(&self) -> Result<Treatment, StoreError> {
        let points = |count: Option<i64>| position(count.unwrap_or_default());
        Ok(match (self.treatment.as_deref(), self.log_origin) {
            (None, None) => Treatment::Untreated,
            (Some("WINSORISED"), None) if self.treated_lower.or(self.treated_upper).is_some() => {
                Treatment::Winsorised(Limits {
                    lower: self.treated_lower,
                    upper: self.treated_upper,
                    low_points: points(self.low_points)?,
                    high_points: points(self.high_points)?,
                })
            }
            (Some("LOGARITHM"), Some(origin)) => Treatment::Logarithm(Logarithm { origin, mirrored: false }),
            (Some("MIRRORED_LOGARITHM"), Some(origin)) => {
                Treatment::Logarithm(Logarithm { origin, mirrored: true })
            }
            _ => return Err(StoreError::Corrupt("thresholds.treatment")),
        })
    }
}
