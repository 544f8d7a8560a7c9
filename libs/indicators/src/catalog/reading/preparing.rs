//! The keys `treat` and `impute`: outliers and gaps.

use xiuhua_checked_toml::{DeValue, Entry as Key, Fields, Given};

use crate::catalog::fault::{FaultList, Reason};
use crate::catalog::{Force, Impute, Share, Treat};

/// Keys of a treatment that tests decide about.
const TESTS: [&str; 4] = ["skew", "kurtosis", "share", "log"];
/// Keys of a treatment that no test is asked about: each group excludes the others.
const ENDS: [&str; 2] = ["force_low", "force_high"];
const LIMITS: [&str; 2] = ["force_lower", "force_upper"];
const LOG: [&str; 1] = ["force_log"];

/// `treat = "none"`, `treat = { share = 0.05 }` or, for one leaf, `treat = { force_high = 1 }`.
///
/// `forcing` says whether forced treatments may stand here: among the defaults they may not, as what is right for one
/// indicator is wrong for the next.
pub(super) fn treat(fields: &Fields<'_>, forcing: bool, faults: &mut FaultList<'_>) -> Given<Treat> {
    let key = fields.get("treat");
    key.value().then(|placed| match placed.value {
        DeValue::String(_) => key.word(&[("none", Treat::None)], faults).value(),
        DeValue::Table(_) => treatment(&key, forcing, faults),
        _ => key.wrong_kind(("\"none\" 或表", "\"none\" or a table"), faults),
    })
}

fn treatment(key: &Key<'_>, forcing: bool, faults: &mut FaultList<'_>) -> Option<Treat> {
    let groups: &[&[&str]] = if forcing { &[&TESTS, &ENDS, &LIMITS, &LOG] } else { &[&TESTS] };
    let table = key.open(&groups.concat(), faults)?;
    let used: Vec<&[&str]> =
        groups.iter().copied().filter(|group| group.iter().any(|key| table.has(key))).collect();
    if let Some(group) = used.get(1) {
        exclude(&table, used[0], group, faults);
        return None;
    }
    match used.first() {
        Some(&group) if group == ENDS => ends(&table, faults),
        Some(&group) if group == LIMITS => limits(&table, faults),
        Some(&group) if group == LOG => table
            .get("force_log")
            .flag(faults)
            .value()
            .map(|log| if log { Treat::Forced(Force::Log) } else { Treat::None }),
        _ => tests(&table, faults),
    }
}

