//! `[[label]]`: a feature and a membership function over it.

use std::collections::HashSet;

use toml::de::DeValue;

use super::super::fault::{FaultList, FaultReason};
use super::super::feature::{Feature, FeatureKind};
use super::super::label::{Label, LabelReads};
use super::super::membership::{Membership, Trapezoid};
use super::super::rule_set::Named;
use super::fields::{Fields, Placed, wrong_kind};

/// Most labels of a rule set.
const LABELS: usize = 1_000;
/// Most texts of a `member` function.
const MEMBERS: usize = 1_000;

const FUNCTIONS: &str = "rising, falling, trapezoid, triangle, member, equals";

/// The labels that could be read, in the order of the text.
pub(super) fn read(root: &Fields<'_>, faults: &mut FaultList<'_>) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut known = HashSet::new();
    for table in root.tables("label", LABELS, faults) {
        let table = table.called("label", "id");
        table.refuse_others(&["id", "name", "feature", "function"], faults);
        let id = table.id("id", is_label_id, "a-z, 0-9, _", faults);
        if let Some(id) = id
            && !known.insert(id.value)
        {
            table.duplicate(id, faults);
        }
        let name = table.bilingual("name", faults);
        let reads = read_feature(&table, faults);
        let membership = read_function(&table, faults);
        if let (Some(reads), Some(membership)) = (&reads, &membership) {
            refuse_other_kind(reads, membership, &table, faults);
        }
        if let (Some(id), Some(name), Some(reads), Some(membership)) = (id, name, reads, membership) {
            labels.push(Label {
                named: Named { id: id.value.to_owned(), name },
                reads: reads.value,
                membership,
            });
        }
    }
    labels
}

/// `feature = "households"` or `feature = { ratio = ["parking_spaces", "households"] }`.
fn read_feature(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Placed<LabelReads>> {
    let value = table.required("feature", faults)?;
    let at = value.span().start;
    match value.get_ref() {
        DeValue::String(_) => {
            let name = table.text("feature", faults)?;
            Some(Placed { value: LabelReads::Feature(Feature::named(name.value)), at })
        }
        DeValue::Table(_) => {
            let ratio = table.table("feature", faults)?;
            ratio.refuse_others(&["ratio"], faults);
            let names = ratio.texts("ratio", 2, faults)?;
            let [dividend, divisor] = names[..] else {
                let list = ratio.required("ratio", faults)?;
                wrong_kind(list, &ratio.path_of("ratio"), "两个特征", "two features", faults);
                return None;
            };
            let reads = LabelReads::Ratio(Feature::named(dividend.value), Feature::named(divisor.value));
            Some(Placed { value: reads, at })
        }
        _ => {
            wrong_kind(
                value,
                &table.path_of("feature"),
                "特征名或 `{ ratio = [..] }`",
                "a feature or `{ ratio = [..] }`",
                faults,
            );
            None
        }
    }
}

fn read_function(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Membership> {
    let function = table.table("function", faults)?;
    let kind = function.text("kind", faults)?;
    let known: &[&str] = match kind.value {
        "rising" | "falling" => &["kind", "from", "to"],
        "trapezoid" | "triangle" => &["kind", "corners"],
        "member" => &["kind", "of"],
        "equals" => &["kind", "value"],
        other => {
            let (zh, en) = (
                format!("未知的函数 `{other}`；可用：{FUNCTIONS}"),
                format!("unknown function `{other}`; known are {FUNCTIONS}"),
            );
            faults.add(kind.at, FaultReason::UnknownValue, function.path_of("kind"), zh, en);
            return None;
        }
    };
    function.refuse_others(known, faults);
    match kind.value {
        "rising" | "falling" => {
            let (from, to) = (function.number("from", faults), function.number("to", faults));
            let (from, to) = (from?, to?);
            let slope = if kind.value == "rising" { Trapezoid::rising } else { Trapezoid::falling };
            // A step is no slope: its degree at the corner would depend on which side one reads it from.
            let rises = from.value < to.value;
            corners(slope(from.value, to.value).filter(|_| rises), from.at, &function, faults)
        }
        "trapezoid" => {
            let given = function.numbers::<4>("corners", faults)?;
            let rises = given.value[0] < given.value[3];
            corners(Trapezoid::new(given.value).filter(|_| rises), given.at, &function, faults)
        }
        "triangle" => {
            let given = function.numbers::<3>("corners", faults)?;
            let [left, top, right] = given.value;
            let rises = left < right;
            corners(Trapezoid::new([left, top, top, right]).filter(|_| rises), given.at, &function, faults)
        }
        "member" => {
            let members = function.texts("of", MEMBERS, faults)?;
            Some(Membership::OfText(members.into_iter().map(|text| text.value.trim().to_owned()).collect()))
        }
        _ => read_equals(&function, faults),
    }
}

fn corners(
    function: Option<Trapezoid>,
    at: usize,
    fields: &Fields<'_>,
    faults: &mut FaultList<'_>,
) -> Option<Membership> {
    if function.is_none() {
        let (zh, en) = ("拐点必须递增", "the corners must rise");
        faults.add(at, FaultReason::CornersDescend, fields.path(), zh.to_owned(), en.to_owned());
    }
    function.map(Membership::OfNumber)
}

/// `value` is a text or a number.
fn read_equals(function: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Membership> {
    let value = function.required("value", faults)?;
    if matches!(value.get_ref(), DeValue::String(_)) {
        let text = function.text("value", faults)?;
        return Some(Membership::OfText([text.value.trim().to_owned()].into()));
    }
    let number = function.number("value", faults)?;
    Trapezoid::at(number.value).map(Membership::OfNumber)
}

/// Refuses a function of numbers over a text feature, and the reverse: the label could never apply.
fn refuse_other_kind(
    reads: &Placed<LabelReads>,
    membership: &Membership,
    table: &Fields<'_>,
    faults: &mut FaultList<'_>,
) {
    let (wanted, wanted_zh, wanted_en) = match membership {
        Membership::OfNumber(_) => (FeatureKind::Number, "数", "a number"),
        Membership::OfText(_) => (FeatureKind::Text, "文本", "a text"),
    };
    let (features, is_ratio): (Vec<&Feature>, bool) = match &reads.value {
        LabelReads::Feature(feature) => (vec![feature], false),
        LabelReads::Ratio(dividend, divisor) => (vec![dividend, divisor], true),
    };
    if is_ratio && wanted == FeatureKind::Text {
        let (zh, en) = ("比值是数，函数却读取文本", "a ratio is a number, the function reads a text");
        faults.add(
            reads.at,
            FaultReason::WrongFeature,
            table.path_of("feature"),
            zh.to_owned(),
            en.to_owned(),
        );
        return;
    }
    for feature in
        features.into_iter().filter(|feature| ![wanted, FeatureKind::Either].contains(&feature.kind()))
    {
        let name = feature.name();
        let zh = format!("函数读取{wanted_zh}，`{name}` 却不是");
        let en = format!("the function reads {wanted_en}, which `{name}` is not");
        faults.add(reads.at, FaultReason::WrongFeature, table.path_of("feature"), zh, en);
    }
}

fn is_label_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}
