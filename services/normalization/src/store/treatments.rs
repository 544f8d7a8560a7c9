//! The columns of a treatment (离群值处理) beside its thresholds.

use xiuhua_indicators::threshold::Threshold;
use xiuhua_indicators::treatment::{Limits, Logarithm, Treatment};

use super::StoreError;
use super::rows::{integer, position};

/// The treatment in a row of `thresholds`; every column is empty where values are left as they are.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub(super) struct TreatmentRow {
    pub(super) treatment: Option<String>,
    pub(super) treated_lower: Option<f64>,
    pub(super) treated_upper: Option<f64>,
    pub(super) low_points: Option<i64>,
    pub(super) high_points: Option<i64>,
    pub(super) log_origin: Option<f64>,
}

impl TreatmentRow {
    /// The columns of a threshold.
    pub(super) fn of(threshold: Threshold) -> Result<Self, StoreError> {
        let treatment = threshold.goalposts().map(|goalposts| goalposts.treatment()).unwrap_or_default();
        Ok(match treatment {
            Treatment::Untreated => Self::default(),
            Treatment::Winsorised(limits) => Self {
                treatment: Some("WINSORISED".to_owned()),
                treated_lower: limits.lower,
                treated_upper: limits.upper,
                low_points: Some(integer(limits.low_points)?),
                high_points: Some(integer(limits.high_points)?),
                log_origin: None,
            },
            Treatment::Logarithm(Logarithm { origin, mirrored }) => Self {
                treatment: Some(if mirrored { "MIRRORED_LOGARITHM" } else { "LOGARITHM" }.to_owned()),
                log_origin: Some(origin),
                ..Self::default()
            },
        })
    }

    /// What the columns say.
    pub(super) fn read(self) -> Result<Treatment, StoreError> {
        let corrupt = StoreError::Corrupt("thresholds.treatment");
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
            _ => return Err(corrupt),
        })
    }
}
