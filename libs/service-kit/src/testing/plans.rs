//! How a database would run a statement, and raw statements to bring it into the state that a test needs.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::database::Backend;

/// Runs statements, separated by semicolons, on the database at an address.
///
/// # Panics
/// There is no such database, or a statement fails.
pub async fn execute(url: &str, statements: &str) {
    let statements = sqlx::raw_sql(AssertSqlSafe(statements));
    let done = match Backend::of(url).expect("the address names a database") {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.expect("the file opens");
            statements.execute(&mut connection).await.map(drop)
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(url).await.expect("the database opens");
            statements.execute(&mut connection).await.map(drop)
        }
    };
    done.expect("the statements are right");
}

/// SQLite's plan for a statement, whatever its parameters: one line a step.
///
/// # Panics
/// There is no such file, or the statement is wrong.
pub async fn sqlite_plan(url: &str, statement: &str) -> String {
    let mut connection = SqliteConnection::connect(url).await.expect("the file opens");
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(explain))
        .fetch_all(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"));
    steps.into_iter().map(|(_, _, _, step)| step).collect::<Vec<_>>().join("\n")
}

/// PostgreSQL's generic plan for a statement: the one it keeps when the same statement comes with ever other
/// parameters. It depends on what is in the tables; [`execute`] `ANALYZE` first.
///
/// # Panics
/// There is no such database, or the statement is wrong.
pub async fn postgres_plan(url: &str, statement: &str) -> String {
    let mut connection = PgConnection::connect(url).await.expect("the database opens");
    // `EXPLAIN (GENERIC_PLAN)` is there from version 16 on.
    let prepare = format!("SET plan_cache_mode = force_generic_plan; PREPARE explained AS {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"));
    let parameters: i32 = sqlx::query_scalar(
        "SELECT coalesce(cardinality(parameter_types), 0) FROM pg_prepared_statements WHERE name = 'explained'",
    )
    .fetch_one(&mut connection)
    .await
    .expect("the statement was prepared");
    let nulls = vec!["NULL"; usize::try_from(parameters).unwrap_or_default()].join(", ");
    let given = if nulls.is_empty() { String::new() } else { format!("({nulls})") };
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE explained{given}");
    let steps: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(explain))
        .fetch_all(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"));
    steps.into_iter().map(|(step,)| step).collect::<Vec<_>>().join("\n")
}

/// The tables that a plan of either database reads from end to end without an index. Where the statement gives a table
/// another name, SQLite says that one.
#[must_use]
pub fn full_scans(plan: &str) -> Vec<String> {
    plan.lines().filter_map(full_scan).map(str::to_owned).collect()
}

fn full_scan(step: &str) -> Option<&str> {
    if let Some((_, table)) = step.split_once("Seq Scan on ") {
        return table.split_whitespace().next();
    }
    let scanned = step.trim().strip_prefix("SCAN ")?;
    let by_index = [" USING ", " VIRTUAL TABLE "].iter().any(|way| scanned.contains(way));
    let made_up = scanned.contains("CONSTANT ROW") || scanned.starts_with('(');
    if by_index || made_up { None } else { scanned.split_whitespace().next() }
}
