//! Sources (来源): who says something, and who is believed first.

use super::ids::SourceId;
use super::text::Text;

/// The source of rows that name none.
pub const DEFAULT_SOURCE: &str = "file";

/// Precedence of a source that nobody has set one for.
pub const DEFAULT_PRECEDENCE: u32 = 100;

/// A system or office that delivers observations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Stable id, such as `community-cloud`.
    pub id: SourceId,
    /// Name.
    pub name: Text,
    /// The smallest decides among sources of one value; 0 is the strongest.
    pub precedence: u32,
}

/// What a caller says of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEntry {
    /// Stable id.
    pub id: SourceId,
    /// Name.
    pub name: Text,
    /// 0 is the strongest. `None` keeps what is on record, or [`DEFAULT_PRECEDENCE`] for a new source.
    pub precedence: Option<u32>,
}

/// The name given to a source that a delivery names first.
#[must_use]
pub fn first_name(id: &str) -> Text {
    if id == DEFAULT_SOURCE { Text::new("文件", "File") } else { Text::new(id, id) }
}
