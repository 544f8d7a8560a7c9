//! What PostgreSQL says of its schema.

use sqlx::{Connection, PgConnection};

use super::{Column, Index, Reference, Schema, class};

const COLUMNS: &str = "\
SELECT t.relname::text, c.attname::text, format_type(c.atttypid, c.atttypmod), NOT c.attnotnull, \
    EXISTS (SELECT FROM pg_index i, generate_series(0, i.indnkeyatts - 1) n \
            WHERE i.indrelid = t.oid AND i.indkey[n] = c.attnum) \
    AND EXISTS (SELECT FROM pg_collation l WHERE l.oid = c.attcollation AND l.collname = 'C') \
FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped \
WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p') \
    AND t.relname <> '_sqlx_migrations'";

const INDEXES: &str = "\
SELECT t.relname::text, i.indisprimary, i.indisunique, pg_get_expr(i.indpred, i.indrelid), \
    (SELECT array_agg(coalesce(c.attname::text, '(expression)') ORDER BY n) \
     FROM generate_series(0, i.indnkeyatts - 1) n \
     LEFT JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = i.indkey[n]), \
    (SELECT array_agg(i.indoption[n] & 1 = 1 ORDER BY n) FROM generate_series(0, i.indnkeyatts - 1) n) \
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid \
WHERE t.relnamespace = current_schema()::regnamespace AND t.relname <> '_sqlx_migrations'";

const REFERENCES: &str = "\
SELECT t.relname::text, o.relname::text, \
    (SELECT array_agg(c.attname::text ORDER BY k.n) FROM unnest(f.conkey) WITH ORDINALITY k (at, n) \
     JOIN pg_attribute c ON c.attrelid = f.conrelid AND c.attnum = k.at), \
    (SELECT array_agg(c.attname::text ORDER BY k.n) FROM unnest(f.confkey) WITH ORDINALITY k (at, n) \
     JOIN pg_attribute c ON c.attrelid = f.confrelid AND c.attnum = k.at), \
    f.confdeltype::text \
FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid JOIN pg_class o ON o.oid = f.confrelid \
WHERE f.contype = 'f' AND t.relnamespace = current_schema()::regnamespace";

/// Table, whether a key, whether unique, condition, columns, which of them fall.
type IndexRow = (String, bool, bool, Option<String>, Vec<String>, Vec<bool>);
/// Table, table referred to, columns, columns there, what a deletion there does.
type ReferenceRow = (String, String, Vec<String>, Vec<String>, String);

/// The schema of a PostgreSQL database.
///
/// # Panics
/// There is no such database.
pub async fn postgres_schema(url: &str) -> Schema {
    let mut connection = PgConnection::connect(url).await.expect("the database opens");
    let mut schema = Schema::default();
    let columns: Vec<(String, String, String, bool, bool)> =
        sqlx::query_as(COLUMNS).fetch_all(&mut connection).await.expect("PostgreSQL describes its columns");
    for (table, name, declared, nullable, by_bytes) in columns {
        schema.column(&table, &name, Column { class: class(&declared), nullable, by_bytes });
    }
    let indexes: Vec<IndexRow> =
        sqlx::query_as(INDEXES).fetch_all(&mut connection).await.expect("PostgreSQL describes its indexes");
    for (table, primary, unique, condition, columns, falling) in indexes {
        let columns = columns.into_iter().zip(falling).collect();
        schema.index(&table, Index { primary, unique, columns, condition });
    }
    let references: Vec<ReferenceRow> =
        sqlx::query_as(REFERENCES).fetch_all(&mut connection).await.expect("PostgreSQL describes references");
    for (from_table, table, columns, keys, on_delete) in references {
        let on_delete = match on_delete.as_str() {
            "a" => "no action",
            "r" => "restrict",
            "c" => "cascade",
            "n" => "set null",
            _ => "set default",
        };
        schema.reference(&from_table, Reference { columns, table, keys, on_delete: on_delete.to_owned() });
    }
    schema
}
