//! A chart as a few marks on a sheet: the PDF draws them, the page carries them as SVG.
//!
//! Lengths are points (1/72 inch); `x` grows to the right, `y` downwards.

use std::fmt::Write;

use crate::colour::Colour;

/// A chart.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    /// Width of the sheet.
    pub(crate) width: f64,
    /// Height of the sheet.
    pub(crate) height: f64,
    /// What it shows, for those who cannot see it.
    pub(crate) alt: String,
    /// From the bottom of the pile to its top.
    pub(crate) marks: Vec<Mark>,
}

/// A mark.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    /// A filled rectangle.
    Rect {
        /// Left.
        x: f64,
        /// Top.
        y: f64,
        /// Width.
        width: f64,
        /// Height.
        height: f64,
        /// Colour.
        fill: Colour,
    },
    /// A straight line.
    Line {
        /// Where it begins.
        from: (f64, f64),
        /// Where it ends.
        to: (f64, f64),
        /// Width.
        width: f64,
        /// Colour.
        stroke: Colour,
    },
    /// A filled disc with a white rim.
    Dot {
        /// Centre.
        at: (f64, f64),
        /// Radius.
        radius: f64,
        /// Colour.
        fill: Colour,
    },
    /// A line of text.
    Text {
        /// Where `anchor` stands on the baseline.
        at: (f64, f64),
        /// Size of the font.
        size: f64,
        /// Bold.
        bold: bool,
        /// Which point of the text stands there.
        anchor: Anchor,
        /// Colour.
        fill: Colour,
        /// The text.
        text: String,
    },
}

/// The point of a text that is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

impl Drawing {
    /// An empty sheet.
    pub(crate) fn new(width: f64, height: f64, alt: String) -> Self {
        Self { width, height, alt, marks: Vec::new() }
    }

    /// Adds a filled rectangle.
    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: Colour) {
        self.marks.push(Mark::Rect { x, y, width, height, fill });
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, stroke: Colour) {
        self.marks.push(Mark::Line { from, to, width, stroke });
    }

    /// Adds a disc.
    pub(crate) fn dot(&mut self, at: (f64, f64), radius: f64, fill: Colour) {
        self.marks.push(Mark::Dot { at, radius, fill });
    }

    /// Adds a plain text.
    pub(crate) fn text(&mut self, at: (f64, f64), size: f64, anchor: Anchor, fill: Colour, text: &str) {
        self.marks.push(Mark::Text { at, size, bold: false, anchor, fill, text: text.to_owned() });
    }

    /// Adds a bold text.
    pub(crate) fn bold(&mut self, at: (f64, f64), size: f64, anchor: Anchor, fill: Colour, text: &str) {
        self.marks.push(Mark::Text { at, size, bold: true, anchor, fill, text: text.to_owned() });
    }

    /// Its texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let text = |mark: &'_ Mark| matches!(mark, Mark::Text { .. });
        self.marks.iter().filter(move |mark| text(mark)).map(|mark| match mark {
            Mark::Text { text, .. } => text.as_str(),
            Mark::Rect { .. } | Mark::Line { .. } | Mark::Dot { .. } => "",
        })
    }

    /// As SVG that scales with its room.
    pub(crate) fn svg(&self) -> String {
        let mut out = format!(
            r#"<svg viewBox="0 0 {} {}" role="img" aria-label="{}">"#,
            short(self.width),
            short(self.height),
            escaped(&self.alt)
        );
        for mark in &self.marks {
            // Writing to a string does not fail.
            let _ = match mark {
                Mark::Rect { x, y, width, height, fill } => write!(
                    out,
                    r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{fill}"/>"#,
                    short(*x),
                    short(*y),
                    short(*width),
                    short(*height)
                ),
                Mark::Line { from, to, width, stroke } => write!(
                    out,
                    r#"<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{stroke}" stroke-width="{}"/>"#,
                    short(from.0),
                    short(from.1),
                    short(to.0),
                    short(to.1),
                    short(*width)
                ),
                Mark::Dot { at, radius, fill } => write!(
                    out,
                    r##"<circle cx="{}" cy="{}" r="{}" fill="{fill}" stroke="#ffffff" stroke-width="0.8"/>"##,
                    short(at.0),
                    short(at.1),
                    short(*radius)
                ),
                Mark::Text { at, size, bold, anchor, fill, text } => {
                    let anchor = match anchor {
                        Anchor::Start => "start",
                        Anchor::Middle => "middle",
                        Anchor::End => "end",
                    };
                    write!(
                        out,
                        r#"<text x="{}" y="{}" font-size="{}" font-weight="{}" text-anchor="{anchor}" fill="{fill}">{}</text>"#,
                        short(at.0),
                        short(at.1),
                        short(*size),
                        if *bold { 700 } else { 400 },
                        escaped(text)
                    )
                }
            };
        }
        out.push_str("</svg>");
        out
    }
}

/// A character as a report shows it. Names come from other people's files: what would turn the direction of writing, or
/// is no character to see at all, does neither.
pub(crate) fn harmless(c: char) -> char {
    let steers = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || steers { '\u{fffd}' } else { c }
}

/// A text within markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().map(harmless) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A length with at most two decimals.
pub(crate) fn short(length: f64) -> String {
    let text = format!("{length:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::INK;

    #[test]
    fn a_name_from_a_file_does_not_become_markup() {
        let mut drawing = Drawing::new(10.0, 10.0, "\"><script>".to_owned());
        drawing.text((1.0, 1.0), 8.0, Anchor::Start, INK, "<img src=x onerror='a'>&");
        let svg = drawing.svg();
        assert!(!svg.contains("<script") && !svg.contains("<img"), "{svg}");
        assert!(svg.contains("&lt;img src=x onerror=&#39;a&#39;&gt;&amp;"), "{svg}");
    }
}
