//! Reasons: what is wrong with a place, as a stable code of the owner of the layout.

use std::fmt;

/// The reasons of one layout, declared with [`reasons!`](crate::reasons): those that any reading needs, and its own.
pub trait Reason: Copy + fmt::Debug + fmt::Display {
    /// The text is not TOML; nothing else could be checked.
    const SYNTAX: Self;
    /// The text, a list or a line is longer than its limit.
    const TOO_LARGE: Self;
    /// A key that the layout does not have at this place.
    const UNKNOWN_KEY: Self;
    /// A key that must be there is not.
    const MISSING_KEY: Self;
    /// A value of the wrong kind.
    const WRONG_KIND: Self;
    /// A word outside the list its key allows.
    const UNKNOWN_VALUE: Self;
    /// A line that is empty or blank.
    const BLANK: Self;
    /// Control characters in a line.
    const BAD_TEXT: Self;
    /// An id that does not follow the syntax of ids.
    const BAD_ID: Self;
    /// A number outside the range its key allows.
    const OUT_OF_RANGE: Self;
    /// NaN, an infinity, or a number no `f64` holds.
    const NOT_FINITE: Self;
}

/// Declares the reasons of a layout: an enum of those that any reading needs and of the listed ones, each with its
/// stable code, `ALL`, `as_str` and `Display`.
///
/// `blank` and `not_finite` name the variants that stand for a blank line and for a number that is not finite.
///
/// ```
/// xiuhua_checked_toml::reasons! {
///     /// What is wrong with a menu.
///     pub enum MenuReason(blank = BadText, not_finite = OutOfRange) {
///         /// A dish without a price.
///         NoPrice = "NO_PRICE",
///     }
/// }
/// assert_eq!(MenuReason::NoPrice.as_str(), "NO_PRICE");
/// assert_eq!(MenuReason::Syntax.as_str(), "SYNTAX");
/// ```
#[macro_export]
macro_rules! reasons {
    (
        $(#[$about:meta])+
        $vis:vis enum $Reason:ident(blank = $blank:ident, not_finite = $not_finite:ident) {
            $($(#[$doc:meta])+ $name:ident = $code:literal,)*
        }
    ) => {
        $crate::reasons! { @declare
            $(#[$about])+
            $vis enum $Reason {
                /// The text is not TOML; nothing else could be checked.
                Syntax = "SYNTAX",
                /// The text, a list or a line is longer than allowed.
                TooLarge = "TOO_LARGE",
                /// A key that is not known at this place.
                UnknownKey = "UNKNOWN_KEY",
                /// A key that must be there is not.
                MissingKey = "MISSING_KEY",
                /// A value of the wrong kind, such as a number where a string is due.
                WrongKind = "WRONG_KIND",
                /// A word outside the list its key allows.
                UnknownValue = "UNKNOWN_VALUE",
                /// Keys that exclude each other, or a key that has no meaning beside another.
                Contradiction = "CONTRADICTION",
                /// A line with control characters, or one that says nothing.
                BadText = "BAD_TEXT",
                /// An id that does not follow the syntax of ids, or is reserved.
                BadId = "BAD_ID",
                /// A number outside the range its key allows.
                OutOfRange = "OUT_OF_RANGE",
                $($(#[$doc])+ $name = $code,)*
            }
        }

        impl $crate::Reason for $Reason {
            const SYNTAX: Self = Self::Syntax;
            const TOO_LARGE: Self = Self::TooLarge;
            const UNKNOWN_KEY: Self = Self::UnknownKey;
            const MISSING_KEY: Self = Self::MissingKey;
            const WRONG_KIND: Self = Self::WrongKind;
            const UNKNOWN_VALUE: Self = Self::UnknownValue;
            const BLANK: Self = Self::$blank;
            const BAD_TEXT: Self = Self::BadText;
            const BAD_ID: Self = Self::BadId;
            const OUT_OF_RANGE: Self = Self::OutOfRange;
            const NOT_FINITE: Self = Self::$not_finite;
        }
    };
    (@declare
        $(#[$about:meta])+
        $vis:vis enum $Reason:ident { $($(#[$doc:meta])+ $name:ident = $code:literal,)+ }
    ) => {
        $(#[$about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $Reason { $($(#[$doc])+ $name,)+ }

        impl $Reason {
            /// Every reason there is.
            $vis const ALL: &[Self] = &[$(Self::$name,)+];

            /// The stable code, such as `MISSING_KEY`; codes are only ever added.
            #[must_use]
            $vis const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }

        impl ::std::fmt::Display for $Reason {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
