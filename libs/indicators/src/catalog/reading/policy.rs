//! The small policies of a catalog: means, coverage fractions, thresholds.

use xiuhua_checked_toml::{DeValue, Entry as Key, Fields, Given, Placed};

use crate::catalog::fault::{FaultList, Reason};
use crate::catalog::{Direction, Extension, Mean, ThresholdPolicy};

pub(super) const DIRECTIONS: &[(&str, Direction)] =
    &[("positive", Direction::Positive), ("inverse", Direction::Inverse)];

const MEANS: &[(&str, Mean)] =
    &[("arithmetic", Mean::Arithmetic), ("geometric", Mean::Geometric), ("harmonic", Mean::Harmonic)];

/// `mean = "geometric"` or `mean = { power = 0.5 }`.
pub(super) fn mean(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Given<Mean> {
    let key = fields.get("mean");
    key.value().then(|placed| match placed.value {
        DeValue::String(_) => key.word(MEANS, faults).value(),
        DeValue::Table(_) => {
            let table = key.open(&["power"], faults)?;
            // Any exponent but zero makes a mean; zero is the geometric one, which has a name of its own.
            let due = ("非零的指数（指数 0 即几何平均）", "an exponent other than 0 (0 is `geometric`)");
            let exponent = table.need("power", faults).number_where(|power| power.abs() > 0.0, due, faults);
            exponent.value().map(Mean::Power)
        }
        _ => key.wrong_kind(("字符串或表", "a string or a table"), faults),
    })
}

/// `floor = 0.01`, on the dimensionless scale of 0 to 1; only means that zeros trouble have a use for it.
pub(super) fn floor(fields: &Fields<'_>, mean: Given<Mean>, faults: &mut FaultList<'_>) -> Option<f64> {
    let is_inside = |floor| floor > 0.0 && floor < 1.0;
    let due = ("大于 0 且小于 1 的数", "a number above 0 and below 1");
    let floor = fields.get("floor").number_where(is_inside, due, faults).readable()?;
    if matches!(mean, Given::Absent | Given::Is(Placed { value: Mean::Arithmetic, .. })) {
        let (zh, en) = ("算术平均不需要 `floor`", "`floor` has no meaning for an arithmetic mean");
        faults.add(floor.at, Reason::Contradiction, fields.sub("floor"), zh, en);
        return None;
    }
    Some(floor.value)
}

/// `minimum_coverage = 0.75` or `"2/3"`: a fraction in 0..=1.
pub(super) fn minimum_coverage(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Given<f64> {
    let key = fields.get("minimum_coverage");
    key.value().then(|placed| {
        let share = match placed.value {
            DeValue::String(text) => fraction(text),
            _ => Some(key.number(faults).value()?),
        };
        share.filter(|share| (0.0..=1.0).contains(share)).or_else(|| {
            let due = ("0 至 1 的数或分数（如 \"2/3\"）", "a number or fraction of 0 to 1, such as \"2/3\"");
            key.out_of_range(due, faults)
        })
    })
}

fn fraction(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    let above: u32 = above.trim().parse().ok()?;
    let below: u32 = below.trim().parse().ok()?;
    (below > 0).then(|| f64::from(above) / f64::from(below))
}

/// `threshold = { extend = "value", share = 0.1, clip = true }` or `threshold = { lower = 20, upper = 85 }`.
pub(super) fn threshold(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Given<ThresholdPolicy> {
    let key = fields.get("threshold");
    key.value().then(|_| policy(&key, faults))
}

fn policy(key: &Key<'_>, faults: &mut FaultList<'_>) -> Option<ThresholdPolicy> {
    const SAMPLED: [&str; 3] = ["extend", "share", "clip"];
    const FIXED: [&str; 2] = ["lower", "upper"];
    let table = key.open(&[&SAMPLED[..], &FIXED[..]].concat(), faults)?;
    let is_fixed = FIXED.iter().any(|key| table.has(key));
    let stray = SAMPLED.iter().find_map(|key| Some((key, table.get(key).value().readable()?)));
    match (is_fixed, stray) {
        (true, Some((key, placed))) => {
            faults.add(
                placed.at,
                Reason::Contradiction,
                table.sub(key),
                format!("固定阈值（lower、upper）与抽样阈值的 `{key}` 不能并用"),
                format!("fixed goalposts (lower, upper) exclude `{key}` of a sampled threshold"),
            );
            None
        }
        (true, None) => goalposts(&table, faults),
        (false, _) => sampled(&table, faults),
    }
}

fn goalposts(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<ThresholdPolicy> {
    let lower = table.need("lower", faults).number(faults);
    let upper = table.need("upper", faults).number(faults);
    let (lower, upper) = (lower.readable()?, upper.readable()?);
    if lower.value < upper.value {
        // Values are divided by the distance, and two finite ends may lie further apart than any f64.
        if (upper.value - lower.value).is_finite() {
            return Some(ThresholdPolicy::Fixed { lower: lower.value, upper: upper.value });
        }
        faults.add(
            upper.at,
            Reason::NotFinite,
            table.sub("upper"),
            "上、下限之差超出可表示的范围".to_owned(),
            "the goalposts lie further apart than a number can say".to_owned(),
        );
        return None;
    }
    faults.add(
        lower.at,
        Reason::GoalpostsReversed,
        table.sub("lower"),
        format!("下限 {} 应小于上限 {}", lower.value, upper.value),
        format!("the lower goalpost {} must be below the upper one {}", lower.value, upper.value),
    );
    None
}

/// What an extension is a share of.
#[derive(Clone, Copy)]
enum Extends {
    Value,
    Range,
    Nothing,
}

fn sampled(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<ThresholdPolicy> {
    const EXTENDS: &[(&str, Extends)] =
        &[("value", Extends::Value), ("range", Extends::Range), ("none", Extends::Nothing)];
    let extends = table.need("extend", faults).word(EXTENDS, faults);
    let clip = table.get("clip").flag(faults).or(false);
    let key = if matches!(extends, Given::Is(Placed { value: Extends::Value | Extends::Range, .. })) {
        table.need("share", faults)
    } else {
        table.get("share")
    };
    let due = ("不小于 0 的数", "a number of at least 0");
    let share = key.number_where(|share| share >= 0.0, due, faults);
    let extension = match (extends.value()?, share) {
        (Extends::Value, share) => Extension::ByValue(share.value()?),
        (Extends::Range, share) => Extension::ByRange(share.value()?),
        (Extends::Nothing, Given::Absent) => Extension::None,
        (Extends::Nothing, Given::Faulty) => return None,
        (Extends::Nothing, Given::Is(placed)) => {
            let (zh, en) =
                ("不顺延（none）时不能给出 `share`", "`share` has no meaning with extend = \"none\"");
            faults.add(placed.at, Reason::Contradiction, table.sub("share"), zh, en);
            return None;
        }
    };
    Some(ThresholdPolicy::Sampled { extension, clip })
}
