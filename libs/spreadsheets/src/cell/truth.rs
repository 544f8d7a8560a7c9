//! Yes and no in their many words.

use super::{CellFault, Said, excerpt, folded, is_nothing};
use crate::table::Cell;

/// Words for yes, folded.
const YES: &[&str] = &[
    "是",
    "有",
    "对",
    "已",
    "真",
    "√",
    "✓",
    "✔",
    "☑",
    "v",
    "y",
    "yes",
    "true",
    "t",
    "已成立",
    "成立",
    "已组建",
    "组建",
    "已建",
    "已建立",
    "建立",
    "已制订",
    "已制定",
    "制订",
    "制定",
    "规范",
    "达标",
    "合格",
    "已达标",
    "已开展",
    "符合",
];
/// Words for no, folded. 无 is one: of a thing that one has or has not, it says that one has not.
const NO: &[&str] = &[
    "否",
    "无",
    "没有",
    "不",
    "不是",
    "未",
    "假",
    "×",
    "✗",
    "✘",
    "☒",
    "x",
    "n",
    "no",
    "false",
    "f",
    "未成立",
    "未组建",
    "未建",
    "未建立",
    "未制订",
    "未制定",
    "不规范",
    "未达标",
    "不达标",
    "不合格",
    "未开展",
    "不符合",
    "☐",
];

/// Whether a cell says yes: 是/否, 有/无, 已成立/未成立, √/×, Y/N, 1/0.
///
/// # Errors
/// `NOT_YES_OR_NO` for anything else; else as [`super::text`].
pub fn truth(cell: Cell<'_>) -> Result<Said<bool>, CellFault> {
    let told = match cell {
        Cell::Empty => return Ok(Said::Nothing),
        Cell::Truth(truth) => return Ok(Said::Value(truth)),
        cell => super::text(cell)?,
    };
    match word(&told) {
        Some(truth) => Ok(Said::Value(truth)),
        None if told.trim().is_empty() => Ok(Said::Nothing),
        None if is_nothing(&told) => Ok(Said::NothingInWords),
        None => {
            let shown = excerpt(&told);
            Err(CellFault::new(
                "NOT_YES_OR_NO",
                format!("“{shown}”既不是“是”也不是“否”"),
                format!("`{shown}` says neither yes nor no"),
            ))
        }
    }
}

/// What a text says, if it is a word for yes or no, or 1 or 0.
pub(super) fn word(text: &str) -> Option<bool> {
    // The longest word has five letters.
    if text.len() > 16 {
        return None;
    }
    let told = folded(text);
    let is = |word: &&str| told.eq_ignore_ascii_case(word);
    match &*told {
        "1" | "1.0" => Some(true),
        "0" | "0.0" => Some(false),
        _ if YES.iter().any(&is) => Some(true),
        _ if NO.iter().any(is) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_known_in_many_words() {
        for yes in ["是", "有", "已成立", "√", "Y", "ｙ", "yes", "TRUE", "1", "１", "1.0"] {
            assert_eq!(truth(Cell::Text(yes)), Ok(Said::Value(true)), "{yes}");
        }
        for no in ["否", "无", "未成立", "×", "X", "N", "0", "没有"] {
            assert_eq!(truth(Cell::Text(no)), Ok(Said::Value(false)), "{no}");
        }
        assert_eq!(truth(Cell::Number(1.0)), Ok(Said::Value(true)));
        assert_eq!(truth(Cell::Truth(false)), Ok(Said::Value(false)));
        assert_eq!(truth(Cell::Text("-")), Ok(Said::NothingInWords));
        assert_eq!(truth(Cell::Empty), Ok(Said::Nothing));
        assert_eq!(truth(Cell::Text("筹备中")).unwrap_err().reason, "NOT_YES_OR_NO");
        assert_eq!(truth(Cell::Number(2.0)).unwrap_err().reason, "NOT_YES_OR_NO");
    }
}
