//! The rows of a catalog: measures, nodes and leaves, each with its own keys.

use xiuhua_checked_toml::{Entry as Key, Fields, Given, IdSyntax, NAME_CHARS, Placed, Value, row_name};

use super::{policy, preparing, rolling};
use crate::catalog::bounds::BoundsError;
use crate::catalog::fault::{FaultList, Reason};
use crate::catalog::{Bounds, Direction, Impute, Mean, Over, Text, ThresholdPolicy, Transform, Treat};
use crate::rolling::Roll;

/// Ids of catalogs, rule sets and measures.
pub(super) const ID: IdSyntax = IdSyntax {
    is_valid: |id| {
        id.starts_with(|letter: char| letter.is_ascii_lowercase())
            && id.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '_')
            })
    },
    rule: (
        "标识应以小写字母开头，只含小写字母、数字、`-`、`_`",
        "an id starts with a lower-case letter and has lower-case letters, digits, `-` and `_`",
    ),
};

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
    pub(in crate::catalog) roll: Option<Roll>,
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
    /// As the leaf itself says; what holds is in `checking/preparing.rs`.
    pub(in crate::catalog) treat: Given<Treat>,
    pub(in crate::catalog) default_treat: Treat,
    pub(in crate::catalog) impute: Given<Impute>,
    pub(in crate::catalog) default_impute: Impute,
    pub(in crate::catalog) evidence: &'t str,
    pub(in crate::catalog) note: &'t str,
}

/// What holds where a row says nothing.
pub(in crate::catalog) struct Defaults {
    pub(in crate::catalog) minimum_coverage: f64,
    pub(in crate::catalog) threshold: Given<ThresholdPolicy>,
    pub(in crate::catalog) direction: Given<Direction>,
    pub(in crate::catalog) treat: Treat,
    pub(in crate::catalog) impute: Impute,
}

pub(super) fn measure<'t>(
    value: &'t Value<'t>,
    ordinal: usize,
    faults: &mut FaultList<'_>,
) -> Option<MeasureEntry<'t>> {
    const KEYS: &[&str] = &["id", "name", "unit", "bounds", "source_system", "derivation", "roll"];
    let fields = row(value, "measure", "id", ordinal).open(KEYS, faults)?;
    Some(MeasureEntry {
        id: fields.need("id", faults).id(ID, faults),
        name: text(&fields, "name", faults),
        unit: fields.need("unit", faults).line(faults),
        bounds: fields.need("bounds", faults).text(faults).then(|placed| interval(placed, &fields, faults)),
        source_system: fields.get("source_system").text(faults).or(""),
        derivation: fields.get("derivation").text(faults).or(""),
        roll: rolling::roll(&fields, faults),
        at: fields.at(),
        path: fields.path().to_owned(),
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
    let fields = row(value, "node", "code", ordinal).open(KEYS, faults)?;
    let mean = policy::mean(&fields, faults);
    let kind = EntryKind::Node(NodeEntry {
        points: positive(&fields, "points", faults),
        mean: mean.or(Mean::Arithmetic),
        over: fields.get("over").word(OVERS, faults).or(Over::Leaves),
        minimum_coverage: policy::minimum_coverage(&fields, faults).or(defaults.minimum_coverage),
        floor: policy::floor(&fields, mean, faults),
    });
    Some(entry(&fields, kind, faults))
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
        "treat",
        "impute",
        "weight",
        "evidence",
        "note",
    ];
    const TRANSFORMS: &[(&str, Transform)] = &[("none", Transform::None), ("ln", Transform::Ln)];
    let fields = row(value, "leaf", "code", ordinal).open(KEYS, faults)?;
    let direction = if fields.has("direction") || defaults.direction.is_absent() {
        fields.need("direction", faults).word(policy::DIRECTIONS, faults)
    } else {
        defaults.direction
    };
    let threshold = match policy::threshold(&fields, faults) {
        Given::Absent => defaults.threshold,
        given => given,
    };
    let kind = EntryKind::Leaf(LeafEntry {
        measure: fields.get("measure").text(faults),
        change_of: fields.get("change_of").text(faults),
        direction: direction.or(Direction::Positive),
        transform: fields.get("transform").word(TRANSFORMS, faults),
        threshold,
        treat: preparing::treat(&fields, true, faults),
        default_treat: defaults.treat,
        impute: preparing::impute(&fields, faults),
        default_impute: defaults.impute,
        evidence: fields.get("evidence").text(faults).or(""),
        note: fields.get("note").text(faults).or(""),
    });
    Some(entry(&fields, kind, faults))
}

fn entry<'t>(fields: &Fields<'t>, kind: EntryKind<'t>, faults: &mut FaultList<'_>) -> Entry<'t> {
    let code = fields.need("code", faults).text(faults).then(|placed| code(placed, fields, faults));
    let weight = fields.get("weight").number(faults).then(|placed| {
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
        name: text(fields, "name", faults),
        parent: fields.get("parent").text(faults),
        weight,
        kind,
        at: fields.at(),
        path: fields.path().to_owned(),
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

/// A required text in both languages; empty where a fault left none.
pub(super) fn text(fields: &Fields<'_>, key: &str, faults: &mut FaultList<'_>) -> Text {
    let (zh, en) = fields.need(key, faults).bilingual(faults).or(("", ""));
    Text { zh: zh.to_owned(), en: en.to_owned() }
}

/// A number above zero.
pub(super) fn positive(fields: &Fields<'_>, key: &str, faults: &mut FaultList<'_>) -> Given<f64> {
    fields.get(key).number_where(|number| number > 0.0, ("大于 0 的数", "a number above 0"), faults)
}

/// `leaf[A1.1]`, or `leaf[#3]` while the third row has no short code to show.
fn row<'t>(value: &'t Value<'t>, kind: &str, key: &str, ordinal: usize) -> Key<'t> {
    let name = row_name(value, key).map_or_else(|| format!("#{}", ordinal + 1), str::to_owned);
    Key::item(value, format!("{kind}[{name}]"))
}
