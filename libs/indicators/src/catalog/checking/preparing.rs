//! Where an indicator's outliers and gaps may be dealt with, and what holds for it in the end.

use xiuhua_checked_toml::{Given, Placed};

use super::super::fault::{FaultList, Reason};
use super::super::reading::{Entry, LeafEntry, MeasureEntry};
use super::super::{Bounds, Force, Impute, ThresholdPolicy, Transform, Treat};

/// Checks what a leaf says of its own. Defaults are not faults: where they have no meaning they do not hold.
pub(super) fn check(
    leaf: &LeafEntry<'_>,
    entry: &Entry<'_>,
    measure: Option<&MeasureEntry<'_>>,
    faults: &mut FaultList<'_>,
) {
    if let Given::Is(impute) = leaf.impute {
        let rolls = measure.is_some_and(|measure| measure.roll.is_some());
        if let Some((zh, en)) = unfillable(leaf, impute.value, rolls) {
            faults.add(impute.at, Reason::Contradiction, format!("{}.impute", entry.path), zh, en);
        }
    }
    let Given::Is(treat) = leaf.treat else { return };
    if treat.value == Treat::None {
        return;
    }
    if let Some((zh, en)) = without_meaning(leaf) {
        faults.add(treat.at, Reason::Contradiction, format!("{}.treat", entry.path), zh, en);
    }
    check_limits(treat, entry, measure.map(|measure| measure.bounds), faults);
}

/// Why a leaf's gaps cannot be filled so.
fn unfillable(leaf: &LeafEntry<'_>, impute: Impute, rolls: bool) -> Option<(&'static str, &'static str)> {
    let (earlier, later) = impute.reaches();
    if impute != Impute::None && !leaf.change_of.is_absent() {
        return Some((
            "派生指标由得分算出，不插补",
            "a derived leaf is made of scores; its gaps are not filled",
        ));
    }
    // A value of twelve months has no neighbour in time of its own kind: single months lie beside it.
    (rolls && (earlier > 0 || later > 0)).then_some((
        "计量按月或按日滚动（roll），缺的已由近十二个月估计，不再用前后期插补",
        "the measure rolls: a gap is estimated from the last twelve months, not filled from other periods",
    ))
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
pub(super) fn impute(leaf: &LeafEntry<'_>, rolls: bool) -> Impute {
    let asked = leaf.impute.or(leaf.default_impute);
    if unfillable(leaf, asked, rolls).is_some() { Impute::None } else { asked }
}
