//! The schema of a database as text that is the same for SQLite and PostgreSQL where the two are equal in effect.
//!
//! Compared are tables, columns (by name: their order has no effect), keys, indexes and foreign keys. Not compared are
//! defaults and checks, whose texts differ, and how a number is made that rises by itself.

mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use self::postgres::postgres_schema;
pub use self::sqlite::sqlite_schema;

/// What a schema means, sorted; its `Debug` is one line a column, key, index and reference.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Schema {
    tables: BTreeMap<String, Table>,
}

#[derive(Clone, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, Column>,
    primary_key: Vec<String>,
    /// Every other index, with "unique" before those that are a key.
    indexes: BTreeSet<String>,
    references: BTreeSet<String>,
}

#[derive(Clone, PartialEq, Eq)]
struct Column {
    class: String,
    nullable: bool,
    /// A text that is a part of a key or an index and compares byte by byte there.
    by_bytes: bool,
}

/// An index as a database describes it.
struct Index {
    primary: bool,
    unique: bool,
    /// Each with whether it falls.
    columns: Vec<(String, bool)>,
    condition: Option<String>,
}

/// A foreign key as a database describes it.
struct Reference {
    columns: Vec<String>,
    table: String,
    /// Empty where the primary key is meant.
    keys: Vec<String>,
    on_delete: String,
}

impl Schema {
    fn table(&mut self, name: &str) -> &mut Table {
        self.tables.entry(name.to_owned()).or_default()
    }

    fn column(&mut self, table: &str, name: &str, column: Column) {
        self.table(table).columns.insert(name.to_owned(), column);
    }

    fn index(&mut self, table: &str, index: Index) {
        let table = self.table(table);
        if index.primary {
            table.primary_key = index.columns.into_iter().map(|(column, _)| column).collect();
            return;
        }
        let columns: Vec<String> = index
            .columns
            .into_iter()
            .map(|(column, falls)| if falls { format!("{column} desc") } else { column })
            .collect();
        let kind = if index.unique { "unique" } else { "index" };
        let condition = index.condition.map(|text| format!(" where {}", plain(&text))).unwrap_or_default();
        table.indexes.insert(format!("{kind} ({}){condition}", columns.join(", ")));
    }

    fn reference(&mut self, table: &str, reference: Reference) {
        let Reference { columns, table: other, mut keys, on_delete } = reference;
        if keys.is_empty() {
            keys.clone_from(&self.table(&other).primary_key);
        }
        let (columns, keys) = (columns.join(", "), keys.join(", "));
        let text = format!("foreign key ({columns}) to {other} ({keys}) on delete {on_delete}");
        self.table(table).references.insert(text);
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, table) in &self.tables {
            writeln!(f, "table {name}")?;
            for (name, Column { class, nullable, by_bytes }) in &table.columns {
                let null = if *nullable { "null" } else { "not null" };
                let bytes = if *by_bytes { ", by bytes" } else { "" };
                writeln!(f, "    {name} {class} {null}{bytes}")?;
            }
            writeln!(f, "    primary key ({})", table.primary_key.join(", "))?;
            for line in table.indexes.iter().chain(&table.references) {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

/// The class of a declared type; a type that this platform does not use stays as it is. SQLite has no boolean.
fn class(declared: &str) -> String {
    let declared = declared.to_ascii_lowercase();
    let class = match declared.as_str() {
        "integer" | "bigint" | "smallint" | "boolean" => "integer",
        "real" | "double precision" => "real",
        "blob" | "bytea" => "blob",
        other => other,
    };
    class.to_owned()
}

/// A condition without what PostgreSQL adds when it prints one: casts, parentheses, `= ANY (ARRAY[…])` for `IN (…)`.
fn plain(condition: &str) -> String {
    let condition =
        condition.to_ascii_lowercase().replace("= any (array[", "in (").replace(['(', ')', ']'], " ");
    let words = condition.split_whitespace().map(|word| match word.split_once("::") {
        Some((value, cast)) if cast.ends_with(',') => format!("{value},"),
        Some((value, _)) => value.to_owned(),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}
