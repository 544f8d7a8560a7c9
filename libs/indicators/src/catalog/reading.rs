//! Reading a catalog text: TOML in, rows with their places out; every fault of a single key is reported here.
//!
//! What concerns several rows together (the tree, weights, references) is kept out: see `checking.rs`.

mod entries;
mod policy;
mod preparing;
mod rolling;

pub(super) use entries::{Entry, EntryKind, LeafEntry, MeasureEntry, NodeEntry};

use xiuhua_checked_toml::{Entry as Key, Fields, Given, Placed, Value};

use super::fault::{FaultList, Reason};
use super::{Extension, Impute, Text, ThresholdPolicy, Treat, units};
use entries::Defaults;

/// Most nodes and leaves together, and most measures.
const MAX_ROWS: usize = 10_000;

/// The specification's default: a node with less than two thirds of its weight observed has no score.
const MINIMUM_COVERAGE: f64 = 2.0 / 3.0;
/// The specification's default: extremes extended by a tenth of their own size.
pub(super) const DEFAULT_THRESHOLD: ThresholdPolicy =
    ThresholdPolicy::Sampled { extension: Extension::ByValue(0.1), clip: false };

/// A catalog as written.
pub(super) struct Sheet<'t> {
    pub(super) head: Head<'t>,
    pub(super) measures: Vec<MeasureEntry<'t>>,
    /// Nodes and leaves together, in the order of the text.
    pub(super) entries: Vec<Entry<'t>>,
}

/// The keys at the top of the text.
pub(super) struct Head<'t> {
    pub(super) id: &'t str,
    pub(super) version: &'t str,
    pub(super) title: Text,
    pub(super) scale: f64,
    pub(super) rule_set: Option<&'t str>,
    pub(super) base_periods: u32,
    pub(super) rank_decimals: u32,
    pub(super) common_cut: f64,
    pub(super) total_points: Given<f64>,
}

/// Reads every row; what cannot be read is reported and stands as [`Given::Faulty`].
pub(super) fn read<'t>(fields: &Fields<'t>, faults: &mut FaultList<'_>) -> Sheet<'t> {
    const KEYS: &[&str] = &[
        "id",
        "version",
        "title",
        "scale",
        "rule_set",
        "base_periods",
        "rank_decimals",
        "common_cut",
        "total_points",
        "units",
        "defaults",
        "measure",
        "node",
        "leaf",
    ];
    fields.refuse_others(KEYS, faults);
    let defaults = defaults(fields, faults);
    let measures = rows(fields, "measure", faults, entries::measure);
    let mut written = rows(fields, "node", faults, |value, ordinal, faults| {
        entries::node(value, ordinal, &defaults, faults)
    });
    written.extend(rows(fields, "leaf", faults, |value, ordinal, faults| {
        entries::leaf(value, ordinal, &defaults, faults)
    }));
    written.sort_by_key(|entry| entry.at);
    if let Some(first) = written.get(MAX_ROWS) {
        faults.too_many(first.at, &first.path, MAX_ROWS);
        written.truncate(MAX_ROWS);
    }
    units(fields, &measures, faults);
    Sheet { head: head(fields, faults), measures, entries: written }
}

fn head<'t>(fields: &Fields<'t>, faults: &mut FaultList<'_>) -> Head<'t> {
    let is_scale = |scale: f64| [1.0, 100.0].iter().any(|known: &f64| known.total_cmp(&scale).is_eq());
    let is_share = |cut| (0.0..=1.0).contains(&cut);
    Head {
        id: fields.need("id", faults).id(entries::ID, faults).or(""),
        version: fields.need("version", faults).line(faults).or(""),
        title: entries::text(fields, "title", faults),
        scale: fields
            .need("scale", faults)
            .number_where(is_scale, ("100 或 1", "100 or 1"), faults)
            .or(100.0),
        rule_set: fields.get("rule_set").id(entries::ID, faults).value(),
        base_periods: fields.get("base_periods").whole(1..=60, faults).or(3),
        rank_decimals: fields.get("rank_decimals").whole(0..=12, faults).or(9),
        common_cut: fields.get("common_cut").number_where(is_share, ("0 至 1", "0 to 1"), faults).or(0.5),
        total_points: entries::positive(fields, "total_points", faults),
    }
}

fn defaults(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Defaults {
    const KEYS: &[&str] = &["minimum_coverage", "threshold", "direction", "treat", "impute"];
    let built_in = Given::Is(Placed { value: DEFAULT_THRESHOLD, at: 0 });
    let Some(table) = fields.get("defaults").open(KEYS, faults) else {
        return Defaults {
            minimum_coverage: MINIMUM_COVERAGE,
            threshold: built_in,
            direction: Given::Absent,
            treat: Treat::None,
            impute: Impute::None,
        };
    };
    Defaults {
        minimum_coverage: policy::minimum_coverage(&table, faults).or(MINIMUM_COVERAGE),
        threshold: match policy::threshold(&table, faults) {
            Given::Absent => built_in,
            given => given,
        },
        direction: table.get("direction").word(policy::DIRECTIONS, faults),
        treat: preparing::treat(&table, false, faults).or(Treat::None),
        impute: preparing::impute(&table, faults).or(Impute::None),
    }
}

fn rows<'t, T>(
    fields: &Fields<'t>,
    key: &str,
    faults: &mut FaultList<'_>,
    mut read: impl FnMut(&'t Value<'t>, usize, &mut FaultList<'_>) -> Option<T>,
) -> Vec<T> {
    let values = fields.get(key).list(MAX_ROWS, faults).or(&[]).iter().enumerate();
    values.filter_map(|(ordinal, value)| read(value, ordinal, faults)).collect()
}

/// Checks each measure's unit against the known units and those the catalog declares.
fn units(fields: &Fields<'_>, measures: &[MeasureEntry<'_>], faults: &mut FaultList<'_>) {
    let mut known: Vec<&str> = units::known_units().collect();
    for value in fields.get("units").list(MAX_ROWS, faults).or(&[]) {
        known.extend(Key::item(value, "units").line(faults).value());
    }
    known.sort_unstable();
    for measure in measures {
        let Given::Is(unit) = measure.unit else { continue };
        if known.binary_search(&unit.value).is_ok() {
            continue;
        }
        let (hint_zh, hint_en) = faults.hint(unit.value, known.iter().copied());
        faults.add(
            unit.at,
            Reason::UnknownUnit,
            format!("{}.unit", measure.path),
            format!("未知的单位 `{}`，可在 `units` 中声明{hint_zh}", unit.value),
            format!("unknown unit `{}`; a catalog declares its own in `units`{hint_en}", unit.value),
        );
    }
}
