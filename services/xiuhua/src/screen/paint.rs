//! Colours: never alone, always beside a word, and absent where nobody wants them (`NO_COLOR`, a pipe, `--color never`).

use std::fmt::Write;
use std::io;

use anstyle::{AnsiColor, Style};

use super::harmless;
use crate::cli::Colour;

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Green.
    Good,
    /// Yellow.
    Doubtful,
    /// Red.
    Bad,
    /// Bold.
    Strong,
}

/// A cell of a table: a text, painted or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    text: String,
    paint: Option<Paint>,
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self { text, paint: None }
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Shown {
    /// A text in a colour.
    pub(crate) fn painted(text: impl Into<String>, paint: Option<Paint>) -> Self {
        Self { text: text.into(), paint }
    }

    /// The text between marks of no width, so that a table measures what is seen; [`colour`] turns them into colours.
    pub(super) fn marked(&self) -> String {
        let text = harmless(&self.text).replace(is_mark, "\u{fffd}");
        match self.paint {
            Some(paint) => format!("{}{text}{END}", mark(paint)),
            None => text,
        }
    }
}

/// Marks are characters that Unicode gives no width and no meaning.
const END: char = '\u{fff0}';

fn mark(paint: Paint) -> char {
    match paint {
        Paint::Good => '\u{fff1}',
        Paint::Doubtful => '\u{fff2}',
        Paint::Bad => '\u{fff3}',
        Paint::Strong => '\u{fff4}',
    }
}

fn is_mark(c: char) -> bool {
    ('\u{fff0}'..='\u{fff8}').contains(&c)
}

/// A laid-out text with its marks turned into colours, or taken out.
pub(super) fn colour(text: &str, is_coloured: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_mark(c) {
            out.push(c);
        } else if is_coloured {
            let paints = [Paint::Good, Paint::Doubtful, Paint::Bad, Paint::Strong];
            let style = paints.into_iter().find(|paint| mark(*paint) == c).map(style);
            // Writing to a text cannot fail.
            let _ = match style {
                Some(style) => write!(out, "{style}"),
                None => write!(out, "{:#}", Style::new().bold()),
            };
        }
    }
    out
}

fn style(paint: Paint) -> Style {
    match paint {
        Paint::Good => AnsiColor::Green.on_default(),
        Paint::Doubtful => AnsiColor::Yellow.on_default(),
        Paint::Bad => AnsiColor::Red.on_default(),
        Paint::Strong => Style::new().bold(),
    }
}

/// Whether standard output is to be coloured.
pub(super) fn is_wanted(asked: Colour) -> bool {
    match asked {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_added_and_taken_out_without_a_trace() {
        let shown = Shown::painted("后四分之一", Some(Paint::Bad)).marked();
        assert_eq!(colour(&shown, false), "后四分之一");
        assert_eq!(colour(&shown, true), "\u{1b}[31m后四分之一\u{1b}[0m");
    }

    #[test]
    fn a_text_from_a_file_brings_no_colours_of_its_own() {
        let shown = Shown::from("\u{fff3}红\u{1b}[31m").marked();
        assert_eq!(colour(&shown, true), "\u{fffd}红\u{fffd}[31m");
    }
}
