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
            match (period_of(inside), Inside::of(inside)) {
                (Some((found, "")), _) if period.is_none() => period = Some(found),
                (_, Inside::Unit(found)) if unit.is_empty() => unit = found,
                (_, Inside::Note) => {}
                // `（目标值）`, `（上年）`: something else than the indicator itself.
                _ => return None,
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

/// A normal header without the unit and the notes that stand in brackets at its end, and without a mark of required
/// columns. Other brackets stay: `户数（空置）` is something else than `户数`.
pub(crate) fn base(header: &str) -> &str {
    apart(header).0
}

/// The unit that a normal header of a field names in brackets: the power of ten that its numbers are to be multiplied
/// by; `None` if it is a unit that does not agree.
pub(crate) fn unit_of(header: &str, unit: &str) -> Option<i32> {
    shift(apart(header).1, unit).ok()
}

/// Whether a normal header of a field names a unit.
pub(super) fn names_unit(header: &str) -> bool {
    !apart(header).1.is_empty()
}

/// Whether a text, in normal form, is a note to whoever fills a column in.
pub(crate) fn is_note(text: &str) -> bool {
    NOTES.contains(&text)
}

/// The base of a normal header of a field, and the unit it names; empty if none.
fn apart(header: &str) -> (&str, &str) {
    let (mut base, mut unit) = (header.trim_matches('*'), "");
    while let Some((body, inside)) = bracketed(base) {
        match Inside::of(inside) {
            Inside::Unit(found) if unit.is_empty() => unit = found,
            Inside::Note => {}
            Inside::Unit(_) | Inside::Other => break,
        }
        base = body.trim_matches('*');
    }
    (base, unit)
}

/// Notes that change nothing of what a column holds.
const NOTES: [&str; 21] = [
    "必填",
    "必填项",
    "选填",
    "选填项",
    "可选",
    "可不填",
    "如有",
    "是/否",
    "有/无",
    "是否",
    "0/1",
    "1/0",
    "y/n",
    "yes/no",
    "文本",
    "文本格式",
    "数字",
    "12位",
    "整数",
    "required",
    "optional",
];

/// What stands in brackets behind a header.
enum Inside<'h> {
    /// A unit, without the word for it.
    Unit(&'h str),
    Note,
    Other,
}

impl<'h> Inside<'h> {
    fn of(text: &'h str) -> Self {
        let unit = text.strip_prefix("单位:").or_else(|| text.strip_prefix("单位")).unwrap_or(text);
        if unit_is_known(unit) {
            Self::Unit(unit)
        } else if is_note(text) {
            Self::Note
        } else {
            Self::Other
        }
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
        for header in [
            "B2.3（目标值）",
            "B2.3（上年）",
            "B2.3（元）（万元）",
            "B2.3（亩）",
            "备注",
            "",
            "2021",
            "（元）",
            "自治金",
            "2021年2022年B2.3",
        ] {
            assert_eq!(read(header), None, "{header}");
        }
    }

    #[test]
    fn a_header_of_a_field_is_told_from_one_that_says_more() {
        for (header, expected, unit) in [
            ("户数", "户数", ""),
            ("*户数（户）", "户数", "户"),
            ("户数（单位：万户）（必填）", "户数", "万户"),
            ("街道（镇）（选填）", "街道(镇)", ""),
            ("户数（空置）", "户数(空置)", ""),
            ("户数（空置）（户）", "户数(空置)", "户"),
        ] {
            assert_eq!(apart(&normal(header)), (expected, unit), "{header}");
        }
        assert_eq!(unit_of("常住人口(单位:万人)", "persons"), Some(4));
        assert_eq!(unit_of("户数(元)", "households"), None);
    }

    #[test]
    fn two_measures_of_one_name_make_the_name_ambiguous() {
        let mut vocabulary = vocabulary();
        let name = Text { zh: "户均自治金".to_owned(), en: String::new() };
        vocabulary.add_measure(Measure { id: "other".to_owned(), unit: String::new(), name });
        assert_eq!(headed("户均自治金", &vocabulary).unwrap().meaning, Meaning::Ambiguous);
    }
}
