//! The rows of a catalog: measures, nodes and leaves, each with its own keys.

use super::fields::{Fields, Value, out_of_range};
use super::given::{Given, Placed};
use super::policy;
use crate::catalog::bounds::BoundsError;
use crate::catalog::fault::{FaultList, Reason};
use crate::catalog::{Bounds, Direction, Mean, Over, Text, ThresholdPolicy, Transform};

/// Longest id or code, in characters.
const NAME_CHARS: usize = 64;

/// One `[[measure]]`.
pub(in crate::catalog) struct MeasureEntry<'t> {
    pub(in crate::catalog) at: usize,
    pub(in crate::catalog) path: String,
    pub(in crate::catalog) id: Given<&'t str>,
    pub(in crate::catalog) name: Text,
    pub(in crate::catalog) unit: Given<&'t str>,
    pub(in crate::catalog) bounds: Given<Bounds>,
    pub(in crate::catalog) source_system: &'t str,
    pub(in crate::catalog) derivation: &'t str,
}

/// One `[[node]]` or `[[leaf]]`.
pub(in crate::catalog) struct Entry<'t> {
    pub(in crate::catalog) at: usize,
    pub(in crate::catalog) path: String,
    pub(in crate::catalog) code: Given<&'t str>,
    pub(in crate::catalog) name: Text,
    pub(in crate::catalog) parent: Given<&'t str>,
    pub(in crate::catalog) weight: Given<f64>,
    pub(in crate::catalog) kind: EntryKind<'t>,
}

pub(in crate::catalog) enum EntryKind<'t> {
    Node(NodeEntry),
    Leaf(LeafEntry<'t>),
}

pub(in crate::catalog) struct NodeEntry {
    pub(in crate::catalog) points: Given<f64>,
    pub(in crate::catalog) mean: Mean,
    pub(in crate::catalog) over: Over,
    pub(in crate::catalog) minimum_coverage: f64,
    pub(in crate::catalog) floor: Option<f64>,
}

pub(in crate::catalog) struct LeafEntry<'t> {
    pub(in crate::catalog) measure: Given<&'t str>,
    pub(in crate::catalog) change_of: Given<&'t str>,
    pub(in crate::catalog) direction: Direction,
    pub(in crate::catalog) transform: Given<Transform>,
    pub(in crate::catalog) threshold: Given<ThresholdPolicy>,
    pub(in crate::catalog) evidence: &'t str,
    pub(in crate::catalog) note: &'t str,
}

/// What holds where a row says nothing.
pub(in crate::catalog) struct Defaults {
    pub(in crate::catalog) minimum_coverage: f64,
    pub(in crate::catalog) threshold: Given<ThresholdPolicy>,
    pub(in crate::catalog) direction: Given<Direction>,
}

pub(super) fn measure<'t>(
    value: &'t Value<'t>,
    ordinal: usize,
    faults: &mut FaultList<'_>,
) -> Option<MeasureEntry<'t>> {
    const KEYS: &[&str] = &["id", "name", "unit", "bounds", "source_system", "derivation"];
    let path = row_path(value, "measure", "id", ordinal);
    let fields = Fields::open_value(value, path, KEYS, faults)?;
    let unit = fields.line("unit", faults);
    let bounds = fields.text("bounds", faults);
    Some(MeasureEntry {
        id: id(&fields, "id", faults),
        name: fields.bilingual("name", faults),
        unit: fields.required("unit", unit, faults),
        bounds: fields.required("bounds", bounds, faults).then(|placed| interval(placed, &fields, faults)),
        source_system: fields.text("source_system", faults).or(""),
        derivation: fields.text("derivation", faults).or(""),
        at: fields.at,
        path: fields.path,
    })
}

fn interval(placed: Placed<&str>, fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Bounds> {
    let (reason, zh, en) = match placed.value.parse() {
        Ok(bounds) => return Some(bounds),
        Err(BoundsError::Malformed) => (
            Reason::BadBounds,
            "界限应写作 [0, 100]、[0, )、(0, ) 或 ( , )",
            "bounds are written [0, 100], [0, ), (0, ) or ( , )",
        ),
        Err(BoundsError::Empty) => (Reason::EmptyBounds, "界限之内没有任何数", "the bounds hold no number"),
    };
    faults.add(placed.at, reason, fields.sub("bounds"), zh.to_owned(), en.to_owned());
    None
}

pub(super) fn node<'t>(
    value: &'t Value<'t>,
    ordinal: usize,
    defaults: &Defaults,
    faults: &mut FaultList<'_>,
) -> Option<Entry<'t>> {
    const KEYS: &[&str] =
        &["code", "name", "parent", "mean", "over", "points", "weight", "minimum_coverage", "floor"];
    const OVERS: &[(&str, Over)] = &[("leaves", Over::Leaves), ("children", Over::Children)];
    let fields = Fields::open_value(value, row_path(value, "node", "code", ordinal), KEYS, faults)?;
    let mean = policy::mean(&fields, faults);
    let kind = EntryKind::Node(NodeEntry {
        points: positive(&fields, "points", faults),
        mean: mean.or(Mean::Arithmetic),
        over: fields.word("over", OVERS, faults).or(Over::Leaves),
        minimum_coverage: policy::minimum_coverage(&fields, faults).or(defaults.minimum_coverage),
        floor: policy::floor(&fields, mean, faults),
    });
    Some(entry(fields, kind, faults))
}

