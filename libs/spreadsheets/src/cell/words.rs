//! Words that say that there is no value.

/// Whether a text, as it stands in a cell, says that there is no value: `-`, `/`, `无`, `N/A`, `暂无`…
#[must_use]
pub fn is_nothing(text: &str) -> bool {
    // The longest word has four letters; most cells are none of these.
    let Some(first) = text.chars().next().filter(|_| text.len() <= 12) else { return false };
    if first.is_ascii_alphanumeric() && !matches!(first, 'n' | 'N') {
        return false;
    }
    let text = super::folded(text);
    let dashes =
        |c: char| matches!(c, '-' | '–' | '—' | '―' | '−' | '一' | '─' | '/' | '\\' | '*' | '…' | '.');
    // One 一 alone is the number one; a dash drawn with it comes twice.
    let drawn = text.chars().all(dashes) && &*text != "一";
    drawn
        || ["无", "暂无", "暂缺", "缺", "缺失", "空", "无数据", "未统计", "未填", "不详", "不适用", "未知"]
            .contains(&&*text)
        || ["n/a", "na", "n.a.", "#n/a", "null", "none", "nil", "nan"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::is_nothing;

    #[test]
    fn words_for_nothing_are_known_and_others_are_not() {
        for word in [
            "-", "--", "—", "——", "－", "/", "／", "无", "暂无", "N/A", "n/a", "#N/A", "NULL", "一一", "*",
            "不详",
        ] {
            assert!(is_nothing(word), "{word}");
        }
        for word in ["", "0", "一", "无障碍", "-1", "1/2", "否", "八十", "待补", "nano"] {
            assert!(!is_nothing(word), "{word}");
        }
    }
}
