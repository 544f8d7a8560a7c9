//! Texts broken into lines.

use unicode_linebreak::linebreaks;

use crate::fonts::Measure;

/// Breaks a text into lines at most `width` wide, `width` in units of the font's size. What is wider than a line by
/// itself is broken anywhere.
pub(super) fn broken(text: &str, width: f64, font: &mut Measure<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    let mut start = 0;
    for (end, _) in linebreaks(text) {
        let word = &text[start..end];
        start = end;
        let wide = font.width(word.trim_end());
        if used + wide > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        if wide <= width {
            line.push_str(word);
            used += font.width(word);
            continue;
        }
        for c in word.chars() {
            let (_, wide) = font.glyph(c);
            if used + wide > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += wide;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}
