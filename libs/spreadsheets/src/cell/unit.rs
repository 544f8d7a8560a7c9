//! Units as people write them behind a number or in a header, held against the unit of a measure.

use super::folded;

/// A unit that is not the one of the measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUnit {
    /// `%` or `‰`, and the measure has another unit.
    Percent,
    /// Any other.
    Other,
}

/// Power of ten by which a number in the written unit has to be multiplied: 4 for `万元` where the measure is in yuan,
/// -1 for `‰` where it is in per cent, 2 for a fraction (`比例`). The empty text is the measure's own unit.
///
/// `unit` is the measure's own, such as `yuan/household`; a unit that is not known has no other spelling.
///
/// # Errors
/// [`BadUnit`] if the written one does not agree.
pub fn shift(written: &str, unit: &str) -> Result<i32, BadUnit> {
    let written = folded(written);
    let (exponent, rest) = scale(written.trim());
    let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    if rest.is_empty() {
        return Ok(exponent);
    }
    let percent = is_percent(unit);
    match rest.as_str() {
        "%" | "百分比" | "百分数" if percent && exponent == 0 => return Ok(0),
        "‰" | "千分比" if percent && exponent == 0 => return Ok(-1),
        "比例" | "小数" | "fraction" if percent && exponent == 0 => return Ok(2),
        "%" | "‰" => return Err(BadUnit::Percent),
        _ => {}
    }
    // `每百户12345投诉（百户）` and the like: 百 belongs to the unit there.
    let whole: String = written.chars().filter(|c| !c.is_whitespace()).collect();
    if whole.eq_ignore_ascii_case(unit) || spellings(unit).contains(&whole.as_str()) {
        return Ok(0);
    }
    if spellings(unit).contains(&rest.as_str()) { Ok(exponent) } else { Err(BadUnit::Other) }
}

/// Whether values in this unit may be written with a percent sign.
pub(super) fn is_percent(unit: &str) -> bool {
    matches!(unit, "%" | "percentage points")
}

/// Whether a text is a unit at all, of whatever measure; `是/否` and `必填` are none.
pub(crate) fn is_known(written: &str) -> bool {
    let known = |(unit, _): &(&str, _)| shift(written, unit).is_ok();
    SPELLINGS.iter().any(known)
}

fn spellings(unit: &str) -> &'static [&'static str] {
    SPELLINGS.iter().find(|(known, _)| *known == unit).map_or(&[], |(_, spellings)| spellings)
}

/// How Chinese offices write each unit, full-width forms folded.
const SPELLINGS: &[(&str, &[&str])] = &[
    ("%", &["百分点", "pct"]),
    ("percentage points", &["百分点", "个百分点", "pp"]),
    ("points", &["分"]),
    ("score", &["分"]),
    ("points/member", &["分", "分/人", "分/党员"]),
    ("kinds", &["种", "类", "项", "个"]),
    ("level", &["级"]),
    ("ratio", &["比率"]),
    ("count", &["个", "项", "次", "件"]),
    ("count/year", &["个", "项", "次", "件", "个/年", "项/年", "次/年", "件/年"]),
    ("drills/year", &["次", "场", "场次", "次/年", "场/年"]),
    ("events/year", &["次", "场", "场次", "次/年", "场/年"]),
    ("meetings/year", &["次", "场", "场次", "次/年", "场/年"]),
    ("cases/100 households", CASES),
    ("incidents/100 households", CASES),
    ("participations/100 residents", &["人次", "次", "人次/百人", "人次/100人", "次/百人"]),
    (
        "visits/actual resident/year",
        &["次", "人次", "次/人", "次/年", "人次/人", "次/人/年", "人次/人/年", "人次/人·年"],
    ),
    ("visits/household/year", &["次", "次/户", "次/年", "次/户/年", "次/户·年"]),
    ("yuan/household", &["元", "元/户", "yuan"]),
    ("yuan", &["元", "yuan", "rmb", "cny", "人民币"]),
    ("days", &["天", "日", "工作日"]),
    ("households", &["户", "家"]),
    ("m2", &["m2", "平方米", "平米", "平方"]),
    ("persons", &["人", "名", "口"]),
    ("years", &["年", "岁"]),
];
const CASES: &[&str] =
    &["件", "起", "例", "次", "件/百户", "起/百户", "例/百户", "次/百户", "件/100户", "起/100户", "次/100户"];

/// The power of ten of the scale words at the start of a text: 万 is 4, 千万 is 7; at most two of them.
fn scale(text: &str) -> (i32, &str) {
    let mut rest = text;
    let mut exponent = 0;
    for _ in 0..2 {
        let Some(word) = rest.chars().next() else { break };
        let Some(power) = power(word) else { break };
        exponent += power;
        rest = &rest[word.len_utf8()..];
    }
    (exponent, rest)
}

fn power(word: char) -> Option<i32> {
    Some(match word {
        '十' => 1,
        '百' => 2,
        '千' => 3,
        '万' | '萬' => 4,
        '亿' | '億' => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_agree_in_their_many_spellings() {
        for (written, unit, expected) in [
            ("", "days", Ok(0)),
            ("元", "yuan/household", Ok(0)),
            ("万元", "yuan", Ok(4)),
            ("千万元", "yuan", Ok(7)),
            ("亿", "yuan", Ok(8)),
            ("元 / 户", "yuan/household", Ok(0)),
            ("㎡", "m2", Ok(0)),
            ("万平方米", "m2", Ok(4)),
            ("％", "%", Ok(0)),
            ("‰", "%", Ok(-1)),
            ("比例", "%", Ok(2)),
            ("个百分点", "percentage points", Ok(0)),
            ("件/百户", "cases/100 households", Ok(0)),
            ("visits/household/year", "visits/household/year", Ok(0)),
            ("%", "days", Err(BadUnit::Percent)),
            ("元", "days", Err(BadUnit::Other)),
            ("户", "", Err(BadUnit::Other)),
        ] {
            assert_eq!(shift(written, unit), expected, "{written} for {unit}");
        }
    }
}
