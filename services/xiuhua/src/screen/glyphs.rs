//! Lengths and courses drawn with characters: bars (条形) and sparklines (迷你折线), in block characters or in ASCII where
//! the locale has no others.

/// The characters that a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyphs {
    /// Block characters: a bar is exact to an eighth of a cell.
    Blocks,
    /// ASCII only.
    Ascii,
}

/// A cell filled to 1/8 … 7/8 from the left.
const PARTS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/// Heights of a sparkline, lowest first.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_HEIGHTS: [char; 8] = ['_', '.', ',', '-', '=', '+', '*', '#'];
/// Where a course has no value.
const GAP: char = '·';

impl Glyphs {
    /// What the locale can show: block characters, unless one is named that is not UTF-8.
    pub(crate) fn of_locale(locale: &str) -> Self {
        let locale = locale.to_ascii_lowercase();
        let is_utf8 = locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8");
        if is_utf8 { Self::Blocks } else { Self::Ascii }
    }

    /// A bar for a share of 0..=1 of `cells` cells; never longer, and empty for nothing only.
    pub(crate) fn bar(self, share: f64, cells: u32) -> String {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let steps = |parts: u32| {
            let least = u32::from(share > 0.0);
            whole((share * f64::from(cells * parts)).round()).max(least)
        };
        match self {
            Self::Blocks => {
                let eighths = steps(8);
                let mut bar = "█".repeat((eighths / 8) as usize);
                bar.extend((eighths % 8).checked_sub(1).and_then(|part| PARTS.get(part as usize)));
                bar
            }
            Self::Ascii => "#".repeat(steps(1) as usize),
        }
    }

    /// A course of values, each as a height between the least and the greatest of them; of equal ones all stand in the
    /// middle.
    pub(crate) fn spark(self, values: &[Option<f64>]) -> String {
        let known = || values.iter().flatten().copied();
        let (least, greatest) =
            (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
        let height = |value: f64| {
            let range = greatest - least;
            let share = if range > 0.0 { (value - least) / range } else { 0.5 };
            let at = whole((share * 7.0).round()).min(7) as usize;
            if self == Self::Blocks { HEIGHTS[at] } else { ASCII_HEIGHTS[at] }
        };
        let gap = self.plain(GAP);
        values.iter().map(|value| value.map_or(gap, height)).collect()
    }

    /// A character of the house's own lines, or what stands for it in ASCII. Names and other texts stay as they are.
    pub(crate) fn plain(self, c: char) -> char {
        match (self, c) {
            (Self::Blocks, c) => c,
            (_, '─' | '–' | '−') => '-',
            (_, '→') => '>',
            (_, '·') => '.',
            (_, '…') => '~',
            (_, '×') => 'x',
            (_, c) => c,
        }
    }
}

/// A count of steps that is small and not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares of a few hundred steps")]
fn whole(steps: f64) -> u32 {
    steps as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eighths of a cell that a bar fills.
    fn length(bar: &str) -> usize {
        let of = |c: char| PARTS.iter().position(|part| *part == c).map_or(8, |at| at + 1);
        bar.chars().map(of).sum()
    }

    #[test]
    fn a_bar_never_shrinks_as_its_share_grows_and_never_leaves_its_cells() {
        for glyphs in [Glyphs::Blocks, Glyphs::Ascii] {
            for cells in [1, 8, 10, 40] {
                let mut before = 0;
                for step in 0..=2000 {
                    let bar = glyphs.bar(f64::from(step) / 2000.0, cells);
                    assert!(length(&bar) >= before && bar.chars().count() <= cells as usize, "{bar}");
                    assert_eq!(bar.is_empty(), step == 0);
                    before = length(&bar);
                }
                assert_eq!(before, cells as usize * 8, "a whole fills every cell");
            }
        }
    }

    #[test]
    fn a_share_out_of_range_is_drawn_at_its_end() {
        assert_eq!(Glyphs::Blocks.bar(-3.0, 4), "");
        assert_eq!(Glyphs::Blocks.bar(7.0, 4), "████");
        assert_eq!(Glyphs::Blocks.bar(f64::NAN, 4), "");
        assert_eq!(Glyphs::Blocks.bar(0.5, 3), "█▌");
    }

    #[test]
    fn a_course_rises_and_falls_with_its_values_and_leaves_gaps() {
        let course = [Some(1.0), None, Some(3.0), Some(2.0)];
        assert_eq!(Glyphs::Blocks.spark(&course), "▁·█▅");
        assert_eq!(Glyphs::Ascii.spark(&course), "_.#=");
        assert_eq!(Glyphs::Blocks.spark(&[Some(5.0), Some(5.0)]), "▅▅");
        assert_eq!(Glyphs::Blocks.spark(&[None]), "·");
    }

    #[test]
    fn only_a_named_locale_that_is_not_utf_8_has_no_blocks() {
        for locale in ["", "zh_CN.UTF-8", "C.utf8", "en_US.UTF-8"] {
            assert_eq!(Glyphs::of_locale(locale), Glyphs::Blocks, "{locale}");
        }
        for locale in ["C", "POSIX", "zh_CN.GB18030", "zh_CN"] {
            assert_eq!(Glyphs::of_locale(locale), Glyphs::Ascii, "{locale}");
        }
    }
}
