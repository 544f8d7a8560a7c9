//! The columns of a file of places that have no field of their own.

use std::borrow::Cow;

use crate::cell::{self, CellFault, Said};
use crate::layout::{ATTRIBUTES, Columns, Notices};
use crate::layout::{appears_twice, base_of};
use crate::table::{Cell, Text};

/// Columns that count the rows of a sheet and say nothing of a place: kept, they would make every place look changed
/// whenever the order does.
const ROW_NUMBERS: [&str; 3] = ["序号", "行号", "no."];

/// A column that becomes an attribute.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) column: usize,
    /// Name of the attribute: what rules know it by, else what the mapping or the file calls it.
    pub(super) name: String,
    /// Unit of its numbers; empty for texts.
    unit: &'static str,
    exponent: i32,
}

impl Attribute {
    /// The text of a cell. Of an attribute that holds numbers, one that is written in another way becomes plain.
    pub(super) fn read<'a>(&self, cell: Cell<'a>) -> Result<Cow<'a, str>, CellFault> {
        let told = cell::text(cell)?;
        if self.exponent == 0 && (self.unit.is_empty() || told.parse::<f64>().is_ok()) {
            return Ok(told);
        }
        Ok(match cell::number(cell, self.unit, self.exponent) {
            Ok(Said::Value(number)) => Cow::Owned(number.to_string()),
            Ok(Said::Nothing | Said::NothingInWords) => Cow::Borrowed(""),
            // A text for people is no reason to lose a place.
            Err(_) => told,
        })
    }
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
        let exponent = columns.exponent(column, unit).unwrap_or_else(|fault| {
            // What stands in brackets behind a text is a note.
            if !unit.is_empty() || columns.mapped_unit(column).is_some() {
                faults.push(fault);
            }
            0
        });
        let name =
            mapped.unwrap_or_else(|| known.map_or_else(|| header.clone(), |field| field.name.to_owned()));
        if found.iter().any(|other| other.name == name) {
            faults.push(appears_twice(&name));
        }
        found.push(Attribute { column, name, unit, exponent });
    }
    found.sort_by_key(|attribute| attribute.column);
    for attribute in &found {
        columns.taken[attribute.column] = true;
    }
    found
}
