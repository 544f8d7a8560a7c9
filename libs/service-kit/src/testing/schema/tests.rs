//! Equal schemas read equal from both databases, and each difference shows.

use super::*;
use crate::testing::{
    TemporaryDatabase, execute, full_scans, postgres_plan, sqlite_plan, temporary_postgres,
};

const SQLITE: &str = "\
CREATE TABLE town (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    area REAL,
    rural INTEGER NOT NULL,
    mark BLOB,
    UNIQUE (code, kind)
);
CREATE INDEX town_by_kind ON town (kind, number DESC) WHERE kind IN ('A', 'B') AND area IS NOT NULL;
CREATE UNIQUE INDEX town_by_mark ON town (mark);
CREATE TABLE place (
    number INTEGER NOT NULL REFERENCES town,
    id TEXT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (number, id),
    FOREIGN KEY (code, kind) REFERENCES town (code, kind) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY)";

const POSTGRES: &str = "\
CREATE TABLE town (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code TEXT COLLATE \"C\" NOT NULL,
    kind TEXT COLLATE \"C\" NOT NULL,
    area DOUBLE PRECISION,
    rural BOOLEAN NOT NULL,
    mark BYTEA,
    UNIQUE (code, kind)
);
CREATE INDEX town_by_kind ON town (kind, number DESC) WHERE kind IN ('A', 'B') AND area IS NOT NULL;
CREATE UNIQUE INDEX town_by_mark ON town (mark);
CREATE TABLE place (
    number BIGINT NOT NULL REFERENCES town,
    id TEXT COLLATE \"C\" NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (number, id),
    FOREIGN KEY (code, kind) REFERENCES town (code, kind) ON DELETE CASCADE
);
CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY)";

const MEANT: &str = "\
table place
    code text not null
    id text not null, by bytes
    kind text not null
    number integer not null
    primary key (number, id)
    foreign key (code, kind) to town (code, kind) on delete cascade
    foreign key (number) to town (number) on delete no action
table town
    area real null
    code text not null, by bytes
    kind text not null, by bytes
    mark blob null
    number integer not null
    rural integer not null
    primary key (number)
    index (kind, number desc) where kind in 'a', 'b' and area is not null
    unique (code, kind)
    unique (mark)
";

async fn postgres(statements: &str) -> Schema {
    let url = temporary_postgres().await;
    execute(&url, statements).await;
    postgres_schema(&url).await
}

#[tokio::test]
async fn schemas_that_mean_the_same_are_equal() {
    let place = TemporaryDatabase::new();
    execute(&format!("{}?mode=rwc", place.url()), SQLITE).await;
    let on_sqlite = sqlite_schema(&place.url()).await;
    assert_eq!(format!("{on_sqlite:?}"), MEANT);
    assert_eq!(postgres(POSTGRES).await, on_sqlite);
}

#[tokio::test]
async fn each_difference_shows() {
    let meant = postgres(POSTGRES).await;
    for (was, is) in [
        ("mark BYTEA,", "mark BYTEA, more TEXT,"),
        ("mark BYTEA,", "mark BYTEA NOT NULL,"),
        ("area DOUBLE PRECISION", "area BIGINT"),
        ("id TEXT COLLATE \"C\"", "id TEXT"),
        ("PRIMARY KEY (number, id)", "PRIMARY KEY (id, number)"),
        ("UNIQUE (code, kind)", "UNIQUE (kind, code)"),
        ("number DESC)", "number)"),
        ("AND area IS NOT NULL", "AND area IS NULL"),
        ("UNIQUE INDEX", "INDEX"),
        ("ON DELETE CASCADE", ""),
        ("REFERENCES town,", ","),
        ("_sqlx_migrations", "another"),
    ] {
        let other = POSTGRES.replace(was, is);
        assert_ne!(other, POSTGRES, "{was}");
        assert_ne!(postgres(&other).await, meant, "{was} → {is}");
    }
}

#[tokio::test]
async fn a_plan_says_what_is_read_from_end_to_end() {
    let place = TemporaryDatabase::new();
    let sqlite = format!("{}?mode=rwc", place.url());
    execute(&sqlite, SQLITE).await;
    let postgres = temporary_postgres().await;
    execute(&postgres, POSTGRES).await;
    let rows = "INSERT INTO town (code, kind, rural) SELECT n::text, n::text, false FROM generate_series(1, 5000) n; \
                ANALYZE";
    execute(&postgres, rows).await;

    let by_key = "SELECT area FROM town WHERE code = $1 AND kind > $2 ORDER BY kind LIMIT $3";
    let by_area = "SELECT code FROM town AS t WHERE area = $1";
    let without = "SELECT 1";
    for (statement, on_sqlite, on_postgres) in
        [(by_key, vec![], vec![]), (by_area, vec!["t"], vec!["town"]), (without, vec![], vec![])]
    {
        let (of_sqlite, of_postgres) =
            (sqlite_plan(&sqlite, statement).await, postgres_plan(&postgres, statement).await);
        assert_eq!(full_scans(&of_sqlite), on_sqlite, "{of_sqlite}");
        assert_eq!(full_scans(&of_postgres), on_postgres, "{of_postgres}");
    }
    assert!(full_scans("SCAN town USING COVERING INDEX town_by_kind\nSCAN (subquery-1)").is_empty());
    assert!(full_scans("SCAN json_each VIRTUAL TABLE INDEX 1:\nSCAN 2 CONSTANT ROWS").is_empty());
    assert_eq!(full_scans("  ->  Parallel Seq Scan on place p\n      Filter: x"), ["place"]);
}
