//! One header of a wide file taken apart: the indicator, its unit, and perhaps the period, as in
//! `2021年 户均自治金（万元）`.

use super::vocabulary::{Meaning, Vocabulary};
use crate::cell::{period_of, shift, unit_is_known};

/// What a header of a wide file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headed {
    /// The indicator.
    pub(crate) meaning: Meaning,
    /// The period it names.
    pub(crate) period: Option<String>,
    /// The unit it names, as it spells it; empty if none.
    pub(crate) unit: String,
}

/// Takes a normal header apart; `None` if it means no indicator.
pub(crate) fn headed(header: &str, vocabulary: &Vocabulary) -> Option<Headed> {
    let mut header = header;
    let mut period = None;
    let mut unit = "";
    // At most: a period in front, one or two remarks behind.
    for _ in 0..4 {
        if let Some(meaning) = vocabulary.normal(header) {
            return Some(Headed { meaning, period, unit: unit.to_owned() });
        }
        if let Some((body, inside)) = bracketed(header) {
            let inside =
                inside.strip_prefix("单位:").or_else(|| inside.strip_prefix("单位")).unwrap_or(inside);
            match period_of(inside) {
                Some((found, "")) if period.is_none() => period = Some(found),
                _ if unit.is_empty() && unit_is_known(inside) => unit = inside,
                // A note to whoever fills it in: `（是/否）`, `（必填）`.
                _ => {}
            }
            header = body;
        } else if let Some((found, rest)) = period_of(header).filter(|(_, rest)| !rest.is_empty()) {
            if period.replace(found).is_some() {
                return None;
            }
            header = rest.trim_start_matches(['-', '_', ':', '、', '的']);
        } else {
            return None;
        }
    }
    None
}

/// Whether a normal header means an indicator.
pub(super) fn is_indicator(header: &str, vocabulary: &Vocabulary) -> bool {
    headed(header, vocabulary).is_some()
}

/// A normal header without what stands in brackets at its end and without a mark of required columns.
pub(crate) fn base(header: &str) -> &str {
    let header = header.trim_matches('*');
    bracketed(header).map_or(header, |(body, _)| body.trim_matches('*'))
}

/// The unit that a normal header of a field names in brackets: the power of ten that its numbers are to be multiplied
/// by; `None` if it is a unit that does not agree.
pub(crate) fn unit_of(header: &str, unit: &str) -> Option<i32> {
    match bracketed(header) {
        Some((_, inside)) if unit_is_known(inside) => shift(inside, unit).ok(),
        _ => Some(0),
    }
}

/// What stands before the last brackets, and inside them.
fn bracketed(header: &str) -> Option<(&str, &str)> {
    let inner = header.strip_suffix([')', ']', '】'])?;
    let open = inner.rfind(['(', '[', '【'])?;
    let behind = open + inner[open..].chars().next()?.len_utf8();
    (open > 0).then(|| (&inner[..open], &inner[behind..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Measure;
    use crate::table::{Text, normal};

    fn vocabulary() -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        let name = |zh: &str, en: &str| Text { zh: zh.to_owned(), en: en.to_owned() };
        let fund = vocabulary.add_measure(Measure {
            id: "fund_per_household".to_owned(),
            unit: "yuan/household".to_owned(),
            name: name("户均自治金", "Fund per household"),
        });
        vocabulary.add_leaf("B2.3", &name("自治金项目使用金额", "Fund spent"), Some(fund));
        vocabulary.add_leaf("D2.1", &name("管理精细指数变化", "Change"), None);
        vocabulary
    }

    #[test]
    fn an_indicator_is_known_by_code_id_or_name_with_period_and_unit_around_it() {
        let vocabulary = vocabulary();
        let read = |header: &str| {
            let headed = headed(&normal(header), &vocabulary)?;
            Some((headed.meaning, headed.period.unwrap_or_default(), headed.unit))
        };
        let fund = |period: &str, unit: &str| Some((Meaning::Measure(0), period.to_owned(), unit.to_owned()));
        for header in
            ["B2.3", "ｂ２．３", "fund_per_household", "户均自治金", "Fund spent", "B2.3 自治金项目使用金额"]
        {
            assert_eq!(read(header), fund("", ""), "{header}");
        }
        assert_eq!(read("户均自治金（万元）"), fund("", "万元"));
        assert_eq!(read("户均自治金（单位：元/户）"), fund("", "元/户"));
        assert_eq!(read("2021年 B2.3"), fund("2021", ""));
        assert_eq!(read("2021年度B2.3（万元）（必填）"), fund("2021", "万元"));
        assert_eq!(read("B2.3（2021年）"), fund("2021", ""));
        assert_eq!(read("2021年3月 户均自治金"), fund("2021-03", ""));
        assert_eq!(read("D2.1").unwrap().0, Meaning::Derived);
        for header in ["备注", "", "2021", "（元）", "自治金", "2021年2022年B2.3"] {
            assert_eq!(read(header), None, "{header}");
        }
    }

    #[test]
    fn two_measures_of_one_name_make_the_name_ambiguous() {
        let mut vocabulary = vocabulary();
        let name = Text { zh: "户均自治金".to_owned(), en: String::new() };
        vocabulary.add_measure(Measure { id: "other".to_owned(), unit: String::new(), name });
        assert_eq!(headed("户均自治金", &vocabulary).unwrap().meaning, Meaning::Ambiguous);
    }
}