pub(super) fn leaf<'t>(
    value: &'t Value<'t>,
    ordinal: usize,
    defaults: &Defaults,
    faults: &mut FaultList<'_>,
) -> Option<Entry<'t>> {
    const KEYS: &[&str] = &[
        "code",
        "name",
        "parent",
        "measure",
        "change_of",
        "direction",
        "transform",
        "threshold",
        "weight",
        "evidence",
        "note",
    ];
    const TRANSFORMS: &[(&str, Transform)] = &[("none", Transform::None), ("ln", Transform::Ln)];
    let fields = Fields::open_value(value, row_path(value, "leaf", "code", ordinal), KEYS, faults)?;
    let direction = match fields.word("direction", policy::DIRECTIONS, faults) {
        Given::Absent => fields.required("direction", defaults.direction, faults),
        given => given,
    };
    let threshold = match policy::threshold(&fields, faults) {
        Given::Absent => defaults.threshold,
        given => given,
    };
    let kind = EntryKind::Leaf(LeafEntry {
        measure: fields.text("measure", faults),
        change_of: fields.text("change_of", faults),
        direction: direction.or(Direction::Positive),
        transform: fields.word("transform", TRANSFORMS, faults),
        threshold,
        evidence: fields.text("evidence", faults).or(""),
        note: fields.text("note", faults).or(""),
    });
    Some(entry(fields, kind, faults))
}

fn entry<'t>(fields: Fields<'t>, kind: EntryKind<'t>, faults: &mut FaultList<'_>) -> Entry<'t> {
    let given = fields.text("code", faults);
    let code = fields.required("code", given, faults).then(|placed| code(placed, &fields, faults));
    let weight = fields.number("weight", faults).then(|placed| {
        if placed.value >= 0.0 {
            return Some(placed.value);
        }
        faults.add(
            placed.at,
            Reason::NegativeWeight,
            fields.sub("weight"),
            format!("权重不能为负：{}", placed.value),
            format!("a weight cannot be negative: {}", placed.value),
        );
        None
    });
    Entry {
        code,
        name: fields.bilingual("name", faults),
        parent: fields.text("parent", faults),
        weight,
        kind,
        at: fields.at,
        path: fields.path,
    }
}

fn code<'t>(placed: Placed<&'t str>, fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<&'t str> {
    let letters = placed.value.chars().count();
    let usable = (1..=NAME_CHARS).contains(&letters)
        && !placed.value.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    if !usable {
        faults.add(
            placed.at,
            Reason::BadCode,
            fields.sub("code"),
            format!("代码应为 1 至 {NAME_CHARS} 个字符，不含空白和控制字符"),
            format!("a code has 1 to {NAME_CHARS} characters, none of them blank or control"),
        );
    }
    usable.then_some(placed.value)
}

/// An id: a lower-case letter, then lower-case letters, digits, `-` and `_`.
pub(super) fn id<'t>(fields: &Fields<'t>, key: &str, faults: &mut FaultList<'_>) -> Given<&'t str> {
    let given = fields.text(key, faults);
    fields.required(key, given, faults).then(|placed| {
        let usable = placed.value.len() <= NAME_CHARS
            && placed.value.starts_with(|letter: char| letter.is_ascii_lowercase())
            && placed
                .value
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter));
        if !usable {
            faults.add(
                placed.at,
                Reason::BadId,
                fields.sub(key),
                format!("标识应以小写字母开头，只含小写字母、数字、`-`、`_`，至多 {NAME_CHARS} 个字符"),
                format!(
                    "an id starts with a lower-case letter and has lower-case letters, digits, `-` and `_`, at most {NAME_CHARS}"
                ),
            );
        }
        usable.then_some(placed.value)
    })
}

/// A number above zero.
pub(super) fn positive(fields: &Fields<'_>, key: &str, faults: &mut FaultList<'_>) -> Given<f64> {
    fields.number(key, faults).then(|placed| {
        let usable = placed.value > 0.0;
        if !usable {
            out_of_range(placed.at, fields.sub(key), "大于 0 的数", "a number above 0", faults);
        }
        usable.then_some(placed.value)
    })
}

/// `leaf[A1.1]`, or `leaf[#3]` while the third row has no short code to show.
fn row_path(value: &Value<'_>, kind: &str, key: &str, ordinal: usize) -> String {
    let name = value.get_ref().get(key).and_then(|value| value.get_ref().as_str());
    match name.filter(|name| (1..=NAME_CHARS).contains(&name.chars().count())) {
        Some(name) => format!("{kind}[{name}]"),
        None => format!("{kind}[#{}]", ordinal + 1),
    }
}
