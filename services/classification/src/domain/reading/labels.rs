//! `[[label]]`: a feature and a membership function over it.

use std::collections::HashSet;

use xiuhua_checked_toml::{DeValue, Entry, Fields, IdSyntax, Placed};

use super::super::fault::{FaultList, FaultReason};
use super::super::feature::{Feature, FeatureKind};
use super::super::label::{Label, LabelReads};
use super::super::membership::{Membership, Trapezoid};
use super::super::rule_set::Named;
use super::{bilingual, refuse_duplicate, rows};

/// Most labels of a rule set.
const LABELS: usize = 1_000;
/// Most texts of a `member` function.
const MEMBERS: usize = 1_000;

#[derive(Clone, Copy)]
enum Function {
    Slope(fn(f64, f64) -> Option<Trapezoid>),
    Trapezoid,
    Triangle,
    Member,
    Equals,
}

const FUNCTIONS: &[(&str, Function)] = &[
    ("rising", Function::Slope(Trapezoid::rising)),
    ("falling", Function::Slope(Trapezoid::falling)),
    ("trapezoid", Function::Trapezoid),
    ("triangle", Function::Triangle),
    ("member", Function::Member),
    ("equals", Function::Equals),
];

const LABEL_ID: IdSyntax = IdSyntax {
    is_valid: |id| {
        id.starts_with(|first: char| first.is_ascii_lowercase())
            && id
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    },
    rule: (
        "标识应以小写字母开头，只含 a-z、0-9、_",
        "an id starts with a lower-case letter and has a-z, 0-9 and _",
    ),
};

/// The labels that could be read, in the order of the text.
pub(super) fn read(root: &Fields<'_>, faults: &mut FaultList<'_>) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut known = HashSet::new();
    for table in rows(root, "label", LABELS, &["id", "name", "feature", "function"], faults) {
        let id = table.need("id", faults).id(LABEL_ID, faults).readable();
        if let Some(id) = id {
            refuse_duplicate(id, &mut known, &table, faults);
        }
        let name = bilingual(&table, "name", faults);
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
    let feature = table.need("feature", faults);
    let reads = feature.value().then(|placed| match placed.value {
        DeValue::String(_) => feature.line(faults).value().map(Feature::named).map(LabelReads::Feature),
        DeValue::Table(_) => {
            let ratio = feature.open(&["ratio"], faults)?.need("ratio", faults);
            match ratio.lines(2, faults).value()?[..] {
                [dividend, divisor] => {
                    Some(LabelReads::Ratio(Feature::named(dividend.value), Feature::named(divisor.value)))
                }
                _ => ratio.wrong_kind(("两个特征", "two features"), faults),
            }
        }
        _ => feature.wrong_kind(("特征名或 `{ ratio = [..] }`", "a feature or `{ ratio = [..] }`"), faults),
    });
    reads.readable()
}

fn read_function(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Membership> {
    let function = table.need("function", faults).table(faults)?;
    let kind = function.need("kind", faults).word(FUNCTIONS, faults).value()?;
    let known: &[&str] = match kind {
        Function::Slope(_) => &["kind", "from", "to"],
        Function::Trapezoid | Function::Triangle => &["kind", "corners"],
        Function::Member => &["kind", "of"],
        Function::Equals => &["kind", "value"],
    };
    function.refuse_others(known, faults);
    match kind {
        Function::Slope(slope) => {
            let from = function.need("from", faults).number(faults).readable();
            let to = function.need("to", faults).number(faults).readable();
            let (from, to) = (from?, to?);
            // A step is no slope: its degree at the corner would depend on which side one reads it from.
            let rises = from.value < to.value;
            corners(slope(from.value, to.value).filter(|_| rises), from.at, &function, faults)
        }
        Function::Trapezoid => {
            let given = numbers::<4>(&function.need("corners", faults), faults)?;
            let rises = given.value[0] < given.value[3];
            corners(Trapezoid::new(given.value).filter(|_| rises), given.at, &function, faults)
        }
        Function::Triangle => {
            let given = numbers::<3>(&function.need("corners", faults), faults)?;
            let [left, top, right] = given.value;
            let rises = left < right;
            corners(Trapezoid::new([left, top, top, right]).filter(|_| rises), given.at, &function, faults)
        }
        Function::Member => {
            let members = function.need("of", faults).lines(MEMBERS, faults).value()?;
            Some(Membership::OfText(members.into_iter().map(|text| text.value.trim().to_owned()).collect()))
        }
        Function::Equals => read_equals(&function.need("value", faults), faults),
    }
}

/// Exactly `N` numbers.
fn numbers<const N: usize>(list: &Entry<'_>, faults: &mut FaultList<'_>) -> Option<Placed<[f64; N]>> {
    let items = list.list(N, faults).readable()?;
    let number = |item| Entry::item(item, list.path()).number(faults).value();
    let read: Vec<Option<f64>> = items.value.iter().map(number).collect();
    if read.len() < N {
        let due = (format!("{N} 个数的数组"), format!("an array of {N} numbers"));
        return list.wrong_kind((&due.0, &due.1), faults);
    }
    let all: Vec<f64> = read.into_iter().collect::<Option<_>>()?;
    Some(Placed { value: all.try_into().ok()?, at: items.at })
}

fn corners(
    function: Option<Trapezoid>,
    at: usize,
    fields: &Fields<'_>,
    faults: &mut FaultList<'_>,
) -> Option<Membership> {
    if function.is_none() {
        let (zh, en) = ("拐点必须递增", "the corners must rise");
        faults.add(at, FaultReason::CornersDescend, fields.path(), zh, en);
    }
    function.map(Membership::OfNumber)
}

/// `value` is a text or a number.
fn read_equals(value: &Entry<'_>, faults: &mut FaultList<'_>) -> Option<Membership> {
    if let Some(DeValue::String(_)) = value.value().value() {
        let text = value.line(faults).value()?;
        return Some(Membership::OfText([text.trim().to_owned()].into()));
    }
    Trapezoid::at(value.number(faults).value()?).map(Membership::OfNumber)
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
        faults.add(reads.at, FaultReason::WrongFeature, table.sub("feature"), zh, en);
        return;
    }
    for feature in
        features.into_iter().filter(|feature| ![wanted, FeatureKind::Either].contains(&feature.kind()))
    {
        let name = feature.name();
        let zh = format!("函数读取{wanted_zh}，`{name}` 却不是");
        let en = format!("the function reads {wanted_en}, which `{name}` is not");
        faults.add(reads.at, FaultReason::WrongFeature, table.sub("feature"), zh, en);
    }
}
