//! Faults of a text: what is wrong, where, and in the reader's language.

use std::fmt;

use crate::{Limits, Reason};

/// How many "did you mean" searches one reading makes; each compares with every known name.
const HINTS: u32 = 32;
/// Longer words are not compared: the cost grows with the product of the lengths.
const HINT_CHARS: usize = 64;

/// One fault with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault<R> {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// What is wrong, stable.
    pub reason: R,
    /// The thing at fault, such as `leaf[A2.4].weight` or `title.en`.
    pub path: String,
    /// Message in simplified Chinese.
    pub zh: String,
    /// Message in English.
    pub en: String,
}

impl<R: fmt::Display> fmt::Display for Fault<R> {
    /// `line 12, column 10: UNKNOWN_PARENT leaf[A2.4].parent: zh / en`, without the path where the whole text is at
    /// fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, reason, path, zh, en } = self;
        write!(f, "line {line}, column {column}: {reason}")?;
        if !path.is_empty() {
            write!(f, " {path}")?;
        }
        write!(f, ": {zh} / {en}")
    }
}

/// Every fault of a text, in its order; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults<R> {
    faults: Vec<Fault<R>>,
    omitted: usize,
}

impl<R> Faults<R> {
    /// The faults, by line and column.
    #[must_use]
    pub fn faults(&self) -> &[Fault<R>] {
        &self.faults
    }

    /// How many further faults were counted but not kept; see [`Limits::faults`].
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

impl<'a, R> IntoIterator for &'a Faults<R> {
    type Item = &'a Fault<R>;
    type IntoIter = std::slice::Iter<'a, Fault<R>>;

    fn into_iter(self) -> Self::IntoIter {
        self.faults.iter()
    }
}

impl<R: fmt::Display> fmt::Display for Faults<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        if self.omitted > 0 {
            write!(f, "\n另有 {omitted} 处错误 / and {omitted} more", omitted = self.omitted)?;
        }
        Ok(())
    }
}

impl<R: fmt::Debug + fmt::Display> std::error::Error for Faults<R> {}

/// Collects faults by byte offset while a text is read; offsets become lines and columns in one pass at the end.
#[derive(Debug)]
pub struct FaultList<'t, R> {
    text: &'t str,
    limits: Limits,
    found: Vec<(usize, Fault<R>)>,
    omitted: usize,
    hints_left: u32,
}

impl<'t, R: Reason> FaultList<'t, R> {
    pub(crate) fn new(text: &'t str, limits: Limits) -> Self {
        Self { text, limits, found: Vec::new(), omitted: 0, hints_left: HINTS }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Adds a fault at a byte offset of the text.
    pub fn add(
        &mut self,
        at: usize,
        reason: R,
        path: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        if self.found.len() == self.limits.faults {
            self.omitted += 1;
            return;
        }
        let (path, zh, en) = (path.into(), zh.into(), en.into());
        self.found.push((at, Fault { line: 1, column: 1, reason, path, zh, en }));
    }

    /// Adds that a list goes on at `at` though it holds `most` already.
    pub fn too_many(&mut self, at: usize, path: impl Into<String>, most: usize) {
        let zh = format!("超过 {most} 项，其后未再检查");
        self.add(at, R::TOO_LARGE, path, zh, format!("more than {most}; the rest was not checked"));
    }

    /// Whether nothing was reported so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The known name nearest to an unknown word, as the ends of the zh and en messages; empty if none is near.
    pub fn hint<'a>(&mut self, word: &str, known: impl IntoIterator<Item = &'a str>) -> (String, String) {
        let length = word.chars().count();
        if self.hints_left == 0 || length > HINT_CHARS {
            return (String::new(), String::new());
        }
        self.hints_left -= 1;
        // A third of the letters may differ: more would guess.
        let tolerance = (length / 3).max(1);
        let nearest = known
            .into_iter()
            .filter(|name| name.chars().count().abs_diff(length) <= tolerance)
            .map(|name| (strsim::damerau_levenshtein(word, name), name))
            .filter(|(distance, _)| *distance <= tolerance)
            .min();
        nearest.map_or_else(
            || (String::new(), String::new()),
            |(_, name)| (format!("；是否应为 `{name}`？"), format!("; did you mean `{name}`?")),
        )
    }

    pub(crate) fn finish(mut self) -> Faults<R> {
        // A byte-order mark is not a column that an editor shows.
        let bom = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        self.found.sort_by_key(|(at, _)| *at);
        let (mut line, mut column, mut reached) = (1_u32, 1_u32, bom);
        for (at, fault) in &mut self.found {
            for letter in self.text.get(reached..*at).unwrap_or_default().chars() {
                if letter == '\n' {
                    line = line.saturating_add(1);
                    column = 1;
                } else {
                    column = column.saturating_add(1);
                }
            }
            reached = reached.max(*at);
            (fault.line, fault.column) = (line, column);
        }
        Faults { faults: self.found.into_iter().map(|(_, fault)| fault).collect(), omitted: self.omitted }
    }
}
