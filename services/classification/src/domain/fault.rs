//! Faults of a rule set's text: what is wrong, where, and in the reader's language.

use std::fmt;

/// How many faults are kept with their place; a broken megabyte must not fill the memory.
const KEPT: usize = 1_000;

/// What is wrong with a place in a rule set; the codes are stable and only ever added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultReason {
    /// The text is not TOML; nothing else could be checked.
    Syntax,
    /// The text, a list or a word is longer than a rule set may hold.
    TooLarge,
    /// A key that no rule set has at this place.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of the wrong kind, such as a number where a string is due.
    WrongKind,
    /// A word outside the list its key allows, or a type that is not declared.
    UnknownValue,
    /// Keys that exclude each other.
    Contradiction,
    /// A text that is empty, blank or holds control characters.
    BadText,
    /// An id that does not follow the syntax of ids, or is reserved.
    BadId,
    /// A number outside the range its key allows.
    OutOfRange,
    /// Corners of a membership function that do not rise.
    CornersDescend,
    /// Two types or two labels with one id.
    DuplicateId,
    /// A word listed twice for one feature.
    DuplicateTerm,
    /// A term that holds a separator and so could never be found.
    SeparatorInTerm,
    /// A feature read in one way here and in another way above.
    ReadTwoWays,
    /// A feature that is never the kind of value its rule reads.
    WrongFeature,
    /// A type that no evidence speaks for.
    TypeWithoutEvidence,
}

impl FaultReason {
    /// The stable code, such as `DUPLICATE_TERM`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "SYNTAX",
            Self::TooLarge => "TOO_LARGE",
            Self::UnknownKey => "UNKNOWN_KEY",
            Self::MissingKey => "MISSING_KEY",
            Self::WrongKind => "WRONG_KIND",
            Self::UnknownValue => "UNKNOWN_VALUE",
            Self::Contradiction => "CONTRADICTION",
            Self::BadText => "BAD_TEXT",
            Self::BadId => "BAD_ID",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::CornersDescend => "CORNERS_DESCEND",
            Self::DuplicateId => "DUPLICATE_ID",
            Self::DuplicateTerm => "DUPLICATE_TERM",
            Self::SeparatorInTerm => "SEPARATOR_IN_TERM",
            Self::ReadTwoWays => "READ_TWO_WAYS",
            Self::WrongFeature => "WRONG_FEATURE",
            Self::TypeWithoutEvidence => "TYPE_WITHOUT_EVIDENCE",
        }
    }
}

/// One fault with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// What is wrong, stable.
    pub reason: FaultReason,
    /// The thing at fault, such as `label[far_suburb].function` or `evidence[3].type`.
    pub path: String,
    /// Message in simplified Chinese.
    pub zh: String,
    /// Message in English.
    pub en: String,
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, reason, path, en, .. } = self;
        write!(f, "line {line}, column {column}: {} {path}: {en}", reason.as_str())
    }
}

/// Every fault of a rule set's text, in the order of the text; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFaults {
    faults: Vec<RuleFault>,
    omitted: usize,
}

impl RuleFaults {
    /// The faults, by line and column.
    #[must_use]
    pub fn faults(&self) -> &[RuleFault] {
        &self.faults
    }

    /// How many further faults were counted but not kept; 0 unless the text has more than a thousand.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

impl fmt::Display for RuleFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        if self.omitted > 0 {
            write!(f, "\nand {} more", self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for RuleFaults {}

/// Collects faults by byte offset; [`FaultList::finish`] turns offsets into lines and columns.
pub(super) struct FaultList<'t> {
    text: &'t str,
    found: Vec<(usize, RuleFault)>,
    omitted: usize,
}

impl<'t> FaultList<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new(), omitted: 0 }
    }

    /// Adds a fault at a byte offset of the text.
    pub(super) fn add(
        &mut self,
        at: usize,
        reason: FaultReason,
        path: impl Into<String>,
        zh: String,
        en: String,
    ) {
        if self.found.len() == KEPT {
            self.omitted += 1;
            return;
        }
        self.found.push((at, RuleFault { line: 1, column: 1, reason, path: path.into(), zh, en }));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn finish(mut self) -> RuleFaults {
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
        RuleFaults { faults: self.found.into_iter().map(|(_, fault)| fault).collect(), omitted: self.omitted }
    }
}
