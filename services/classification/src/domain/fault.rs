//! Faults of a rule set's text: the reasons a rule set knows.

use xiuhua_checked_toml::{Fault, Faults, Limits, reasons};

/// How much of a rule set's text is read. Larger parameters mean nothing and would lose their digits.
pub(super) const LIMITS: Limits = Limits { bytes: 1 << 20, faults: 1_000, line_chars: 200, magnitude: 1e15 };

/// One fault of a rule set's text with its place.
pub type RuleFault = Fault<FaultReason>;
/// Every fault of a rule set's text, in the order of the text; never empty.
pub type RuleFaults = Faults<FaultReason>;

pub(super) type FaultList<'t> = xiuhua_checked_toml::FaultList<'t, FaultReason>;

reasons! {
    /// What is wrong with a place in a rule set; the codes are stable and only ever added.
    pub enum FaultReason(blank = BadText, not_finite = OutOfRange) {
        /// Corners of a membership function that do not rise.
        CornersDescend = "CORNERS_DESCEND",
        /// Two types or two labels with one id.
        DuplicateId = "DUPLICATE_ID",
        /// A word listed twice for one feature.
        DuplicateTerm = "DUPLICATE_TERM",
        /// A term that holds a separator and so could never be found.
        SeparatorInTerm = "SEPARATOR_IN_TERM",
        /// A feature read in one way here and in another way above.
        ReadTwoWays = "READ_TWO_WAYS",
        /// A feature that is never the kind of value its rule reads.
        WrongFeature = "WRONG_FEATURE",
        /// A type that no evidence speaks for.
        TypeWithoutEvidence = "TYPE_WITHOUT_EVIDENCE",
    }
}
