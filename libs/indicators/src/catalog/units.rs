//! Units that every catalog may use; a catalog declares further ones in `units`.
//!
//! A closed list, because a mistyped unit is a wrong number nobody notices. How files may spell
//! them is `libs/spreadsheets/src/cell/unit.rs`, which a test of `xiuhua` holds to this list.

/// Known unit terms, each with what people in an office say.
const KNOWN: &[(&str, &str)] = &[
    // Shares, scores and states
    ("%", "%"),
    ("percentage points", "百分点"),
    ("points", "分"),
    ("ratio", "比率"),
    ("score", "分"),
    ("yes/no", "是 / 否"),
    ("kinds", "种"),
    ("level", "级"),
    // Counts and frequencies
    ("count", "个"),
    ("count/year", "个 / 年"),
    ("drills/year", "次 / 年"),
    ("events/year", "次 / 年"),
    ("meetings/year", "次 / 年"),
    // Per household, resident, member
    ("cases/100 households", "件 / 百户"),
    ("incidents/100 households", "起 / 百户"),
    ("participations/100 residents", "人次 / 百人"),
    ("points/member", "分 / 人"),
    ("visits/actual resident/year", "人次 / 人·年"),
    ("visits/household/year", "次 / 户·年"),
    ("yuan/household", "元 / 户"),
    // Plain quantities
    ("days", "天"),
    ("households", "户"),
    ("m2", "平方米"),
    ("persons", "人"),
    ("years", "年"),
    ("yuan", "元"),
];

/// Known unit terms.
pub fn known_units() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(term, _)| *term)
}

/// A known unit in Chinese, as people in an office say it; one that a catalog declares itself as it is.
#[must_use]
pub fn unit_in_chinese(unit: &str) -> &str {
    KNOWN.iter().find(|(term, _)| *term == unit).map_or(unit, |(_, said)| said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_unit_is_said_in_chinese_and_another_one_as_it_is() {
        assert_eq!(unit_in_chinese("cases/100 households"), "件 / 百户");
        assert_eq!(unit_in_chinese("bicycles"), "bicycles");
        let has_letters = |text: &str| text.chars().any(|c| c.is_ascii_alphabetic());
        assert!(known_units().all(|unit| !has_letters(unit_in_chinese(unit))));
    }
}
