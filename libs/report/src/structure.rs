//! The structure of an index as a report has it: how its indicators go together in one type, and what its owners should
//! look at. The sentences are also what the command prints.

use crate::facts::Name;
use crate::figures::{half_up, percent};

/// One type.
#[derive(Clone, Debug, Default)]
pub struct StructureFacts {
    /// Of the type.
    pub name: Name,
    /// Places of the type.
    pub places: u64,
    /// Indicators in use, in catalog order.
    pub indicators: Vec<Indicator>,
    /// Correlations, `correlations[row][column]` with the column before the row; -1..=1, `None` where there is none.
    pub correlations: Vec<Vec<Option<f64>>>,
    /// Nodes above the indicators, the root first: code and Cronbach's alpha.
    pub alphas: Vec<(String, Option<f64>)>,
    /// What should be looked at, most telling first.
    pub findings: Vec<Finding>,
}

/// An indicator on the heat map.
#[derive(Clone, Debug, Default)]
pub struct Indicator {
    /// Code.
    pub code: String,
    /// Code of its parent.
    pub parent: String,
}

/// Something to look at.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// Indicator or node.
    pub code: String,
    /// Its name.
    pub name: Name,
    /// As the contract says it, such as `CONTRADICTS_PARENT`.
    pub flag: String,
    /// The other one; may be empty.
    pub other: String,
    /// The figure behind it.
    pub figure: f64,
    /// More than chance.
    pub is_clear: bool,
}

/// A finding in words that need no statistics, in Chinese and in English.
#[must_use]
pub fn sentence(flag: &str, other: &str, figure: f64, is_clear: bool) -> (String, String) {
    let rounded = format!("{:.2}", half_up(figure, 2));
    let chance = |zh: &str, en: &str| {
        if is_clear { (String::new(), String::new()) } else { (zh.to_owned(), en.to_owned()) }
    };
    match flag {
        "CONTRADICTS_PARENT" => {
            let (zh, en) = chance("，可能只是偶然", ", perhaps by chance");
            (
                format!("与上级 {other} 反向变化（r {rounded}{zh}）：方向或归属要核对"),
                format!(
                    "falls as its parent {other} rises (r {rounded}{en}): check direction and place in the tree"
                ),
            )
        }
        "REDUNDANT" => (
            format!("与 {other} 几乎说同一件事（r {rounded}）：等于算两遍"),
            format!("says nearly the same as {other} (r {rounded}): it counts twice"),
        ),
        "STALE_THRESHOLDS" => {
            let share = percent(figure);
            (
                format!("{share} 的小区超出阈值而被截断：阈值已旧"),
                format!(
                    "{share} of the places lie beyond a threshold and are capped: the thresholds are stale"
                ),
            )
        }
        "FEW_VALUES" => {
            let values = format!("{:.0}", figure);
            (
                format!("只有 {values} 种取值：区分不了多少小区"),
                format!("has {values} different values only: it tells few places apart"),
            )
        }
        "HARDLY_COUNTS" => (
            format!("对总分的实际影响只有名义权重的 {}：几乎不起作用", percent(figure)),
            format!("moves the whole by {} of what its weight says: it hardly counts", percent(figure)),
        ),
        "DOMINATES" => {
            let times = format!("{:.1}", half_up(figure, 1));
            (
                format!("对总分的实际影响是名义权重的 {times} 倍：左右了总分"),
                format!("moves the whole by {times} times what its weight says: it dominates"),
            )
        }
        unknown => (unknown.to_owned(), unknown.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_told_without_statistics() {
        let (zh, en) = sentence("CONTRADICTS_PARENT", "A2", -0.126, false);
        assert_eq!(zh, "与上级 A2 反向变化（r -0.13，可能只是偶然）：方向或归属要核对");
        assert!(en.starts_with("falls as its parent A2 rises (r -0.13, perhaps by chance)"), "{en}");
        assert!(sentence("STALE_THRESHOLDS", "", 0.081, true).0.starts_with("8.1% 的小区"));
        assert!(sentence("DOMINATES", "INDEX", 4.25, true).1.contains("4.3 times"));
    }
}
