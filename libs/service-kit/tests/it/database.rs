//! One database: writes that a dropped caller cannot halve, and versions that are refused.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, SqlSafeStr, SqliteConnection};
use tokio::sync::Notify;
use xiuhua_service_kit::database::{OpenError, passing};
use xiuhua_service_kit::sqlite::{FLEETING, SqliteDatabase};
use xiuhua_service_kit::status::Kind;
use xiuhua_service_kit::testing::TemporaryDatabase;

fn migrator(versions: std::ops::RangeInclusive<i64>) -> &'static Migrator {
    let migration = |version: i64| {
        let sql = sqlx::AssertSqlSafe(format!("create table t{version} (n integer)"));
        Migration::new(version, Cow::Borrowed("t"), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let migrations = versions.map(migration).collect();
    Box::leak(Box::new(Migrator { migrations, ..Migrator::DEFAULT }))
}

async fn count(database: &SqliteDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from t1").fetch_one(database.reader()).await.expect("t1 is there")
}

async fn insert(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("insert into t1 values (1)").execute(connection).await.map(drop)
}

#[tokio::test]
async fn a_write_whose_caller_is_gone_is_done_as_a_whole() {
    let place = TemporaryDatabase::new();
    let database = SqliteDatabase::open(&place.url(), migrator(1..=1)).await.unwrap();
    let (half, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waited) = (Arc::clone(&half), Arc::clone(&go_on));
    let write = database.write::<_, sqlx::Error, _>(move |connection| {
        async move {
            insert(connection).await?;
            told.notify_one();
            waited.notified().await;
            insert(connection).await
        }
        .boxed()
    });
    tokio::select! {
        _ = write => unreachable!("it waits"),
        () = half.notified() => {}
    }
    // The caller's future is dropped here, in the middle.
    assert_eq!(count(&database).await, 0);
    go_on.notify_one();
    database.write::<_, sqlx::Error, _>(|connection| insert(connection).boxed()).await.unwrap();
    assert_eq!(count(&database).await, 3);
}

#[tokio::test]
async fn what_is_tried_out_leaves_nothing_and_ends_once_its_caller_is_gone() {
    let place = TemporaryDatabase::new();
    let database = SqliteDatabase::open(&place.url(), migrator(1..=1)).await.unwrap();
    let found = database.try_out::<i64, sqlx::Error, _>(|connection| {
        async move {
            insert(connection).await?;
            sqlx::query_scalar("select count(*) from t1").fetch_one(connection).await
        }
        .boxed()
    });
    assert_eq!(found.await.unwrap(), 1);
    let half = Arc::new(Notify::new());
    let told = Arc::clone(&half);
    let trial = database.try_out::<(), sqlx::Error, _>(move |connection| {
        async move {
            insert(connection).await?;
            told.notify_one();
            std::future::pending().await
        }
        .boxed()
    });
    tokio::select! {
        _ = trial => unreachable!("it waits"),
        () = half.notified() => {}
    }
    // Nobody would ever let it go on.
    database.write_in_turn::<_, sqlx::Error, _>(|connection| insert(connection).boxed()).await.unwrap();
    assert_eq!(count(&database).await, 1);
}

#[tokio::test]
async fn a_write_that_fails_leaves_nothing() {
    let place = TemporaryDatabase::new();
    let database = SqliteDatabase::open(&place.url(), migrator(1..=1)).await.unwrap();
    let failed = database.write::<(), sqlx::Error, _>(|connection| {
        async move {
            insert(connection).await?;
            Err(sqlx::Error::RowNotFound)
        }
        .boxed()
    });
    assert!(failed.await.is_err());
    assert_eq!(count(&database).await, 0);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_of_an_older_one_upgraded() {
    let place = TemporaryDatabase::new();
    for versions in [1..=1, 1..=2] {
        SqliteDatabase::open(&place.url(), migrator(versions)).await.unwrap().close().await;
    }
    let refused = SqliteDatabase::open(&place.url(), migrator(1..=1)).await.unwrap_err();
    assert!(matches!(refused, OpenError::Newer { version: 2, .. }), "{refused}");
}

#[tokio::test]
async fn only_a_file_in_the_temporary_folder_may_be_one_that_need_not_last() {
    let place = TemporaryDatabase::new();
    let fleeting = place.url() + FLEETING;
    SqliteDatabase::open(&fleeting, migrator(1..=1)).await.unwrap().close().await;
    let above = std::env::temp_dir().join("../record.db");
    for lasting in
        ["sqlite:record.db", "sqlite:/var/lib/xiuhua/record.db", &format!("sqlite:{}", above.display())]
    {
        let refused = SqliteDatabase::open(&(lasting.to_owned() + FLEETING), migrator(1..=1)).await;
        assert!(matches!(refused, Err(OpenError::Lasting { .. })), "{refused:?}");
        assert!(!std::path::Path::new("record.db").exists());
    }
}

#[tokio::test]
async fn a_migration_that_leaves_a_row_without_its_parent_is_refused_by_both_names() {
    let place = TemporaryDatabase::new();
    let migration = |version, sql: &'static str| {
        let sql = sqlx::AssertSqlSafe(sql).into_sql_str();
        Migration::new(version, Cow::Borrowed("t"), MigrationType::Simple, sql, false)
    };
    let tables = "create table parent (id integer primary key); \
                  create table child (parent integer references parent); \
                  insert into parent values (1); insert into child values (1)";
    let sound = vec![migration(1, tables)];
    let torn = vec![migration(1, tables), migration(2, "delete from parent")];
    let migrator = |migrations: Vec<Migration>| -> &'static Migrator {
        Box::leak(Box::new(Migrator { migrations: migrations.into(), ..Migrator::DEFAULT }))
    };
    SqliteDatabase::open(&place.url(), migrator(sound)).await.unwrap().close().await;
    let torn = migrator(torn);
    // Also the second time, when there is nothing left to migrate.
    for _ in 0..2 {
        let refused = SqliteDatabase::open(&place.url(), torn).await.unwrap_err();
        let said = xiuhua_service_kit::status::chain(&refused);
        assert!(said.contains("`child`") && said.contains("`parent`"), "{said}");
    }
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let place = TemporaryDatabase::new();
    let database = SqliteDatabase::open(&place.url(), migrator(1..=1)).await.unwrap();
    assert!(sqlx::query("insert into t1 values (1)").execute(database.reader()).await.is_err());
}

#[tokio::test]
async fn a_locked_file_and_a_pool_without_a_free_connection_pass_and_a_mistake_does_not() {
    let place = TemporaryDatabase::new();
    SqliteDatabase::open(&place.url(), migrator(1..=1)).await.unwrap().close().await;
    let options: SqliteConnectOptions = place.url().parse().unwrap();
    let options = options.busy_timeout(Duration::ZERO);
    let mut first = options.connect().await.unwrap();
    let mut second = options.connect().await.unwrap();
    let writing = first.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let locked = second.begin_with("BEGIN IMMEDIATE").await.unwrap_err();
    assert_eq!(passing(&locked), Some(Kind::Unavailable), "{locked:?}");
    drop(writing);

    let one = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(1));
    let pool = one.connect_lazy_with(options);
    // The first may itself be too slow for so short a time, and is then as good an example.
    let taken = pool.acquire().await;
    let empty = match taken {
        Ok(_) => pool.acquire().await.unwrap_err(),
        Err(late) => late,
    };
    assert_eq!(passing(&empty), Some(Kind::ResourceExhausted), "{empty:?}");

    let mistake = sqlx::query("select * from nowhere").execute(&mut second).await.unwrap_err();
    assert_eq!(passing(&mistake), None);
}
