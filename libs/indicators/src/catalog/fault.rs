//! Faults of a catalog text: the reasons a catalog knows.

use xiuhua_checked_toml::{Fault, Faults, Limits, reasons};

/// How much of a catalog text is read.
pub(super) const LIMITS: Limits =
    Limits { bytes: 4 * 1024 * 1024, faults: 10_000, line_chars: usize::MAX, magnitude: f64::MAX };

/// One fault of a catalog text with its place.
pub type CatalogFault = Fault<Reason>;
/// Every fault of a catalog text, in the order of the text; never empty.
pub type CatalogFaults = Faults<Reason>;

pub(super) type FaultList<'t> = xiuhua_checked_toml::FaultList<'t, Reason>;

reasons! {
    /// What is wrong with a place in a catalog.
    ///
    /// [`Reason::as_str`] gives a stable code that callers may match on; codes are only ever added.
    pub enum Reason(blank = EmptyText, not_finite = NotFinite) {
        /// The tree has more levels than a catalog may have.
        TooDeep = "TOO_DEEP",
        /// A text that is empty or blank where it must say something.
        EmptyText = "EMPTY_TEXT",
        /// A code with blanks or control characters, or too long.
        BadCode = "BAD_CODE",
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
}
