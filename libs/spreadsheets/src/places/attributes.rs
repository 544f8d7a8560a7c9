//! The columns of a file of places that have no field of their own.

use std::borrow::Cow;

use crate::cell::{self, CellFault, Said};
use crate::layout::{ATTRIBUTES, Columns, Field, LOCATIONS, Notices};
use crate::layout::{appears_twice, base_of};
use crate::table::{Cell, Text, normal};

/// Columns that count the rows of a sheet and say nothing of a place: kept, they would make every place look changed
/// whenever the order does.
const ROW_NUMBERS: [&str; 3] = ["序号", "行号", "no."];

/// A column that becomes an attribute.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) column: usize,
    /// Name of the attribute: what rules know it by, else what the mapping or the file calls it.
    pub(super) name: String,
    /// What is known of it; `None` for a column that rules do not read.
    known: Option<&'static Field>,
    exponent: i32,
}

impl Attribute {
    /// Unit of its numbers; empty for texts.
    pub(super) fn unit(&self) -> &'static str {
        self.known.map_or("", |known| known.unit)
    }

    /// The text of a cell. Numbers become plain, yes and no `是` and `否`, words for a location those that rules know; a
    /// text of any other attribute is kept as it stands.
    ///
    /// # Errors
    /// `NOT_A_NUMBER` and its like, `OUT_OF_RANGE` or `NOT_YES_OR_NO` for what the template would not take; else as
    /// [`cell::text`].
    pub(super) fn read<'a>(&self, cell: Cell<'a>) -> Result<Cow<'a, str>, CellFault> {
        let told = cell::text(cell)?;
        let Some(known) = self.known.filter(|known| !known.unit.is_empty()) else {
            return match self.known.map(|known| known.name) {
                Some("school_district") => yes_or_no(cell),
                Some("location") => Ok(location(told)),
                _ if self.exponent == 0 => Ok(told),
                // Of a column that is nobody's, a text for people is no reason to lose a place.
                _ => Ok(cell::number(cell, "", self.exponent).map_or(told, plain)),
            };
        };
        let said = cell::number(cell, known.unit, self.exponent)?;
        let (least, greatest) = known.bounds();
        if let Said::Value(value) = said
            && (least.is_some_and(|least| value < least) || greatest.is_some_and(|greatest| value > greatest))
        {
            return Err(out_of_range(value, least.unwrap_or_default(), greatest));
        }
        Ok(match said {
            // What is plain already keeps its spelling.
            Said::Value(_) if self.exponent == 0 && told.parse::<f64>().is_ok() => told,
            said => plain(said),
        })
    }
}

fn plain<'a>(said: Said<f64>) -> Cow<'a, str> {
    said.value().map_or(Cow::Borrowed(""), |number| Cow::Owned(number.to_string()))
}

fn yes_or_no(cell: Cell<'_>) -> Result<Cow<'_, str>, CellFault> {
    let said = cell::truth(cell)?;
    Ok(Cow::Borrowed(said.value().map_or("", |truth| if truth { "是" } else { "否" })))
}

/// A location in the word that rules know; another word as it stands: other rules may know it.
fn location(told: Cow<'_, str>) -> Cow<'_, str> {
    let spelled = normal(&told);
    let known = LOCATIONS.iter().find(|(word, words)| spelled == *word || words.contains(&spelled.as_str()));
    known.map_or(told, |(word, _)| Cow::Borrowed(*word))
}

fn out_of_range(value: f64, least: f64, greatest: Option<f64>) -> CellFault {
    let (zh, en) = match greatest {
        Some(greatest) => (format!("{least} 到 {greatest}"), format!("between {least} and {greatest}")),
        None => (format!("不小于 {least} 的数"), format!("{least} or more")),
    };
    CellFault::new("OUT_OF_RANGE", format!("{value} 超出范围，应为 {zh}"), format!("{value} has to be {en}"))
}

/// Every column that is nothing else yet, as an attribute.
pub(super) fn attributes(
    columns: &mut Columns,
    notices: &mut Notices,
    faults: &mut Vec<Text>,
) -> Vec<Attribute> {
    let mut found: Vec<Attribute> = Vec::new();
    let free: Vec<usize> = (0..columns.headers.len()).filter(|column| !columns.taken[*column]).collect();
    let named = columns.named.iter().map(|(name, column)| (Some(name.clone()), *column));
    let all: Vec<_> = named.chain(free.into_iter().map(|column| (None, column))).collect();
    for (mapped, column) in all {
        let header = &columns.headers[column];
        if header.is_empty() {
            let words = ("没有表头，未读取", "has no header and is not read");
            notices.note(None, "NO_HEADER", &format!("{}", column + 1), words);
            continue;
        }
        if mapped.is_none() && ROW_NUMBERS.contains(&columns.normal[column].as_str()) {
            notices.note(
                None,
                "ROW_NUMBERS",
                header,
                ("是行序号，未读取", "counts the rows and is not read"),
            );
            continue;
        }
        let known = ATTRIBUTES.iter().find(|field| match &mapped {
            Some(name) => field.name == name,
            None => {
                field.is_called(&columns.normal[column]) || field.is_called(base_of(&columns.normal[column]))
            }
        });
        let unit = known.map_or("", |field| field.unit);
        // Of a text that rules do not know, the header is kept as it is, with what it says of a unit.
        let exponent = if unit.is_empty() && columns.mapped_unit(column).is_none() {
            0
        } else {
            columns.exponent(column, unit).unwrap_or_else(|fault| {
                faults.push(fault);
                0
            })
        };
        let name =
            mapped.unwrap_or_else(|| known.map_or_else(|| header.clone(), |field| field.name.to_owned()));
        if found.iter().any(|other| other.name == name) {
            faults.push(appears_twice(&name));
        }
        found.push(Attribute { column, name, known, exponent });
    }
    found.sort_by_key(|attribute| attribute.column);
    for attribute in &found {
        columns.taken[attribute.column] = true;
    }
    found
}
