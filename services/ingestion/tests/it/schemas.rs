//! The tables of both databases: equal in effect, upgraded from the version before, refused from a later one.

use xiuhua_ingestion::domain::batch::Position;
use xiuhua_ingestion::domain::quarantine::QuarantineState;
use xiuhua_ingestion::store::{self, Opened, QuarantineFilter};
use xiuhua_service_kit::testing::{
    TemporaryDatabase, execute, postgres_schema, sqlite_schema, temporary_postgres,
};

use crate::delivering::*;

const VERSION_1: &str = include_str!("../../migrations/sqlite/0001_ingestion.sql");

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_keys_and_indexes() {
    let (file, postgres) = (TemporaryDatabase::new(), temporary_postgres().await);
    store::open(&file.url()).await.unwrap();
    store::open(&postgres).await.unwrap();
    let (sqlite, postgres) = (sqlite_schema(&file.url()).await, postgres_schema(&postgres).await);
    // PostgreSQL quotes the word `position` where it prints the condition of an index.
    assert_eq!(format!("{sqlite:?}"), format!("{postgres:?}").replace('"', ""));
}

/// A file as version 1 left it: two sealed batches and an open one, with rows of each kind.
async fn of_version_1() -> TemporaryDatabase {
    use sha2::{Digest, Sha384};
    let file = TemporaryDatabase::new();
    execute(&format!("{}?mode=rwc", file.url()), VERSION_1).await;
    let checksum: String = Sha384::digest(VERSION_1).iter().map(|byte| format!("{byte:02x}")).collect();
    let rows = format!(
        "CREATE TABLE _sqlx_migrations (
             version BIGINT PRIMARY KEY, description TEXT NOT NULL,
             installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL,
             checksum BLOB NOT NULL, execution_time BIGINT NOT NULL);
         INSERT INTO _sqlx_migrations VALUES (1, 'ingestion', '2026-01-01', TRUE, x'{checksum}', 1);
         INSERT INTO measure VALUES ('visits', '走访', 'Visits', 'visits', 0.0, 100.0, 0, 0, '', '');
         INSERT INTO source VALUES ('file', '文件', 'file', 100);
         INSERT INTO source_precedence VALUES ('file', 2, 100);
         INSERT INTO mutation VALUES ('r3', 'ImportObservations', zeroblob(32), CAST('b3' AS BLOB));
         INSERT INTO batch VALUES
             (1, 'b1', 'PLACES', 'p.csv', 'r1', 5, 1, 1, 0, 1, 10, 1, 1, 0, 0, 0),
             (2, 'b2', 'OBSERVATIONS', 'o.csv', 'r2', 15, 1, 1, 0, 2, 20, 2, 1, 0, 0, 1),
             (3, 'b3', 'OBSERVATIONS', 'test.csv', 'r3', 25, 1, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
         INSERT INTO place_revision VALUES ('A', 1, 2, '甲', '', '', '', '', NULL, NULL, '{{}}', zeroblob(32));
         INSERT INTO observation VALUES ('visits', '2021', 'A', 'file', 20, 2, 1.5, 4609434218613702656, NULL, 2);
         INSERT INTO rejected_row VALUES (2, 3, 1, '[]', 'Z,visits,2021,1');
         INSERT INTO staged_observation VALUES
             (3, 0, 2, 'A', 'visits', '2021', 'file', 9.0, 4621256167635550208, NULL, NULL, '');"
    );
    execute(&file.url(), &rows).await;
    file
}

