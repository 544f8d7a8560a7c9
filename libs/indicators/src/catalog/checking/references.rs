//! References of leaves: the measure each reads or the node whose change it is, and what follows from the measure.

use std::collections::HashMap;

use xiuhua_checked_toml::{Given, Placed};

use super::super::fault::{FaultList, Reason};
use super::super::reading::{Entry, EntryKind, LeafEntry, MeasureEntry};
use super::super::{Bounds, Extension, ThresholdPolicy, Transform};
use super::preparing;
use super::tree::Tree;

/// Where a leaf's values come from, as positions of rows in the text.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Measure(usize),
    ChangeOf(usize),
}

/// The source of every row that is a leaf and names a good one.
pub(super) fn resolve(
    entries: &[Entry<'_>],
    measures: &[MeasureEntry<'_>],
    tree: &Tree<'_>,
    faults: &mut FaultList<'_>,
) -> Vec<Option<Source>> {
    let by_id = ids(measures, faults);
    let holds_derived = derived_below(entries, tree);
    let mut read = vec![false; measures.len()];
    let mut sources = vec![None; entries.len()];
    for (row, entry) in entries.iter().enumerate() {
        let EntryKind::Leaf(leaf) = &entry.kind else { continue };
        let measure = leaf.measure.readable().and_then(|id| find_measure(id, entry, &by_id, faults));
        let change_of = leaf
            .change_of
            .readable()
            .and_then(|code| find_node(code, entry, entries, tree, &holds_derived, faults));
        if let Some(measure) = measure {
            read[measure] = true;
        }
        check_one_source(leaf, entry, faults);
        check_code(entry, measure, &by_id, faults);
        check_transform(leaf, entry, measure.map(|measure| measures[measure].bounds), faults);
        check_goalposts(leaf, entry, measure.map(|measure| measures[measure].bounds), faults);
        preparing::check(leaf, entry, measure.map(|measure| &measures[measure]), faults);
        sources[row] = measure.map(Source::Measure).or(change_of.map(Source::ChangeOf));
    }
    report_unread(measures, &by_id, &read, faults);
    sources
}

fn ids<'t>(measures: &[MeasureEntry<'t>], faults: &mut FaultList<'_>) -> HashMap<&'t str, usize> {
    let mut by_id = HashMap::with_capacity(measures.len());
    for (position, measure) in measures.iter().enumerate() {
        let Given::Is(id) = measure.id else { continue };
        if by_id.contains_key(id.value) {
            faults.add(
                id.at,
                Reason::DuplicateMeasure,
                &measure.path,
                format!("计量 `{}` 重复", id.value),
                format!("measure `{}` is declared twice", id.value),
            );
        } else {
            by_id.insert(id.value, position);
        }
    }
    by_id
}

/// Whether a derived leaf lies at or below each row.
fn derived_below(entries: &[Entry<'_>], tree: &Tree<'_>) -> Vec<bool> {
    let mut holds = vec![false; entries.len()];
    for (row, entry) in entries.iter().enumerate() {
        let EntryKind::Leaf(leaf) = &entry.kind else { continue };
        if leaf.change_of.is_absent() {
            continue;
        }
        for above in tree.ancestry(row) {
            // What is marked already has all its ancestors marked.
            if std::mem::replace(&mut holds[above], true) {
                break;
            }
        }
    }
    holds
}

fn find_measure(
    id: Placed<&str>,
    entry: &Entry<'_>,
    by_id: &HashMap<&str, usize>,
    faults: &mut FaultList<'_>,
) -> Option<usize> {
    if let Some(&position) = by_id.get(id.value) {
        return Some(position);
    }
    let (hint_zh, hint_en) = faults.hint(id.value, by_id.keys().copied());
    faults.add(
        id.at,
        Reason::UnknownMeasure,
        format!("{}.measure", entry.path),
        format!("计量 `{}` 未声明{hint_zh}", id.value),
        format!("measure `{}` is not declared{hint_en}", id.value),
    );
    None
}

fn find_node(
    code: Placed<&str>,
    entry: &Entry<'_>,
    entries: &[Entry<'_>],
    tree: &Tree<'_>,
    holds_derived: &[bool],
    faults: &mut FaultList<'_>,
) -> Option<usize> {
    let name = code.value;
    let (reason, zh, en) = match tree.by_code.get(name) {
        None => {
            let (hint_zh, hint_en) = faults.hint(name, tree.by_code.keys().copied());
            let zh = format!("节点 `{name}` 不存在{hint_zh}");
            (Reason::UnknownNode, zh, format!("node `{name}` is not in the catalog{hint_en}"))
        }
        Some(&row) if matches!(entries[row].kind, EntryKind::Leaf(_)) => (
            Reason::ChangeOfLeaf,
            format!("`{name}` 是末级指标，只能取节点的变化"),
            format!("`{name}` is a leaf; only the score of a node has a change"),
        ),
        Some(&row) if holds_derived[row] => (
            Reason::ChangeCycle,
            format!("`{name}` 之下有派生指标，其变化会依赖自身"),
            format!("`{name}` has a derived leaf below it, so its change would depend on a change"),
        ),
        Some(&row) => return Some(row),
    };
    faults.add(code.at, reason, format!("{}.change_of", entry.path), zh, en);
    None
}

fn check_one_source(leaf: &LeafEntry<'_>, entry: &Entry<'_>, faults: &mut FaultList<'_>) {
    match (leaf.measure.is_absent(), leaf.change_of.is_absent()) {
        (true, true) => faults.add(
            entry.at,
            Reason::MissingKey,
            format!("{}.measure", entry.path),
            "缺少键 `measure`（派生指标则为 `change_of`）",
            "key `measure` is missing (or `change_of` for a derived leaf)",
        ),
        (false, false) => faults.add(
            leaf.change_of.readable().map_or(entry.at, |placed| placed.at),
            Reason::MeasureAndChange,
            format!("{}.change_of", entry.path),
            "`measure` 与 `change_of` 只能有其一",
            "a leaf has `measure` or `change_of`, not both",
        ),
        _ => {}
    }
}

/// An observation names a leaf's code or a measure's id, so one word must not mean two things.
fn check_code(
    entry: &Entry<'_>,
    measure: Option<usize>,
    by_id: &HashMap<&str, usize>,
    faults: &mut FaultList<'_>,
) {
    let Given::Is(code) = entry.code else { return };
    if by_id.get(code.value).is_some_and(|&other| Some(other) != measure) {
        faults.add(
            code.at,
            Reason::AmbiguousCode,
            format!("{}.code", entry.path),
            format!("代码 `{}` 同时是另一计量的标识", code.value),
            format!("code `{}` is also the id of a measure that this leaf does not read", code.value),
        );
    }
}

fn check_transform(
    leaf: &LeafEntry<'_>,
    entry: &Entry<'_>,
    bounds: Option<Given<Bounds>>,
    faults: &mut FaultList<'_>,
) {
    let Given::Is(Placed { value: Transform::Ln, at }) = leaf.transform else { return };
    let stays_positive = match bounds {
        Some(Given::Is(bounds)) => bounds.value.is_positive(),
        // A change of scores has any sign; an unknown measure or unreadable bounds are reported already.
        _ => leaf.change_of.is_absent(),
    };
    if !stays_positive {
        faults.add(
            at,
            Reason::LnNotPositive,
            format!("{}.transform", entry.path),
            "对数只能用于界限大于 0 的计量",
            "ln needs a measure whose bounds keep it above 0",
        );
    }
    let Given::Is(threshold) = leaf.threshold else { return };
    if let Some((reason, key, zh, en)) = fault_under_ln(threshold.value) {
        let path = format!("{}.threshold.{key}", entry.path);
        faults.add(threshold.at, reason, path, zh.to_owned(), en.to_owned());
    }
}

/// Why thresholds cannot be taken the logarithm of, with the key at fault.
fn fault_under_ln(policy: ThresholdPolicy) -> Option<(Reason, &'static str, &'static str, &'static str)> {
    match policy {
        ThresholdPolicy::Fixed { lower, .. } if lower <= 0.0 => Some((
            Reason::LnNotPositive,
            "lower",
            "取对数的指标，阈值须大于 0",
            "a goalpost under ln must be above 0",
        )),
        ThresholdPolicy::Fixed { lower, upper } if libm::log(lower) >= libm::log(upper) => Some((
            Reason::GoalpostsReversed,
            "lower",
            "取对数后，上、下限没有差别",
            "the goalposts do not differ under ln",
        )),
        // Whether a lower end falls to 0 would depend on the sample (of values above 0), so clipping at the bounds
        // does not help: the thresholds would be others than the policy says.
        ThresholdPolicy::Sampled { extension: Extension::ByRange(share), .. } if share > 0.0 => Some((
            Reason::LnNotPositive,
            "extend",
            "取对数的指标不能按极差顺延：下限可能不大于 0",
            "under ln no extension by range: the lower threshold could fall to 0 or below",
        )),
        ThresholdPolicy::Sampled { extension: Extension::ByValue(share), .. } if share >= 1.0 => Some((
            Reason::LnNotPositive,
            "share",
            "取对数的指标，按值顺延的比例须小于 1：否则下限不大于 0",
            "under ln the share of an extension by value is below 1, or the lower threshold would not stay above 0",
        )),
        _ => None,
    }
}

fn check_goalposts(
    leaf: &LeafEntry<'_>,
    entry: &Entry<'_>,
    bounds: Option<Given<Bounds>>,
    faults: &mut FaultList<'_>,
) {
    let (Given::Is(policy), Some(Given::Is(bounds))) = (leaf.threshold, bounds) else { return };
    let ThresholdPolicy::Fixed { lower, upper } = policy.value else { return };
    for (key, post) in [("lower", lower), ("upper", upper)] {
        if !bounds.value.reaches(post) {
            faults.add(
                policy.at,
                Reason::GoalpostOutOfBounds,
                format!("{}.threshold.{key}", entry.path),
                format!("阈值 {post} 在计量的界限 {} 之外", bounds.value),
                format!("goalpost {post} lies outside the measure's bounds {}", bounds.value),
            );
        }
    }
}

fn report_unread(
    measures: &[MeasureEntry<'_>],
    by_id: &HashMap<&str, usize>,
    read: &[bool],
    faults: &mut FaultList<'_>,
) {
    for (position, measure) in measures.iter().enumerate() {
        let named = measure.id.readable().is_some_and(|id| by_id.get(id.value) == Some(&position));
        if named && !read[position] {
            faults.add(
                measure.at,
                Reason::UnusedMeasure,
                &measure.path,
                "没有指标读取此计量",
                "no leaf reads this measure",
            );
        }
    }
}
