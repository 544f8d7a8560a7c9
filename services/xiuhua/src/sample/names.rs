//! Invented names: estates from syllables that estates like to be called by, committees by number.
//!
//! A name may happen to exist somewhere; none is copied from a list, and none is a person's.

use std::collections::HashSet;

use super::draws::Stream;
use super::estates::Housing;
use super::towns::Town;

const FIRST: [&str; 32] = [
    "锦", "绿", "银", "海", "东", "临", "昌", "德", "泰", "荣", "明", "康", "永", "新", "碧", "翠", "枫",
    "桂", "长", "上", "南", "春", "秋", "晨", "瑞", "祥", "嘉", "佳", "丽", "汇", "盛", "沪",
];

const SECOND: [&str; 28] = [
    "阳", "山", "江", "港", "桥", "林", "泉", "波", "虹", "景", "月", "湖", "川", "田", "丰", "和", "平",
    "宁", "兴", "隆", "福", "苑", "堤", "源", "城", "岸", "浜", "沙",
];

fn endings(housing: Housing) -> &'static [&'static str] {
    match housing {
        Housing::OldPublic => &["新村", "小区", "公寓", "坊", "一村", "二村", "三村", "四村"],
        Housing::Commodity => {
            &["花园", "名苑", "公寓", "华庭", "雅苑", "家园", "名邸", "景苑", "豪庭", "新城", "公馆"]
        }
        Housing::Relocation => &["家园", "新苑", "佳苑", "欣苑", "新家园", "小区"],
        Housing::Affordable => &["馨苑", "佳园", "惠苑", "安居苑", "公寓"],
    }
}

/// A name that no estate of the same town has yet; it is entered into `taken`.
pub(super) fn estate_name(stream: &mut Stream, housing: Housing, taken: &mut HashSet<String>) -> String {
    let endings = endings(housing);
    // Each town has a few hundred estates at most and tens of thousands of names: the loop ends soon.
    loop {
        let first = FIRST[stream.index(FIRST.len())];
        let second = SECOND[stream.index(SECOND.len())];
        let ending = endings[stream.index(endings.len())];
        let name = format!("{first}{second}{ending}");
        if taken.insert(name.clone()) {
            return name;
        }
    }
}

/// The name of committee `number` (from 1 to 99) of a town, such as `洋泾第十二居民区`.
pub(super) fn committee_name(town: &Town, number: u32) -> String {
    format!("{}第{}居民区", town.stem(), chinese_number(number))
}

/// `number`, from 1 to 99, in Chinese numerals.
fn chinese_number(number: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |at: u32| DIGITS[(at % 10) as usize];
    match number {
        0..10 => digit(number).to_owned(),
        10..20 => format!("十{}", digit(number)),
        _ => format!("{}十{}", digit(number / 10), digit(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_on_a_committee_door() {
        let written: Vec<String> = [1, 10, 12, 20, 47, 99].map(chinese_number).into();
        assert_eq!(written, ["一", "十", "十二", "二十", "四十七", "九十九"]);
    }
}
