//! Which column of a file means what: the fields of places and observations under their many names, the indicators of a
//! catalog, and mapping files for what neither covers.
//!
//! Headers are compared by [`crate::table::normal`]. What two things match, or one thing twice, is a fault of the file
//! and never guessed.

mod columns;
mod fields;
mod header;
mod mapping;
mod notices;
mod propose;
mod vocabulary;

use std::path::Path;

use crate::table::{Opening, Table, Text, UnusableFile, normal};

pub use fields::{ATTRIBUTES, Field, OBSERVATIONS, PLACES};
pub use mapping::{Coordinates, IdRule, Mapping, MappingReason, Shape};
pub use propose::propose;
pub use vocabulary::{Measure, Vocabulary};

pub(crate) use columns::{Columns, Origin, PLACE_ID, appears_twice, exponent_of};
pub(crate) use header::{base as base_of, headed};
pub(crate) use notices::Notices;
pub(crate) use vocabulary::Meaning;

/// What a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Estates with their town, committee and households.
    Places,
    /// Values of indicators.
    Observations,
}

impl Kind {
    /// Its fields, in the order of a template.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Places => PLACES,
            Self::Observations => OBSERVATIONS,
        }
    }
}

/// Opens a file of a kind as a table: its header is where most columns are known to the fields, the mapping and (for
/// observations) the vocabulary.
///
/// # Errors
/// [`UnusableFile`] if it is no table or has no header.
pub fn open(
    path: &Path,
    kind: Kind,
    mapping: &Mapping,
    vocabulary: &Vocabulary,
) -> Result<Table, UnusableFile> {
    let mapped: Vec<String> = mapping.headers().map(normal).collect();
    let is_header = |header: &str| {
        mapped.iter().any(|mapped| mapped == header)
            || is_field(kind, header)
            || (kind == Kind::Observations && header::is_indicator(header, vocabulary))
    };
    Table::open(
        path,
        &Opening {
            sheet: mapping.sheet.as_deref(),
            header_row: mapping.header_row.map(u64::from),
            expected: kind_needs(kind),
            ..Opening::new(&is_header)
        },
    )
}

/// What a kind cannot be without, for a file that has no header at all.
fn kind_needs(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Places => &["place_id 小区编号"],
        Kind::Observations => &["place_id 小区编号", "indicator 指标", "period 期次", "value 数值"],
    }
}

/// Whether a normal header is one of a field or of a known attribute.
fn is_field(kind: Kind, header: &str) -> bool {
    let base = header::base(header);
    let matches = |field: &Field| field.is_called(header) || field.is_called(base) || field.may_be_called(base);
    kind.fields().iter().any(matches) || (kind == Kind::Places && ATTRIBUTES.iter().any(matches))
}

/// A file whose header cannot be used.
fn unusable(path: &Path, faults: Vec<Text>) -> UnusableFile {
    UnusableFile { path: path.to_owned(), faults }
}

/// The text in both languages.
pub(crate) fn text(zh: impl Into<String>, en: impl Into<String>) -> Text {
    Text::new(zh, en)
}
