//! Which column of a file means what: the fields of places and observations under their many names, the indicators of a
//! catalog, and mapping files for what neither covers.
//!
//! Headers are compared by [`crate::table::normal`]. What two things match, or one thing twice, is a fault of the file
//! and never guessed.

mod above;
mod columns;
mod fields;
mod header;
mod mapping;
mod notices;
mod propose;
mod vocabulary;

use std::collections::HashMap;
use std::path::Path;

use crate::table::{Opening, Table, Text, UnusableFile, normal};

pub use fields::{ATTRIBUTES, Field, LOCATIONS, OBSERVATIONS, PLACES};
pub use mapping::{Coordinates, IdRule, Mapping, MappingReason, Shape};
pub use propose::propose;
pub use vocabulary::{Measure, Vocabulary};

pub(crate) use columns::{Columns, Origin, PLACE_ID, appears_twice};
pub(crate) use header::{base as base_of, headed, is_note};
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
    open_with(path, kind, mapping, vocabulary, 1)
}

/// Opens a file for [`propose`]: where no header is known, the row that looks most like one is taken.
///
/// # Errors
/// [`UnusableFile`] if it is no table.
pub fn open_unseen(
    path: &Path,
    kind: Kind,
    mapping: &Mapping,
    vocabulary: &Vocabulary,
) -> Result<Table, UnusableFile> {
    open_with(path, kind, mapping, vocabulary, 0)
}

fn open_with(
    path: &Path,
    kind: Kind,
    mapping: &Mapping,
    vocabulary: &Vocabulary,
    enough: usize,
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
            // Who says which row it is need not be told that it does not look like one.
            enough: if mapping.header_row.is_some() { 0 } else { enough },
            ..Opening::new(&is_header)
        },
    )
}

/// Where the columns stand that faults name: by the names of the contracts, by the names of attributes, and by the
/// headers themselves.
///
/// `headers` and `mapping` are those that a delivery was read by; a field of a wide file that has no column of its own,
/// such as `value`, is not among them.
#[must_use]
pub fn columns_of(kind: Kind, headers: &[String], mapping: &Mapping) -> HashMap<String, usize> {
    let columns = Columns::find(kind, headers, mapping, &mut Vec::new());
    let mut found: HashMap<String, usize> = headers.iter().cloned().zip(0..).collect();
    for (position, header) in columns.normal.iter().enumerate() {
        let attribute =
            ATTRIBUTES.iter().find(|field| field.is_called(header) || field.is_called(base_of(header)));
        if let Some(field) = attribute.filter(|_| kind == Kind::Places && !columns.taken[position]) {
            found.insert(field.name.to_owned(), position);
        }
    }
    found.extend(columns.named.iter().cloned());
    for (field, origin) in kind.fields().iter().zip(&columns.fields) {
        match origin {
            Origin::Column(column) => found.insert(field.name.to_owned(), *column),
            Origin::Constant(_) if field.name == "period" && !columns.periods_beside.is_empty() => {
                found.insert(field.name.to_owned(), columns.periods_beside[0])
            }
            // Another column of that name is something else.
            Origin::Constant(_) | Origin::Made => found.remove(field.name),
            Origin::Absent => None,
        };
    }
    found
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
    let matches =
        |field: &Field| field.is_called(header) || field.is_called(base) || field.may_be_called(base);
    kind.fields().iter().any(matches) || (kind == Kind::Places && ATTRIBUTES.iter().any(matches))
}

/// The text in both languages.
pub(crate) fn text(zh: impl Into<String>, en: impl Into<String>) -> Text {
    Text::new(zh, en)
}