#[tokio::test]
async fn a_file_of_version_1_opens_with_its_rows_and_goes_on() {
    let file = of_version_1().await;
    let store = store::open(&file.url()).await.unwrap();
    let store = &*store;
    assert_eq!(store.position().await.unwrap(), Position(2));
    assert_eq!(value(store, "A", now(store).await).await, Some(1.5));
    let shown = revisions(store, "A").await;
    assert_eq!((shown.len(), shown[0].row, shown[0].effective), (1, 2, true));
    let batches: Vec<_> = store.batches(None, 9).await.unwrap().into_iter().map(|(_, batch)| batch).collect();
    let states: Vec<_> = batches.iter().map(|batch| (batch.id.as_str(), batch.seal.is_some())).collect();
    assert_eq!(states, [("b3", false), ("b2", true), ("b1", true)]);
    assert!(batches.iter().all(|batch| batch.withdrawal.is_none()));
    assert_eq!(rejected(store, &batches[1].id).await[0].original, "Z,visits,2021,1");
    assert_eq!(store.position_at(at(19)).await.unwrap(), Position(1));
    // Chunks of version 1 cannot be recognised, so what was open begins anew.
    let mut name = mutation("ImportObservations", 0);
    name.request_id = xiuhua_service_kit::request_id::RequestId::parse("r3").unwrap();
    let kind = xiuhua_ingestion::domain::batch::BatchKind::Observations;
    let opened = store.open_delivery(new_delivery(kind, name, 30)).await.unwrap();
    let Opened::Open { delivery, acknowledged: 0 } = opened else { panic!("{opened:?}") };
    store.stage_observations(delivery, chunk(1, 1), pack([say(2, "A", 1.5)])).await.unwrap();
    let sealed = store.seal(delivery, 1, stopped(40)).await.unwrap();
    assert_eq!(sealed.seal.unwrap().counts, counts(1, 0, 0, 1, 0));
    withdraw(store, 50, &batches[1]).await;
    assert_eq!(value(store, "A", now(store).await).await, Some(1.5));
    // And what an upgrade makes is what a new file has.
    let new = TemporaryDatabase::new();
    store::open(&new.url()).await.unwrap();
    assert_eq!(sqlite_schema(&file.url()).await, sqlite_schema(&new.url()).await);
}

const SQLITE_2: &str = include_str!("../../migrations/sqlite/0002_withdrawals.sql");
const POSTGRES_2: &str = include_str!("../../migrations/postgres/0002_ingestion.sql");

/// What a record of version 2 held, the same for both databases; `$blob` is 32 bytes.
const ROWS_OF_VERSION_2: &str = "
    INSERT INTO measure VALUES ('visits', '走访', 'Visits', 'visits', 0.0, 100.0, FALSE, FALSE, '', '');
    INSERT INTO source VALUES ('file', '文件', 'file', 100), ('cloud', 'cloud', 'cloud', 100);
    INSERT INTO source_precedence VALUES ('file', 2, 100), ('cloud', 3, 100);
    INSERT INTO batch (batch_id, kind, file_name, request_id, received_at, attempt, acknowledged_sequence, staged_rows,
                       position, sealed_at, rows_read, accepted, corrected, duplicate, rejected, opened_at)
        VALUES ('b1', 'PLACES', 'p.csv', 'r1', 5, 1, 1, 0, 1, 10, 1, 1, 0, 0, 0, 5),
               ('b2', 'OBSERVATIONS', 'o.csv', 'r2', 15, 1, 1, 0, 2, 20, 2, 1, 0, 0, 1, 15),
               ('b3', 'OBSERVATIONS', 'o.csv', 'r3', 25, 1, 1, 0, 3, 30, 3, 2, 1, 0, 0, 25);
    INSERT INTO place_revision VALUES ('A', 1, 2, '甲', '', '', '', '', NULL, NULL, '{}', $blob);
    INSERT INTO observation VALUES
        ('visits', '2021', 'A', 'file', 20, 2, 1.5, 4609434218613702656, NULL, 2),
        ('visits', '2021', 'A', 'file', 30, 3, 2.0, 4611686018427387904, NULL, 2),
        ('visits', '2022', 'A', 'file', 30, 3, 2.0, 4611686018427387904, NULL, 3),
        ('visits', '2021', 'A', 'cloud', 30, 3, 2.0, 4611686018427387904, NULL, 4);
    INSERT INTO rejected_row VALUES (2, 3, 1, '[]', 'Z,visits,2021,1');";

