//! Records of other versions: one of the version before is brought along, one of a newer version is refused.

use std::borrow::Cow;

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use xiuhua_service_kit::database::OpenError;
use xiuhua_service_kit::testing::{TemporaryDatabase, execute};

use super::super::{Claim, StoreError, open};
use super::{Home, add, finished, instant};
use crate::domain::assessment::State;
use crate::domain::id::{AssessmentId, PlaceId};

static MIGRATOR: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Four assessments as version 1 left them, one of them with results.
const ROWS_OF_VERSION_1: &str = "
    INSERT INTO catalogs (hash, toml) VALUES ('hash', 'text');
    INSERT INTO assessments (run, id, state, progress_ratio, created_us, finished_us, period, as_of_position,
        classification_id, rule_set_id, rule_set_version, rule_set_hash, types, threshold_set_id,
        threshold_set_classification_id, base_periods, threshold_set_position, catalog_id, catalog_version,
        catalog_hash, scale, digest, code_version, type_summaries, places_without_households, failure_zh, failure_en)
    VALUES
        (1, 'done', 'SUCCEEDED', 1, 5, 6, '2021', 7, 'c', 'r', '1', 'h', '[\"X\"]', 's', 'c', '[\"2020\"]', 7, 'little',
         '1', 'hash', 100, 'digest', '0.1.0', '[{\"type\":\"X\",\"places\":1,\"scored\":1}]', 0, NULL, NULL),
        (2, 'failed', 'FAILED', 0.6, 5, 6, '2021', 7, 'c', 'r', '1', 'h', '[]', 's', 'c', '[]', 7, 'little', '1', 'hash',
         100, NULL, NULL, NULL, NULL, '失败', 'failed'),
        (3, 'running', 'RUNNING', 0.6, 5, NULL, '2021', 7, 'c', 'r', '1', 'h', '[]', 's', 'c', '[]', 7, 'little', '1',
         'hash', 100, NULL, NULL, NULL, NULL, NULL, NULL),
        (9, 'waiting', 'PENDING', 0, 5, NULL, '2021', 7, 'c', 'r', '1', 'h', '[]', 's', 'c', '[]', 7, 'little', '1',
         'hash', 100, NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO places VALUES (1, 'p', 0, 'n', 't', 'tn', '', '', '', 10, 1);
    INSERT INTO node_scores VALUES (1, 0, 0, 0, 1, 'p', 70.5, 1, NULL, NULL);
    INSERT INTO leaf_values VALUES (1, 'p', 0, 0, 3.5, NULL, NULL, NULL, NULL);
    INSERT INTO requests VALUES ('r1', x'00', x'01')";

#[tokio::test]
async fn a_record_of_version_1_keeps_every_row_and_goes_on() {
    let file = TemporaryDatabase::new();
    let options: SqliteConnectOptions = file.url().parse().unwrap();
    let mut connection = options.create_if_missing(true).connect().await.unwrap();
    let first = MIGRATOR.migrations.iter().take(1).cloned().collect();
    Migrator { migrations: Cow::Owned(first), ..Migrator::DEFAULT }.run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    execute(&file.url(), ROWS_OF_VERSION_1).await;

    let store = open(&file.url()).await.unwrap();
    let find = async |id: &str| store.assessment(&AssessmentId::new(id)).await.unwrap().unwrap();
    let done = find("done").await;
    assert_eq!((done.run.0, done.assessment.attempts), (1, 1));
    assert_eq!(done.assessment.success().unwrap().digest, "digest");
    let scores = store.place_scores(done.readable().unwrap(), &PlaceId::new("p")).await.unwrap();
    assert_eq!(scores[0].composed.score, Ok(70.5));
    let leaves = store.place_leaves(done.readable().unwrap(), &PlaceId::new("p")).await.unwrap();
    assert_eq!(leaves[0].1.value, Some(3.5));
    assert!(matches!(find("failed").await.assessment.state, State::Failed(failure) if failure.zh == "失败"));
    for id in ["running", "waiting"] {
        assert_eq!(find(id).await.assessment.state, State::Pending);
    }
    // What was under way is taken up, and new numbers go on behind the old.
    let claim = Claim { worker: "w".to_owned(), now: instant(1), until: instant(31), max_attempts: 5 };
    let claimed = store.claim(&claim).await.unwrap().unwrap();
    assert_eq!((claimed.assessment.id.as_str(), claimed.assessment.attempts), ("running", 2));
    store.save_results(&claimed.lease, finished(1.0)).await.unwrap();
    add(&store, "new").await;
    assert_eq!(find("new").await.run.0, 10);
}

#[tokio::test]
async fn a_record_of_a_newer_version_is_refused() {
    for home in Home::of_each_kind().await {
        open(&home.url).await.unwrap();
        execute(
            &home.url,
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (999, 'newer', true, '', 0)",
        )
        .await;
        let refused = open(&home.url).await.unwrap_err();
        assert!(matches!(refused, StoreError::Open(OpenError::Newer { version: 999, .. })), "{refused:?}");
    }
}
