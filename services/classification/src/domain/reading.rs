//! From the text of a rule set to a checked [`RuleSet`], or to every fault of the text at once.
//!
//! The layout is described in `rules/README.md`. Keys are read one by one instead of through
//! `serde`, which stops at its first fault.

mod evidence;
mod labels;

use std::collections::HashSet;

use xiuhua_checked_toml::{Entry, Fields, IdSyntax, Placed, row_name};

use super::evidence::TypeIndex;
use super::fault::{FaultList, FaultReason, LIMITS, RuleFaults};
use super::place_class::UNCLASSIFIED;
use super::rule_set::{Giving, Named, RuleSet, hash_of};
use super::text::Text;

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
    xiuhua_checked_toml::read(text, LIMITS, |root, faults| read_checked(text, root, faults))
}

/// `None` and at least one fault, or a rule set that stands if there is no fault.
fn read_checked(text: &str, root: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<RuleSet> {
    root.refuse_others(KEYS, faults);
    let id = root.need("id", faults).id(RULE_SET_ID, faults);
    let version = root.need("version", faults).id(VERSION, faults);
    let title = bilingual(root, "title", faults);
    let types = read_types(root, faults);
    let giving = read_giving(root, types.as_deref(), faults);
    let labels = labels::read(root, faults);
    Some(RuleSet {
        id: id.value()?.to_owned(),
        version: version.value()?.to_owned(),
        title: title?,
        hash: hash_of(text),
        types: types?.into_iter().map(|placed| placed.value).collect(),
        giving: giving?,
        labels,
    })
}

fn read_types(root: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Vec<Placed<Named>>> {
    root.need("type", faults).value().readable()?;
    let tables = rows(root, "type", TYPES, &["id", "name"], faults);
    let mut types: Vec<Placed<Named>> = Vec::with_capacity(tables.len());
    let mut known = HashSet::new();
    let mut is_complete = !tables.is_empty();
    for table in tables {
        let id = table.need("id", faults).id(TYPE_ID, faults).readable();
        let name = bilingual(&table, "name", faults);
        if let Some(id) = id {
            if id.value == UNCLASSIFIED {
                let zh = format!("`{UNCLASSIFIED}` 保留给没有类型的地点");
                let en = format!("`{UNCLASSIFIED}` is reserved for places without a type");
                faults.add(id.at, FaultReason::BadId, table.sub("id"), zh, en);
            }
            refuse_duplicate(id, &mut known, &table, faults);
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
        let named = root.get("every_place").line(faults).readable()?;
        return type_index(named, types, "every_place", faults).map(Giving::EveryPlace);
    }
    refuse_reserved_all(types.unwrap_or_default(), faults);
    let due = (
        "大于 0.5 且不大于 1 的数，否则可能有两个类型同时达到",
        "a number above 0.5, so that two types cannot both reach it, and at most 1",
    );
    let minimum_degree =
        root.need("minimum_degree", faults).number_where(|degree| degree > 0.5 && degree <= 1.0, due, faults);
    let rules = evidence::read(root, types, faults);
    Some(Giving::ByEvidence { rules: rules?, minimum_degree: minimum_degree.value()? })
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

/// The tables of a list such as `[[label]]`, called `label[old]` by their id or `label[0]`; none if the key is absent.
fn rows<'t>(
    root: &Fields<'t>,
    key: &str,
    most: usize,
    known: &[&str],
    faults: &mut FaultList<'_>,
) -> Vec<Fields<'t>> {
    let rows = root.get(key).list(most, faults).or(&[]).iter().enumerate();
    let open = |(index, row): (usize, _)| {
        let name = row_name(row, "id").map_or_else(|| index.to_string(), str::to_owned);
        Entry::item(row, format!("{key}[{name}]")).open(known, faults)
    };
    rows.filter_map(open).collect()
}

fn bilingual(table: &Fields<'_>, key: &str, faults: &mut FaultList<'_>) -> Option<Text> {
    let (zh, en) = table.need(key, faults).bilingual(faults).value()?;
    Some(Text::new(zh, en))
}

/// Reports that an item above has the same id.
fn refuse_duplicate<'t>(
    id: Placed<&'t str>,
    known: &mut HashSet<&'t str>,
    table: &Fields<'_>,
    faults: &mut FaultList<'_>,
) {
    if !known.insert(id.value) {
        let (zh, en) = (format!("`{}` 已经用过", id.value), format!("`{}` is used above", id.value));
        faults.add(id.at, FaultReason::DuplicateId, table.sub("id"), zh, en);
    }
}

const RULE_SET_ID: IdSyntax = IdSyntax {
    is_valid: |id| {
        id.starts_with(|first: char| first.is_ascii_lowercase())
            && id
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
    },
    rule: (
        "标识应以小写字母开头，只含 a-z、0-9、-",
        "an id starts with a lower-case letter and has a-z, 0-9 and -",
    ),
};

const VERSION: IdSyntax = IdSyntax {
    is_valid: |version| {
        version.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-'))
    },
    rule: ("版本只含 A-Z、a-z、0-9、.、_、-", "a version has A-Z, a-z, 0-9, ., _ and -"),
};

const TYPE_ID: IdSyntax = IdSyntax {
    is_valid: |id| {
        id.starts_with(|first: char| first.is_ascii_uppercase())
            && id
                .chars()
                .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
    },
    rule: (
        "标识应以大写字母开头，只含 A-Z、0-9、_",
        "an id starts with a capital letter and has A-Z, 0-9 and _",
    ),
};

#[cfg(test)]
mod tests;
