//! A database file copied while it is written to, and checked for damage.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqlSafeStr};
use xiuhua_service_kit::sqlite::{SqliteDatabase, check, copy_to, newest_migration};
use xiuhua_service_kit::testing::TemporaryDatabase;

/// Two tables that are only ever written together.
static PAIRS: LazyLock<Migrator> = LazyLock::new(|| {
    let sql =
        "create table a (n integer primary key); create table b (n integer references a (n), text text)";
    let pairs = Migration::new(7, Cow::Borrowed("pairs"), MigrationType::Simple, sql.into_sql_str(), false);
    Migrator { migrations: Cow::Owned(vec![pairs]), ..Migrator::DEFAULT }
});

async fn write(database: &SqliteDatabase, n: i64) {
    let write = database.write::<_, sqlx::Error, _>(move |connection| {
        async move {
            sqlx::query("insert into a values (?)").bind(n).execute(&mut *connection).await?;
            let text = format!("number {n:09}");
            sqlx::query("insert into b values (?, ?)").bind(n).bind(text).execute(connection).await?;
            Ok(())
        }
        .boxed()
    });
    write.await.expect("it is written");
}

#[tokio::test]
async fn a_copy_made_while_another_writes_is_whole_and_between_two_transactions() {
    let place = TemporaryDatabase::new();
    let database = SqliteDatabase::open(&place.url(), &PAIRS).await.unwrap();
    write(&database, 0).await;
    let folder = tempfile::tempdir().unwrap();
    let copied = AtomicBool::new(false);
    let writing = async {
        let mut written = 0;
        while !copied.load(Ordering::Relaxed) {
            written += 1;
            write(&database, written).await;
        }
        written
    };
    let copying = async {
        let mut copies = Vec::new();
        for copy in 0..5 {
            let to = folder.path().join(format!("{copy}.db"));
            assert_eq!(copy_to(&place.url(), &to).await.unwrap(), 7);
            copies.push(to);
        }
        copied.store(true, Ordering::Relaxed);
        copies
    };
    let (written, copies) = tokio::join!(writing, copying);
    assert!(written > 0, "nobody waited for the copies");
    for copy in copies {
        let url = format!("sqlite:{}", copy.display());
        assert_eq!(check(&url).await.unwrap(), Vec::<String>::new());
        let copy = SqliteDatabase::open(&url, &PAIRS).await.unwrap();
        let counts: (i64, i64) = sqlx::query_as("select (select count(*) from a), (select count(*) from b)")
            .fetch_one(copy.reader())
            .await
            .unwrap();
        assert_eq!(counts.0, counts.1, "a copy holds whole transactions");
        copy.close().await;
    }
}

#[tokio::test]
async fn a_copy_overwrites_nothing_and_a_missing_file_is_not_made() {
    let place = TemporaryDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy.db");
    assert!(copy_to(&place.url(), &to).await.is_err());
    assert!(newest_migration(&place.url()).await.is_err());
    SqliteDatabase::open(&place.url(), &PAIRS).await.unwrap().close().await;
    std::fs::write(&to, "mine").unwrap();
    assert!(copy_to(&place.url(), &to).await.is_err());
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
}

#[tokio::test]
async fn damage_and_foreign_keys_that_lead_nowhere_are_found() {
    let place = TemporaryDatabase::new();
    let database = SqliteDatabase::open(&place.url(), &PAIRS).await.unwrap();
    for n in 0..500 {
        write(&database, n).await;
    }
    database.close().await;
    assert_eq!(check(&place.url()).await.unwrap(), Vec::<String>::new());

    // Another program, which does not keep the keys.
    let careless: SqliteConnectOptions = place.url().parse().unwrap();
    let mut careless = careless.foreign_keys(false).connect().await.unwrap();
    sqlx::query("delete from a where n = 3").execute(&mut careless).await.unwrap();
    careless.close().await.unwrap();
    let dangling = check(&place.url()).await.unwrap();
    assert!(dangling.len() == 1 && dangling[0].contains("a row of b"), "{dangling:?}");

    let path = place.url().strip_prefix("sqlite:").unwrap().to_owned();
    let mut damaged = std::fs::read(&path).unwrap();
    // The header of the second page: its kind of b-tree.
    damaged[4096] ^= 0xff;
    std::fs::write(&path, &damaged).unwrap();
    assert_ne!(check(&place.url()).await.unwrap(), Vec::<String>::new());
    std::fs::write(&path, "this is no database, and long enough to be looked at".repeat(100)).unwrap();
    assert_ne!(check(&place.url()).await.unwrap(), Vec::<String>::new());
}
