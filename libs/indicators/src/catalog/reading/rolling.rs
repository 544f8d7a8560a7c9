//! The key `roll` of a measure: how months or days become the value of twelve months.

use xiuhua_checked_toml::Fields;

use crate::catalog::fault::FaultList;
use crate::rolling::{Roll, Step, Take};

/// `roll = { take = "sum", from = "month" }`.
pub(super) fn roll(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Roll> {
    const TAKES: &[(&str, Take)] = &[("sum", Take::Sum), ("mean", Take::Mean), ("latest", Take::Latest)];
    const STEPS: &[(&str, Step)] = &[("month", Step::Month), ("day", Step::Day)];
    let key = fields.get("roll");
    let given = key.value().then(|_| {
        let table = key.open(&["take", "from"], faults)?;
        let take = table.need("take", faults).word(TAKES, faults).readable();
        let from = table.need("from", faults).word(STEPS, faults).readable();
        Some(Roll { take: take?.value, from: from?.value })
    });
    given.readable().map(|placed| placed.value)
}
