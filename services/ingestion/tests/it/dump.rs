//! Everything that a database holds, for tests of what must not change.

use std::collections::BTreeMap;

use sqlx::{Connection, PgConnection, SqliteConnection};

/// Rows as text, sorted, by table.
pub(crate) type Dump = BTreeMap<String, Vec<String>>;

/// Reads every table of ours.
pub(crate) async fn dump(url: &str) -> Dump {
    let mut dump = Dump::new();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        let tables: Vec<(String, String)> = sqlx::query_as(
            "SELECT t.name, group_concat('quote(' || c.name || ')', '||''|''||')
             FROM pragma_table_list t JOIN pragma_table_info(t.name) c
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' GROUP BY t.name",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for (table, columns) in tables {
            let sql = format!("SELECT {columns} AS line FROM {table} ORDER BY line");
            let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
            dump.insert(table, rows);
        }
        return dump;
    }
    let mut connection = PgConnection::connect(url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    for table in tables {
        let sql = format!("SELECT row_to_json(t)::text AS line FROM {table} AS t ORDER BY line");
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        dump.insert(table, rows);
    }
    dump
}

/// How many packs of observations and rows of places wait for the seal of their batches.
pub(crate) fn staged_parts(dump: &Dump) -> usize {
    dump["staged_pack"].len() + dump["staged_place"].len()
}
