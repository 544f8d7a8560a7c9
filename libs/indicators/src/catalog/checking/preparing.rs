//! Where an indicator's outliers and gaps may be dealt with, and what holds for it in the end.

use xiuhua_checked_toml::{Given, Placed};

use super::super::fault::{FaultList, Reason};
use super::super::reading::{Entry, LeafEntry};
use super::super::{Bounds, Force, Impute, ThresholdPolicy, Transform, Treat};

/// Checks what a leaf says of its own. Defaults are not faults: where they have no meaning they do not hold.
pub(super) fn check(
    leaf: &LeafEntry<'_>,
    entry: &Entry<'_>,
    bounds: Option<Given<Bounds>>,
    faults: &mut FaultList<'_>,
) {
    if let Given::Is(impute) = leaf.impute
        && impute.value != Impute::None
        && !leaf.change_of.is_absent()
    {
        let path = format!("{}.impute", entry.path);
        let (zh, en) =
            ("派生指标由得分算出，不插补", "a derived leaf is made of scores; its gaps are not filled");
        faults.add(impute.at, Reason::Contradiction, path, zh, en);
    }
    let Given::Is(treat) = leaf.treat else { return };
    if treat.value == Treat::None {
        return;
    }
    if let Some((zh, en)) = without_meaning(leaf) {
        faults.add(treat.at, Reason::Contradiction, format!("{}.treat", entry.path), zh, en);
    }
    check_limits(treat, entry, bounds, faults);
}

/// Why a leaf's outliers cannot be treated.
fn without_meaning(leaf: &LeafEntry<'_>) -> Option<(&'static str, &'static str)> {
    if !leaf.change_of.is_absent() {
        return Some((
            "派生指标由得分算出，不作离群值处理",
            "a derived leaf is made of scores; it has no outliers to treat",
        ));
    }
    if matches!(leaf.threshold, Given::Is(Placed { value: ThresholdPolicy::Fixed { .. }, .. })) {
        return Some((
            "阈值固定的指标不作离群值处理：极端值改变不了阈值",
            "with fixed goalposts there is nothing to treat: no value can move them",
        ));
    }
    matches!(leaf.transform, Given::Is(Placed { value: Transform::Ln, .. })).then_some((
        "已取对数（transform）的指标不再作离群值处理",
        "an indicator under ln is not treated again: its tail is drawn in already",
    ))
}

fn check_limits(
    treat: Placed<Treat>,
    entry: &Entry<'_>,
    bounds: Option<Given<Bounds>>,
    faults: &mut FaultList<'_>,
) {
    let Treat::Forced(Force::Limits { lower, upper }) = treat.value else { return };
    let Some(Given::Is(bounds)) = bounds else { return };
    for (key, limit) in [("force_lower", lower), ("force_upper", upper)] {
        let Some(limit) = limit.filter(|limit| !bounds.value.reaches(*limit)) else { continue };
        faults.add(
            treat.at,
            Reason::OutOfRange,
            format!("{}.treat.{key}", entry.path),
            format!("{limit} 在计量的界限 {} 之外", bounds.value),
            format!("{limit} lies outside the measure's bounds {}", bounds.value),
        );
    }
}

/// The treatment in force: a leaf's own, or the default where it has a meaning.
pub(super) fn treat(leaf: &LeafEntry<'_>) -> Treat {
    if without_meaning(leaf).is_some() { Treat::None } else { leaf.treat.or(leaf.default_treat) }
}

/// The imputation in force: a leaf's own, or the default where it has a meaning.
pub(super) fn impute(leaf: &LeafEntry<'_>) -> Impute {
    if leaf.change_of.is_absent() { leaf.impute.or(leaf.default_impute) } else { Impute::None }
}
