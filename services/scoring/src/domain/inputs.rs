//! What a run reads: values, types, thresholds, samples, places.

use std::collections::BTreeMap;

use xiuhua_indicators::catalog::Catalog;
use xiuhua_indicators::table::Table;
use xiuhua_indicators::threshold::Threshold;
use xiuhua_indicators::weight::declared_weights;

use super::assessment::{Place, Plan};
use super::id::PlaceId;
use super::imputation::ImputedCell;
use super::period::Period;

/// Everything one run reads; the same inputs give the same results, bit for bit.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    /// What is asked.
    pub(crate) plan: Plan,
    /// The places of the run's classification, by id: the axis of [`Inputs::assessed`] and [`Inputs::previous`].
    pub(crate) places: Vec<Place>,
    /// The assessed period, as of the run's position.
    pub(crate) assessed: PeriodValues,
    /// The period before it, as of the run's position; `None` at the beginning of the calendar.
    pub(crate) previous: Option<PeriodValues>,
    /// The base periods, as of the threshold set's position.
    pub(crate) base: BaseReadings,
    /// Thresholds by type and leaf position; what stands at a derived leaf is not read.
    pub(crate) thresholds: Vec<Vec<Threshold>>,
    /// Sample members by type, by id.
    pub(crate) samples: Vec<Vec<PlaceId>>,
    /// Weights of the plan's scheme by type and item; `None`: the catalog's own.
    pub(crate) scheme_weights: Option<Vec<Vec<f64>>>,
}

impl Inputs {
    /// Declared weights by type and item: those of the plan's scheme, or the catalog's own for every type.
    pub(crate) fn declared_weights(&self, catalog: &Catalog) -> Vec<Vec<f64>> {
        let own = || vec![declared_weights(catalog); self.plan.types.len()];
        self.scheme_weights.clone().unwrap_or_else(own)
    }
}

/// Values of the base periods under the threshold set's own classification, on an axis of their own: derived
/// thresholds are a property of the set, whatever period is assessed and however its places are typed by then.
#[derive(Clone, Debug)]
pub(crate) struct BaseReadings {
    /// Place ids, by id.
    pub(crate) axis: Vec<PlaceId>,
    /// Position of each place's type; `None` where unclassified.
    pub(crate) types: Vec<Option<usize>>,
    /// The periods, earliest first.
    pub(crate) periods: Vec<PeriodValues>,
}

/// Values of one period: tables by leaf position, the columns of derived leaves empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PeriodValues {
    /// The period.
    pub(crate) period: Period,
    /// In the measures' units.
    pub(crate) values: Table,
    /// Dimensionless, uncapped.
    pub(crate) raw: Table,
    /// Dimensionless, capped to 0..=1.
    pub(crate) capped: Table,
    /// The values that nobody delivered, by leaf, then place.
    pub(crate) imputed: Vec<ImputedCell>,
    /// What values that roll are made of, by leaf position.
    pub(crate) rolled: BTreeMap<usize, RolledColumn>,
}

/// What the values of one leaf are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RolledColumn {
    /// Months (or days) of the window.
    pub(crate) window: u32,
    /// Of these on record, a place; 0 where the value was delivered as it is.
    pub(crate) on_record: Vec<u32>,
}

impl PeriodValues {
    /// A period without a single value.
    pub(crate) fn missing(period: Period, leaves: usize, places: usize) -> Self {
        let empty = Table::missing(leaves, places);
        Self {
            period,
            values: empty.clone(),
            raw: empty.clone(),
            capped: empty,
            imputed: Vec::new(),
            rolled: BTreeMap::new(),
        }
    }
}
