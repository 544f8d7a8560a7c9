//! The few colours of a report. They differ in lightness, so that they are told apart in black and white too; words
//! beside them say the same.

use crate::document::Tone;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// Text.
pub(crate) const INK: Colour = Colour(0x1f, 0x29, 0x33);
/// Small print and axes.
pub(crate) const MUTED: Colour = Colour(0x5b, 0x67, 0x73);
/// Rules between rows.
pub(crate) const RULE: Colour = Colour(0xdd, 0xe2, 0xe7);
/// Ground of boxes and every second row.
pub(crate) const GROUND: Colour = Colour(0xf3, 0xf6, 0xf8);
/// Headings and medians.
pub(crate) const DEEP: Colour = Colour(0x1f, 0x4e, 0x6b);
/// Levels.
pub(crate) const LEVEL: Colour = Colour(0xa9, 0xc3, 0xd3);
/// The town itself.
pub(crate) const OWN: Colour = Colour(0xb8, 0x5c, 0x2e);
/// White.
pub(crate) const PAPER: Colour = Colour(0xff, 0xff, 0xff);
const GOOD: Colour = Colour(0x9c, 0xc5, 0xa9);
const BAD: Colour = Colour(0xdb, 0xa5, 0x86);

impl Tone {
    /// The colour of its bars.
    pub(crate) fn colour(self) -> Colour {
        match self {
            Self::Plain => LEVEL,
            Self::Good => GOOD,
            Self::Bad => BAD,
        }
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}