/// The mark of a migration that ran.
fn applied(version: i64, description: &str, text: &str, is_postgres: bool) -> String {
    use sha2::{Digest, Sha384};
    let checksum: String = Sha384::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let checksum = if is_postgres { format!("'\\x{checksum}'") } else { format!("x'{checksum}'") };
    format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES ({version}, '{description}', TRUE, {checksum}, 1);"
    )
}

#[tokio::test]
async fn a_record_of_version_2_opens_with_its_rows_in_quarantine_and_its_sources_heard_of() {
    let (file, postgres) = (TemporaryDatabase::new(), temporary_postgres().await);
    let marks = |bytes: &str, time: &str| {
        format!(
            "CREATE TABLE _sqlx_migrations (
                 version BIGINT PRIMARY KEY, description TEXT NOT NULL,
                 installed_on {time} NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL,
                 checksum {bytes} NOT NULL, execution_time BIGINT NOT NULL);"
        )
    };
    let url = format!("{}?mode=rwc", file.url());
    execute(&url, VERSION_1).await;
    execute(&url, SQLITE_2).await;
    execute(&url, &marks("BLOB", "TIMESTAMP")).await;
    execute(&url, &applied(1, "ingestion", VERSION_1, false)).await;
    execute(&url, &applied(2, "withdrawals", SQLITE_2, false)).await;
    execute(&url, &ROWS_OF_VERSION_2.replace("$blob", "zeroblob(32)")).await;
    execute(&postgres, POSTGRES_2).await;
    execute(&postgres, &marks("BYTEA", "TIMESTAMPTZ")).await;
    execute(&postgres, &applied(2, "ingestion", POSTGRES_2, true)).await;
    execute(&postgres, &ROWS_OF_VERSION_2.replace("$blob", "decode(repeat('00', 32), 'hex')")).await;
    for url in [file.url(), postgres.clone()] {
        let store = store::open(&url).await.unwrap();
        let store = &*store;
        assert_eq!(value(store, "A", now(store).await).await, Some(2.0), "{url}");
        let batches: Vec<_> =
            store.batches(None, 9).await.unwrap().into_iter().map(|(_, batch)| batch).collect();
        assert!(batches.iter().all(|batch| batch.held.is_none() && batch.seal.is_some()), "{url}");
        let open: Vec<_> = batches.iter().map(|batch| batch.quarantine.open).collect();
        assert_eq!(open, [0, 1, 0], "{url}");
        let waiting = QuarantineFilter { batch_id: None, state: Some(QuarantineState::Open) };
        let rows = store.quarantined_rows(&waiting, None, 9).await.unwrap();
        assert_eq!((rows.len(), rows[0].1.row.original.as_str()), (1, "Z,visits,2021,1"), "{url}");
        let heard = store.source_activity(None, 9).await.unwrap();
        let heard: Vec<_> = heard
            .iter()
            .map(|heard| (heard.source.id.as_str(), heard.deliveries, heard.last_rows, heard.usual_rows))
            .collect();
        assert_eq!(heard, [("cloud", 1, 1, None), ("file", 2, 2, Some(1.0))], "{url}");
    }
    // And what an upgrade makes is what a new database has.
    let (new_file, new_postgres) = (TemporaryDatabase::new(), temporary_postgres().await);
    store::open(&new_file.url()).await.unwrap();
    store::open(&new_postgres).await.unwrap();
    assert_eq!(sqlite_schema(&file.url()).await, sqlite_schema(&new_file.url()).await);
    assert_eq!(postgres_schema(&postgres).await, postgres_schema(&new_postgres).await);
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused() {
    let (file, postgres) = (TemporaryDatabase::new(), temporary_postgres().await);
    for (url, checksum) in [(file.url(), "x'00'"), (postgres, "'\\x00'")] {
        store::open(&url).await.unwrap();
        let later = format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'later', TRUE, {checksum}, 1);"
        );
        execute(&url, &later).await;
        let Err(refused) = store::open(&url).await else { panic!("{url} is opened") };
        let why = std::error::Error::source(&refused).unwrap().to_string();
        assert!(why.contains("9999") && why.contains("newer version"), "{why}");
    }
}
