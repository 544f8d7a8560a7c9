//! The unit that a title names for the whole table, as in `单位：万元`.

use unicode_normalization::UnicodeNormalization;

use super::{Notices, text};
use crate::cell::{shift, unit_is_known};
use crate::table::Text;

/// What stands between units, and behind them.
const BETWEEN: [char; 8] = [' ', '、', ',', ';', '。', ')', ']', '】'];

/// Units that stand above a header. They hold for the columns that they agree with and that name none themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Above(Vec<String>);

impl Above {
    /// The units that titles name; whose `单位` an office is, it is no unit of a number.
    pub(super) fn of_titles(titles: &[String]) -> Self {
        let mut found = Self::default();
        for title in titles.iter().filter(|title| title.contains("单位")) {
            let title: String = title.nfkc().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
            for behind in title.replace(" / ", "/").split("单位").skip(1) {
                if let Some(named) = behind.trim_start().strip_prefix([':', '(']) {
                    let named = Self::of_words(named);
                    found.0.extend(
                        named.0.into_iter().filter(|unit| !found.0.contains(unit)).collect::<Vec<_>>(),
                    );
                }
            }
        }
        found
    }

    /// The units at the start of a text.
    pub(super) fn of_words(words: &str) -> Self {
        let each = words.split(BETWEEN).filter(|unit| !unit.is_empty());
        Self(each.take_while(|unit| unit_is_known(unit)).map(str::to_owned).collect())
    }

    /// In one text, that [`Above::of_words`] reads; empty if there is none.
    pub(super) fn words(&self) -> String {
        self.0.join("、")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The power of ten that numbers in `unit` are to be multiplied by, if one of these agrees with it.
    pub(crate) fn exponent(&self, unit: &str) -> Option<i32> {
        self.0.iter().filter(|written| !is_scale(written)).find_map(|written| shift(written, unit).ok())
    }

    /// Says which of them hold for columns in these units, which name no unit themselves; a fault for one that says not
    /// of what it is (`单位：万`), and for one that agrees with no column where `strict`.
    pub(crate) fn check(&self, units: &[&str], strict: bool, notices: &mut Notices, faults: &mut Vec<Text>) {
        for written in &self.0 {
            let agrees = |unit: &&str| shift(written, unit).is_ok();
            if is_scale(written) {
                faults.push(text(
                    format!("表头上方的“单位：{written}”没有说明是什么的单位，请写在各列的表头里"),
                    format!("`{written}` above the header is no whole unit; say in the headers what each column is in"),
                ));
            } else if units.iter().any(agrees) {
                let words = (
                    "是表头上方注明的单位，已用于单位相符、表头又没有另写单位的列",
                    "above the header is taken as the unit of the columns that it agrees with and that name none",
                );
                notices.note(None, "UNIT_ABOVE", written, words);
            } else if strict && !units.is_empty() {
                faults.push(text(
                    format!("表头上方的“单位：{written}”与各列的单位都不符；请删去，或在各列的表头里写明单位"),
                    format!(
                        "`{written}` above the header agrees with the unit of no column; take it out, or say the units in \
                         the headers"
                    ),
                ));
            } else {
                let words = (
                    "是表头上方注明的单位，没有用于任何列",
                    "above the header is the unit of no column, and not used",
                );
                notices.note(None, "UNIT_ABOVE_UNUSED", written, words);
            }
        }
    }
}

/// Whether a unit is a scale alone: 万.
fn is_scale(written: &str) -> bool {
    shift(written, "").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_units_of_numbers_and_no_office() {
        for (title, expected) in [
            ("单位：万元", "万元"),
            ("2021年自治金（单位：万元） 2026-03-01", "万元"),
            ("计量单位: 元 / 户", "元/户"),
            ("单位： 万户、万人 日期：2021年", "万户、万人"),
            ("金额单位（万元）", "万元"),
            ("填报单位：潍坊新村街道 单位：％", "%"),
            ("填报单位：潍坊新村街道", ""),
            ("各单位一览", ""),
        ] {
            assert_eq!(Above::of_titles(&[title.to_owned()]).words(), expected, "{title}");
        }
    }
}
