//! Faults of a catalog text: what is wrong, where, and in the reader's language.

use std::fmt;

/// How many faults are kept with their place; a broken file of megabytes must not fill the memory.
const KEPT: usize = 10_000;
/// How many "did you mean" searches one reading makes; each compares with every known name.
const HINTS: u32 = 32;
/// Longer words are not compared: the cost grows with the product of the lengths.
const HINT_CHARS: usize = 64;

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        /// What is wrong with a place in a catalog.
        ///
        /// [`Reason::as_str`] gives a stable code that callers may match on; codes are only ever added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[$doc])+ $name,)+ }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &[Reason] = &[$(Reason::$name,)+];

            /// The stable code, such as `DUPLICATE_CODE`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Reason::$name => $code,)+ }
            }
        }
    };
}

reasons! {
    /// The text is not TOML; nothing else could be checked.
    Syntax = "SYNTAX",
    /// The text has more bytes, or more measures, nodes and leaves, than a catalog may have.
    TooLarge = "TOO_LARGE",
    /// The tree has more levels than a catalog may have.
    TooDeep = "TOO_DEEP",
    /// A key that no catalog has.
    UnknownKey = "UNKNOWN_KEY",
    /// A key that must be there is not.
    MissingKey = "MISSING_KEY",
    /// A value of the wrong kind, such as a number where a string is due.
    WrongKind = "WRONG_KIND",
    /// A word outside the list its key allows.
    UnknownValue = "UNKNOWN_VALUE",
    /// Keys that exclude each other, or a key that has no meaning beside another.
    Contradiction = "CONTRADICTION",
    /// A text that is empty or blank where it must say something.
    EmptyText = "EMPTY_TEXT",
    /// Control characters in a text that is shown on one line.
    BadText = "BAD_TEXT",
    /// An id that does not follow the syntax of ids.
    BadId = "BAD_ID",
    /// A code with blanks or control characters, or too long.
    BadCode = "BAD_CODE",
    /// A number outside the range its key allows.
    OutOfRange = "OUT_OF_RANGE",
    /// NaN, an infinity, or a number no `f64` holds.
    NotFinite = "NOT_FINITE",
    /// A weight below zero.
    NegativeWeight = "NEGATIVE_WEIGHT",
    /// Two items with one code.
    DuplicateCode = "DUPLICATE_CODE",
    /// Two measures with one id.
    DuplicateMeasure = "DUPLICATE_MEASURE",
    /// A leaf's code that is the id of a measure it does not read.
    AmbiguousCode = "AMBIGUOUS_CODE",
    /// No node without a parent.
    NoRoot = "NO_ROOT",
    /// More than one node without a parent.
    SeveralRoots = "SEVERAL_ROOTS",
    /// A leaf that names no parent.
    LeafWithoutParent = "LEAF_WITHOUT_PARENT",
    /// A parent that is not in the catalog.
    UnknownParent = "UNKNOWN_PARENT",
    /// A parent that is itself a leaf.
    ParentIsLeaf = "PARENT_IS_LEAF",
    /// A node with nothing below it.
    NodeWithoutChildren = "NODE_WITHOUT_CHILDREN",
    /// Nodes that are each other's ancestors.
    Cycle = "CYCLE",
    /// Fixed weights that do not add up to the stated points.
    WeightsDoNotSum = "WEIGHTS_DO_NOT_SUM",
    /// Stated and unstated weights side by side.
    MixedWeights = "MIXED_WEIGHTS",
    /// A leaf that neither states a weight nor shares in a weight group.
    LeafWithoutWeight = "LEAF_WITHOUT_WEIGHT",
    /// A weight group inside another.
    NestedGroup = "NESTED_GROUP",
    /// A weight of a node that nothing would read.
    UnusedWeight = "UNUSED_WEIGHT",
    /// Weights that are all zero, so that no mean exists.
    ZeroWeights = "ZERO_WEIGHTS",
    /// A unit that is neither known nor declared.
    UnknownUnit = "UNKNOWN_UNIT",
    /// Bounds that are not an interval.
    BadBounds = "BAD_BOUNDS",
    /// Bounds that hold no number.
    EmptyBounds = "EMPTY_BOUNDS",
    /// A lower goalpost that is not below the upper one.
    GoalpostsReversed = "GOALPOSTS_REVERSED",
    /// A goalpost outside the natural bounds of the measure.
    GoalpostOutOfBounds = "GOALPOST_OUT_OF_BOUNDS",
    /// A logarithm of what may be zero or less.
    LnNotPositive = "LN_NOT_POSITIVE",
    /// A measure that is not declared.
    UnknownMeasure = "UNKNOWN_MEASURE",
    /// A measure that no leaf reads.
    UnusedMeasure = "UNUSED_MEASURE",
    /// A leaf that reads a measure and is derived as well.
    MeasureAndChange = "MEASURE_AND_CHANGE",
    /// A derived leaf names a node that is not in the catalog.
    UnknownNode = "UNKNOWN_NODE",
    /// A derived leaf names a leaf.
    ChangeOfLeaf = "CHANGE_OF_LEAF",
    /// A derived leaf names a node whose own leaves include a derived one.
    ChangeCycle = "CHANGE_CYCLE",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One fault with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogFault {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// What is wrong, stable.
    pub reason: Reason,
    /// The thing at fault, such as `leaf[A2.4].weight` or `title.en`.
    pub path: String,
    /// Message in simplified Chinese.
    pub zh: String,
    /// Message in English.
    pub en: String,
}

impl fmt::Display for CatalogFault {
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

/// Every fault of a catalog text, in the order of the text; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogFaults {
    faults: Vec<CatalogFault>,
    omitted: usize,
}

impl CatalogFaults {
    /// The faults, by line and column.
    #[must_use]
    pub fn faults(&self) -> &[CatalogFault] {
        &self.faults
    }

    /// How many further faults were counted but not kept; 0 unless the text has more than ten thousand.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

impl<'a> IntoIterator for &'a CatalogFaults {
    type Item = &'a CatalogFault;
    type IntoIter = std::slice::Iter<'a, CatalogFault>;

    fn into_iter(self) -> Self::IntoIter {
        self.faults.iter()
    }
}

impl fmt::Display for CatalogFaults {
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

impl std::error::Error for CatalogFaults {}

/// Collects faults by byte offset; [`FaultList::finish`] turns offsets into lines and columns in one pass.
pub(super) struct FaultList<'t> {
    text: &'t str,
    found: Vec<(usize, CatalogFault)>,
    omitted: usize,
    hints_left: u32,
}

impl<'t> FaultList<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new(), omitted: 0, hints_left: HINTS }
    }

    /// Adds a fault at a byte offset of the text.
    pub(super) fn add(&mut self, at: usize, reason: Reason, path: impl Into<String>, zh: String, en: String) {
        if self.found.len() == KEPT {
            self.omitted += 1;
            return;
        }
        self.found.push((at, CatalogFault { line: 1, column: 1, reason, path: path.into(), zh, en }));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The known name nearest to an unknown word, as the ends of the zh and en messages; empty if none is near.
    pub(super) fn hint<'a>(
        &mut self,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> (String, String) {
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

    pub(super) fn finish(mut self) -> CatalogFaults {
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
        CatalogFaults {
            faults: self.found.into_iter().map(|(_, fault)| fault).collect(),
            omitted: self.omitted,
        }
    }
}
