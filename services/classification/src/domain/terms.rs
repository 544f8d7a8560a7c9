//! Cutting a text into listed terms.
//!
//! Registers write several natures into one field, with or without a separator
//! (`商品房住宅动迁配套房`). The text is cut from the left, the longest listed term first; what no term
//! covers stays as an unlisted remainder, because silence about it would be a guess.
//!
//! Source: specification page 5, section 5.3.

use std::collections::HashMap;

/// The full-width forms of the visible ASCII characters, `！` to `～`.
const FULL_WIDTH: std::ops::RangeInclusive<char> = '\u{ff01}'..='\u{ff5e}';
/// What a full-width form lies above its ASCII character.
const FULL_WIDTH_OFFSET: u32 = 0xff01 - 0x21;

/// A part of a text, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A listed term, by its position in the list.
    Listed(usize),
    /// What stands between listed terms.
    Unlisted(String),
}

/// Listed terms, ready to cut with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TermList {
    terms: Vec<String>,
    /// Positions by first character, longest term first.
    by_first: HashMap<char, Vec<usize>>,
}

impl TermList {
    /// Lists folded terms, see [`fold`]; empty ones can never be found and are passed over.
    pub(super) fn new(terms: Vec<String>) -> Self {
        let mut by_first: HashMap<char, Vec<usize>> = HashMap::new();
        for (position, term) in terms.iter().enumerate() {
            if let Some(first) = term.chars().next() {
                by_first.entry(first).or_default().push(position);
            }
        }
        for positions in by_first.values_mut() {
            positions.sort_by_key(|&position| std::cmp::Reverse(terms[position].len()));
        }
        Self { terms, by_first }
    }

    pub(super) fn term(&self, position: usize) -> &str {
        &self.terms[position]
    }

    /// The position of a whole folded text in the list.
    pub(super) fn position(&self, text: &str) -> Option<usize> {
        self.longest_at(text).filter(|&position| self.terms[position].len() == text.len())
    }

    /// Cuts a text. Separators part terms and remainders, blanks mean nothing, the width of a character
    /// neither.
    pub(super) fn cut(&self, text: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        for piece in fold(text).split(is_separator) {
            let mut remainder = String::new();
            let mut rest = piece;
            while let Some(first) = rest.chars().next() {
                if let Some(position) = self.longest_at(rest) {
                    push_remainder(&mut parts, &mut remainder);
                    parts.push(Part::Listed(position));
                    rest = &rest[self.terms[position].len()..];
                } else {
                    remainder.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
            push_remainder(&mut parts, &mut remainder);
        }
        parts
    }

    fn longest_at(&self, text: &str) -> Option<usize> {
        let positions = self.by_first.get(&text.chars().next()?)?;
        positions.iter().copied().find(|&position| text.starts_with(self.terms[position].as_str()))
    }
}

fn push_remainder(parts: &mut Vec<Part>, remainder: &mut String) {
    if !remainder.is_empty() {
        parts.push(Part::Unlisted(std::mem::take(remainder)));
    }
}

/// A text without blanks and invisible characters, full-width ASCII as ASCII.
pub(super) fn fold(text: &str) -> String {
    text.chars().filter(|&letter| !is_blank(letter)).map(to_half_width).collect()
}

/// Whether a folded character parts terms.
pub(super) fn is_separator(letter: char) -> bool {
    matches!(letter, ',' | '、' | '､' | ';' | '/' | '|' | '+')
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{feff}')
}

fn to_half_width(letter: char) -> char {
    if FULL_WIDTH.contains(&letter) {
        char::from_u32(u32::from(letter) - FULL_WIDTH_OFFSET).unwrap_or(letter)
    } else {
        letter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn natures() -> TermList {
        TermList::new(["商品房", "商品房住宅", "动迁房", "动迁配套房"].map(str::to_owned).to_vec())
    }

    fn listed(text: &str) -> Vec<String> {
        let list = natures();
        let name = |part| match part {
            Part::Listed(position) => list.term(position).to_owned(),
            Part::Unlisted(text) => format!("?{text}"),
        };
        list.cut(text).into_iter().map(name).collect()
    }

    #[test]
    fn the_longest_term_wins_at_each_position() {
        assert_eq!(listed("商品房住宅动迁配套房"), ["商品房住宅", "动迁配套房"]);
        assert_eq!(listed("商品房动迁房"), ["商品房", "动迁房"]);
    }

    #[test]
    fn what_no_term_covers_stays_in_one_piece() {
        assert_eq!(listed("商品房住宅小产权房"), ["商品房住宅", "?小产权房"]);
        assert_eq!(listed("非商品房"), ["?非", "商品房"]);
        assert_eq!(listed("小产权房/自建房"), ["?小产权房", "?自建房"]);
        assert_eq!(listed("动迁"), ["?动迁"]);
    }

    #[test]
    fn separators_and_blanks_of_both_widths_part_or_mean_nothing() {
        for text in [
            "商品房、动迁房",
            "商品房，动迁房",
            "商品房,动迁房；",
            " 商品 房／动迁房 ",
            "商品房｜动迁房",
            "商品房＋　动迁房",
            "商品房+动迁房",
        ] {
            assert_eq!(listed(text), ["商品房", "动迁房"], "{text}");
        }
        assert_eq!(listed("商品房、住宅"), ["商品房", "?住宅"], "a separator is never part of a term");
        assert!(listed(" 、，；/|+　").is_empty());
    }

    #[test]
    fn a_position_is_that_of_the_whole_text() {
        assert_eq!(natures().position("商品房住宅"), Some(1));
        assert_eq!(natures().position("商品房"), Some(0));
        assert_eq!(natures().position("商品房住"), None);
    }
}
