//! One PostgreSQL database: writes that a dropped caller cannot halve, versions that are refused, stale transactions.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Executor, PgConnection, SqlSafeStr};
use tokio::sync::Notify;
use xiuhua_service_kit::database::{OpenError, holds_nul, passing};
use xiuhua_service_kit::postgres::PostgresDatabase;
use xiuhua_service_kit::status::Kind;
use xiuhua_service_kit::testing::{temporary_postgres, until_idle};

fn migrator(versions: std::ops::RangeInclusive<i64>) -> &'static Migrator {
    let migration = |version: i64| {
        let sql = sqlx::AssertSqlSafe(format!("create table t{version} (n bigint)"));
        Migration::new(version, Cow::Borrowed("t"), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let migrations = versions.map(migration).collect();
    Box::leak(Box::new(Migrator { migrations, ..Migrator::DEFAULT }))
}

async fn open() -> PostgresDatabase {
    PostgresDatabase::open(&temporary_postgres().await, migrator(1..=1)).await.expect("a new database opens")
}

async fn count(database: &PostgresDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from t1").fetch_one(database.reader()).await.expect("t1 is there")
}

async fn insert(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("insert into t1 values (1)").execute(connection).await.map(drop)
}

#[tokio::test]
async fn a_write_whose_caller_is_gone_is_done_as_a_whole() {
    let database = open().await;
    let (half, go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waited, ended) = (Arc::clone(&half), Arc::clone(&go_on), Arc::clone(&done));
    let write = database.write::<_, sqlx::Error, _>(move |connection| {
        async move {
            insert(connection).await?;
            told.notify_one();
            waited.notified().await;
            insert(connection).await?;
            ended.notify_one();
            Ok(())
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
    done.notified().await;
    database.close().await;
    let again = PostgresDatabase::open(&database_url(&database), migrator(1..=1)).await.unwrap();
    assert_eq!(count(&again).await, 2);
}

fn database_url(database: &PostgresDatabase) -> String {
    use sqlx::ConnectOptions;
    database.reader().connect_options().to_url_lossy().to_string()
}

#[tokio::test]
async fn what_is_tried_out_leaves_nothing_and_ends_once_its_caller_is_gone() {
    let database = open().await;
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
    let database = open().await;
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
async fn a_connection_left_inside_a_transaction_is_closed_and_never_handed_on() {
    let database = open().await;
    let stale = database.write::<(), sqlx::Error, _>(|connection| {
        async move {
            // As if the library had begun a second transaction and forgotten it: the first commits, this one stays.
            connection.execute("commit; begin").await?;
            insert(connection).await?;
            connection.execute("commit; begin").await.map(drop)
        }
        .boxed()
    });
    stale.await.unwrap();
    for _ in 0..20 {
        let fresh = database.write::<bool, sqlx::Error, _>(|connection| {
            async move {
                connection.execute("commit").await?;
                let outside = sqlx::query_scalar("select now() = statement_timestamp()");
                let outside = outside.persistent(false).fetch_one(&mut *connection).await;
                connection.execute("begin").await?;
                outside
            }
            .boxed()
        });
        assert!(fresh.await.is_ok());
    }
    assert_eq!(count(&database).await, 1);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_of_an_older_one_upgraded() {
    let url = temporary_postgres().await;
    for versions in [1..=1, 1..=2] {
        PostgresDatabase::open(&url, migrator(versions)).await.unwrap().close().await;
    }
    let refused = PostgresDatabase::open(&url, migrator(1..=1)).await.unwrap_err();
    assert!(matches!(refused, OpenError::Newer { version: 2, .. }), "{refused}");
}

#[tokio::test]
async fn two_processes_that_open_a_new_database_at_once_migrate_it_once() {
    let url = temporary_postgres().await;
    let opened = tokio::join!(
        PostgresDatabase::open(&url, migrator(1..=3)),
        PostgresDatabase::open(&url, migrator(1..=3)),
        PostgresDatabase::open(&url, migrator(1..=3)),
    );
    assert!(opened.0.is_ok() && opened.1.is_ok() && opened.2.is_ok(), "{opened:?}");
}

#[tokio::test]
async fn a_reader_cannot_write_and_a_server_that_is_away_passes() {
    let database = open().await;
    let refused = sqlx::query("insert into t1 values (1)").execute(database.reader()).await.unwrap_err();
    // The code of a server that a failover has made read-only.
    assert_eq!(passing(&refused), Some(Kind::Unavailable), "{refused:?}");
    let nowhere = PostgresDatabase::open("postgres://nobody@127.0.0.1:1/nowhere", migrator(1..=1)).await;
    let Err(OpenError::Open { source, .. }) = nowhere else { panic!("{nowhere:?}") };
    // The pool tries again until its time is over, and cannot tell a server that is away from one that is full.
    assert_eq!(passing(&source), Some(Kind::ResourceExhausted), "{source:?}");
}

async fn setting(connection: &mut PgConnection, name: &str) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(connection).await
}

#[tokio::test]
async fn every_statement_of_a_service_has_an_end_and_a_migration_waits_for_another() {
    let url = temporary_postgres().await;
    let sql =
        "create table t1 as select current_setting('lock_timeout') || current_setting('statement_timeout') n";
    let migration = Migration::new(
        1,
        Cow::Borrowed("t"),
        MigrationType::Simple,
        sqlx::AssertSqlSafe(sql).into_sql_str(),
        false,
    );
    let migrator = Box::leak(Box::new(Migrator { migrations: vec![migration].into(), ..Migrator::DEFAULT }));
    let database = PostgresDatabase::open(&url, migrator).await.unwrap();
    let migrated: String = sqlx::query_scalar("select n from t1").fetch_one(database.reader()).await.unwrap();
    assert_eq!(migrated, "00");
    let mut reader = database.reader().acquire().await.unwrap();
    assert_eq!(setting(&mut reader, "statement_timeout").await.unwrap(), "1min");
    let written = database.write::<_, sqlx::Error, _>(|connection| {
        async move {
            Ok([
                setting(connection, "statement_timeout").await?,
                setting(connection, "lock_timeout").await?,
                setting(connection, "tcp_keepalives_idle").await?,
                setting(connection, "tcp_user_timeout").await?,
            ])
        }
        .boxed()
    });
    assert_eq!(written.await.unwrap(), ["10min", "30s", "30", "60000"]);
}

#[tokio::test]
async fn a_read_that_takes_too_long_is_not_worth_a_repeat() {
    let database = open().await;
    let mut reader = database.reader().acquire().await.unwrap();
    reader.execute("set statement_timeout = '10ms'").await.unwrap();
    let hopeless = reader.execute("select pg_sleep(60)").await.unwrap_err();
    assert_eq!(passing(&hopeless), Some(Kind::DeadlineExceeded), "{hopeless:?}");
}

#[tokio::test]
async fn a_write_that_does_not_end_is_given_up_and_its_connection_closed() {
    let url = temporary_postgres().await;
    let database = PostgresDatabase::open(&url, migrator(1..=1)).await.unwrap();
    let begun = Arc::new(Notify::new());
    let told = Arc::clone(&begun);
    let writer = database.clone();
    let endless = tokio::spawn(async move {
        let written = writer.write::<(), sqlx::Error, _>(move |connection| {
            async move {
                insert(connection).await?;
                told.notify_one();
                std::future::pending().await
            }
            .boxed()
        });
        written.await
    });
    begun.notified().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(15 * 60 + 1)).await;
    tokio::time::resume();
    let given_up = endless.await.unwrap().unwrap_err();
    assert_eq!(passing(&given_up), Some(Kind::Unavailable), "{given_up:?}");
    until_idle(&url).await;
    assert_eq!(count(&database).await, 0);
    database.write::<_, sqlx::Error, _>(|connection| insert(connection).boxed()).await.unwrap();
    assert_eq!(count(&database).await, 1);
}

#[tokio::test]
async fn work_that_waits_for_its_turn_leaves_the_connections_to_others() {
    let database = open().await;
    let (first, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let in_turn = |number: u32| {
        let (database, told, waited) = (database.clone(), Arc::clone(&first), Arc::clone(&go_on));
        tokio::spawn(async move {
            let written = database.write_in_turn::<_, sqlx::Error, _>(move |connection| {
                async move {
                    if number == 0 {
                        told.notify_one();
                        waited.notified().await;
                    }
                    insert(connection).await
                }
                .boxed()
            });
            written.await
        })
    };
    // More than there are connections to write with.
    let waiting: Vec<_> = (0..20).map(in_turn).collect();
    first.notified().await;
    // One that gives up while it waits.
    waiting[19].abort();
    for _ in 0..20 {
        database.write::<_, sqlx::Error, _>(|connection| insert(connection).boxed()).await.unwrap();
    }
    assert_eq!(count(&database).await, 20);
    go_on.notify_one();
    for (number, written) in waiting.into_iter().enumerate() {
        assert_eq!(written.await.is_ok(), number != 19, "{number}");
    }
    assert_eq!(count(&database).await, 39);
}

#[tokio::test]
async fn a_text_with_nul_is_told_from_other_failures() {
    let database = open().await;
    let asked = |text: &'static str| {
        sqlx::query_scalar::<_, String>("select $1 || 'x'").bind(text).fetch_one(database.reader())
    };
    let refused = asked("a\0b").await.unwrap_err();
    assert!(holds_nul(&refused) && passing(&refused).is_none(), "{refused:?}");
    assert_eq!(asked("小区").await.unwrap(), "小区x");
    assert!(!holds_nul(&sqlx::Error::RowNotFound));
}