/// Reports two ways of treatment at once, at the second.
fn exclude(table: &Fields<'_>, one: &[&str], other: &[&str], faults: &mut FaultList<'_>) {
    let written = |group: &[&'static str]| group.iter().copied().find(|key| table.has(key)).unwrap_or("");
    let all = [&TESTS[..], &ENDS[..], &LIMITS[..], &LOG[..]].concat();
    let of = |group: &[&str]| all.iter().copied().filter(|key| group.contains(key)).collect::<Vec<_>>();
    let (one, other) = (written(&of(one)), written(&of(other)));
    faults.add(
        table.at_key(other).unwrap_or_else(|| table.at()),
        Reason::Contradiction,
        table.sub(other),
        format!("`{other}` 与 `{one}` 不能并用：一个指标只有一种离群值处理方式"),
        format!("`{other}` and `{one}` exclude each other: an indicator is treated in one way"),
    );
}

fn tests(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Treat> {
    let Treat::Tested { skew, kurtosis, share, log } = Treat::TESTED else { return None };
    let positive = ("大于 0 的数", "a number above 0");
    let part = ("0 至 0.5（不含）的数", "a number of 0 to below 0.5");
    let given_skew = table.get("skew").number_where(|limit| limit > 0.0, positive, faults);
    let given_kurtosis = table.get("kurtosis").number_where(|limit| limit > 0.0, positive, faults);
    let given_share = table.get("share").number_where(|share| (0.0..0.5).contains(&share), part, faults);
    let given_log = table.get("log").flag(faults);
    Some(Treat::Tested {
        skew: or_built_in(given_skew, skew)?,
        kurtosis: or_built_in(given_kurtosis, kurtosis)?,
        share: or_built_in(given_share, share)?,
        log: or_built_in(given_log, log)?,
    })
}

fn ends(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Treat> {
    let due = (
        "整数（个数），或大于 0 且小于 0.5 的数（占比）",
        "a whole number of members, or a share above 0 and below 0.5",
    );
    let mut end = |key: &str| {
        let key = table.get(key);
        let count = key.number(faults);
        count.then(|placed| share(placed.value).or_else(|| key.out_of_range(due, faults)))
    };
    let (low, high) = (end("force_low"), end("force_high"));
    let none = Share::Members(0);
    Some(Treat::Forced(Force::Ends { low: or_built_in(low, none)?, high: or_built_in(high, none)? }))
}

/// `2` are two members, `0.02` is a share.
fn share(number: f64) -> Option<Share> {
    const MOST: u32 = 100_000;
    if number > 0.0 && number < 0.5 {
        return Some(Share::Part(number));
    }
    // Whole numbers print without a point, so the text says exactly whether it is one.
    let count: u32 = number.to_string().parse().ok()?;
    (count <= MOST).then_some(Share::Members(count))
}

fn limits(table: &Fields<'_>, faults: &mut FaultList<'_>) -> Option<Treat> {
    let lower = table.get("force_lower").number(faults);
    let upper = table.get("force_upper").number(faults);
    if let (Given::Is(lower), Given::Is(upper)) = (lower, upper)
        && lower.value >= upper.value
    {
        faults.add(
            lower.at,
            Reason::GoalpostsReversed,
            table.sub("force_lower"),
            format!("下限 {} 应小于上限 {}", lower.value, upper.value),
            format!("the lower limit {} must be below the upper one {}", lower.value, upper.value),
        );
        return None;
    }
    let end = |given: Given<f64>| match given {
        Given::Absent => Some(None),
        Given::Faulty => None,
        Given::Is(placed) => Some(Some(placed.value)),
    };
    Some(Treat::Forced(Force::Limits { lower: end(lower)?, upper: end(upper)? }))
}

/// `impute = "group_median"`, or `impute = { method = "last", reach = 5 }`.
pub(super) fn impute(fields: &Fields<'_>, faults: &mut FaultList<'_>) -> Given<Impute> {
    const REACH: u32 = Impute::DEFAULT_REACH;
    const METHODS: &[(&str, Impute)] = &[
        ("none", Impute::None),
        ("group_median", Impute::GroupMedian),
        ("last", Impute::Last { reach: REACH }),
        ("linear", Impute::Linear { reach: REACH }),
    ];
    let key = fields.get("impute");
    key.value().then(|placed| match placed.value {
        DeValue::String(_) => key.word(METHODS, faults).value(),
        DeValue::Table(_) => {
            let table = key.open(&["method", "reach"], faults)?;
            let method = table.need("method", faults).word(METHODS, faults);
            let reach = table.get("reach").whole(1..=Impute::LONGEST_REACH, faults);
            let given_reach = or_built_in(reach, REACH);
            match (method.value()?, reach.readable()) {
                (Impute::Last { .. }, _) => Some(Impute::Last { reach: given_reach? }),
                (Impute::Linear { .. }, _) => Some(Impute::Linear { reach: given_reach? }),
                (Impute::None | Impute::GroupMedian, Some(placed)) => {
                    let (zh, en) =
                        ("`reach` 只用于 last 和 linear", "`reach` has a meaning for last and linear only");
                    faults.add(placed.at, Reason::Contradiction, table.sub("reach"), zh, en);
                    None
                }
                (method, None) => given_reach.map(|_| method),
            }
        }
        _ => key.wrong_kind(("字符串或表", "a string or a table"), faults),
    })
}

/// What is given, or what stands for an absent key; `None` for a faulty one.
fn or_built_in<T>(given: Given<T>, built_in: T) -> Option<T> {
    match given {
        Given::Absent => Some(built_in),
        Given::Faulty => None,
        Given::Is(placed) => Some(placed.value),
    }
}
