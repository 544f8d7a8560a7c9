//! What was done to a value before it was scored: messages of imputations and treatments, in and out.

use xiuhua_contracts::normalization::v1 as normalization;
use xiuhua_contracts::normalization::v1::treatment::Kind;
use xiuhua_contracts::scoring::v1 as proto;
use xiuhua_indicators::threshold::Threshold;
use xiuhua_indicators::treatment::{Limits, Logarithm, Treatment};

use crate::domain::imputation::{Imputation, Neighbour};
use crate::domain::period::Period;
use crate::store::treatment_word;

/// What a value that nobody delivered was made of.
pub(crate) fn imputation(imputation: &Imputation) -> proto::Imputation {
    let name = |neighbour: Option<&Neighbour>| {
        neighbour.map(|neighbour| neighbour.period.to_string()).unwrap_or_default()
    };
    proto::Imputation {
        method: imputation.method().to_owned(),
        places: imputation.places().unwrap_or_default(),
        earlier_period: name(imputation.earlier()),
        earlier_value: imputation.earlier().map(|neighbour| neighbour.value),
        later_period: name(imputation.later()),
        later_value: imputation.later().map(|neighbour| neighbour.value),
    }
}

/// What is done to values between these thresholds; nothing where they are left as they are.
pub(crate) fn treatment(threshold: Threshold) -> Option<proto::Treatment> {
    let treatment = threshold.goalposts()?.treatment();
    let blank = proto::Treatment { kind: treatment_word(treatment)?.to_owned(), ..Default::default() };
    Some(match treatment {
        Treatment::Untreated => return None,
        Treatment::Winsorised(limits) => proto::Treatment {
            lower: limits.lower,
            upper: limits.upper,
            low_points: limits.low_points as u64,
            high_points: limits.high_points as u64,
            ..blank
        },
        Treatment::Logarithm(Logarithm { origin, .. }) => proto::Treatment { origin: Some(origin), ..blank },
    })
}

/// The value that was rescaled, where the treatment made it another one.
pub(crate) fn treated_value(threshold: Threshold, value: Option<f64>) -> Option<f64> {
    let value = value?;
    let treated = threshold.goalposts()?.treatment().treated(value);
    (treated.to_bits() != value.to_bits()).then_some(treated)
}

/// Normalization's treatment; an answer without figures has none.
pub(crate) fn read_treatment(row: &normalization::Threshold) -> Option<Treatment> {
    let Some(treatment) = &row.treatment else { return Some(Treatment::Untreated) };
    let points = |count: u64| usize::try_from(count).ok();
    let finite = |limit: Option<f64>| limit.is_none_or(f64::is_finite);
    match treatment.kind.as_ref()? {
        Kind::Winsorised(found) => {
            let is_sound =
                finite(found.lower) && finite(found.upper) && found.lower.or(found.upper).is_some();
            Some(Treatment::Winsorised(Limits {
                lower: found.lower,
                upper: found.upper,
                low_points: points(found.low_points)?,
                high_points: points(found.high_points)?,
            }))
            .filter(|_| is_sound)
        }
        Kind::Logarithm(found) => {
            let found = Logarithm { origin: found.origin, mirrored: found.mirrored };
            found.origin.is_finite().then_some(Treatment::Logarithm(found))
        }
    }
}

/// Normalization's imputation; `None` where it does not say what it was made of.
pub(crate) fn read_imputation(row: &normalization::Imputation) -> Option<Imputation> {
    let neighbour = |period: &str, value: Option<f64>| {
        let (period, value) = (Period::parse(period).ok()?, value?);
        value.is_finite().then_some(Neighbour { period, value })
    };
    let earlier = || neighbour(&row.earlier_period, row.earlier_value);
    match row.method() {
        normalization::ImputationMethod::Unspecified => None,
        normalization::ImputationMethod::GroupMedian => Some(Imputation::GroupMedian { places: row.places }),
        normalization::ImputationMethod::Last => Some(Imputation::Last(earlier()?)),
        normalization::ImputationMethod::Linear => Some(Imputation::Linear {
            earlier: earlier()?,
            later: neighbour(&row.later_period, row.later_value)?,
        }),
    }
}
