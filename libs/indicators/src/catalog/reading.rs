//! Reading a catalog text: TOML in, rows with their places out; every fault of a single key is reported here.
//!
//! What concerns several rows together (the tree, weights, references) is kept out: see `checking.rs`.

mod entries;
mod fields;
mod given;
mod policy;

use toml::de::DeTable;

pub(super) use entries::{Entry, EntryKind, LeafEntry, MeasureEntry, NodeEntry};
pub(super) use given::{Given, Placed};

use super::fault::{FaultList, Reason};
use super::{Extension, Text, ThresholdPolicy, units};
use entries::Defaults;
use fields::{Fields, out_of_range, text_of};

/// Largest catalog text, in bytes.
const MAX_BYTES: usize = 4 * 1024 * 1024;
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

/// Parses the TOML; `None` if that fails or the text is too large, which is reported.
pub(super) fn parse<'t>(text: &'t str, faults: &mut FaultList<'_>) -> Option<DeTable<'t>> {
    if text.len() > MAX_BYTES {
        let zh = format!("目录文本超过 {MAX_BYTES} 字节");
        faults.add(0, Reason::TooLarge, "", zh, format!("the catalog text exceeds {MAX_BYTES} bytes"));
        return None;
    }
    match DeTable::parse(text) {
        Ok(table) => Some(table.into_inner()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message();
            faults.add(
                at,
                Reason::Syntax,
                "",
                format!("TOML 语法错误：{message}"),
                format!("TOML: {message}"),
            );
            None
        }
    }
}

/// Reads every row; what cannot be read is reported and stands as [`Given::Faulty`].
pub(super) fn read<'t>(table: &'t DeTable<'t>, faults: &mut FaultList<'_>) -> Sheet<'t> {
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
    let fields = Fields::open(table, 0, String::new(), KEYS, faults);
    let defaults = defaults(&fields, faults);
    let measures = rows(&fields, "measure", faults, entries::measure);
    let mut written = rows(&fields, "node", faults, |value, ordinal, faults| {
        entries::node(value, ordinal, &defaults, faults)
    });
    written.extend(rows(&fields, "leaf", faults, |value, ordinal, faults| {
        entries::leaf(value, ordinal, &defaults, faults)
    }));
    written.sort_by_key(|entry| entry.at);
    if let Some(first) = written.get(MAX_ROWS) {
        too_many(first.at, first.path.clone(), faults);
        written.truncate(MAX_ROWS);
    }
    units(&fields, &measures, faults);
    Sheet { head: head(&fields, faults), measures, entries: written }
}

fn head<'t>(fields: &Fields<'t>, faults: &mut FaultList<'_>) -> Head<'t> {
    let version = fields.line("version", faults);
    let scale = fields.number("scale", faults);
    let scale = fields.required("scale", scale, faults).then(|placed| {
        let usable = [1.0, 100.0].into_iter().any(|scale: f64| scale.total_cmp(&placed.value).is_eq());
        if !usable {
            out_of_range(placed.at, fields.sub("scale"), "100 或 1", "100 or 1", faults);
        }
        usable.then_some(placed.value)
    });
    let rule_set = match fields.value("rule_set") {
        Given::Absent => None,
        _ => entries::id(fields, "rule_set", faults).readable(),
    };
    let common_cut = fields.number("common_cut", faults).then(|placed| {
        let usable = (0.0..=1.0).contains(&placed.value);
        if !usable {
            out_of_range(placed.at, fields.sub("common_cut"), "0 至 1", "0 to 1", faults);
        }
        usable.then_some(placed.value)
    });
    Head {
        id: entries::id(fields, "id", faults).or(""),
        version: fields.required("version", version, faults).or(""),
        title: fields.bilingual("title", faults),
        scale: scale.or(100.0),
        rule_set: rule_set.map(|placed| placed.value),
        base_periods: fields.whole("base_periods", 1..=60, faults).or(3),
        rank_decimals: fields.whole("rank_decimals", 0..=12, faults).or(9),
        common_cut: common_cut.or(0.5),
        total_points: entries::positive(fields, "total_points", faults),
    }
}

fn defaults(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Defaults {
    const KEYS: &[&str] = &["minimum_coverage", "threshold", "direction"];
    let built_in = Given::Is(Placed { value: DEFAULT_THRESHOLD, at: 0 });
    let table = fields
        .value("defaults")
        .readable()
        .and_then(|placed| Fields::open_value(placed.value, fields.sub("defaults"), KEYS, faults));
    let Some(table) = table else {
        return Defaults {
            minimum_coverage: MINIMUM_COVERAGE,
            threshold: built_in,
            direction: Given::Absent,
        };
    };
    Defaults {
        minimum_coverage: policy::minimum_coverage(&table, faults).or(MINIMUM_COVERAGE),
        threshold: match policy::threshold(&table, faults) {
            Given::Absent => built_in,
            given => given,
        },
        direction: table.word("direction", policy::DIRECTIONS, faults),
    }
}

fn rows<'t, T>(
    fields: &Fields<'t>,
    key: &str,
    faults: &mut FaultList<'_>,
    mut read: impl FnMut(&'t fields::Value<'t>, usize, &mut FaultList<'_>) -> Option<T>,
) -> Vec<T> {
    let values = fields.list(key, faults);
    if let Some(first) = values.get(MAX_ROWS) {
        too_many(first.span().start, fields.sub(key), faults);
    }
    let kept = values.iter().take(MAX_ROWS).enumerate();
    kept.filter_map(|(ordinal, value)| read(value, ordinal, faults)).collect()
}

fn too_many(at: usize, path: String, faults: &mut FaultList<'_>) {
    let zh = format!("超过 {MAX_ROWS} 项，其后未再检查");
    faults.add(at, Reason::TooLarge, path, zh, format!("more than {MAX_ROWS}; the rest was not checked"));
}

/// Checks each measure's unit against the known units and those the catalog declares.
fn units(fields: &Fields<'_>, measures: &[MeasureEntry<'_>], faults: &mut FaultList<'_>) {
    let mut known = units::KNOWN.to_vec();
    for value in fields.list("units", faults) {
        let Some(unit) = text_of(value, &fields.sub("units"), faults) else { continue };
        if unit.trim().is_empty() {
            let (zh, en) = ("不能为空".to_owned(), "must not be empty".to_owned());
            faults.add(value.span().start, Reason::EmptyText, fields.sub("units"), zh, en);
        }
        known.push(unit);
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
