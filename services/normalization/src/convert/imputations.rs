//! Values that nobody delivered, and treatments of outliers, as messages.

use xiuhua_contracts::normalization::v1 as wire;
use xiuhua_contracts::normalization::v1::treatment::Kind;
use xiuhua_indicators::catalog::{Impute, Leaf, Treat};
use xiuhua_indicators::imputation::{Filling, FillingSource};
use xiuhua_indicators::treatment::Treatment;

use crate::domain::period::Period;
use crate::domain::values::Cell;

/// The names of the periods around one.
pub(super) struct Around {
    /// Nearest first.
    earlier: Vec<Period>,
    later: Vec<Period>,
}

impl Around {
    /// As many as these fillings reach to.
    pub(super) fn of(period: &Period, fillings: &[Filling]) -> Self {
        let (mut back, mut ahead) = (0, 0);
        for filling in fillings {
            match filling.source {
                FillingSource::GroupMedian { .. } => {}
                FillingSource::Last(earlier) => back = back.max(earlier.distance),
                FillingSource::Linear { earlier, later } => {
                    (back, ahead) = (back.max(earlier.distance), ahead.max(later.distance));
                }
            }
        }
        let mut earlier = period.window_before(back);
        earlier.reverse();
        Self { earlier, later: period.window_after(ahead) }
    }

    /// What the imputed ones among `cells` were made of; both stand by place.
    pub(super) fn imputations(&self, cells: &[Cell], fillings: &[Filling]) -> Vec<wire::Imputation> {
        let mut cells = cells.iter().enumerate().peekable();
        let mut imputations = Vec::new();
        for filling in fillings {
            while cells.next_if(|(_, cell)| cell.place < filling.place).is_some() {}
            if let Some((entry, _)) = cells.next_if(|(_, cell)| cell.place == filling.place) {
                imputations.push(self.imputation(super::columns::position(entry), filling.source));
            }
        }
        imputations
    }

    fn imputation(&self, entry: u32, source: FillingSource) -> wire::Imputation {
        let blank = |method: wire::ImputationMethod| wire::Imputation {
            entry,
            method: method.into(),
            ..wire::Imputation::default()
        };
        match source {
            FillingSource::GroupMedian { places } => {
                wire::Imputation { places: places as u64, ..blank(wire::ImputationMethod::GroupMedian) }
            }
            FillingSource::Last(earlier) => wire::Imputation {
                earlier_period: name(&self.earlier, earlier.distance),
                earlier_value: Some(earlier.value),
                ..blank(wire::ImputationMethod::Last)
            },
            FillingSource::Linear { earlier, later } => wire::Imputation {
                earlier_period: name(&self.earlier, earlier.distance),
                earlier_value: Some(earlier.value),
                later_period: name(&self.later, later.distance),
                later_value: Some(later.value),
                ..blank(wire::ImputationMethod::Linear)
            },
        }
    }
}

fn name(periods: &[Period], distance: u32) -> String {
    let at = usize::try_from(distance).ok().and_then(|distance| distance.checked_sub(1));
    at.and_then(|at| periods.get(at)).map(Period::to_string).unwrap_or_default()
}

/// A treatment; nothing where values are left as they are.
pub(super) fn treatment(treatment: Treatment) -> Option<wire::Treatment> {
    let kind = match treatment {
        Treatment::Untreated => return None,
        Treatment::Winsorised(limits) => Kind::Winsorised(wire::Winsorised {
            lower: limits.lower,
            upper: limits.upper,
            low_points: limits.low_points as u64,
            high_points: limits.high_points as u64,
        }),
        Treatment::Logarithm(logarithm) => {
            Kind::Logarithm(wire::Logarithm { origin: logarithm.origin, mirrored: logarithm.mirrored })
        }
    };
    Some(wire::Treatment { kind: Some(kind) })
}

/// What a catalog says of a leaf's outliers and gaps.
pub(super) fn add_rules(shown: &mut wire::CatalogItem, leaf: &Leaf) {
    shown.treat = match leaf.treat {
        Treat::None => "",
        Treat::Tested { .. } => "TESTED",
        Treat::Forced(_) => "FORCED",
    }
    .to_owned();
    let (method, reach) = match leaf.impute {
        Impute::None => (wire::ImputationMethod::Unspecified, 0),
        Impute::GroupMedian => (wire::ImputationMethod::GroupMedian, 0),
        Impute::Last { reach } => (wire::ImputationMethod::Last, reach),
        Impute::Linear { reach } => (wire::ImputationMethod::Linear, reach),
    };
    (shown.impute, shown.impute_reach) = (method.into(), reach);
}
