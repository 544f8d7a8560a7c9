//! What SQLite says of its schema.

use std::collections::BTreeMap;

use sqlx::{Connection, SqliteConnection};

use super::{Column, Index, Reference, Schema, class};

/// Tables of ours: neither SQLite's nor the library's.
macro_rules! of_our_tables {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM pragma_table_list t ",
            $rest,
            " WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ",
            "AND t.name <> '_sqlx_migrations' "
        )
    };
}

/// Table, index, whether unique, origin, text, and of one column its name, whether it falls, and its collation.
type IndexRow = (String, String, bool, String, Option<String>, Option<String>, bool, String);

/// The schema of a SQLite file.
///
/// # Panics
/// There is no such file.
pub async fn sqlite_schema(url: &str) -> Schema {
    let mut connection = SqliteConnection::connect(url).await.expect("the file opens");
    let mut schema = Schema::default();
    read_columns(&mut connection, &mut schema).await;
    read_indexes(&mut connection, &mut schema).await;
    read_references(&mut connection, &mut schema).await;
    schema
}

async fn read_columns(connection: &mut SqliteConnection, schema: &mut Schema) {
    let columns: Vec<(String, bool, String, String, bool, i64)> = sqlx::query_as(concat!(
        of_our_tables!(
            "t.name, t.wr, c.name, c.type, c.\"notnull\", c.pk",
            "JOIN pragma_table_info(t.name) c"
        ),
        "ORDER BY t.name, c.pk"
    ))
    .fetch_all(connection)
    .await
    .expect("SQLite describes its columns");
    for (table, without_rowid, name, declared, not_null, place_in_key) in columns {
        let class = class(&declared);
        let in_key = place_in_key > 0;
        if in_key {
            // An alias of the row id has no index that would tell; where there is one, it says the same again.
            schema.table(&table).primary_key.push(name.clone());
        }
        // The declaration of a key of a row id table does not forbid NULL, unless it is an alias of the row id.
        let nullable = !not_null && !(in_key && (without_rowid || class == "integer"));
        schema.column(&table, &name, Column { class, nullable, by_bytes: false });
    }
}

async fn read_indexes(connection: &mut SqliteConnection, schema: &mut Schema) {
    let columns: Vec<IndexRow> = sqlx::query_as(concat!(
        of_our_tables!(
            "t.name, i.name, i.\"unique\", i.origin, s.sql, x.name, x.desc, x.coll",
            "JOIN pragma_index_list(t.name) i JOIN pragma_index_xinfo(i.name) x ON x.key \
                 LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = i.name"
        ),
        "ORDER BY i.name, x.seqno"
    ))
    .fetch_all(connection)
    .await
    .expect("SQLite describes its indexes");
    let mut indexes: BTreeMap<(String, String), Index> = BTreeMap::new();
    for (table, name, unique, origin, sql, column, falls, collation) in columns {
        if let Some(column) = column.as_ref().and_then(|column| schema.table(&table).columns.get_mut(column))
        {
            column.by_bytes |= column.class == "text" && collation == "BINARY";
        }
        let condition = sql.and_then(|sql| Some(sql.split_once(" WHERE ")?.1.to_owned()));
        let new = Index { primary: origin == "pk", unique, columns: Vec::new(), condition };
        let index = indexes.entry((table, name)).or_insert(new);
        index.columns.push((column.unwrap_or_else(|| "(expression)".to_owned()), falls));
    }
    for ((table, _), index) in indexes {
        schema.index(&table, index);
    }
}

async fn read_references(connection: &mut SqliteConnection, schema: &mut Schema) {
    let columns: Vec<(String, i64, String, String, Option<String>, String)> = sqlx::query_as(concat!(
        of_our_tables!(
            "t.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete",
            "JOIN pragma_foreign_key_list(t.name) f"
        ),
        "ORDER BY f.seq"
    ))
    .fetch_all(connection)
    .await
    .expect("SQLite describes its references");
    let mut references: BTreeMap<(String, i64), Reference> = BTreeMap::new();
    for (from_table, number, table, column, key, on_delete) in columns {
        let on_delete = on_delete.to_ascii_lowercase();
        let new = Reference { columns: Vec::new(), table, keys: Vec::new(), on_delete };
        let reference = references.entry((from_table, number)).or_insert(new);
        reference.columns.push(column);
        reference.keys.extend(key);
    }
    for ((table, _), reference) in references {
        schema.reference(&table, reference);
    }
}
