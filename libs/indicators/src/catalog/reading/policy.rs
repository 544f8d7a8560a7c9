//! The small policies of a catalog: means, coverage fractions, thresholds.

use toml::de::DeValue;

use super::fields::{Fields, Value, number_of, out_of_range, text_of, word_of, wrong_kind};
use super::given::{Given, Placed};
use crate::catalog::fault::{FaultList, Reason};
use crate::catalog::{Direction, Extension, Mean, ThresholdPolicy};

pub(super) const DIRECTIONS: &[(&str, Direction)] =
    &[("positive", Direction::Positive), ("inverse", Direction::Inverse)];

const MEANS: &[(&str, Mean)] =
    &[("arithmetic", Mean::Arithmetic), ("geometric", Mean::Geometric), ("harmonic", Mean::Harmonic)];

/// `mean = "geometric"` or `mean = { power = 0.5 }`.
pub(super) fn mean(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Given<Mean> {
    let path = fields.sub("mean");
    fields.value("mean").then(|placed| match placed.value.get_ref() {
        DeValue::String(word) => {
            word_of(Placed { value: word.as_ref(), at: placed.at }, &path, MEANS, faults)
        }
        DeValue::Table(_) => {
            let table = Fields::open_value(placed.value, path, &["power"], faults)?;
            let exponent = table.required("power", table.number("power", faults), faults).readable()?;
            // Any exponent but zero makes a mean; zero is the geometric one, which has a name of its own.
            if exponent.value.abs() > 0.0 {
                return Some(Mean::Power(exponent.value));
            }
            let (zh, en) = ("非零的指数（指数 0 即几何平均）", "an exponent other than 0 (0 is `geometric`)");
            out_of_range(exponent.at, table.sub("power"), zh, en, faults);
            None
        }
        other => wrong_kind(placed.at, &path, ("字符串或表", "a string or a table"), other, faults),
    })
}

/// `floor = 0.01`, on the dimensionless scale of 0 to 1; only means that zeros trouble have a use for it.
pub(super) fn floor(fields: &Fields<'_>, mean: Given<Mean>, faults: &mut FaultList<'_>) -> Option<f64> {
    let floor = fields.number("floor", faults).readable()?;
    if !(floor.value > 0.0 && floor.value < 1.0) {
        let (zh, en) = ("大于 0 且小于 1 的数", "a number above 0 and below 1");
        out_of_range(floor.at, fields.sub("floor"), zh, en, faults);
        return None;
    }
    if matches!(mean, Given::Absent | Given::Is(Placed { value: Mean::Arithmetic, .. })) {
        faults.add(
            floor.at,
            Reason::Contradiction,
            fields.sub("floor"),
            "算术平均不需要 `floor`".to_owned(),
            "`floor` has no meaning for an arithmetic mean".to_owned(),
        );
        return None;
    }
    Some(floor.value)
}

/// `minimum_coverage = 0.75` or `"2/3"`: a fraction in 0..=1.
pub(super) fn minimum_coverage(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Given<f64> {
    let key = "minimum_coverage";
    fields.value(key).then(|placed| {
        let path = fields.sub(key);
        let share = match placed.value.get_ref() {
            DeValue::String(_) => fraction(text_of(placed.value, &path, faults)?),
            _ => Some(number_of(placed.value, &path, faults)?),
        };
        let inside = share.filter(|share| (0.0..=1.0).contains(share));
        if inside.is_none() {
            let (zh, en) =
                ("0 至 1 的数或分数（如 \"2/3\"）", "a number or fraction of 0 to 1, such as \"2/3\"");
            out_of_range(placed.at, path, zh, en, faults);
        }
        inside
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
    fields.value("threshold").then(|placed| policy(placed.value, fields.sub("threshold"), faults))
}

fn policy(value: &Value<'_>, path: String, faults: &mut FaultList<'_>) -> Option<ThresholdPolicy> {
    const SAMPLED: [&str; 3] = ["extend", "share", "clip"];
    const FIXED: [&str; 2] = ["lower", "upper"];
    let table = Fields::open_value(value, path, &[&SAMPLED[..], &FIXED[..]].concat(), faults)?;
    let is_fixed = FIXED.iter().any(|key| !table.value(key).is_absent());
    let stray = SAMPLED.iter().find_map(|key| Some((key, table.value(key).readable()?)));
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
    let lower = table.required("lower", table.number("lower", faults), faults);
    let upper = table.required("upper", table.number("upper", faults), faults);
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
    let extends = table.word("extend", EXTENDS, faults);
    let extends = table.required("extend", extends, faults);
    let clip = table.flag("clip", faults).or(false);
    let share = table.number("share", faults).then(|placed| {
        let usable = placed.value >= 0.0;
        if !usable {
            out_of_range(placed.at, table.sub("share"), "不小于 0 的数", "a number of at least 0", faults);
        }
        usable.then_some(placed.value)
    });
    let extension = match extends.readable()?.value {
        Extends::Value => Extension::ByValue(table.required("share", share, faults).readable()?.value),
        Extends::Range => Extension::ByRange(table.required("share", share, faults).readable()?.value),
        Extends::Nothing => match share {
            Given::Absent => Extension::None,
            Given::Faulty => return None,
            Given::Is(placed) => {
                faults.add(
                    placed.at,
                    Reason::Contradiction,
                    table.sub("share"),
                    "不顺延（none）时不能给出 `share`".to_owned(),
                    "`share` has no meaning with extend = \"none\"".to_owned(),
                );
                return None;
            }
        },
    };
    Some(ThresholdPolicy::Sampled { extension, clip })
}
