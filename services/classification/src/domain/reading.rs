//! From the text of a rule set to a checked [`RuleSet`], or to every fault of the text at once.
//!
//! The layout is described in `rules/README.md`. Keys are read one by one instead of through
//! `serde`, which stops at its first fault.

mod evidence;
mod fields;
mod labels;

use std::collections::HashSet;

use toml::de::DeTable;

use self::fields::{Fields, Placed};
use super::evidence::TypeIndex;
use super::fault::{FaultList, FaultReason, RuleFaults};
use super::place_class::UNCLASSIFIED;
use super::rule_set::{Giving, Named, RuleSet, hash_of};

/// Longest text of a rule set, in bytes.
const TEXT_BYTES: usize = 1 << 20;
/// Most types of a rule set.
const TYPES: usize = 100;
/// What groups across all types are called; a type by that name could not be told from them.
const ALL_TYPES: &str = "ALL";

const KEYS: &[&str] =
    &["id", "version", "title", "every_place", "minimum_degree", "type", "evidence", "label"];

/// Reads a rule set.
///
/// # Errors
/// Every fault of the text, in its order.
pub(super) fn read(text: &str) -> Result<RuleSet, RuleFaults> {
    let mut faults = FaultList::new(text);
    let rule_set = read_checked(text, &mut faults);
    match rule_set {
        Some(rule_set) if faults.is_empty() => Ok(rule_set),
        _ => Err(faults.finish()),
    }
}

/// `None` and at least one fault, or a rule set that stands if there is no fault.
fn read_checked(text: &str, faults: &mut FaultList<'_>) -> Option<RuleSet> {
    if text.len() > TEXT_BYTES {
        let (zh, en) = (
            format!("规则集不得超过 {TEXT_BYTES} 字节"),
            format!("a rule set has at most {TEXT_BYTES} bytes"),
        );
        faults.add(0, FaultReason::TooLarge, "", zh, en);
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message();
        faults.add(
            at,
            FaultReason::Syntax,
            "",
            format!("TOML 语法错误：{message}"),
            format!("not TOML: {message}"),
        );
    }
    if !errors.is_empty() {
        return None;
    }

    let root = Fields::root(table.get_ref());
    root.refuse_others(KEYS, faults);
    let id = root.id("id", is_rule_set_id, "a-z, 0-9, -", faults);
    let version = root.id("version", is_version, "A-Z, a-z, 0-9, ., _, -", faults);
    let title = root.bilingual("title", faults);
    let types = read_types(&root, faults);
    let giving = read_giving(&root, types.as_deref(), faults);
    let labels = labels::read(&root, faults);
    Some(RuleSet {
        id: id?.value.to_owned(),
        version: version?.value.to_owned(),
        title: title?,
        hash: hash_of(text),
        types: types?.into_iter().map(|placed| placed.value).collect(),
        giving: giving?,
        labels,
    })
}

fn read_types(root: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Vec<Placed<Named>>> {
    let tables = root.tables("type", TYPES, faults);
    if tables.is_empty() && !root.has("type") {
        root.missing("type", faults);
        return None;
    }
    let mut types: Vec<Placed<Named>> = Vec::with_capacity(tables.len());
    let mut known = HashSet::new();
    let mut is_complete = !tables.is_empty();
    for table in tables {
        let table = table.called("type", "id");
        table.refuse_others(&["id", "name"], faults);
        let id = table.id("id", is_type_id, "A-Z, 0-9, _", faults);
        let name = table.bilingual("name", faults);
        if let Some(id) = id {
            if id.value == UNCLASSIFIED {
                let zh = format!("`{UNCLASSIFIED}` 保留给没有类型的地点");
                let en = format!("`{UNCLASSIFIED}` is reserved for places without a type");
                faults.add(id.at, FaultReason::BadId, table.path_of("id"), zh, en);
            }
            if !known.insert(id.value) {
                table.duplicate(id, faults);
            }
        }
        match (id, name) {
            (Some(id), Some(name)) => {
                types.push(Placed { value: Named { id: id.value.to_owned(), name }, at: id.at });
            }
            _ => is_complete = false,
        }
    }
    is_complete.then_some(types)
}

/// `types` is `None` where they could not all be read: then references to them are not checked.
fn read_giving(
    root: &Fields<'_>,
    types: Option<&[Placed<Named>]>,
    faults: &mut FaultList<'_>,
) -> Option<Giving> {
    let every_place = root.has("every_place");
    for rival in ["evidence", "minimum_degree"] {
        if every_place && let Some(at) = root.at_key(rival) {
            let zh = format!("已有 `every_place`，不得再写 `{rival}`");
            let en = format!("`every_place` leaves nothing to `{rival}`");
            faults.add(at, FaultReason::Contradiction, rival, zh, en);
        }
    }
    if every_place {
        let named = root.text("every_place", faults)?;
        return type_index(named, types, "every_place", faults).map(Giving::EveryPlace);
    }
    refuse_reserved_all(types.unwrap_or_default(), faults);
    let minimum_degree = root.number("minimum_degree", faults);
    if let Some(degree) = minimum_degree
        && !(degree.value > 0.5 && degree.value <= 1.0)
    {
        let zh = "必须大于 0.5 且不大于 1，否则可能有两个类型同时达到".to_owned();
        let en = "lies above 0.5, so that two types cannot both reach it, and at most at 1".to_owned();
        faults.add(degree.at, FaultReason::OutOfRange, "minimum_degree", zh, en);
    }
    let rules = evidence::read(root, types, faults);
    Some(Giving::ByEvidence { rules: rules?, minimum_degree: minimum_degree?.value })
}

fn refuse_reserved_all(types: &[Placed<Named>], faults: &mut FaultList<'_>) {
    for placed in types.iter().filter(|placed| placed.value.id == ALL_TYPES) {
        let zh = format!("`{ALL_TYPES}` 保留给不分类型的汇总");
        let en = format!("`{ALL_TYPES}` is reserved for groups across all types");
        faults.add(placed.at, FaultReason::BadId, "type[ALL].id", zh, en);
    }
}

/// The type with this id. An unknown one is a fault, unless the types themselves could not be read.
fn type_index(
    id: Placed<&str>,
    types: Option<&[Placed<Named>]>,
    path: &str,
    faults: &mut FaultList<'_>,
) -> Option<TypeIndex> {
    let types = types?;
    let index = types.iter().position(|known| known.value.id == id.value);
    if index.is_none() {
        let known: Vec<&str> = types.iter().map(|known| known.value.id.as_str()).collect();
        let known = known.join(", ");
        let zh = format!("未声明类型 `{}`；已声明：{known}", id.value);
        let en = format!("no type `{}` is declared; declared are {known}", id.value);
        faults.add(id.at, FaultReason::UnknownValue, path, zh, en);
    }
    index.map(TypeIndex)
}

fn is_rule_set_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}

fn is_version(version: &str) -> bool {
    version.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-'))
}

fn is_type_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_uppercase())
        && id.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

#[cfg(test)]
mod tests;
